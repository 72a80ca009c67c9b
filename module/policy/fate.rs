// SPDX-License-Identifier: GPL-2.0-only

//! The fate of a device: what becomes of it when its network namespace dies, and why.
//!
//! One function answers for a real death and for a preview.

use crate::uapi::{
    fate_action,
    fate_reason, //
};

/// What the decision depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Its network namespace is the initial one.
    pub(crate) initial: bool,
    /// `net_device.netns_immutable`.
    pub(crate) immovable: bool,
    /// Its devlink instance lives in its network namespace.
    pub(crate) devlink: bool,
    /// The kernel itself would move it rather than destroy it.
    pub(crate) physical: bool,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    Stay,
    /// It comes home.
    Return,
    /// Left to the kernel.
    Kernel,
}

impl Action {
    /// Number in the protocol.
    pub(crate) fn uapi(self) -> u32 {
        match self {
            Action::Stay => fate_action::STAY,
            Action::Return => fate_action::RETURN,
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
            Reason::Physical => fate_reason::PHYSICAL,
            Reason::Virtual => fate_reason::VIRTUAL,
        }
    }
}

/// Decides; the first line that applies wins.
pub(crate) fn decide(facts: Facts) -> (Action, Reason) {
    if facts.initial {
        (Action::Stay, Reason::Initial)
    } else if facts.immovable {
        (Action::Kernel, Reason::Immovable)
    } else if facts.devlink {
        (Action::Kernel, Reason::Devlink)
    } else if facts.physical {
        (Action::Return, Reason::Physical)
    } else {
        (Action::Kernel, Reason::Virtual)
    }
}
