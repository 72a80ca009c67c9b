// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings that the kernel changes in rtnetlink and sysfs only, without an exported
 * call: as do_setlink(), validate_linkmsg() and net-sysfs.c have them; see shim.h.
 */

#include <linux/rtnetlink.h>
#include <net/netdev_lock.h>
#include <net/tcp.h>

/* The setters of GSO and GRO. */
#include <../net/core/dev.h>

#include "shim.h"

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

int hw_dev_set_address(struct net_device *dev, const u8 *address)
{
	struct sockaddr_storage ss = { .ss_family = dev->type };

	memcpy(ss.__data, address, dev->addr_len);
	return dev_set_mac_address_user(dev, &ss, NULL);
}

void hw_dev_set_broadcast(struct net_device *dev, const u8 *address)
{
	netdev_lock_ops(dev);
	memcpy(dev->broadcast, address, dev->addr_len);
	call_netdevice_notifiers(NETDEV_CHANGEADDR, dev);
	netdev_unlock_ops(dev);
}

/*
 * netif_change_tx_queue_len() without the queueing disciplines: those of a device
 * that is down hear nothing of it, and a move ends them.
 */
int hw_dev_set_txqlen(struct net_device *dev, u32 len)
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

int hw_dev_set_group(struct net_device *dev, u32 group)
{
	WRITE_ONCE(dev->group, group);
	return 0;
}

/* The least is that of ifla_policy: sk_dst_gso_max_size() subtracts it. */
int hw_dev_set_gso_max_size(struct net_device *dev, u32 size)
{
	if (size <= MAX_TCP_HEADER || size > dev->tso_max_size)
		return -EINVAL;
	netif_set_gso_max_size(dev, size);
	return 0;
}

int hw_dev_set_gso_max_segs(struct net_device *dev, u32 segs)
{
	if (segs > GSO_MAX_SEGS || segs > dev->tso_max_segs)
		return -EINVAL;
	netif_set_gso_max_segs(dev, segs);
	return 0;
}

int hw_dev_set_gro_max_size(struct net_device *dev, u32 size)
{
	if (size > GRO_MAX_SIZE)
		return -EINVAL;
	netif_set_gro_max_size(dev, size);
	return 0;
}

int hw_dev_set_gso_ipv4_max_size(struct net_device *dev, u32 size)
{
	if (size <= MAX_TCP_HEADER || size > dev->tso_max_size)
		return -EINVAL;
	netif_set_gso_ipv4_max_size(dev, size);
	return 0;
}

int hw_dev_set_gro_ipv4_max_size(struct net_device *dev, u32 size)
{
	if (size > GRO_MAX_SIZE)
		return -EINVAL;
	netif_set_gro_ipv4_max_size(dev, size);
	return 0;
}

int hw_dev_set_link_mode(struct net_device *dev, u8 mode)
{
	WRITE_ONCE(dev->link_mode, mode);
	return 0;
}

int hw_dev_set_gro_flush_timeout(struct net_device *dev, unsigned long timeout)
{
	netdev_lock(dev);
	netdev_set_gro_flush_timeout(dev, timeout);
	netdev_unlock(dev);
	return 0;
}

int hw_dev_set_defer_hard_irqs(struct net_device *dev, u32 count)
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
int hw_dev_set_addr_assign_type(struct net_device *dev, u8 type)
{
	dev->addr_assign_type = type;
	return 0;
}
