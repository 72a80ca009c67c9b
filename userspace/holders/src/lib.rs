// SPDX-License-Identifier: MIT OR Apache-2.0

//! What keeps Linux network namespaces alive, found in /proc: no module is needed, and nothing is
//! changed but by [`unmount()`].
//!
//! [`find`] looks for the holders of one network namespace, [`sockets`] for sockets and the network
//! namespaces that they belong to. Both go over all tasks once, and over each descriptor table once,
//! whichever threads share it. Two or more threads read, about a thousand processes at a time; besides what
//! is seen of those, what they take of memory is what they find, and a few numbers for each socket. They
//! need CAP_SYS_ADMIN and CAP_SYS_PTRACE in the initial user namespace to see everything; what could not be
//! seen is in [`Blind`].
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let namespace = std::fs::File::open("/run/netns/red")?;
//! let found = homeward_holders::find(&namespace)?;
//! for socket in found.sockets.iter().filter(|socket| socket.strays() == Some(true)) {
//!     for holder in &socket.holders {
//!         println!("{} has a socket of it as fd {}", holder.process.pid, holder.fd);
//!     }
//! }
//! if !found.blind.nothing() {
//!     println!("and there may be more");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What takes a counted reference
//!
//! A network namespace lives for as long as its count (`net->ns.__ns_ref`) is not zero. It is born with
//! a count of one, which is that of the task that made it. As of Linux 7.3, these take references that
//! user space can release:
//!
//! | what | references | where in the kernel |
//! |---|---|---|
//! | tasks | one for each `struct nsproxy`: tasks share that until one of them does unshare(2), setns(2) or clone(2) with a new namespace | `copy_namespaces()`, `create_new_namespaces()`, `netns_install()` |
//! | open namespace files, inotify watches on them and bind mounts | one for all of them, as they share one inode | `path_from_stashed()`, `fsnotify_get_inode_ref()`, `nsfs_evict()` |
//! | sockets of users, whatever the namespace of who has them | one each, however many descriptors lead to it | `sk_alloc()`, `sk_clone()` |
//! | subflows of MPTCP sockets, and the TCP socket inside of one of SMC | one each | `mptcp_subflow_create_socket()`, `smc_create_clcsk()` |
//! | open files of /dev/net/tun, and of macvtap and ipvtap devices | one for each open(2), in the namespace of who did that; the device may be elsewhere | `tun_chr_open()`, `tap_open()` |
//! | open files of /proc/net | one for each open(2) | `seq_open_net()`, `single_open_net()` |
//! | local connections that were not accepted yet, in the namespace of the client; and the end of one that was closed, while the other end is not | one each | `unix_stream_connect()`, `unix_release_sock()` |
//! | TCP connections that were not accepted yet, or that were closed and have data to send or an answer to get | one each | `sk_clone()`, `tcp_close()` |
//!
//! The kernel does not tell which tasks share a `struct nsproxy`: those that differ in another namespace
//! do not, others may. So the references of tasks are a [`Range`]; it is the same with open files of
//! /dev/net/tun and /proc/net, where two descriptors may be one file.
//!
//! These take none: sockets of the kernel itself (`sk_net_refcnt` of 0), devices, whose namespace takes
//! them along when it dies, devices that came from it and are elsewhere, namespace ids, mounts of sysfs
//! (they hold the memory, not the life), connections in TIME_WAIT.
//!
//! # What cannot be seen
//!
//! - A descriptor on its way through a local socket (SCM_RIGHTS), one that is registered with io_uring,
//!   a socket that is mapped and closed. Sockets in which descriptors wait are told ([`InFlight`]).
//! - A mount outside of the root directory of every task in its mount namespace (in one without a task
//!   it is counted in [`Blind`]); one in a tree of directories that is detached and held by a descriptor.
//! - A local datagram socket that was closed while another is connected to it, until that one sends.
//! - Where the kernel lends nobody a socket (Yama's ptrace_scope 3, a filter of seccomp), local ones, and all that are
//!   in no table of /proc/net; [`sockets`] finds none then. They are in [`Blind`].
//! - Before Linux 6.9, sockets of a thread that has a descriptor table of its own: they are in [`Blind`].
//! - What is in [`UNSEEN`], above all references of the kernel itself; requests that are under way, and references that
//!   were leaked by a bug.

mod count;
mod error;
mod facts;
mod find;
mod holder;
mod identity;
mod inside;
mod ioctl;
mod ledger;
mod listed;
mod mountinfo;
mod mounts;
mod proc;
mod socket;
mod sockets;
mod tables;
mod unmount;
mod unseen;
mod walk;

pub use count::{Explained, Range, References};
pub use error::{Error, Result};
pub use facts::Facts;
pub use find::find;
pub use holder::{Findings, InFlight, OpenFile, Task, Tun};
pub use identity::{owner_uid, Identity};
pub use mountinfo::Place;
pub use mounts::Mount;
pub use proc::{Process, Thread};
pub use socket::{Descriptor, Socket};
pub use sockets::{sockets, Sockets, Wanted};
pub use unmount::unmount;
pub use unseen::UNSEEN;
pub use walk::Blind;
