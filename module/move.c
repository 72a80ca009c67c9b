// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving devices to other network namespaces: as one, and with names and indexes of
 * our choice, where the kernel can do that (upstream/); see shim.h.
 */

#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "shim.h"

#ifdef HW_MOVE_MANY
bool hw_moves_many(void)
{
	return true;
}

int hw_dev_move_many(struct hw_move *moves, size_t count)
{
	struct netdev_move one, *all = &one;
	LIST_HEAD(list);

	if (count > 1)
		all = kvmalloc_array(count, sizeof(*all), GFP_KERNEL);
	if (!all)
		return -ENOMEM;

	for (size_t i = 0; i < count; i++) {
		all[i] = (struct netdev_move) {
			.dev = moves[i].dev,
			.net = moves[i].net,
			.name = moves[i].name,
			.pat = moves[i].fallback,
			.ifindex = moves[i].ifindex,
		};
		list_add_tail(&all[i].list, &list);
	}
	dev_change_net_namespace_many(&list);
	for (size_t i = 0; i < count; i++)
		moves[i].err = all[i].err;

	if (count > 1)
		kvfree(all);
	return 0;
}
#else
bool hw_moves_many(void)
{
	return false;
}

int hw_dev_move_many(struct hw_move *moves, size_t count)
{
	for (size_t i = 0; i < count; i++)
		moves[i].err = dev_change_net_namespace(moves[i].dev, moves[i].net,
							moves[i].fallback);
	return 0;
}
#endif
