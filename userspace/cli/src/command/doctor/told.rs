// SPDX-License-Identifier: GPL-2.0-only

//! Checks of what the module tells: whether something went wrong since it was loaded, or is going wrong.

use std::time::Duration;

use homeward_client::model::{Device, Namespace, State, Stats};
use homeward_client::{Client, Result};

use super::{some, Check};
use crate::book::Book;
use crate::command::Context;

/// A teardown takes some milliseconds, and a burst of them a second or two.
const LONG: Duration = Duration::from_secs(10);

/// Makes the checks.
pub(super) fn checks(client: &mut Client, context: &Context) -> Vec<Check> {
    let ask = |client: &mut Client| -> Result<_> {
        let namespaces = client.namespaces_now()?.items;
        let devices = client.devices_now(None)?.items;
        Ok((namespaces, devices, client.stats()?))
    };
    match ask(client) {
        Ok((namespaces, devices, stats)) => {
            let book = Book::new(&namespaces, &context.directory);
            let mut checks = vec![stuck(&devices, &book), teardown(&namespaces, &book)];
            checks.extend(counts(&stats));
            checks
        }
        // The check of the family says it already.
        Err(_) => Vec::new(),
    }
}

fn stuck(devices: &[Device], book: &Book) -> Check {
    let name = "stuck devices";
    let found: Vec<String> = devices
        .iter()
        .filter_map(|device| {
            let stuck = device.stuck.as_ref()?;
            let (seconds, refs) = (stuck.waiting_for.as_secs(), stuck.refs);
            let place = book.place(device.namespace).label();
            let device = &device.name;
            Some(format!(
                "{device}@{place} for {seconds}s with {refs} references"
            ))
        })
        .collect();
    if found.is_empty() {
        return Check::ok(name, "none");
    }
    Check::fail(
        name,
        some(&found),
        "somebody in the kernel still holds a reference, and until it is let go no other network \
         namespace can be destroyed: look for 'unregister_netdevice' in the kernel's log, end what \
         used the device (sockets, tunnels, traffic control), else only a reboot helps",
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
        count => format!(", {count} more wait for their turn"),
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
            "no device came home with an XDP or tcx program attached inside",
            "devices came home with an XDP or tcx program that was attached inside",
            "the kernel's log says which; the kernel lets no module detach such a program: whoever \
             holds its link can, or for one without a link root by bpf(2)",
        ),
        zero(
            "memory",
            stats.no_memory,
            "no home was forgotten for want of memory",
            "homes could not be recorded for want of memory",
            "those devices will come home as the kernel leaves them; see to it that the machine has \
             memory to spare",
        ),
    ]
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
