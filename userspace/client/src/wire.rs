// SPDX-License-Identifier: MIT OR Apache-2.0

//! Bytes to model and back, without any system call.

mod attr;
mod control;
mod device;
mod event;
#[cfg(test)]
pub(crate) mod fixture;
mod message;
mod names;
mod namespace;
mod request;
#[cfg(test)]
mod tests;

pub(crate) use control::{family, removed_family, Family, CONTROL_GROUP, CONTROL_ID};
pub(crate) use device::device;
pub(crate) use event::event;
pub(crate) use message::{messages, Ack, Message, MessageKind};
pub(crate) use namespace::namespace;
pub(crate) use request::{Argument, Mode, Operation, Request};
