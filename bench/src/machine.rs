// SPDX-License-Identifier: GPL-2.0-only

//! What is to be known of the machine that the guest sees.

use homeward_bench::result::Machine;
use std::fs;

/// Looks at it. What cannot be read is left empty: it is only for people.
pub(crate) fn look(quick: bool) -> Machine {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = value(&read("/proc/cpuinfo"), "model name");
    let memory = value(&read("/proc/meminfo"), "MemTotal");
    let memory = memory.split(' ').next().and_then(|kib| kib.parse().ok());
    Machine {
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        version: built_by(&read("/proc/version")),
        // An emulated processor says so; under KVM it is the host's.
        accel: if cpu.contains("TCG") { "tcg" } else { "kvm" }.to_owned(),
        cpu,
        cpus: std::thread::available_parallelism().map_or(0, usize::from),
        memory: memory.map_or(0, |kib: u64| kib / 1024),
        quick,
    }
}

/// The value behind a name and a colon, of the first line that has it.
fn value(text: &str, name: &str) -> String {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    let found = pairs.find(|(key, _)| key.trim() == name);
    found.map_or_else(String::new, |(_, value)| value.trim().to_owned())
}

/// The compiler in the kernel's line about itself: what is in its second parentheses.
fn built_by(version: &str) -> String {
    let rest = version.split_once(") (").map_or(version, |(_, rest)| rest);
    let end = rest.find(") #").unwrap_or(rest.len());
    rest.get(..end).unwrap_or(rest).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_names() {
        let text = "processor\t: 0\nmodel name\t: QEMU TCG CPU version 2.5+\nMemTotal:  42 kB\n";
        assert_eq!(value(text, "model name"), "QEMU TCG CPU version 2.5+");
        assert_eq!(value(text, "MemTotal"), "42 kB");
        assert_eq!(value(text, "nothing"), "");
    }

    #[test]
    fn the_compiler_is_in_the_second_parentheses() {
        let text = "Linux version 7.3.4 (a@b) (gcc (Debian 12.2.0) 12.2.0, GNU ld 2.40) #1 SMP x";
        assert_eq!(built_by(text), "gcc (Debian 12.2.0) 12.2.0, GNU ld 2.40");
    }
}
