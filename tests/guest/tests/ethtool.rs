// SPDX-License-Identifier: GPL-2.0-only

//! What ethtool sets: it comes home as it was, or docs/PROMISES.md says that it does not.

use std::fs;
use std::process::Command;

use homeward_client::model::{setting, EventKind, Return, Value};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{
    client, dies, ip, load, outcome, outcomes, run, verb, Namespace, Netdevsim, Nic,
};
use nix::errno::Errno;

const PROMISES: &str = include_str!("../../../docs/PROMISES.md");
const OURS: &str = include_str!("../../../module/homeward.yaml");
const SPEC: &str = "/ynl/specs/ethtool.yaml";

/// The operations of the kernel's specification that get something, each with its lines.
fn gets(spec: &str) -> Vec<(&str, Vec<&str>)> {
    let lines = spec.lines().skip_while(|line| *line != "operations:");
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in lines {
        match (line.strip_prefix("      name: "), all.last_mut()) {
            (Some(name), _) => all.push((name, Vec::new())),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => {}
        }
    }
    all.retain(|(name, _)| name.ends_with("-get") || name.contains("-get-"));
    all
}

fn is_promised_not(words: &str) -> bool {
    PROMISES.contains(words)
}

#[test]
fn every_message_of_ethtool_has_its_outcome() {
    let spec = fs::read_to_string(SPEC).expect(SPEC);
    let all = gets(&spec);
    assert!(all.len() >= 28, "{all:?}");
    let told = outcomes("Messages of ethtool");
    for (name, _) in all {
        let _ = outcome(&told, name);
    }
}

#[test]
fn numbers_of_a_baseline_and_of_a_rule_outrank_those_of_the_departure() {
    load();
    let _sim = Netdevsim::with_queues(1, &["sim0"], 4);
    let at_home = |words: &str| run("sh", &["-c", &words.replace("DEV", "sim0")]);
    at_home("ethtool -G DEV rx 200 tx 300; ethtool -C DEV rx-usecs 5 tx-usecs 6");
    verb::homeward("baseline take sim0");
    let set = "policy add --name sim* --action return --set rings=rx=400 --set coalesce=tx-usecs=66,rx-frames=9";
    let refused = verb::homeward(set);
    assert!(refused.err.contains("rx-max-frames"), "{refused:?}");
    let set = set.replace("rx-frames", "rx-max-frames");
    assert_eq!(verb::homeward(&set).status, 0);
    // A runtime does so before it moves it.
    at_home("ethtool -G DEV rx 111 tx 112; ethtool -C DEV rx-usecs 11");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    inside(&red, &SPOIL.replace("$0", "sim0"));
    let shown = verb::homeward("show sim0@red").out;
    assert!(shown.contains("rx=400,tx=300"), "{shown}");
    let how = returned(red);
    assert!(how.failures.is_empty(), "{how:?}");
    assert_eq!(how.by_rule.names(), ["rings", "coalesce"]);
    // Of two lines the last says what is set, the first what could be.
    let number = |option: &str, name: &str| {
        let text = run("ethtool", &[option, "sim0"]);
        let mut lines = text.lines().filter_map(|line| line.strip_prefix(name));
        lines.next_back().map(|line| line.trim().to_owned())
    };
    for (option, name, wanted) in [
        ("-g", "RX:", "400"),
        ("-g", "TX:", "300"),
        ("-c", "rx-usecs:", "5"),
        ("-c", "tx-usecs:", "66"),
        ("-c", "rx-frames:", "9"),
    ] {
        assert_eq!(number(option, name).as_deref(), Some(wanted), "{name}");
    }
}

/// The numbers of a setting, by the last sentence of its documentation.
fn numbers(setting: &str) -> Vec<&'static str> {
    let (_, entry) = OURS
        .split_once(&format!("name: {setting}\n"))
        .expect(setting);
    let entry = entry.split("name: ").next().unwrap_or_default();
    let (_, names) = entry.split_once(" numbers:").expect("numbers");
    let words = names.split_whitespace().take_while(|word| *word != "-");
    words
        .map(|word| word.trim_end_matches([',', '.']))
        .collect()
}

