// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: leaks a reference to a network device for a while, as a buggy
 * protocol does for ever.
 *
 *   ip netns exec red insmod leak.ko ifindex=7 ms=3000
 *
 * The device is looked for in the network namespace of the caller.
 */

#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/workqueue.h>

static int ifindex;
module_param(ifindex, int, 0444);
MODULE_PARM_DESC(ifindex, "index of the device");

static unsigned int ms = 1000;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(ms, "how long it is held, in milliseconds");

static struct net_device *held;

static void let_go(struct work_struct *work)
{
	dev_put(held);
	held = NULL;
}

static DECLARE_DELAYED_WORK(later, let_go);

static int __init leak_init(void)
{
	held = dev_get_by_index(current->nsproxy->net_ns, ifindex);
	if (!held)
		return -ENODEV;
	schedule_delayed_work(&later, msecs_to_jiffies(ms));
	return 0;
}

static void __exit leak_exit(void)
{
	flush_delayed_work(&later);
}

module_init(leak_init);
module_exit(leak_exit);
MODULE_DESCRIPTION("Leaks a reference to a network device for a while");
MODULE_LICENSE("GPL");
