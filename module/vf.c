// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the PF of a VF has set for it: read and changed as in rtnl_fill_vfinfo() and
 * do_setvfinfo(), through the PF's driver. No other device is reached than the PF of
 * the very VF, and of its VFs no other than this one.
 */

#include <linux/pci.h>
#include <net/netdev_lock.h>

#include "shim.h"

struct search {
	const struct net_device *vf;
	struct net_device *pf;
};

/*
 * RTNL keeps a registered device registered, and the PF's device holds the list of its
 * children. Where a PF has several ports, each has settings of its own for a VF.
 */
static int consider(struct device *child, void *data)
{
	struct search *search = data;
	struct net_device *pf;
	bool same_port;

	/* Only a network device has the class of one. */
	if (child->class != search->vf->dev.class)
		return 0;
	pf = to_net_dev(child);
	if (pf->reg_state != NETREG_REGISTERED || !pf->netdev_ops->ndo_get_vf_config)
		return 0;
	same_port = pf->dev_port == search->vf->dev_port;
	if (same_port || !search->pf)
		search->pf = pf;
	return same_port;
}

struct net_device *hw_vf_pf(const struct net_device *dev)
{
	struct search search = { .vf = dev };
	struct device *parent = dev->dev.parent;

	if (!parent || !dev_is_pci(parent) || !to_pci_dev(parent)->is_virtfn)
		return NULL;
	/* A VF has a reference to its PF (pci_iov_scan_device()), a device one to its parent. */
	device_for_each_child(&pci_physfn(to_pci_dev(parent))->dev, &search, consider);
	return search.pf;
}

int hw_vf_get(struct net_device *pf, const struct net_device *dev, struct ifla_vf_info *info)
{
	int vf = pci_iov_vf_id(to_pci_dev(dev->dev.parent));
	int err;

	if (vf < 0)
		return vf;
	/* As if the driver had not told what it may not tell. */
	*info = (struct ifla_vf_info) {
		.spoofchk = U32_MAX,
		.rss_query_en = U32_MAX,
		.trusted = U32_MAX,
		.vlan_proto = htons(ETH_P_8021Q),
	};
	netdev_lock_ops(pf);
	err = pf->netdev_ops->ndo_get_vf_config(pf, vf, info);
	netdev_unlock_ops(pf);
	info->vf = vf;
	return err;
}

bool hw_vf_settable(const struct net_device *pf, const struct hw_setting *setting)
{
	return *(void *const *)((const char *)pf->netdev_ops + setting->vf_op);
}

#define OP(_op) offsetof(struct net_device_ops, _op)

static int set(struct net_device *pf, size_t op, struct ifla_vf_info *to)
{
	const struct net_device_ops *ops = pf->netdev_ops;

	switch (op) {
	case OP(ndo_set_vf_mac):
		return ops->ndo_set_vf_mac(pf, to->vf, to->mac);
	case OP(ndo_set_vf_vlan):
		return ops->ndo_set_vf_vlan(pf, to->vf, to->vlan, to->qos, to->vlan_proto);
	case OP(ndo_set_vf_trust):
		return ops->ndo_set_vf_trust(pf, to->vf, to->trusted);
	case OP(ndo_set_vf_spoofchk):
		return ops->ndo_set_vf_spoofchk(pf, to->vf, to->spoofchk);
	case OP(ndo_set_vf_rate):
		if (to->max_tx_rate && to->max_tx_rate < to->min_tx_rate)
			return -EINVAL;
		return ops->ndo_set_vf_rate(pf, to->vf, to->min_tx_rate, to->max_tx_rate);
	case OP(ndo_set_vf_link_state):
		return ops->ndo_set_vf_link_state(pf, to->vf, to->linkstate);
	case OP(ndo_set_vf_rss_query_en):
		return ops->ndo_set_vf_rss_query_en(pf, to->vf, to->rss_query_en);
	default:
		return -EOPNOTSUPP;
	}
}

int hw_vf_set(struct net_device *pf, const struct hw_setting *setting, struct ifla_vf_info *info)
{
	int err;

	if (!hw_vf_settable(pf, setting))
		return -EOPNOTSUPP;
	netdev_lock_ops(pf);
	err = set(pf, setting->vf_op, info);
	netdev_unlock_ops(pf);
	if (err < 0)
		return err;
	netdev_state_change(pf);
	return 0;
}

u32 hw_vf_number(const struct hw_setting *setting, const struct ifla_vf_info *info)
{
	const void *at = (const char *)info + setting->offset;

	switch (setting->size) {
	case sizeof(__be16):
		return ntohs(*(const __be16 *)at);
	case sizeof(u32):
		return *(const u32 *)at;
	default:
		return 0;
	}
}

void hw_vf_set_number(const struct hw_setting *setting, struct ifla_vf_info *info, u32 value)
{
	void *at = (char *)info + setting->offset;

	switch (setting->size) {
	case sizeof(__be16):
		*(__be16 *)at = htons(value);
		break;
	case sizeof(u32):
		*(u32 *)at = value;
		break;
	}
}
