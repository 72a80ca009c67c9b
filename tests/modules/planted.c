// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests of the tests only: does what a debug kernel has to catch.
 *
 *   insmod planted.ko what=leak|use-after-free|lock-inversion
 *
 * Never to be loaded into a kernel that anybody needs.
 */

#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *what = "";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "leak, use-after-free or lock-inversion");

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

static int __init planted_init(void)
{
	if (!strcmp(what, "leak"))
		leak();
	else if (!strcmp(what, "use-after-free"))
		use_after_free();
	else if (!strcmp(what, "lock-inversion"))
		lock_inversion();
	else
		return -EINVAL;
	return 0;
}

static void __exit planted_exit(void)
{
}

module_init(planted_init);
module_exit(planted_exit);
MODULE_DESCRIPTION("Does what a debug kernel has to catch");
MODULE_LICENSE("GPL");
