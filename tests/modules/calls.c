// SPDX-License-Identifier: GPL-2.0-only
/*
 * For measuring only: counts how often the kernel's workers call functions. A
 * network namespace is taken down by one of them, so what that costs can be told
 * from what others do meanwhile.
 *
 *   insmod calls.ko symbol=synchronize_rcu_expedited,rcu_barrier
 *   cat /sys/module/calls/parameters/calls
 *
 * A function that has no place to put a probe on, since the compiler made it part
 * of all who call it, is counted as -1.
 */

#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>

#define MOST 16

static char *symbol[MOST];
static int symbols;
module_param_array(symbol, charp, &symbols, 0444);
MODULE_PARM_DESC(symbol, "the functions");

static struct kprobe probes[MOST];
static bool probed[MOST];
static atomic_t counts[MOST];

static int calls_get(char *buffer, const struct kernel_param *param)
{
	int len = 0;

	for (int i = 0; i < symbols; i++)
		len += sysfs_emit_at(buffer, len, "%s %d\n", symbol[i],
				     probed[i] ? atomic_read(&counts[i]) : -1);
	return len;
}

static const struct kernel_param_ops calls_ops = { .get = calls_get };
module_param_cb(calls, &calls_ops, NULL, 0444);
MODULE_PARM_DESC(calls, "how many calls of each there have been");

static int called(struct kprobe *probe, struct pt_regs *regs)
{
	if (current->flags & PF_WQ_WORKER)
		atomic_inc(&counts[probe - probes]);
	return 0;
}
NOKPROBE_SYMBOL(called);

static int __init calls_init(void)
{
	for (int i = 0; i < symbols; i++) {
		probes[i].symbol_name = symbol[i];
		probes[i].pre_handler = called;
		probed[i] = !register_kprobe(&probes[i]);
	}
	return 0;
}

static void __exit calls_exit(void)
{
	for (int i = 0; i < symbols; i++)
		if (probed[i])
			unregister_kprobe(&probes[i]);
}

module_init(calls_init);
module_exit(calls_exit);
MODULE_DESCRIPTION("Counts how often the kernel's workers call functions");
MODULE_LICENSE("GPL");
