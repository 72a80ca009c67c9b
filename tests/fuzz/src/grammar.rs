// SPDX-License-Identifier: GPL-2.0-only

//! What requests may have in them, as `homeward.yaml` says.

use homeward_abi::{address, cmd, dev, home, ns, open, rule};

/// What a payload is like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Payload {
    /// 4 bytes.
    U32,
    /// 4 or 8 bytes.
    Uint,
    /// Text with NUL, at most so many bytes before that.
    Text(usize),
    /// Bytes, at most so many.
    Binary(usize),
    /// Nothing.
    Flag,
    /// Others.
    Nest(&'static [Attribute]),
}

/// A type and its payload.
pub(crate) type Attribute = (u16, Payload);

use Payload::{Binary, Flag, Nest, Text, Uint, U32};

const ADDRESS: &[Attribute] = &[
    (address::LOCAL, Binary(16)),
    (address::PEER, Binary(16)),
    (address::PREFIX, U32),
    (address::SCOPE, U32),
    (address::FLAGS, U32),
    (address::LABEL, Text(15)),
    (address::BROADCAST, Binary(4)),
    (address::METRIC, U32),
];

const HOME: &[Attribute] = &[
    (home::NS_COOKIE, Uint),
    (home::NAME, Text(15)),
    (home::ALIVE, Flag),
    (home::SETTINGS, U32),
    (home::MTU, U32),
    (home::ADDRESS, Binary(32)),
    (home::TXQLEN, U32),
    (home::GROUP, U32),
    (home::ALIAS, Text(255)),
    (home::ALTNAME, Text(127)),
    (home::GSO_MAX_SIZE, U32),
    (home::GSO_MAX_SEGS, U32),
    (home::GRO_MAX_SIZE, U32),
    (home::GSO_IPV4_MAX_SIZE, U32),
    (home::GRO_IPV4_MAX_SIZE, U32),
    (home::ADDRESS4, Nest(ADDRESS)),
    (home::ADDRESS6, Nest(ADDRESS)),
];

const DEVICE: &[Attribute] = &[
    (dev::NS_COOKIE, Uint),
    (dev::IFINDEX, U32),
    (dev::NAME, Text(15)),
];

const NAMESPACE: &[Attribute] = &[
    (ns::COOKIE, Uint),
    (ns::INUM, U32),
    (ns::PID, U32),
    (ns::FD, U32),
];

const DEVICE_SET: &[Attribute] = &[
    (dev::NS_COOKIE, Uint),
    (dev::IFINDEX, U32),
    (dev::NAME, Text(15)),
    (dev::MARK, U32),
    (dev::HOME_NAME, Text(15)),
    (dev::NO_HOME, Flag),
    (dev::HOME, Nest(HOME)),
    (dev::HOME, Nest(HOME)),
];

const RECALL: &[Attribute] = &[
    (dev::NS_COOKIE, Uint),
    (dev::IFINDEX, U32),
    (dev::NAME, Text(15)),
    (dev::ALL, Flag),
];

const RULE: &[Attribute] = &[
    (rule::BEFORE, U32),
    (rule::NAME, Text(31)),
    (rule::KIND, Text(15)),
    (rule::CLASS, U32),
    (rule::ACTION, U32),
    (rule::TEMPLATE, Text(15)),
    (rule::RESTORE, U32),
];

/// The operations, and what each may have.
pub(crate) const OPERATIONS: [(u8, &[Attribute]); 10] = [
    (cmd::NS_GET, NAMESPACE),
    (cmd::DEV_GET, DEVICE),
    (cmd::DEV_SET, DEVICE_SET),
    (cmd::RECALL, RECALL),
    (cmd::NS_OPEN, &[(open::COOKIE, Uint)]),
    (cmd::RULE_GET, &[(rule::ID, U32)]),
    (cmd::RULE_ADD, RULE),
    (cmd::RULE_DEL, &[(rule::ID, U32)]),
    (cmd::RULE_FLUSH, &[]),
    (cmd::STATS_GET, &[]),
];
