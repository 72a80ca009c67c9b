// SPDX-License-Identifier: GPL-2.0-only
/* Closing many devices as one: netif_close_many() wants a list and the locks of all; see shim.h. */

#include <linux/if_arp.h>
#include <linux/module.h>
#include <net/netdev_lock.h>

#include "shim.h"

#ifdef HW_CLOSE_MANY
MODULE_IMPORT_NS("NETDEV_INTERNAL");

/* With room left for others in what lockdep tracks for a task (MAX_LOCK_DEPTH). */
#define HW_LOCKED_MAX 16

/*
 * Up, on no list yet, and with no other device that could be closed by a notifier
 * or by ndo_stop as this one is: that would be on two lists. Those above and below
 * are linked; what a HDLC device carries is not (fr_close()), but is no Ethernet.
 */
static bool hw_dev_may_close(const struct net_device *dev)
{
	return dev->flags & IFF_UP && dev->type == ARPHRD_ETHER &&
	       list_empty(&dev->close_list) &&
	       list_empty(&dev->adj_list.upper) && list_empty(&dev->adj_list.lower);
}

static void hw_close_and_unlock(struct list_head *head)
{
	struct net_device *dev, *tmp;

	netif_close_many(head, false);
	list_for_each_entry_safe(dev, tmp, head, close_list) {
		netdev_unlock(dev);
		list_del_init(&dev->close_list);
	}
}

/*
 * As unregister_netdevice_many_notify() does it: those with an instance lock first.
 * But never waiting for one while holding others: io_uring takes that of a virtual
 * device and then that of the physical one behind it, without RTNL.
 */
void hw_dev_close_many(struct net_device *const *devs, size_t count)
{
	LIST_HEAD(head);
	size_t locked = 0;

	for (size_t i = 0; i < count; i++) {
		if (!hw_dev_may_close(devs[i]) || !netdev_need_ops_lock(devs[i]))
			continue;
		if (!netdev_trylock(devs[i]))
			continue;
		list_add_tail(&devs[i]->close_list, &head);
		if (++locked % HW_LOCKED_MAX == 0)
			hw_close_and_unlock(&head);
	}
	hw_close_and_unlock(&head);

	for (size_t i = 0; i < count; i++)
		if (hw_dev_may_close(devs[i]) && !netdev_need_ops_lock(devs[i]))
			list_add_tail(&devs[i]->close_list, &head);
	netif_close_many(&head, true);
}
#else
void hw_dev_close_many(struct net_device *const *devs, size_t count)
{
}
#endif
