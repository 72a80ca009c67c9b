// SPDX-License-Identifier: GPL-2.0-only

//! What the module counted has to add up, and to agree with what it lists.

use homeward_client::model::Stats;
use homeward_client::{
    Client,
    Result, //
};
use std::{
    thread,
    time::{
        Duration,
        Instant, //
    },
};

/// What the tests have left behind dies behind their backs, and that takes as long.
const REST_LIMIT: Duration = Duration::from_secs(60);
/// How long to wait before asking again.
const PAUSE: Duration = Duration::from_millis(100);

/// What there is, one by one.
#[derive(Clone, Copy, Debug)]
struct Listed {
    namespaces: usize,
    /// Devices with a home.
    away: usize,
}

/// What does not add up.
pub(crate) fn problems() -> Vec<String> {
    match ask() {
        Ok((stats, listed)) => imbalances(&stats, listed),
        Err(error) => vec![format!("cannot ask for the balance: {error}")],
    }
}

/// What is counted and what is listed while nothing happens in between.
fn ask() -> Result<(Stats, Listed)> {
    let mut client = Client::connect()?;
    let end = Instant::now() + REST_LIMIT;
    loop {
        let before = client.stats()?;
        let listed = list(&mut client)?;
        let stats = client.stats()?;
        if stats == before || Instant::now() >= end {
            return Ok((stats, listed));
        }
        thread::sleep(PAUSE);
    }
}

fn list(client: &mut Client) -> Result<Listed> {
    let away = (client.devices(None)?.iter())
        .filter(|device| !device.homes.is_empty())
        .count();
    let namespaces = client.namespaces()?.len();
    Ok(Listed { namespaces, away })
}

fn imbalances(stats: &Stats, listed: Listed) -> Vec<String> {
    let present = u64::from(stats.namespaces);
    let away = u64::from(stats.devices_away);
    let ended = stats.settled + stats.destroyed + stats.forgotten;
    [
        (
            u64::from(stats.older) + stats.born,
            stats.gone + present,
            "namespaces came",
            "went or are here",
        ),
        (
            present,
            as_count(listed.namespaces),
            "namespaces are here",
            "are listed",
        ),
        (
            stats.left,
            ended + away,
            "devices left home",
            "came back, ended or are away",
        ),
        (
            away,
            as_count(listed.away),
            "devices are away",
            "are listed so",
        ),
    ]
    .into_iter()
    .filter(|(one, other, ..)| one != other)
    .map(|(one, other, what, is)| format!("{one} {what}, {other} {is}"))
    .collect()
}

fn as_count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: Listed = Listed {
        namespaces: 2,
        away: 1,
    };

    fn balanced() -> Stats {
        Stats {
            namespaces: 2,
            older: 1,
            born: 5,
            gone: 4,
            devices_away: 1,
            left: 10,
            settled: 6,
            destroyed: 2,
            forgotten: 1,
            ..Stats::default()
        }
    }

    #[test]
    fn what_adds_up_is_no_problem() {
        assert_eq!(imbalances(&balanced(), LISTED), [""; 0]);
    }

    #[test]
    fn each_counter_that_is_wrong_is_a_problem() {
        let wrong: [fn(&mut Stats); 8] = [
            |stats| stats.older += 1,
            |stats| stats.born += 1,
            |stats| stats.gone -= 1,
            |stats| stats.left += 1,
            |stats| stats.settled += 1,
            |stats| stats.destroyed -= 1,
            |stats| stats.forgotten += 1,
            |stats| stats.namespaces += 1,
        ];
        for (number, spoil) in wrong.iter().enumerate() {
            let mut stats = balanced();
            spoil(&mut stats);
            assert!(!imbalances(&stats, LISTED).is_empty(), "the {number}th");
        }
    }

    #[test]
    fn what_is_counted_and_not_there_is_a_problem() {
        let none = Listed { away: 0, ..LISTED };
        assert_eq!(
            imbalances(&balanced(), none),
            ["1 devices are away, 0 are listed so"]
        );
    }
}
