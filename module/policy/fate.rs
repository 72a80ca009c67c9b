// SPDX-License-Identifier: GPL-2.0-only

//! The fate of a device: what becomes of it when its network namespace dies, and why.
//!
//! One function answers for a real death and for a preview.

use super::home::Homes;
use super::rules::{
    Moved,
    Rule,
    RuleAction, //
};
use super::settings::{
    self,
    bit, //
};
use crate::uapi::{
    fate_action,
    fate_reason,
    mark,
    setting, //
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
    /// It is of a radio (a wiphy) that lives in its network namespace.
    pub(crate) wiphy: bool,
    /// `net_device.netns_immutable`.
    pub(crate) immovable: bool,
    /// Its devlink instance lives in its network namespace.
    pub(crate) devlink: bool,
    /// It is a tunnel through its network namespace, or through one that is dead.
    pub(crate) tunnel: bool,
    /// What it is linked to, a lower device or a peer, ends with its network namespace.
    pub(crate) link: bool,
    /// The kernel itself would move it rather than destroy it.
    pub(crate) physical: bool,
    /// Its homes.
    pub(crate) homes: Homes,
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
    /// The kernel moves it there with its radio, and Homeward puts it in order.
    Wiphy,
    /// Left to the kernel.
    Kernel,
}

impl Action {
    /// Whether Homeward itself moves the device.
    pub(crate) fn moves(self) -> bool {
        matches!(self, Action::Return | Action::Initial)
    }

    /// Number in the protocol, which tells the destination apart.
    pub(crate) fn uapi(self) -> u32 {
        match self {
            Action::Stay => fate_action::STAY,
            Action::Return | Action::Initial => fate_action::RETURN,
            Action::Wiphy => fate_action::WIPHY,
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
    /// The kernel moves its radio.
    Wiphy,
    /// The kernel destroys it with what it is linked to.
    Link,
    /// It is marked.
    Mark,
    /// A rule matches.
    Rule,
    /// A rule matches, and there is no home that the rule could send it to.
    NoHome,
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
            Reason::Wiphy => fate_reason::WIPHY,
            Reason::Link => fate_reason::LINK,
            Reason::Mark => fate_reason::MARK,
            Reason::Rule => fate_reason::RULE,
            Reason::NoHome => fate_reason::NO_HOME,
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
    // Immovable for all but the kernel itself.
    if facts.wiphy {
        return match wish(&facts) {
            (Action::Kernel, reason @ (Reason::Mark | Reason::Rule)) => (Action::Kernel, reason),
            _ => (Action::Wiphy, Reason::Wiphy),
        };
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
    match wish(&facts) {
        (action, _) if action.moves() && facts.link => (Action::Kernel, Reason::Link),
        wish => wish,
    }
}

/// What an administrator wants, and what is done where he wants nothing.
fn wish(facts: &Facts) -> (Action, Reason) {
    match facts.mark {
        // His word about this very device: it goes to the host, if nowhere else.
        Mark::Keep => return (Action::Return, Reason::Mark),
        Mark::Release => return (Action::Kernel, Reason::Mark),
        Mark::None => {}
    }
    match facts.rule {
        Some(RuleAction::Return) if may_go(facts, Homes::Others) => (Action::Return, Reason::Rule),
        Some(RuleAction::Initial) if may_go(facts, Homes::Initial) => {
            (Action::Initial, Reason::Rule)
        }
        Some(RuleAction::Return | RuleAction::Initial) => (Action::Kernel, Reason::NoHome),
        Some(RuleAction::Kernel) => (Action::Kernel, Reason::Rule),
        None if facts.physical => (Action::Return, Reason::Physical),
        None => (Action::Kernel, Reason::Virtual),
    }
}

/// Whether a rule may send the device where it takes at least these homes to go.
///
/// A rule is about devices that were lent. What a tenant made himself stays his own, whatever
/// name and kind he gave it. A physical device is moved by the kernel, too.
fn may_go(facts: &Facts, homes: Homes) -> bool {
    facts.physical || facts.homes == Homes::Initial || facts.homes == homes
}

/// Whether a device with this verdict is no more when its network namespace is gone.
pub(crate) fn is_destroyed(verdict: (Action, Reason), physical: bool) -> bool {
    let (action, reason) = verdict;
    // The kernel moves a physical one, if it can.
    let moved = physical && matches!(reason, Reason::Mark | Reason::Rule);
    action == Action::Kernel && !moved
}

/// How the kernel ties devices of some kind to a network namespace that need not be the one they
/// are in: when that dies, its `exit` destroys them wherever they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tie {
    /// Not at all.
    None,
    /// To the one that their packets travel in, which `rtnl_link_ops.get_link_net` tells.
    LinkNet,
    /// To one that nothing tells: by default that in which they were made.
    Birthplace,
}

/// Each has a pernet operation that destroys what is on its list (drivers/net, net/ipv4, net/ipv6,
/// net/xfrm).
const BY_LINK_NET: [&[u8]; 14] = [
    b"erspan",
    b"gre",
    b"gretap",
    b"ip6erspan",
    b"ip6gre",
    b"ip6gretap",
    b"ip6tnl",
    b"ipip",
    b"ppp",
    b"sit",
    b"vti",
    b"vti6",
    b"vxlan",
    b"xfrm",
];

/// Likewise: drivers/net, net/openvswitch (with its datapath), net/l2tp (in `pre_exit`).
const BY_BIRTHPLACE: [&[u8]; 6] = [
    b"bareudp",
    b"geneve",
    b"gtp",
    b"l2tpeth",
    b"openvswitch",
    b"pfcp",
];

/// The tie of the devices of a kind, or of a type for want of a kind.
pub(crate) fn tie(kind: &[u8]) -> Tie {
    if BY_LINK_NET.binary_search(&kind).is_ok() {
        Tie::LinkNet
    } else if BY_BIRTHPLACE.binary_search(&kind).is_ok() {
        Tie::Birthplace
    } else {
        Tie::None
    }
}

/// The kinds that stay with their lower device when that moves. All others are destroyed, as they
/// take its NETDEV_UNREGISTER for its end (drivers/net/macsec.c, rmnet, ...).
const FOLLOWERS: [&[u8]; 5] = [b"ipvlan", b"ipvtap", b"macvlan", b"macvtap", b"vlan"];

/// Whether a device of this kind bears that its lower device moves.
pub(crate) fn follows_lower(kind: &[u8]) -> bool {
    FOLLOWERS.binary_search(&kind).is_ok()
}

/// What is put back when somebody else brings a device to one of its homes. A mark outranks the rule.
pub(crate) fn moved(physical: bool, mark: Mark, rule: Option<&Rule>) -> Moved {
    match (mark, rule) {
        _ if !physical => Moved::Leave,
        (Mark::Release, _) => Moved::Leave,
        (Mark::Keep, Some(rule)) if rule.action == RuleAction::Kernel => Moved::Settings,
        (_, rule) => rule.map_or(Moved::Settings, |rule| rule.moved),
    }
}

/// A mask of the settings that are put back then.
pub(crate) fn restored_on_move(moved: Moved, rule: Option<&Rule>) -> u64 {
    const LEFT: u64 = bit(setting::NAME) | bit(setting::UP) | settings::WITH_UP;
    let restore = settings::in_force(rule.map_or(settings::DEFAULT, |rule| rule.restore));
    match moved {
        Moved::Leave => 0,
        Moved::Settings => restore & !LEFT,
        Moved::All => restore,
    }
}
