// SPDX-License-Identifier: MIT OR Apache-2.0

//! Named network namespaces, kept in /run/netns as iproute2 keeps them, and the ways into them.
//!
//! Both programs work on the same files under the same lock. Errors read as those of `ip netns`.
//!
//! [`Links`] are the devices of any network namespace, also of one that this process is not in.

#![deny(clippy::exit, clippy::print_stderr, clippy::print_stdout)]

mod behind;
mod directory;
mod enter;
mod error;
mod etc;
mod handle;
mod identity;
mod inside;
mod kcmp;
mod kept;
mod link;
mod mounts;
mod name;
mod nsfs;
mod nsid;
mod open;
mod point;
mod processes;
mod rdma;
mod rtnetlink;
mod sight;
mod survey;
mod vacant;
mod vrf;
mod watch;

pub use behind::Remnant;
pub use directory::{Directory, Entry, RUN_DIR};
pub use enter::{enter, Settings, Warning};
pub use error::{errno_of, Error, Result};
pub use etc::ETC_DIR;
pub use handle::open_id;
pub use identity::{cookie, inum, own_cookie, socket_cookie};
pub use inside::{in_mount_namespace, inside, inside_each};
pub use kcmp::kcmp_files;
pub use link::{
    speeds, Address, AddressList, Counters, Link, LinkList, Links, Lower, Radios, Speed, OPERSTATES,
};
pub use mounts::{mount_point, mountinfo, network_mounts, unescape};
pub use name::{InvalidName, Name};
pub use nsid::{Nsid, NsidError, Nsids};
pub use open::{open_path, open_pid, open_self};
pub use point::Propagation;
pub use processes::{
    each, in_initial_pid_namespace, in_initial_user_namespace, proc_hides, processes, task_dir,
    tasks, Process,
};
pub use rdma::{RdmaDevice, RdmaDevices};
pub use rtnetlink::{LinkError, Refused};
pub use sight::{seen_elsewhere, Blind, Sight, Viewer};
pub use survey::{Kind, Removal, Survey, YOUNG};
pub use vacant::Vacant;
pub use vrf::{leave_vrf, VrfError};
pub use watch::{Change, Watch};
