// SPDX-License-Identifier: GPL-2.0-only

//! `homeward netns` against the real `ip netns`: the same scripts through both, in the same world.
//!
//! Standard output, standard error, exit status and what is in /run/netns are compared after every
//! line, all of the system's state after every script. `scripts.txt` holds the scripts,
//! `generated.rs` makes more of them, `differences.rs` lists what is not the same on purpose.
//!
//! All of it is compared with the `ip` of the host, a part also with the newest of Debian's archive (all
//! with `make test LONG=1`), if that can be had. Where the two differ, ours follows the newest, or the
//! table of differences says why not.

mod differences;
mod generated;
mod program;
mod script;
mod surroundings;
mod together;
mod world;

use homeward_guest_tests::{stock, stride};
use program::{Outcome, Program};
use script::{Script, Step};
use world::World;

/// What a script did: after each line, and at its end.
struct Run {
    outcomes: Vec<(String, Outcome)>,
    state: String,
}

fn run(script: &Script, program: Program) -> Run {
    let world = World::new();
    let mut outcomes = Vec::new();
    // What is prepared at one time one shell does.
    for steps in (script.steps).chunk_by(|one, next| one.prepares() && next.prepares()) {
        match &steps[0] {
            Step::Prepare(_) => world.prepare(&lines(steps)),
            Step::Invoke(line) => outcomes.push((line.to_string(), program.run(line, &world))),
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

#[derive(Default)]
struct Count {
    invocations: usize,
    equal: usize,
    wrong: Vec<String>,
}

fn compare(scripts: &[Script], with: Program) {
    if !with.is_there() {
        println!("summary: newest: not compared, as it could not be fetched");
        return;
    }
    let mut count = Count::default();
    let mut differences = differences::Differences::with(with);
    for script in scripts {
        let (theirs, ours) = (run(script, with), run(script, Program::Homeward));
        let pairs = theirs.outcomes.into_iter().zip(ours.outcomes);
        for ((line, theirs), (_, ours)) in pairs {
            count.invocations += 1;
            let (theirs, ours) = differences.forgive(&script.name, &line, theirs, ours);
            if theirs == ours {
                count.equal += 1;
            } else {
                let name = &script.name;
                count.wrong.push(format!(
                    "{name}: {line}\n  ip: {theirs}\n  homeward: {ours}"
                ));
            }
        }
        if theirs.state != ours.state {
            let (name, theirs, ours) = (&script.name, theirs.state, ours.state);
            count.wrong.push(format!(
                "{name}: at the end\n  ip:\n{theirs}\n  homeward:\n{ours}"
            ));
        }
    }
    let Count {
        invocations, equal, ..
    } = count;
    let which = match with {
        Program::Newest => "newest: ",
        _ => "",
    };
    println!("summary: {which}{invocations} invocations, {equal} equal");
    let wrong = count.wrong.join("\n");
    assert!(count.wrong.is_empty(), "not equal:\n{wrong}");
    assert_eq!(invocations, equal);
    differences.tell_unmet(scripts);
}

/// More than 1 on a slow kernel, or one of several: few of them have to do there, as what the
/// command says does not depend on the kernel.
fn sparse() -> usize {
    match stock() {
        true => 3,
        false => stride().div_ceil(3),
    }
}

/// Those that are made by rule are alike: some of them will do, but all with `make test LONG=1`.
fn compare_some(scripts: Vec<Script>) {
    let some: Vec<Script> = scripts.into_iter().step_by(stride() * sparse()).collect();
    compare(&some, Program::Ip);
}

/// Each sixth of them, but all with `make test LONG=1`.
fn compare_newest(scripts: impl Iterator<Item = Script>) {
    let step = match stride() {
        1 => 1,
        stride => 2 * stride * sparse(),
    };
    let some: Vec<Script> = scripts.step_by(step).collect();
    compare(&some, Program::Newest);
}

/// Every third script, beginning with this one: all of them are too many for one test.
fn compare_a_third(first: usize) {
    let all = script::all(include_str!("scripts.txt"));
    let third = all.into_iter().skip(first).step_by(3);
    let some: Vec<Script> = third.step_by(sparse() * sparse()).collect();
    compare(&some, Program::Ip);
}

#[test]
fn scripts_do_the_same_as_through_the_newest() {
    compare_newest(script::all(include_str!("scripts.txt")).into_iter());
}

#[test]
fn what_is_new_does_the_same_as_through_the_newest() {
    compare(
        &script::all(include_str!("scripts-newest.txt")),
        Program::Newest,
    );
}

#[test]
fn verbs_and_options_do_the_same_as_through_the_newest() {
    let verbs = generated::verbs().into_iter();
    let all = verbs.chain(generated::verbs_of_all());
    compare_newest(
        all.chain(generated::options())
            .chain(generated::beginnings()),
    );
}

#[test]
fn scripts_do_the_same_through_both_1_of_3() {
    compare_a_third(0);
}

#[test]
fn scripts_do_the_same_through_both_2_of_3() {
    compare_a_third(1);
}

#[test]
fn scripts_do_the_same_through_both_3_of_3() {
    compare_a_third(2);
}

#[test]
fn every_verb_in_every_shape_does_the_same_through_both() {
    compare_some(generated::verbs());
}

#[test]
fn every_verb_after_all_does_the_same_through_both() {
    compare_some(generated::verbs_of_all());
}

#[test]
fn every_beginning_of_a_verb_does_the_same_through_both() {
    let all = generated::beginnings().into_iter();
    let some: Vec<Script> = all.step_by(sparse() * sparse()).collect();
    compare(&some, Program::Ip);
}

#[test]
fn every_option_in_every_place_does_the_same_through_both() {
    compare_some(generated::options());
}

#[test]
fn monitor_prints_the_same_at_the_same_moments() {
    let (theirs, ours) = (
        together::monitor(Program::Ip),
        together::monitor(Program::Homeward),
    );
    assert_eq!(theirs, ours);
    assert_eq!(theirs.lines().count(), 5, "{theirs}");
}

#[test]
fn twenty_at_once_through_both_end_with_one_mount_each_and_one_winner() {
    for programs in [
        [Program::Ip, Program::Ip],
        [Program::Homeward, Program::Homeward],
        [Program::Ip, Program::Homeward],
    ] {
        together::add(programs);
    }
}

#[test]
fn wherever_run_netns_lies_both_do_the_same_but_what_is_told() {
    surroundings::compare();
}
