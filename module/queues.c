// SPDX-License-Identifier: GPL-2.0-only
/* Settings of ethtool that are about queues; see ethtool.c and shim.h. */

#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <net/netdev_queues.h>
#include <net/netdev_rx_queue.h>
#include <net/xdp_sock_drv.h>

#include "shim.h"

/* Of the indirection table only whether somebody has set one. */
static int get_rss_table(struct net_device *dev, u32 *to)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;

	if (!ops->set_rxfh || !ops->get_rxfh_indir_size || !ops->get_rxfh_indir_size(dev))
		return -EOPNOTSUPP;
	to[0] = netif_is_rxfh_configured(dev);
	return 0;
}

/* The default, as ETHTOOL_SRSSH sets it for a size of 0. */
static int set_rss_table(struct net_device *dev, const u32 *from)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	struct ethtool_rxfh_param table = {
		.indir_size = ops->get_rxfh_indir_size(dev),
		.hfunc = ETH_RSS_HASH_NO_CHANGE,
		.input_xfrm = RXH_XFRM_NO_CHANGE,
	};
	struct ethtool_rxnfc rings = { .cmd = ETHTOOL_GRXRINGS };
	int err = 0;

	if (from[0] || (!ops->get_rx_ring_count && !ops->get_rxnfc))
		return -EOPNOTSUPP;
	if (ops->get_rx_ring_count)
		rings.data = ops->get_rx_ring_count(dev);
	else
		err = ops->get_rxnfc(dev, &rings, NULL);
	if (err || !rings.data)
		return err ?: -EINVAL;
	table.indir = kcalloc(table.indir_size, sizeof(*table.indir), GFP_KERNEL);
	if (!table.indir)
		return -ENOMEM;
	for (u32 nth = 0; nth < table.indir_size; nth++)
		table.indir[nth] = ethtool_rxfh_indir_default(nth, rings.data);
	mutex_lock(&dev->ethtool->rss_lock);
	err = ops->set_rxfh(dev, &table, NULL);
	if (!err)
		dev->ethtool->rss_indir_user_size = 0;
	mutex_unlock(&dev->ethtool->rss_lock);
	kfree(table.indir);
	return err;
}

static int get_channels(struct net_device *dev, u32 *to)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

	if (!ops->get_channels || !ops->set_channels)
		return -EOPNOTSUPP;
	ops->get_channels(dev, &channels);
	to[0] = channels.rx_count;
	to[1] = channels.tx_count;
	to[2] = channels.other_count;
	to[3] = channels.combined_count;
	return 0;
}

/* As netdev_queue_busy(), which is not exported. */
static bool is_busy(struct net_device *dev, unsigned int queue)
{
	const struct netdev_rx_queue *rxq;

	if (xsk_get_pool_from_qid(dev, queue))
		return true;
	if (queue >= dev->num_rx_queues)
		return false;
	rxq = __netif_get_rx_queue(dev, queue);
	return rxq->lease || rxq->mp_params.mp_ops;
}

/*
 * Whether packets may be steered to a channel by its number. ethtool_check_max_channel(),
 * which is not exported, asks to which.
 */
static bool is_steered(struct net_device *dev)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	struct ethtool_rxnfc rules = { .cmd = ETHTOOL_GRXCLSRLCNT };

	if (netif_is_rxfh_configured(dev) || !xa_empty(&dev->ethtool->rss_ctx))
		return true;
	return ops->get_rxnfc && !ops->get_rxnfc(dev, &rules, NULL) && rules.rule_cnt;
}

static int set_channels(struct net_device *dev, const u32 *from)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	u32 rx, tx, old_rx, old_tx;

	dev->ethtool_ops->get_channels(dev, &channels);
	old_rx = channels.combined_count + channels.rx_count;
	old_tx = channels.combined_count + channels.tx_count;
	channels.rx_count = from[0];
	channels.tx_count = from[1];
	channels.other_count = from[2];
	channels.combined_count = from[3];
	if (channels.rx_count > channels.max_rx || channels.tx_count > channels.max_tx ||
	    channels.other_count > channels.max_other ||
	    channels.combined_count > channels.max_combined)
		return -EINVAL;
	rx = channels.combined_count + channels.rx_count;
	tx = channels.combined_count + channels.tx_count;
	if (!rx || !tx)
		return -EINVAL;
	if (rx < old_rx && is_steered(dev))
		return -EBUSY;
	for (u32 queue = min(rx, tx); queue < max(old_rx, old_tx); queue++)
		if (is_busy(dev, queue))
			return -EBUSY;
	return dev->ethtool_ops->set_channels(dev, &channels);
}

