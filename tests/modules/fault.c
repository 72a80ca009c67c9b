// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: has functions of the kernel fail when Homeward calls them,
 * directly or through others. Like CONFIG_FAILSLAB and CONFIG_FAIL_FUNCTION,
 * but for any function that returns an error or NULL, and for one caller.
 *
 *   insmod fault.ko symbol=dev_change_net_namespace error=-12 skip=2 times=1
 *
 * Of the calls that Homeward makes, the first `skip` go through, the next
 * `times` fail with `error` (0: NULL), and the rest go through again.
 *
 *   insmod fault.ko symbol=__alloc_skb,kernel_sendmsg error=0,-105 one_in=100,50 seed=7
 *
 * One call in a hundred of the one and in fifty of the other fails, at random,
 * until 0 is written to `on`. `failed` tells how many calls of each have.
 *
 * failslab has one range of callers that must be there and one that must not,
 * and walks the stack at each allocation of the kernel. Here the dice come
 * first, and its hook, should_failslab(), is a function like any other.
 */

#include <linux/jhash.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/skbuff.h>
#include <linux/stacktrace.h>
#include <linux/string.h>

#include "entry.h"

#define DEPTH 48
#define MOST 24

static char *symbol[MOST];
static int symbols;
module_param_array(symbol, charp, &symbols, 0444);
MODULE_PARM_DESC(symbol, "the functions");

static int error[MOST];
module_param_array(error, int, NULL, 0444);
MODULE_PARM_DESC(error, "what each returns, a negative errno, or 0 for NULL");

static int skip;
module_param(skip, int, 0444);
MODULE_PARM_DESC(skip, "how many calls go through first");

static int times = 1;
module_param(times, int, 0444);
MODULE_PARM_DESC(times, "how many calls fail then");

static unsigned int one_in[MOST];
module_param_array(one_in, uint, NULL, 0444);
MODULE_PARM_DESC(one_in, "instead: one in so many calls of each fails");

static bool direct[MOST];
module_param_array(direct, bool, NULL, 0444);
MODULE_PARM_DESC(direct, "whether only those calls count that Homeward makes itself");

static bool kthreads;
module_param(kthreads, bool, 0444);
MODULE_PARM_DESC(kthreads, "whether only those calls count that kernel threads make, so no request's");

static unsigned int seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "what the dice begin with");

static bool on = true;
module_param(on, bool, 0644);
MODULE_PARM_DESC(on, "whether calls fail");

static struct kprobe probes[MOST];
static atomic_t failures[MOST];
static atomic_t calls = ATOMIC_INIT(0);
static atomic_t rolls = ATOMIC_INIT(0);

static int calls_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&calls));
}

static const struct kernel_param_ops calls_ops = { .get = calls_get };
module_param_cb(calls, &calls_ops, NULL, 0444);
MODULE_PARM_DESC(calls, "how many calls there have been, of all functions; not at random");

static int failed_get(char *buffer, const struct kernel_param *param)
{
	int len = 0;

	for (int i = 0; i < symbols; i++)
		len += sysfs_emit_at(buffer, len, "%s %d\n", symbol[i],
				     atomic_read(&failures[i]));
	return len;
}

static const struct kernel_param_ops failed_ops = { .get = failed_get };
module_param_cb(failed, &failed_ops, NULL, 0444);
MODULE_PARM_DESC(failed, "how many calls of each function have failed");

/*
 * Functions that do not expect a failure: the move of a device warns when its rename
 * fails, with or without us. A kernel has one of them.
 */
static struct {
	const char *name;
	unsigned long start, end;
} spared[] = {
	{ "__dev_change_net_namespace" },
	{ "netdev_move_list" },		/* with upstream/ */
};

/* These free the message that they are given, also when they fail. */
static const char * const consumers[] = { "netlink_unicast", "netlink_broadcast_filtered" };

static int consume(struct sock *from, struct sk_buff *message)
{
	kfree_skb(message);
	return -ENOBUFS;
}

static bool consumes(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(consumers); i++)
		if (!strcmp(name, consumers[i]))
			return true;
	return false;
}
NOKPROBE_SYMBOL(consumes);

/* Changes before the module's memory goes, and a probe is an RCU reader. */
static struct module *homeward;

static int module_comes_or_goes(struct notifier_block *block, unsigned long state, void *data)
{
	struct module *module = data;

	if (strcmp(module->name, "homeward") || state == MODULE_STATE_LIVE)
		return NOTIFY_DONE;
	WRITE_ONCE(homeward, state == MODULE_STATE_COMING ? module : NULL);
	return NOTIFY_DONE;
}

