// SPDX-License-Identifier: GPL-2.0-only
/*
 * What steers packets to queues of a device: ntuple rules and RSS contexts, which stay
 * with it when it moves. Read and removed as net/ethtool/ioctl.c does; see shim.h.
 */

#include <linux/ethtool.h>
#include <linux/jhash.h>
#include <linux/xarray.h>
#include <net/netdev_lock.h>

#include "shim.h"

/* What is looked for, and what came of it. */
struct hw_walk {
	struct net_device *dev;
	const struct hw_steering *keep;
	u32 kept;
	struct hw_steering *to;
	u32 room;
	bool remove;
	u32 found;
	int err;
};

/* Whether one is to be removed. If nothing is, it is found unless it is kept. */
static bool is_doomed(struct hw_walk *walk, struct hw_steering one)
{
	for (u32 nth = 0; nth < walk->kept; nth++)
		if (walk->keep[nth].id == one.id && walk->keep[nth].digest == one.digest)
			return false;
	if (walk->remove)
		return true;
	if (walk->found < walk->room)
		walk->to[walk->found] = one;
	walk->found++;
	return false;
}

/* Keeps the first error. */
static void note(struct hw_walk *walk, int err)
{
	if (!walk->err)
		walk->err = err;
}

static void walk_rule(struct hw_walk *walk, u32 location)
{
	const struct ethtool_ops *ops = walk->dev->ethtool_ops;
	struct ethtool_rxnfc rule = { .cmd = ETHTOOL_GRXCLSRULE, .fs.location = location };
	struct hw_steering one = { .id = location };
	u32 context;

	if (ops->get_rxnfc(walk->dev, &rule, NULL)) {
		note(walk, -EIO);
		return;
	}
	context = rule.fs.flow_type & FLOW_RSS ? rule.rss_context : 0;
	/* 0 is for contexts. */
	one.digest = jhash(&rule.fs, offsetofend(typeof(rule.fs), location), context) | 1;
	if (!is_doomed(walk, one))
		return;
	rule = (struct ethtool_rxnfc) { .cmd = ETHTOOL_SRXCLSRLDEL, .fs.location = location };
	note(walk, ops->set_rxnfc ? ops->set_rxnfc(walk->dev, &rule) : -EOPNOTSUPP);
}

static int walk_rules(struct hw_walk *walk)
{
	const struct ethtool_ops *ops = walk->dev->ethtool_ops;
	struct ethtool_rxnfc count = { .cmd = ETHTOOL_GRXCLSRLCNT };
	struct ethtool_rxnfc *all;
	int err;

	err = ops->get_rxnfc ? ops->get_rxnfc(walk->dev, &count, NULL) : -EOPNOTSUPP;
	if (err || !count.rule_cnt)
		return err == -EOPNOTSUPP ? 0 : err;
	all = kvzalloc(struct_size(all, rule_locs, count.rule_cnt), GFP_KERNEL);
	if (!all)
		return -ENOMEM;
	all->cmd = ETHTOOL_GRXCLSRLALL;
	all->rule_cnt = count.rule_cnt;
	err = ops->get_rxnfc(walk->dev, all, all->rule_locs);
	for (u32 nth = 0; !err && nth < min(all->rule_cnt, count.rule_cnt); nth++) {
		/* A tenant may have added thousands. */
		if (walk->found > walk->room)
			break;
		walk_rule(walk, all->rule_locs[nth]);
	}
	kvfree(all);
	return err;
}

/* Those that a rule uses are not removed while it is there (ethtool_check_rss_ctx_busy()). */
static void walk_contexts(struct hw_walk *walk, bool busy)
{
	struct ethtool_netdev_state *state = walk->dev->ethtool;
	const struct ethtool_ops *ops = walk->dev->ethtool_ops;
	struct ethtool_rxfh_context *context;
	struct hw_steering one = {};
	unsigned long id;
	int err;

	mutex_lock(&state->rss_lock);
	xa_for_each(&state->rss_ctx, id, context) {
		one.id = id;
		if (!is_doomed(walk, one))
			continue;
		err = busy ? -EBUSY : -EOPNOTSUPP;
		if (!busy && ops->remove_rxfh_context)
			err = ops->remove_rxfh_context(walk->dev, context, id, NULL);
		if (!err) {
			xa_erase(&state->rss_ctx, id);
			kfree(context);
		}
		note(walk, err);
	}
	mutex_unlock(&state->rss_lock);
}

static int walk(struct hw_walk *walk)
{
	int err;

	netdev_lock_ops(walk->dev);
	err = hw_ethtool_begin(walk->dev);
	if (!err) {
		err = walk_rules(walk);
		walk_contexts(walk, err || walk->err);
		hw_ethtool_complete(walk->dev);
	}
	netdev_unlock_ops(walk->dev);
	return err ?: walk->err;
}

int hw_dev_steering(struct net_device *dev, const struct hw_steering *keep, u32 kept,
		    struct hw_steering *to, u32 room)
{
	struct hw_walk all = {
		.dev = dev, .keep = keep, .kept = kept, .to = to, .room = room,
	};

	return walk(&all) ?: min_t(u32, all.found, INT_MAX);
}

int hw_dev_remove_steering(struct net_device *dev, const struct hw_steering *keep, u32 kept)
{
	struct hw_walk all = { .dev = dev, .keep = keep, .kept = kept, .remove = true };

	return walk(&all);
}
