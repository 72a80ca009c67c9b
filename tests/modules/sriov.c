// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests only: a network card with SR-IOV, on a PCI bus of its own that is all
 * software, as 10000:00:00.0. Its PF is `pf0`; `echo 2 >sriov_numvfs` makes the VFs
 * `vf0` and `vf1`. As with igb, a VF that is not trusted cannot change an address
 * that the PF has set, and takes that when it is closed.
 */

#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>
#include <linux/sizes.h>

#define DOMAIN 0x10000
#define VENDOR 0xfe57
#define VFS 2
/* Where the capabilities are in the configuration space of a function. */
#define PCIE 0x40
#define SRIOV 0x100
/* VF n is function 0 of device n + 1. */
#define STRIDE PCI_DEVFN(1, 0)

static bool refuse;
module_param(refuse, bool, 0644);
MODULE_PARM_DESC(refuse, "Refuse to set anything for a VF");
static bool silent;
module_param(silent, bool, 0644);
MODULE_PARM_DESC(silent, "Do not tell trust, spoof check and RSS query");
static bool keep;
module_param(keep, bool, 0644);
MODULE_PARM_DESC(keep, "Leave the VFs when the driver of the PF goes");
static bool own;
module_param(own, bool, 0644);
MODULE_PARM_DESC(own, "Take an address that is set for a VF for its permanent one, as igbvf does");
static unsigned int calls;
module_param(calls, uint, 0644);
MODULE_PARM_DESC(calls, "How often something was set for a VF");

/* What is written there is read back. */
static u16 command[VFS + 1], control, number;

static u32 sriov_word(int where)
{
	switch (where) {
	case 0:
		return PCI_EXT_CAP_ID_SRIOV | 1 << 16;
	case PCI_SRIOV_CTRL:
		return control;
	case PCI_SRIOV_INITIAL_VF:
		return VFS | VFS << 16;
	case PCI_SRIOV_NUM_VF:
		return number;
	case PCI_SRIOV_VF_OFFSET:
		return STRIDE | STRIDE << 16;
	case PCI_SRIOV_VF_DID & ~3:
		return 2 << 16;
	case PCI_SRIOV_SUP_PGSIZE:
	case PCI_SRIOV_SYS_PGSIZE:
		return PAGE_SIZE / SZ_4K;
	default:
		return 0;
	}
}

static u32 word(unsigned int function, int where)
{
	switch (where) {
	case PCI_VENDOR_ID:
		/* A VF is not found by looking for it. */
		return function ? ~0 : VENDOR | 1 << 16;
	case PCI_COMMAND:
		return command[function] | PCI_STATUS_CAP_LIST << 16;
	case PCI_CLASS_REVISION:
		return PCI_CLASS_NETWORK_ETHERNET << 16;
	case PCI_CAPABILITY_LIST:
		return PCIE;
	case PCIE:
		return PCI_CAP_ID_EXP | (2 | PCI_EXP_TYPE_RC_END << 4) << 16;
	default:
		return where >= SRIOV && !function ? sriov_word(where - SRIOV) : 0;
	}
}

static bool is_there(unsigned int devfn)
{
	return !devfn || (control & PCI_SRIOV_CTRL_VFE && !(devfn % STRIDE) &&
			  devfn / STRIDE <= VFS);
}

static int read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	*value = ~0;
	if (bus->number || !is_there(devfn))
		return PCIBIOS_DEVICE_NOT_FOUND;
	*value = word(devfn / STRIDE, where & ~3) >> (where & 3) * 8;
	if (size < 4)
		*value &= (1 << size * 8) - 1;
	return PCIBIOS_SUCCESSFUL;
}

static int write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	if (bus->number || !is_there(devfn))
		return PCIBIOS_DEVICE_NOT_FOUND;
	if (where == PCI_COMMAND)
		command[devfn / STRIDE] = value;
	else if (where == SRIOV + PCI_SRIOV_CTRL)
		control = value;
	else if (where == SRIOV + PCI_SRIOV_NUM_VF)
		number = value;
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops ops = { .read = read, .write = write };

