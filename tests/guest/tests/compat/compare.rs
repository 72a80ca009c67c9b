// SPDX-License-Identifier: GPL-2.0-only

//! Runs scripts through `homeward netns` and through each `ip netns`, and compares what came of it.

use crate::differences::Differences;
use crate::iproute2::{self, Iproute2};
use crate::program::{Outcome, Program};
use crate::script::{Line, Script, Step};
use crate::world::World;

/// What a script did: after each line, and at its end.
struct Run {
    outcomes: Vec<(Line, Outcome)>,
    state: String,
}

fn run(script: &Script, program: Program) -> Run {
    let world = World::new();
    let mut outcomes = Vec::new();
    // What is prepared at one time one shell does.
    for steps in (script.steps).chunk_by(|one, next| one.prepares() && next.prepares()) {
        match &steps[0] {
            Step::Prepare(_) => world.prepare(&lines(steps)),
            Step::Invoke(line) => outcomes.push((line.clone(), program.run(line, &world))),
        }
    }
    let state = world.state();
    Run { outcomes, state }
}

/// What all of these prepare.
fn lines(steps: &[Step]) -> String {
    let line = |step: &Step| match step {
        Step::Prepare(line) => format!("{line}\n"),
        Step::Invoke(_) => String::new(),
    };
    steps.iter().map(line).collect()
}

/// What came of comparing with one of them.
struct Account {
    with: &'static Iproute2,
    differences: Differences,
    invocations: usize,
    wrong: Vec<String>,
}

impl Account {
    fn new(with: &'static Iproute2) -> Self {
        Account {
            with,
            differences: Differences::with(with.version),
            invocations: 0,
            wrong: Vec::new(),
        }
    }

    fn add(&mut self, script: &Script, theirs: Run, ours: &Run) {
        let (name, with) = (&script.name, self.with.version);
        let pairs = theirs.outcomes.into_iter().zip(&ours.outcomes);
        for ((line, theirs), (_, ours)) in pairs {
            self.invocations += 1;
            let ours = self.differences.forgive(name, &line, &theirs, ours.clone());
            if theirs != ours {
                let wrong = format!("{name}: {line}\n  ip {with}: {theirs}\n  homeward: {ours}");
                self.wrong.push(wrong);
            }
        }
        if theirs.state != ours.state && !self.differences.forgives_end(name) {
            let (theirs, ours) = (theirs.state, &ours.state);
            let wrong = format!("{name}: at the end\n  ip {with}:\n{theirs}\n  homeward:\n{ours}");
            self.wrong.push(wrong);
        }
    }

    /// All that is wrong.
    fn close(mut self, scripts: &[Script]) -> Vec<String> {
        let (with, all) = (self.with.version, self.invocations);
        let equal = all.saturating_sub(self.wrong.len());
        println!("summary: iproute2 {with}: {all} invocations, {equal} equal");
        self.wrong.extend(self.differences.unmet(scripts));
        self.wrong
    }
}

/// Compares with all of them.
#[track_caller]
pub(crate) fn compare(scripts: &[Script]) {
    let mut accounts: Vec<Account> = iproute2::all().iter().map(Account::new).collect();
    for script in scripts {
        let ours = run(script, Program::Homeward);
        for account in &mut accounts {
            let theirs = run(script, Program::Ip(account.with));
            account.add(script, theirs, &ours);
        }
    }
    let close = |account: Account| account.close(scripts);
    let wrong: Vec<String> = accounts.into_iter().flat_map(close).collect();
    assert!(wrong.is_empty(), "not equal:\n{}", wrong.join("\n"));
}
