// SPDX-License-Identifier: GPL-2.0-only

//! Rules by the command: shown, changed, loaded from a file and saved to one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use homeward_client::model::{
    setting, Action, NewRule, Reason, Rule, RuleAction, RuleClass, Settings,
};
use homeward_guest_tests::{
    client, eventually, ip, load, look, run, run_fails, unload, Listener, Namespace, Netdevsim,
};

const FILE: &str = "/tmp/policy.toml";

#[track_caller]
fn policy(args: &str) -> String {
    let mut all = vec!["policy"];
    all.extend(args.split(' '));
    run("homeward", &all)
}

#[track_caller]
fn policy_fails(args: &str) -> (i32, String) {
    let mut all = vec!["policy"];
    all.extend(args.split(' '));
    run_fails("homeward", &all)
}

fn rules() -> Vec<Rule> {
    client().rules().expect("rules")
}

/// What the rules say, without their ids.
fn saying(rules: &[Rule]) -> Vec<Rule> {
    let bare = |rule: &Rule| Rule {
        id: 0,
        hits: 0,
        ..rule.clone()
    };
    rules.iter().map(bare).collect()
}

fn rule(name: &str, action: RuleAction) -> NewRule {
    NewRule {
        name: Some(name.to_owned()),
        action,
        ..NewRule::default()
    }
}

#[test]
fn a_loaded_file_decides_at_a_death_and_show_counts_it() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let text = "[[rule]]\nname = \"sim*\"\nclass = \"physical\"\naction = \"return\"\nup = true\n\
                restore = [\"default\", \"-mtu\"]\n\n[[rule]]\naction = \"kernel\"\n";
    fs::write(FILE, text).expect("a file");
    assert!(policy(&format!("load {FILE}")).contains("2 rules in force"));
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    red.ip("link set sim0 name ct0 mtu 1400");
    let cookie = red.cookie();
    let mut events = Listener::new();
    red.delete();
    events.until_gone(cookie);
    // Renamed and up, as the rule says; the MTU was left as it was inside.
    let link = look(ip, "sim0");
    assert!(link.contains("mtu 1400") && link.contains("UP"), "{link}");
    let shown = policy("show");
    let first: Vec<&str> = shown
        .lines()
        .nth(1)
        .expect("a rule")
        .split_whitespace()
        .collect();
    let id = rules()[0].id.to_string();
    assert_eq!(
        first,
        [
            &id,
            "sim*",
            "-",
            "physical",
            "return",
            "-",
            "default,-mtu,up",
            "settings",
            "-",
            "1"
        ]
    );
    ip("link set sim0 down");
}

#[test]
fn what_is_saved_and_loaded_is_the_same() {
    load();
    let mut client = client();
    let mut odd = rule("a\"#\\\u{1}'*?", RuleAction::Init);
    odd.kind = Some("\u{e4}".to_owned());
    odd.class = Some(RuleClass::Virtual);
    odd.template = Some("\"#'%d".to_owned());
    odd.restore = Some(Settings::default());
    client.add_rule(&odd).expect("a rule");
    for bits in 0..=18 {
        let mut new = rule(&format!("r{bits}"), RuleAction::Return);
        new.restore = Some(Settings::from(1 << bits) | Settings::of(setting::UP));
        client.add_rule(&new).expect("a rule");
    }
    let before = rules();
    let _ = fs::remove_file(FILE);
    policy(&format!("save {FILE}"));
    let mode = fs::metadata(FILE).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
    assert_eq!(policy("save"), fs::read_to_string(FILE).expect("a file"));
    policy("flush");
    assert!(rules().is_empty());
    policy(&format!("load {FILE}"));
    assert_eq!(saying(&rules()), saying(&before));
    // Once more changes nothing at all, not even the ids.
    let before = rules();
    policy(&format!("load {FILE}"));
    assert_eq!(rules(), before);
}

