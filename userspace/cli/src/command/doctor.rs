// SPDX-License-Identifier: GPL-2.0-only

//! `doctor`: whether everything is in place, and what to do if not.

mod baselines;
mod kernel;
pub(super) mod namespaces;

use std::fs;
use std::path::Path;

use clap::Args;
use homeward_client::{Client, Error, FAMILY_VERSION};
use homeward_netns::in_initial_user_namespace;
use serde::Serialize;

use super::{Context, Verb};
use crate::error::{Result, LOAD, OUTSIDE};
use crate::exit::Status;
use crate::render::text::printable;
use crate::render::{Look, Style};

const MODULE: &str = "/sys/module/homeward";
const CAP_NET_ADMIN: u32 = 12;
/// Of several things found, so many are named.
const NAMED: usize = 5;

const HELP: &str = "\
Examples:
  homeward doctor
  homeward doctor --json | jq '.checks[] | select(.outcome != \"ok\").advice'

Exit status 1: a check failed. Warnings do not count.";

/// Check that everything is in place, and say what to do if not.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Doctor {}

/// All checks.
#[derive(Debug, Serialize)]
struct Checks {
    /// The checks.
    checks: Vec<Check>,
}

/// One check.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    /// What was checked.
    pub(super) name: &'static str,
    /// How it ended.
    pub(super) outcome: Outcome,
    /// What was found.
    pub(super) found: String,
    /// What to do.
    pub(super) advice: Option<String>,
}

/// How a check ended, the better before the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    /// As it should be.
    Ok,
    /// Something will not be as good as it could be.
    Warn,
    /// Something will not work.
    Fail,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Warn => "warn",
            Outcome::Fail => "fail",
        }
    }
}

impl Check {
    /// A check that found things as they should be.
    pub(super) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Check {
            name,
            outcome: Outcome::Ok,
            found: found.into(),
            advice: None,
        }
    }

    /// A check that found something to improve.
    pub(super) fn warn(
        name: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Check {
            outcome: Outcome::Warn,
            advice: Some(advice.into()),
            ..Check::ok(name, found)
        }
    }

    /// A check that found something that must be done.
    pub(super) fn fail(
        name: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Check {
            outcome: Outcome::Fail,
            ..Check::warn(name, found, advice)
        }
    }
}

impl Verb for Doctor {
    fn run(self, context: &Context) -> Result<Status> {
        let all = Checks {
            checks: checks(context),
        };
        context.print_list(&all, &all.checks, |look| text(&all.checks, look))?;
        let failed = all.checks.iter().any(|one| one.outcome == Outcome::Fail);
        Ok(match failed {
            true => Status::Failed,
            false => Status::Ok,
        })
    }
}

/// Makes all checks.
fn checks(context: &Context) -> Vec<Check> {
    let release = kernel::release();
    let loaded = Path::new(MODULE).exists();
    let (family, client) = family();
    let mut checks = vec![kernel::version(&release)];
    // Where it is loaded, the kernel has what it takes.
    checks.extend((!loaded).then(|| kernel::config(&release)));
    checks.push(module(loaded, &checks));
    checks.extend(loaded.then(module_version));
    checks.extend([permission(), family]);
    if let Some(mut client) = client {
        checks.push(family_version(&client));
        // Where the module refuses, the check of the family says it already.
        let told = namespaces::Told::ask(&mut client, context);
        checks.extend(told.into_iter().flat_map(|told| told.checks()));
        checks.extend(baselines::check(&mut client).into_iter().flatten());
    }
    checks.extend(namespaces::names(&context.directory));
    checks
}

/// Checks, one a line.
fn text(checks: &[Check], look: Look) -> String {
    let width = checks.iter().map(|check| check.name.len()).max();
    let width = width.unwrap_or_default();
    let line = |check: &Check| {
        let style = match check.outcome {
            Outcome::Ok => Style::Good,
            Outcome::Warn => Style::Notable,
            Outcome::Fail => Style::Bad,
        };
        let outcome = style.paint(&format!("{:4}", check.outcome.name()), look.color);
        let (name, found) = (check.name, printable(&check.found));
        let advice = check.advice.as_deref().map(printable);
        let advice = advice.map_or(String::new(), |advice| format!(": {advice}"));
        format!("{outcome}  {name:width$}  {found}{advice}\n")
    };
    checks.iter().map(line).collect()
}

