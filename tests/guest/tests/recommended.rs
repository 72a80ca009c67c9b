// SPDX-License-Identifier: GPL-2.0-only

//! Every command that a text of ours recommends, run where it is recommended.

use std::path::Path;

use homeward_guest_tests::verb::{end, homeward, run as ran, says, start};
use homeward_guest_tests::{eventually, load, run, unload, Namespace, Unnamed};

/// As they stand in the sources, and the test that runs each: of this file, or as `make test` prints it.
/// A host test compares this with the sources (userspace/cli/tests/sources.rs).
const _TABLE: [(&str, &str); 29] = [
    ("homeward ls", "what_is_not_there_is_looked_up_as_told"),
    (
        "homeward devices {namespace}",
        "what_is_not_there_is_looked_up_as_told",
    ),
    (
        "homeward find {name}",
        "what_is_not_there_is_looked_up_as_told",
    ),
    ("homeward sockets", "what_is_not_there_is_looked_up_as_told"),
    (
        "homeward exec NS CMD...",
        "what_is_not_there_is_looked_up_as_told",
    ),
    (
        "homeward holders cookie:{cookie}",
        "who_waits_is_told_who_holds_it",
    ),
    (
        "homeward holders cookie:{}",
        "who_waits_is_told_who_holds_it",
    ),
    ("homeward watch", "what_the_module_knows_is_shown_as_told"),
    ("homeward devices", "what_the_module_knows_is_shown_as_told"),
    (
        "homeward policy show",
        "what_the_module_knows_is_shown_as_told",
    ),
    (
        "homeward policy load",
        "policy_file::what_is_saved_and_loaded_is_the_same",
    ),
    (
        "homeward policy flush",
        "what_the_module_knows_is_shown_as_told",
    ),
    (
        "homeward state load",
        "state::a_nic_that_was_away_comes_home_after_the_module_was_replaced",
    ),
    (
        "homeward state save",
        "state::a_nic_that_was_away_comes_home_after_the_module_was_replaced",
    ),
    (
        "homeward baseline take",
        "baseline::a_file_that_is_none_is_refused_and_what_is_advised_helps",
    ),
    (
        "homeward baseline clear",
        "baseline::what_is_different_is_shown_and_a_cleared_baseline_is_gone",
    ),
    (
        "homeward baseline clear {name}",
        "baseline_file::what_belongs_to_no_device_is_told_and_can_be_forgotten",
    ),
    ("homeward keep", "what_the_module_knows_is_shown_as_told"),
    (
        "ss -xlp",
        "holders_sockets::what_is_left_of_local_connections_is_explained",
    ),
    (
        "homeward keep --undo",
        "act_recall::doctor_tells_of_a_device_at_home_that_is_to_come_home_under_another_name",
    ),
    ("homeward release", "what_the_module_knows_is_shown_as_told"),
    (
        "homeward exec --help",
        "the_help_lists_the_exit_statuses_and_verbs_to_look_with_have_examples",
    ),
    (
        "homeward netns add NAME",
        "surroundings::doctor_advises_where_names_do_not_propagate_and_that_puts_it_right",
    ),
    (
        "homeward netns delete NAME",
        "act_prune::where_some_processes_cannot_be_read_only_what_they_may_use_stays",
    ),
    (
        "homeward prune",
        "names::doctor_and_prune_say_the_same_of_each_name",
    ),
    (
        "homeward prune --yes",
        "names::what_is_said_to_do_about_a_name_does_it",
    ),
    (
        "nsenter -t 1 -n homeward ...",
        "the_module_is_reached_and_loaded_as_told",
    ),
    (
        "homeward doctor",
        "a_module_of_another_version_is_told_by_doctor",
    ),
    (
        "insmod homeward.ko",
        "the_module_is_reached_and_loaded_as_told",
    ),
];

#[track_caller]
fn sh(line: &str) -> String {
    run("sh", &["-ec", line])
}

