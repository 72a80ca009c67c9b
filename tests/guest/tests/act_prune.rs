// SPDX-License-Identifier: GPL-2.0-only

//! The verb that removes names whose namespace is gone.

#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use homeward_guest_tests::verb::{as_nobody, homeward, json, says};
use homeward_guest_tests::{eventually, ip, run, run_fails, times, unload, Namespace};

/// A file in /run/netns; removed when dropped.
struct File(String);

impl File {
    fn new(name: &str, made: &str) -> Self {
        let path = format!("/run/netns/{name}");
        fs::write(&path, "").expect("a file");
        run("touch", &["-d", made, &path]);
        File(path)
    }

    fn is_there(&self) -> bool {
        fs::symlink_metadata(&self.0).is_ok()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

const OLD: &str = "2020-01-01 00:00:00";

#[test]
fn what_is_stale_is_shown_first_and_removed_with_yes() {
    unload();
    let red = Namespace::add("red");
    let old = File::new("old", OLD);
    let odd = File::new("a\x1b b", OLD);
    fs::write("/run/netns/young", "").expect("a file");
    let young = File("/run/netns/young".to_owned());
    let shown = homeward("prune");
    assert_eq!(shown.status, 0, "{shown:?}");
    assert!(
        shown.err.contains("nothing was removed: --yes does it"),
        "{shown:?}"
    );
    let line = |name: &str| {
        let found = shown.out.lines().find(|line| line.starts_with(name));
        found
            .unwrap_or_else(|| panic!("no {name}: {shown:?}"))
            .to_owned()
    };
    assert!(line("old ").contains(" stale "));
    assert!(line("a\\u{1b} b").contains(" stale "));
    assert!(line("young ").contains("somebody may be making it"));
    assert!(!shown.out.contains("red") && !shown.out.contains('\x1b'));
    assert!(old.is_there() && odd.is_there());

    let done = json("prune --yes");
    assert_eq!(done["removed"], true);
    let outcome = |name: &str| {
        let names = done["names"].as_array().expect("names");
        let found = names.iter().find(|one| one["name"] == name);
        found.map(|one| one["outcome"].as_str().unwrap().to_owned())
    };
    assert_eq!(outcome("old").as_deref(), Some("removed"));
    assert_eq!(outcome("a\x1b b").as_deref(), Some("removed"));
    assert_eq!(outcome("young").as_deref(), Some("kept"));
    assert!(!old.is_there() && !odd.is_there() && young.is_there());
    says("prune --yes --older-than 0 -q");
    assert!(!young.is_there());
    // What is in use is as it was.
    assert!(red.ip("link show").contains("lo"));
}

#[test]
fn nothing_but_empty_files_is_touched() {
    let _red = Namespace::add("red");
    let note = File("/run/netns/note".to_owned());
    fs::write(&note.0, "do not delete").expect("a file");
    let link = File("/run/netns/link".to_owned());
    std::os::unix::fs::symlink("/tmp/precious", &link.0).expect("a link");
    fs::write("/tmp/precious", "").expect("a file");
    fs::create_dir("/run/netns/folder").expect("a directory");
    fs::write("/run/netns/folder/inside", "").expect("a file");
    let device = File("/run/netns/pipe".to_owned());
    run("mkfifo", &[&device.0]);
    let text = says("prune --yes --older-than 0");
    assert_eq!(text, "NAME  AGE  OUTCOME  REASON\n");
    assert!(note.is_there() && link.is_there() && device.is_there());
    assert!(Path::new("/tmp/precious").exists());
    fs::remove_dir_all("/run/netns/folder").expect("still there");
}

#[test]
fn a_name_that_is_mounted_in_another_mount_namespace_only_is_in_use() {
    let _red = Namespace::add("red");
    let script = "mount --make-rprivate / && ip netns add hidden && echo ready && exec sleep 1000";
    let mut elsewhere = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", script])
        .stdout(Stdio::piped())
        .spawn()
        .expect("unshare");
    let hidden = File("/run/netns/hidden".to_owned());
    let pid = elsewhere.id().to_string();
    eventually("a namespace mounted elsewhere", || {
        fs::read_to_string(format!("/proc/{pid}/mountinfo"))
            .is_ok_and(|table| table.contains("net:[") && table.contains("/run/netns/hidden "))
    });
    run("touch", &["-d", OLD, &hidden.0]);
    let text = says("prune --yes");
    let expected = format!("a namespace is mounted on it where process {pid} looks");
    assert!(text.contains(&expected), "{text}");
    assert!(hidden.is_there());
    run("nsenter", &["-t", &pid, "-m", "ip", "-n", "hidden", "link"]);
    elsewhere.kill().expect("killed");
    elsewhere.wait().expect("an end");
    assert!(says("prune --yes").contains("removed"));
    assert!(!hidden.is_there());
}

#[test]
fn an_ordinary_user_sees_and_removes_nothing() {
    let _red = Namespace::add("red");
    let old = File::new("old", OLD);
    let shown = as_nobody("prune");
    assert_eq!(shown.status, 0, "{shown:?}");
    assert!(shown.out.contains("old "), "{shown:?}");
    assert!(shown.err.contains("the mounts of"), "{shown:?}");
    let tried = as_nobody("prune --yes");
    assert_eq!(tried.status, 5, "{tried:?}");
    assert!(tried.err.contains("cannot remove names: "), "{tried:?}");
    assert!(old.is_there());
}

#[test]
fn names_that_are_being_made_meanwhile_are_left_alone() {
    let _red = Namespace::add("red");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let old = File::new("old", OLD);
                says("prune --yes -q");
                assert!(!old.is_there());
            }
        });
        for _ in 0..times(40) {
            ip("netns add busy");
            ip("netns exec busy true");
            ip("netns del busy");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn without_a_directory_of_names_there_is_nothing_to_do() {
    let script =
        "umount -l /run/netns 2>/dev/null; mount -t tmpfs none /run && homeward prune --yes";
    let text = run("unshare", &["--mount", "sh", "-c", script]);
    assert_eq!(text, "NAME  AGE  OUTCOME  REASON\n");
}

#[test]
fn who_does_not_see_all_mounts_removes_nothing() {
    let _red = Namespace::add("red");
    let old = File::new("old", OLD);
    let confined = ["--pid", "--fork", "--mount-proc", "homeward", "prune"];
    assert!(run("unshare", &confined).contains("old "));
    let (status, said) = run_fails("unshare", &[&confined[..], &["--yes"]].concat());
    assert_eq!(status, 5, "{said}");
    assert!(said.contains("run it in the initial one"), "{said}");
    assert!(old.is_there());
}
