// SPDX-License-Identifier: GPL-2.0-only
/*
 * What IP has of a device, and loses when that moves, as lists of numbers; see shim.h.
 * homing/ip.rs puts it back.
 */

#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/if_inet6.h>

#include "shim.h"

/*
 * All but mc_forwarding, which is the kernel's own: it counts who forwards multicasts
 * (ipmr.c), and rtnetlink refuses it.
 */
static_assert(IPV4_DEVCONF_FORWARDING == 1 && IPV4_DEVCONF_MC_FORWARDING == 2);
static_assert(IPV4_DEVCONF_MAX > HW_IPV4_CONF && HW_IPV4_CONF <= 32);

u16 hw_ipv4_conf_id(u16 nth)
{
	return nth + (nth ? 2 : 1);
}

static int get_ipv4_conf(struct net_device *dev, u32 *to)
{
	const struct in_device *in_dev = __in_dev_get_rtnl(dev);

	if (!in_dev)
		return -EOPNOTSUPP;
	for (u16 nth = 0; nth < HW_IPV4_CONF; nth++)
		to[nth] = ipv4_devconf_get(in_dev, hw_ipv4_conf_id(nth));
	return 0;
}

/*
 * Those that are as the default of the namespace and that no one has set go with it
 * (devinet_copy_dflt_conf()); forwarding does, whoever has set it (inet_forward_change()).
 */
u32 hw_ipv4_conf_inherited(const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get_rtnl(dev);
	const int *by_default = dev_net(dev)->ipv4.devconf_dflt->data;
	u32 inherited = 0;

	if (!in_dev)
		return 0;
	for (u16 nth = 0; nth < HW_IPV4_CONF; nth++) {
		const u16 id = hw_ipv4_conf_id(nth);
		const bool set = id != IPV4_DEVCONF_FORWARDING &&
				 test_bit(id - 1, in_dev->cnf.state);

		if (!set && ipv4_devconf_get(in_dev, id) == by_default[id - 1])
			inherited |= BIT(nth);
	}
	return inherited;
}

static int get_addr_gen_mode(struct net_device *dev, u32 *to)
{
	const struct inet6_dev *idev = __in6_dev_get(dev);

	if (idev) {
		to[0] = READ_ONCE(idev->cnf.addr_gen_mode);
		return 0;
	}
	return -EOPNOTSUPP;
}

/* Its other half is always 0 (inet6_set_iftoken()). */
static int get_ipv6_token(struct net_device *dev, u32 *to)
{
	struct inet6_dev *idev = __in6_dev_get(dev);

	if (idev) {
		read_lock_bh(&idev->lock);
		to[0] = be32_to_cpu(idev->token.s6_addr32[2]);
		to[1] = be32_to_cpu(idev->token.s6_addr32[3]);
		read_unlock_bh(&idev->lock);
		return 0;
	}
	return -EOPNOTSUPP;
}

const struct hw_list hw_ipv4_conf = { .size = HW_IPV4_CONF, .get = get_ipv4_conf };
const struct hw_list hw_addr_gen_mode = { .size = 1, .get = get_addr_gen_mode };
const struct hw_list hw_ipv6_token = { .size = 2, .get = get_ipv6_token };
static_assert(HW_IPV4_CONF <= HW_LIST_MOST);
