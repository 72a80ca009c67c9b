// SPDX-License-Identifier: GPL-2.0-only
/* Calls in a task of their own, which can be killed: kthreads and completions are C's; see shim.h. */

#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/rtnetlink.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "shim.h"

struct hw_call {
	void (*run)(void *data);
	void *data;
	struct completion begun;
	struct completion done;
};

static int hw_call_thread(void *data)
{
	struct hw_call *call = data;

	allow_signal(SIGKILL);
	/* Others may hold RTNL for long, which is no fault of this call. */
	rtnl_lock();
	rtnl_unlock();
	complete(&call->begun);
	call->run(call->data);
	kthread_complete_and_exit(&call->done, 0);
}

/* request_module() waits for modprobe killably, whoever holds what modprobe waits for. */
int hw_call_killable(void (*run)(void *data), void *data, unsigned int ms)
{
	struct hw_call call = { .run = run, .data = data };
	struct task_struct *task;
	int result = 0;

	init_completion(&call.begun);
	init_completion(&call.done);
	task = kthread_create(hw_call_thread, &call, "homeward");
	if (IS_ERR(task))
		return PTR_ERR(task);
	get_task_struct(task);
	wake_up_process(task);
	wait_for_completion(&call.begun);
	if (!wait_for_completion_timeout(&call.done, msecs_to_jiffies(ms))) {
		send_sig(SIGKILL, task, 1);
		wait_for_completion(&call.done);
		result = -ETIMEDOUT;
	}
	put_task_struct(task);
	return result;
}

static int hw_call_aside_thread(void *data)
{
	struct hw_call *call = data;

	call->run(call->data);
	kthread_complete_and_exit(&call->done, 0);
}

int hw_call_aside(void (*run)(void *data), void *data)
{
	struct hw_call call = { .run = run, .data = data };
	struct task_struct *task;

	init_completion(&call.done);
	task = kthread_run(hw_call_aside_thread, &call, "homeward");
	if (IS_ERR(task))
		return PTR_ERR(task);
	wait_for_completion(&call.done);
	return 0;
}

int hw_call_below_rtnl(void (*run)(void *data), void *data, unsigned int ms)
{
	struct hw_call call = { .run = run, .data = data };
	struct task_struct *task;
	bool done;

	init_completion(&call.done);
	rtnl_lock();
	task = kthread_run(hw_call_aside_thread, &call, "homeward");
	if (IS_ERR(task)) {
		rtnl_unlock();
		return PTR_ERR(task);
	}
	done = wait_for_completion_timeout(&call.done, msecs_to_jiffies(ms));
	rtnl_unlock();
	if (!done)
		wait_for_completion(&call.done);
	return done ? 0 : -ETIMEDOUT;
}
