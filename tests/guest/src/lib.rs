// SPDX-License-Identifier: GPL-2.0-only

//! What the guest tests have in common: the module, namespaces, devices and their looks.
//!
//! The tests run as root in a guest of their own, one at a time. Every helper panics when what it
//! was asked for did not work, with the words of the program that said so.

mod away;
mod bpf;
mod card;
mod device;
mod events;
mod fault;
mod fleet;
mod forger;
mod group;
mod inhabit;
mod keeper;
mod link;
mod module;
mod mounts;
mod namespace;
mod observer;
mod opener;
mod picture;
mod pty;
mod radio;
mod run;
mod said;
mod standing;
mod survives;
pub mod sysfs;
mod tenant;
mod tun;
mod udev;
pub mod verb;

pub use away::{all_come_home_with, dies, home_of, is_as_before, is_home, nic_in_red};
pub use bpf::{attach_tcx, link_tcx, tcx_count, tcx_program, update_link, Side};
pub use card::{vfs, Card};
pub use device::{attach_xdp, exists, leak, leak_many, look, Netdevsim, Nic};
pub use events::{client, Listener};
pub use fault::{Failing, Fault};
pub use fleet::{die_together, returns, Fleet};
pub use forger::Forger;
pub use group::Group;
pub use inhabit::{born_of_a_socket, inside, left_with, Inhabitant, Killed};
pub use keeper::{release, Keeper};
pub use link::{Link, Rtnl};
pub use module::{assert_balance, is_loaded, load, unload, with_and_without};
pub use mounts::{Mounts, SURROUNDINGS};
pub use namespace::{cookie_of, cookie_without_module, Namespace, Namespaces, Unnamed};
pub use observer::{News, Observer, Uevent};
pub use opener::Opener;
pub use pty::Pty;
pub use radio::Radio;
pub use run::{
    batch, eventually, ip, ip_fails, moves_many, run, run_fails, slow, stock, stride, times,
    try_batch, watch_listens, watches_listen, MOVES_MANY,
};
pub use said::{explained, homeward, only, said, Said};
pub use standing::StandingDump;
pub use survives::{outcome, outcomes, Outcome};
pub use tenant::Tenant;
pub use tun::open_tap;
pub use udev::{Stealer, Udev};
