// SPDX-License-Identifier: GPL-2.0-only

//! Sends requests to the family, as root in a guest of its own, until `messages` are sent or
//! `seconds` are over: `homeward-fuzz messages=N [seconds=N] [seed=N] [points=N] [keep=1]`.
//!
//! Several at a time and from every level of privilege, while namespaces come and go and devices
//! move. What is looked for is a kernel that complains, which the guest's verdict is about; here it
//! is only seen that the module still answers, that what it counts adds up, that no card is lost,
//! and that nobody without a privilege is heard.
//!
//! On a kernel with KCOV, requests that reach new code of the module are kept and used for others.
//! `points` is how many places of the module can be reached; with `keep` the requests and the
//! places are printed, for `tests/fuzz/corpus`. The same seed gives each sender the same choices,
//! not the same timing.

mod corpus;
mod figures;
mod grammar;
mod kcov;
mod level;
mod picture;
mod places;
mod request;
mod sender;
mod socket;
mod tree;
mod world;

use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Barrier};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use homeward_client::{Client, Error as ClientError};

use corpus::Corpus;
use figures::Figures;
use level::{How, Level, LEVELS};
use picture::Picture;
use sender::{Limits, Sender};
use socket::MOST;
use world::World;

/// Whoever sets no limit does not wait for ever, either.
const SECONDS: u64 = 3000;

/// How long those who are refused wait before they come again; a slow kernel would be busy with
/// nobody else.
const REFUSED_PAUSE: Duration = Duration::from_millis(20);

