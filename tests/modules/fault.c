// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: has a function of the kernel fail when Homeward calls it,
 * directly or through others. Like CONFIG_FAILSLAB and CONFIG_FAIL_FUNCTION,
 * but for any function that returns an error or NULL, and for one caller.
 *
 *   insmod fault.ko symbol=dev_change_net_namespace error=-12 skip=2 times=1
 *
 * Of the calls that Homeward makes, the first `skip` go through, the next
 * `times` fail with `error` (0: NULL), and the rest go through again.
 */

#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#define DEPTH 48

static char *symbol = "";
module_param(symbol, charp, 0444);
MODULE_PARM_DESC(symbol, "the function");

static int error;
module_param(error, int, 0444);
MODULE_PARM_DESC(error, "what it returns, a negative errno, or 0 for NULL");

static int skip;
module_param(skip, int, 0444);
MODULE_PARM_DESC(skip, "how many calls go through first");

static int times = 1;
module_param(times, int, 0444);
MODULE_PARM_DESC(times, "how many calls fail then");

static atomic_t calls = ATOMIC_INIT(0);

static int calls_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&calls));
}

static const struct kernel_param_ops calls_ops = { .get = calls_get };
module_param_cb(calls, &calls_ops, NULL, 0444);
MODULE_PARM_DESC(calls, "how many calls there have been");

/*
 * Functions that do not expect a failure: __dev_change_net_namespace() warns
 * when its rename fails, with or without us.
 */
static const char * const spared[] = { "__dev_change_net_namespace+" };

static bool counts(struct pt_regs *regs)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned long entries[DEPTH];
	unsigned int found;

	/* At its first instruction the function has no frame yet. */
	sprint_symbol(name, *(unsigned long *)regs->sp);
	if (strstr(name, "[homeward]"))
		return true;

	/* Innermost first: what Homeward does inside of such a function counts. */
	found = stack_trace_save(entries, DEPTH, 0);
	for (unsigned int i = 0; i < found; i++) {
		sprint_symbol(name, entries[i]);
		for (unsigned int j = 0; j < ARRAY_SIZE(spared); j++)
			if (strstarts(name, spared[j]))
				return false;
		if (strstr(name, "[homeward]"))
			return true;
	}
	return false;
}
NOKPROBE_SYMBOL(counts);

static int called(struct kprobe *probe, struct pt_regs *regs)
{
	int call;

	if (!counts(regs))
		return 0;
	call = atomic_inc_return(&calls);
	if (call <= skip || call > skip + times)
		return 0;
	/* Return at once, as override_function_with_return() would have it. */
	regs_set_return_value(regs, error);
	regs->ip = *(unsigned long *)regs->sp;
	regs->sp += sizeof(long);
	return 1;
}
NOKPROBE_SYMBOL(called);

/* Without it the probe may become a jump, and then `ip` cannot be changed. */
static void passed(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(passed);

static struct kprobe probe = {
	.pre_handler = called,
	.post_handler = passed,
};

static int __init fault_init(void)
{
	probe.symbol_name = symbol;
	return register_kprobe(&probe);
}

static void __exit fault_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(fault_init);
module_exit(fault_exit);
MODULE_DESCRIPTION("Has functions of the kernel fail when Homeward calls them");
MODULE_LICENSE("GPL");
