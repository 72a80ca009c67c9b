/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The C half of Homeward: in shim.c inline functions, macros and bit-fields that
 * bindgen cannot reach, one line each; what takes more has a file of its own, which
 * says why. Locking is the caller's, as for what they wrap.
 */
#ifndef _HOMEWARD_SHIM_H
#define _HOMEWARD_SHIM_H

#include <linux/if_link.h>
#include <linux/netdevice.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

/* Macros that bindgen cannot evaluate. */
enum {
	HW_GENL_MCAST_CAP_NET_ADMIN = GENL_MCAST_CAP_NET_ADMIN,
	HW_GENLMSG_DEFAULT_SIZE = GENLMSG_DEFAULT_SIZE,
	HW_SMALL_RTNL = IS_ENABLED(CONFIG_DEBUG_NET_SMALL_RTNL),
};

/* The offset of a member or the size of a structure, and its name. */
struct hw_place {
	const char *what;
	size_t bytes;
};

/* Line @nth of the list of what Rust touches; NULL past its end. */
const struct hw_place *hw_layout(size_t nth);

/* struct net */
bool hw_net_alive(const struct net *net);
bool hw_net_listed(const struct net *net);
struct net *hw_net_try_get(struct net *net);
void hw_net_put(struct net *net);
u32 hw_net_refs(const struct net *net);
u64 hw_net_cookie(const struct net *net);
u32 hw_net_inum(const struct net *net);
u32 hw_net_owner_uid(const struct net *net);
u32 hw_net_user_ns_inum(const struct net *net);
bool hw_net_of_initial_user_ns(const struct net *net);
/* Tells of the first namespace with an id in @net of at least *@id; false if there is none. */
bool hw_net_peer_from(struct net *net, int *id, u64 *cookie, u32 *inum);
bool hw_ipv6_enabled(void);
void *hw_net_generic(const struct net *net, unsigned int id);

/* struct net_device */
struct net *hw_dev_net(const struct net_device *dev);
struct net_device *hw_dev_find_from(struct net *net, unsigned long *ifindex);
const char *hw_dev_kind(const struct net_device *dev);
const char *hw_dev_parent_name(const struct net_device *dev);
const char *hw_dev_parent_bus(const struct net_device *dev);
bool hw_dev_physical(const struct net_device *dev);
bool hw_dev_immovable(const struct net_device *dev);
bool hw_dev_moving(const struct net_device *dev);
bool hw_dev_waiting(const struct net_device *dev);
bool hw_dev_devlink_in(const struct net_device *dev, const struct net *net);
const char *hw_dev_altname_after(const struct net_device *dev, const char *name);
size_t hw_dev_alias(const struct net_device *dev, char *buf, size_t len);
/* Has its master let go of it, if it has one. Under RTNL, without the instance lock. */
bool hw_dev_has_master(struct net_device *dev);
bool hw_dev_is_vrf_port(const struct net_device *dev);
void hw_dev_leave_master(struct net_device *dev);

/* How many numbers a list has at most. */
#define HW_LIST_MOST 32
/* Of those to be set, one that stays as it is. */
#define HW_LIST_OPEN BIT(31)

/*
 * A list of numbers that a driver has (ethtool.c, queues.c) or IP has of a device (ip.c).
 * Those of a driver are called with the locks of ethtool_ops; -EOPNOTSUPP from @get if
 * there is nothing to set. Those of IP have no @set: rtnetlink does that.
 */
struct hw_list {
	u16 size;
	u16 told;	/* ETHTOOL_MSG_*_NTF */
	int (*get)(struct net_device *dev, u32 *to);
	int (*set)(struct net_device *dev, const u32 *from);
};

#define HW_LIST(_name, _size, _told)		\
	const struct hw_list hw_##_name = {	\
		.size = _size,			\
		.told = _told,			\
		.get = get_##_name,		\
		.set = set_##_name,		\
	};					\
	static_assert(_size <= HW_LIST_MOST)

