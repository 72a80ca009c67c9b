// SPDX-License-Identifier: GPL-2.0-only

//! Long output in a pager, as git and systemctl have it.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, Stdio};

use nix::sys::signal::{SigSet, Signal};

/// What less does unless LESS says otherwise: end at once where all fits, pass colours on, and leave the text on
/// the screen.
const LESS: &str = "FRX";

/// Shows a text in the pager; false when there is none, and nothing was shown.
pub(crate) fn show(text: &str) -> bool {
    let variable = |name: &str| std::env::var_os(name);
    let Some(words) = words(variable) else {
        return false;
    };
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    // Who may run this as root may not run everything as root: less has no commands then.
    command.env("LESSSECURE", "1");
    for (name, value) in [("LESS", LESS), ("LV", "-c")] {
        if variable(name).is_none() {
            command.env(name, value);
        }
    }
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    // Of the terminal it is the pager that reads, and that knows what is to become of an interrupt.
    let _ = SigSet::from_iter([Signal::SIGINT, Signal::SIGQUIT]).thread_block();
    if let Some(mut input) = child.stdin.take() {
        // Who has seen enough ends it before all is written.
        let _ = input.write_all(text.as_bytes());
    }
    let _ = child.wait();
    true
}

/// The pager and its arguments; None if there shall be none.
fn words(variable: impl Fn(&str) -> Option<OsString>) -> Option<Vec<String>> {
    let typed = ["HOMEWARD_PAGER", "PAGER"].into_iter().find_map(variable);
    let typed = typed.unwrap_or_else(|| "less".into());
    let words = shlex::split(typed.to_str()?)?;
    (!words.is_empty() && words != ["cat"]).then_some(words)
}

/// Whether a text has more lines than a terminal of so many lines and columns can show above a prompt.
pub(crate) fn is_long(text: &str, (lines, columns): (u16, u16)) -> bool {
    let columns = usize::from(columns).max(1);
    // A line has no more columns than bytes; where it has fewer, the pager looks closer.
    let height = |line: &str| line.len().div_ceil(columns).max(1);
    text.lines().map(height).sum::<usize>() >= usize::from(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_variable_comes_before_that_of_all() {
        let pager = |set: &[(&str, &str)]| {
            words(|name| {
                let found = set.iter().find(|(key, _)| *key == name)?;
                Some(found.1.into())
            })
        };
        let words = |text: &str| Some(text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(pager(&[]), words("less"));
        assert_eq!(pager(&[("PAGER", "more -e")]), words("more -e"));
        let both = [("PAGER", "more"), ("HOMEWARD_PAGER", "most")];
        assert_eq!(pager(&both), words("most"));
        let quoted = Some(vec!["a b".to_owned(), "-c".to_owned()]);
        assert_eq!(pager(&[("PAGER", "'a b' -c")]), quoted);
        for none in ["", " ", "cat", "'"] {
            assert_eq!(pager(&[("HOMEWARD_PAGER", none), ("PAGER", "more")]), None);
        }
    }

    #[test]
    fn what_fits_above_a_prompt_is_not_long() {
        let text = |lines: usize| "0123456789\n".repeat(lines);
        assert!(!is_long(&text(23), (24, 80)));
        assert!(is_long(&text(24), (24, 80)));
        // Each takes two lines.
        assert!(!is_long(&text(11), (24, 9)));
        assert!(is_long(&text(12), (24, 9)));
        assert!(is_long(&"\n".repeat(24), (24, 80)));
    }
}
