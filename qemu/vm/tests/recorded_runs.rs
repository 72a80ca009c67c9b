// SPDX-License-Identifier: GPL-2.0-only

//! The verdict on recorded runs: what the guest said (`port.log`) and what its console showed
//! (`console.log`) in tests/logs. Most were recorded from a real guest; tests/logs/README.md says
//! which and how.

use homeward_vm::{
    console::Watch,
    session::Session,
    verdict::{
        died_of_emulation,
        judge,
        Ended,
        Outcome,
        EXIT_FAILED,
        EXIT_PASSED,
        EXIT_TIMEOUT,
        EXIT_UNAVAILABLE, //
    },
};
use std::{
    fs,
    path::Path, //
};

fn recorded(name: &str) -> (Session, Watch) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/logs")
        .join(name);
    let read = |file: &str| fs::read_to_string(directory.join(file)).unwrap_or_default();
    let mut session = Session::new();
    for line in read("port.log").lines() {
        let _ = session.line(line);
    }
    let mut watch = Watch::new();
    for line in read("console.log").lines() {
        watch.line(line);
    }
    (session, watch)
}

fn judge_recorded(name: &str, ended: Ended) -> Outcome {
    let (session, watch) = recorded(name);
    judge(&session, watch.findings(), ended)
}

/// The run must end with `status`, and one of its reasons must contain `reason`.
#[track_caller]
fn assert_judged(name: &str, ended: Ended, status: u8, reason: &str) {
    let outcome = judge_recorded(name, ended);
    assert_eq!(outcome.exit_status(), status, "{outcome:?}");
    assert!(
        reason.is_empty() || outcome.reasons().iter().any(|text| text.contains(reason)),
        "{outcome:?} does not say {reason:?}"
    );
}

#[test]
fn a_run_without_a_fault_passes() {
    assert_judged("passed", Ended::ByItself, EXIT_PASSED, "");
}

#[test]
fn a_failed_test_fails_the_run() {
    assert_judged("failed-test", Ended::ByItself, EXIT_FAILED, "1 test failed");
}

#[test]
fn a_panic_in_the_middle_names_the_test_that_ran() {
    let name = "panic";
    assert_judged(name, Ended::ByItself, EXIT_FAILED, "Kernel panic");
    assert_judged(
        name,
        Ended::ByItself,
        EXIT_FAILED,
        "while running crash::a_namespace_dies",
    );
}

#[test]
fn no_verdict_is_a_failure_even_if_every_test_passed() {
    assert_judged("no-verdict", Ended::ByItself, EXIT_FAILED, "no verdict");
}

#[test]
fn two_verdicts_are_a_failure() {
    assert_judged("two-verdicts", Ended::ByItself, EXIT_FAILED, "2 verdicts");
}

#[test]
fn a_warning_in_the_console_outweighs_a_good_verdict() {
    assert_judged(
        "warning",
        Ended::ByItself,
        EXIT_FAILED,
        "the kernel complained: WARNING:",
    );
}

#[test]
fn a_run_without_tests_is_a_failure() {
    assert_judged("no-tests", Ended::ByItself, EXIT_FAILED, "no test ran");
}

#[test]
fn a_cut_off_line_is_a_failure() {
    assert_judged("cut-off", Ended::ByItself, EXIT_FAILED, "not a message");
}

#[test]
fn a_verdict_that_disagrees_with_the_tests_is_a_failure() {
    assert_judged(
        "disagreeing",
        Ended::ByItself,
        EXIT_FAILED,
        "the verdict counts",
    );
}

#[test]
fn what_init_found_wrong_is_a_failure() {
    assert_judged(
        "problem",
        Ended::ByItself,
        EXIT_FAILED,
        "tainted by a warning",
    );
}

#[test]
fn a_guest_that_never_came_up_is_the_harness_s_failure() {
    assert_judged(
        "no-boot",
        Ended::AtTimeLimit,
        EXIT_UNAVAILABLE,
        "did not come up",
    );
    assert_judged(
        "no-boot",
        Ended::ByItself,
        EXIT_UNAVAILABLE,
        "before init came up",
    );
}

#[test]
fn the_time_limit_has_its_own_status_and_names_the_test() {
    assert_judged(
        "hang",
        Ended::AtTimeLimit,
        EXIT_TIMEOUT,
        "while running hang::it_never_ends",
    );
}

#[test]
fn a_good_verdict_without_a_power_off_is_a_failure() {
    assert_judged("passed", Ended::NotAtAll, EXIT_FAILED, "did not power off");
}

#[test]
fn an_announced_wait_for_a_device_is_no_failure() {
    assert_judged("announced-wait", Ended::ByItself, EXIT_PASSED, "");
}

#[test]
fn only_a_stray_breakpoint_before_init_is_the_emulators() {
    assert_judged(
        "int3-at-boot",
        Ended::ByItself,
        EXIT_FAILED,
        "the kernel complained: Oops: int3",
    );
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/logs");
    let mut emulators = Vec::new();
    for entry in fs::read_dir(logs).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let (session, watch) = recorded(&name);
        if died_of_emulation(&session, watch.findings()) {
            emulators.push(name);
        }
    }
    assert_eq!(emulators, ["int3-at-boot"]);

    let (mut session, watch) = recorded("int3-at-boot");
    session.line("boot 7.3.4").unwrap();
    assert!(!died_of_emulation(&session, watch.findings()));
}
