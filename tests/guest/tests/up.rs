// SPDX-License-Identifier: GPL-2.0-only

//! Devices that a rule sets up at home, whatever their drivers do then.

use std::fs;

use homeward_client::model::{setting, EventKind, NewRule, RuleAction, Settings};
use homeward_guest_tests::{
    all_come_home_with, client, dies, eventually, exists, ip, load, Namespace, Netdevsim, Opener,
};
use nix::errno::Errno;

#[test]
fn a_driver_that_loads_a_module_when_it_is_opened_does_not_hold_up_a_death() {
    load();
    let _opener = Opener::that_loads_a_module();
    let red = Namespace::add("red");
    ip("link set opener0 netns red");
    let rule = NewRule {
        action: RuleAction::Return,
        restore: Some(Settings::DEFAULT | Settings::of(setting::UP)),
        ..NewRule::default()
    };
    client().add_rule(&rule).expect("a rule");
    let told = dies(red);
    let how = told.iter().find_map(|kind| match kind {
        EventKind::DeviceReturned(_, how) => how.as_ref(),
        _ => None,
    });
    let how = how.expect("a return");
    assert!(!how.restored.contains(Settings::of(setting::UP)), "{how:?}");
    let failed = how.failures.iter().map(|one| (one.setting, one.errno));
    assert_eq!(
        failed.collect::<Vec<_>>(),
        [(setting::UP, Errno::ETIMEDOUT)]
    );
    assert!(exists("opener0"));
    // Once the namespace is gone, nothing stands in its way.
    eventually("the module is there", || {
        fs::exists("/sys/module/pernet").is_ok_and(|there| there)
    });
    ip("link set opener0 up");
}

/// The move takes it from its VRF; in the tables of everybody its network is one of the host's.
#[test]
fn addresses_of_a_port_of_a_vrf_are_in_no_other_table() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    all_come_home_with(
        Settings::DEFAULT | Settings::of(setting::UP) | Settings::of(setting::ADDRESSES),
    );
    ip("link add vrf9 type vrf table 9");
    ip("link set vrf9 up");
    ip("link set sim0 master vrf9 up");
    ip("address add 192.0.2.1/24 dev sim0");
    ip("address add 2001:db8::1/64 dev sim0 nodad");
    let tables = || ip("route show table all") + &ip("-6 route show table all");
    let of_others = || {
        tables()
            .lines()
            .any(|line| is_theirs(line) && !line.contains("table 9"))
    };
    assert!(!of_others(), "{}", tables());
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    let told = dies(red);
    let how = told.iter().find_map(|kind| match kind {
        EventKind::DeviceReturned(_, how) => how.as_ref(),
        _ => None,
    });
    let how = how.expect("a return");
    assert!(how.restored.contains(Settings::of(setting::UP)), "{how:?}");
    let failed = how.failures.iter().map(|one| (one.setting, one.errno));
    assert_eq!(
        failed.collect::<Vec<_>>(),
        [(setting::ADDRESSES, Errno::EOPNOTSUPP)]
    );
    assert!(!of_others(), "{}", tables());
    ip("link del vrf9");
}

/// Whether a route is one of those networks.
fn is_theirs(route: &str) -> bool {
    ["192.0.2.", "2001:db8:"]
        .iter()
        .any(|network| route.contains(network))
}
