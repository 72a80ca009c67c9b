// SPDX-License-Identifier: GPL-2.0-only

//! Everything at once, for some minutes, with a referee who knows which devices there are.
//!
//! `homeward-stress SECONDS [SEED [faults]]`, as root in a guest of its own. Ends with 0 when the
//! referee has nothing to complain about. The same seed gives each worker the same choices, not the
//! same timing. A seed of 0 is another one each time. With faults, what the module calls fails at
//! random meanwhile; see `faults` and `witness`.

mod arena;
mod carrier;
mod faults;
mod figures;
mod filler;
mod nic;
mod referee;
mod witness;
mod workers;

use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use arena::Arena;
use faults::Faults;

/// So many network cards, shared out among so many carriers.
const NICS: u32 = 12;
const CARRIERS: u32 = 3;

type Worker = fn(&Arena, &mut fastrand::Rng);
type Work = Box<dyn Fn(&Arena, &mut fastrand::Rng) + Send>;

/// Those who do one thing over and over.
const WORKERS: [(&str, Worker); 12] = [
    ("churn", workers::churn),
    ("churn", workers::churn),
    ("fill", filler::fill),
    ("enter", workers::enter),
    ("witness", witness::listen),
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
        eprintln!("usage: homeward-stress SECONDS [SEED [faults]]");
        return ExitCode::from(2);
    };
    let seed = words.next().and_then(|word| word.parse().ok());
    let seed = seed.filter(|seed| *seed != 0);
    let seed = seed.unwrap_or_else(|| fastrand::u64(1..));
    let faulty = words.next().is_some_and(|word| word == "faults");
    match run(Duration::from_secs(seconds), seed, faulty) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("stress: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(time: Duration, seed: u64, faulty: bool) -> Result<bool, String> {
    let seconds = time.as_secs();
    let with = if faulty { ", with faults" } else { "" };
    println!("{NICS} network cards, {seconds} s, seed {seed}{with}");
    let arena = Arc::new(Arena::new(NICS)?);
    let faults = faulty.then(|| Faults::begin(seed)).transpose()?;
    arena.faulty.store(faulty, Ordering::SeqCst);
    let hands = start(&arena, seed)?;
    let begun = Instant::now();
    while begun.elapsed() < time {
        thread::sleep(Duration::from_millis(500));
        referee::look(&arena);
    }
    arena.end();
    for hand in hands {
        if hand.join().is_err() {
            arena.complain("a worker panicked".to_owned());
        }
    }
    let worked = begun.elapsed();
    if let Some(faults) = &faults {
        faults.end()?;
        arena.faulty.store(false, Ordering::SeqCst);
        if !faults.report() {
            arena.complain("nothing has failed".to_owned());
        }
    }
    referee::judge(&arena, &mut fastrand::Rng::with_seed(seed));
    // In less time not everything comes about.
    for idle in arena.figures.idle().iter().filter(|_| seconds >= 120) {
        arena.complain(format!("there was no {idle}"));
    }
    Ok(arena.report(worked))
}

/// Sets everybody to work.
fn start(arena: &Arc<Arena>, seed: u64) -> Result<Vec<JoinHandle<()>>, String> {
    let mut all: Vec<(String, Work)> = Vec::new();
    for (name, work) in WORKERS {
        all.push((name.to_owned(), Box::new(work)));
    }
    for carrier in 0..CARRIERS {
        let work = move |arena: &Arena, dice: &mut fastrand::Rng| {
            carrier::carry(arena, dice, carrier, CARRIERS);
        };
        all.push((format!("carry{carrier}"), Box::new(work)));
    }
    let start = |(number, (name, work)): (u64, (String, Work))| {
        let arena = Arc::clone(arena);
        let mut dice = fastrand::Rng::with_seed(seed.wrapping_add(number));
        let work = move || {
            while !arena.over() {
                work(&arena, &mut dice);
            }
        };
        let hand = thread::Builder::new().name(name).spawn(work);
        hand.map_err(|error| format!("cannot start a worker: {error}"))
    };
    (0..).zip(all).map(start).collect()
}
