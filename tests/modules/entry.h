/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a probe at the first instruction of a function reads and does: each architecture
 * calls and returns in its own way. For tests only.
 */

#ifndef HOMEWARD_TESTS_ENTRY_H
#define HOMEWARD_TESTS_ENTRY_H

#include <linux/kprobes.h>
#include <linux/linkage.h>
#include <linux/objtool.h>

#if defined(CONFIG_X86)

/* The function has no frame yet. */
#define hw_return_address(regs) (*(unsigned long *)(regs)->sp)

#define hw_continue_at(regs, address) instruction_pointer_set(regs, address)

void hw_just_return(void);
asm(
	".text\n"
	".type hw_just_return, @function\n"
	"hw_just_return:\n"
	ANNOTATE_NOENDBR "\n\t"
	ASM_RET
	".size hw_just_return, .-hw_just_return\n"
);

/*
 * As override_function_with_return() would have it: where the probe is one of ftrace's,
 * only `ip` is taken back from `regs`.
 */
#define hw_return_at_once(regs) hw_continue_at(regs, (unsigned long)hw_just_return)

#elif defined(CONFIG_ARM64)

#define hw_return_address(regs) procedure_link_pointer(regs)

/* Where the function was called by a pointer, only some instructions may come next. */
#define hw_continue_at(regs, address) do {		\
	(regs)->pstate &= ~(u64)PSR_BTYPE_MASK;		\
	instruction_pointer_set(regs, address);		\
} while (0)

#define hw_return_at_once(regs) hw_continue_at(regs, hw_return_address(regs))

#else
#error "tests/modules/entry.h knows nothing of this architecture"
#endif

#endif
