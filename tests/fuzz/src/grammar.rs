// SPDX-License-Identifier: GPL-2.0-only

//! What requests may have in them, as `homeward.yaml` says.

use homeward_abi::{
    address, cmd, dev, home, mark, moved, ns, open, rule, rule_action, rule_class, setting,
};

/// What a payload means, and so what it is like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Payload {
    /// The network namespace of the device that the request is about.
    Cookie,
    /// Another one, which may be its home.
    HomeCookie,
    /// The index of the device.
    Ifindex,
    /// Its name.
    DeviceName,
    /// A setting of a home.
    Setting,
    /// A rule that there is.
    RuleId,
    /// The inode number of a network namespace.
    Inum,
    /// A process that there is.
    Pid,
    /// A descriptor of the caller.
    Fd,
    /// A number without meaning.
    U32,
    /// A number of at most so much.
    UpTo(u32),
    /// A number from 1.
    Choice(u32),
    /// Some of these bits.
    Bits(u64),
    /// Text with NUL, at most so many bytes before that.
    Text(usize),
    /// A name for a device.
    Name,
    /// A template for such names.
    Template,
    /// So many bytes.
    Bytes(usize),
    /// Nothing.
    Flag,
    /// Others.
    Nest(&'static [Attribute]),
}

/// A type, its payload, and how often it may come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute {
    pub(crate) kind: u16,
    pub(crate) payload: Payload,
    pub(crate) most: usize,
}

/// An operation with what it needs, and what it may have.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) command: u8,
    pub(crate) dump: bool,
    /// All of these.
    pub(crate) always: &'static [Attribute],
    /// One of these.
    pub(crate) one_of: &'static [Attribute],
    /// Any of these.
    pub(crate) sometimes: &'static [Attribute],
    /// How often it is asked for, beside the others.
    pub(crate) often: u32,
}

use Payload::{
    Bits, Bytes, Choice, Cookie, DeviceName, Fd, Flag, HomeCookie, Ifindex, Inum, Name, Nest, Pid,
    RuleId, Setting, Template, Text, UpTo, U32,
};

const fn one(kind: u16, payload: Payload) -> Attribute {
    many(kind, payload, 1)
}

const fn many(kind: u16, payload: Payload, most: usize) -> Attribute {
    Attribute {
        kind,
        payload,
        most,
    }
}

/// One more than are recorded.
const ADDRESSES: usize = 33;

const ADDRESS4: &[Attribute] = &[
    one(address::LOCAL, Bytes(4)),
    one(address::PEER, Bytes(4)),
    one(address::PREFIX, UpTo(32)),
    one(address::SCOPE, UpTo(255)),
    one(address::FLAGS, U32),
    one(address::LABEL, Text(15)),
    one(address::BROADCAST, Bytes(4)),
    one(address::METRIC, U32),
    one(address::PROTOCOL, UpTo(255)),
    one(address::PREFERRED_UNTIL, U32),
];

const ADDRESS6: &[Attribute] = &[
    one(address::LOCAL, Bytes(16)),
    one(address::PEER, Bytes(16)),
    one(address::PREFIX, UpTo(128)),
    one(address::SCOPE, UpTo(255)),
    one(address::FLAGS, U32),
    one(address::METRIC, U32),
    one(address::PROTOCOL, UpTo(255)),
    one(address::PREFERRED_UNTIL, U32),
];

/// Each setting once.
const SETTINGS: usize = setting::ALL.len();

/// One more than the kernel attaches.
const PROGRAMS: usize = 127;

/// One more than there are modes of XDP.
const MODES: usize = 4;

