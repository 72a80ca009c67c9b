// SPDX-License-Identifier: GPL-2.0-only
/* What takes a walk through C's own lists, arrays and ids to see; see shim.h. */

#include <linux/bpf.h>
#include <linux/idr.h>
#include <linux/if_link.h>
#include <net/devlink.h>

/* struct netdev_name_node: private to the core since 7.0, and the only way to altnames. */
#include <../net/core/dev.h>

#include "shim.h"

/*
 * The first namespace with an id in @net of at least *@id, like rtnl_net_dumpid()
 * does for all. Under RCU: a dying namespace loses its ids (unhash_nsid()) before
 * cleanup_net() waits for a grace period, gets none after that (peernet2id_alloc()),
 * and is freed later yet.
 */
bool hw_net_peer_from(struct net *net, int *id, u64 *cookie, u32 *inum)
{
	const struct net *peer;

	rcu_read_lock();
	peer = idr_get_next(&net->netns_ids, id);
	if (peer) {
		*cookie = peer->net_cookie;
		*inum = peer->ns.inum;
	}
	rcu_read_unlock();
	return peer;
}

bool hw_dev_devlink_in(const struct net_device *dev, const struct net *net)
{
#if IS_ENABLED(CONFIG_NET_DEVLINK)
	const struct devlink_port *port = dev->devlink_port;

	return port && net_eq(devlink_net(port->devlink), net);
#else
	return false;
#endif
}

/*
 * As dev_xdp_prog_id(), but for a link its own id. struct bpf_xdp_link is private to
 * net/core/dev.c, and begins with its struct bpf_link. Under RTNL.
 */
bool hw_dev_xdp(const struct net_device *dev, u32 nth, u32 *mode, bool *by_link, u32 *id)
{
	static const u32 flags[__MAX_XDP_MODE] = {
		[XDP_MODE_SKB] = XDP_FLAGS_SKB_MODE,
		[XDP_MODE_DRV] = XDP_FLAGS_DRV_MODE,
		[XDP_MODE_HW] = XDP_FLAGS_HW_MODE,
	};

	for (int i = 0; i < __MAX_XDP_MODE; i++) {
		const struct bpf_prog *prog = dev->xdp_state[i].prog;
		const struct bpf_link *link = (const void *)dev->xdp_state[i].link;

		/* The last reference is gone, and its release waits for RTNL. */
		if (link && !atomic64_read(&link->refcnt))
			continue;
		if ((!link && !prog) || nth--)
			continue;
		*mode = flags[i];
		*by_link = link;
		*id = link ? link->id : prog->aux->id;
		return true;
	}
	return false;
}

/*
 * The alternative name that follows @name in the device's list, the first one
 * for NULL. The list head is the node of the device's own name. Under RTNL.
 */
const char *hw_dev_altname_after(const struct net_device *dev, const char *name)
{
	const struct netdev_name_node *node;
	bool found = !name;

	list_for_each_entry(node, &dev->name_node->list, list) {
		if (found)
			return node->name;
		found = node->name == name;
	}
	return NULL;
}

size_t hw_dev_alias(const struct net_device *dev, char *buf, size_t len)
{
	const struct dev_ifalias *alias;
	ssize_t copied = 0;

	rcu_read_lock();
	alias = rcu_dereference(dev->ifalias);
	if (alias)
		copied = strscpy(buf, alias->ifalias, len);
	rcu_read_unlock();

	return copied < 0 ? len - 1 : copied;
}
