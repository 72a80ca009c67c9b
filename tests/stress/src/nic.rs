// SPDX-License-Identifier: GPL-2.0-only

//! Network cards, and what is to be seen of them in the initial namespace.

use std::fs;

use crate::arena::{eventually, ip, output};

/// A network card, which is known by its MAC.
#[derive(Debug)]
pub(crate) struct Nic {
    pub(crate) name: String,
    pub(crate) mac: String,
}

/// What a card looks like at home.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Look {
    name: String,
    mtu: String,
    alias: String,
    queue: String,
    promiscuous: bool,
}

impl Nic {
    /// As it is to be.
    fn right(&self) -> Look {
        Look {
            name: self.name.clone(),
            mtu: "1500".to_owned(),
            alias: String::new(),
            queue: "1000".to_owned(),
            promiscuous: false,
        }
    }

    /// Its present name in the initial namespace, if it is there.
    fn present_name(&self) -> Option<String> {
        let entries = fs::read_dir("/sys/class/net").ok()?;
        entries.flatten().find_map(|entry| {
            let address = fs::read_to_string(entry.path().join("address")).ok()?;
            (address.trim() == self.mac).then(|| entry.file_name().to_string_lossy().into_owned())
        })
    }

    /// As it is; `None` if it is not in the initial namespace.
    pub(crate) fn look(&self) -> Option<Look> {
        const PROMISCUOUS: u32 = 0x100;
        let name = self.present_name()?;
        let read = |what: &str| {
            let text = fs::read_to_string(format!("/sys/class/net/{name}/{what}")).ok()?;
            Some(text.trim().to_owned())
        };
        let flags = u32::from_str_radix(read("flags")?.trim_start_matches("0x"), 16).ok()?;
        Some(Look {
            mtu: read("mtu")?,
            alias: read("ifalias")?,
            queue: read("tx_queue_len")?,
            promiscuous: flags & PROMISCUOUS != 0,
            name,
        })
    }

    /// Its index in the initial namespace, if it is there.
    pub(crate) fn ifindex(&self) -> Option<u32> {
        let name = self.present_name()?;
        let text = fs::read_to_string(format!("/sys/class/net/{name}/ifindex")).ok()?;
        text.trim().parse().ok()
    }

    /// Whether it is at home, just as it left.
    pub(crate) fn is_right(&self) -> bool {
        self.look().is_some_and(|look| look == self.right())
    }

    /// Puts it in order by ordinary means, once it is at home; whether it is then.
    pub(crate) fn put_right(&self) -> bool {
        eventually(|| {
            let Some(name) = self.present_name() else {
                return false;
            };
            let all = output("/usr/bin/ip", &["-o", "link", "show", "dev", &name]);
            for altname in altnames(&all) {
                ip(&format!("link property del dev {name} altname {altname}"));
            }
            ip(&format!("link set {name} down"));
            if name != self.name {
                ip(&format!("link set {name} name {}", self.name));
            }
            ip(&format!(
                "link set {} mtu 1500 promisc off txqueuelen 1000 alias ",
                self.name
            ));
            self.is_right()
        })
    }
}

/// The alternative names in a line of `ip -o link`.
fn altnames(line: &str) -> Vec<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let pairs = words.windows(2).filter(|pair| pair[0] == "altname");
    pairs.map(|pair| pair[1].trim_end_matches('\\')).collect()
}
