// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of ethtool, read and changed as net/ethtool/ioctl.c does; see shim.h.
 *
 * Not by ethtool netlink: while one of our own operations runs, generic netlink holds
 * cb_lock for reading (genl_rcv()). A request to another family would take it once
 * more, behind whoever waits for it to register a family, and so wait for ever.
 */

#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/pm_runtime.h>
#include <net/netdev_lock.h>

#include "shim.h"

/* What is changed only if it is another one; whether it is. */
#define UPDATE(_to, _from)			\
({						\
	bool changed = (_to) != (_from);	\
						\
	(_to) = (_from);			\
	changed;				\
})

static int get_private_flags(struct net_device *dev, u32 *to)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	int count;

	if (!ops->get_priv_flags || !ops->set_priv_flags || !ops->get_sset_count)
		return -EOPNOTSUPP;
	count = ops->get_sset_count(dev, ETH_SS_PRIV_FLAGS);
	if (count <= 0)
		return -EOPNOTSUPP;
	to[0] = ops->get_priv_flags(dev) & GENMASK(min(count, 32) - 1, 0);
	return 0;
}

static int set_private_flags(struct net_device *dev, const u32 *from)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	int count = ops->get_sset_count(dev, ETH_SS_PRIV_FLAGS);

	if (from[0] & ~GENMASK(min(count, 32) - 1, 0))
		return -EINVAL;
	return ops->set_priv_flags(dev, from[0]);
}

/*
 * What struct ethtool_coalesce has behind its command is numbered as
 * ETHTOOL_COALESCE_* are; the rest is in struct kernel_ethtool_coalesce.
 */
#define COALESCE_WORDS 22
static_assert(offsetof(struct ethtool_coalesce, rx_coalesce_usecs) == sizeof(u32));
static_assert(sizeof(struct ethtool_coalesce) == (1 + COALESCE_WORDS) * sizeof(u32));
static_assert(ETHTOOL_COALESCE_RX_USECS == BIT(0));
static_assert(ETHTOOL_COALESCE_RATE_SAMPLE_INTERVAL == BIT(COALESCE_WORDS - 1));

static int read_coalesce(struct net_device *dev, u32 words[COALESCE_WORDS + 1],
			 struct kernel_ethtool_coalesce *kernel)
{
	struct ethtool_coalesce coalesce = { .cmd = ETHTOOL_GCOALESCE };
	int err;

	*kernel = (struct kernel_ethtool_coalesce) {};
	err = dev->ethtool_ops->get_coalesce(dev, &coalesce, kernel, NULL);
	memcpy(words, &coalesce, sizeof(coalesce));
	return err;
}

static int get_coalesce(struct net_device *dev, u32 *to)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	u32 supported = ops->supported_coalesce_params;
	struct kernel_ethtool_coalesce kernel;
	u32 words[COALESCE_WORDS + 1];
	int err;

	if (!ops->get_coalesce || !ops->set_coalesce)
		return -EOPNOTSUPP;
	err = read_coalesce(dev, words, &kernel);
	if (err)
		return err;
	for (int nth = 0; nth < COALESCE_WORDS; nth++)
		if (supported & BIT(nth))
			to[nth] = words[1 + nth];
	if (supported & ETHTOOL_COALESCE_USE_CQE_RX)
		to[22] = kernel.use_cqe_mode_rx;
	if (supported & ETHTOOL_COALESCE_USE_CQE_TX)
		to[23] = kernel.use_cqe_mode_tx;
	if (supported & ETHTOOL_COALESCE_TX_AGGR_MAX_BYTES)
		to[24] = kernel.tx_aggr_max_bytes;
	if (supported & ETHTOOL_COALESCE_TX_AGGR_MAX_FRAMES)
		to[25] = kernel.tx_aggr_max_frames;
	if (supported & ETHTOOL_COALESCE_TX_AGGR_TIME_USECS)
		to[26] = kernel.tx_aggr_time_usecs;
	if (supported & ETHTOOL_COALESCE_RX_CQE_FRAMES)
		to[27] = kernel.rx_cqe_frames;
	if (supported & ETHTOOL_COALESCE_RX_CQE_NSECS)
		to[28] = kernel.rx_cqe_nsecs;
	return 0;
}

