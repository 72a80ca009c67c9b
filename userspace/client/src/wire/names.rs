// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names of attributes and operations, for error messages.

use homeward_abi::{address, cmd, dev, home, ns, open, rule};

/// Name of an operation.
pub(super) fn operation(command: u8) -> &'static str {
    match command {
        cmd::NS_GET => "ns-get",
        cmd::DEV_GET => "dev-get",
        cmd::DEV_SET => "dev-set",
        cmd::RECALL => "recall",
        cmd::NS_OPEN => "ns-open",
        cmd::RULE_GET => "rule-get",
        cmd::RULE_ADD => "rule-add",
        cmd::RULE_DEL => "rule-del",
        cmd::RULE_FLUSH => "rule-flush",
        cmd::STATS_GET => "stats-get",
        cmd::NSID_GET => "nsid-get",
        _ => "request",
    }
}

/// An attribute set that requests use.
#[derive(Clone, Copy)]
enum Set {
    Namespace,
    Device,
    Home,
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
    path.iter()
        .fold(set(command), |set, number| inner(set?, *number))
        .is_some()
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
        (Set::Device, dev::HOME) => Some(Set::Home),
        (Set::Home, home::ADDRESS4 | home::ADDRESS6) => Some(Set::Address),
        _ => None,
    }
}

fn name(set: Set, number: u16) -> Option<&'static str> {
    Some(match (set, number) {
        (Set::Namespace, ns::COOKIE) | (Set::Open, open::COOKIE) => "cookie",
        (Set::Namespace, ns::INUM) => "inum",
        (Set::Namespace, ns::PID) => "pid",
        (Set::Namespace, ns::FD) => "fd",
        (Set::Device, dev::NS_COOKIE) => "ns-cookie",
        (Set::Device, dev::IFINDEX) => "ifindex",
        (Set::Device, dev::NAME) => "name",
        (Set::Device, dev::HOME) => "home",
        (Set::Device, dev::MARK) => "mark",
        (Set::Device, dev::HOME_NAME) => "home-name",
        (Set::Device, dev::NO_HOME) => "no-home",
        (Set::Device, dev::ALL) => "all",
        (Set::Home, number) => of_home(number)?,
        (Set::Address, number) => of_address(number)?,
        (Set::Rule, number) => of_rule(number)?,
        _ => return None,
    })
}

fn of_home(number: u16) -> Option<&'static str> {
    Some(match number {
        home::NS_COOKIE => "ns-cookie",
        home::ALIVE => "alive",
        home::NAME => "name",
        home::SETTINGS => "settings",
        home::MTU => "mtu",
        home::ADDRESS => "address",
        home::TXQLEN => "txqlen",
        home::GROUP => "group",
        home::ALIAS => "alias",
        home::ALTNAME => "altname",
        home::GSO_MAX_SIZE => "gso-max-size",
        home::GSO_MAX_SEGS => "gso-max-segs",
        home::GRO_MAX_SIZE => "gro-max-size",
        home::GSO_IPV4_MAX_SIZE => "gso-ipv4-max-size",
        home::GRO_IPV4_MAX_SIZE => "gro-ipv4-max-size",
        home::ADDRESS4 => "address4",
        home::ADDRESS6 => "address6",
        home::BROADCAST => "broadcast",
        home::ADDR_ASSIGN_TYPE => "addr-assign-type",
        home::LINK_MODE => "link-mode",
        home::PROTO_DOWN_REASON => "proto-down-reason",
        home::GRO_FLUSH_TIMEOUT => "gro-flush-timeout",
        home::NAPI_DEFER_HARD_IRQS => "napi-defer-hard-irqs",
        home::TCX_PROGRAM => "tcx-program",
        home::TCX_LINK => "tcx-link",
        home::ADDRESSES_EXPIRING => "addresses-expiring",
        home::ADDRESSES_SURPLUS => "addresses-surplus",
        home::ADDRESSES_LOST => "addresses-lost",
        home::ALTNAMES_SURPLUS => "altnames-surplus",
        _ => return None,
    })
}

fn of_address(number: u16) -> Option<&'static str> {
    Some(match number {
        address::LOCAL => "local",
        address::PEER => "peer",
        address::PREFIX => "prefix",
        address::SCOPE => "scope",
        address::FLAGS => "flags",
        address::LABEL => "label",
        address::BROADCAST => "broadcast",
        address::METRIC => "metric",
        address::PROTOCOL => "protocol",
        address::PREFERRED_UNTIL => "preferred-until",
        _ => return None,
    })
}

fn of_rule(number: u16) -> Option<&'static str> {
    Some(match number {
        rule::ID => "id",
        rule::BEFORE => "before",
        rule::NAME => "name",
        rule::KIND => "kind",
        rule::CLASS => "class",
        rule::ACTION => "action",
        rule::TEMPLATE => "template",
        rule::RESTORE => "restore",
        _ => return None,
    })
}
