// SPDX-License-Identifier: GPL-2.0-only

//! Finds a complaining kernel in its console.
//!
//! A test that provokes a complaint on purpose announces it through `/dev/kmsg`, so that the
//! announcement stands in the same stream, before what it announces:
//!
//! ```text
//! <4>homeward-test: expect unregister_netdevice: waiting for dummy7
//! <4>homeward-test: expect-end unregister_netdevice: waiting for dummy7
//! ```
//!
//! (Each written with a newline at its end: without one the kernel holds the message back, waiting
//! for its continuation.) Between the two, a line with that text is no finding. Only [`Marker::forgivable`] markers can be
//! announced: nothing makes a panic pass.

/// A text that a healthy kernel never prints.
#[derive(Debug)]
struct Marker {
    text: &'static str,
    /// Whether the text counts only at the beginning of a message.
    at_start: bool,
    /// Whether a test may announce it.
    forgivable: bool,
}

const fn anywhere(text: &'static str) -> Marker {
    Marker {
        text,
        at_start: false,
        forgivable: false,
    }
}

const fn at_start(text: &'static str) -> Marker {
    Marker {
        text,
        at_start: true,
        forgivable: false,
    }
}

const MARKERS: &[Marker] = &[
    at_start("Kernel panic"),
    at_start("Oops"),
    at_start("BUG:"),
    at_start("kernel BUG at"),
    at_start("WARNING:"),
    at_start("general protection fault"),
    at_start("INFO: task "),
    at_start("INFO: possible "),
    anywhere("blocked for more than"),
    anywhere("soft lockup"),
    anywhere("hard LOCKUP"),
    anywhere("detected stall"),
    anywhere("detected expedited stall"),
    anywhere("self-detected stall"),
    anywhere("rcu_preempt kthread starved"),
    anywhere("KASAN:"),
    anywhere("KFENCE:"),
    anywhere("KCSAN:"),
    at_start("UBSAN:"),
    at_start("kmemleak:"),
    at_start("refcount_t:"),
    at_start("ODEBUG:"),
    at_start("ref_tracker:"),
    anywhere("possible circular locking"),
    anywhere("suspicious RCU usage"),
    anywhere("possible recursive locking"),
    anywhere("inconsistent lock state"),
    anywhere("rust_kernel: panicked"),
    anywhere("scheduling while atomic"),
    anywhere("sleeping function called from invalid context"),
    Marker {
        text: "unregister_netdevice: waiting for",
        at_start: true,
        forgivable: true,
    },
];

/// What kmemleak says of itself on every boot.
const HARMLESS: &[&str] = &["kmemleak: Kernel memory leak detector initialized"];

const EXPECT: &str = "homeward-test: expect ";
const EXPECT_END: &str = "homeward-test: expect-end ";

/// Reads a console line by line and keeps what it finds.
#[derive(Debug, Default)]
pub struct Watch {
    expected: Vec<String>,
    findings: Vec<String>,
}

impl Watch {
    /// A watch that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at one line, and tells whether it is a finding.
    pub fn line(&mut self, line: &str) -> bool {
        let message = message_of(line);
        if let Some(text) = message.strip_prefix(EXPECT) {
            self.expected.push(text.trim_end().to_owned());
            return false;
        }
        if let Some(text) = message.strip_prefix(EXPECT_END) {
            self.expected.retain(|expected| expected != text.trim_end());
            return false;
        }
        let found = self.complains(message);
        if found {
            self.findings.push(message.trim_end().to_owned());
        }
        found
    }

    /// The lines that were findings.
    pub fn findings(&self) -> &[String] {
        &self.findings
    }

    fn complains(&self, message: &str) -> bool {
        if HARMLESS.iter().any(|text| message.starts_with(text)) {
            return false;
        }
        let expected = self.expected.iter().any(|text| message.contains(text));
        MARKERS.iter().any(|marker| {
            let there = if marker.at_start {
                message.starts_with(marker.text)
            } else {
                message.contains(marker.text)
            };
            there && !(marker.forgivable && expected)
        })
    }
}

/// The message in a console line: without the time in front of it.
fn message_of(line: &str) -> &str {
    let line = line.trim_start_matches(['\r', '\0']);
    let Some(stamped) = line.strip_prefix('[') else {
        return line;
    };
    match stamped.split_once("] ") {
        Some((time, message)) if is_time(time) => message,
        _ => line,
    }
}

fn is_time(text: &str) -> bool {
    let text = text.trim_start();
    text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(console: &str) -> Vec<String> {
        let mut watch = Watch::new();
        for line in console.lines() {
            watch.line(line);
        }
        watch.findings
    }

    #[test]
    fn a_warning_is_found_behind_its_time() {
        assert_eq!(
            findings("[    3.141592] WARNING: net/core/dev.c:1 at f+0x1/0x2, CPU#0: ip/42"),
            ["WARNING: net/core/dev.c:1 at f+0x1/0x2, CPU#0: ip/42"]
        );
    }

    #[test]
    fn ordinary_lines_are_not_findings() {
        for line in [
            "[    0.000000] Kernel command line: panic=-1 oops=panic",
            "[    0.1] DEBUG: nothing",
            "[    1.0] e1000 0000:00:05.0 eth3: Intel(R) PRO/1000 Network Connection",
            "[    0.5] kmemleak: Kernel memory leak detector initialized (mem pool available: 1)",
        ] {
            assert_eq!(findings(line), [""; 0], "{line}");
        }
    }

    #[test]
    fn an_announced_wait_is_no_finding_until_it_is_over() {
        let wait = "[ 9.0] unregister_netdevice: waiting for dummy7 to become free.";
        let text = "unregister_netdevice: waiting for dummy7";
        let begin = format!("[ 8.0] homeward-test: expect {text}");
        let end = format!("[ 10.0] homeward-test: expect-end {text}");
        assert_eq!(findings(wait).len(), 1);
        assert_eq!(findings(&format!("{begin}\n{wait}\n{end}")).len(), 0);
        assert_eq!(findings(&format!("{begin}\n{end}\n{wait}")).len(), 1);
    }

    #[test]
    fn nothing_makes_a_panic_pass() {
        let console = "homeward-test: expect Kernel panic\n[ 1.0] Kernel panic - not syncing: x";
        assert_eq!(findings(console).len(), 1);
    }
}