/*
 * As ethtool_ringparam_get_cfg(). Of header-data-split the driver gets what is
 * configured: it depends on memory providers, and on XDP programs.
 */
static void read_rings(struct net_device *dev, struct ethtool_ringparam *rings,
		       struct kernel_ethtool_ringparam *kernel)
{
	*rings = (struct ethtool_ringparam) { .cmd = ETHTOOL_GRINGPARAM };
	*kernel = (struct kernel_ethtool_ringparam) {};
	dev->ethtool_ops->get_ringparam(dev, rings, kernel, NULL);
	kernel->tcp_data_split = dev->cfg->hds_config;
	kernel->hds_thresh = dev->cfg->hds_thresh;
}

static int get_rings(struct net_device *dev, u32 *to)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	struct kernel_ethtool_ringparam kernel;
	struct ethtool_ringparam rings;
	u32 supported = ops->supported_ring_params;

	if (!ops->get_ringparam || !ops->set_ringparam)
		return -EOPNOTSUPP;
	read_rings(dev, &rings, &kernel);
	to[0] = rings.rx_pending;
	to[1] = rings.rx_mini_pending;
	to[2] = rings.rx_jumbo_pending;
	to[3] = rings.tx_pending;
	if (supported & ETHTOOL_RING_USE_RX_BUF_LEN)
		to[4] = kernel.rx_buf_len;
	if (supported & ETHTOOL_RING_USE_CQE_SIZE)
		to[5] = kernel.cqe_size;
	if (supported & ETHTOOL_RING_USE_TX_PUSH)
		to[6] = !!kernel.tx_push;
	if (supported & ETHTOOL_RING_USE_RX_PUSH)
		to[7] = !!kernel.rx_push;
	if (supported & ETHTOOL_RING_USE_TX_PUSH_BUF_LEN)
		to[8] = kernel.tx_push_buf_len;
	return 0;
}

static int set_rings(struct net_device *dev, const u32 *from)
{
	const struct ethtool_ops *ops = dev->ethtool_ops;
	struct kernel_ethtool_ringparam kernel;
	struct ethtool_ringparam rings;
	u32 supported = ops->supported_ring_params;

	read_rings(dev, &rings, &kernel);
	rings.rx_pending = from[0];
	rings.rx_mini_pending = from[1];
	rings.rx_jumbo_pending = from[2];
	rings.tx_pending = from[3];
	/* No length is 0 (ethnl_rings_set_policy). */
	if (supported & ETHTOOL_RING_USE_RX_BUF_LEN && from[4])
		kernel.rx_buf_len = from[4];
	if (supported & ETHTOOL_RING_USE_CQE_SIZE && from[5])
		kernel.cqe_size = from[5];
	if (supported & ETHTOOL_RING_USE_TX_PUSH)
		kernel.tx_push = !!from[6];
	if (supported & ETHTOOL_RING_USE_RX_PUSH)
		kernel.rx_push = !!from[7];
	if (supported & ETHTOOL_RING_USE_TX_PUSH_BUF_LEN)
		kernel.tx_push_buf_len = from[8];
	if (rings.rx_pending > rings.rx_max_pending ||
	    rings.rx_mini_pending > rings.rx_mini_max_pending ||
	    rings.rx_jumbo_pending > rings.rx_jumbo_max_pending ||
	    rings.tx_pending > rings.tx_max_pending ||
	    kernel.tx_push_buf_len > kernel.tx_push_buf_max_len)
		return -EINVAL;
	return ops->set_ringparam(dev, &rings, &kernel, NULL);
}

HW_LIST(rss_table, 1, ETHTOOL_MSG_RSS_NTF);
HW_LIST(channels, 4, ETHTOOL_MSG_CHANNELS_NTF);
HW_LIST(rings, 9, ETHTOOL_MSG_RINGS_NTF);
