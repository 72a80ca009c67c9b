// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: leaks references to network devices for a while, as a buggy
 * protocol does for ever.
 *
 *   ip netns exec red insmod leak.ko ifindex=7 ms=3000
 *   ip netns exec red insmod leak.ko ifindex=7,8,9 ms=3000,9000,9000
 *   ip netns exec red insmod leak.ko ifindex=7,8,9 ms=0,9000,0
 *   echo 1 >/sys/module/leak/parameters/let_go
 *
 * What is held for 0 ms is held until then. All is let go when it is unloaded.
 *
 * The devices are looked for in the network namespace of the caller.
 */

#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/workqueue.h>

#define MOST 64

static int ifindex[MOST];
static int devices;
module_param_array(ifindex, int, &devices, 0444);
MODULE_PARM_DESC(ifindex, "indices of the devices");

static unsigned int ms[MOST];
module_param_array(ms, uint, NULL, 0444);
MODULE_PARM_DESC(ms, "how long each is held, in milliseconds; 0: until let_go is written to");

static struct held {
	struct net_device *dev;
	struct delayed_work later;
} all[MOST];

static void let_go(struct work_struct *work)
{
	struct held *held = container_of(to_delayed_work(work), struct held, later);

	dev_put(xchg(&held->dev, NULL));
}

static int let_go_of_all(const char *text, const struct kernel_param *param)
{
	for (int i = 0; i < devices; i++)
		if (!ms[i])
			mod_delayed_work(system_wq, &all[i].later, 0);
	return 0;
}

static const struct kernel_param_ops let_go_ops = { .set = let_go_of_all };
module_param_cb(let_go, &let_go_ops, NULL, 0200);
MODULE_PARM_DESC(let_go, "lets go of what is held for 0 ms");

static int __init leak_init(void)
{
	for (int i = 0; i < devices; i++) {
		all[i].dev = dev_get_by_index(current->nsproxy->net_ns, ifindex[i]);
		if (!all[i].dev)
			goto missing;
	}
	for (int i = 0; i < devices; i++) {
		INIT_DELAYED_WORK(&all[i].later, let_go);
		if (ms[i])
			schedule_delayed_work(&all[i].later, msecs_to_jiffies(ms[i]));
	}
	return 0;

missing:
	for (int i = 0; i < devices; i++)
		dev_put(all[i].dev);
	return -ENODEV;
}

static void __exit leak_exit(void)
{
	for (int i = 0; i < devices; i++) {
		mod_delayed_work(system_wq, &all[i].later, 0);
		flush_delayed_work(&all[i].later);
	}
}

module_init(leak_init);
module_exit(leak_exit);
MODULE_DESCRIPTION("Leaks references to network devices for a while");
MODULE_LICENSE("GPL");
