// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names of attributes and operations, for error messages.

use homeward_abi::{address, cmd, dev, home, ns, open, rule, setting_value};

/// Name of an operation.
pub(super) fn operation(command: u8) -> &'static str {
    let found = cmd::NAMES.iter().find(|(number, _)| *number == command);
    found.map_or("request", |(_, name)| name)
}

/// An attribute set that requests use.
#[derive(Clone, Copy)]
enum Set {
    Namespace,
    Device,
    Home,
    Setting,
    Address,
    Open,
    Rule,
}

/// Name of an attribute in a request, after those of the attributes around it, with dots between.
pub(super) fn attribute(command: u8, path: &[u16]) -> String {
    let mut set = set(command);
    let names = path.iter().map(|number| {
        let name = set.and_then(|set| name(set, *number));
        set = set.and_then(|set| inner(set, *number));
        name.map_or_else(|| format!("number {number}"), str::to_owned)
    });
    names.collect::<Vec<_>>().join(".")
}

/// Whether an attribute in a request, by its own number and those around it, has attributes in it.
pub(super) fn is_nest(command: u8, path: &[u16]) -> bool {
    set_in(command, path).is_some()
}

/// Likewise, whether it is a setting.
pub(super) fn is_setting(command: u8, path: &[u16]) -> bool {
    matches!(set_in(command, path), Some(Set::Setting))
}

/// The set of what is in an attribute, by its own number and those around it.
fn set_in(command: u8, path: &[u16]) -> Option<Set> {
    path.iter()
        .fold(set(command), |set, number| inner(set?, *number))
}

fn set(command: u8) -> Option<Set> {
    Some(match command {
        cmd::NS_GET => Set::Namespace,
        cmd::DEV_GET | cmd::DEV_SET | cmd::RECALL => Set::Device,
        cmd::NS_OPEN => Set::Open,
        cmd::RULE_GET | cmd::RULE_ADD | cmd::RULE_DEL | cmd::RULE_FLUSH => Set::Rule,
        _ => return None,
    })
}

/// The set of what is in an attribute.
fn inner(set: Set, number: u16) -> Option<Set> {
    match (set, number) {
        (Set::Device, dev::HOME | dev::BASELINE) => Some(Set::Home),
        (Set::Home, home::SETTING) | (Set::Rule, rule::SET) => Some(Set::Setting),
        (Set::Home, home::ADDRESS4 | home::ADDRESS6) => Some(Set::Address),
        _ => None,
    }
}

fn name(set: Set, number: u16) -> Option<&'static str> {
    let names = match set {
        Set::Namespace => ns::NAMES,
        Set::Device => dev::NAMES,
        Set::Home => home::NAMES,
        Set::Setting => setting_value::NAMES,
        Set::Address => address::NAMES,
        Set::Open => open::NAMES,
        Set::Rule => rule::NAMES,
    };
    let found = names.iter().find(|(known, _)| *known == number);
    found.map(|(_, name)| *name)
}
