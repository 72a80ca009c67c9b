// SPDX-License-Identifier: GPL-2.0-only
/* The C half of Homeward; see shim.h. */

#include <linux/capability.h>
#include <linux/completion.h>
#include <linux/fdtable.h>
#include <linux/idr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/rtnetlink.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/timekeeping.h>
#include <net/devlink.h>
#include <net/netdev_lock.h>
#include <net/netns/generic.h>
#include <net/rtnetlink.h>

/* struct netdev_name_node: private to the core since 7.0, and the only way to altnames. */
#include <../net/core/dev.h>

#include "shim.h"

/* module! has no word for it. */
MODULE_VERSION(HOMEWARD_VERSION);

bool hw_net_alive(const struct net *net)
{
	return check_net(net);
}

/* setup_net() lists a namespace only after every ->init(). */
bool hw_net_listed(const struct net *net)
{
	return READ_ONCE(net->list.next);
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

u32 hw_net_refs(const struct net *net)
{
	return ns_ref_read(net);
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

u32 hw_net_owner_uid(const struct net *net)
{
	return from_kuid_munged(&init_user_ns, net->user_ns->owner);
}

u32 hw_net_user_ns_inum(const struct net *net)
{
	return net->user_ns->ns.inum;
}

/*
 * The first namespace with an id in @net of at least *@id, like rtnl_net_dumpid()
 * does for all. Under RCU: a dying namespace loses its ids (unhash_nsid()) before
 * cleanup_net() waits for a grace period, gets none after that (peernet2id_alloc()),
 * and is freed later yet.
 */
bool hw_net_peer_from(struct net *net, int *id, u64 *cookie, u32 *inum)
{
	const struct net *peer;

	rcu_read_lock();
	peer = idr_get_next(&net->netns_ids, id);
	if (peer) {
		*cookie = peer->net_cookie;
		*inum = peer->ns.inum;
	}
	rcu_read_unlock();
	return peer;
}

void *hw_net_generic(const struct net *net, unsigned int id)
{
	return net_generic(net, id);
}

struct net *hw_dev_net(const struct net_device *dev)
{
	return dev_net(dev);
}

struct net_device *hw_dev_find_from(struct net *net, unsigned long *ifindex)
{
	return xa_find(&net->dev_by_index, ifindex, ULONG_MAX, XA_PRESENT);
}

const char *hw_dev_kind(const struct net_device *dev)
{
	return dev->rtnl_link_ops ? dev->rtnl_link_ops->kind : NULL;
}

/* The condition of default_device_exit_net(). */
bool hw_dev_physical(const struct net_device *dev)
{
	return !dev->rtnl_link_ops || dev->rtnl_link_ops->netns_refund;
}

bool hw_dev_immovable(const struct net_device *dev)
{
	return dev->netns_immutable;
}

bool hw_dev_moving(const struct net_device *dev)
{
	return dev->moving_ns;
}

/* Unregistered, and waiting for somebody to let go of it. */
bool hw_dev_waiting(const struct net_device *dev)
{
	return dev->reg_state == NETREG_UNREGISTERED;
}

bool hw_dev_devlink_in(const struct net_device *dev, const struct net *net)
{
#if IS_ENABLED(CONFIG_NET_DEVLINK)
	const struct devlink_port *port = dev->devlink_port;

	return port && net_eq(devlink_net(port->devlink), net);
#else
	return false;
#endif
}

/* The XDP_FLAGS_*_MODE in which a program or link is attached. Under RTNL. */
u32 hw_dev_xdp_modes(const struct net_device *dev)
{
	static const u32 flags[__MAX_XDP_MODE] = {
		[XDP_MODE_SKB] = XDP_FLAGS_SKB_MODE,
		[XDP_MODE_DRV] = XDP_FLAGS_DRV_MODE,
		[XDP_MODE_HW] = XDP_FLAGS_HW_MODE,
	};
	u32 modes = 0;

	for (int mode = 0; mode < __MAX_XDP_MODE; mode++)
		if (dev->xdp_state[mode].prog || dev->xdp_state[mode].link)
			modes |= flags[mode];
	return modes;
}

/*
 * The alternative name that follows @name in the device's list, the first one
 * for NULL. The list head is the node of the device's own name. Under RTNL.
 */
const char *hw_dev_altname_after(const struct net_device *dev, const char *name)
{
	const struct netdev_name_node *node;
	bool found = !name;

	list_for_each_entry(node, &dev->name_node->list, list) {
		if (found)
			return node->name;
		found = node->name == name;
	}
	return NULL;
}

size_t hw_dev_alias(const struct net_device *dev, char *buf, size_t len)
{
	const struct dev_ifalias *alias;
	ssize_t copied = 0;

	rcu_read_lock();
	alias = rcu_dereference(dev->ifalias);
	if (alias)
		copied = strscpy(buf, alias->ifalias, len);
	rcu_read_unlock();

	return copied < 0 ? len - 1 : copied;
}

/* As the files of net-sysfs.c do it (netdev_lock_store()). Under RTNL, not from a notifier. */
void hw_dev_set_gro_flush_timeout(struct net_device *dev, unsigned long timeout)
{
	netdev_lock(dev);
	netdev_set_gro_flush_timeout(dev, timeout);
	netdev_unlock(dev);
}

void hw_dev_set_defer_hard_irqs(struct net_device *dev, u32 count)
{
	netdev_lock(dev);
	netdev_set_defer_hard_irqs(dev, count);
	netdev_unlock(dev);
}

/*
 * A note for userspace beside the address, which drivers write as well (etherdevice.h,
 * eth_hw_addr_inherit()); netif_set_mac_address() leaves NET_ADDR_SET. Under RTNL.
 */
void hw_dev_set_addr_assign_type(struct net_device *dev, u8 type)
{
	dev->addr_assign_type = type;
}

u32 hw_dev_refs(const struct net_device *dev)
{
	return netdev_refcnt_read(dev);
}

#ifdef HW_CLOSE_MANY
MODULE_IMPORT_NS("NETDEV_INTERNAL");

/* With room left for others in what lockdep tracks for a task (MAX_LOCK_DEPTH). */
#define HW_LOCKED_MAX 16

/*
 * Up, on no list yet, and with no other device that could be closed by a notifier
 * or by ndo_stop as this one is: that would be on two lists. Those above and below
 * are linked; what a HDLC device carries is not (fr_close()), but is no Ethernet.
 */
static bool hw_dev_may_close(const struct net_device *dev)
{
	return dev->flags & IFF_UP && dev->type == ARPHRD_ETHER &&
	       list_empty(&dev->close_list) &&
	       list_empty(&dev->adj_list.upper) && list_empty(&dev->adj_list.lower);
}

static void hw_close_and_unlock(struct list_head *head)
{
	struct net_device *dev, *tmp;

	netif_close_many(head, false);
	list_for_each_entry_safe(dev, tmp, head, close_list) {
		netdev_unlock(dev);
		list_del_init(&dev->close_list);
	}
}

/*
 * As unregister_netdevice_many_notify() does it: those with an instance lock first.
 * But never waiting for one while holding others: io_uring takes that of a virtual
 * device and then that of the physical one behind it, without RTNL.
 */
void hw_dev_close_many(struct net_device *const *devs, size_t count)
{
	LIST_HEAD(head);
	size_t locked = 0;

	for (size_t i = 0; i < count; i++) {
		if (!hw_dev_may_close(devs[i]) || !netdev_need_ops_lock(devs[i]))
			continue;
		if (!netdev_trylock(devs[i]))
			continue;
		list_add_tail(&devs[i]->close_list, &head);
		if (++locked % HW_LOCKED_MAX == 0)
			hw_close_and_unlock(&head);
	}
	hw_close_and_unlock(&head);

	for (size_t i = 0; i < count; i++)
		if (hw_dev_may_close(devs[i]) && !netdev_need_ops_lock(devs[i]))
			list_add_tail(&devs[i]->close_list, &head);
	netif_close_many(&head, true);
}
#else
void hw_dev_close_many(struct net_device *const *devs, size_t count)
{
}
#endif

int hw_net_open(struct net *net)
{
	return open_related_ns(&net->ns, get_net_ns);
}

void hw_close_fd(unsigned int fd)
{
	close_fd(fd);
}

/* Of who sends the request, and of who opened the socket: as GENL_ADMIN_PERM has it. */
bool hw_request_sys_admin(const struct sk_buff *request)
{
	return netlink_capable(request, CAP_SYS_ADMIN);
}

void hw_rcu_read_lock(void)
{
	rcu_read_lock();
}

void hw_rcu_read_unlock(void)
{
	rcu_read_unlock();
}

/* No-ops but with CONFIG_DEBUG_NET_SMALL_RTNL. */
void hw_rtnl_net_lock(struct net *net)
{
	__rtnl_net_lock(net);
}

void hw_rtnl_net_unlock(struct net *net)
{
	__rtnl_net_unlock(net);
}

u64 hw_boottime_ns(void)
{
	return ktime_get_boottime_ns();
}

u32 hw_current_tgid(void)
{
	return task_tgid_nr(current);
}

u32 hw_current_euid(void)
{
	return from_kuid_munged(&init_user_ns, current_euid());
}

void hw_current_comm(char *buf)
{
	strscpy_pad(buf, current->comm, TASK_COMM_LEN);
}

struct hw_call {
	void (*run)(void *data);
	void *data;
	struct completion begun;
	struct completion done;
};

static int hw_call_thread(void *data)
{
	struct hw_call *call = data;

	allow_signal(SIGKILL);
	/* Others may hold RTNL for long, which is no fault of this call. */
	rtnl_lock();
	rtnl_unlock();
	complete(&call->begun);
	call->run(call->data);
	kthread_complete_and_exit(&call->done, 0);
}

/* request_module() waits for modprobe killably, whoever holds what modprobe waits for. */
int hw_call_killable(void (*run)(void *data), void *data, unsigned int ms)
{
	struct hw_call call = { .run = run, .data = data };
	struct task_struct *task;
	int result = 0;

	init_completion(&call.begun);
	init_completion(&call.done);
	task = kthread_create(hw_call_thread, &call, "homeward");
	if (IS_ERR(task))
		return PTR_ERR(task);
	get_task_struct(task);
	wake_up_process(task);
	wait_for_completion(&call.begun);
	if (!wait_for_completion_timeout(&call.done, msecs_to_jiffies(ms))) {
		send_sig(SIGKILL, task, 1);
		wait_for_completion(&call.done);
		result = -ETIMEDOUT;
	}
	put_task_struct(task);
	return result;
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
