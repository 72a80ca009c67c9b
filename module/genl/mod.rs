// SPDX-License-Identifier: GPL-2.0-only

//! The generic-netlink family `homeward`: the image of `homeward.yaml` in operations.

use kernel::prelude::*;
use kernel::sync::Arc;

use crate::net::genl::{
    self,
    doit,
    dumpit,
    MulticastGroup,
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
    doit::<namespace::Get>(),
    dumpit::<namespace::Get>(),
    doit::<device::Get>(),
    dumpit::<device::Get>(),
    doit::<device_set::Set>(),
    doit::<recall::Recall>(),
    doit::<open::Open>(),
    doit::<rule::Get>(),
    dumpit::<rule::Get>(),
    doit::<rule::Add>(),
    doit::<rule::Delete>(),
    doit::<rule::Flush>(),
    doit::<stats::Get>(),
    dumpit::<nsid::Get>(),
];

static GROUPS: [MulticastGroup; 1] =
    [MulticastGroup::const_new(uapi::GROUP_EVENTS).cap_net_admin()];

static FAMILY: genl::Family<State> = genl::family(
    uapi::FAMILY_NAME,
    uapi::FAMILY_VERSION,
    &GROUPS,
    &OPERATIONS,
);

/// The family, registered until dropped.
pub(crate) struct Family {
    _registration: Registration<State>,
}

impl Family {
    /// Registers the family and opens its group.
    pub(crate) fn register(module: &'static ThisModule, state: Arc<State>) -> Result<Family> {
        let registration = Registration::register(&FAMILY, module, state.clone())?;
        state.events.lock().open(registration.group());
        Ok(Family {
            _registration: registration,
        })
    }
}
