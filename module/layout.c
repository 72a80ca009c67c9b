// SPDX-License-Identifier: GPL-2.0-only
/* How the kernel's compiler has laid out what Rust touches; see shim.h. */

#include "shim.h"

#define HW_AT(type, member) { #type "." #member, offsetof(struct type, member) }
#define HW_SIZE(type) { #type, sizeof(struct type) }

/* The list of net/layout.rs. */
static const struct hw_place hw_places[] = {
	HW_AT(net_device, ifindex),
	HW_AT(net_device, name),
	HW_AT(net_device, addr_len),
	HW_AT(netdev_notifier_info, dev),
	HW_AT(sk_buff, len),
	HW_AT(genl_info, nlhdr),
	HW_AT(genl_info, attrs),
	HW_AT(genl_info, family),
	HW_AT(genl_info, extack),
	HW_AT(genl_info, snd_portid),
	HW_AT(genl_info, snd_seq),
	HW_AT(netlink_callback, nlh),
	HW_AT(netlink_callback, seq),
	HW_AT(netlink_callback, ctx),
	HW_AT(netlink_ext_ack, _msg),
	HW_AT(netlink_ext_ack, bad_attr),
	HW_AT(netlink_ext_ack, _msg_buf),
	HW_AT(netlink_ext_ack, miss_type),
	HW_SIZE(genl_family),
	HW_SIZE(genl_multicast_group),
	HW_SIZE(genl_split_ops),
	HW_SIZE(nla_policy),
	HW_SIZE(netlink_range_validation),
	HW_SIZE(notifier_block),
	HW_SIZE(pernet_operations),
	HW_SIZE(rb_node),
	HW_SIZE(rb_root),
	HW_SIZE(msghdr),
	HW_SIZE(kvec),
	HW_SIZE(sockaddr_nl),
	HW_SIZE(hw_address),
	HW_SIZE(hw_address_count),
	HW_SIZE(hw_setting),
	HW_AT(ifla_vf_info, mac),
	HW_SIZE(ifla_vf_info),
	HW_SIZE(hw_list),
	HW_SIZE(hw_steering),
};

const struct hw_place *hw_layout(size_t nth)
{
	return nth < ARRAY_SIZE(hw_places) ? &hw_places[nth] : NULL;
}
