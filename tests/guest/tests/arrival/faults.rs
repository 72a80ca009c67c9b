// SPDX-License-Identifier: GPL-2.0-only

//! Each step of a return refused, one call at a time and every time: the device comes home, and what its event
//! does not tell as missing is as it was. Neither is anything told as missing that is there.

use std::collections::BTreeSet;

use homeward_client::model::{setting_name, Return};
use homeward_client::{Error, Which};
use homeward_guest_tests::{
    client, die_together, ip, load, returns, slow, Failing, Fault, Fleet, Link, Namespace,
    Namespaces, Rtnl,
};
use nix::errno::Errno;

use super::disguised;

/// More failing calls than any return makes.
const TOO_MANY: u32 = 100;

/// What refuses a setting: the functions that a module may call, and those behind them, which rtnetlink
/// calls, too.
const REFUSALS: [(&str, Errno); 11] = [
    ("dev_set_mtu", Errno::EBUSY),
    ("netif_set_mtu_ext", Errno::EINVAL),
    ("dev_set_mac_address_user", Errno::EBUSY),
    ("netif_set_mac_address", Errno::EADDRNOTAVAIL),
    ("dev_change_flags", Errno::EOPNOTSUPP),
    ("netif_change_flags", Errno::EOPNOTSUPP),
    ("dev_set_alias", Errno::ENOMEM),
    ("netif_set_alias", Errno::ENOMEM),
    ("netif_change_name", Errno::EBUSY),
    ("netif_change_tx_queue_len", Errno::ERANGE),
    ("rtnl_setlink", Errno::EPERM),
];

/// Those among them that no return does without, when so much has been changed.
const IN_ANY_DEATH: [&str; 4] = [
    "dev_set_mtu",
    "dev_set_mac_address_user",
    "dev_change_flags",
    "dev_set_alias",
];

/// Functions that return nothing: without them, devices stay up.
const CLOSING: [&str; 3] = ["netif_close_many", "dev_close", "netif_close"];

/// Words for `ip link set` that change all, of a device that is up.
fn changed(number: usize) -> String {
    disguised(number) + " up"
}

/// What differs, by the names of settings; for flags any of theirs.
fn missing(now: &Link, home: &Link) -> BTreeSet<Vec<&'static str>> {
    let settings = |what| match what {
        "flags" => vec!["promisc", "allmulti", "noarp", "multicast"],
        "limits" => vec![
            "gso-max-size",
            "gso-max-segs",
            "gro-max-size",
            "gso-ipv4-max-size",
            "gro-ipv4-max-size",
        ],
        other => vec![other],
    };
    now.differing(home).into_iter().map(settings).collect()
}

/// All that is not as it was is told, and nothing else.
#[track_caller]
fn tells_what_is_missing(what: &str, now: &Link, home: &Link, how: &Return) {
    let told: BTreeSet<_> = how
        .failures
        .iter()
        .map(|one| setting_name(one.setting))
        .collect();
    let missing = missing(now, home);
    for one in &missing {
        let is_told = one.iter().any(|name| told.contains(*name));
        assert!(
            is_told,
            "{what}: {one:?} is not told: {how:#?}\n{now}\n{home}"
        );
    }
    for one in &told {
        let is_missing = missing.iter().any(|names| names.contains(&one.as_str()));
        assert!(is_missing, "{what}: {one} is told: {how:#?}\n{now}\n{home}");
    }
    for one in how.restored.names() {
        assert!(
            !told.contains(&one),
            "{what}: {one} both restored and not: {how:#?}"
        );
    }
}

/// One or two NICs leave, and come home while a function fails; whether it was called.
#[track_caller]
fn comes_home(what: &str, fleet: &Fleet, by: &str, fault: impl FnOnce() -> Fault) -> bool {
    let red = Namespaces::add("red", 1);
    fleet.leave_for(&red, changed);
    red[0].ip("link property add dev ct0 altname foreign");
    let (hows, struck) = match by {
        "death" => {
            let fault = fault();
            let told = die_together(red);
            let hows = returns(&told)
                .into_iter()
                .map(|(device, how)| (device.ifindex, how.clone()));
            (hows.collect::<Vec<_>>(), fault.struck())
        }
        _ => {
            let cookie = red[0].cookie();
            let mut client = client();
            let fault = fault();
            let recalled = client.recall_all(cookie);
            let struck = fault.struck();
            drop(fault);
            (recalled_or_again(what, cookie, recalled, struck), struck)
        }
    };
    assert_eq!(hows.len(), fleet.homes.len(), "{what}: {hows:#?}");
    let mut rtnl = Rtnl::new();
    for home in &fleet.homes {
        let now = rtnl
            .link(home.ifindex)
            .unwrap_or_else(|| panic!("{what}: {home} is not at home"));
        let how = hows.iter().find(|(ifindex, _)| *ifindex == home.ifindex);
        tells_what_is_missing(what, &now, home, &how.expect("its return").1);
    }
    struck
}