#[test]
fn every_number_of_a_list_is_put_back_or_named_in_the_promises() {
    let spec = fs::read_to_string(SPEC).expect(SPEC);
    for (message, lines) in gets(&spec) {
        let setting = message.trim_end_matches("-get");
        if !["rings", "channels", "coalesce", "pause"].contains(&setting) {
            continue;
        }
        let ours = numbers(setting);
        let theirs = lines
            .iter()
            .filter_map(|line| line.strip_prefix("            - "));
        let mut count = 0;
        for number in theirs {
            let told =
                number.ends_with("-max") || ["header", "stats", "stats-src"].contains(&number);
            let name = number.trim_end_matches("-count");
            assert!(
                told || ours.contains(&name) || is_promised_not(&format!("`{name}`")),
                "{setting} has '{number}', but {ours:?}"
            );
            count += usize::from(ours.contains(&name));
        }
        assert!(count >= ours.len(), "{setting}: {ours:?}");
    }
}

/// What ethtool shows of a device that it can change.
fn shown(name: &str) -> Vec<String> {
    let show = |option: &str| {
        let output = Command::new("ethtool").args([option, name]).output();
        let output = output.expect("ethtool");
        format!("{option}: {}", String::from_utf8_lossy(&output.stdout))
    };
    let options = ["-g", "-l", "-c", "-a", "--show-fec", "--show-priv-flags"];
    let mut all: Vec<String> = options.iter().map(|option| show(option)).collect();
    let link = Command::new("ethtool").arg(name).output().expect("ethtool");
    let link = String::from_utf8_lossy(&link.stdout).into_owned();
    // The rest is of the link, which is down.
    let wol = link.lines().filter(|line| line.contains("Wake-on"));
    all.extend(wol.map(str::to_owned));
    all
}

/// What is tried, each by itself: no driver has all of it.
const SPOIL: &str = r"set +e
ethtool -L $0 combined 3
ethtool -G $0 rx 128
ethtool -G $0 tx 128
ethtool -C $0 rx-usecs 77 tx-frames 9 adaptive-rx on
ethtool -C $0 tx-frames 1
ethtool -A $0 rx on tx on
ethtool -A $0 autoneg off rx off tx on
ethtool --set-fec $0 encoding baser
ethtool -s $0 wol d
true";

/// The ways home.
#[derive(Debug, Clone, Copy)]
enum Way {
    Death,
    Recall,
    ByHand,
}

/// Runs a script in a namespace.
#[track_caller]
fn inside(ns: &Namespace, script: &str) {
    let words = ["netns", "exec", ns.name(), "sh", "-ec", script];
    run("/usr/bin/ip", &words);
}

/// How a device came home from a namespace that dies.
#[track_caller]
fn returned(ns: Namespace) -> Return {
    let how = dies(ns).into_iter().find_map(|kind| match kind {
        EventKind::DeviceReturned(_, how) => how,
        _ => None,
    });
    how.expect("a return")
}

/// Takes a device to a container that spoils it, and back; gives how that was told at a death.
#[track_caller]
fn there_and_back(name: &str, way: Way) -> Option<Return> {
    let before = shown(name);
    let red = Namespace::add("red");
    ip(&format!("link set {name} netns red"));
    inside(&red, &SPOIL.replace("$0", name));
    let told = match way {
        Way::Death => Some(returned(red)),
        Way::Recall => {
            let home = client().recall(red.cookie(), Which::Name(name));
            home.expect("home").outcome.ok()
        }
        Way::ByHand => {
            red.ip(&format!("link set {name} netns 1"));
            None
        }
    };
    assert_eq!(shown(name), before, "{name} by {way:?}: {told:?}");
    told
}

#[test]
fn what_a_container_sets_with_ethtool_is_as_before_on_every_way_home() {
    load();
    let _sim = Netdevsim::with_queues(1, &["sim0"], 4);
    // One without a mode is one that has nothing to set.
    run("ethtool", &["--set-fec", "sim0", "encoding", "rs"]);
    run("ethtool", &["-L", "sim0", "combined", "2"]);
    run(
        "ethtool",
        &["-C", "sim0", "rx-usecs", "5", "adaptive-tx", "on"],
    );
    for way in [Way::Death, Way::Recall, Way::ByHand] {
        if let Some(how) = there_and_back("sim0", way) {
            let names = ["channels", "rings", "coalesce", "pause", "fec"];
            assert_eq!(how.restored.names(), names, "{how:?}");
            assert!(how.failures.is_empty(), "{how:?}");
        }
    }
}