static int set_coalesce_once(struct net_device *dev, const u32 *from)
{
	u32 supported = dev->ethtool_ops->supported_coalesce_params;
	struct kernel_ethtool_coalesce kernel;
	struct ethtool_coalesce coalesce;
	u32 words[COALESCE_WORDS + 1];
	bool changed = false;
	int err;

	err = read_coalesce(dev, words, &kernel);
	if (err)
		return err;
	for (int nth = 0; nth < COALESCE_WORDS; nth++)
		if (supported & BIT(nth))
			changed |= UPDATE(words[1 + nth], from[nth]);
	if (supported & ETHTOOL_COALESCE_USE_CQE_RX)
		changed |= UPDATE(kernel.use_cqe_mode_rx, !!from[22]);
	if (supported & ETHTOOL_COALESCE_USE_CQE_TX)
		changed |= UPDATE(kernel.use_cqe_mode_tx, !!from[23]);
	if (supported & ETHTOOL_COALESCE_TX_AGGR_MAX_BYTES)
		changed |= UPDATE(kernel.tx_aggr_max_bytes, from[24]);
	if (supported & ETHTOOL_COALESCE_TX_AGGR_MAX_FRAMES)
		changed |= UPDATE(kernel.tx_aggr_max_frames, from[25]);
	if (supported & ETHTOOL_COALESCE_TX_AGGR_TIME_USECS)
		changed |= UPDATE(kernel.tx_aggr_time_usecs, from[26]);
	if (supported & ETHTOOL_COALESCE_RX_CQE_FRAMES)
		changed |= UPDATE(kernel.rx_cqe_frames, from[27]);
	if (supported & ETHTOOL_COALESCE_RX_CQE_NSECS)
		changed |= UPDATE(kernel.rx_cqe_nsecs, from[28]);
	if (!changed)
		return 0;
	memcpy(&coalesce, words, sizeof(coalesce));
	return dev->ethtool_ops->set_coalesce(dev, &coalesce, &kernel, NULL);
}

/* A driver may reset the numbers when a mode changes (ethnl_set_coalesce()). */
static int set_coalesce(struct net_device *dev, const u32 *from)
{
	return set_coalesce_once(dev, from) ?: set_coalesce_once(dev, from);
}

static int get_pause(struct net_device *dev, u32 *to)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	struct ethtool_pauseparam pause = { .cmd = ETHTOOL_GPAUSEPARAM };

	if (!ops->get_pauseparam || !ops->set_pauseparam)
		return -EOPNOTSUPP;
	ops->get_pauseparam(dev, &pause);
	to[0] = !!pause.autoneg;
	to[1] = !!pause.rx_pause;
	to[2] = !!pause.tx_pause;
	return 0;
}

static int set_pause(struct net_device *dev, const u32 *from)
{
	struct ethtool_pauseparam pause = {
		.cmd = ETHTOOL_SPAUSEPARAM,
		.autoneg = !!from[0],
		.rx_pause = !!from[1],
		.tx_pause = !!from[2],
	};

	return dev->ethtool_ops->set_pauseparam(dev, &pause);
}

/* ETHTOOL_FEC_NONE tells that there is nothing to set (ethtool_set_fecparam()). */
static int get_fec(struct net_device *dev, u32 *to)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	struct ethtool_fecparam fec = { .cmd = ETHTOOL_GFECPARAM };
	int err;

	if (!ops->get_fecparam || !ops->set_fecparam)
		return -EOPNOTSUPP;
	err = ops->get_fecparam(dev, &fec);
	to[0] = fec.fec & ~ETHTOOL_FEC_NONE;
	return err ?: to[0] ? 0 : -EOPNOTSUPP;
}

