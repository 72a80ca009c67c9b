// SPDX-License-Identifier: GPL-2.0-only

//! Whether something went wrong with namespaces and their devices since the module was loaded, or is going
//! wrong, and whether their names are of use.

use std::fs;
use std::path::Path;
use std::time::Duration;

use homeward_client::model::{Device, Namespace, Rule, State, Stats};
use homeward_client::{Client, Result};
use homeward_netns::{mount_point, Blind, Directory, Kind, Name, Propagation, YOUNG};
use nix::errno::Errno;
use nix::unistd::{access, AccessFlags};

use super::{some, Check, NAMED};
use crate::book::Book;
use crate::command::namespace::creator;
use crate::command::Context;
use crate::managers::{self, LEAVE_IT_TO_THEM};
use crate::names::{words, Words};
use crate::printable::shell_word;
use crate::rule;

/// A teardown takes some milliseconds, and a burst of them a second or two.
const LONG: Duration = Duration::from_secs(10);
const NAMES: &str = "names";
const STALE: &str = "stale names";

/// What the module tells.
pub(in crate::command) struct Told {
    /// All namespaces.
    pub(in crate::command) namespaces: Vec<Namespace>,
    /// Its counts.
    pub(in crate::command) stats: Stats,
    stuck: Vec<Device>,
    rules: Vec<Rule>,
    book: Book,
}

impl Told {
    /// Asks it.
    pub(in crate::command) fn ask(client: &mut Client, context: &Context) -> Result<Self> {
        let namespaces = client.namespaces_now()?.items;
        // All devices are many, and only those are of interest that namespaces say are stuck.
        let any_stuck = namespaces
            .iter()
            .any(|one| one.stuck.is_some_and(|count| count > 0));
        let mut stuck = match any_stuck {
            true => client.devices_now(None)?.items,
            false => Vec::new(),
        };
        stuck.retain(|device| device.stuck.is_some());
        Ok(Told {
            stats: client.stats()?,
            rules: client.rules()?,
            book: Book::new(&namespaces, &context.directory),
            namespaces,
            stuck,
        })
    }

    /// What is to be said of it.
    pub(in crate::command) fn checks(&self) -> Vec<Check> {
        let mut checks = vec![
            stuck(&self.stuck, &self.namespaces, &self.book),
            teardown(&self.namespaces, &self.book),
            rules(&self.rules, &managers::running()),
        ];
        checks.extend(counts(&self.stats));
        checks
    }
}

fn stuck(devices: &[Device], namespaces: &[Namespace], book: &Book) -> Check {
    let name = "stuck devices";
    // Its name is gone by then.
    let maker = |cookie: u64| {
        let place = namespaces.iter().find(|one| one.cookie == cookie)?;
        let maker = place.creator.as_ref()?;
        Some(format!(" (the namespace was made by {})", creator(maker)))
    };
    let found: Vec<String> = devices
        .iter()
        .filter_map(|device| {
            let stuck = device.stuck.as_ref()?;
            let (seconds, refs) = (stuck.waiting_for.as_secs(), stuck.refs);
            let place = book.place(device.namespace).label();
            let maker = maker(device.namespace).unwrap_or_default();
            let device = &device.name;
            Some(format!(
                "{device}@{place} for {seconds}s with {refs} references{maker}"
            ))
        })
        .collect();
    if found.is_empty() {
        return Check::ok(name, "none");
    }
    Check::fail(
        name,
        some(&found),
        "somebody in the kernel still holds a reference, and until that is dropped no other network \
         namespace can be destroyed: look for 'unregister_netdevice' in the kernel's log, where a kernel \
         with CONFIG_NET_DEV_REFCNT_TRACKER tells who took it, end what used the device (sockets, tunnels, \
         traffic control), else only a reboot helps",
    )
}