/* What the PF has of its VFs. */
struct pf {
	struct ifla_vf_info vfs[VFS];
	bool set_mac[VFS];
};

static struct ifla_vf_info *vf_info(struct net_device *dev, int vf)
{
	struct pf *pf = netdev_priv(dev);

	calls++;
	return refuse || vf >= VFS ? NULL : &pf->vfs[vf];
}

#define SETTER(_name, _args, _body)					\
	static int _name _args						\
	{								\
		struct ifla_vf_info *to = vf_info(dev, vf);		\
									\
		if (!to)						\
			return -EPERM;					\
		_body							\
		return 0;						\
	}

SETTER(set_vf_mac, (struct net_device *dev, int vf, u8 *mac), {
	struct pf *pf = netdev_priv(dev);

	pf->set_mac[vf] = !is_zero_ether_addr(mac);
	ether_addr_copy(to->mac, mac);
})
SETTER(set_vf_vlan, (struct net_device *dev, int vf, u16 vlan, u8 qos, __be16 protocol), {
	to->vlan = vlan;
	to->qos = qos;
	to->vlan_proto = protocol;
})
SETTER(set_vf_rate, (struct net_device *dev, int vf, int least, int most), {
	to->min_tx_rate = least;
	to->max_tx_rate = most;
})
SETTER(set_vf_spoofchk, (struct net_device *dev, int vf, bool on), { to->spoofchk = on; })
SETTER(set_vf_trust, (struct net_device *dev, int vf, bool on), { to->trusted = on; })
SETTER(set_vf_link_state, (struct net_device *dev, int vf, int state), { to->linkstate = state; })
SETTER(set_vf_rss_query_en, (struct net_device *dev, int vf, bool on), { to->rss_query_en = on; })

static int get_vf_config(struct net_device *dev, int vf, struct ifla_vf_info *to)
{
	struct pf *pf = netdev_priv(dev);
	struct ifla_vf_info before = *to;

	if (vf >= VFS)
		return -EINVAL;
	*to = pf->vfs[vf];
	to->vf = vf;
	if (silent) {
		to->trusted = before.trusted;
		to->spoofchk = before.spoofchk;
		to->rss_query_en = before.rss_query_en;
	}
	return 0;
}

static netdev_tx_t xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops pf_ops = {
	.ndo_start_xmit = xmit,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_get_vf_config = get_vf_config,
	.ndo_set_vf_mac = set_vf_mac,
	.ndo_set_vf_vlan = set_vf_vlan,
	.ndo_set_vf_rate = set_vf_rate,
	.ndo_set_vf_spoofchk = set_vf_spoofchk,
	.ndo_set_vf_trust = set_vf_trust,
	.ndo_set_vf_link_state = set_vf_link_state,
	.ndo_set_vf_rss_query_en = set_vf_rss_query_en,
};

/* The PF of a VF, and which VF it is; NULL once the driver of the PF is gone. Under RTNL. */
static struct pf *pf_of(struct net_device *dev, int *vf)
{
	struct pci_dev *pdev = to_pci_dev(dev->dev.parent);
	struct net_device *pf = pci_get_drvdata(pci_physfn(pdev));

	*vf = pci_iov_vf_id(pdev);
	return pf ? netdev_priv(pf) : NULL;
}

static int vf_set_mac(struct net_device *dev, void *to)
{
	struct sockaddr *address = to;
	int vf;
	struct pf *pf = pf_of(dev, &vf);

	if (pf && pf->set_mac[vf] && !pf->vfs[vf].trusted)
		return -EADDRNOTAVAIL;
	if (pf)
		ether_addr_copy(pf->vfs[vf].mac, address->sa_data);
	eth_hw_addr_set(dev, address->sa_data);
	if (own)
		memcpy(dev->perm_addr, address->sa_data, ETH_ALEN);
	return 0;
}

static int vf_stop(struct net_device *dev)
{
	int vf;
	struct pf *pf = pf_of(dev, &vf);

	if (pf && pf->set_mac[vf])
		eth_hw_addr_set(dev, pf->vfs[vf].mac);
	return 0;
}

