// SPDX-License-Identifier: GPL-2.0-only

//! A line of `watch`.

use std::time::Duration;

use homeward_client::model::{setting_name, Device, Event, EventKind, Return};
use serde::Serialize;

use super::clock::Clock;
use crate::book::{Book, Place};
use crate::command::namespace::Row;
use crate::render::device::{home, place, restored, stuck};
use crate::render::text::{nanoseconds, or_absent, printable, span};
use crate::render::{Look, Style};

/// A line.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::command) enum Line {
    /// Something was there at the beginning, or happened.
    Told(Box<Told>),
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

/// Something that was there at the beginning, or that happened.
#[derive(Debug, Serialize)]
pub(in crate::command) struct Told {
    /// Its number since the module was loaded. None of what was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// When it was there or happened, by CLOCK_BOOTTIME.
    time_ns: u64,
    /// `ns-present`, `dev-present`, or its name in the specification of the family.
    event: &'static str,
    /// The namespace that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<Row>,
    /// The device that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<Device<Place>>,
    /// How the device came home.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    homecoming: Option<Return<Place>>,
}

impl Line {
    /// A namespace that was there at the time `now`.
    pub(super) fn namespace_there(namespace: Row, now: Duration) -> Self {
        Line::Told(Box::new(Told {
            namespace: Some(namespace),
            ..Told::new("ns-present", now)
        }))
    }

    /// A device that was there at the time `now`.
    pub(super) fn device_there(device: Device<Place>, now: Duration) -> Self {
        Line::Told(Box::new(Told {
            device: Some(device),
            ..Told::new("dev-present", now)
        }))
    }

    /// An event.
    pub(in crate::command) fn event(event: &Event, book: &Book) -> Self {
        let mut told = Told {
            seq: Some(event.seq),
            ..Told::new(event.kind.name(), event.time)
        };
        match &event.kind {
            EventKind::NamespaceBorn(namespace)
            | EventKind::NamespaceDying(namespace)
            | EventKind::NamespaceGone(namespace) => {
                let names = book.names(namespace.cookie);
                told.namespace = Some(Row::new(namespace, names, event.time));
            }
            EventKind::DeviceReturned(device, how) => {
                told.device = Some(book.device(device.clone()));
                told.homecoming = how.clone().map(|how| book.homecoming(how));
            }
            EventKind::DeviceAway(device)
            | EventKind::DeviceDestroyed(device)
            | EventKind::DeviceStuck(device) => {
                told.device = Some(book.device(device.clone()));
            }
        }
        Line::Told(Box::new(told))
    }

    /// Whether it is about an event.
    pub(super) fn is_event(&self) -> bool {
        matches!(self, Line::Told(told) if told.seq.is_some())
    }

    /// It for people.
    pub(in crate::command) fn text(&self, look: Look, clock: &mut Clock) -> String {
        let text = match self {
            Line::Told(told) => told.text(look, clock),
            Line::Listed { seq, complete, .. } if look.header => {
                let all = match complete {
                    true => "",
                    false => ", as far as it was readable",
                };
                let text = format!("state after event #{seq}{all}; events follow");
                Style::Faint.paint(&text, look.color)
            }
            Line::Listed { .. } => return String::new(),
            Line::Lost { first, last, .. } => {
                let text = match first.zip(*last) {
                    Some((first, last)) if first == last => format!("1 event was lost: #{first}"),
                    Some((first, last)) => {
                        let count = last.saturating_sub(first).saturating_add(1);
                        format!("{count} events were lost: #{first} to #{last}")
                    }
                    None => "events were lost: too many at once".to_owned(),
                };
                Style::Bad.paint(&text, look.color)
            }
        };
        text + "\n"
    }
}

impl Told {
    fn new(event: &'static str, time: Duration) -> Self {
        Told {
            seq: None,
            time_ns: nanoseconds(time),
            event,
            namespace: None,
            device: None,
            homecoming: None,
        }
    }

    fn text(&self, look: Look, clock: &mut Clock) -> String {
        let stamp = Style::Faint.paint(&clock.write(self.time_ns), look.color);
        let seq = self.seq.map_or(String::new(), |seq| format!("#{seq} "));
        let style = match self.event {
            "ns-dying" | "dev-destroyed" | "dev-stuck" => Style::Bad,
            "dev-away" => Style::Notable,
            "ns-born" | "dev-returned" => Style::Good,
            _ => Style::Plain,
        };
        // The seq may be as wide as it likes, the names of events are not.
        let name = style.paint(&format!("{:13}", self.event), look.color);
        let of_namespace = |namespace| self.of_namespace(namespace, look);
        let of_device = |device| self.of_device(device, look);
        let details = self.namespace.as_ref().map(of_namespace);
        let details = details.or_else(|| self.device.as_ref().map(of_device));
        format!("{stamp} {seq}{name} {}", details.unwrap_or_default())
    }