fn teardown(namespaces: &[Namespace], book: &Book) -> Check {
    let name = "teardown";
    let long: Vec<String> = namespaces
        .iter()
        .filter(|one| one.dying_for.is_some_and(|time| time >= LONG))
        .map(|one| {
            let seconds = one.dying_for.unwrap_or_default().as_secs();
            format!(
                "{} has been dying for {seconds}s",
                book.place(one.cookie).label()
            )
        })
        .collect();
    let queued = namespaces.iter().filter(|one| one.state == State::Queued);
    let queued = match queued.count() {
        0 => String::new(),
        count => format!(", {count} more are queued"),
    };
    if long.is_empty() {
        return Check::ok(name, format!("no namespace takes long to die{queued}"));
    }
    Check::warn(
        name,
        format!("{}{queued}", some(&long)),
        "see 'stuck devices' above, and /proc/PID/stack of the kernel's worker for netns \
         (the kworker that is in cleanup_net)",
    )
}

fn rules(rules: &[Rule], running: &[&str]) -> Check {
    let name = "rules";
    let rivals = rules.iter().filter(|rule| managers::rivals(rule.restore));
    let rivals: Vec<_> = rivals.map(|rule| rule.id.to_string()).collect();
    if rivals.is_empty() || running.is_empty() {
        return Check::ok(name, format!("{} in force", rule::count(rules.len())));
    }
    let found = format!("rules that set devices up: {}", some(&rivals));
    let running = running.join(" and ");
    Check::warn(
        name,
        format!("{found}, and {running} runs here"),
        LEAVE_IT_TO_THEM,
    )
}

fn counts(stats: &Stats) -> Vec<Check> {
    let zero = |name, count: u64, fine: &str, what: &str, advice: &str| match count {
        0 => Check::ok(name, fine),
        _ => Check::warn(
            name,
            format!("{count} {what} since the module was loaded"),
            advice,
        ),
    };
    let unreturned = stats.failed.saturating_add(stats.not_restored);
    let events = stats.events;
    vec![
        zero(
            "events",
            stats.events_lost,
            &format!("{events} so far, none lost"),
            "were lost",
            "listeners that are too slow lose some: give them a bigger receive buffer \
             (net.core.rmem_max), or see which of them does not read",
        ),
        zero(
            "returns",
            unreturned,
            "every device that should come home did, with its settings",
            "devices or settings could not be brought home",
            "the kernel's log and 'homeward watch' say which and why; 'homeward devices' shows where \
             they are",
        ),
        zero(
            "programs",
            stats.programs_left,
            "no device came home with a program, ntuple rule or RSS context of inside",
            "devices came home with a program, ntuple rule or RSS context of inside",
            "the kernel's log says which. The kernel lets no module detach such a program: whoever \
             holds its link can, or for one without a link root by bpf(2); 'ethtool -n' shows rules \
             and 'ethtool -N DEV delete N' removes one",
        ),
        zero(
            "memory",
            stats.no_memory,
            "no home was forgotten for lack of memory",
            "homes could not be recorded for lack of memory",
            "those devices will come home as the kernel leaves them; make sure that the machine has \
             memory to spare",
        ),
    ]
}

/// Whether names reach other mount namespaces, and whether something is behind them.
pub(super) fn names(directory: &Directory) -> Vec<Check> {
    let spoilt = spoilt(directory.path());
    let mut checks = vec![spoilt.unwrap_or_else(|| propagation(directory))];
    match directory.survey(YOUNG) {
        Ok(survey) => checks.extend(stale(&survey.names, &survey.blind, directory)),
        Err(error) => checks.push(Check::warn(
            STALE,
            error.to_string(),
            "make sure that it is a directory which you may read",
        )),
    }
    checks
}

