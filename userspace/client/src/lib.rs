// SPDX-License-Identifier: MIT OR Apache-2.0

//! Client of the generic-netlink family `homeward`.
//!
//! [`Client`] asks about network namespaces, their devices and the rules for them, changes and
//! recalls devices, and opens namespaces; [`Events`] listens to what happens to them. Bytes become
//! types of [`model`] in `wire`, which nothing outside this crate sees; neither are the types of the
//! netlink library below it.
//!
//! Network namespaces are named by their cookies, which are never used twice. Times are those of
//! CLOCK_BOOTTIME. All of it needs CAP_NET_ADMIN in the initial user namespace, from the initial
//! network namespace. An [`Error::Refused`] has the kernel's own words and the attribute to blame.
//!
//! # Example
//!
//! Lists what is away from home, then waits for the next device that comes home:
//!
//! ```no_run
//! use homeward_client::model::EventKind;
//! use homeward_client::{Client, Notice};
//!
//! # fn main() -> homeward_client::Result<()> {
//! let mut client = Client::connect()?;
//! // Events first, so that nothing falls between the list and them.
//! let mut events = client.subscribe()?;
//! for device in client.devices(None)? {
//!     if let Some(home) = device.homes.last() {
//!         println!("{} is away from {}", device.name, home.namespace);
//!     }
//! }
//! while let Some(notice) = events.next(None)? {
//!     match notice {
//!         Notice::Event(event) => {
//!             if let EventKind::DeviceReturned(device, _) = event.kind {
//!                 println!("{} is back in {}", device.name, device.namespace);
//!                 break;
//!             }
//!         }
//!         Notice::Lost { first, last } => println!("lost events {first} to {last}"),
//!         Notice::Overrun => println!("lost events"),
//!         Notice::Unloaded => break,
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod client;
mod error;
mod events;
mod exchange;
pub mod model;
mod socket;
mod wire;

#[cfg(any(test, feature = "raw"))]
pub use client::Verdict;
pub use client::{By, Client, DeviceChange, Which};
pub use error::{Error, Malformed, Refusal, Result, Unsendable};
pub use events::{Events, Notice};
pub use exchange::Dump;
pub use homeward_abi::FAMILY_VERSION;