extern const struct hw_list hw_private_flags, hw_rss_table, hw_channels, hw_rings,
			    hw_coalesce, hw_pause, hw_fec, hw_wol, hw_ipv4_conf, hw_addr_gen_mode,
			    hw_ipv6_token;

/* The IPV4_DEVCONF_* of number @nth of hw_ipv4_conf. */
#define HW_IPV4_CONF 32
u16 hw_ipv4_conf_id(u16 nth);

/* Bit n is set if number n of hw_ipv4_conf is what the namespace of @dev says; under RTNL. */
u32 hw_ipv4_conf_inherited(const struct net_device *dev);

/*
 * Reads and changes a list, which has as many numbers as its size. Under RTNL, without
 * the instance lock.
 */
int hw_list_get(const struct hw_list *list, struct net_device *dev, u32 *to);
int hw_list_set(const struct hw_list *list, struct net_device *dev, const u32 *from);

/* Around a call of ethtool_ops, with their locks; @complete only if @begin did not fail. */
int hw_ethtool_begin(struct net_device *dev);
void hw_ethtool_complete(struct net_device *dev);

/*
 * What steers packets to queues (steering.c): an ntuple rule, by its location and a digest
 * of what it says, or an RSS context, by its number and 0.
 */
struct hw_steering {
	u32 id;
	u32 digest;
};

/*
 * How much steers packets of a device but for the @kept ones of @keep, or why that is
 * not known; the first @room of them go to @to, and what is beyond one more may not be
 * counted. Under RTNL, without the instance lock.
 */
int hw_dev_steering(struct net_device *dev, const struct hw_steering *keep, u32 kept,
		    struct hw_steering *to, u32 room);
/* Removes them; the first error, if one cannot be. Likewise. */
int hw_dev_remove_steering(struct net_device *dev, const struct hw_steering *keep, u32 kept);

/*
 * How the kernel has a setting (setters.c): an interface flag, a member of struct
 * net_device, a link-layer address, what the PF of a VF has set for it, a list of numbers,
 * or none of these.
 */
struct hw_setting {
	const char *name;	/* as in homeward.yaml */
	u32 flag;		/* IFF_* */
	u16 offset;		/* with vf_op, in struct ifla_vf_info */
	u16 size;
	u16 vf_op;		/* where struct net_device_ops has what sets it */
	u64 (*get)(const struct net_device *dev);	/* what is no member alone */
	int (*set)(struct net_device *dev, u64 value);
	const u8 *(*get_bytes)(const struct net_device *dev);
	int (*set_bytes)(struct net_device *dev, const u8 *bytes);
	const struct hw_list *list;
	u16 link;		/* IFLA_* */
	u16 link_size;
};

/* The setting of this number; NULL past the last one. */
const struct hw_setting *hw_setting(size_t nth);
/*
 * Reads and changes one, under RTNL and without the instance lock; -EOPNOTSUPP where
 * the kernel exports nothing for it. Bytes are dev->addr_len; NULL if there are none.
 */
u64 hw_setting_get(const struct hw_setting *setting, const struct net_device *dev);
int hw_setting_set(const struct hw_setting *setting, struct net_device *dev, u64 value);
const u8 *hw_setting_get_bytes(const struct hw_setting *setting, const struct net_device *dev);
int hw_setting_set_bytes(const struct hw_setting *setting, struct net_device *dev, const u8 *bytes);

