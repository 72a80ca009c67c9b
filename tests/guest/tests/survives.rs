// SPDX-License-Identifier: GPL-2.0-only

//! What docs/SURVIVES.md says of things that are no settings.

use std::fs;

use homeward_guest_tests::{dies, ip, load, run, Namespace, Netdevsim};

/// What is set of sim0, first at home, then inside; no number is the default.
fn set(ns: impl Fn(&str) -> String, number: u32) {
    ns("link set sim0 up");
    ns(&format!("address add 192.0.2.{number}/24 dev sim0"));
    ns(&format!("route add 198.51.100.{number} dev sim0"));
    ns(&format!(
        "neighbour add 192.0.2.99 lladdr 02:00:00:00:00:{number} dev sim0"
    ));
}

/// What there is of it at home, besides the sysctls.
fn there() -> [String; 3] {
    let qdisc = run("tc", &["qdisc", "show", "dev", "sim0"]);
    [
        ip("route show dev sim0"),
        ip("neighbour show dev sim0"),
        qdisc,
    ]
}

#[test]
fn what_a_move_removes_is_gone_and_starts_afresh() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let sysctls = ["ipv4/conf/sim0/rp_filter", "ipv6/conf/sim0/hop_limit"];
    let read = || sysctls.map(|one| fs::read_to_string(format!("/proc/sys/net/{one}")).expect(one));
    let fresh = (there(), read());
    set(ip, 10);
    run(
        "tc",
        &[
            "qdisc", "replace", "dev", "sim0", "root", "pfifo", "limit", "10",
        ],
    );
    for one in sysctls {
        fs::write(format!("/proc/sys/net/{one}"), "2").expect(one);
    }
    let (set_up, written) = (there(), read());
    assert!(
        set_up.iter().zip(&fresh.0).all(|(is, was)| is != was),
        "{set_up:?}"
    );
    assert!(
        written.iter().zip(&fresh.1).all(|(is, was)| is != was),
        "{written:?}"
    );
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    set(|words| red.ip(words), 20);
    dies(red);
    assert_eq!((there(), read()), fresh);
}

/// Asks the kernel's own client for netlink specifications: shapers of a device and its NAPI instances.
const ASK: &str = r"
import sys
sys.path.append('/ynl/pyynl')
from lib import YnlFamily
shaper, netdev = (YnlFamily(f'/ynl/specs/{name}.yaml', schema='') for name in ('net_shaper', 'netdev'))
device = {'ifindex': int(open('/sys/class/net/sim0/ifindex').read())}
napis = lambda: netdev.dump('napi-get', device)
if sys.argv[1:] == ['set']:
    shaper.do('set', device | {'handle': {'scope': 'netdev'}, 'metric': 'bps', 'bw-max': 77000})
    netdev.do('napi-set', {'id': napis()[0]['id'], 'gro-flush-timeout': 77000})
print([one['bw-max'] for one in shaper.dump('get', device)])
print(sorted(one['gro-flush-timeout'] for one in napis()))
";

#[test]
fn shapers_and_settings_of_a_napi_instance_stay_as_the_container_left_them() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let ask = |words: &[&str]| run("python3", &[&["-c", ASK], words].concat());
    ip("link set sim0 up");
    let before = ask(&[]);
    assert!(!before.contains("77000"), "{before}");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    red.ip("link set sim0 up");
    let words = ["netns", "exec", "red", "python3", "-c", ASK, "set"];
    let inside = run("/usr/bin/ip", &words);
    assert_eq!(inside.matches("77000").count(), 2, "{inside}");
    dies(red);
    ip("link set sim0 up");
    assert_eq!(ask(&[]), inside);
}