/// What a recall did; one that was refused changed nothing that would keep it from being done again.
#[track_caller]
fn recalled_or_again(
    what: &str,
    cookie: u64,
    recalled: Result<homeward_client::model::RecallAll, Error>,
    struck: bool,
) -> Vec<(u32, Return)> {
    let mut all = recalled.unwrap_or_default();
    if all.failed > 0 || all.devices.is_empty() {
        assert!(struck, "{what}: {all:?}");
        let again = client().recall_all(cookie).expect("again");
        all.devices.extend(again.devices);
    }
    let came = all.devices.into_iter();
    came.filter_map(|one| Some((one.ifindex, one.outcome.ok()?)))
        .collect()
}

/// Has each call fail once, one after the other, and then all of them, as long as a function says that it
/// failed. Gives how many there are.
#[track_caller]
fn each_fails(symbol: &str, failing: Failing, by: &str) -> u32 {
    // Two, to be closed as one.
    let nics = if matches!(failing, Failing::WithNull) {
        2
    } else {
        1
    };
    let mut fleet = Fleet::new(nics);
    let mut round = |skip, times| {
        let what = format!("{symbol} at a {by}, {times} calls from {skip}");
        let struck = comes_home(&what, &fleet, by, || {
            Fault::new(symbol, failing, skip, times)
        });
        let mut rtnl = Rtnl::new();
        let right = |home: &Link| rtnl.link(home.ifindex).as_ref() == Some(home);
        if !fleet.homes.iter().all(right) {
            drop(std::mem::replace(&mut fleet, Fleet::new(0)));
            fleet = Fleet::new(nics);
        }
        struck
    };
    let step = if slow() { 3 } else { 1 };
    let calls = (0..TOO_MANY).step_by(step).find(|skip| !round(*skip, 1));
    if matches!(failing, Failing::With(_)) {
        round(0, TOO_MANY);
    }
    calls.expect("calls without end")
}

#[test]
fn each_step_is_refused_once_and_always_at_a_death() {
    load();
    let mut never = Vec::new();
    for (symbol, errno) in REFUSALS {
        let calls = each_fails(symbol, Failing::With(errno), "death");
        println!("{symbol} at a death: {calls} calls");
        if calls == 0 && IN_ANY_DEATH.contains(&symbol) {
            never.push(symbol);
        }
    }
    assert!(never.is_empty(), "never called: {never:?}");
}

#[test]
fn each_step_is_refused_once_and_always_at_a_recall() {
    load();
    for (symbol, errno) in REFUSALS {
        let calls = each_fails(symbol, Failing::With(errno), "recall");
        println!("{symbol} at a recall: {calls} calls");
    }
}

/// Then the move closes them.
#[test]
fn nics_that_are_not_closed_first_come_home_all_the_same() {
    load();
    let mut calls = 0;
    for symbol in CLOSING {
        for by in ["death", "recall"] {
            calls += each_fails(symbol, Failing::WithNull, by);
        }
    }
    assert!(calls > 0, "nothing was closed");
}

/// A refused altname does not cost a device its name.
#[test]
fn requests_for_altnames_that_are_refused_are_told() {
    load();
    for symbol in ["rtnl_dellinkprop", "rtnl_newlinkprop"] {
        for by in ["death", "recall"] {
            let calls = each_fails(symbol, Failing::With(Errno::ENOMEM), by);
            println!("{symbol} at a {by}: {calls} calls");
        }
    }
}

/// No memory for anything, for as long as it takes: it comes home by the kernel's own way at the least.
#[test]
fn without_any_memory_a_nic_comes_home() {
    load();
    for symbol in ["krealloc_node_align_noprof", "kvrealloc_node_align_noprof"] {
        let fleet = Fleet::new(1);
        let red = Namespace::add("red");
        fleet.leave_for(std::slice::from_ref(&red), changed);
        let ifindex = fleet.homes[0].ifindex;
        let fault = Fault::new(symbol, Failing::WithNull, 0, 10_000);
        red.delete();
        homeward_guest_tests::eventually("it is at home", || Rtnl::new().link(ifindex).is_some());
        drop(fault);
    }
    // Nothing is left that would disturb the next one.
    let fleet = Fleet::new(1);
    ip("link set nic0 alias mine");
    let red = Namespace::add("red");
    ip("link set nic0 netns red name ct0");
    assert!(client().recall(red.cookie(), Which::Name("ct0")).is_ok());
    drop(fleet);
}
