// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the kernel has each setting: where it is, and how it is changed. What the kernel
 * changes in rtnetlink and sysfs only, without an exported call, is changed as in
 * do_setlink(), validate_linkmsg() and net-sysfs.c; see shim.h.
 */

#include <linux/rtnetlink.h>
#include <net/netdev_lock.h>
#include <net/tcp.h>

/* The setters of GSO and GRO. */
#include <../net/core/dev.h>

#include "shim.h"

bool hw_dev_has_master(struct net_device *dev)
{
	return netdev_master_upper_dev_get(dev);
}

bool hw_dev_is_vrf_port(const struct net_device *dev)
{
	return netif_is_l3_slave(dev);
}

/* As do_set_master() for none. */
void hw_dev_leave_master(struct net_device *dev)
{
	struct net_device *master = netdev_master_upper_dev_get(dev);

	if (!master || !master->netdev_ops->ndo_del_slave)
		return;
	netdev_lock_ops(master);
	master->netdev_ops->ndo_del_slave(master, dev);
	netdev_unlock_ops(master);
}

static const u8 *address_of(const struct net_device *dev)
{
	return dev->dev_addr;
}

static int set_address(struct net_device *dev, const u8 *address)
{
	struct sockaddr_storage ss = { .ss_family = dev->type };

	memcpy(ss.__data, address, dev->addr_len);
	return dev_set_mac_address_user(dev, &ss, NULL);
}

static const u8 *broadcast_of(const struct net_device *dev)
{
	return dev->broadcast;
}

static int set_broadcast(struct net_device *dev, const u8 *address)
{
	netdev_lock_ops(dev);
	memcpy(dev->broadcast, address, dev->addr_len);
	call_netdevice_notifiers(NETDEV_CHANGEADDR, dev);
	netdev_unlock_ops(dev);
	return 0;
}

/* The kernel refuses what is out of range (dev_validate_mtu()). */
static int set_mtu(struct net_device *dev, u64 mtu)
{
	return dev_set_mtu(dev, mtu);
}

/*
 * netif_change_tx_queue_len() without the queueing disciplines: those of a device
 * that is down hear nothing of it, and a move ends them.
 */
static int set_txqlen(struct net_device *dev, u64 len)
{
	unsigned int before = dev->tx_queue_len;
	int err;

	if (len > S16_MAX)
		return -ERANGE;
	netdev_lock_ops(dev);
	WRITE_ONCE(dev->tx_queue_len, len);
	err = notifier_to_errno(call_netdevice_notifiers(NETDEV_CHANGE_TX_QUEUE_LEN, dev));
	if (err)
		WRITE_ONCE(dev->tx_queue_len, before);
	netdev_unlock_ops(dev);
	return err;
}

static int set_group(struct net_device *dev, u64 group)
{
	WRITE_ONCE(dev->group, group);
	return 0;
}

/* The least is that of ifla_policy: sk_dst_gso_max_size() subtracts it. */
static int set_gso_max_size(struct net_device *dev, u64 size)
{
	if (size <= MAX_TCP_HEADER || size > dev->tso_max_size)
		return -EINVAL;
	netif_set_gso_max_size(dev, size);
	return 0;
}

static int set_gso_max_segs(struct net_device *dev, u64 segs)
{
	if (segs > GSO_MAX_SEGS || segs > dev->tso_max_segs)
		return -EINVAL;
	netif_set_gso_max_segs(dev, segs);
	return 0;
}

static int set_gro_max_size(struct net_device *dev, u64 size)
{
	if (size > GRO_MAX_SIZE)
		return -EINVAL;
	netif_set_gro_max_size(dev, size);
	return 0;
}

static int set_gso_ipv4_max_size(struct net_device *dev, u64 size)
{
	if (size <= MAX_TCP_HEADER || size > dev->tso_max_size)
		return -EINVAL;
	netif_set_gso_ipv4_max_size(dev, size);
	return 0;
}

static int set_gro_ipv4_max_size(struct net_device *dev, u64 size)
{
	if (size > GRO_MAX_SIZE)
		return -EINVAL;
	netif_set_gro_ipv4_max_size(dev, size);
	return 0;
}