#[test]
fn a_file_with_mistakes_changes_nothing_and_they_have_line_numbers() {
    load();
    policy("add --name keep* --action init");
    let before = rules();
    let text = "[[rule]]\naction = \"return\"\n[[rule]]\naction = \"stay\"\nnmae = \"x\"\n";
    fs::write(FILE, text).expect("a file");
    let (status, error) = policy_fails(&format!("load {FILE}"));
    assert_eq!(status, 1);
    assert!(error.contains(&format!("{FILE}:4:10: 'stay'")), "{error}");
    assert!(error.contains(&format!("{FILE}:5:1: ")), "{error}");
    assert!(error.contains("rules in force are unchanged"), "{error}");
    assert_eq!(rules(), before);
    assert_eq!(policy_fails("load /nonexistent").0, 3);
    assert_eq!(rules(), before);
}

/// What `doctor` says of the rules.
#[track_caller]
fn of_rules() -> (String, String) {
    let said: serde_json::Value =
        serde_json::from_str(&run("homeward", &["doctor", "--json"])).expect("JSON");
    let mut checks = said["checks"].as_array().expect("a list").iter();
    let check = checks.find(|check| check["name"] == "rules");
    let check = check.expect("a check of the rules");
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (text("outcome"), text("found"))
}

/// Standard error of a verb that succeeds.
#[track_caller]
fn warned(args: &str) -> String {
    let mut command = Command::new("homeward");
    let output = command.args(args.split(' ')).output().expect("homeward");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A program of that name, in this network namespace or in another one.
struct Program(std::process::Child);

impl Program {
    #[track_caller]
    fn named(name: &str, place: &[&str]) -> Self {
        let file = format!("/tmp/{name}");
        fs::copy("/usr/bin/ip", &file).expect("a copy");
        let all = [place, &[file.as_str(), "monitor", "link"]].concat();
        let mut command = Command::new(all[0]);
        command.args(&all[1..]).stdout(std::process::Stdio::null());
        let child = command.spawn().expect("a program");
        let comm = format!("/proc/{}/comm", child.id());
        eventually("its name", || {
            fs::read_to_string(&comm)
                .is_ok_and(|comm| comm.trim_end() == &name[..name.len().min(15)])
        });
        Program(child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn rules_that_do_the_work_of_a_network_manager_are_warned_of_where_one_runs() {
    load();
    let text = "[[rule]]\naction = \"return\"\nup = true\n";
    fs::write(FILE, text).expect("a file");
    // For whichever machine the file is.
    let said = policy(&format!("check {FILE}"));
    assert!(
        said.contains(&format!("{FILE}:3:1: note: leave out 'up'")),
        "{said}"
    );
    let up = "policy add --action return --up";
    for name in ["NetworkManager", "systemd-networkd"] {
        policy("flush");
        assert_eq!(warned(up), "");
        assert_eq!(of_rules().0, "ok");
        let red = Namespace::add("red");
        let inside = Program::named(name, &["ip", "netns", "exec", "red"]);
        assert_eq!(of_rules().0, "ok", "one of a container");
        drop((inside, red));
        let _program = Program::named(name, &[]);
        let (outcome, found) = of_rules();
        assert_eq!(outcome, "warn", "{found}");
        assert!(found.contains(&format!("{name} runs here")), "{found}");
        for words in [up, &format!("policy load {FILE}")] {
            let said = warned(words);
            assert!(
                said.contains(&format!("{name} runs here: leave out")),
                "{said}"
            );
        }
        // Rules that leave it to them are as they should be.
        policy("flush");
        assert_eq!(warned("policy add --action return"), "");
        assert_eq!(of_rules(), ("ok".to_owned(), "1 rule in force".to_owned()));
    }
}

#[test]
fn a_machine_without_a_policy_has_no_rules_and_a_file_that_is_asked_for_must_be_there() {
    load();
    let client = &mut client();
    client.add_rule(&rule("a", RuleAction::Kernel)).expect("ok");
    let own = "/etc/homeward/policy.toml";
    let there = fs::exists(own).expect("a look");
    assert!(!there, "the guest has a policy of its own");
    for path in ["/tmp/nothing", own] {
        let (status, error) = policy_fails(&format!("load {path}"));
        assert_eq!((status, rules().len()), (3, 1), "{error}");
    }
    let output = Command::new("homeward").args(["policy", "load"]).output();
    let output = output.expect("homeward");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    assert!(
        error.contains(&format!("warning: there is no file '{own}'")),
        "{error}"
    );
    assert_eq!(rules(), []);
    // A link that leads nowhere is a mistake.
    client.add_rule(&rule("a", RuleAction::Kernel)).expect("ok");
    fs::create_dir_all("/etc/homeward").expect("a directory");
    std::os::unix::fs::symlink("/tmp/nothing", own).expect("a link");
    let (status, error) = policy_fails("load");
    fs::remove_dir_all("/etc/homeward").expect("cleaned up");
    assert_eq!((status, rules().len()), (3, 1), "{error}");
}

#[test]
fn a_file_written_by_hand_is_not_written_over() {
    load();
    let text = "# Mine.\n[[rule]]\naction = \"init\" # Why not.\n";
    fs::write(FILE, text).expect("a file");
    policy(&format!("load {FILE}"));
    // Its rules are those in force, so there is nothing to save.
    policy(&format!("save {FILE}"));
    assert_eq!(fs::read_to_string(FILE).expect("a file"), text);
    policy("add --kind veth --action kernel");
    let (status, error) = policy_fails(&format!("save {FILE}"));
    assert_eq!(status, 1);
    assert!(error.contains("--force"), "{error}");
    assert_eq!(fs::read_to_string(FILE).expect("a file"), text);
    policy(&format!("save --force {FILE}"));
    policy(&format!("load {FILE}"));
    assert_eq!(rules().len(), 2);
}

#[test]
fn rules_are_added_before_others_and_deleted_by_their_ids() {
    load();
    let added: serde_json::Value =
        serde_json::from_str(&policy("add --name a --action kernel --json")).expect("JSON");
    let first = added["rules"][0]["id"].as_u64().expect("an id");
    policy(&format!("add --name b --action init --before {first}"));
    let names: Vec<_> = rules().into_iter().map(|rule| rule.name.unwrap()).collect();
    assert_eq!(names, ["b", "a"]);
    let (status, error) = policy_fails("add --action init --before 99");
    assert_eq!(status, 3);
    assert!(error.contains("there is no such rule"), "{error}");
    // The one that is there goes all the same.
    let (status, error) = policy_fails(&format!("del 99 {first}"));
    assert_eq!(status, 3);
    assert!(error.contains("cannot delete rule 99"), "{error}");
    assert_eq!(rules().len(), 1);
    policy(&format!("del {}", rules()[0].id));
    assert!(rules().is_empty());
}

#[test]
fn while_rules_are_replaced_no_device_has_a_third_fate() {
    load();
    let red = Namespace::add("red");
    ip("link add dum0 type dummy");
    ip("link set dum0 netns red");
    // Both files have it come home, by rules in different places among many.
    let filler = |count: usize, name: &str| -> String {
        (0..count)
            .map(|n| format!("[[rule]]\nname = \"{name}{n}\"\naction = \"kernel\"\n"))
            .collect()
    };
    let decides = "[[rule]]\nname = \"dum*\"\naction = \"return\"\n";
    let files = ["/tmp/one.toml", "/tmp/two.toml"];
    let one = format!("{}{decides}{}", filler(40, "x"), filler(40, "y"));
    fs::write(files[0], one).expect("a file");
    fs::write(files[1], format!("{decides}{}", filler(80, "z"))).expect("a file");
    policy(&format!("load {}", files[0]));
    let cookie = red.cookie();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..6 {
                policy(&format!("load {}", files[(round + 1) % 2]));
            }
            stop.store(true, Ordering::Relaxed);
        });
        let mut client = client();
        let mut looked = 0;
        while !stop.load(Ordering::Relaxed) {
            let device = client.device_by_name(cookie, "dum0").expect("dum0");
            let fate = device.fate.expect("a fate");
            assert_eq!((fate.action, fate.reason), (Action::Return, Reason::Rule));
            looked += 1;
        }
        assert!(looked > 50, "looked only {looked} times");
    });
    assert_eq!(rules().len(), 81);
    red.ip("link del dum0");
}

