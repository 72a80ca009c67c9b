// SPDX-License-Identifier: GPL-2.0-only

//! The generic-netlink family `homeward`: the image of `homeward.yaml` in operations.

use kernel::prelude::*;
use kernel::sync::Arc;

use crate::net::genl::{
    Operation,
    Registration, //
};
use crate::state::State;
use crate::uapi;

mod device;
mod device_set;
pub(crate) mod events;
mod home;
mod namespace;
mod nsid;
mod open;
mod recall;
mod rule;
mod settings;
mod stats;

pub(crate) use device::Return;

/// By ascending number, an operation on one object before that on all.
static OPERATIONS: [Operation<State>; 14] = [
    Operation::doit::<namespace::Get>(),
    Operation::dumpit::<namespace::Get>(),
    Operation::doit::<device::Get>(),
    Operation::dumpit::<device::Get>(),
    Operation::doit::<device_set::Set>(),
    Operation::doit::<recall::Recall>(),
    Operation::doit::<open::Open>(),
    Operation::doit::<rule::Get>(),
    Operation::dumpit::<rule::Get>(),
    Operation::doit::<rule::Add>(),
    Operation::doit::<rule::Delete>(),
    Operation::doit::<rule::Flush>(),
    Operation::doit::<stats::Get>(),
    Operation::dumpit::<nsid::Get>(),
];

/// The family, registered until dropped.
pub(crate) struct Family {
    _registration: Registration<State>,
}

impl Family {
    /// Registers the family and opens its group.
    pub(crate) fn register(module: &'static ThisModule, state: Arc<State>) -> Result<Family> {
        let registration = Registration::register(
            uapi::FAMILY_NAME,
            uapi::FAMILY_VERSION,
            uapi::GROUP_EVENTS,
            &OPERATIONS,
            module,
            state.clone(),
        )?;
        state.events.lock().open(registration.group());
        Ok(Family {
            _registration: registration,
        })
    }
}