const HOME: &[Attribute] = &[
    one(home::NS_COOKIE, HomeCookie),
    one(home::NAME, Name),
    one(home::ALIVE, Flag),
    many(home::SETTING, Setting, SETTINGS),
    many(home::ADDRESS4, Nest(ADDRESS4), ADDRESSES),
    many(home::ADDRESS6, Nest(ADDRESS6), ADDRESSES),
    many(home::TCX_PROGRAM, U32, PROGRAMS),
    many(home::TCX_LINK, U32, PROGRAMS),
    many(home::XDP_PROGRAM, U32, MODES),
    many(home::XDP_LINK, U32, MODES),
    one(home::ADDRESSES_EXPIRING, U32),
    one(home::ADDRESSES_SURPLUS, U32),
    one(home::ADDRESSES_LOST, U32),
    one(home::ADDRESSES_IN_VRF, U32),
    one(home::ALTNAMES_SURPLUS, Flag),
    one(home::STEERING, Bytes(16)),
    many(home::ROUTE, Bytes(12), 2 * ADDRESSES),
    one(home::ROUTES_UNSUPPORTED, U32),
    one(home::ROUTES_SURPLUS, U32),
    one(home::ROUTES_LOST, U32),
    one(home::PERMANENT_ADDRESS, Bytes(6)),
];

const IN_NAMESPACE: &[Attribute] = &[one(dev::NS_COOKIE, Cookie)];

const ONE_DEVICE: &[Attribute] = &[one(dev::IFINDEX, Ifindex), one(dev::NAME, DeviceName)];

/// Also those that are part of others, which no rule may name.
const ALL_SETTINGS: u64 = (1 << setting::ALL.len()) - 1;

const RULE: &[Attribute] = &[
    one(rule::BEFORE, RuleId),
    one(rule::NAME, Text(31)),
    one(rule::KIND, Text(15)),
    one(rule::CLASS, Choice(rule_class::VIRTUAL)),
    one(rule::TEMPLATE, Template),
    one(rule::RESTORE, Bits(ALL_SETTINGS)),
    one(rule::MOVED, Choice(moved::ALL)),
    many(rule::SET, Setting, SETTINGS),
];

const RULE_ID: &[Attribute] = &[one(rule::ID, RuleId)];

const RULE_ACTION: &[Attribute] = &[one(rule::ACTION, Choice(rule_action::KERNEL))];

const RECALL_ALL: &[Attribute] = &[one(dev::NS_COOKIE, Cookie), one(dev::ALL, Flag)];

const ONE_NAMESPACE: &[Attribute] = &[
    one(ns::COOKIE, Cookie),
    one(ns::INUM, Inum),
    one(ns::PID, Pid),
    one(ns::FD, Fd),
];

const OPEN: &[Attribute] = &[one(open::COOKIE, Cookie)];

const NONE: &[Attribute] = &[];

const fn operation(
    often: u32,
    command: u8,
    always: &'static [Attribute],
    one_of: &'static [Attribute],
    sometimes: &'static [Attribute],
) -> Operation {
    Operation {
        command,
        dump: false,
        always,
        one_of,
        sometimes,
        often,
    }
}

const fn dump(often: u32, command: u8, sometimes: &'static [Attribute]) -> Operation {
    Operation {
        dump: true,
        ..operation(often, command, NONE, NONE, sometimes)
    }
}

/// The operations, some in more than one form.
///
/// A device takes long to move, and rules are to become many now and then.
pub(crate) const OPERATIONS: [Operation; 18] = [
    operation(
        2400,
        cmd::DEV_SET,
        IN_NAMESPACE,
        ONE_DEVICE,
        &[
            one(dev::MARK, Choice(mark::RELEASE)),
            one(dev::HOME_NAME, Name),
            many(dev::HOME, Nest(HOME), 9),
        ],
    ),
    operation(
        600,
        cmd::DEV_SET,
        IN_NAMESPACE,
        ONE_DEVICE,
        &[one(dev::NO_HOME, Flag), one(dev::HOME_NAME, Name)],
    ),
    operation(
        1200,
        cmd::DEV_SET,
        IN_NAMESPACE,
        ONE_DEVICE,
        &[
            one(dev::BASELINE, Nest(HOME)),
            one(dev::TAKE_BASELINE, Flag),
            one(dev::NO_BASELINE, Flag),
        ],
    ),
    operation(200, cmd::RECALL, IN_NAMESPACE, ONE_DEVICE, NONE),
    operation(50, cmd::RECALL, RECALL_ALL, NONE, NONE),
    operation(1200, cmd::RULE_ADD, RULE_ACTION, NONE, RULE),
    operation(800, cmd::RULE_GET, RULE_ID, NONE, NONE),
    operation(1000, cmd::RULE_DEL, RULE_ID, NONE, NONE),
    operation(1, cmd::RULE_FLUSH, NONE, NONE, NONE),
    operation(1600, cmd::DEV_GET, IN_NAMESPACE, ONE_DEVICE, NONE),
    operation(1600, cmd::NS_GET, NONE, ONE_NAMESPACE, NONE),
    operation(800, cmd::NS_OPEN, OPEN, NONE, NONE),
    operation(400, cmd::STATS_GET, NONE, NONE, NONE),
    dump(200, cmd::NS_GET, NONE),
    dump(200, cmd::DEV_GET, IN_NAMESPACE),
    dump(100, cmd::DEV_GET, NONE),
    dump(200, cmd::RULE_GET, NONE),
    dump(100, cmd::NSID_GET, NONE),
];