    fn of_namespace(&self, row: &Row, look: Look) -> String {
        let namespace = &row.namespace;
        let (cookie, inum) = (or_absent(row.cookie()), or_absent(namespace.inum));
        let who = printable(&row.label());
        let who = format!("{who} (cookie {cookie}, inum {inum})");
        let (devices, away) = (or_absent(namespace.devices), or_absent(namespace.away));
        let counts = format!("devices: {devices}, away from home: {away}");
        match (self.event, namespace.dying_for) {
            ("ns-present", _) => {
                let (state, style) = row.state();
                format!("{who} {}, {counts}", style.paint(&state, look.color))
            }
            ("ns-born", _) => format!("{who} by {}", row.creator().0),
            ("ns-dying", _) => format!("{who} with {counts}"),
            ("ns-gone", Some(time)) => format!("{who} after {}", span(nanoseconds(time))),
            _ => who,
        }
    }

    fn of_device(&self, device: &Device<Place>, look: Look) -> String {
        let (name, there) = (printable(&device.name), place(&device.namespace));
        let now = format!("{name} in {there}");
        match (self.event, &device.stuck, home(device)) {
            ("dev-returned", ..) => {
                let how = self.homecoming.as_ref();
                let how = how.map(|how| returned(how, look));
                format!("{name} to {there}{}", how.unwrap_or_default())
            }
            (_, Some(trouble), _) => format!("{now}, {}", stuck(trouble)),
            ("dev-present" | "dev-away", _, Some(home)) => format!("{now}, home {home}"),
            _ => now,
        }
    }
}

fn returned(how: &Return<Place>, look: Look) -> String {
    let mut text = String::new();
    if let Some(from) = &how.from {
        let name = or_absent(how.from_name.as_ref());
        text.push_str(&format!(" from {name}@{}", place(from)));
    }
    text.push_str(&format!(" ({})", how.cause.name()));
    if let Some(home) = how.home_name.as_ref().filter(|_| how.taken) {
        text.push_str(&format!(", renamed because {} was taken", printable(home)));
    }
    text.push_str(&restored(how).unwrap_or_default());
    for failure in &how.failures {
        let (setting, why) = (setting_name(failure.setting), failure.reason());
        let failed = format!("not restored: {setting} ({why})");
        text.push_str(", ");
        text.push_str(&Style::Bad.paint(&failed, look.color));
    }
    text
}

#[cfg(test)]
mod tests {
    use homeward_client::model::{setting, Cause, Failure, Settings};
    use nix::errno::Errno;

    use super::*;
    use crate::command::namespace::fixture;
    use crate::fixture::{book, container, dying, golden, nic, stuck, veth, JSON, TEXT};

    fn events() -> Vec<Line> {
        let back = Return {
            cause: Cause::Death,
            from: Some(4711),
            from_name: Some("net0".to_owned()),
            home_name: Some("eth1".to_owned()),
            restored: Settings::from(0b111),
            by_rule: Settings::of(setting::MTU),
            by_baseline: Settings::of(setting::ADDRESS),
            failures: vec![Failure {
                setting: setting::ALTNAMES,
                errno: Errno::EEXIST,
            }],
            taken: true,
        };
        let home = Device {
            namespace: 7,
            name: "eth1_0".to_owned(),
            homes: Vec::new(),
            fate: None,
            ..nic()
        };
        let kinds = [
            EventKind::NamespaceBorn(container()),
            EventKind::DeviceAway(nic()),
            EventKind::NamespaceDying(dying()),
            EventKind::DeviceReturned(home, Some(back)),
            EventKind::DeviceDestroyed(veth()),
            EventKind::NamespaceGone(dying()),
            EventKind::DeviceStuck(stuck()),
        ];
        let event = |(seq, kind)| {
            let time = Duration::from_micros(123_456_789 + seq);
            Line::event(&Event { seq, time, kind }, &book())
        };
        let mut lines: Vec<Line> = (1..).zip(kinds).map(event).collect();
        let lost = |event, first, last| Line::Lost { event, first, last };
        lines.push(lost("lost", Some(8), Some(9)));
        lines.push(lost("overrun", None, None));
        lines
    }

    fn there() -> Vec<Line> {
        let now = Duration::from_micros(123_456_789);
        let namespaces = fixture().into_iter();
        let namespaces = namespaces.map(|row| Line::namespace_there(row, now));
        let devices = [nic(), stuck()].map(|device| Line::device_there(book().device(device), now));
        let end = Line::Listed {
            event: "listed",
            seq: 12,
            namespaces: 3,
            devices: 2,
            complete: true,
        };
        namespaces.chain(devices).chain([end]).collect()
    }

    #[test]
    fn events_and_what_is_there_are_one_line_each_as_text_and_as_json() {
        let render = |lines: &[Line], look: Look| -> String {
            let line = |line: &Line| {
                look.choose_line(line, || line.text(look, &mut Clock::default()))
                    .unwrap()
            };
            let text: String = lines.iter().map(line).collect();
            assert_eq!(text.lines().count(), lines.len());
            text
        };
        golden(
            "watch",
            &[
                ("text of what is there", render(&there(), TEXT)),
                ("text", render(&events(), TEXT)),
                ("json of what is there", render(&there(), JSON)),
                ("json", render(&events(), JSON)),
            ],
        );
    }
}
