// SPDX-License-Identifier: GPL-2.0-only

//! Devices away from home, and their way back.

use homeward_client::model::{EventKind, Home, NewRule, RuleAction, Settings};

use crate::device::{exists, look, Netdevsim};
use crate::events::{client, Listener};
use crate::module::load;
use crate::namespace::Namespace;
use crate::run::{becomes, eventually, ip};

/// The NIC `sim0` in the namespace `red`, under a module that has just been loaded; and how it looked at
/// home.
#[track_caller]
pub fn nic_in_red() -> (Netdevsim, Namespace, String) {
    load();
    let sim = Netdevsim::new(1, &["sim0"]);
    let before = look(ip, "sim0");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    (sim, red, before)
}

/// Deletes a namespace and waits until it is gone, with its devices where they belong. Gives what was
/// told of that.
#[track_caller]
pub fn dies(ns: Namespace) -> Vec<EventKind> {
    let cookie = ns.cookie();
    let mut events = Listener::new();
    ns.delete();
    events.until_gone(cookie)
}

/// Waits until the initial namespace has a device with this name.
#[track_caller]
pub fn is_home(name: &str) {
    eventually(&format!("{name} comes home"), || exists(name));
}

/// Waits until a device is at home and looks as it did before.
#[track_caller]
pub fn is_as_before(name: &str, before: &str) {
    is_home(name);
    becomes(&format!("{name} looks as before"), before, || {
        look(ip, name)
    });
}

/// Adds a rule that brings every device home with these settings.
#[track_caller]
pub fn all_come_home_with(restore: Settings) {
    let rule = NewRule {
        action: RuleAction::Return,
        restore: Some(restore),
        ..NewRule::default()
    };
    client().add_rule(&rule).expect("a rule");
}

/// How a device in a namespace was at its first home.
#[track_caller]
#[must_use]
pub fn home_of(ns: &Namespace, name: &str) -> Home {
    let device = client().device_by_name(ns.cookie(), name);
    device.expect(name).homes.remove(0)
}