static struct notifier_block modules = { .notifier_call = module_comes_or_goes };

static bool ours(unsigned long address)
{
	struct module *module = READ_ONCE(homeward);

	return module && within_module(address, module);
}
NOKPROBE_SYMBOL(ours);

static bool counts(struct pt_regs *regs, bool direct)
{
	unsigned long entries[DEPTH];
	unsigned int found;

	if (ours(hw_return_address(regs)))
		return true;
	if (direct)
		return false;

	/* Innermost first: what Homeward does inside of such a function counts. */
	found = stack_trace_save(entries, DEPTH, 0);
	for (unsigned int i = 0; i < found; i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(spared); j++)
			if (spared[j].start <= entries[i] && entries[i] < spared[j].end)
				return false;
		if (ours(entries[i]))
			return true;
	}
	return false;
}
NOKPROBE_SYMBOL(counts);

/* Rust frees by reallocating to nothing (Allocator::free()): that cannot fail. */
static bool frees(struct pt_regs *regs, int which)
{
	return strstr(symbol[which], "realloc_node_align_noprof") &&
	       !regs_get_kernel_argument(regs, 1);
}
NOKPROBE_SYMBOL(frees);

static bool fails(struct pt_regs *regs, int which)
{
	int call;

	if (frees(regs, which) || (kthreads && !(current->flags & PF_KTHREAD)))
		return false;

	/* The dice first: they cost less than the stack. */
	if (one_in[which])
		return jhash_1word(atomic_inc_return(&rolls), seed) % one_in[which] == 0 &&
		       counts(regs, direct[which]);
	if (!counts(regs, direct[which]))
		return false;
	call = atomic_inc_return(&calls);
	return call > skip && call <= skip + times;
}
NOKPROBE_SYMBOL(fails);

static int called(struct kprobe *probe, struct pt_regs *regs)
{
	int which = probe - probes;

	if (!READ_ONCE(on) || !fails(regs, which))
		return 0;
	atomic_inc(&failures[which]);
	if (consumes(symbol[which])) {
		hw_continue_at(regs, (unsigned long)consume);
		return 1;
	}
	regs_set_return_value(regs, error[which]);
	hw_return_at_once(regs);
	return 1;
}
NOKPROBE_SYMBOL(called);

/* Without it the probe may become a jump, and then it cannot return. */
static void passed(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(passed);

/* Where a function is that is not exported. */
static unsigned long address_of(const char *name)
{
	struct kprobe probe = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	unsigned long address;

	if (register_kprobe(&probe))
		return 0;
	address = (unsigned long)probe.addr;
	unregister_kprobe(&probe);
	return address;
}

/* Homeward, if it is there already: by /sys/module. */
static struct module *find_homeward(void)
{
	struct kobject *found = kset_find_obj(THIS_MODULE->mkobj.kobj.kset, "homeward");
	struct module *module;

	if (!found)
		return NULL;
	module = container_of(found, struct module_kobject, kobj)->mod;
	kobject_put(found);
	return module;
}

/* Finds the functions that are spared, of which there has to be one. */
static int find_spared(void)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned long size;
	const char *slash;
	int result = -ENOENT;

	for (unsigned int i = 0; i < ARRAY_SIZE(spared); i++) {
		spared[i].start = address_of(spared[i].name);
		sprint_symbol(name, spared[i].start);
		slash = strchr(name, '/');
		if (!spared[i].start || !slash || sscanf(slash, "/0x%lx", &size) != 1)
			continue;
		spared[i].end = spared[i].start + size;
		result = 0;
	}
	return result;
}

static int __init fault_init(void)
{
	int result = find_spared();

	if (result)
		return result;
	register_module_notifier(&modules);
	homeward = find_homeward();
	for (int i = 0; i < symbols; i++) {
		probes[i].symbol_name = symbol[i];
		probes[i].pre_handler = called;
		probes[i].post_handler = passed;
		result = register_kprobe(&probes[i]);
		if (!result)
			continue;
		pr_err("fault: cannot probe %s\n", symbol[i]);
		while (i--)
			unregister_kprobe(&probes[i]);
		unregister_module_notifier(&modules);
		return result;
	}
	return 0;
}

static void __exit fault_exit(void)
{
	for (int i = 0; i < symbols; i++)
		unregister_kprobe(&probes[i]);
	unregister_module_notifier(&modules);
}

module_init(fault_init);
module_exit(fault_exit);
MODULE_DESCRIPTION("Has functions of the kernel fail when Homeward calls them");
MODULE_LICENSE("GPL");