static int set_fec(struct net_device *dev, const u32 *from)
{
	struct ethtool_fecparam fec = { .cmd = ETHTOOL_SFECPARAM, .fec = from[0] };

	if (!fec.fec || fec.fec & ETHTOOL_FEC_NONE)
		return -EINVAL;
	return dev->ethtool_ops->set_fecparam(dev, &fec);
}

static int get_wol(struct net_device *dev, u32 *to)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	struct ethtool_wolinfo wol = { .cmd = ETHTOOL_GWOL };

	if (!ops->get_wol || !ops->set_wol)
		return -EOPNOTSUPP;
	ops->get_wol(dev, &wol);
	to[0] = wol.wolopts;
	return wol.supported ? 0 : -EOPNOTSUPP;
}

/* The password stays: it is a secret, which is in no record. */
static int set_wol(struct net_device *dev, const u32 *from)
{
	struct ethtool_wolinfo wol = { .cmd = ETHTOOL_GWOL };
	int err;

	dev->ethtool_ops->get_wol(dev, &wol);
	wol.wolopts = from[0];
	if (wol.wolopts & ~wol.supported)
		return -EINVAL;
	err = dev->ethtool_ops->set_wol(dev, &wol);
	if (!err)
		dev->ethtool->wol_enabled = !!wol.wolopts;
	return err;
}

HW_LIST(private_flags, 1, ETHTOOL_MSG_PRIVFLAGS_NTF);
HW_LIST(coalesce, 29, ETHTOOL_MSG_COALESCE_NTF);
HW_LIST(pause, 3, ETHTOOL_MSG_PAUSE_NTF);
HW_LIST(fec, 1, ETHTOOL_MSG_FEC_NTF);
HW_LIST(wol, 1, ETHTOOL_MSG_WOL_NTF);

/* As ethnl_ops_begin(). */
int hw_ethtool_begin(struct net_device *dev)
{
	int err = -ENODEV;

	if (dev->dev.parent)
		pm_runtime_get_sync(dev->dev.parent);
	if (netif_device_present(dev) && dev->reg_state < NETREG_UNREGISTERING)
		err = dev->ethtool_ops->begin ? dev->ethtool_ops->begin(dev) : 0;
	if (err && dev->dev.parent)
		pm_runtime_put(dev->dev.parent);
	return err;
}

void hw_ethtool_complete(struct net_device *dev)
{
	if (dev->ethtool_ops->complete)
		dev->ethtool_ops->complete(dev);
	if (dev->dev.parent)
		pm_runtime_put(dev->dev.parent);
}

int hw_list_get(const struct hw_list *list, struct net_device *dev, u32 *to)
{
	int err;

	memset(to, 0, list->size * sizeof(*to));
	if (!list->set)
		return list->get(dev, to);
	netdev_lock_ops(dev);
	err = hw_ethtool_begin(dev);
	if (!err) {
		err = list->get(dev, to);
		hw_ethtool_complete(dev);
	}
	netdev_unlock_ops(dev);
	return err;
}

int hw_list_set(const struct hw_list *list, struct net_device *dev, const u32 *from)
{
	u32 now[HW_LIST_MOST] = {}, to[HW_LIST_MOST];
	bool differs = false;
	int err;

	netdev_lock_ops(dev);
	err = hw_ethtool_begin(dev);
	if (err)
		goto unlock;
	err = list->get(dev, now);
	if (err)
		goto complete;
	for (u16 nth = 0; nth < list->size; nth++) {
		to[nth] = from[nth] == HW_LIST_OPEN ? now[nth] : from[nth];
		differs |= to[nth] != now[nth];
	}
	if (differs)
		err = list->set(dev, to);
	if (differs && !err)
		ethtool_notify(dev, list->told);
complete:
	hw_ethtool_complete(dev);
unlock:
	netdev_unlock_ops(dev);
	return err;
}
