// SPDX-License-Identifier: GPL-2.0-only

//! Events.

use std::time::Duration;

use homeward_client::model::{Device, Event, EventKind, Failure, Return, Settings};
use nix::errno::Errno;
use serde::Serialize;

use super::{nanoseconds, NamespaceView, Place};
use crate::book::Book;

/// A line of `watch`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Line {
    /// Something was there at the beginning.
    Present(Box<PresentView>),
    /// That was all that was there.
    Listed {
        /// Always `listed`.
        event: &'static str,
        /// Number of the last event that the list knows of.
        seq: u64,
        /// How many namespaces there were.
        namespaces: usize,
        /// How many devices away from home or stuck.
        devices: usize,
        /// Whether none came or went meanwhile.
        complete: bool,
    },
    /// Something happened.
    Event(Box<EventView>),
    /// Something was lost. `event` is `lost`, and the numbers are those of the first and last event,
    /// or `overrun`, when they are not known yet.
    Lost {
        /// Always `lost` or `overrun`.
        event: &'static str,
        /// Number of the first lost event.
        first: Option<u64>,
        /// Number of the last lost event.
        last: Option<u64>,
    },
}

/// Something that was there.
#[derive(Debug, Serialize)]
pub(crate) struct PresentView {
    /// `ns-present` or `dev-present`.
    pub(crate) event: &'static str,
    /// When it was there, by CLOCK_BOOTTIME.
    pub(crate) time_ns: u64,
    /// The namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<NamespaceView>,
    /// The device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<Device<Place>>,
}

impl PresentView {
    /// A namespace that was there at the time `now`.
    pub(crate) fn namespace(now: Duration, namespace: NamespaceView) -> Self {
        PresentView {
            event: "ns-present",
            time_ns: nanoseconds(now),
            namespace: Some(namespace),
            device: None,
        }
    }

    /// A device that was there at the time `now`.
    pub(crate) fn device(now: Duration, device: Device<Place>) -> Self {
        PresentView {
            event: "dev-present",
            time_ns: nanoseconds(now),
            namespace: None,
            device: Some(device),
        }
    }
}

/// Something that happened.
#[derive(Debug, Serialize)]
pub(crate) struct EventView {
    /// Its number since the module was loaded.
    pub(crate) seq: u64,
    /// When it happened, by CLOCK_BOOTTIME.
    pub(crate) time_ns: u64,
    /// Its name in the specification of the family.
    pub(crate) event: &'static str,
    /// The namespace that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<NamespaceView>,
    /// The device that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<Device<Place>>,
    /// How the device came home.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    pub(crate) homecoming: Option<ReturnView>,
}

/// How a device came home.
#[derive(Debug, Serialize)]
pub(crate) struct ReturnView {
    /// What brought it home.
    pub(crate) cause: &'static str,
    /// Where it came from.
    pub(crate) from: Option<Place>,
    /// Its name there.
    pub(crate) from_name: Option<String>,
    /// The name recorded for this home.
    pub(crate) home_name: Option<String>,
    /// The settings that differed and were put back.
    pub(crate) restored: Vec<String>,
    /// The settings that could not be put back.
    pub(crate) failures: Vec<FailureView>,
}

/// A setting that could not be put back.
#[derive(Debug, Serialize)]
pub(crate) struct FailureView {
    /// Which one.
    pub(crate) setting: String,
    /// Why, as a number.
    pub(crate) errno: i32,
    /// Why, in words.
    pub(crate) error: String,
}

impl EventView {
    /// What the module told about an event.
    pub(crate) fn new(event: &Event, book: &Book) -> Self {
        let mut view = EventView {
            seq: event.seq,
            time_ns: nanoseconds(event.time),
            event: event.kind.name(),
            namespace: None,
            device: None,
            homecoming: None,
        };
        match &event.kind {
            EventKind::NamespaceBorn(namespace)
            | EventKind::NamespaceDying(namespace)
            | EventKind::NamespaceGone(namespace) => {
                let names = book.names(namespace.cookie);
                view.namespace = Some(NamespaceView::new(namespace, names, event.time));
            }
            EventKind::DeviceReturned(device, homecoming) => {
                view.device = Some(book.device(device.clone()));
                view.homecoming = homecoming
                    .as_ref()
                    .map(|homecoming| ReturnView::new(homecoming, book));
            }
            EventKind::DeviceAway(device)
            | EventKind::DeviceDestroyed(device)
            | EventKind::DeviceStuck(device) => {
                view.device = Some(book.device(device.clone()));
            }
        }
        view
    }
}

impl ReturnView {
    /// What the module told about a return.
    pub(super) fn new(homecoming: &Return, book: &Book) -> Self {
        let failures = homecoming.failures.iter().map(|failure| FailureView {
            setting: failure.setting.names().join(","),
            errno: failure.errno as i32,
            error: words(failure).to_owned(),
        });
        ReturnView {
            cause: homecoming.cause.name(),
            from: homecoming.from.map(|cookie| book.place(cookie)),
            from_name: homecoming.from_name.clone(),
            home_name: homecoming.home_name.clone(),
            restored: homecoming.restored.names(),
            failures: failures.collect(),
        }
    }
}

/// Why a setting could not be put back.
fn words(failure: &Failure) -> &'static str {
    match failure.errno {
        Errno::ETIME if failure.setting == Settings::ADDRESSES => {
            "some had a lifetime: DHCP or the router that gave them gives new ones"
        }
        Errno::E2BIG if failure.setting == Settings::ADDRESSES => {
            "there were more than 32 of a family"
        }
        Errno::ENOMEM if failure.setting == Settings::ADDRESSES => {
            "there was no memory for some of them"
        }
        Errno::EACCES if failure.setting == Settings::ADDRESSES => "IPv6 is disabled there",
        Errno::EEXIST if failure.setting == Settings::ADDRESSES => {
            "somebody gave it one of them in another way meanwhile"
        }
        Errno::ETIMEDOUT if failure.setting == Settings::UP => {
            "its driver took too long, and was interrupted"
        }
        Errno::ECANCELED if failure.setting == Settings::NAME => {
            "it arrived under its own name, and somebody there gave it another one since"
        }
        other => other.desc(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_addresses_are_not_back_is_told_in_words() {
        for (setting, errno, expected) in [
            (Settings::ADDRESSES, Errno::ETIME, "DHCP"),
            (Settings::ADDRESSES, Errno::E2BIG, "more than 32"),
            (Settings::ADDRESSES, Errno::ENOMEM, "no memory"),
            (Settings::ADDRESSES, Errno::EACCES, "IPv6 is disabled"),
            (Settings::ADDRESSES, Errno::EEXIST, "in another way"),
            (Settings::UP, Errno::ETIMEDOUT, "took too long"),
            (
                Settings::NAME,
                Errno::ECANCELED,
                "somebody there gave it another",
            ),
            (Settings::MTU, Errno::E2BIG, "Argument list too long"),
        ] {
            let told = words(&Failure { setting, errno });
            assert!(told.contains(expected), "{told}");
        }
    }
}
