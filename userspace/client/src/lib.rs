// SPDX-License-Identifier: MIT OR Apache-2.0

//! Client of the generic-netlink family `homeward`.
//!
//! [`Client`] asks about network namespaces and their devices, [`Events`] listens to what happens to
//! them. Bytes become types of [`model`] in `wire`, which nothing outside this crate sees; neither
//! are the types of the netlink library below it.

mod client;
mod error;
mod events;
mod exchange;
pub mod model;
mod socket;
mod wire;

pub use client::{By, Client};
pub use error::{Error, Malformed, Refusal, Result};
pub use events::{Events, Notice};
pub use exchange::Dump;
pub use homeward_abi::FAMILY_VERSION;