static int set_link_mode(struct net_device *dev, u64 mode)
{
	WRITE_ONCE(dev->link_mode, mode);
	return 0;
}

static int set_gro_flush_timeout(struct net_device *dev, u64 timeout)
{
	netdev_lock(dev);
	netdev_set_gro_flush_timeout(dev, timeout);
	netdev_unlock(dev);
	return 0;
}

static int set_defer_hard_irqs(struct net_device *dev, u64 count)
{
	netdev_lock(dev);
	netdev_set_defer_hard_irqs(dev, count);
	netdev_unlock(dev);
	return 0;
}

/*
 * A note for userspace beside the address, which drivers write as well (etherdevice.h,
 * eth_hw_addr_inherit()); netif_set_mac_address() leaves NET_ADDR_SET.
 */
static int set_addr_assign_type(struct net_device *dev, u64 type)
{
	dev->addr_assign_type = type;
	return 0;
}

static u64 has_xdp(const struct net_device *dev)
{
	u32 mode, id;
	bool by_link;

	return hw_dev_xdp(dev, 0, &mode, &by_link, &id);
}

/* What the kernel itself switches off where packets are forwarded, or a generic XDP program sees them. */
#define NOT_OURS (NETIF_F_LRO | NETIF_F_GRO_HW)

static u64 features_of(const struct net_device *dev)
{
	return dev->wanted_features & ~NOT_OURS;
}

/* As ethnl_set_features(): what the driver lets be changed. */
static int set_features(struct net_device *dev, u64 features)
{
	netdev_features_t ours = dev->hw_features & ~NOT_OURS;

	netdev_lock_ops(dev);
	dev->wanted_features = (dev->wanted_features & ~ours) | (features & ours);
	netdev_update_features(dev);
	netdev_unlock_ops(dev);
	return 0;
}

#define OWN(_name) { .name = _name }
#define FLAG(_name, _flag) { .name = _name, .flag = _flag }
#define LIST(_name, _list) { .name = _name, .list = &_list }
#define BYTES(_name, _get, _set, _link) \
	{ .name = _name, .get_bytes = _get, .set_bytes = _set, .link = _link }
#define FIELD(_name, _member, _set, _link, _type)				\
	{									\
		.name = _name,							\
		.offset = offsetof(struct net_device, _member),			\
		.size = sizeof_field(struct net_device, _member),		\
		.set = _set,							\
		.link = _link,							\
		.link_size = sizeof(_type),					\
	}
/* Of which rtnetlink knows nothing. */
#define UNLINKED(_name, _member, _set) FIELD(_name, _member, _set, 0, u32)
/* What the PF of a VF has set for it. */
#define OF_VF(_name, _member, _op)						\
	{									\
		.name = _name,							\
		.offset = offsetof(struct ifla_vf_info, _member),		\
		.size = sizeof_field(struct ifla_vf_info, _member),		\
		.vf_op = offsetof(struct net_device_ops, _op),			\
	}

