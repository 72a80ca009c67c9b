// SPDX-License-Identifier: MIT OR Apache-2.0

//! Bytes to model and back, without any system call.

mod attr;
mod control;
mod device;
mod event;
#[cfg(test)]
pub(crate) mod fixture;
mod home;
mod message;
mod names;
mod open;
#[cfg(test)]
mod properties;
mod recall;
mod request;
mod rule;
#[cfg(test)]
mod tests;

pub(crate) use control::{family, removed_family, Family, CONTROL_GROUP, CONTROL_ID};
pub(crate) use event::event;
pub(crate) use home::home_argument;
pub(crate) use message::Message;
pub(crate) use open::descriptor;
pub(crate) use recall::{recall, recall_of_one};
#[cfg(any(test, feature = "raw"))]
pub(crate) use request::HEADERS;
pub(crate) use request::{Argument, Mode, Operation, Request};
pub(crate) use rule::rule_arguments;
