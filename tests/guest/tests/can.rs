// SPDX-License-Identifier: GPL-2.0-only

//! What comes home of a CAN controller, and what stays as the container left it: its bit rates and its mode are
//! link-type data (IFLA_LINKINFO). docs/PROMISES.md says so. Should it change, so must that.

use homeward_client::model::{setting, EventKind, Return};
use homeward_guest_tests::{client, dies, exists, ip, load, returns, stock, Namespace};
use nix::errno::Errno;
use serde_json::Value;

/// The controller of software that our own kernels have (CONFIG_CAN_DUMMY), at 500 kbit/s; as a new one when
/// dropped.
struct Controller;

impl Controller {
    #[track_caller]
    fn new() -> Option<Self> {
        load();
        if !exists("can0") {
            assert!(stock(), "no CONFIG_CAN_DUMMY");
            eprintln!("not run: this kernel has no CONFIG_CAN_DUMMY");
            return None;
        }
        ip("link set can0 type can bitrate 500000 fd off listen-only off");
        Some(Controller)
    }

    /// All that iproute2 tells of it.
    #[track_caller]
    fn tells(&self) -> Value {
        let told = ip("-json -details link show dev can0");
        let told: Value = serde_json::from_str(&told).expect("JSON");
        told[0].clone()
    }

    /// Its link-type data.
    #[track_caller]
    fn data(&self) -> Value {
        self.tells()["linkinfo"]["info_data"].clone()
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        ip("link set can0 down");
        ip("link set can0 type can bitrate 500000 fd off listen-only off");
    }
}

#[track_caller]
fn how(told: &[EventKind]) -> Return<u64> {
    match returns(told).as_slice() {
        [(_, how)] => (*how).clone(),
        _ => panic!("{told:?}"),
    }
}

#[test]
fn a_controller_comes_home_with_its_settings_and_with_the_bit_rate_and_mode_of_inside() {
    let Some(can) = Controller::new() else { return };
    let (before, data) = (can.tells(), can.data());
    assert_eq!(data["bittiming"]["bitrate"], 500_000);
    let red = Namespace::add("red");
    ip("link set can0 netns red name ct0");
    red.ip("link set ct0 txqueuelen 77 alias theirs");
    let device = client().device_by_name(red.cookie(), "ct0").expect("it");
    assert!(device.physical && device.kind.as_deref() == Some("can"));

    // What the move itself does to it: nothing.
    let moved = red.ip("-json -details link show dev ct0");
    let moved: Value = serde_json::from_str(&moved).expect("JSON");
    assert_eq!(moved[0]["linkinfo"]["info_data"], data);

    red.ip("link set ct0 type can bitrate 250000 sample-point 0.7 listen-only on");
    red.ip("link set ct0 up");
    let told = dies(red);
    let how = how(&told);
    assert!(how.failures.is_empty(), "{how:?}");
    assert_eq!(how.restored.names(), ["name", "txqlen", "alias"]);
    let (after, theirs) = (can.tells(), can.data());
    for key in ["ifname", "txqlen", "ifalias", "mtu", "flags"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    assert_eq!(theirs["bittiming"]["bitrate"], 250_000);
    assert_eq!(theirs["ctrlmode"], serde_json::json!(["LISTEN-ONLY"]));
    // It is down, as the kernel has it, so they can be set again before it disturbs anybody.
    assert_eq!(theirs["state"], "STOPPED");
    ip("link set can0 type can bitrate 500000 listen-only off");
    assert_eq!(can.data(), data);
}

#[test]
fn an_mtu_that_the_mode_of_inside_does_not_allow_is_told_as_a_failure() {
    let Some(can) = Controller::new() else { return };
    let red = Namespace::add("red");
    ip("link set can0 netns red");
    red.ip("link set can0 type can bitrate 500000 dbitrate 2000000 fd on");
    assert!(red.ip("link show can0").contains("mtu 72"));
    let told = dies(red);
    let failures: Vec<_> = (how(&told).failures.iter())
        .map(|failure| (failure.setting, failure.errno))
        .collect();
    assert_eq!(failures, [(setting::MTU, Errno::EINVAL)]);
    assert_eq!(can.tells()["mtu"], 72);
    ip("link set can0 type can fd off");
    assert_eq!(can.tells()["mtu"], 16);
}
