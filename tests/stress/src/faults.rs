// SPDX-License-Identifier: GPL-2.0-only

//! Faults at random: functions of the kernel fail when the module calls them, directly or through
//! others. See `tests/modules/fault.c`.

use std::fs;

use crate::arena::{run, write};

/// A function that fails.
struct Function {
    name: &'static str,
    /// What it returns then: a negative errno, or 0 for NULL.
    error: i32,
    /// One in so many calls fails.
    one_in: u32,
    /// Only those calls that the module makes itself.
    direct: bool,
}

/// Calls of this function fail, also those that the module makes through others.
const fn any(name: &'static str, error: i32, one_in: u32) -> Function {
    Function {
        name,
        error,
        one_in,
        direct: false,
    }
}

/// Only the module's own calls of this function fail: others may rely on it, as those do who have
/// counted how much room they need.
const fn own(name: &'static str, error: i32, one_in: u32) -> Function {
    Function {
        direct: true,
        ..any(name, error, one_in)
    }
}

/// What fails.
const FUNCTIONS: [Function; 18] = [
    // The module's own memory, and that of its messages.
    any("krealloc_node_align_noprof", 0, 200),
    any("kvrealloc_node_align_noprof", 0, 20),
    any("__alloc_skb", 0, 200),
    // On a debug kernel: any memory that is asked for below us. failslab's own hook.
    any("should_failslab", -ENOMEM, 1000),
    // Homes and returns.
    any("dev_change_net_namespace", -ENOMEM, 20),
    any("sock_create_kern", -ENOMEM, 50),
    any("kernel_connect", -ENOMEM, 50),
    any("kernel_sendmsg", -ENOBUFS, 50),
    any("kernel_recvmsg", -ENOBUFS, 50),
    // Answers and events. There are many attributes in each.
    own("nla_put", -EMSGSIZE, 5000),
    own("genlmsg_put", 0, 500),
    any("netlink_unicast", -ENOBUFS, 200),
    any("netlink_broadcast_filtered", -ENOBUFS, 200),
    any("open_related_ns", -ENOMEM, 10),
    // Loading.
    any("genl_register_family", -ENOMEM, 5),
    any("register_pernet_subsys", -ENOMEM, 5),
    any("register_pernet_device", -ENOMEM, 5),
    any("register_netdevice_notifier", -ENOMEM, 5),
];

const ENOMEM: i32 = 12;
const EMSGSIZE: i32 = 90;
const ENOBUFS: i32 = 105;

const PARAMETERS: &str = "/sys/module/fault/parameters";

/// Faults that happen until told otherwise.
#[derive(Debug)]
pub(crate) struct Faults;

impl Faults {
    /// From now on calls fail.
    pub(crate) fn begin(seed: u64) -> Result<Self, String> {
        let symbols = fs::read_to_string("/proc/kallsyms")
            .map_err(|error| format!("cannot read /proc/kallsyms: {error}"))?;
        let there = |name: &str| {
            symbols
                .lines()
                .any(|line| line.split(' ').nth(2) == Some(name))
        };
        let all: Vec<_> = FUNCTIONS.iter().filter(|one| there(one.name)).collect();
        let join = |part: &dyn Fn(&Function) -> String| -> String {
            let parts: Vec<String> = all.iter().map(|one| part(one)).collect();
            parts.join(",")
        };
        let words = [
            "/fault.ko".to_owned(),
            format!("symbol={}", join(&|one| one.name.to_owned())),
            format!("error={}", join(&|one| one.error.to_string())),
            format!("one_in={}", join(&|one| one.one_in.to_string())),
            format!("direct={}", join(&|one| u32::from(one.direct).to_string())),
            format!("seed={}", seed % u64::from(u32::MAX)),
        ];
        match run("insmod", &words.each_ref().map(String::as_str)) {
            true => Ok(Faults),
            false => Err("/fault.ko cannot be loaded: the kernel's log says why".to_owned()),
        }
    }

    /// From now on they do not.
    pub(crate) fn end(&self) -> Result<(), String> {
        write(&format!("{PARAMETERS}/on"), "0")
    }

    /// Prints how many calls of each function have failed; whether any has.
    pub(crate) fn report(&self) -> bool {
        let text = fs::read_to_string(format!("{PARAMETERS}/failed")).unwrap_or_default();
        let mut sum = 0;
        let mut parts = Vec::new();
        for line in text.lines() {
            let count = line
                .rsplit(' ')
                .next()
                .and_then(|word| word.parse::<u64>().ok());
            sum += count.unwrap_or(0);
            parts.push(line.to_owned());
        }
        println!("faults: {sum} calls failed: {}", parts.join(", "));
        sum > 0
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        run("rmmod", &["fault"]);
    }
}
