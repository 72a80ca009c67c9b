// SPDX-License-Identifier: GPL-2.0-only

//! Words about devices, and the namespaces that they are in.

use homeward_client::model::{Action, Device, Fate, Home, Reason, Return, Settings, Stuck};

use super::text::{list, nanoseconds, or_absent, printable, span};
use super::{Look, Style};
use crate::book::Place;

/// A namespace that something else refers to.
pub(crate) fn place(place: &Place) -> String {
    printable(&place.label())
}

/// A name in a namespace.
pub(crate) fn at(name: &str, namespace: &Place) -> String {
    format!("{}@{}", printable(name), place(namespace))
}

/// The home where a device would go, and how it was called there; else the most recent one that is
/// alive. Where it never was, it has no name.
pub(crate) fn home(device: &Device<Place>) -> Option<String> {
    let called = |home: &Home<Place>| at(&or_absent(home.name.as_ref()), &home.namespace);
    let fate = device.fate.as_ref();
    match fate.and_then(|fate| fate.destination.as_ref()) {
        Some(to) => {
            let mut homes = device.homes.iter().rev();
            let known = homes.find(|home| home.namespace.cookie == to.cookie);
            Some(known.map_or_else(|| place(to), called))
        }
        None => device.home().map(called),
    }
}

/// For how long the kernel could not free a device, who holds it, and who waits for it.
pub(crate) fn stuck(stuck: &Stuck<Place>) -> String {
    let time = span(nanoseconds(stuck.waiting_for));
    let (refs, waiting) = (stuck.refs, stuck.waiting_count);
    format!("stuck for {time}, references: {refs}, namespaces waiting: {waiting}")
}

/// The reason of a fate in words.
pub(crate) fn reason(fate: &Fate<Place>) -> String {
    let words = match fate.reason {
        Reason::Mark => "an administrator marked it",
        Reason::Rule => {
            let id = or_absent(fate.rule);
            return format!("rule {id} matches it");
        }
        Reason::Tunnel => "its packets travel in this namespace, and the kernel destroys it",
        Reason::NoHome => "a rule matches it, but it has no home that the rule could send it to",
        Reason::Link => {
            "its lower device or its peer is destroyed here, and the kernel destroys it too"
        }
        Reason::Wiphy => "the kernel moves its radio to the initial network namespace",
        Reason::Initial => "the initial network namespace never dies",
        Reason::Immovable => "the kernel refuses to move it",
        Reason::Devlink => "the kernel reloads its devlink instance, which lives here",
        Reason::Physical => "physical devices come home",
        Reason::Virtual => "virtual devices die with their namespace",
        Reason::Other(_) => fate.reason.name(),
    };
    words.to_owned()
}

/// The settings that were restored, and of those that are not as the device left who says so.
pub(crate) fn restored<N>(how: &Return<N>) -> Option<String> {
    let bits = (0..u64::BITS).map(Settings::of);
    let words = bits.filter(|one| how.restored.contains(*one)).map(|one| {
        let source = match () {
            () if how.by_rule.contains(one) => " (rule)",
            () if how.by_baseline.contains(one) => " (baseline)",
            () => "",
        };
        format!("{}{source}", one.names().concat())
    });
    let words: Vec<_> = words.collect();
    (!words.is_empty()).then(|| format!(", restored: {}", list(&words)))
}

/// The fate of a device in a namespace, in words.
pub(crate) fn fate(one: &Fate<Place>, namespace: &Place, look: Look) -> String {
    if one.action == Action::Stay {
        return reason(one);
    }
    let what = match (one.action, &one.destination) {
        (Action::Return | Action::Wiphy, Some(to)) => match &one.name {
            Some(name) => format!("goes home to {}", at(name, to)),
            None => format!("goes home to {}", place(to)),
        },
        (Action::Kernel | Action::Wiphy, _) => "is left to the kernel".to_owned(),
        (other, _) => other.name().to_owned(),
    };
    let what = Style::of_action(one.action.name()).paint(&what, look.color);
    let (when, why) = (place(namespace), reason(one));
    format!("when {when} dies, it {what}: {why}")
}
