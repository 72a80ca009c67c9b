// SPDX-License-Identifier: GPL-2.0-only

//! Rules: what an administrator wants for classes of devices.

use super::naming::{
    Name,
    Template,
    NAME_SIZE, //
};
use crate::uapi::{
    moved,
    rule_action, //
};

/// The longest pattern, in bytes.
pub(crate) const PATTERN_SIZE: usize = 31;

/// A pattern for names: `*` stands for any number of characters, `?` for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    bytes: [u8; PATTERN_SIZE],
    len: u8,
}

impl Pattern {
    /// `None` if it is empty or too long.
    pub(crate) fn new(text: &[u8]) -> Option<Pattern> {
        let len = u8::try_from(text.len()).ok()?;
        let mut bytes = [0; PATTERN_SIZE];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        (len > 0).then_some(Pattern { bytes, len })
    }

    /// The pattern as it was given.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether the pattern stands for this text.
    ///
    /// Goes back to the last `*` only, which is enough, so the time is at most the product of the
    /// lengths.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let pattern = self.as_bytes();
        let (mut p, mut t) = (0, 0);
        // Where the last `*` was, and what it has eaten up to.
        let mut star: Option<(usize, usize)> = None;
        while t < text.len() {
            match (pattern.get(p), star) {
                (Some(b'*'), _) => {
                    star = Some((p, t));
                    p += 1;
                }
                (Some(&c), _) if c == b'?' || c == text[t] => {
                    p += 1;
                    t += 1;
                }
                (_, Some((at, eaten))) => {
                    star = Some((at, eaten + 1));
                    p = at + 1;
                    t = eaten + 1;
                }
                (_, None) => return false,
            }
        }
        pattern[p..].iter().all(|&c| c == b'*')
    }
}

/// A class of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Those that the kernel itself would move.
    Physical,
    /// All others.
    Virtual,
}

/// What a rule has happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleAction {
    /// The device comes home.
    Return,
    /// It goes to the initial network namespace.
    Initial,
    /// It is left to the kernel.
    Kernel,
}

impl RuleAction {
    /// From its number in the protocol.
    pub(crate) fn new(number: u32) -> Option<RuleAction> {
        match number {
            rule_action::RETURN => Some(RuleAction::Return),
            rule_action::INIT => Some(RuleAction::Initial),
            rule_action::KERNEL => Some(RuleAction::Kernel),
            _ => None,
        }
    }

    /// Its number in the protocol.
    pub(crate) fn uapi(self) -> u32 {
        match self {
            RuleAction::Return => rule_action::RETURN,
            RuleAction::Initial => rule_action::INIT,
            RuleAction::Kernel => rule_action::KERNEL,
        }
    }
}

/// What is put back of a device that somebody else brings to one of its homes: a container runtime,
/// an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    /// Nothing.
    Leave,
    /// Its settings; its name is left to the mover, and so is what comes after the settings.
    Settings,
    /// What would be put back at a death.
    All,
}

impl Moved {
    /// From its number in the protocol.
    pub(crate) fn new(number: u32) -> Option<Moved> {
        match number {
            moved::LEAVE => Some(Moved::Leave),
            moved::SETTINGS => Some(Moved::Settings),
            moved::ALL => Some(Moved::All),
            _ => None,
        }
    }

    /// Its number in the protocol.
    pub(crate) fn uapi(self) -> u32 {
        match self {
            Moved::Leave => moved::LEAVE,
            Moved::Settings => moved::SETTINGS,
            Moved::All => moved::ALL,
        }
    }

    /// What a rule has happen that says nothing of it; whether it may say something else.
    pub(crate) fn default(action: RuleAction, class: Option<Class>) -> (Moved, bool) {
        match action == RuleAction::Kernel || class == Some(Class::Virtual) {
            true => (Moved::Leave, false),
            false => (Moved::Settings, true),
        }
    }
}

/// A rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    /// Its number.
    pub(crate) id: u32,
    /// Which names it matches; `None` for all. So for the next two.
    pub(crate) name: Option<Pattern>,
    /// Which kind.
    pub(crate) kind: Option<Name>,
    /// Which class.
    pub(crate) class: Option<Class>,
    /// What happens.
    pub(crate) action: RuleAction,
    /// The name where the right one is taken.
    pub(crate) template: Option<Template>,
    /// A mask of the settings that are put back.
    pub(crate) restore: u64,
    /// What is put back where somebody else brings the device home.
    pub(crate) moved: Moved,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    /// The name that the device should have at home, empty if that is not known.
    pub(crate) name: &'a [u8],
    /// Its kind, empty for none.
    pub(crate) kind: &'a [u8],
    /// Whether it is physical.
    pub(crate) physical: bool,
}

impl Rule {
    /// Whether it matches, in all that it names.
    pub(crate) fn matches(&self, subject: &Subject<'_>) -> bool {
        let class = match subject.physical {
            true => Class::Physical,
            false => Class::Virtual,
        };
        self.name
            .is_none_or(|pattern| pattern.matches(subject.name))
            && self.kind.is_none_or(|kind| kind.as_bytes() == subject.kind)
            && self.class.is_none_or(|wanted| wanted == class)
    }
}

const _: () = assert!(
    NAME_SIZE == 16,
    "a kind fits into a name: both have 15 bytes"
);
