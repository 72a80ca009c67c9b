// SPDX-License-Identifier: GPL-2.0-only

//! A network card with SR-IOV (`tests/modules/sriov.c`).

use std::fs;
use std::process::Command;

use crate::device::exists;
use crate::run::run;

const DRIVER: &str = "/sys/bus/pci/drivers/sriov";

/// The card, with the PF pf0 and the VFs vf0 and vf1; gone when dropped.
#[derive(Debug)]
pub struct Card {
    /// The PF's address.
    pf: String,
}

impl Default for Card {
    fn default() -> Self {
        Card::new()
    }
}

impl Card {
    /// Makes it.
    #[track_caller]
    pub fn new() -> Self {
        run("insmod", &["/sriov.ko"]);
        let device = fs::read_link("/sys/class/net/pf0/device").expect("pf0");
        let pf = device.file_name().expect("an address").to_string_lossy();
        fs::write(format!("{DRIVER}/{pf}/sriov_numvfs"), "2").expect("two VFs");
        assert!(exists("vf1"));
        Card { pf: pf.into() }
    }

    /// Changes how its driver is.
    pub fn set(&self, parameter: &str, value: &str) {
        fs::write(format!("/sys/module/sriov/parameters/{parameter}"), value).expect(parameter);
    }

    /// How often something was set for a VF since this was asked.
    pub fn calls(&self) -> String {
        let calls = fs::read_to_string("/sys/module/sriov/parameters/calls").expect("calls");
        self.set("calls", "0");
        calls.trim().to_owned()
    }

    /// Unbinds the driver of the PF.
    pub fn lose_pf(&self) {
        fs::write(format!("{DRIVER}/unbind"), &self.pf).expect("unbind");
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        let _ = Command::new("rmmod").arg("sriov").output();
    }
}

/// What the PF has set for its VFs, as the kernel tells it.
#[track_caller]
pub fn vfs(ip: impl Fn(&str) -> String) -> String {
    let links = ip("-j link show pf0");
    let links: serde_json::Value = serde_json::from_str(&links).expect("JSON");
    let list = &links[0]["vfinfo_list"];
    assert_eq!(list.as_array().map(Vec::len), Some(2), "{links}");
    list.to_string()
}
