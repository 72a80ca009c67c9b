// SPDX-License-Identifier: GPL-2.0-only

//! The fate of a device: what becomes of it when its network namespace dies, and why.
//!
//! One function answers for a real death and for a preview.

use super::rules::RuleAction;
use crate::uapi::{
    fate_action,
    fate_reason,
    mark, //
};

/// What an administrator decided about one device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing.
    #[default]
    None,
    /// It comes home.
    Keep,
    /// It is left to the kernel.
    Release,
}

impl Mark {
    /// From its number in the protocol.
    pub(crate) fn new(number: u32) -> Option<Mark> {
        match number {
            mark::NONE => Some(Mark::None),
            mark::KEEP => Some(Mark::Keep),
            mark::RELEASE => Some(Mark::Release),
            _ => None,
        }
    }

    /// Its number in the protocol.
    pub(crate) fn uapi(self) -> u32 {
        match self {
            Mark::None => mark::NONE,
            Mark::Keep => mark::KEEP,
            Mark::Release => mark::RELEASE,
        }
    }
}

/// What the decision depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Its network namespace is the initial one.
    pub(crate) initial: bool,
    /// `net_device.netns_immutable`.
    pub(crate) immovable: bool,
    /// Its devlink instance lives in its network namespace.
    pub(crate) devlink: bool,
    /// It is a tunnel through its network namespace.
    pub(crate) tunnel: bool,
    /// The kernel itself would move it rather than destroy it.
    pub(crate) physical: bool,
    /// Its mark.
    pub(crate) mark: Mark,
    /// The first rule that matches it.
    pub(crate) rule: Option<RuleAction>,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    Stay,
    /// It comes home.
    Return,
    /// It goes to the initial network namespace.
    Initial,
    /// Left to the kernel.
    Kernel,
}

impl Action {
    /// Number in the protocol, which tells the destination apart.
    pub(crate) fn uapi(self) -> u32 {
        match self {
            Action::Stay => fate_action::STAY,
            Action::Return | Action::Initial => fate_action::RETURN,
            Action::Kernel => fate_action::KERNEL,
        }
    }
}

/// Why it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The initial network namespace never dies.
    Initial,
    /// The kernel refuses to move it.
    Immovable,
    /// devlink reloads it into the initial network namespace.
    Devlink,
    /// The kernel destroys it wherever it is.
    Tunnel,
    /// It is marked.
    Mark,
    /// A rule matches.
    Rule,
    /// Physical devices come home.
    Physical,
    /// Virtual devices die with their namespace.
    Virtual,
}

impl Reason {
    /// Number in the protocol.
    pub(crate) fn uapi(self) -> u32 {
        match self {
            Reason::Initial => fate_reason::INITIAL,
            Reason::Immovable => fate_reason::IMMOVABLE,
            Reason::Devlink => fate_reason::DEVLINK,
            Reason::Tunnel => fate_reason::TUNNEL,
            Reason::Mark => fate_reason::MARK,
            Reason::Rule => fate_reason::RULE,
            Reason::Physical => fate_reason::PHYSICAL,
            Reason::Virtual => fate_reason::VIRTUAL,
        }
    }
}

/// Decides; the first that applies wins.
pub(crate) fn decide(facts: Facts) -> (Action, Reason) {
    if facts.initial {
        return (Action::Stay, Reason::Initial);
    }
    // What cannot be helped.
    if facts.immovable {
        return (Action::Kernel, Reason::Immovable);
    }
    if facts.devlink {
        return (Action::Kernel, Reason::Devlink);
    }
    if facts.tunnel {
        return (Action::Kernel, Reason::Tunnel);
    }
    // What an administrator wants.
    match facts.mark {
        Mark::Keep => return (Action::Return, Reason::Mark),
        Mark::Release => return (Action::Kernel, Reason::Mark),
        Mark::None => {}
    }
    match facts.rule {
        Some(RuleAction::Return) => (Action::Return, Reason::Rule),
        Some(RuleAction::Initial) => (Action::Initial, Reason::Rule),
        Some(RuleAction::Kernel) => (Action::Kernel, Reason::Rule),
        None if facts.physical => (Action::Return, Reason::Physical),
        None => (Action::Kernel, Reason::Virtual),
    }
}

/// The kinds of tunnels whose packets travel in one namespace, whose `exit` destroys them wherever
/// they are (drivers/net, net/ipv4, net/ipv6: each has a pernet operation that does so).
const TUNNELS: [&[u8]; 21] = [
    b"amt",
    b"bareudp",
    b"erspan",
    b"geneve",
    b"gre",
    b"gretap",
    b"gtp",
    b"ip6erspan",
    b"ip6gre",
    b"ip6gretap",
    b"ip6tnl",
    b"ipip",
    b"l2tp",
    b"ovpn",
    b"pfcp",
    b"ppp",
    b"sit",
    b"vti",
    b"vti6",
    b"vxlan",
    b"xfrm",
];

/// Whether a device of this kind dies with the namespace that its packets travel in.
pub(crate) fn is_tunnel(kind: &[u8]) -> bool {
    TUNNELS.binary_search(&kind).is_ok()
}
