// SPDX-License-Identifier: GPL-2.0-only

//! RDMA devices of software (rdma_rxe, which Debian's kernels have): what `devices` says of them, and what the
//! kernel makes of them when a network namespace dies. docs/PROMISES.md says so. Should it change, so must that.

use std::path::Path;
use std::process::{Command, Output};

use homeward_guest_tests::verb::{json, says};
use homeward_guest_tests::{dies, eventually, ip, load, run, stock, Namespace, Netdevsim};
use serde_json::Value;

/// NICs, where there are RDMA devices, which end with them.
struct Nics {
    _sim: Netdevsim,
    exclusive: bool,
}

impl Nics {
    #[track_caller]
    fn new(exclusive: bool) -> Option<Self> {
        load();
        if !Path::new("/sys/module/rdma_rxe").exists() {
            assert!(!stock(), "qemu/stock.modules names rdma_rxe");
            eprintln!("not run: this kernel has no rdma_rxe");
            return None;
        }
        let sim = Netdevsim::new(1, &["sim0", "sim1"]);
        if exclusive {
            set_mode("exclusive");
        }
        Some(Nics {
            _sim: sim,
            exclusive,
        })
    }
}

impl Drop for Nics {
    fn drop(&mut self) {
        if self.exclusive && !std::thread::panicking() {
            set_mode("shared");
        }
    }
}

/// Only while there is no other network namespace.
#[track_caller]
fn set_mode(mode: &str) {
    let set = || {
        Command::new("rdma")
            .args(["system", "set", "netns", mode])
            .output()
    };
    eventually(mode, || set().is_ok_and(|output| output.status.success()));
}

#[track_caller]
fn rdma(words: &str) -> String {
    run("rdma", &words.split(' ').collect::<Vec<_>>())
}

fn try_inside(ns: &Namespace, words: &str) -> Output {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", ns.name(), "rdma"]);
    command.args(words.split(' ')).output().expect("rdma")
}

#[track_caller]
fn inside(ns: &Namespace, words: &str) {
    let output = try_inside(ns, words);
    assert!(output.status.success(), "{words}: {output:?}");
}

/// The names of RDMA devices, as JSON of rdma tells them.
fn named(told: &[u8]) -> Vec<String> {
    let told: Value = serde_json::from_slice(told).expect("JSON");
    let all = told.as_array().into_iter().flatten();
    all.filter_map(|one| Some(one["ifname"].as_str()?.to_owned()))
        .collect()
}

/// Of those that can be reached from here.
fn names() -> Vec<String> {
    named(rdma("-j dev show").as_bytes())
}

/// What the command says of the RDMA devices of a NIC.
#[track_caller]
fn said(nic: &str, ns: &str) -> Value {
    let list = json(&format!("devices {ns}"));
    let mut devices = list["devices"].as_array().expect("devices").iter();
    let found = devices.find(|device| device["name"] == nic);
    let told = found.expect("the NIC")["rdma"].clone();
    let shown = json(&format!("show {nic}@{ns}"));
    assert_eq!(shown["device"]["rdma"], told);
    told
}

/// Whether RDMA devices of software can be moved to another network namespace: from Linux 7.3 on.
fn can_be_moved() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("a release");
    let mut numbers = release.split('.').map(|part| part.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(Some(7)), Some(Some(3)))
}

fn own(name: &str) -> Value {
    serde_json::json!([{"name": name, "namespace": null}])
}

#[test]
fn the_rdma_device_of_a_nic_is_shown_where_the_nic_is() {
    for exclusive in [false, true] {
        let Some(_nics) = Nics::new(exclusive) else {
            return;
        };
        assert!(!says("devices").contains("RDMA"));
        rdma("link add rxe0 type rxe netdev sim0");
        assert_eq!(said("sim0", "init"), own("rxe0"));
        assert_eq!(said("sim1", "init"), serde_json::json!([]));
        let list = says("devices");
        assert!(list.contains("RDMA") && list.contains("rxe0"), "{list}");
        let red = Namespace::add("red");
        ip("link set sim1 netns red");
        inside(&red, "link add rxe1 type rxe netdev sim1");
        if exclusive {
            // Wherever its NIC is, it is made here, and then nothing tells of its NIC.
            assert_eq!(said("sim1", "red"), serde_json::json!([]));
        }
        if exclusive && can_be_moved() {
            rdma("dev set rxe1 netns red");
        }
        if !exclusive || can_be_moved() {
            assert_eq!(said("sim1", "red"), own("rxe1"));
        }
        assert_eq!(said("sim0", "init"), own("rxe0"));
        dies(red);
    }
}

#[test]
fn an_rdma_device_of_software_ends_when_its_nic_moves() {
    let Some(_nics) = Nics::new(false) else {
        return;
    };
    rdma("link add rxe0 type rxe netdev sim0");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    eventually("rxe0 is gone", || names().is_empty());
    inside(&red, "link add rxe1 type rxe netdev sim0");
    dies(red);
    eventually("rxe1 is gone", || names().is_empty());
    assert_eq!(said("sim0", "init"), serde_json::json!([]));
}

#[test]
fn in_exclusive_mode_the_kernel_moves_it_to_the_initial_namespace_as_it_is_called_inside() {
    let Some(_nics) = Nics::new(true) else { return };
    if !can_be_moved() {
        eprintln!("not run: this kernel moves no RDMA device of software");
        return;
    }
    rdma("link add rxe0 type rxe netdev sim0");
    rdma("link add rxe1 type rxe netdev sim1");
    for (own_name, name) in [("rxe0", "rxe0"), ("rxe0", "theirs"), ("theirs", "rxe1")] {
        let red = Namespace::add("red");
        rdma(&format!("dev set {own_name} netns red"));
        assert_eq!(names(), ["rxe1"]);
        // The kernel does not say in red which NIC it has, and it belongs to no card.
        assert_eq!(said("sim0", "init"), serde_json::json!([]));
        let set = format!("dev set {own_name} name {name}");
        let renamed = own_name == name || try_inside(&red, &set).status.success();
        dies(red);
        eventually("it is here", || names().len() == 2);
        let now = names().into_iter().find(|one| one != "rxe1").expect("it");
        match name {
            // Taken here; before Linux 7.3 names are unique, so it could not get this one.
            "rxe1" if renamed => assert!(now.starts_with("ibdev"), "{now}"),
            "rxe1" => assert_eq!(now, own_name),
            _ => assert_eq!(now, name),
        }
        let told = said("sim0", "init");
        assert_eq!(told, own(&now));
    }
}
