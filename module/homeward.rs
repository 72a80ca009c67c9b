// SPDX-License-Identifier: GPL-2.0-only

//! Homeward: knows every network namespace, and brings devices home when one dies.
//!
//! Data flows one way: a C object is wrapped in `net/`, becomes facts for `policy/`, which decides;
//! `homing` acts on the decision, and `genl/` tells what came of it.

use kernel::prelude::*;
use kernel::sync::Arc;

mod awaited;
mod closing;
mod devices;
mod driver;
mod failures;
mod ffi;
mod genl;
mod homing;
mod net;
mod outlook;
mod policy;
mod recorded;
mod rivals;
mod rules;
mod state;
mod stats;
mod stuck;
mod tracking;
#[expect(unreachable_pub, reason = "userspace compiles the same file")]
mod uapi;

use crate::net::errand::Errands;
use crate::net::notifier;
use crate::net::pernet::{
    DeathRegistration,
    LifeRegistration, //
};
use crate::state::State;

module! {
    type: Homeward,
    name: "homeward",
    authors: ["The Homeward maintainers"],
    description: "Knows every network namespace and brings devices home when one dies",
    license: "GPL",
}

/// The module. Fields are dropped in this order, so this is the order of teardown; nothing here
/// touches a device.
struct Homeward {
    // No more requests and events.
    _family: genl::Family,
    // No more returns: from now on a death is the kernel's own.
    _death: DeathRegistration<State>,
    // No more homes recorded.
    _devices: notifier::Registration<State>,
    // No task is in our code any more on its way back from a system call.
    _errands: Errands,
    // No more namespaces known.
    _life: LifeRegistration<State>,
    _state: Arc<State>,
}

impl kernel::Module for Homeward {
    fn init(module: &'static ThisModule) -> Result<Self> {
        net::layout::check()?;
        net::settings::check()?;
        net::route::probe();
        let state = State::new()?;
        // Each is undone, in reverse order, if one after it fails.
        let life = LifeRegistration::register(state.clone())?;
        // Before there can be any, so that they are waited for when a later step fails.
        let errands = Errands;
        let devices = notifier::Registration::register(state.clone())?;
        let death = DeathRegistration::register(state.clone())?;
        let family = genl::Family::register(module, state.clone())?;
        pr_info!(
            "watching {} network namespaces\n",
            state.namespaces.lock().len()
        );
        Ok(Homeward {
            _family: family,
            _death: death,
            _devices: devices,
            _errands: errands,
            _life: life,
            _state: state,
        })
    }
}
