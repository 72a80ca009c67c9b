// SPDX-License-Identifier: GPL-2.0-only

//! What IP has of a device comes back where a rule sets it up: its sysctls, its token, how it makes
//! addresses; and nothing of it where no rule does.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use homeward_client::model::{setting, EventKind, Home, Return, Settings, Value};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{all_come_home_with, client, dies, ip, load, run, Namespace, Netdevsim};
use nix::errno::Errno;

const PROMISES: &str = include_str!("../../../docs/PROMISES.md");

/// The sysctls of a family that do not come back, and the words of docs/PROMISES.md that say so.
const NOT_BACK: [(&str, &str, &str); 2] = [
    ("ipv4", "mc_forwarding", "`mc_forwarding`"),
    // All but one, see below.
    ("ipv6", "", "/proc/sys/net/ipv6/conf/NAME"),
];

/// A rule that says `up` and nothing else.
fn bring_all_up() {
    all_come_home_with(Settings::DEFAULT | Settings::of(setting::UP));
}

/// How sim0 came home, when red died.
#[track_caller]
fn comes_home(red: Namespace) -> Return {
    let told = dies(red).into_iter().find_map(|kind| match kind {
        EventKind::DeviceReturned(_, Some(how)) => Some(how),
        _ => None,
    });
    told.expect("it came home")
}

fn folder(family: &str) -> String {
    format!("/proc/sys/net/{family}/conf/sim0")
}

/// What each sysctl of sim0 says; not those that cannot be read.
#[track_caller]
fn sysctls(family: &str) -> BTreeMap<String, String> {
    let all = fs::read_dir(folder(family)).expect("sysctls");
    let all = all.map(|entry| entry.expect("a file").path());
    all.filter_map(|path| {
        let said = fs::read_to_string(&path).ok()?;
        let name = path.file_name()?.to_str()?.to_owned();
        Some((name, said.trim().to_owned()))
    })
    .collect()
}

/// Gives each that can be written another value; those that have one then.
#[track_caller]
fn change_all(family: &str) -> Vec<String> {
    let mut changed = Vec::new();
    for (name, was) in sysctls(family) {
        let path = format!("{}/{name}", folder(family));
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        // No IPv6 at all is no test of the rest.
        if mode & 0o200 == 0 || name == "disable_ipv6" {
            continue;
        }
        let other = if was == "0" { "1" } else { "0" };
        // One that takes no such value keeps its own.
        let _ = fs::write(&path, other);
        if sysctls(family).get(&name) != Some(&was) {
            changed.push(name);
        }
    }
    changed
}

/// The names of those that are not as they were; each is named in the promises.
#[track_caller]
fn not_as_before(family: &str, before: &BTreeMap<String, String>) -> Vec<String> {
    let after = sysctls(family);
    let names: Vec<_> = before
        .keys()
        .filter(|name| after.get(*name) != before.get(*name))
        .cloned()
        .collect();
    for name in &names {
        let named = NOT_BACK
            .iter()
            .find(|(of, known, _)| *of == family && (known.is_empty() || known == name));
        let (_, _, words) = named.unwrap_or_else(|| {
            panic!(
                "{family} {name}: {:?}, then {:?}",
                before[name], after[name]
            )
        });
        assert!(PROMISES.contains(words), "no {words} in PROMISES.md");
    }
    names
}

#[track_caller]
fn is_restored(how: &Return, id: u32, restored: bool) {
    let said = how.restored.contains(Settings::of(id));
    assert_eq!(said, restored, "{id}: {how:?}");
}

#[test]
fn every_ipv4_sysctl_of_a_device_is_as_before_where_a_rule_sets_it_up() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let changed = change_all("ipv4");
    // Or it would prove nothing: all but those that belong to the kernel.
    assert!(changed.len() >= 32, "{changed:?}");
    let before = sysctls("ipv4");
    bring_all_up();
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    let how = comes_home(red);
    assert_eq!(
        not_as_before("ipv4", &before),
        Vec::<String>::new(),
        "{how:?}"
    );
    is_restored(&how, setting::IPV4_CONF, true);
    assert_eq!(how.failures, [], "{how:?}");
}

