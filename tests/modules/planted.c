// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests of the tests only: does what a debug kernel, or the checks at the
 * end of a run, have to catch.
 *
 *   insmod planted.ko what=leak|use-after-free|lock-inversion
 *   insmod planted.ko what=left-behind|reference|unseen-end
 *
 * Never to be loaded into a kernel that anybody needs.
 */

#include <linux/kmemleak.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *what = "";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "see above");

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static void leak(void)
{
	/* Not of a size that others use, so that no stale pointer leads to it. */
	for (int i = 0; i < 16; i++)
		memset(kmalloc(1337, GFP_KERNEL), 0x5a, 1337);
}

static void use_after_free(void)
{
	char *gone = kmalloc(64, GFP_KERNEL);

	if (!gone)
		return;
	OPTIMIZER_HIDE_VAR(gone);
	kfree(gone);
	pr_info("read %d\n", READ_ONCE(gone[7]));
}

static void lock_inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

/* For the record of allocations alone, which every kernel can keep. */
static void left_behind(void)
{
	kmemleak_not_leak(kmalloc(1337, GFP_KERNEL));
}

/* A reference to Homeward that nobody gives back. */
static int reference(void)
{
	struct kobject *found = kset_find_obj(THIS_MODULE->mkobj.kobj.kset, "homeward");

	if (!found || !try_module_get(container_of(found, struct module_kobject, kobj)->mod))
		return -ENOENT;
	kobject_put(found);
	return 0;
}

/* Comes before Homeward, which hears of the end of a device last of all. */
static int unseen_end(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *device = netdev_notifier_info_to_dev(info);

	if (event == NETDEV_UNREGISTER && !device->moving_ns && !strcmp(device->name, "gone0"))
		return NOTIFY_STOP;
	return NOTIFY_DONE;
}

static struct notifier_block devices = { .notifier_call = unseen_end };

static int __init planted_init(void)
{
	if (!strcmp(what, "leak"))
		leak();
	else if (!strcmp(what, "use-after-free"))
		use_after_free();
	else if (!strcmp(what, "lock-inversion"))
		lock_inversion();
	else if (!strcmp(what, "left-behind"))
		left_behind();
	else if (!strcmp(what, "reference"))
		return reference();
	else if (!strcmp(what, "unseen-end"))
		return register_netdevice_notifier(&devices);
	else
		return -EINVAL;
	return 0;
}

static void __exit planted_exit(void)
{
	if (!strcmp(what, "unseen-end"))
		unregister_netdevice_notifier(&devices);
}

module_init(planted_init);
module_exit(planted_exit);
MODULE_DESCRIPTION("Does what tests have to catch");
MODULE_LICENSE("GPL");
