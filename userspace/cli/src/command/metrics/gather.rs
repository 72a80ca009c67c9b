// SPDX-License-Identifier: GPL-2.0-only

//! From what the module tells to metrics. Its counts are those of the specification, each with its words
//! there; the rest is summed up from one list of namespaces.

use std::time::Duration;

use homeward_abi::stats;
use homeward_client::model::{Namespace, State, Stats};

use super::family::{Family, Kind, Sample, Value};
use super::Told;

const PREFIX: &str = "homeward";
/// Those of the counts that are values of now.
const GAUGES: [u16; 5] = [
    stats::NAMESPACES,
    stats::OLDER,
    stats::DEVICES_AWAY,
    stats::MEMORY,
    stats::LONGEST_TEARDOWN,
];
/// No measure of anything.
const LEFT_OUT: [u16; 1] = [stats::LONGEST_TEARDOWN_COOKIE];

/// All metrics, by their names; with series for at most so many namespaces.
pub(super) fn families(told: Option<&Told>, per_namespace: Option<usize>) -> Vec<Family> {
    let mut all = vec![version(), up(told.is_some())];
    if let Some(told) = told {
        all.extend(counts(&told.stats));
        all.extend(sums(&told.namespaces));
        all.extend(per_namespace.into_iter().flat_map(|most| each(told, most)));
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn gauge(name: &str, help: &str, samples: Vec<Sample>) -> Family {
    let units = [("_seconds", "seconds"), ("_bytes", "bytes")];
    let unit = units.iter().find(|(end, _)| name.ends_with(end));
    Family {
        name: format!("{PREFIX}_{name}"),
        kind: Kind::Gauge,
        unit: unit.map(|(_, unit)| *unit),
        help: help.to_owned(),
        samples,
    }
}

fn sample(value: Value) -> Sample {
    Sample {
        labels: [].into(),
        value,
    }
}

fn labelled(key: &'static str, label: &str, value: Value) -> Sample {
    Sample {
        labels: [(key, label.to_owned())].into(),
        value,
    }
}

fn version() -> Family {
    let one = labelled("version", env!("CARGO_PKG_VERSION"), Value::Count(1));
    gauge("build_info", "The version of the command.", vec![one])
}

fn up(loaded: bool) -> Family {
    let help = "Whether the module is loaded and answers.";
    gauge("up", help, vec![sample(Value::Count(loaded.into()))])
}

/// What the module has counted.
fn counts(counts: &Stats) -> Vec<Family> {
    let json = serde_json::to_value(counts).unwrap_or_default();
    let families = stats::NAMES.iter().filter_map(|(number, name)| {
        let name = name.replace('-', "_");
        let doc = stats::DOCS.iter().find(|(known, _)| known == number);
        let help = doc.map_or("", |(_, doc)| doc.trim_start());
        // Here it is in seconds.
        let help = help.replace(", in nanoseconds", "");
        let (name, value) = [
            (name.clone(), json.get(&name), false),
            (
                format!("{name}_bytes"),
                json.get(format!("{name}_bytes")),
                false,
            ),
            (
                format!("{name}_seconds"),
                json.get(format!("{name}_ns")),
                true,
            ),
        ]
        .into_iter()
        .find_map(|(name, value, time)| {
            let value = value?.as_u64()?;
            let value = match time {
                true => seconds(Duration::from_nanos(value)),
                false => Value::Count(value),
            };
            Some((name, value))
        })?;
        let family = gauge(&name, &help, vec![sample(value)]);
        let kind = match GAUGES.contains(number) {
            true => Kind::Gauge,
            false => Kind::Counter,
        };
        (!LEFT_OUT.contains(number)).then_some(Family { kind, ..family })
    });
    families.collect()
}

fn seconds(time: Duration) -> Value {
    Value::Seconds(time.as_secs_f64())
}

/// What is in all namespaces together.
fn sums(namespaces: &[Namespace]) -> Vec<Family> {
    let sum = |of: fn(&Namespace) -> Option<u32>| {
        let all = namespaces.iter().filter_map(of).map(u64::from);
        vec![sample(Value::Count(all.sum()))]
    };
    let states = State::ALL.iter().map(|state| {
        let these = namespaces.iter().filter(|one| one.state == *state).count();
        let count = u64::try_from(these).unwrap_or(u64::MAX);
        labelled("state", state.name(), Value::Count(count))
    });
    let longest = namespaces.iter().filter_map(|one| one.dying_for).max();
    vec![
        gauge("namespace_states", "Network namespaces by their state.", states.collect()),
        gauge("devices", "Network devices.", sum(|one| one.devices)),
        gauge("sockets", "Sockets in use.", sum(|one| one.sockets)),
        gauge(
            "stuck_devices",
            "Devices that the kernel has unregistered and cannot free.",
            sum(|one| one.stuck),
        ),
        gauge(
            "teardown_seconds",
            "For how long the network namespace that is being destroyed for longest has been dying.",
            vec![sample(seconds(longest.unwrap_or_default()))],
        ),
    ]
}

/// Series for each of some namespaces: those first that are not alive, then the oldest.
fn each(told: &Told, most: usize) -> Vec<Family> {
    let mut some: Vec<&Namespace> = told.namespaces.iter().collect();
    some.sort_by_key(|one| (one.state == State::Live, one.cookie));
    let left = u64::try_from(some.len().saturating_sub(most)).unwrap_or(u64::MAX);
    some.truncate(most);
    let series = |name: &str, help: &str, of: fn(&Namespace) -> Option<Value>| {
        let samples = some.iter().filter_map(|one| {
            let label = told.book.place(one.cookie).label();
            Some(labelled("namespace", &label, of(one)?))
        });
        gauge(&format!("namespace_{name}"), help, samples.collect())
    };
    vec![
        series("devices", "Network devices in it.", |one| {
            count(one.devices)
        }),
        series(
            "devices_away",
            "Devices in it that would go home, which is elsewhere.",
            |one| count(one.away),
        ),
        series("sockets", "Sockets in use in it.", |one| count(one.sockets)),
        series("dying_seconds", "For how long it has been dying.", |one| {
            one.dying_for.map(seconds)
        }),
        gauge(
            "namespaces_left_out",
            "Network namespaces without series of their own.",
            vec![sample(Value::Count(left))],
        ),
    ]
}

fn count(count: Option<u32>) -> Option<Value> {
    count.map(|count| Value::Count(count.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_of_the_specification_is_a_metric_or_left_out() {
        let stats = Stats {
            longest_teardown_cookie: Some(7),
            ..Stats::default()
        };
        let found = counts(&stats);
        assert_eq!(found.len() + LEFT_OUT.len(), stats::NAMES.len());
        let json = serde_json::to_value(&stats).unwrap();
        assert_eq!(json.as_object().unwrap().len(), stats::NAMES.len());
        for family in found {
            assert!(family.help.ends_with('.'), "{family:?}");
        }
    }
}
