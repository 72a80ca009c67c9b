// SPDX-License-Identifier: GPL-2.0-only

//! Events: how soon a birth is heard of, whether all are heard, and what that costs others.

use super::churn::churn;
use crate::error::{
    Error,
    Result, //
};
use crate::listener::{
    now,
    Heard,
    Listener, //
};
use crate::module;
use crate::stage::{
    Stage,
    Told, //
};
use crate::world;
use homeward_bench::measure::{
    alternate,
    median,
    quantile,
    Pairs,
    Summary, //
};
use homeward_bench::result::{
    Row,
    Side,
    Unit, //
};
use homeward_netns::own_cookie;
use std::collections::BTreeMap;
use std::thread;
use std::time::{
    Duration,
    Instant, //
};

const ROW: &str = "events";
const LATENCY_NOTE: &str =
    "latency: by the event's own time, until a subscriber in another process \
    has it; compared with the time that the unshare(2) took which made the namespace";
const HOLES_NOTE: &str = "holes: numbers of events that a subscriber with the client's default \
    buffer did not get, while two threads made namespaces as fast as they could";

/// Measures it.
pub(crate) fn measure(stage: &Stage) -> Result<()> {
    module::set(true)?;
    latency(stage)?;
    holes(stage)?;
    for count in stage.options.sizes(&[1, 10], &[1, 10]) {
        cost(stage, count)?;
    }
    module::set(false)
}

/// A birth, from the side of who made it.
#[derive(Clone, Copy, Debug)]
struct Made {
    before: Duration,
    after: Duration,
}

fn latency(stage: &Stage) -> Result<()> {
    let listener = Listener::new()?;
    let births = make_some(stage.options.number(1000, 150))?;
    let heard = listener.finish()?;
    let mut unshare = Vec::new();
    let mut from_event = Vec::new();
    let mut from_call = Vec::new();
    for birth in &heard.births {
        let Some(made) = births.get(&birth.cookie) else {
            continue;
        };
        let since = |then: Duration| birth.heard.saturating_sub(then).as_secs_f64() * 1000.0;
        unshare.push((made.after.saturating_sub(made.before)).as_secs_f64() * 1000.0);
        from_event.push(since(birth.told));
        from_call.push(since(made.before));
    }
    let usual = median(&unshare).filter(|usual| *usual > 0.0);
    let usual = usual.ok_or_else(|| Error::other("no birth was heard of"))?;
    for (from, took) in [("event", &from_event), ("before unshare", &from_call)] {
        for (part, name) in [(0.5, "median"), (0.99, "99th percentile")] {
            let value = quantile(took, part).unwrap_or_default() / usual;
            let what = format!("latency from {from}, {name}");
            let mut row = Row::new(ROW, what, Unit::Ratio, Summary::exact(value));
            row.sides = vec![
                Side::new("unshare", "ms", &[usual]),
                Side::new(name, "ms", &[value * usual]),
            ];
            stage.tell(row.note(LATENCY_NOTE));
        }
    }
    Ok(())
}

/// Makes some namespaces, with a pause between them; by their cookies.
fn make_some(count: usize) -> Result<BTreeMap<u64, Made>> {
    world::in_thread(|| {
        let mut all = BTreeMap::new();
        for _ in 0..count {
            let before = now()?;
            world::make()?;
            let after = now()?;
            all.insert(own_cookie()?, Made { before, after });
            thread::sleep(Duration::from_millis(3));
        }
        Ok(all)
    })
}

fn holes(stage: &Stage) -> Result<()> {
    let time = Duration::from_secs(stage.options.number(30, 4));
    let listener = Listener::new()?;
    let begun = Instant::now();
    let hands: Vec<_> = (0..2)
        .map(|_| {
            thread::spawn(move || {
                while begun.elapsed() < time {
                    world::make()?;
                }
                Ok::<_, Error>(())
            })
        })
        .collect();
    for hand in hands {
        let done = hand.join();
        done.unwrap_or_else(|_| Err(Error::other("a thread panicked")))?;
    }
    world::settle()?;
    let heard: Heard = listener.finish()?;
    let missing = u32::try_from(heard.holes).map_or(f64::INFINITY, f64::from);
    let row = Row::new(
        ROW,
        "holes at full churn",
        Unit::Count,
        Summary::exact(missing),
    );
    println!(
        "  {} events heard of, {} overruns",
        heard.events, heard.overruns
    );
    stage.tell(row.target(0.0).note(HOLES_NOTE));
    Ok(())
}

/// What subscribers cost those who make namespaces.
fn cost(stage: &Stage, count: u64) -> Result<()> {
    let namespaces = stage.options.number(300, 60);
    let with = |count: u64| -> Result<f64> {
        let listeners: Result<Vec<_>> = (0..count).map(|_| Listener::new()).collect();
        let listeners = listeners?;
        let took = churn(namespaces)?;
        for listener in listeners {
            listener.finish()?;
        }
        Ok(took)
    };
    let pairs = stage.options.pairs(15, 5);
    let (a, b) = alternate(pairs, true, || with(0), || with(count))?;
    let told = Told {
        row: ROW,
        what: "cost to who makes namespaces",
        size: Some((count, "subscribers")),
        sides: ("nobody listens", "subscribers"),
        unit: "ms",
        target: None,
        note: "",
    };
    stage.compare(told, &Pairs::of(&a, &b, |took: &f64| *took))
}
