// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the family tells about, as types.
//!
//! A value of an enumeration that is newer than this crate becomes its `Other`; an attribute that
//! the kernel did not send is `None`.
//!
//! Devices and what belongs to them refer to namespaces by cookies. `N` is what stands for such a reference:
//! [`Device::map`] puts something else in its place, for example a name. With the feature `serde` all that a
//! list tells can be serialised.

/// The numbers of settings, what each is called, and what it is like.
pub use homeward_abi::{setting, Kind, Setting};

mod device;
mod event;
mod home;
mod namespace;
mod nsid;
mod rule;
#[cfg(feature = "serde")]
mod serial;
mod settings;
mod stats;

pub use device::{
    Action, Cause, Device, Failure, Fate, Mark, Reason, RecallAll, Recalled, Return, Stuck,
};
pub use event::{Event, EventKind};
pub use home::{Address, Home};
pub use namespace::{Creator, Namespace, State};
pub use nsid::Nsid;
pub use rule::{Moved, NewRule, Rule, RuleAction, RuleClass};
#[cfg(feature = "serde")]
pub use serial::settings as values;
pub use settings::{
    setting_name, setting_of_name, Expected, LinkAddress, Settings, Source, Value, Values, OPEN,
};
pub use stats::Stats;