#[test]
fn two_loads_at_once_come_one_after_the_other() {
    load();
    let file = |name: &str, count: usize| {
        let path = format!("/tmp/{name}.toml");
        let text: String = (0..count)
            .map(|n| format!("[[rule]]\nname = \"{name}{n}\"\naction = \"init\"\n"))
            .collect();
        fs::write(&path, text).expect("a file");
        path
    };
    let paths = [file("left", 120), file("right", 130)];
    std::thread::scope(|scope| {
        for path in &paths {
            scope.spawn(move || (0..4).for_each(|_| drop(policy(&format!("load {path}")))));
        }
    });
    let names: Vec<_> = rules().into_iter().map(|rule| rule.name.unwrap()).collect();
    let all = |name: &str| names.iter().all(|one| one.starts_with(name));
    assert!(
        (all("left") && names.len() == 120) || (all("right") && names.len() == 130),
        "{names:?}"
    );
}

#[test]
fn a_full_list_is_replaced_by_a_full_list() {
    load();
    let file = |name: &str| {
        let text: String = (0..256)
            .map(|n| format!("[[rule]]\nname = \"{name}{n}\"\naction = \"init\"\n"))
            .collect();
        fs::write(FILE, text).expect("a file");
        policy(&format!("load {FILE}"));
        assert_eq!(rules().len(), 256);
        assert_eq!(rules()[255].name, Some(format!("{name}255")));
    };
    file("a");
    file("b");
    let (_, error) = policy_fails("add --action init");
    assert!(error.contains("there are 256 rules already"), "{error}");
}