/// A sysctl of IPv4 for all devices, which is 0 afterwards.
struct ForAll(&'static str);

impl ForAll {
    fn set(&self, value: &str) {
        fs::write(format!("/proc/sys/net/ipv4/{}", self.0), value).expect("a sysctl");
    }
}

impl Drop for ForAll {
    fn drop(&mut self) {
        self.set("0");
    }
}

/// Docker has all devices forward, when it starts; a NIC that is away then is one of them.
#[test]
fn what_a_device_has_from_its_namespace_it_has_from_there_again() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    bring_all_up();
    let all_forward = ForAll("ip_forward");
    let by_default = ForAll("conf/default/arp_announce");
    let lent = |meanwhile: &dyn Fn()| {
        let red = Namespace::add("red");
        ip("link set sim0 netns red");
        meanwhile();
        comes_home(red);
        let all = sysctls("ipv4");
        ["forwarding", "arp_announce"].map(|name| all[name].clone())
    };
    let nothing = || ();
    all_forward.set("0");
    let switched_on = lent(&|| {
        all_forward.set("1");
        by_default.set("2");
    });
    assert_eq!(switched_on, ["1", "2"]);
    assert_eq!(lent(&nothing), ["1", "2"]);
    // One that is to be another has been told so.
    let own = format!("{}/forwarding", folder("ipv4"));
    fs::write(&own, "0").expect("a sysctl");
    assert_eq!(lent(&nothing)[0], "0");

    all_forward.set("0");
    run("homeward", &["baseline", "take", "sim0"]);
    all_forward.set("1");
    assert_eq!(lent(&nothing)[0], "1");
    // What a runtime does before it leaves is no part of the baseline.
    fs::write(&own, "0").expect("a sysctl");
    assert_eq!(lent(&nothing)[0], "1");
    run("homeward", &["baseline", "clear", "sim0"]);
}

/// So is how it makes addresses; the others are named.
#[test]
fn every_ipv6_sysctl_of_a_device_is_as_before_or_named_in_the_promises() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let changed = change_all("ipv6");
    assert!(changed.len() > 30, "{changed:?}");
    assert!(
        changed.iter().any(|name| name == "addr_gen_mode"),
        "{changed:?}"
    );
    let before = sysctls("ipv6");
    bring_all_up();
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    let how = comes_home(red);
    let differing = not_as_before("ipv6", &before);
    assert!(
        !differing.contains(&"addr_gen_mode".to_owned()),
        "{differing:?}"
    );
    is_restored(&how, setting::ADDR_GEN_MODE, true);
    assert_eq!(how.failures, [], "{how:?}");
}

fn token() -> String {
    ip("token get dev sim0").trim().to_owned()
}

/// Sets what IP has of sim0, and moves it to red.
#[track_caller]
fn leaves_home() -> Namespace {
    ip("token set ::1234:5678:9abc:def0 dev sim0");
    ip("link set sim0 addrgenmode none");
    fs::write("/proc/sys/net/ipv4/conf/sim0/medium_id", "-1").expect("a sysctl");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    // What is inside is of no importance.
    red.ip("token set ::66 dev sim0");
    run(
        "/usr/bin/ip",
        &[
            "netns",
            "exec",
            "red",
            "sh",
            "-c",
            "echo 66 >/proc/sys/net/ipv4/conf/sim0/tag",
        ],
    );
    red
}

fn medium() -> String {
    sysctls("ipv4")["medium_id"].clone()
}

fn addr_gen_mode() -> String {
    sysctls("ipv6")["addr_gen_mode"].clone()
}