/// Those who move devices about.
const MOVERS: u8 = 2;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let values = words.iter().filter_map(|word| word.split_once('='));
        let value = values
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
            .next();
        value.and_then(|value| value.parse::<u64>().ok())
    };
    let Some(messages) = number("messages") else {
        eprintln!("usage: homeward-fuzz messages=N [seconds=N] [seed=N] [points=N] [keep=1]");
        return ExitCode::from(2);
    };
    let seconds = number("seconds").unwrap_or(SECONDS);
    let limits = Limits {
        messages,
        until: Instant::now() + Duration::from_secs(seconds),
    };
    let seed = number("seed").unwrap_or_else(|| fastrand::u64(..));
    let done = match number("family") {
        Some(family) => stranger(family, limits, seed),
        None => all(limits, seed, number("points"), number("keep").is_some()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("fuzz: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What all who send have in common.
#[derive(Clone, Copy)]
struct Ground<'a> {
    corpus: &'a Corpus,
    world: &'a World,
    family: u16,
}

/// Sends from all levels at once, and judges in the end.
fn all(limits: Limits, seed: u64, points: Option<u64>, keep: bool) -> Result<(), String> {
    println!("{} messages, seed {seed}", limits.messages);
    let begun = Instant::now();
    let failed = |error: ClientError| error.to_string();
    let family = Client::connect().map_err(failed)?.family_id();
    let (corpus, world) = (Corpus::kept()?, World::new()?);
    let kept = corpus.shapes().len();
    let ground = Ground {
        corpus: &corpus,
        world: &world,
        family,
    };
    let sum = send_all(ground, limits, seed)?;
    let seconds = begun.elapsed().as_secs().max(1);
    println!(
        "{} messages in {seconds} s, {}/s: {} accepted, {} dumps, {} refused",
        sum.sent,
        sum.sent / seconds,
        sum.accepted,
        sum.dumped,
        sum.refusals()
    );
    println!("refused: {}", sum.reasons());
    println!(
        "meanwhile: {} namespaces born, {} events, {} answers lost, {} of a dump overtaken",
        world.births.load(Ordering::Relaxed),
        world.events.load(Ordering::Relaxed),
        sum.overruns,
        sum.overtaken
    );
    let cards = world.judge()?;
    judge()?;
    println!("in the end: all {cards} cards are there, the counters add up");
    tell_coverage(&corpus, kept, points, keep)
}

fn tell_coverage(
    corpus: &Corpus,
    kept: usize,
    points: Option<u64>,
    keep: bool,
) -> Result<(), String> {
    let reached = corpus.reached();
    if reached.is_empty() {
        println!("corpus: {kept} requests; this kernel does not tell what they reach");
        return Ok(());
    }
    let fewest = corpus.fewest();
    println!(
        "corpus: {kept} requests, {} now; reached: {} places of the module{}",
        fewest.len(),
        reached.len(),
        points.map_or_else(String::new, |points| format!(" of {points}"))
    );
    if keep {
        for shape in fewest {
            println!("keep {shape}");
        }
        for line in places::named(&reached)? {
            println!("reached {line}");
        }
    }
    Ok(())
}

/// One thread or process for each level, those who move devices, one who looks, one who listens.
fn send_all(ground: Ground<'_>, limits: Limits, seed: u64) -> Result<Figures, String> {
    let Ground { world, family, .. } = ground;
    let shares: u64 = LEVELS.iter().map(|level| level.share).sum();
    let share = |level: &Level| Limits {
        messages: (limits.messages * level.share).div_ceil(shares),
        ..limits
    };
    let mut sum = Figures::new(family);
    let (threads, processes): (Vec<_>, Vec<_>) = (0u64..)
        .map(|number| seed.wrapping_add(number))
        .zip(&LEVELS)
        .partition(|(_, level)| !matches!(level.how, How::By(_)));
    // Before anybody else opens anything, or their descriptors would have copies that nobody closes.
    let own = Barrier::new(threads.len() + 1);
    let own = &own;
    thread::scope(|scope| {
        let mut senders = Vec::new();
        for (seed, level) in threads {
            let work = move || here(level, own, ground, share(level), seed);
            senders.push((level, scope.spawn(work)));
        }
        own.wait();
        for (seed, level) in processes {
            let work = move || elsewhere(level, family, share(level), seed);
            senders.push((level, scope.spawn(work)));
        }
        let mut hands = vec![scope.spawn(|| world.look()), scope.spawn(|| world.listen())];
        for number in 0..MOVERS {
            let dice = fastrand::Rng::with_seed(seed.wrapping_sub(1 + u64::from(number)));
            hands.push(scope.spawn(move || world.churn(dice, number)));
        }
        let mut result = Ok(());
        for (level, hand) in senders {
            match joined(hand).and_then(|figures| level_judge(level, figures)) {
                Ok(figures) => sum.add(&figures),
                Err(error) => result = Err(format!("{}: {error}", level.name)),
            }
        }
        world.end();
        hands
            .into_iter()
            .fold(result, |result, hand| result.and(joined(hand)))
    })?;
    Ok(sum)
}

fn joined<T>(hand: ScopedJoinHandle<'_, Result<T, String>>) -> Result<T, String> {
    hand.join()
        .unwrap_or_else(|_| Err("it panicked".to_owned()))
}

/// Sends in this thread, when all have descriptors of their own.
fn here(
    level: &Level,
    own: &Barrier,
    ground: Ground<'_>,
    limits: Limits,
    seed: u64,
) -> Result<Figures, String> {
    let done = level::own_descriptors();
    own.wait();
    done?;
    let look = || ground.world.picture();
    let mut sender = Sender::new(ground.family, seed, ground.corpus, &look, level.heard)?;
    if !level.heard {
        sender.pause = REFUSED_PAUSE;
    }
    let mut socket = None;
    match level.how {
        How::WithoutButSocket(what) => {
            socket = Some(socket::open(None, MOST)?);
            level::give_up(what)?;
        }
        How::Without(what) => level::give_up(what)?,
        How::By(_) => {}
    }
    sender.run(limits, socket)?;
    Ok(sender.figures)
}

/// Has another process send.
fn elsewhere(level: &Level, family: u16, limits: Limits, seed: u64) -> Result<Figures, String> {
    let How::By(words) = level.how else {
        return Err("not for a process of its own".to_owned());
    };
    let output = start(words, family, limits, seed)?
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.lines().last().and_then(Figures::from_line) {
        Some(figures) if output.status.success() => Ok(figures),
        _ => Err(format!("{} {text}", output.status)),
    }
}

/// Starts one who sends in a process of its own.
fn start(words: &[&str], family: u16, limits: Limits, seed: u64) -> Result<Child, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let seconds = limits.until.saturating_duration_since(Instant::now());
    Command::new(words[0])
        .args(&words[1..])
        .arg(own)
        .arg(format!("family={family}"))
        .arg(format!("messages={}", limits.messages))
        .arg(format!("seconds={}", seconds.as_secs()))
        .arg(format!("seed={seed}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", words[0]))
}

/// What that process does.
fn stranger(family: u64, limits: Limits, seed: u64) -> Result<(), String> {
    let family = u16::try_from(family).map_err(|error| error.to_string())?;
    let (corpus, picture) = (Corpus::kept()?, Arc::new(Picture::guessed()));
    let look = || Arc::clone(&picture);
    let mut sender = Sender::new(family, seed, &corpus, &look, false)?;
    sender.pause = REFUSED_PAUSE;
    sender.run(limits, None)?;
    println!("{}", sender.figures.to_line());
    Ok(())
}

/// Who has no privilege must not get anything, and who has them must get something.
fn level_judge(level: &Level, figures: Figures) -> Result<Figures, String> {
    let granted = figures.accepted + figures.told;
    println!(
        "{}: {} sent, {} accepted, {} dumps, {} refused",
        level.name,
        figures.sent,
        figures.accepted,
        figures.dumped,
        figures.refusals()
    );
    // Else it was not the family that looked at them.
    if granted + figures.refusals() == 0 {
        return Err("nobody answered".to_owned());
    }
    match level.heard {
        false if granted > 0 => Err("it was accepted without a privilege".to_owned()),
        true if granted == 0 => Err("nothing was accepted".to_owned()),
        _ => Ok(figures),
    }
}

/// The module still answers, and its counters add up.
fn judge() -> Result<(), String> {
    let failed = |error: ClientError| format!("in the end: {error}");
    let mut client = Client::connect().map_err(failed)?;
    client.flush_rules().map_err(failed)?;
    let stats = client.stats().map_err(failed)?;
    let present = u64::from(stats.older) + stats.born - stats.gone;
    let away = stats.left - stats.settled - stats.destroyed - stats.forgotten;
    if present != u64::from(stats.namespaces) || away != u64::from(stats.devices_away) {
        return Err(format!("in the end the counters are {stats:?}"));
    }
    client.namespaces().map(drop).map_err(failed)
}