#[test]
fn whoever_may_not_change_rules_is_told_so() {
    load();
    fs::write(FILE, "").expect("a file");
    fs::set_permissions(FILE, fs::Permissions::from_mode(0o644)).expect("a mode");
    let nobody = |args: &[&str]| {
        let mut all = vec![
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "homeward",
        ];
        all.extend(args);
        run_fails("setpriv", &all)
    };
    for args in [
        ["policy", "show"].as_slice(),
        &["policy", "flush"],
        &["policy", "load", FILE],
        &["policy", "add", "--action", "init"],
        &["state", "save", "/tmp/nobody"],
    ] {
        let (status, error) = nobody(args);
        assert_eq!(status, 5, "{args:?}: {error}");
    }
    unload();
    assert_eq!(policy_fails("show").0, 4);
    // A check needs no module.
    policy(&format!("check {FILE}"));
    load();
}

#[test]
fn a_file_that_is_a_mount_is_written_into() {
    load();
    let mut client = client();
    client
        .add_rule(&rule("a", RuleAction::Init))
        .expect("a rule");
    fs::write(
        "/tmp/below.toml",
        "# a longer text than what comes in its place, so that its end has to go\n".repeat(9),
    )
    .expect("a file");
    fs::write(FILE, "").expect("a file");
    run("mount", &["--bind", "/tmp/below.toml", FILE]);
    policy(&format!("save --force {FILE}"));
    let (above, below) = (
        fs::read_to_string(FILE),
        fs::read_to_string("/tmp/below.toml"),
    );
    run("umount", &[FILE]);
    assert_eq!(above.expect("a file"), below.expect("a file"));
    fs::copy("/tmp/below.toml", FILE).expect("a file");
    assert!(policy(&format!("load {FILE}")).contains("1 rule"));
    assert_eq!(saying(&rules()).len(), 1);
    client.flush_rules().expect("no rules");
}
