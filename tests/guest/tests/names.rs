// SPDX-License-Identifier: GPL-2.0-only

//! Names that no network namespace is behind: what is said of them, and what comes of doing what is said.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use homeward_guest_tests::verb::{as_nobody, homeward, quoted, says, words};
use homeward_guest_tests::Namespace;
use homeward_guest_tests::{eventually, load, run, stock, unload, with_and_without};

const NAMES: &str = "/run/netns";
const OLD: &str = "2020-01-01 00:00:00";

/// One name of each kind that is none; all gone when dropped.
struct Zoo {
    elsewhere: Child,
    _red: Namespace,
}

/// Each name, a part of what it is, and of what to do.
const KINDS: [(&str, &str, &str); 10] = [
    ("left", "nothing is mounted on it", "'homeward prune --yes'"),
    (
        "young",
        "somebody may be creating it",
        "'homeward netns delete young'",
    ),
    (
        "dead",
        "a dangling link to /proc/4000000/ns/net",
        "'homeward prune --yes'",
    ),
    (
        "circle",
        "a dangling link to circle",
        "'homeward prune --yes'",
    ),
    (
        "elsewhere",
        "a namespace is mounted on it in the mount namespace of process",
        "use '/proc/",
    ),
    ("note", "a file that is not empty", "'homeward ls'"),
    ("folder", "a directory", "'homeward ls'"),
    ("pipe", "a pipe", "'homeward ls'"),
    ("uts", "another kind of namespace", "'homeward ls'"),
    (
        "shortcut",
        "a link to /etc/passwd, which is not a namespace",
        "'homeward ls'",
    ),
];

impl Zoo {
    fn new() -> Self {
        let red = Namespace::add("red");
        let script = format!(
            "cd {NAMES}
            touch left young; ln -s /proc/4000000/ns/net dead; ln -s circle circle
            echo text >note; mkdir folder; mkfifo pipe; ln -s /etc/passwd shortcut
            touch uts; unshare --uts=uts true
            touch -h -d '{OLD}' left dead circle"
        );
        run("sh", &["-ec", &script]);
        let hidden = "ip netns add elsewhere; exec sleep 1000";
        let elsewhere = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "sh", "-c", hidden])
            .stdin(Stdio::null())
            .spawn()
            .expect("unshare");
        let comm = format!("/proc/{}/comm", elsewhere.id());
        eventually("a name elsewhere", || {
            fs::read_to_string(&comm).is_ok_and(|name| name == "sleep\n")
        });
        Zoo {
            elsewhere,
            _red: red,
        }
    }
}

impl Drop for Zoo {
    fn drop(&mut self) {
        let _ = self.elsewhere.kill();
        let _ = self.elsewhere.wait();
        let names: Vec<&str> = KINDS.iter().map(|(name, ..)| *name).collect();
        let script = format!("cd {NAMES}; umount uts; rm -rf {}", names.join(" "));
        let _ = Command::new("sh").args(["-c", &script]).output();
    }
}

/// A command line for each place where a verb takes a network namespace, as its help tells: there `{}`
/// stands, and what exists in the other places.
fn lines() -> Vec<Vec<String>> {
    let help = says("--help");
    let verbs = help.lines().skip_while(|line| *line != "Look:");
    let verbs = verbs.take_while(|line| *line != "Global options:");
    // A description that goes on is farther in.
    let verbs = verbs.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let verbs = verbs.filter(|verb| !verb.is_empty());
    // `netns` is as `ip` is.
    verbs
        .filter(|verb| !["help", "netns"].contains(verb))
        .flat_map(of_verb)
        .collect()
}

