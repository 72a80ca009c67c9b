/* SPDX-License-Identifier: GPL-2.0-only */
/* What bindgen reads: kernel headers that the kernel crate does not bind, and shim.h. */

#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/rbtree.h>
#include <linux/rtnetlink.h>
#include <linux/socket.h>
#include <linux/if_link.h>
#include <net/addrconf.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "shim.h"
