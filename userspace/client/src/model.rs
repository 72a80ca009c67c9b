// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the family tells about, as types.
//!
//! A value of an enumeration that is newer than this crate becomes its `Other`; an attribute that
//! the kernel did not send is `None`.

mod device;
mod event;
mod namespace;
mod setting;

pub use device::{Action, Cause, Device, Failure, Fate, Home, Reason, Return};
pub use event::{Event, EventKind};
pub use namespace::{Creator, Namespace, State};
pub use setting::Settings;