fn of_verb(verb: &str) -> Vec<Vec<String>> {
    let help = says(&format!("{verb} --help"));
    let usage = help
        .lines()
        .find(|line| line.starts_with("Usage: "))
        .expect("usage");
    let after = usage.split_once("[OPTIONS]").map_or("", |(_, after)| after);
    let places = after.split_whitespace().filter(|place| *place != "[--]");
    let places: Vec<&str> = places.collect();
    let plain = |place: &str| place.replace(['<', '>', '[', ']', '.'], "");
    let fill = |place: &str, namespace: &str| match plain(place).as_str() {
        "NS" | "NS|pid:N" => vec![namespace.to_owned()],
        "NS|DEV@NS" => vec![namespace.to_owned(), format!("lo@{namespace}")],
        "DEV@NS" => vec![format!("lo@{namespace}")],
        "A@NS" => vec![format!("va@{namespace}")],
        "B@NS" => vec![format!("vb@{namespace}")],
        "CMD" => vec!["true".to_owned()],
        "PATH" => vec!["/nonexistent".to_owned()],
        _ => panic!("{verb}: {place}"),
    };
    let takes_one = |place: &&str| plain(place).contains("NS");
    let mut lines: Vec<Vec<String>> = Vec::new();
    for at in (0..places.len()).filter(|at| takes_one(&places[*at])) {
        for form in fill(places[at], "{}") {
            let words = places
                .iter()
                .enumerate()
                .map(|(other, place)| match other == at {
                    true => form.clone(),
                    false => fill(place, "self").swap_remove(0),
                });
            lines.push([verb.to_owned()].into_iter().chain(words).collect());
        }
    }
    // Options that take one and nothing else besides: those of `exec` have a test of their own.
    for line in help
        .lines()
        .filter(|line| line.contains("<NS>") && line.contains(" --"))
    {
        let option = line.split_whitespace().find(|word| word.starts_with("--"));
        if let Some(option) = option.filter(|_| verb != "exec") {
            let all = if verb == "recall" {
                vec!["--all".to_owned()]
            } else {
                Vec::new()
            };
            let words = [verb.to_owned(), option.to_owned(), "{}".to_owned()];
            lines.push(words.into_iter().chain(all).collect());
        }
    }
    lines
}

#[test]
fn every_verb_says_of_every_name_that_is_none_what_it_is_and_what_to_do() {
    let lines = lines();
    let verbs: Vec<&str> = lines.iter().map(|line| line[0].as_str()).collect();
    for verb in [
        "show", "plan", "devices", "holders", "wait", "recall", "tree", "sockets", "exec", "move",
    ] {
        assert!(verbs.contains(&verb), "{verb} is not among {verbs:?}");
    }
    // Of what does not depend on the kernel, a third on one of several: of each verb others.
    let step = if stock() { 3 } else { 1 };
    with_and_without(|_| {
        let _zoo = Zoo::new();
        for (at, line) in lines.iter().enumerate() {
            // All of them take longer than it stays young on a slow kernel.
            run("touch", &[&format!("{NAMES}/young")]);
            for (name, what, advice) in KINDS.into_iter().skip(at % step).step_by(step) {
                let path = format!("{NAMES}/{name}");
                // Both ways of writing it lead to the same place in the code.
                let typed = [name, &path];
                for typed in &typed[..if line[0] == "show" { 2 } else { 1 }] {
                    let line: Vec<String> =
                        line.iter().map(|word| word.replace("{}", typed)).collect();
                    let line: Vec<&str> = line.iter().map(String::as_str).collect();
                    let ran = words(&line);
                    let said = format!("'{name}' in /run/netns is not a network namespace: ");
                    assert_eq!(ran.status, 3, "{line:?}: {ran:?}");
                    assert!(ran.err.contains(&said), "{line:?}: {ran:?}");
                    assert!(
                        ran.err.contains(what) && ran.err.contains(advice),
                        "{line:?}: {ran:?}"
                    );
                    assert_eq!(ran.err.lines().count(), 1, "{line:?}: {ran:?}");
                }
            }
        }
    });
}

#[test]
fn in_several_namespaces_the_one_that_is_none_is_told_and_the_others_are_done() {
    let _zoo = Zoo::new();
    let ran = homeward("exec --ns note --ns red true");
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.err.contains("a file that is not empty"), "{ran:?}");
    assert!(ran.err.contains("failed in 1 of 2"), "{ran:?}");
}

#[test]
fn a_path_that_is_no_network_namespace_is_told_and_never_opened() {
    let _zoo = Zoo::new();
    for path in [
        "/etc/passwd",
        "/etc",
        "/proc/self/ns/mnt",
        "/run/netns/pipe",
    ] {
        for verb in ["show", "exec", "holders"] {
            let ran = words(&[verb, path, "true"][..if verb == "exec" { 3 } else { 2 }]);
            assert_eq!(ran.status, 3, "{verb} {path}: {ran:?}");
            assert!(
                ran.err.contains("network namespace"),
                "{verb} {path}: {ran:?}"
            );
        }
    }
}

