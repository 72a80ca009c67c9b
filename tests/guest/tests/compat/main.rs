// SPDX-License-Identifier: GPL-2.0-only

//! `homeward netns` against the real `ip netns`: the same scripts through both, in the same world.
//!
//! Standard output, standard error, exit status and what is in /run/netns are compared after every
//! line, all of the system's state after every script. `scripts.txt` and `scripts-exec.txt` hold the scripts,
//! `generated.rs` makes more of them.
//!
//! All of it is compared with the `ip` of the host, and with each of Debian's that could be fetched, the
//! newest among them. What is not the same on purpose is in the table of docs/IP-NETNS.md, by version;
//! `differences.rs` says where it is to be seen.

mod compare;
mod differences;
mod generated;
mod iproute2;
mod program;
mod script;
mod surroundings;
mod table;
mod together;
mod world;

use compare::compare;
use homeward_guest_tests::{stock, stride};
use program::Program;
use script::Script;

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
    compare(&some);
}

/// Every third script, beginning with this one: all of them are too many for one test.
fn compare_a_third(first: usize) {
    let mut all = script::all(include_str!("scripts.txt"));
    all.extend(script::all(include_str!("scripts-exec.txt")));
    let third = all.into_iter().skip(first).step_by(3);
    let some: Vec<Script> = third.step_by(sparse() * sparse()).collect();
    compare(&some);
}

#[test]
fn the_document_tells_of_each_difference_and_of_no_other() {
    iproute2::tell_absent();
    differences::compare_with_the_table();
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
    compare(&some);
}

#[test]
fn every_option_in_every_place_does_the_same_through_both() {
    compare_some(generated::options());
}

#[test]
fn monitor_prints_the_same_at_the_same_moments() {
    let ours = together::monitor(Program::Homeward);
    assert_eq!(ours.lines().count(), 5, "{ours}");
    for ip in iproute2::all() {
        assert_eq!(together::monitor(Program::Ip(ip)), ours, "{}", ip.version);
    }
}

#[test]
fn twenty_at_once_through_both_end_with_one_mount_each_and_one_winner() {
    let [oldest, newest] = iproute2::ends().map(Program::Ip);
    for programs in [
        [oldest, newest],
        [Program::Homeward, Program::Homeward],
        [oldest, Program::Homeward],
        [newest, Program::Homeward],
    ] {
        together::add(programs);
    }
}

#[test]
fn wherever_run_netns_lies_both_do_the_same_but_what_is_told() {
    surroundings::compare();
}
