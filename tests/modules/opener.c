// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: the network device `opener0`, physical, whose driver loads a
 * module whenever it is opened.
 */

#include <linux/etherdevice.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/netdevice.h>

static int opener_open(struct net_device *dev)
{
	return request_module("pernet");
}

static int opener_stop(struct net_device *dev)
{
	return 0;
}

static netdev_tx_t opener_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops opener_ops = {
	.ndo_open = opener_open,
	.ndo_stop = opener_stop,
	.ndo_start_xmit = opener_xmit,
};

static struct net_device *opener;

static int __init opener_init(void)
{
	int result;

	opener = alloc_etherdev(0);
	if (!opener)
		return -ENOMEM;
	strscpy(opener->name, "opener0");
	opener->netdev_ops = &opener_ops;
	eth_hw_addr_random(opener);
	result = register_netdev(opener);
	if (result)
		free_netdev(opener);
	return result;
}

static void __exit opener_exit(void)
{
	unregister_netdev(opener);
	free_netdev(opener);
}

module_init(opener_init);
module_exit(opener_exit);
MODULE_DESCRIPTION("A network device whose driver loads a module when it is opened");
MODULE_LICENSE("GPL");