#[test]
fn token_and_addrgenmode_come_back_also_after_the_module_was_replaced() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let before = token();
    bring_all_up();
    let red = leaves_home();
    let home = |red: &Namespace| -> Home {
        let device = client().device_by_name(red.cookie(), "sim0");
        device.expect("sim0").homes.remove(0)
    };
    let known = home(&red);
    let numbers = |id| known.settings.get(&id).cloned();
    let token_now = Value::Numbers(vec![0x1234_5678, 0x9abc_def0]);
    assert_eq!(numbers(setting::IPV6_TOKEN), Some(token_now));
    assert_eq!(
        numbers(setting::ADDR_GEN_MODE),
        Some(Value::Numbers(vec![1]))
    );
    load();
    let change = |home: Home| DeviceChange {
        homes: Some(vec![home]),
        ..DeviceChange::default()
    };
    // One that an older module told of knows nothing of IP, least of all what it is inside.
    let mut older = known.clone();
    for id in [
        setting::IPV4_CONF,
        setting::ADDR_GEN_MODE,
        setting::IPV6_TOKEN,
    ] {
        older.settings.remove(&id);
    }
    let set = client().set_device(red.cookie(), Which::Name("sim0"), &change(older.clone()));
    assert_eq!(set.expect("an older one").homes, [older]);
    let set = client().set_device(red.cookie(), Which::Name("sim0"), &change(known.clone()));
    assert_eq!(set.expect("put back").homes, [known]);
    bring_all_up();
    let how = comes_home(red);
    assert_ne!(token(), before);
    assert!(token().contains("::1234:5678:9abc:def0"), "{}", token());
    assert_eq!((addr_gen_mode().as_str(), medium().as_str()), ("1", "-1"));
    assert_eq!(sysctls("ipv4")["tag"], "0");
    for id in [
        setting::IPV4_CONF,
        setting::ADDR_GEN_MODE,
        setting::IPV6_TOKEN,
        setting::UP,
    ] {
        is_restored(&how, id, true);
    }
}

#[test]
fn without_up_nothing_of_it_comes_back_and_nothing_is_said_of_it() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let before = token();
    all_come_home_with(Settings::DEFAULT);
    let red = leaves_home();
    let how = comes_home(red);
    assert_eq!(token(), before);
    assert_eq!((addr_gen_mode().as_str(), medium().as_str()), ("0", "0"));
    for id in [
        setting::IPV4_CONF,
        setting::ADDR_GEN_MODE,
        setting::IPV6_TOKEN,
    ] {
        is_restored(&how, id, false);
    }
    assert_eq!(how.failures, [], "{how:?}");
}

#[test]
fn what_the_kernel_refuses_of_it_is_told_and_the_rest_is_back() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let sysctl = |name: &str, value: &str| {
        fs::write(format!("{}/{name}", folder("ipv4")), value).expect(name);
    };
    // The file takes it, rtnetlink does not.
    sysctl("rp_filter", "7");
    sysctl("arp_ignore", "3");
    bring_all_up();
    let red = leaves_home();
    // A device without router advertisements has no token.
    let all = "/proc/sys/net/ipv6/conf/default/accept_ra";
    let was = fs::read_to_string(all).expect(all);
    fs::write(all, "0").expect(all);
    let how = comes_home(red);
    fs::write(all, was.trim()).expect(all);
    let after = sysctls("ipv4");
    assert_eq!(
        (after["arp_ignore"].as_str(), medium().as_str()),
        ("3", "-1")
    );
    assert_ne!(after["rp_filter"], "7");
    assert_eq!(addr_gen_mode(), "1");
    let failures: Vec<_> = how
        .failures
        .iter()
        .map(|one| (one.setting, one.errno))
        .collect();
    assert_eq!(
        failures,
        [
            (setting::IPV4_CONF, Errno::ERANGE),
            (setting::IPV6_TOKEN, Errno::EINVAL)
        ]
    );
    is_restored(&how, setting::IPV4_CONF, false);
    is_restored(&how, setting::IPV6_TOKEN, false);
    is_restored(&how, setting::UP, true);
}