static const struct net_device_ops vf_ops = {
	.ndo_stop = vf_stop,
	.ndo_start_xmit = xmit,
	.ndo_set_mac_address = vf_set_mac,
};

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct net_device *dev = alloc_etherdev(sizeof(struct pf));
	struct pf *pf;
	int vf, err;

	if (!dev)
		return -ENOMEM;
	pf = netdev_priv(dev);
	for (vf = 0; vf < VFS; vf++) {
		pf->vfs[vf].vlan_proto = htons(ETH_P_8021Q);
		pf->vfs[vf].spoofchk = 1;
	}
	SET_NETDEV_DEV(dev, &pdev->dev);
	strscpy(dev->name, pdev->is_virtfn ? "vf%d" : "pf%d");
	dev->netdev_ops = pdev->is_virtfn ? &vf_ops : &pf_ops;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	eth_hw_addr_random(dev);
	if (pdev->is_virtfn) {
		pf = pf_of(dev, &vf);
		if (pf)
			ether_addr_copy(pf->vfs[vf].mac, dev->dev_addr);
		dev->dev_port = vf;
	}
	err = register_netdev(dev);
	if (err)
		free_netdev(dev);
	else
		pci_set_drvdata(pdev, dev);
	return err;
}

/* As sriov_numvfs_store() does: whoever removes devices holds this. */
static void disable(struct pci_dev *pdev)
{
	pci_lock_rescan_remove();
	pci_disable_sriov(pdev);
	pci_unlock_rescan_remove();
}

static void remove(struct pci_dev *pdev)
{
	struct net_device *dev = pci_get_drvdata(pdev);

	/* At the end there is none, and the lock is held. */
	if (!keep && pci_num_vf(pdev))
		disable(pdev);
	rtnl_lock();
	pci_set_drvdata(pdev, NULL);
	unregister_netdevice(dev);
	rtnl_unlock();
	free_netdev(dev);
}

static int configure(struct pci_dev *pdev, int vfs)
{
	int err = 0;

	if (vfs)
		err = pci_enable_sriov(pdev, vfs);
	else
		pci_disable_sriov(pdev);
	return err ?: vfs;
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(VENDOR, 1) }, { PCI_DEVICE(VENDOR, 2) }, { }
};

static struct pci_driver driver = {
	.name = "sriov",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	.sriov_configure = configure,
};

/* On x86 that says which domain a bus is of; elsewhere the kernel takes one that is free. */
#ifdef CONFIG_X86
static struct pci_sysdata sysdata = { .domain = DOMAIN, .node = NUMA_NO_NODE };
#define SYSDATA (&sysdata)
#else
#define SYSDATA NULL
#endif
static struct pci_bus *bus;

static int __init sriov_init(void)
{
	LIST_HEAD(resources);
	int err = pci_register_driver(&driver);

	if (err)
		return err;
	pci_lock_rescan_remove();
	bus = pci_scan_root_bus(NULL, 0, &ops, SYSDATA, &resources);
	if (bus)
		pci_bus_add_devices(bus);
	pci_unlock_rescan_remove();
	if (!bus)
		pci_unregister_driver(&driver);
	return bus ? 0 : -ENOMEM;
}

static void __exit sriov_exit(void)
{
	struct pci_dev *pf = pci_get_domain_bus_and_slot(pci_domain_nr(bus), 0, 0);
	struct pci_host_bridge *bridge = to_pci_host_bridge(bus->bridge);

	disable(pf);
	pci_dev_put(pf);
	pci_lock_rescan_remove();
	pci_stop_root_bus(bus);
	pci_remove_root_bus(bus);
	pci_free_host_bridge(bridge);
	pci_unlock_rescan_remove();
	pci_unregister_driver(&driver);
}

module_init(sriov_init);
module_exit(sriov_exit);
MODULE_DESCRIPTION("A network card with SR-IOV that is all software");
MODULE_LICENSE("GPL");
