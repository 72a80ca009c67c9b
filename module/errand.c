// SPDX-License-Identifier: GPL-2.0-only
/* What a task does on its way back from a system call: task_work is C's; see shim.h. */

#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/wait_bit.h>

#include "shim.h"

struct hw_errand {
	struct callback_head head;
	void (*run)(void *data);
	void *data;
};

/* How many are not done, and whether there ever was one. */
static atomic_t hw_pending = ATOMIC_INIT(0);
static bool hw_used;

static void hw_errand_end(struct hw_errand *errand)
{
	kfree(errand);
	if (atomic_dec_and_test(&hw_pending))
		wake_up_var(&hw_pending);
	module_put(THIS_MODULE);
}

static void hw_errand_run(struct callback_head *head)
{
	struct hw_errand *errand = container_of(head, struct hw_errand, head);

	errand->run(errand->data);
	hw_errand_end(errand);
}

int hw_before_return(void (*run)(void *data), void *data)
{
	struct hw_errand *errand;
	int err;

	/* It never returns. */
	if (current->flags & PF_KTHREAD)
		return -ESRCH;
	/*
	 * A task can be kept from returning for as long as its owner likes, by what else it has
	 * asked for in the same call: the module is in use as long, rather than that whoever
	 * unloads it waits. One that is going takes no more.
	 */
	if (!try_module_get(THIS_MODULE))
		return -ESRCH;
	errand = kmalloc(sizeof(*errand), GFP_KERNEL_ACCOUNT);
	if (!errand) {
		module_put(THIS_MODULE);
		return -ENOMEM;
	}
	errand->run = run;
	errand->data = data;
	init_task_work(&errand->head, hw_errand_run);
	WRITE_ONCE(hw_used, true);
	atomic_inc(&hw_pending);
	err = task_work_add(current, &errand->head, TWA_RESUME);
	if (err)
		hw_errand_end(errand);
	return err;
}

/* There are none left, unless it is unloaded by force, or has never been loaded to the end. */
void hw_errands_wait(void)
{
	wait_var_event(&hw_pending, !atomic_read(&hw_pending));
	/* Whoever counted itself out last may be in our code still: until it sleeps or returns. */
	if (READ_ONCE(hw_used))
		synchronize_rcu_tasks();
}