/* One for each setting, in the order of homeward.yaml. */
static const struct hw_setting hw_settings[] = {
	OWN("name"),
	FIELD("mtu", mtu, set_mtu, IFLA_MTU, u32),
	BYTES("address", address_of, set_address, IFLA_ADDRESS),
	FIELD("txqlen", tx_queue_len, set_txqlen, IFLA_TXQLEN, u32),
	FIELD("group", group, set_group, IFLA_GROUP, u32),
	OWN("alias"),
	OWN("altnames"),
	FLAG("promisc", IFF_PROMISC),
	FLAG("allmulti", IFF_ALLMULTI),
	FLAG("noarp", IFF_NOARP),
	FLAG("multicast", IFF_MULTICAST),
	FIELD("gso-max-size", gso_max_size, set_gso_max_size, IFLA_GSO_MAX_SIZE, u32),
	FIELD("gso-max-segs", gso_max_segs, set_gso_max_segs, IFLA_GSO_MAX_SEGS, u32),
	FIELD("gro-max-size", gro_max_size, set_gro_max_size, IFLA_GRO_MAX_SIZE, u32),
	FIELD("gso-ipv4-max-size", gso_ipv4_max_size, set_gso_ipv4_max_size,
	      IFLA_GSO_IPV4_MAX_SIZE, u32),
	FIELD("gro-ipv4-max-size", gro_ipv4_max_size, set_gro_ipv4_max_size,
	      IFLA_GRO_IPV4_MAX_SIZE, u32),
	{ .name = "xdp", .get = has_xdp },
	OWN("up"),
	OWN("addresses"),
	BYTES("broadcast", broadcast_of, set_broadcast, IFLA_BROADCAST),
	FLAG("dynamic", IFF_DYNAMIC),
	FLAG("notrailers", IFF_NOTRAILERS),
	FLAG("debug", IFF_DEBUG),
	FLAG("portsel", IFF_PORTSEL),
	FLAG("automedia", IFF_AUTOMEDIA),
	FIELD("link-mode", link_mode, set_link_mode, IFLA_LINKMODE, u8),
	FIELD("proto-down", proto_down, NULL, IFLA_PROTO_DOWN, u8),
	UNLINKED("gro-flush-timeout", gro_flush_timeout, set_gro_flush_timeout),
	UNLINKED("napi-defer-hard-irqs", napi_defer_hard_irqs, set_defer_hard_irqs),
	OWN("tcx"),
	UNLINKED("addr-assign-type", addr_assign_type, set_addr_assign_type),
	FIELD("proto-down-reason", proto_down_reason, NULL, IFLA_PROTO_DOWN_REASON, u32),
	{ .name = "features", .get = features_of, .set = set_features },
	OF_VF("vf-address", mac, ndo_set_vf_mac),
	OF_VF("vf-vlan", vlan, ndo_set_vf_vlan),
	OF_VF("vf-qos", qos, ndo_set_vf_vlan),
	OF_VF("vf-vlan-protocol", vlan_proto, ndo_set_vf_vlan),
	OF_VF("vf-trust", trusted, ndo_set_vf_trust),
	OF_VF("vf-spoofchk", spoofchk, ndo_set_vf_spoofchk),
	OF_VF("vf-min-rate", min_tx_rate, ndo_set_vf_rate),
	OF_VF("vf-max-rate", max_tx_rate, ndo_set_vf_rate),
	OF_VF("vf-link-state", linkstate, ndo_set_vf_link_state),
	OF_VF("vf-rss-query-en", rss_query_en, ndo_set_vf_rss_query_en),
	LIST("private-flags", hw_private_flags),
	LIST("rss-table", hw_rss_table),
	LIST("channels", hw_channels),
	LIST("rings", hw_rings),
	LIST("coalesce", hw_coalesce),
	LIST("pause", hw_pause),
	LIST("fec", hw_fec),
	LIST("wol", hw_wol),
	OWN("steering"),
	LIST("ipv4-conf", hw_ipv4_conf),
	LIST("addr-gen-mode", hw_addr_gen_mode),
	LIST("ipv6-token", hw_ipv6_token),
	OWN("routes"),
};

const struct hw_setting *hw_setting(size_t nth)
{
	return nth < ARRAY_SIZE(hw_settings) ? &hw_settings[nth] : NULL;
}

u64 hw_setting_get(const struct hw_setting *setting, const struct net_device *dev)
{
	const void *at = (const char *)dev + setting->offset;

	if (setting->vf_op)
		return 0;
	if (setting->get)
		return setting->get(dev);
	if (setting->flag)
		return !!(netif_get_flags(dev) & setting->flag);
	switch (setting->size) {
	case 1:
		return READ_ONCE(*(const u8 *)at);
	case 2:
		return READ_ONCE(*(const u16 *)at);
	case 4:
		return READ_ONCE(*(const u32 *)at);
	case 8:
		return READ_ONCE(*(const u64 *)at);
	default:
		return 0;
	}
}

int hw_setting_set(const struct hw_setting *setting, struct net_device *dev, u64 value)
{
	return setting->set ? setting->set(dev, value) : -EOPNOTSUPP;
}

const u8 *hw_setting_get_bytes(const struct hw_setting *setting, const struct net_device *dev)
{
	return setting->get_bytes ? setting->get_bytes(dev) : NULL;
}

int hw_setting_set_bytes(const struct hw_setting *setting, struct net_device *dev, const u8 *bytes)
{
	return setting->set_bytes ? setting->set_bytes(dev, bytes) : -EOPNOTSUPP;
}
