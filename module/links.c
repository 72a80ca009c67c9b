// SPDX-License-Identifier: GPL-2.0-only
/* What a device hangs on: other devices, a network namespace, a radio; see shim.h. */

#include <linux/netdevice.h>
#include <net/cfg80211.h>
#include <net/cfg802154.h>
#include <net/rtnetlink.h>

#include "shim.h"

/* DEVTYPE of its uevents. */
const char *hw_dev_type(const struct net_device *dev)
{
	return dev->dev.type ? dev->dev.type->name : NULL;
}

/* Where the packets of a tunnel travel, or where its lower device or its peer is. */
struct net *hw_dev_link_net(const struct net_device *dev)
{
	const struct rtnl_link_ops *ops = dev->rtnl_link_ops;

	return ops && ops->get_link_net ? ops->get_link_net(dev) : NULL;
}

struct net_device *hw_dev_lower(struct net_device *dev, u32 nth)
{
	struct net_device *lower;
	struct list_head *iter;

	netdev_for_each_lower_dev(dev, lower, iter)
		if (!nth--)
			return lower;
	return NULL;
}

struct net_device *hw_dev_next_upper(struct net_device *dev, struct list_head **at)
{
	if (!*at)
		*at = &dev->adj_list.upper;
	return netdev_upper_get_next_dev_rcu(dev, at);
}

/* As default_device_exit_batch(). One that is on the list already has been asked. */
void hw_dev_destroy_many(struct net_device *const *devs, size_t count)
{
	LIST_HEAD(head);

	for (size_t i = 0; i < count; i++) {
		const struct rtnl_link_ops *ops = devs[i]->rtnl_link_ops;
		struct net *net = dev_net(devs[i]);

		if (!ops || !ops->dellink || !list_empty(&devs[i]->unreg_list))
			continue;
		__rtnl_net_lock(net);
		ops->dellink(devs[i], &head);
		__rtnl_net_unlock(net);
	}
	unregister_netdevice_many(&head);
}

struct net_device *hw_dev_peer(const struct net_device *dev)
{
	const struct rtnl_link_ops *ops = dev->rtnl_link_ops;

	if (!ops || !ops->peer_type || !ops->get_link_net)
		return NULL;
	return __dev_get_by_index(ops->get_link_net(dev), dev_get_iflink(dev));
}

/*
 * The condition of cfg80211_pernet_exit() and cfg802154_pernet_exit(). Both of its
 * pointers are there as long as the device is registered, its radio longer.
 */
bool hw_dev_wiphy_in(const struct net_device *dev, const struct net *net)
{
#if IS_ENABLED(CONFIG_CFG80211)
	const struct wireless_dev *wdev = dev->ieee80211_ptr;

	if (wdev && wdev->netdev == dev)
		return net_eq(wiphy_net(wdev->wiphy), net);
#endif
#if IS_ENABLED(CONFIG_IEEE802154)
	const struct wpan_dev *wpan_dev = dev->ieee802154_ptr;

	if (wpan_dev && wpan_dev->netdev == dev)
		return net_eq(wpan_phy_net(wpan_dev->wpan_phy), net);
#endif
	return false;
}