/// What a command says that has to fail; it has to recommend this.
#[track_caller]
fn advised(line: &str, advice: &str) {
    let said = ran(std::process::Command::new("sh").args(["-c", line]));
    assert_ne!(said.status, 0, "{line}: {said:?}");
    // `doctor` advises in its list.
    let told =
        said.out.contains(&format!("'{advice}'")) || said.err.contains(&format!("'{advice}'"));
    assert!(told, "{line}: {said:?}");
}

#[test]
fn what_is_not_there_is_looked_up_as_told() {
    load();
    let red = Namespace::add("red");
    advised("homeward show cookie:4000000000", "homeward ls");
    assert!(sh("homeward ls").contains("red"));
    advised("homeward exec absent-one true", "homeward ls");
    red.ip("link add dum0 type dummy");
    advised("homeward exec lonely0 true", "homeward find lonely0");
    red.ip("link add lonely0 type dummy");
    assert!(sh("homeward find lonely0").contains("red"));
    advised("homeward keep absent0@red", "homeward devices red");
    assert!(sh("homeward devices red").contains("dum0"));
    advised("homeward sockets pid:4000000", "homeward sockets");
    sh("homeward sockets");
    advised("homeward exec red", "homeward exec NS CMD...");
    sh("homeward exec red true");
    // A number is taken for what it is told to be.
    let process = Unnamed::new();
    let pid = process.pid();
    advised(&format!("homeward show {pid}"), &format!("pid:{pid}"));
    says(&format!("show pid:{pid}"));
    advised("homeward show rad", "red");
    drop(red);
}

#[test]
fn who_waits_is_told_who_holds_it() {
    load();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let told = homeward("wait red --timeout 0").err;
    let line = format!("homeward holders cookie:{cookie}");
    assert!(told.contains(&format!("'{line}'")), "{told}");
    assert!(sh(&line).contains("/run/netns/red"));
    let mut process = std::process::Command::new("ip")
        .args(["netns", "exec", "red", "sleep", "1000"])
        .spawn()
        .expect("ip");
    let comm = format!("/proc/{}/comm", process.id());
    eventually("a process there", || {
        std::fs::read_to_string(&comm).is_ok_and(|name| name == "sleep\n")
    });
    let told = homeward("netns delete --wait=0.1 red").err;
    assert!(told.contains(&format!("'{line}'")), "{told}");
    assert!(sh(&line).contains("sleep"));
    process.kill().expect("killed");
    process.wait().expect("an end");
}

#[test]
fn what_the_module_knows_is_shown_as_told() {
    load();
    let watch = start("watch --timeout 0.1");
    assert!([0, 7].contains(&end(watch).status));
    sh("homeward devices; homeward policy add --name x --action return; homeward policy show");
    sh("homeward policy flush");
    let red = Namespace::add("red");
    red.ip("link add dm0 type dummy");
    sh("homeward keep dm0@red; homeward release dm0@red");
    assert!(!sh("homeward policy show").contains(" x "));
}

#[test]
fn the_module_is_reached_and_loaded_as_told() {
    load();
    for verb in ["show self", "doctor"] {
        advised(
            &format!("unshare --net homeward {verb}"),
            "nsenter -t 1 -n homeward ...",
        );
    }
    sh("unshare --net nsenter -t 1 -n homeward show self");
    unload();
    advised("homeward show self", "insmod homeward.ko");
    assert!(Path::new("/homeward.ko").exists());
    sh("cd /; insmod homeward.ko; homeward show self");
}

#[test]
fn a_module_of_another_version_is_told_by_doctor() {
    load();
    let said = ran(std::process::Command::new("unshare").args([
        "--mount",
        "sh",
        "-ec",
        "echo 0.0.1 >/tmp/version; mount --bind /tmp/version /sys/module/homeward/version
        homeward doctor",
    ]));
    let told = format!("{}{}", said.out, said.err);
    assert!(
        told.contains("0.0.1, but this command is of version"),
        "{told}"
    );
}
