// SPDX-License-Identifier: GPL-2.0-only

//! `check`: whether anything is wrong, in one line and an exit status, as monitoring wants it.

use clap::Args;
use homeward_client::model::{Namespace, Stats};
use homeward_client::{Client, Error};
use serde::Serialize;

use super::doctor::namespaces::Told;
use super::doctor::{Check as One, Outcome};
use super::{Context, Verb};
use crate::error::{Result, LOAD};
use crate::exit::Status;
use crate::render::text::printable;

const HELP: &str = "\
Examples:
  homeward check
      For Icinga, Nagios and others that call plugins.
  homeward check --ignore events --ignore returns
      Without what was counted once and stays counted until the module is reloaded.

Status 0: OK. 1: WARNING, something is not as it should be, or once was not. 2: CRITICAL, the module is
not loaded or a device is stuck; also a wrong command line. 3: UNKNOWN, the module could not be asked.
'homeward doctor' says more, and what to do.";

/// Say in one line and by the exit status whether anything is wrong.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Check {
    /// Leave out what this check finds; several are possible.
    #[arg(long, value_name = "CHECK", value_parser = NAMES)]
    ignore: Vec<String>,
}

/// What can be left out, as the doctor calls it.
const NAMES: [&str; 7] = [
    "stuck devices",
    "teardown",
    "rules",
    "events",
    "returns",
    "programs",
    "memory",
];

/// How things are, as plugins say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Critical,
    Unknown,
}

/// How things are, and why.
#[derive(Debug, Serialize)]
struct Report {
    /// How they are.
    state: State,
    /// What was looked at.
    checks: Vec<One>,
    /// What was measured.
    #[serde(skip)]
    measured: String,
}

impl Verb for Check {
    fn run(self, context: &Context) -> Result<Status> {
        let report = match ask(context) {
            Ok(told) => judge(
                told.checks(),
                &self.ignore,
                measured(&told.namespaces, &told.stats),
            ),
            Err(error) => silent(&error),
        };
        context.print(&report, |_| line(&report))?;
        Ok(report.state.status())
    }
}

impl State {
    /// The word that plugins have for it.
    fn word(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Warning => "WARNING",
            State::Critical => "CRITICAL",
            State::Unknown => "UNKNOWN",
        }
    }

    /// The one of ours with the number that plugins have for it.
    fn status(self) -> Status {
        match self {
            State::Ok => Status::Ok,
            State::Warning => Status::Failed,
            State::Critical => Status::Usage,
            State::Unknown => Status::NotFound,
        }
    }
}

fn ask(context: &Context) -> std::result::Result<Told, Error> {
    Told::ask(&mut Client::connect()?, context)
}

fn judge(mut checks: Vec<One>, ignored: &[String], measured: String) -> Report {
    checks.retain(|check| !ignored.iter().any(|name| name == check.name));
    let worst = checks.iter().map(|check| check.outcome).max();
    Report {
        state: match worst {
            None | Some(Outcome::Ok) => State::Ok,
            Some(Outcome::Warn) => State::Warning,
            Some(Outcome::Fail) => State::Critical,
        },
        checks,
        measured,
    }
}

/// Where the module does not tell.
fn silent(error: &Error) -> Report {
    let not_loaded = matches!(error, Error::NotLoaded);
    let found = error.to_string();
    Report {
        state: match not_loaded {
            true => State::Critical,
            false => State::Unknown,
        },
        checks: vec![match not_loaded {
            true => One::fail("module", found, LOAD),
            false => One::warn("module", found, "run 'homeward doctor' as root"),
        }],
        measured: String::new(),
    }
}

/// One line: the state, why, and after a bar what was measured.
fn line(report: &Report) -> String {
    let bad = report
        .checks
        .iter()
        .filter(|check| check.outcome != Outcome::Ok);
    let bad: Vec<_> = bad
        .map(|check| format!("{}: {}", check.name, check.found))
        .collect();
    let why = match bad.is_empty() {
        true => "nothing is wrong".to_owned(),
        // A name may have a bar in it.
        false => printable(&bad.join("; ")).replace('|', "/"),
    };
    let measured = match report.measured.as_str() {
        "" => String::new(),
        measured => format!(" | {measured}"),
    };
    format!("HOMEWARD {} - {why}{measured}\n", report.state.word())
}

/// What was measured, as plugins write it: a `c` stands for what only grows.
fn measured(namespaces: &[Namespace], stats: &Stats) -> String {
    let dying = namespaces.iter().filter_map(|one| one.dying_for).max();
    let stuck: u32 = namespaces.iter().filter_map(|one| one.stuck).sum();
    let Stats {
        devices_away: away,
        failed,
        not_restored,
        events_lost,
        memory,
        ..
    } = stats;
    format!(
        "namespaces={};;;0 away={away};;;0 stuck={stuck};;;0 teardown={:.3}s;;;0 failed={failed}c;;;0 \
         not_restored={not_restored}c;;;0 events_lost={events_lost}c;;;0 memory={memory}B;;;0",
        namespaces.len(),
        dying.unwrap_or_default().as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{container, dying, golden, initial, JSON};

    fn found() -> Vec<One> {
        vec![
            One::ok("teardown", "no namespace takes long to die"),
            One::warn("events", "2 were lost", "read faster"),
            One::fail("stuck devices", "e|\n0@red for 4s", "end what used it"),
        ]
    }

    fn of(ignored: &[&str]) -> Report {
        let ignored: Vec<_> = ignored.iter().map(|name| (*name).to_owned()).collect();
        let namespaces = [initial(), container(), dying()];
        let measured = measured(&namespaces, &Stats::default());
        judge(found(), &ignored, measured)
    }

    #[test]
    fn one_line_with_the_worst_of_all_and_json() {
        golden(
            "check",
            &[
                ("critical", line(&of(&[]))),
                ("warning", line(&of(&["stuck devices"]))),
                ("ok", line(&of(&["stuck devices", "events"]))),
                ("not loaded", line(&silent(&Error::NotLoaded))),
                ("unknown", line(&silent(&Error::NotInitial))),
                ("json", JSON.choose(&of(&[]), String::new).unwrap()),
            ],
        );
    }

    #[test]
    fn each_state_ends_with_the_status_of_plugins() {
        let all = [State::Ok, State::Warning, State::Critical, State::Unknown];
        assert_eq!(all.map(|state| state.status().code()), [0, 1, 2, 3]);
    }
}
