// SPDX-License-Identifier: GPL-2.0-only

//! Devices that a rule sets up at home, whatever their drivers do then.

use std::fs;

use homeward_client::model::{setting, EventKind, NewRule, RuleAction, Settings};
use homeward_guest_tests::{client, dies, eventually, exists, ip, load, Namespace, Opener};
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
