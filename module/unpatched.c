// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of the C half takes the place of helpers that the kernel crate has with
 * the patches of upstream/: not compiled where it has them (Kbuild).
 */

#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "shim.h"

bool hw_net_alive(const struct net *net)
{
	return check_net(net);
}

/*
 * Not before it is listed: until then setup_net() may still fail, and then
 * copy_net_ns() frees it without a look at the count.
 */
struct net *hw_net_try_get(struct net *net)
{
	return hw_net_listed(net) ? maybe_get_net(net) : NULL;
}

void hw_net_put(struct net *net)
{
	put_net(net);
}

/*
 * In C, as in 7.2 bindgen drops the anonymous `struct ns_tree` from a union in
 * struct ns_common: whatever comes after it in struct net is elsewhere for Rust.
 */
u64 hw_net_cookie(const struct net *net)
{
	return net->net_cookie;
}

u32 hw_net_inum(const struct net *net)
{
	return net->ns.inum;
}

void *hw_net_generic(const struct net *net, unsigned int id)
{
	return net_generic(net, id);
}

struct sk_buff *hw_genlmsg_new(size_t payload)
{
	return genlmsg_new(payload, GFP_KERNEL);
}

void hw_nlmsg_free(struct sk_buff *skb)
{
	nlmsg_free(skb);
}

void hw_genlmsg_end(struct sk_buff *skb, void *hdr)
{
	genlmsg_end(skb, hdr);
}

void hw_genlmsg_cancel(struct sk_buff *skb, void *hdr)
{
	genlmsg_cancel(skb, hdr);
}

int hw_genlmsg_reply(struct sk_buff *skb, struct genl_info *info)
{
	return genlmsg_reply(skb, info);
}

int hw_genlmsg_multicast(const struct genl_family *family, struct sk_buff *skb,
			 unsigned int group)
{
	return genlmsg_multicast(family, skb, 0, group, GFP_KERNEL);
}

bool hw_genl_has_listeners(const struct genl_family *family, unsigned int group)
{
	return genl_has_listeners(family, &init_net, group);
}

void hw_genl_dump_check_consistent(struct netlink_callback *cb, void *hdr)
{
	genl_dump_check_consistent(cb, hdr);
}

const struct genl_info *hw_genl_info_dump(struct netlink_callback *cb)
{
	return genl_info_dump(cb);
}

const struct sk_buff *hw_dump_request(const struct netlink_callback *cb)
{
	return cb->skb;
}

u32 hw_dump_portid(const struct netlink_callback *cb)
{
	return NETLINK_CB(cb->skb).portid;
}

struct nlattr *hw_nla_nest_start(struct sk_buff *skb, int type)
{
	return nla_nest_start(skb, type);
}

void hw_nla_nest_end(struct sk_buff *skb, struct nlattr *nest)
{
	nla_nest_end(skb, nest);
}

void hw_nla_nest_cancel(struct sk_buff *skb, struct nlattr *nest)
{
	nla_nest_cancel(skb, nest);
}