#[test]
fn what_is_said_to_do_about_a_name_does_it() {
    load();
    let zoo = Zoo::new();
    let said = |name: &str| homeward(&format!("exec {name} true")).err;
    // The namespace that is mounted elsewhere is used by the path that is told.
    let path = said("elsewhere");
    let path = quoted(&path, "/proc/").to_owned();
    for line in ["show", "devices", "plan", "holders", "sockets", "tree"] {
        says(&format!("{line} {path}"));
    }
    says(&format!("exec {path} ip link"));
    // A young one is deleted; old ones are pruned, and nothing else.
    for name in ["young", "left", "dead", "circle"] {
        let line = said(name);
        let line = quoted(&line, "homeward ").to_owned();
        run("sh", &["-ec", &line]);
        let file = format!("{NAMES}/{name}");
        assert!(fs::symlink_metadata(file).is_err(), "{name} after {line}");
        if name == "left" {
            let file = format!("{NAMES}/dead");
            assert!(fs::symlink_metadata(&file).is_err(), "its like");
            run("ln", &["-s", "/proc/4000000/ns/net", &file]);
            run("ln", &["-s", "circle", &format!("{NAMES}/circle")]);
            run(
                "touch",
                &["-h", "-d", OLD, &file, &format!("{NAMES}/circle")],
            );
        }
    }
    for (name, ..) in KINDS.iter().skip(4) {
        let file = format!("{NAMES}/{name}");
        assert!(fs::symlink_metadata(file).is_ok(), "{name} is gone");
    }
    drop(zoo);
}

#[test]
fn doctor_and_prune_say_the_same_of_each_name() {
    let _zoo = Zoo::new();
    let doctor = homeward("doctor").out;
    let line = |words: &str| {
        doctor
            .lines()
            .find(|line| line.contains(words))
            .map(str::to_owned)
    };
    let stale = line("'homeward prune --yes' removes them").expect("stale names");
    assert!(stale.contains("behind circle, dead, left:"), "{stale}");
    for (name, what, advice) in KINDS {
        if ["left", "dead", "circle"].contains(&name) {
            continue;
        }
        let Some(found) = line(&format!("'{name}' is not a network namespace here")) else {
            continue;
        };
        assert!(
            found.contains("stale names") && found.contains(what),
            "{found}"
        );
        let other = advice == "'homeward ls'";
        assert!(other || found.contains(advice), "{found}");
        // Nothing that `prune` keeps is to be removed by another verb, but what may be left over.
        assert!(name == "young" || !found.contains("delete"), "{found}");
    }
    let elsewhere = line("'elsewhere' is not a network namespace here").expect("it");
    assert!(elsewhere.contains("('sleep')"), "{elsewhere}");
    // What it recommends is done by whoever reads it.
    let shown = says("prune");
    for name in ["left", "dead", "circle"] {
        let line = shown
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")));
        assert!(
            line.is_some_and(|line| line.contains(" stale ")),
            "{name}: {shown}"
        );
    }
    says("prune --yes -q");
    assert!(!says("prune").contains(" stale "));
    let after = homeward("doctor").out;
    assert!(!after.contains("'homeward prune"), "{after}");
}

#[test]
fn a_name_of_the_kind_is_no_namespace_for_ls_and_tree() {
    let _zoo = Zoo::new();
    with_and_without(|_| {
        for verb in ["ls", "tree"] {
            let text = homeward(&format!("{verb} -q")).out;
            for (name, ..) in KINDS {
                let found = text.split_whitespace().any(|word| word == name);
                assert!(!found, "{verb}: {name}\n{text}");
            }
        }
    });
}

#[test]
fn netns_says_of_such_names_what_ip_says() {
    let _zoo = Zoo::new();
    unload();
    for (name, ..) in KINDS {
        // ip waits for whoever writes to a pipe; and of a circle nix has other words than the C library.
        if ["pipe", "circle"].contains(&name) {
            continue;
        }
        for verb in ["exec NAME true", "pids NAME", "set NAME 5"] {
            let line = format!("netns {}", verb.replace("NAME", name));
            let ours = homeward(&line);
            let theirs = Command::new("/usr/bin/ip")
                .args(line.split(' '))
                .output()
                .expect("ip");
            let said = String::from_utf8_lossy(&theirs.stderr);
            assert_eq!(ours.err, said, "{line}");
            assert_eq!(Some(ours.status), theirs.status.code(), "{line}");
        }
    }
}

