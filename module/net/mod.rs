// SPDX-License-Identifier: GPL-2.0-only

//! Safe wrappers around the parts of the network stack that Homeward needs.
//!
//! With `ffi.rs` the only place for `unsafe`. Nothing here knows what Homeward does.
//!
//! # Lock order
//!
//! Outer before inner; a lock is never taken while one below it is held.
//!
//! 0. `cb_lock` of generic netlink: held for read around an operation on one object, and for write
//!    while a family is registered or unregistered; not around a dump that goes on.
//! 1. `pernet_ops_rwsem`: held for read around every callback of [`pernet`].
//! 2. `rtnl_mutex`: [`rtnl::Rtnl`].
//! 3. `net->rtnl_mutex` (`CONFIG_DEBUG_NET_SMALL_RTNL`): the initial namespace first, then by
//!    ascending address, as `rtnl_net_cmp_locks()` has it.
//! 4. `dev->lock`: held by the kernel around some notifier calls.
//! 5. The index of network namespaces (`state::State::namespaces`).
//! 6. The home stacks (`state::State::devices`).
//! 7. The rules (`state::State::rules`), the longest teardown, and what the kernel is to move
//!    (`state::State::awaited`).
//! 8. The event sequence (`genl::events`).
//! 9. Whether the family is registered ([`genl::Group`]).
//!
//! A request to rtnetlink ([`rtnetlink::Socket`]) takes 2, so it is made with none of these held; all but
//! a dump of routes ([`route::Routes`]), which takes none of them.

pub(crate) mod address;
pub(crate) mod compat;
pub(crate) mod device;
pub(crate) mod errand;
pub(crate) mod genl;
pub(crate) mod index;
pub(crate) mod layout;
pub(crate) mod links;
pub(crate) mod message;
pub(crate) mod moving;
pub(crate) mod namespace;
pub(crate) mod notifier;
pub(crate) mod pernet;
pub(crate) mod programs;
pub(crate) mod route;
pub(crate) mod rtnetlink;
pub(crate) mod rtnl;
pub(crate) mod setters;
pub(crate) mod settings;
pub(crate) mod steering;
pub(crate) mod task;
pub(crate) mod vf;
