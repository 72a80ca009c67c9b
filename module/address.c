// SPDX-License-Identifier: GPL-2.0-only
/* The C half of net/address.rs; see shim.h. */

#include <linux/inetdevice.h>
#include <linux/jiffies.h>
#include <linux/rtnetlink.h>
#include <linux/timekeeping.h>
#include <net/addrconf.h>
#include <net/if_inet6.h>

#include "shim.h"

static void hw_fill4(struct hw_address *to, const struct in_ifaddr *ifa)
{
	memset(to, 0, sizeof(*to));
	to->family = AF_INET;
	to->prefix = ifa->ifa_prefixlen;
	to->scope = ifa->ifa_scope;
	to->protocol = ifa->ifa_proto;
	to->flags = ifa->ifa_flags & (IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN);
	to->metric = ifa->ifa_rt_priority;
	to->has_broadcast = !!ifa->ifa_broadcast;
	/* Without an end, it is deprecated or not: check_lifetime() passes it over. */
	if (ifa->ifa_flags & IFA_F_DEPRECATED)
		to->preferred_until = ktime_get_boottime_ns();
	memcpy(to->local, &ifa->ifa_local, 4);
	memcpy(to->peer, &ifa->ifa_address, 4);
	memcpy(to->broadcast, &ifa->ifa_broadcast, 4);
	strscpy(to->label, ifa->ifa_label);
}

static void hw_fill6(struct hw_address *to, const struct inet6_ifaddr *ifp)
{
	unsigned long age = (jiffies - ifp->tstamp) / HZ;
	u32 preferred = ifp->prefered_lft;

	memset(to, 0, sizeof(*to));
	to->family = AF_INET6;
	to->prefix = ifp->prefix_len;
	to->scope = RT_SCOPE_UNIVERSE;
	to->protocol = ifp->ifa_proto;
	to->flags = ifp->flags & (IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR |
				  IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN);
	to->metric = ifp->rt_priority;
	/* As inet6_fill_ifaddr() has it. */
	if (preferred != INFINITY_LIFE_TIME)
		to->preferred_until = ktime_get_boottime_ns() +
			(preferred > age ? preferred - age : 0) * (u64)NSEC_PER_SEC;
	memcpy(to->local, &ifp->addr, 16);
	memcpy(to->peer, ipv6_addr_any(&ifp->peer_addr) ? &ifp->addr : &ifp->peer_addr, 16);
}

/*
 * What the kernel makes by itself when the device is up again: link-local and
 * loopback addresses, and temporary ones beside those that ask for them.
 */
static bool hw_own6(const struct inet6_ifaddr *ifp)
{
	return ifp->flags & IFA_F_TEMPORARY || ifp->ifa_proto == IFAPROT_KERNEL_LL ||
	       ifp->ifa_proto == IFAPROT_KERNEL_LO;
}

static struct hw_address_count hw_dev_addresses4(const struct net_device *dev,
						 struct hw_address *to, u32 room)
{
	const struct in_device *in_dev = __in_dev_get_rtnl(dev);
	struct hw_address_count count = {};
	const struct in_ifaddr *ifa;

	if (!in_dev)
		return count;
	in_dev_for_each_ifa_rtnl(ifa, in_dev) {
		if (!(ifa->ifa_flags & IFA_F_PERMANENT))
			count.expiring++;
		else if (count.permanent++ < room)
			hw_fill4(to++, ifa);
	}
	return count;
}

static struct hw_address_count hw_dev_addresses6(const struct net_device *dev,
						 struct hw_address *to, u32 room)
{
	struct hw_address_count count = {};
	struct inet6_dev *idev = __in6_dev_get(dev);
	const struct inet6_ifaddr *ifp;

	if (!idev)
		return count;
	read_lock_bh(&idev->lock);
	list_for_each_entry(ifp, &idev->addr_list, if_list) {
		if (hw_own6(ifp))
			continue;
		if (!(ifp->flags & IFA_F_PERMANENT))
			count.expiring++;
		else if (count.permanent++ < room)
			hw_fill6(to++, ifp);
	}
	read_unlock_bh(&idev->lock);
	return count;
}

struct hw_address_count hw_dev_addresses(const struct net_device *dev, int family,
					 struct hw_address *to, u32 room)
{
	return family == AF_INET ? hw_dev_addresses4(dev, to, room) :
				   hw_dev_addresses6(dev, to, room);
}

static bool hw_same4(const struct in_ifaddr *ifa, const struct hw_address *one)
{
	return ifa->ifa_prefixlen == one->prefix && !memcmp(&ifa->ifa_local, one->local, 4);
}

/* Time passes, so of the time only counts whether there is one. */
static enum hw_presence hw_compare(struct hw_address *now, const struct hw_address *one)
{
	if (!now->preferred_until == !one->preferred_until)
		now->preferred_until = one->preferred_until;
	return memcmp(now, one, offsetofend(struct hw_address, label)) ? HW_OTHER : HW_PRESENT;
}

static enum hw_presence hw_dev_has4(const struct net_device *dev, const struct hw_address *one)
{
	const struct in_device *in_dev = __in_dev_get_rtnl(dev);
	enum hw_presence found = HW_ABSENT;
	const struct in_ifaddr *ifa;
	struct hw_address now;

	if (!in_dev)
		return HW_ABSENT;
	in_dev_for_each_ifa_rtnl(ifa, in_dev) {
		if (!hw_same4(ifa, one))
			continue;
		hw_fill4(&now, ifa);
		if (ifa->ifa_flags & IFA_F_PERMANENT && hw_compare(&now, one) == HW_PRESENT)
			return HW_PRESENT;
		/* With another peer it is another address, which may be there as well. */
		found = HW_OTHER;
	}
	return found;
}

static enum hw_presence hw_dev_has6(const struct net_device *dev, const struct hw_address *one)
{
	enum hw_presence found = HW_ABSENT;
	struct inet6_dev *idev = __in6_dev_get(dev);
	const struct inet6_ifaddr *ifp;
	struct hw_address now;

	if (!idev)
		return HW_ABSENT;
	read_lock_bh(&idev->lock);
	list_for_each_entry(ifp, &idev->addr_list, if_list) {
		if (memcmp(&ifp->addr, one->local, 16))
			continue;
		hw_fill6(&now, ifp);
		/* That is by the address alone (rt_scope()). */
		now.scope = one->scope;
		found = ifp->flags & IFA_F_PERMANENT ? hw_compare(&now, one) : HW_OTHER;
		break;
	}
	read_unlock_bh(&idev->lock);
	return found;
}

enum hw_presence hw_dev_has_address(const struct net_device *dev, const struct hw_address *one)
{
	return one->family == AF_INET ? hw_dev_has4(dev, one) : hw_dev_has6(dev, one);
}

bool hw_dev_has_ipv6(const struct net_device *dev)
{
	const struct inet6_dev *idev = __in6_dev_get(dev);

	return idev && !READ_ONCE(idev->cnf.disable_ipv6);
}

const struct net_device *hw_address_dev(int family, const void *info)
{
	if (family == AF_INET)
		return ((const struct in_ifaddr *)info)->ifa_dev->dev;
	return ((const struct inet6_ifaddr *)info)->idev->dev;
}
