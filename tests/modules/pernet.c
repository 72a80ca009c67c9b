// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: a module that takes part in every network namespace, as many
 * do. So it cannot be loaded while one is being made or cleaned up.
 */

#include <linux/module.h>
#include <net/net_namespace.h>

static struct pernet_operations operations;

static int __init pernet_init(void)
{
	return register_pernet_subsys(&operations);
}

static void __exit pernet_exit(void)
{
	unregister_pernet_subsys(&operations);
}

module_init(pernet_init);
module_exit(pernet_exit);
MODULE_DESCRIPTION("Takes part in every network namespace");
MODULE_LICENSE("GPL");
