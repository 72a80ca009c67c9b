// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: the network device `nic0`, physical, whose driver has of ethtool what
 * netdevsim has not: private flags, wake-on-LAN, RSS with contexts, and ntuple rules.
 *
 *   echo 1 >/sys/module/nic/parameters/refuse
 *
 * has it refuse to remove rules and contexts.
 */

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/netdevice.h>

#define RULES 16
#define QUEUES 4
#define TABLE 8

static bool refuse;
module_param(refuse, bool, 0644);
MODULE_PARM_DESC(refuse, "removes neither rules nor contexts");

static u32 flags;
static u32 channels = QUEUES;
static u32 table[TABLE];
static u32 wake;
static struct ethtool_rx_flow_spec rules[RULES];
static bool used[RULES];

static netdev_tx_t nic_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops nic_ops = {
	.ndo_start_xmit = nic_xmit,
};

static int nic_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_PRIV_FLAGS ? 3 : -EOPNOTSUPP;
}

static void nic_strings(struct net_device *dev, u32 set, u8 *to)
{
	for (char flag = 'a'; flag < 'd'; flag++)
		ethtool_sprintf(&to, "flag-%c", flag);
}

static u32 nic_get_flags(struct net_device *dev)
{
	return flags;
}

static int nic_set_flags(struct net_device *dev, u32 value)
{
	flags = value;
	return 0;
}

static void nic_get_wol(struct net_device *dev, struct ethtool_wolinfo *wol)
{
	wol->supported = WAKE_MAGIC | WAKE_UCAST;
	wol->wolopts = wake;
}

static int nic_set_wol(struct net_device *dev, struct ethtool_wolinfo *wol)
{
	wake = wol->wolopts;
	return 0;
}

static void spread(void)
{
	for (u32 nth = 0; nth < TABLE; nth++)
		table[nth] = ethtool_rxfh_indir_default(nth, channels);
}

static void nic_get_channels(struct net_device *dev, struct ethtool_channels *to)
{
	to->max_combined = QUEUES;
	to->combined_count = channels;
}

static int nic_set_channels(struct net_device *dev, struct ethtool_channels *from)
{
	int err = netif_set_real_num_queues(dev, from->combined_count, from->combined_count);

	if (err)
		return err;
	channels = from->combined_count;
	if (!netif_is_rxfh_configured(dev))
		spread();
	return 0;
}

static u32 nic_rings(struct net_device *dev)
{
	return channels;
}

static int nic_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info, u32 *locations)
{
	u32 at = info->fs.location, count = 0;

	switch (info->cmd) {
	case ETHTOOL_GRXCLSRLCNT:
		for (u32 nth = 0; nth < RULES; nth++)
			count += used[nth];
		info->rule_cnt = count;
		info->data = RULES;
		return 0;
	case ETHTOOL_GRXCLSRULE:
		if (at >= RULES || !used[at])
			return -ENOENT;
		info->fs = rules[at];
		return 0;
	case ETHTOOL_GRXCLSRLALL:
		for (u32 nth = 0; nth < RULES && count < info->rule_cnt; nth++)
			if (used[nth])
				locations[count++] = nth;
		info->rule_cnt = count;
		info->data = RULES;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int nic_set_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info)
{
	u32 at = info->fs.location;

	if (at >= RULES)
		return -EINVAL;
	switch (info->cmd) {
	case ETHTOOL_SRXCLSRLINS:
		rules[at] = info->fs;
		used[at] = true;
		return 0;
	case ETHTOOL_SRXCLSRLDEL:
		if (refuse)
			return -EBUSY;
		used[at] = false;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static u32 nic_table_size(struct net_device *dev)
{
	return TABLE;
}

static int nic_get_table(struct net_device *dev, struct ethtool_rxfh_param *param)
{
	param->hfunc = ETH_RSS_HASH_TOP;
	if (param->indir)
		memcpy(param->indir, table, sizeof(table));
	return 0;
}

static int nic_set_table(struct net_device *dev, struct ethtool_rxfh_param *param,
			 struct netlink_ext_ack *extack)
{
	if (param->indir)
		memcpy(table, param->indir, sizeof(table));
	return 0;
}

static int nic_set_context(struct net_device *dev, struct ethtool_rxfh_context *context,
			   const struct ethtool_rxfh_param *param, struct netlink_ext_ack *extack)
{
	return 0;
}

static int nic_remove_context(struct net_device *dev, struct ethtool_rxfh_context *context,
			      u32 id, struct netlink_ext_ack *extack)
{
	return refuse ? -EBUSY : 0;
}

static const struct ethtool_ops nic_ethtool_ops = {
	.rxfh_max_num_contexts = 8,
	.get_sset_count = nic_sset_count,
	.get_strings = nic_strings,
	.get_priv_flags = nic_get_flags,
	.set_priv_flags = nic_set_flags,
	.get_wol = nic_get_wol,
	.set_wol = nic_set_wol,
	.get_channels = nic_get_channels,
	.set_channels = nic_set_channels,
	.get_rx_ring_count = nic_rings,
	.get_rxnfc = nic_get_rxnfc,
	.set_rxnfc = nic_set_rxnfc,
	.get_rxfh_indir_size = nic_table_size,
	.get_rxfh = nic_get_table,
	.set_rxfh = nic_set_table,
	.create_rxfh_context = nic_set_context,
	.modify_rxfh_context = nic_set_context,
	.remove_rxfh_context = nic_remove_context,
};

static struct net_device *nic;

static int __init nic_init(void)
{
	int result;

	nic = alloc_etherdev_mq(0, QUEUES);
	if (!nic)
		return -ENOMEM;
	strscpy(nic->name, "nic0");
	nic->netdev_ops = &nic_ops;
	nic->ethtool_ops = &nic_ethtool_ops;
	eth_hw_addr_random(nic);
	spread();
	result = register_netdev(nic);
	if (result)
		free_netdev(nic);
	return result;
}

static void __exit nic_exit(void)
{
	unregister_netdev(nic);
	free_netdev(nic);
}

module_init(nic_init);
module_exit(nic_exit);
MODULE_DESCRIPTION("A network device with ntuple rules, RSS contexts, private flags and wake-on-LAN");
MODULE_LICENSE("GPL");