#[test]
fn what_a_container_sets_on_a_nic_of_the_machine_is_as_before() {
    load();
    let (virtio, e1000) = (Nic::driven_by("virtio_net"), Nic::driven_by("e1000"));
    for nic in [virtio.name(), e1000.name()] {
        for way in [Way::Death, Way::Recall, Way::ByHand] {
            let how = there_and_back(nic, way);
            println!("summary: {nic}: {how:?}");
            if let (true, Some(how)) = (nic == e1000.name(), how) {
                let restored = how.restored.names();
                for list in ["rings", "pause"] {
                    assert!(restored.iter().any(|name| name == list), "{how:?}");
                }
            }
        }
    }
}

#[test]
fn what_a_driver_refuses_to_ethtool_is_told_and_the_rest_is_put_back() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    run("ethtool", &["--set-fec", "sim0", "encoding", "rs"]);
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    inside(&red, &SPOIL.replace("$0", "sim0"));
    let refuse = "/sys/kernel/debug/netdevsim/netdevsim1/ports/0/ethtool/set_err";
    fs::write(refuse, (Errno::EIO as i32).to_string()).expect(refuse);
    let how = returned(red);
    assert_eq!(how.restored.names(), ["rings", "coalesce", "pause"]);
    assert_eq!(how.failures.len(), 1, "{how:?}");
    assert_eq!(
        (how.failures[0].setting, how.failures[0].errno),
        (setting::FEC, Errno::EIO)
    );
}

/// `nic0` of tests/modules/nic.c, which has what the others have not; gone when dropped.
struct Rare;

impl Rare {
    fn new() -> Self {
        let _ = Command::new("rmmod").arg("nic").output();
        run("insmod", &["/nic.ko"]);
        Rare
    }

    /// Whether it refuses to remove rules and contexts.
    fn refuses(yes: bool) {
        let file = "/sys/module/nic/parameters/refuse";
        fs::write(file, if yes { "1" } else { "0" }).expect(file);
    }
}

impl Drop for Rare {
    fn drop(&mut self) {
        let _ = Command::new("rmmod").arg("nic").output();
    }
}

#[test]
fn private_flags_and_wake_on_lan_are_as_before() {
    load();
    let _rare = Rare::new();
    run("ethtool", &["--set-priv-flags", "nic0", "flag-b", "on"]);
    run("ethtool", &["-s", "nic0", "wol", "g"]);
    let before = shown("nic0");
    let red = Namespace::add("red");
    ip("link set nic0 netns red");
    inside(&red, "ethtool --set-priv-flags nic0 flag-a on flag-b off");
    inside(&red, "ethtool -s nic0 wol u");
    let how = returned(red);
    assert_eq!(how.restored.names(), ["private-flags", "wol"]);
    assert!(how.failures.is_empty(), "{how:?}");
    assert_eq!(shown("nic0"), before);
}

#[test]
fn a_table_that_is_set_inside_is_reset_and_does_not_keep_the_channels_away() {
    load();
    let _rare = Rare::new();
    run("ethtool", &["-L", "nic0", "combined", "2"]);
    let table = || run("ethtool", &["-x", "nic0"]);
    let (before, spread) = (shown("nic0"), table());
    let red = Namespace::add("red");
    ip("link set nic0 netns red");
    inside(&red, "ethtool -L nic0 combined 4");
    inside(&red, "ethtool -X nic0 weight 0 0 0 1");
    let how = returned(red);
    assert_eq!(how.restored.names(), ["rss-table", "channels"]);
    assert!(how.failures.is_empty(), "{how:?}");
    assert_eq!((shown("nic0"), table()), (before, spread));

    // One of home cannot be made again.
    run("ethtool", &["-X", "nic0", "weight", "1", "3"]);
    let red = Namespace::add("red");
    ip("link set nic0 netns red");
    inside(&red, "ethtool -X nic0 default");
    let how = returned(red);
    assert_eq!(how.failures.len(), 1, "{how:?}");
    assert_eq!(
        (how.failures[0].setting, how.failures[0].errno),
        (setting::RSS_TABLE, Errno::EOPNOTSUPP)
    );
}

