// SPDX-License-Identifier: GPL-2.0-only
/*
 * The name of a device, changed in the middle of its move; see shim.h.
 *
 * dev_change_net_namespace() gives a device another name only if its present one is
 * taken in the target. Else it shows up there under the name that it had elsewhere,
 * and whoever acts on what it sees first (udev, networkd, ifupdown) acts on that.
 *
 * So the name is written where the function itself would write it: between
 * NETDEV_UNREGISTER and NETDEV_REGISTER, by the last notifier of the former. This
 * uses what the core does not promise, and holds because in that function, and so
 * long as it stays so (tests/guest/tests/arrival tells):
 *
 * - The device is on no list by its name: unlist_netdevice() came before, and a
 *   synchronize_net() after that, so nobody finds it any more.
 * - Who reads dev->name all the same holds a reference (printk(), RTM_GETLINK with
 *   RTEXT_FILTER_NAME_ONLY) and may see a mixture of both names, with its NUL, once:
 *   netdev_rename_lock, under which that one copies it, is not exported.
 * - Sysctl and proc have dropped their directories at NETDEV_UNREGISTER, and make new
 *   ones, by the new name, at NETDEV_REGISTER. Who keeps a name of his own until
 *   NETDEV_CHANGENAME (debugfs of some drivers) is not told, as he is not when the
 *   function itself gives another name.
 * - Nothing fails from there on, so the name is not left behind in the old
 *   namespace. Its last messages there, RTM_DELLINK and the uevent "remove", carry
 *   the new name.
 * - device_rename() takes what dev->name is by then, and list_netdevice() hashes it,
 *   through dev->name_node, which points to it.
 * - The links of sysfs between a device and those above and below it are removed by
 *   its name later (netdev_adjacent_del_links()), so by its old one they are removed
 *   here. What is not there the function passes over.
 */

#include <linux/netdevice.h>
#include <linux/sysfs.h>
#include <net/net_namespace.h>
#include <net/netdev_lock.h>

#include "shim.h"

static void hw_remove_link(struct net_device *dev, const char *prefix, struct net_device *other)
{
	char link[IFNAMSIZ + 7];

	/* As netdev_adjacent_del_links() has it: none leads to another namespace. */
	if (!net_eq(dev_net(dev), dev_net(other)))
		return;
	snprintf(link, sizeof(link), "%s_%s", prefix, dev->name);
	sysfs_remove_link(&other->dev.kobj, link);
}

/* Under RTNL, which is as good as RCU for both walks. */
void hw_dev_arrive_as(struct net_device *dev, const char *name)
{
	struct net_device *other;
	struct list_head *iter;

	netdev_for_each_upper_dev_rcu(dev, other, iter)
		hw_remove_link(dev, "lower", other);
	netdev_for_each_lower_dev(dev, other, iter)
		hw_remove_link(dev, "upper", other);
	strscpy(dev->name, name, IFNAMSIZ);
}

/* For who keeps a name of his own: mac80211 would make two directories of one name. */
void hw_dev_tell_name(struct net_device *dev)
{
	netdev_lock_ops(dev);
	call_netdevice_notifiers(NETDEV_CHANGENAME, dev);
	netdev_unlock_ops(dev);
}
