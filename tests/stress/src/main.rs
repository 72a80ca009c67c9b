// SPDX-License-Identifier: GPL-2.0-only

//! Everything at once, for some minutes, with a referee who knows which devices there are.
//!
//! `homeward-stress SECONDS [SEED]`, as root in a guest of its own. Ends with 0 when the referee has
//! nothing to complain about. The same seed gives each worker the same choices, not the same timing.

mod arena;
mod carrier;
mod referee;
mod workers;

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use arena::Arena;

/// So many network cards, shared out among so many carriers.
const NICS: u32 = 12;
const CARRIERS: u32 = 3;

type Worker = fn(&Arena, &mut fastrand::Rng);
type Work = Box<dyn Fn(&Arena, &mut fastrand::Rng) + Send>;

/// Those who do one thing over and over.
const WORKERS: [(&str, Worker); 9] = [
    ("churn", workers::churn),
    ("churn", workers::churn),
    ("recall", workers::recall),
    ("policy", workers::policy),
    ("dump", workers::dump),
    ("listen", workers::listen),
    ("reload", workers::reload),
    ("hotplug", workers::hotplug),
    ("memory", workers::memory),
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let seconds = words.next().and_then(|word| word.parse().ok());
    let Some(seconds) = seconds else {
        eprintln!("usage: homeward-stress SECONDS [SEED]");
        return ExitCode::from(2);
    };
    let seed = words.next().and_then(|word| word.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    match run(Duration::from_secs(seconds), seed) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("stress: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(time: Duration, seed: u64) -> Result<bool, String> {
    println!("{NICS} network cards, {} s, seed {seed}", time.as_secs());
    let arena = Arc::new(Arena::new(NICS)?);
    let mut hands = Vec::new();
    let mut start = |name: String, number: u64, work: Work| {
        let arena = Arc::clone(&arena);
        let mut dice = fastrand::Rng::with_seed(seed.wrapping_add(number));
        let hand = thread::Builder::new().name(name).spawn(move || {
            while !arena.over() {
                work(&arena, &mut dice);
            }
        });
        hands.push(hand);
    };
    for (number, (name, work)) in (0u64..).zip(WORKERS) {
        start(name.to_owned(), number, Box::new(work));
    }
    for carrier in 0..CARRIERS {
        let work = move |arena: &Arena, dice: &mut fastrand::Rng| {
            carrier::carry(arena, dice, carrier, CARRIERS);
        };
        start(
            format!("carry{carrier}"),
            100 + u64::from(carrier),
            Box::new(work),
        );
    }

    let begun = Instant::now();
    while begun.elapsed() < time {
        thread::sleep(Duration::from_millis(500));
        referee::look(&arena);
    }
    arena.end();
    for hand in hands {
        let hand = hand.map_err(|error| format!("cannot start a worker: {error}"))?;
        if hand.join().is_err() {
            arena.complain("a worker panicked".to_owned());
        }
    }
    referee::judge(&arena);
    Ok(arena.report(begun.elapsed()))
}