/// What an attribute of a command means, if it means anything.
pub(crate) fn meaning(command: u8, kind: u16) -> Option<&'static Attribute> {
    OPERATIONS
        .iter()
        .filter(|operation| operation.command == command)
        .flat_map(|operation| [operation.always, operation.one_of, operation.sometimes])
        .flatten()
        .find(|attribute| attribute.kind == kind)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_yaml_ng::Value;

    use super::*;

    const SPEC: &str = include_str!("../../../module/homeward.yaml");

    fn names<'a>(list: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
        list[key].as_sequence().into_iter().flatten()
    }

    /// The numbers of those attributes of a set, or of all, that a request may contain.
    fn numbers(spec: &Value, set: &str, wanted: Option<&Value>) -> BTreeSet<u16> {
        let mut sets = names(spec, "attribute-sets");
        let set = sets.find(|one| one["name"] == set).expect("a set");
        let all = names(set, "attributes").zip(1..);
        let is_wanted = |attribute: &Value| {
            wanted.is_none_or(|wanted| {
                names(wanted, "attributes").any(|name| *name == attribute["name"])
            })
        };
        all.filter(|(attribute, _)| is_wanted(attribute))
            .map(|(_, number)| number)
            .collect()
    }

    fn grown(attributes: &[Attribute]) -> BTreeSet<u16> {
        attributes.iter().map(|attribute| attribute.kind).collect()
    }

    #[test]
    fn every_attribute_that_a_request_may_have_is_there() {
        let mut spec: Value = serde_yaml_ng::from_str(SPEC).expect("YAML");
        spec.apply_merge().expect("anchors");
        for operation in names(&spec["operations"], "list") {
            let value = operation["value"].as_u64().expect("a number");
            for (form, dump) in [("do", false), ("dump", true)] {
                let request = &operation[form]["request"];
                if !request.is_mapping() {
                    continue;
                }
                let set = operation["attribute-set"].as_str().expect("a set");
                let forms = OPERATIONS
                    .iter()
                    .filter(|one| u64::from(one.command) == value && one.dump == dump);
                let there: BTreeSet<u16> = forms
                    .flat_map(|one| [one.always, one.one_of, one.sometimes])
                    .flat_map(grown)
                    .collect();
                let name = operation["name"].as_str();
                assert_eq!(there, numbers(&spec, set, Some(request)), "{name:?} {form}");
            }
        }
        // What the kernel tells and does not take, a home has none of.
        assert_eq!(grown(HOME), numbers(&spec, "home", None));
        let both = grown(ADDRESS4)
            .union(&grown(ADDRESS6))
            .copied()
            .collect::<BTreeSet<_>>();
        assert_eq!(both, numbers(&spec, "address", None));
    }

    #[test]
    fn every_operation_that_can_be_asked_for_is_there() {
        for command in cmd::NS_GET..=cmd::NSID_GET {
            assert!(
                OPERATIONS.iter().any(|one| one.command == command),
                "{command}"
            );
        }
    }
}