/* The PF's device that has settings for this VF; NULL if there is none, or @dev is no VF. Under RTNL. */
struct net_device *hw_vf_pf(const struct net_device *dev);
/* What @pf has set for @dev. Under RTNL. */
int hw_vf_get(struct net_device *pf, const struct net_device *dev, struct ifla_vf_info *info);
/* Has @pf set a setting, and those that are set with it, as @info has them. Under RTNL. */
int hw_vf_set(struct net_device *pf, const struct hw_setting *setting, struct ifla_vf_info *info);
/* Whether @pf can set a setting. */
bool hw_vf_settable(const struct net_device *pf, const struct hw_setting *setting);
/* A setting in @info: a number, U32_MAX if the driver does not tell it, or an address. */
u32 hw_vf_number(const struct hw_setting *setting, const struct ifla_vf_info *info);
void hw_vf_set_number(const struct hw_setting *setting, struct ifla_vf_info *info, u32 value);

/*
 * Names a device that is between two namespaces (arrival.c). For the last notifier of
 * NETDEV_UNREGISTER; the name is free in the target.
 */
void hw_dev_arrive_as(struct net_device *dev, const char *name);
/* Has all notifiers hear of the name of a device. Under RTNL. */
void hw_dev_tell_name(struct net_device *dev);

/*
 * The XDP program number @nth of a device: its XDP_FLAGS_*_MODE, whether a link
 * attaches it, and the id of that or of the program. Under RTNL.
 */
bool hw_dev_xdp(const struct net_device *dev, u32 nth, u32 *mode, bool *by_link, u32 *id);
/*
 * The tcx program number @nth of a device: whether a link attaches it, and the id of
 * that, else its own. False if there are not so many. Under RTNL.
 */
bool hw_dev_tcx(struct net_device *dev, u32 nth, bool *by_link, u32 *id);
/* The link @id that attaches a tcx program, with a reference; NULL if none does. Under RTNL. */
struct bpf_link *hw_dev_tcx_link(struct net_device *dev, u32 id);
/* Detaches a link and drops the reference. Takes RTNL. */
int hw_tcx_link_detach(struct bpf_link *link);

u32 hw_dev_refs(const struct net_device *dev);

/* what a device hangs on */
const char *hw_dev_type(const struct net_device *dev);
struct net *hw_dev_link_net(const struct net_device *dev);
struct net_device *hw_dev_lower(struct net_device *dev, u32 nth);
/* The device on @dev that follows *@at, which it becomes; NULL there for the first. Under RTNL. */
struct net_device *hw_dev_next_upper(struct net_device *dev, struct list_head **at);
/* Destroys devices that have a dellink. Under RTNL, without that of their namespaces. */
void hw_dev_destroy_many(struct net_device *const *devs, size_t count);
struct net_device *hw_dev_peer(const struct net_device *dev);
bool hw_dev_wiphy_in(const struct net_device *dev, const struct net *net);

/*
 * Closes those of @devs that may be closed as one: what they wait for then, they
 * wait for once. The others are closed as they move, as all are by a kernel that
 * does not export what it takes. Under RTNL.
 */
void hw_dev_close_many(struct net_device *const *devs, size_t count);

/* A device that is to move to another namespace, and how it is to arrive there. */
struct hw_move {
	struct net_device *dev;
	struct net *net;
	/* Its name there, or NULL for the one that it has. */
	const char *name;
	/* Its name there if that is taken. */
	const char *fallback;
	/* Its index there if that is free, or 0 for the one that it has. */
	u32 ifindex;
	/* What came of it. */
	int err;
};

/*
 * Whether the kernel can move many devices as one, and be told their names and
 * indexes; if not, only @fallback counts.
 */
bool hw_moves_many(void);

/*
 * Moves so many devices, none of which is there twice; -ENOMEM if none was moved.
 * Under RTNL: also under that of all namespaces if !hw_moves_many(); those are
 * taken here otherwise.
 */
int hw_dev_move_many(struct hw_move *moves, size_t count);

/* An IPv4 or IPv6 address of a device that has no end. */
struct hw_address {
	u8 family;
	u8 prefix;
	u8 scope;
	u8 protocol;
	u32 flags;
	u32 metric;
	u32 has_broadcast;
	/* In nanoseconds of CLOCK_BOOTTIME; 0: for ever. */
	u64 preferred_until;
	u8 local[16];
	u8 peer[16];
	u8 broadcast[4];
	char label[IFNAMSIZ];
};