/// Whether it is loaded, and if not, whether this kernel, of which `known` tells, could.
fn module(loaded: bool, known: &[Check]) -> Check {
    let name = "module";
    if loaded {
        return Check::ok(name, "homeward is loaded");
    }
    let found = "homeward is not loaded";
    let unfit = known.iter().find(|check| kernel::is_unfit(check));
    match unfit.and_then(|check| check.advice.as_deref()) {
        Some(advice) => Check::fail(
            name,
            found,
            format!("{LOAD}, which only another kernel can: {advice}"),
        ),
        None => Check::fail(name, found, LOAD),
    }
}

fn module_version() -> Check {
    let name = "module version";
    let own = env!("CARGO_PKG_VERSION");
    match fs::read_to_string(Path::new(MODULE).join("version")) {
        Ok(version) if version.trim() == own => Check::ok(name, own),
        Ok(version) => Check::warn(
            name,
            format!("{}, but this command is of version {own}", version.trim()),
            "install both from one release",
        ),
        Err(_) => Check::warn(
            name,
            "unknown",
            format!("make sure that the module is of version {own}"),
        ),
    }
}

fn permission() -> Check {
    let name = "permission";
    let advice = "run it as root, or give it CAP_NET_ADMIN";
    let Ok(status) = fs::read_to_string("/proc/self/status") else {
        let found = "unknown, because /proc/self/status cannot be read";
        return Check::warn(name, found, "make sure that /proc is mounted");
    };
    if !has_net_admin(&status) {
        return Check::fail(name, "CAP_NET_ADMIN is missing", advice);
    }
    match in_initial_user_namespace() {
        true => Check::ok(name, "CAP_NET_ADMIN in the initial user namespace"),
        false => Check::fail(
            name,
            "CAP_NET_ADMIN is held, but not in the initial user namespace",
            "run it outside of the container",
        ),
    }
}

fn family() -> (Check, Option<Client>) {
    let name = "family";
    let (found, advice) = match Client::connect() {
        Ok(mut client) => match client.namespaces_now() {
            Ok(dump) => {
                let count = dump.items.len();
                let check = Check::ok(name, format!("answers, {count} network namespaces"));
                return (check, Some(client));
            }
            Err(error) => (error.to_string(), "see 'permission' above"),
        },
        Err(error @ Error::NotInitial) => (error.to_string(), OUTSIDE),
        Err(Error::NotLoaded) => ("not found".to_owned(), "load the module first"),
        Err(error) => (error.to_string(), "see the kernel's log (dmesg)"),
    };
    (Check::fail(name, found, advice), None)
}

fn family_version(client: &Client) -> Check {
    let name = "family version";
    let (theirs, own) = (client.family_version(), u32::from(FAMILY_VERSION));
    if theirs == own {
        Check::ok(name, theirs.to_string())
    } else {
        Check::warn(
            name,
            format!("{theirs}, but this command speaks {own}"),
            "install both from one release",
        )
    }
}

/// Whether a /proc/PID/status has CAP_NET_ADMIN among the effective capabilities.
fn has_net_admin(status: &str) -> bool {
    status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask >> CAP_NET_ADMIN & 1 == 1)
}

/// The first of several.
fn some(found: &[String]) -> String {
    let named = found.get(..NAMED.min(found.len())).unwrap_or_default();
    let text = named.join(", ");
    match found.len().saturating_sub(NAMED) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{golden_data, TEXT};

    #[test]
    fn checks_as_text_and_json() {
        let all = Checks {
            checks: vec![
                Check::ok("kernel", "Linux 7.3.4"),
                Check::warn("names", "not shared", "share them"),
                Check::fail("module", "homeward is not loaded", "load it"),
            ],
        };
        golden_data("doctor", text(&all.checks, TEXT), &all);
    }

    #[test]
    fn the_capability_is_bit_12() {
        assert!(has_net_admin("Name:\tx\nCapEff:\t0000000000001000\n"));
        assert!(!has_net_admin("CapEff:\tffffffffffffefff\n"));
        assert!(!has_net_admin("CapPrm:\t0000000000001000\n"));
    }

    #[test]
    fn of_many_only_some_are_named() {
        let many: Vec<String> = (0..7).map(|number| number.to_string()).collect();
        assert_eq!(some(&many), "0, 1, 2, 3, 4 and 2 more");
        assert_eq!(some(&many[..1]), "0");
    }
}
