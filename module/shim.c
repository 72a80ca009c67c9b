// SPDX-License-Identifier: GPL-2.0-only
/* The C half of Homeward; see shim.h. */

#include <linux/capability.h>
#include <linux/fdtable.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/rtnetlink.h>
#include <linux/sched/task.h>
#include <linux/timekeeping.h>
#include <net/rtnetlink.h>

#include "shim.h"

/* module! has no word for it. */
MODULE_VERSION(HOMEWARD_VERSION);

/* setup_net() lists a namespace only after every ->init(). */
bool hw_net_listed(const struct net *net)
{
	return READ_ONCE(net->list.next);
}

u32 hw_net_refs(const struct net *net)
{
	return ns_ref_read(net);
}

u32 hw_net_owner_uid(const struct net *net)
{
	return from_kuid_munged(&init_user_ns, net->user_ns->owner);
}

u32 hw_net_user_ns_inum(const struct net *net)
{
	return net->user_ns->ns.inum;
}

bool hw_net_of_initial_user_ns(const struct net *net)
{
	return net->user_ns == &init_user_ns;
}

/* Not where it is switched off at boot. */
bool hw_ipv6_enabled(void)
{
	return ipv6_mod_enabled();
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

/* As rtnl_fill_ifinfo(). */
const char *hw_dev_parent_name(const struct net_device *dev)
{
	return dev->dev.parent ? dev_name(dev->dev.parent) : NULL;
}

const char *hw_dev_parent_bus(const struct net_device *dev)
{
	const struct device *parent = dev->dev.parent;

	return parent && parent->bus ? parent->bus->name : NULL;
}

/* The condition of default_device_exit_net(). It passes over what cannot be moved, too, but a radio is moved
 * by cfg80211_pernet_exit() all the same, and a loopback device by nobody.
 */
bool hw_dev_physical(const struct net_device *dev)
{
	if (dev->flags & IFF_LOOPBACK)
		return false;
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

u32 hw_dev_refs(const struct net_device *dev)
{
	return netdev_refcnt_read(dev);
}

int hw_net_open(struct net *net)
{
	return open_related_ns(&net->ns, get_net_ns);
}

void hw_close_fd(unsigned int fd)
{
	close_fd(fd);
}

int hw_sock_strict(struct socket *sock)
{
	int on = 1;

	return sock->ops->setsockopt(sock, SOL_NETLINK, NETLINK_GET_STRICT_CHK,
				     KERNEL_SOCKPTR(&on), sizeof(on));
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