#[test]
fn a_pipe_in_the_place_of_a_name_holds_nobody_up() {
    let _zoo = Zoo::new();
    with_and_without(|_| {
        for (line, status) in [
            ("ls -q", 0),
            ("tree -q", 0),
            ("prune -q", 0),
            ("netns list", 0),
            ("netns list-id", 0),
            ("netns identify 1", 0),
            ("netns pids pipe", 0),
            ("netns set pipe 5", 2),
            ("netns exec pipe true", 255),
            ("-n pipe netns list", 255),
            ("netns delete --wait=0 pipe", 0),
        ] {
            let mut command = Command::new("timeout");
            command.args(["10", "homeward"]).args(line.split(' '));
            let ran = homeward_guest_tests::verb::run(&mut command);
            assert_eq!(ran.status, status, "{line}: {ran:?}");
        }
        run("mkfifo", &[&format!("{NAMES}/pipe")]);
    });
}

#[test]
fn an_ordinary_user_is_told_of_each_name_what_it_is() {
    let _zoo = Zoo::new();
    for (name, what, _) in KINDS {
        let ran = as_nobody(&format!("exec {name} true"));
        assert_eq!(ran.status, 3, "{name}: {ran:?}");
        assert!(ran.err.contains(what), "{name}: {ran:?}");
    }
}

#[test]
fn an_odd_name_is_removed_as_told_and_a_link_without_its_target() {
    let _red = Namespace::add("red");
    for (name, make) in [
        ("it's", "touch \"$P\""),
        ("end\n", "touch \"$P\""),
        ("-x", "touch \"$P\""),
        ("link", "ln -s /tmp/soon \"$P\""),
    ] {
        let path = Path::new(NAMES).join(name);
        let mut command = Command::new("sh");
        command.args(["-c", make]).env("P", &path);
        assert_eq!(homeward_guest_tests::verb::run(&mut command).status, 0);
        let mut command = Command::new("homeward");
        let said = homeward_guest_tests::verb::run(command.args(["exec", "--", name, "true"]));
        let advice = said.err.split("if nobody is, ").nth(1).expect(&said.err);
        let line = advice.split(" removes it").next().expect("a command");
        let quoted = line
            .strip_prefix('\'')
            .filter(|line| line.matches('\'').count() == 1);
        let line = quoted.map_or(line, |line| line.trim_end_matches('\''));
        assert_eq!(line.starts_with("rm "), name == "link", "{line}");
        run("sh", &["-ec", line]);
        assert!(fs::symlink_metadata(&path).is_err(), "{line}");
    }
}

#[test]
fn doctor_tells_what_is_in_the_place_of_the_directory() {
    let _red = Namespace::add("red");
    let told = |setup: &str, text: &str, advice: &str, after: &str| {
        let script = format!(
            "umount -l /run/netns 2>/dev/null || :; mount -t tmpfs none /run; {setup}
            homeward doctor || :; homeward exec red true || echo status $?; {after}"
        );
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-ec", &script]);
        let said = homeward_guest_tests::verb::run(&mut command);
        let all = format!("{}{}", said.out, said.err);
        assert!(all.contains(text) && all.contains(advice), "{all}");
        assert!(all.contains("status 3"), "{all}");
        assert_eq!(said.status, 0, "{all}");
    };
    let add = "homeward netns add red";
    told(
        "touch /run/netns;",
        "/run/netns is not a directory",
        "remove it: rm /run/netns",
        &format!("rm /run/netns; {add}"),
    );
    told(
        "ln -s /run/nowhere /run/netns;",
        "/run/netns is a dangling link",
        ": rm /run/netns",
        &format!("rm /run/netns; {add}"),
    );
    told(
        "mount -o remount,ro /run;",
        "/run is read-only",
        "mount -o remount,rw /run",
        &format!("mount -o remount,rw /run; {add}"),
    );
    told(
        "mkdir /run/netns; mount -o remount,ro /run;",
        "/run/netns is read-only",
        "mount -o remount,rw /run\n",
        &format!("mount -o remount,rw /run; {add}"),
    );
}