/// What keeps anybody from making names, whatever the directory is mounted on.
fn spoilt(path: &Path) -> Option<Check> {
    let place = path.display();
    let (text, advice) = match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() && !path.exists() => (
            format!("{place} is a dangling link"),
            format!("remove it, or create its target: {}", rm(path)),
        ),
        Ok(_) if path.exists() && !path.is_dir() => (
            format!("{place} is not a directory"),
            format!("find out who created it, then remove it: {}", rm(path)),
        ),
        other => {
            let place = other.map_or_else(|_| path.parent(), |_| Some(path))?;
            if access(place, AccessFlags::W_OK) != Err(Errno::EROFS) {
                return None;
            }
            let point = mount_point(place).unwrap_or_else(|| place.to_owned());
            let place = place.display();
            (
                format!("names cannot be made or removed: {place} is read-only"),
                shell_word(&point, |point| format!("mount -o remount,rw {point}")),
            )
        }
    };
    Some(Check::warn(NAMES, text, advice))
}

fn rm(path: &Path) -> String {
    shell_word(path, |path| format!("rm {path}"))
}

fn propagation(directory: &Directory) -> Check {
    let name = NAMES;
    let path = directory.path();
    let place = path.display();
    match directory.propagation() {
        Some(Propagation {
            own: true,
            shared: true,
        }) => Check::ok(name, format!("{place} is a shared mount point")),
        Some(Propagation {
            own: false,
            shared: true,
        }) => Check::ok(name, format!("{place} is on a shared mount")),
        None if !path.exists() => {
            Check::ok(name, format!("{place} will be created with the first name"))
        }
        Some(Propagation { own: true, .. }) => Check::warn(
            name,
            format!(
                "{place} is mounted, but not shared, so deleted names remain in other mount \
                 namespaces"
            ),
            format!("mount --make-shared {place}"),
        ),
        Some(_) => Check::warn(
            name,
            format!("{place} is not a mount point, so names may not reach other mount namespaces"),
            "'homeward netns add NAME' fixes that",
        ),
        None => Check::warn(
            name,
            format!("{place} or the list of mounts cannot be read"),
            "make sure that it is a directory, and that /proc is mounted",
        ),
    }
}

fn stale(names: &[(Name, Kind)], blind: &Blind, directory: &Directory) -> Vec<Check> {
    let (mut gone, mut others) = (Vec::new(), Vec::new());
    for (name, kind) in names {
        match (kind, words(name, kind, blind, directory)) {
            (Kind::Stale(_), _) => gone.push(name.to_string()),
            (_, Some(words)) => others.push((name, words)),
            (_, None) => {}
        }
    }
    let mut checks = Vec::new();
    if !gone.is_empty() {
        let found = format!("no network namespace is behind {}", some(&gone));
        let advice = "'homeward prune' shows them all, 'homeward prune --yes' removes them";
        checks.push(Check::warn(STALE, found, advice));
    }
    let more = others.len().saturating_sub(NAMED);
    checks.extend(others.into_iter().take(NAMED).map(|(name, words)| {
        let Words { what, advice } = words;
        let found = format!("'{name}' is not a network namespace here: {what}");
        let advice = advice.unwrap_or_else(|| "leave it, or find out who created it".to_owned());
        Check::warn(STALE, found, advice)
    }));
    if more > 0 {
        let found = format!("{more} more names are not network namespaces");
        checks.push(Check::warn(STALE, found, "deal with these first"));
    }
    if checks.is_empty() {
        checks.push(Check::ok(STALE, "none"));
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::Outcome;

    #[test]
    fn a_lost_event_or_a_foreign_program_is_worth_a_warning() {
        let stats = Stats {
            events: 7,
            events_lost: 2,
            ..Stats::default()
        };
        let checks = counts(&stats);
        assert_eq!(checks[0].outcome, Outcome::Warn);
        assert_eq!(checks[0].found, "2 were lost since the module was loaded");
        let stats = Stats {
            programs_left: 1,
            ..Stats::default()
        };
        let warned = counts(&stats);
        let warned = warned.iter().find(|check| check.outcome != Outcome::Ok);
        assert_eq!(warned.expect("a warning").name, "programs");
        let fine = counts(&Stats::default());
        assert!(fine.iter().all(|check| check.outcome == Outcome::Ok));
    }
}