/* How many addresses of a family a device has. */
struct hw_address_count {
	/* Without an end. */
	u32 permanent;
	/* With a lifetime, of DHCP or of a router. */
	u32 expiring;
};

/*
 * Tells of the addresses of @family: the first @room of those without an end go
 * to @to. What the kernel makes by itself, and would make again, does not count.
 * Under RTNL.
 */
struct hw_address_count hw_dev_addresses(const struct net_device *dev, int family,
					 struct hw_address *to, u32 room);

enum hw_presence {
	HW_ABSENT,
	/* The address is there, but not as it is given. */
	HW_OTHER,
	HW_PRESENT,
};

/* Whether the device has this address. Under RTNL. */
enum hw_presence hw_dev_has_address(const struct net_device *dev, const struct hw_address *one);

/* Whether IPv6 is switched on for the device. Under RTNL. */
bool hw_dev_has_ipv6(const struct net_device *dev);

/* The device of which a notifier of addresses of @family tells. */
const struct net_device *hw_address_dev(int family, const void *info);

/* locks */
void hw_rcu_read_lock(void);
void hw_rcu_read_unlock(void);
void hw_rtnl_net_lock(struct net *net);
void hw_rtnl_net_unlock(struct net *net);

/* a network namespace as a descriptor */
int hw_net_open(struct net *net);
void hw_close_fd(unsigned int fd);

/* time and task */
u64 hw_boottime_ns(void);
u32 hw_current_tgid(void);
u32 hw_current_euid(void);
void hw_current_comm(char *buf);

/*
 * Has @run called by a task of its own, which is killed if that takes longer than
 * @ms: -ETIMEDOUT. In any case @run has ended on return.
 */
int hw_call_killable(void (*run)(void *data), void *data, unsigned int ms);
/* Has @run called by a task of its own, and waits for that. */
int hw_call_aside(void (*run)(void *data), void *data);
/*
 * The same with RTNL held, which is released after @ms: then -ETIMEDOUT. In any case @run
 * has ended on return.
 */
int hw_call_below_rtnl(void (*run)(void *data), void *data, unsigned int ms);

/* Has a socket of rtnetlink look at what a request for a dump asks for. */
int hw_sock_strict(struct socket *sock);

/*
 * Has the current task call @run when it returns from its system call, with no lock
 * held: -ESRCH if it never does, as a kernel thread. Whoever unloads the module waits
 * for those calls, when there can be no more of them.
 */
int hw_before_return(void (*run)(void *data), void *data);
void hw_errands_wait(void);

/* generic netlink */
struct sk_buff *hw_genlmsg_new(size_t payload);
void hw_nlmsg_free(struct sk_buff *skb);
void hw_genlmsg_end(struct sk_buff *skb, void *hdr);
void hw_genlmsg_cancel(struct sk_buff *skb, void *hdr);
int hw_genlmsg_reply(struct sk_buff *skb, struct genl_info *info);
int hw_genlmsg_multicast(const struct genl_family *family, struct sk_buff *skb,
			 unsigned int group);
bool hw_genl_has_listeners(const struct genl_family *family, unsigned int group);
void hw_genl_dump_check_consistent(struct netlink_callback *cb, void *hdr);
const struct genl_info *hw_genl_info_dump(struct netlink_callback *cb);
const struct sk_buff *hw_dump_request(const struct netlink_callback *cb);
u32 hw_dump_portid(const struct netlink_callback *cb);
struct nlattr *hw_nla_nest_start(struct sk_buff *skb, int type);
void hw_nla_nest_end(struct sk_buff *skb, struct nlattr *nest);
void hw_nla_nest_cancel(struct sk_buff *skb, struct nlattr *nest);

#endif
