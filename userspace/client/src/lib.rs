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
//! Nothing here prints, logs or ends the process: what goes wrong is an [`Error`], and what a list lacks is
//! said in the [`Dump`]. The `examples` folder has two small programs.
//!
//! # Namespaces
//!
//! ```no_run
//! use homeward_client::model::State;
//! use homeward_client::{By, Client};
//!
//! # fn main() -> homeward_client::Result<()> {
//! let mut client = Client::connect()?;
//! for namespace in client.namespaces()? {
//!     if namespace.state == State::Dying {
//!         println!("{} is dying for {:?}", namespace.cookie, namespace.dying_for);
//!     }
//! }
//! // By process, inode number or descriptor; from then on by the cookie, which stays its own.
//! let namespace = client.namespace(By::Pid(1))?;
//! let descriptor = client.open(namespace.cookie)?;
//! # drop(descriptor);
//! # Ok(())
//! # }
//! ```
//!
//! # Devices
//!
//! ```no_run
//! use homeward_client::model::Mark;
//! use homeward_client::{Client, DeviceChange, Which};
//!
//! # fn main() -> homeward_client::Result<()> {
//! # let namespace = 4711;
//! let mut client = Client::connect()?;
//! for device in client.devices(Some(namespace))? {
//!     if let Some(fate) = &device.fate {
//!         println!("{}: {}, as {}", device.name, fate.action.name(), fate.reason.name());
//!     }
//! }
//! // This one shall come home although it is virtual.
//! let keep = DeviceChange {
//!     mark: Some(Mark::Keep),
//!     ..DeviceChange::default()
//! };
//! client.set_device(namespace, Which::Name("wg0"), &keep)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Recall
//!
//! ```no_run
//! use homeward_client::{Client, Which};
//!
//! # fn main() -> homeward_client::Result<()> {
//! # let namespace = 4711;
//! let mut client = Client::connect()?;
//! let recalled = client.recall(namespace, Which::Name("eth0"))?;
//! if let Ok(outcome) = &recalled.outcome {
//!     println!("in {} now, put back: {:?}", recalled.namespace, outcome.restored.names());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Rules
//!
//! ```no_run
//! use homeward_client::model::{setting, NewRule, RuleAction, RuleClass, Settings};
//! use homeward_client::Client;
//!
//! # fn main() -> homeward_client::Result<()> {
//! let mut client = Client::connect()?;
//! // Physical devices called eth* come home as they were, and up.
//! let rule = client.add_rule(&NewRule {
//!     name: Some("eth*".to_owned()),
//!     class: Some(RuleClass::Physical),
//!     action: RuleAction::Return,
//!     restore: Some(Settings::DEFAULT | Settings::of(setting::UP)),
//!     ..NewRule::default()
//! })?;
//! println!("rule {} has decided about {} devices", rule.id, rule.hits);
//! client.delete_rule(rule.id)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Events
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
//!
//! # Errors
//!
//! This one runs anywhere, with the module and without it:
//!
//! ```
//! use homeward_client::{By, Client, Errno, Error};
//!
//! let outcome = Client::connect().and_then(|mut client| client.namespace(By::Cookie(1)));
//! let text = match outcome {
//!     Ok(namespace) => format!("{:?}", namespace.state),
//!     Err(Error::NotLoaded) => "load the module first".to_owned(),
//!     Err(Error::NotInitial) => "not from inside a container".to_owned(),
//!     // Whatever the kernel refused, by its number.
//!     Err(error) if error.errno() == Some(Errno::EPERM) => "run it as root".to_owned(),
//!     // With the kernel's own words, and the attribute to blame.
//!     Err(Error::Refused(refusal)) => refusal.message.unwrap_or_default(),
//!     Err(other) => other.to_string(),
//! };
//! assert!(!text.is_empty());
//! ```

#![deny(clippy::exit, clippy::print_stderr, clippy::print_stdout)]

#[macro_use]
mod attributes;
mod client;
mod error;
mod events;
mod exchange;
pub mod model;
mod wire;

#[cfg(any(test, feature = "raw"))]
pub use client::Verdict;
pub use client::{Baseline, By, Client, DeviceChange, Which};
pub use error::{Error, Malformed, Refusal, Result, Unsendable};
pub use events::{Events, Notice};
pub use exchange::Dump;
pub use homeward_abi::FAMILY_VERSION;
pub use nix::errno::Errno;