/// The rules and contexts of nic0.
fn steering() -> [String; 2] {
    let rules = run("ethtool", &["-n", "nic0"]);
    let contexts = (1..9).filter(|context| {
        let context = context.to_string();
        let words = ["-x", "nic0", "context", &context];
        let output = Command::new("ethtool").args(words).output();
        output.expect("ethtool").status.success()
    });
    [rules, format!("{:?}", contexts.collect::<Vec<u32>>())]
}

const RULE: &str = "ethtool -N nic0 flow-type tcp4 dst-port";

#[test]
fn rules_and_contexts_that_were_added_inside_are_removed_and_those_of_home_stay() {
    load();
    let _rare = Rare::new();
    let at_home = |words: &str| drop(run("sh", &["-c", words]));
    at_home(&format!("{RULE} 22 action 1 loc 3"));
    at_home("ethtool -X nic0 context new equal 2");
    let before = steering();
    assert!(
        before[0].contains("Filter: 3") && before[1] == "[1]",
        "{before:?}"
    );
    let red = Namespace::add("red");
    ip("link set nic0 netns red");
    inside(&red, &format!("{RULE} 80 action -1 loc 5"));
    inside(&red, "ethtool -X nic0 context new equal 4");
    let how = returned(red);
    assert_eq!(how.restored.names(), ["steering"]);
    assert!(how.failures.is_empty(), "{how:?}");
    assert_eq!(steering(), before);

    // Also by a module that was loaded meanwhile, and knows what the other one did.
    let red = Namespace::add("red");
    ip("link set nic0 netns red");
    let device = client().device_by_name(red.cookie(), "nic0");
    let homes = device.expect("nic0").homes;
    assert_eq!(homes[0].steering.as_ref().map(Vec::len), Some(4));
    load();
    inside(&red, &format!("{RULE} 80 action -1 loc 5"));
    let change = DeviceChange {
        homes: Some(homes),
        ..DeviceChange::default()
    };
    let set = client().set_device(red.cookie(), Which::Name("nic0"), &change);
    set.expect("put back");
    assert_eq!(returned(red).restored.names(), ["steering"]);
    assert_eq!(steering(), before);
}

#[test]
fn a_rule_that_the_driver_does_not_remove_is_told_counted_and_shown() {
    load();
    let _rare = Rare::new();
    let red = Namespace::add("red");
    ip("link set nic0 netns red");
    inside(&red, &format!("{RULE} 22 action -1 loc 3"));
    Rare::refuses(true);
    let how = returned(red);
    assert!(how.restored.is_empty(), "{how:?}");
    assert_eq!(how.failures.len(), 1, "{how:?}");
    assert_eq!(
        (how.failures[0].setting, how.failures[0].errno),
        (setting::STEERING, Errno::EBUSY)
    );
    assert_eq!(client().stats().expect("stats").programs_left, 1);
    let doctor = Command::new("homeward").arg("doctor").output();
    let doctor = String::from_utf8_lossy(&doctor.expect("doctor").stdout).into_owned();
    assert!(doctor.contains("ntuple rule"), "{doctor}");
}

#[test]
fn a_list_that_a_driver_has_not_is_in_no_record() {
    load();
    let red = Namespace::add("red");
    ip("link add dum0 type dummy");
    ip("link set dum0 netns red");
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link set sim0 netns red");
    let lists = |name: &str| -> Vec<String> {
        let device = client().device_by_name(red.cookie(), name).expect(name);
        let settings = &device.homes[0].settings;
        let lists = settings
            .iter()
            .filter(|(_, value)| matches!(value, Value::Numbers(_)));
        lists
            .map(|(id, _)| homeward_client::model::setting_name(*id))
            .collect()
    };
    assert!(lists("dum0").is_empty());
    assert_eq!(lists("sim0"), ["channels", "rings", "coalesce", "pause"]);
}
