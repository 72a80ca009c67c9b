// SPDX-License-Identifier: GPL-2.0-only
/* tcx programs: what BPF_PROG_QUERY shows, and BPF_LINK_DETACH; see shim.h. */

#include <linux/bpf.h>
#include <net/tcx.h>

#include "shim.h"

#ifdef CONFIG_NET_XGRESS
/* What is attached to either side of a device. Under RTNL, as bpf_mprog_query() runs. */
#define hw_for_each_tcx(dev, entry, fp, cp, tuple)			\
	for (int ingress = 1; ingress >= 0; ingress--)			\
		if ((entry = tcx_entry_fetch(dev, ingress)))		\
			bpf_mprog_foreach_tuple(entry, fp, cp, tuple)

bool hw_dev_tcx(struct net_device *dev, u32 nth, bool *by_link, u32 *id)
{
	const struct bpf_mprog_entry *entry;
	const struct bpf_mprog_fp *fp;
	const struct bpf_mprog_cp *cp;
	struct bpf_tuple tuple = {};

	hw_for_each_tcx(dev, entry, fp, cp, tuple) {
		/* The last reference is gone, and its release waits for RTNL. */
		if (tuple.link && !atomic64_read(&tuple.link->refcnt))
			continue;
		if (nth--)
			continue;
		*by_link = tuple.link;
		*id = tuple.link ? tuple.link->id : tuple.prog->aux->id;
		return true;
	}
	return false;
}
#else
bool hw_dev_tcx(struct net_device *dev, u32 nth, bool *by_link, u32 *id)
{
	return false;
}
#endif

#if defined(CONFIG_NET_XGRESS) && defined(HW_BPF_LINK)
/* A link is released under RTNL (tcx_link_release()), so one that is there is not freed. */
struct bpf_link *hw_dev_tcx_link(struct net_device *dev, u32 id)
{
	const struct bpf_mprog_entry *entry;
	const struct bpf_mprog_fp *fp;
	const struct bpf_mprog_cp *cp;
	struct bpf_tuple tuple = {};

	hw_for_each_tcx(dev, entry, fp, cp, tuple) {
		if (!tuple.link || tuple.link->id != id)
			continue;
		tuple.link = bpf_link_inc_not_zero(tuple.link);
		return IS_ERR(tuple.link) ? NULL : tuple.link;
	}
	return NULL;
}

/* As link_detach() of bpf/syscall.c. */
int hw_tcx_link_detach(struct bpf_link *link)
{
	int err = -EOPNOTSUPP;

	if (link->ops->detach)
		err = link->ops->detach(link);
	bpf_link_put(link);
	return err;
}
#else
struct bpf_link *hw_dev_tcx_link(struct net_device *dev, u32 id)
{
	return NULL;
}

int hw_tcx_link_detach(struct bpf_link *link)
{
	return -EOPNOTSUPP;
}
#endif
