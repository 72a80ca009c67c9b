// SPDX-License-Identifier: GPL-2.0-only

//! `stats`: what the module has counted.

use clap::Args;
use homeward_client::model::Stats as Counts;
use homeward_client::Client;

use super::{Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::render::text::{bytes, nanoseconds, span, ABSENT};
use crate::render::{Look, Style};

const EXAMPLES: &str = "\
Examples:
  homeward stats
  homeward stats --json | jq .events_lost

Counts begin when the module is loaded.";

/// Print the module's counters.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Stats {}

impl Verb for Stats {
    fn run(self, context: &Context) -> Result<Status> {
        let counts = Client::connect().and_then(|mut client| client.stats());
        let counts = counts.map_err(|error| Failure::client("cannot read the counts", &error))?;
        context.print(&counts, |look| text(&counts, look))
    }
}

/// A count: its name, what it means, how it looks unless it is 0, and its value.
type Row = (&'static str, &'static str, Style, String);

/// A count in one line.
macro_rules! count {
    ($name:literal $meaning:literal $style:ident, $value:expr) => {
        ($name, $meaning, Style::$style, $value.to_string())
    };
}

fn groups(counts: &Counts) -> [(&'static str, Vec<Row>); 4] {
    let longest = counts.longest_teardown_cookie;
    let teardown = span(nanoseconds(counts.longest_teardown));
    let mut namespaces = vec![
        count!("present" "now: older + born - gone" Plain, counts.namespaces),
        count!("older" "there when the module was loaded" Plain, counts.older),
        count!("born" "made since then" Plain, counts.born),
        count!("gone" "destroyed since then" Plain, counts.gone),
        count!("longest teardown" "from the death of a namespace to its end" Plain, longest.map_or(ABSENT, |_| &teardown)),
    ];
    namespaces.extend(
        longest.map(|cookie| count!("of cookie" "the namespace that took that long" Plain, cookie)),
    );
    let devices = vec![
        count!("away" "away from home now: left - settled - destroyed - forgotten" Plain, counts.devices_away),
        count!("left" "times that one at home went away" Plain, counts.left),
        count!("settled" "times that one came to be at home" Plain, counts.settled),
        count!("destroyed" "destroyed while away" Plain, counts.destroyed),
        count!("forgotten" "homes forgotten, on request or for lack of memory" Plain, counts.forgotten),
        count!("returned" "moved home by Homeward, at a death or by recall" Plain, counts.returned),
        count!("failed" "should have come home and could not be moved" Bad, counts.failed),
        count!("name clashes" "came home under another name because theirs was taken" Plain, counts.name_clashes),
    ];
    let settings = vec![
        count!("restored" "settings of devices that came home" Plain, counts.restored),
        count!("not restored" "that could not be restored" Bad, counts.not_restored),
        count!("programs left" "devices that came home with a program, ntuple rule or RSS context of inside" Bad, counts.programs_left),
    ];
    let module = vec![
        count!("events" "so far (number of the last one)" Plain, counts.events),
        count!("events lost" "that could not be sent to every listener" Bad, counts.events_lost),
        count!("no memory" "homes that could not be recorded for lack of memory" Bad, counts.no_memory),
        count!("memory" "in use for namespaces, homes and rules" Plain, bytes(counts.memory)),
    ];
    [
        ("Namespaces", namespaces),
        ("Devices", devices),
        ("Settings", settings),
        ("The module", module),
    ]
}

/// Counts in groups, each in a line with what it means.
fn text(counts: &Counts, look: Look) -> String {
    let groups = groups(counts);
    let rows = || groups.iter().flat_map(|(_, rows)| rows);
    let names = rows().map(|row| row.0.len()).max().unwrap_or_default();
    let values = rows().map(|row| row.3.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (title, rows) in &groups {
        if look.header {
            text.push_str(&Style::Heading.paint(title, look.color));
            text.push('\n');
        }
        for (name, meaning, style, value) in rows {
            let style = if value == "0" { &Style::Plain } else { style };
            let value = style.paint(&format!("{value:>values$}"), look.color);
            let meaning = Style::Faint.paint(meaning, look.color);
            text.push_str(&format!("  {name:names$}  {value}  {meaning}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fixture::{golden_data, TEXT};

    #[test]
    fn counts_as_text_and_json() {
        let counts = Counts {
            namespaces: 3,
            older: 1,
            born: 12,
            gone: 10,
            devices_away: 1,
            left: 4,
            settled: 2,
            destroyed: 1,
            forgotten: 0,
            returned: 2,
            failed: 1,
            restored: 9,
            not_restored: 0,
            name_clashes: 1,
            events: 31,
            events_lost: 2,
            no_memory: 0,
            memory: 2345,
            longest_teardown: Duration::from_millis(1500),
            longest_teardown_cookie: Some(4711),
            programs_left: 3,
        };
        let none = Counts::default();
        golden_data("stats", text(&counts, TEXT), &none);
    }
}
