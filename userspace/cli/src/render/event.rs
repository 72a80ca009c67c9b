// SPDX-License-Identifier: GPL-2.0-only

//! Events, one a line.

use homeward_client::model::Device;

use super::device::{home, place, stuck};
use super::namespace::creator;
use super::text::{list, or_absent, printable, span, timestamp, ABSENT};
use super::{Look, Style};
use crate::book::Place;
use crate::view::{EventView, Line, NamespaceView, PresentView, ReturnView};

/// A line.
pub(super) fn line(line: &Line, look: Look) -> String {
    let text = match line {
        Line::Present(present) => there(present, look),
        Line::Listed { seq, complete, .. } if look.header => {
            let all = if *complete {
                ""
            } else {
                ", as far as it could be read"
            };
            let text = format!("that was there after event #{seq}{all}; what follows happens now");
            Style::Faint.paint(&text, look.color)
        }
        Line::Listed { .. } => return String::new(),
        Line::Event(event) => happened(event, look),
        Line::Lost {
            first: Some(first),
            last: Some(last),
            ..
        } => {
            let count = last.saturating_sub(*first).saturating_add(1);
            let text = match count {
                1 => format!("1 event was lost: #{first}"),
                _ => format!("{count} events were lost: #{first} to #{last}"),
            };
            Style::Bad.paint(&text, look.color)
        }
        Line::Lost { .. } => Style::Bad.paint("events were lost: they came too fast", look.color),
    };
    text + "\n"
}

fn there(present: &PresentView, look: Look) -> String {
    let details = match (&present.namespace, &present.device) {
        (Some(namespace), _) => {
            let (devices, away) = (or_absent(namespace.devices), or_absent(namespace.away));
            let state = namespace.state.unwrap_or(ABSENT);
            let state = Style::of_state(state).paint(state, look.color);
            format!(
                "{} {state}, devices: {devices}, away from home: {away}",
                who(namespace)
            )
        }
        (None, Some(device)) => match &device.stuck {
            Some(trouble) => format!("{}, {}", now_in(device), stuck(trouble)),
            None => away(device),
        },
        (None, None) => String::new(),
    };
    let stamp = Style::Faint.paint(&timestamp(present.time_ns), look.color);
    format!("{stamp} {:13} {details}", present.event)
}

fn happened(event: &EventView, look: Look) -> String {
    let details = match (&event.namespace, &event.device) {
        (Some(namespace), _) => of_namespace(event.event, namespace),
        (None, Some(device)) => match (&event.homecoming, event.event) {
            (homecoming, "dev-returned") => returned(device, homecoming.as_ref(), look),
            (_, "dev-away") => away(device),
            _ => match &device.stuck {
                Some(trouble) => format!("{}, {}", now_in(device), stuck(trouble)),
                None => now_in(device),
            },
        },
        (None, None) => String::new(),
    };
    let style = match event.event {
        "ns-dying" | "dev-destroyed" | "dev-stuck" => Style::Bad,
        "dev-away" => Style::Notable,
        "ns-born" | "dev-returned" => Style::Good,
        _ => Style::Plain,
    };
    // The seq may be as wide as it likes, the names of events are not.
    let name = style.paint(&format!("{:13}", event.event), look.color);
    let stamp = Style::Faint.paint(&timestamp(event.time_ns), look.color);
    format!("{stamp} #{} {name} {details}", event.seq)
}

fn who(namespace: &NamespaceView) -> String {
    let label = printable(&namespace.label());
    let cookie = or_absent(namespace.cookie);
    let inum = or_absent(namespace.inum);
    format!("{label} (cookie {cookie}, inum {inum})")
}

fn of_namespace(event: &str, namespace: &NamespaceView) -> String {
    let who = who(namespace);
    match event {
        "ns-born" => {
            let creator = creator(namespace.creator.as_ref());
            format!("{who} by {creator}")
        }
        "ns-dying" => {
            let (devices, away) = (or_absent(namespace.devices), or_absent(namespace.away));
            format!("{who} with devices: {devices}, away from home: {away}")
        }
        "ns-gone" => match namespace.dying_for_ns {
            Some(time) => format!("{who} after {}", span(time)),
            None => who,
        },
        _ => who,
    }
}

fn now_in(device: &Device<Place>) -> String {
    let name = printable(&device.name);
    format!("{name} in {}", place(&device.namespace))
}

fn away(device: &Device<Place>) -> String {
    let now = now_in(device);
    match device.homes.last() {
        Some(home) => format!("{now}, home {}", self::home(home)),
        None => now,
    }
}

fn returned(device: &Device<Place>, homecoming: Option<&ReturnView>, look: Look) -> String {
    let mut text = format!(
        "{} to {}",
        printable(&device.name),
        place(&device.namespace)
    );
    let Some(homecoming) = homecoming else {
        return text;
    };
    if let Some(from) = &homecoming.from {
        let name = or_absent(homecoming.from_name.as_ref());
        text.push_str(&format!(" from {name}@{}", place(from)));
    }
    text.push_str(&format!(" ({})", homecoming.cause));
    if let Some(home) = &homecoming.home_name {
        if *home != device.name {
            text.push_str(&format!(", as {} was taken", printable(home)));
        }
    }
    if !homecoming.restored.is_empty() {
        text.push_str(&format!(", put back: {}", list(&homecoming.restored)));
    }
    for failure in &homecoming.failures {
        let failed = format!("not put back: {} ({})", failure.setting, failure.error);
        text.push_str(", ");
        text.push_str(&Style::Bad.paint(&failed, look.color));
    }
    text
}
