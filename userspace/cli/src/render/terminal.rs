// SPDX-License-Identifier: GPL-2.0-only

//! What the terminal on standard output can do.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use rustix::termios::tcgetwinsize;

/// Columns of the terminal. None when standard output is none, as what reads a pipe wants all of it.
pub(crate) fn width() -> Option<u16> {
    let output = io::stdout();
    if !output.is_terminal() {
        return None;
    }
    // One that does not know its size says 0.
    let columns = tcgetwinsize(&output).ok()?.ws_col;
    (columns > 0).then_some(columns)
}

/// Whether characters beyond ASCII can be read, by what the locale says.
pub(crate) fn has_unicode() -> bool {
    is_unicode(|name| std::env::var_os(name))
}

fn is_unicode(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    // The first one that is set decides, as in setlocale(3).
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(variable)
        .find(|value| !value.is_empty())
        .is_some_and(|value| {
            let value = value.to_string_lossy().to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unicode(set: &[(&str, &str)]) -> bool {
        is_unicode(|name| {
            let found = set.iter().find(|(key, _)| *key == name)?;
            Some(found.1.into())
        })
    }

    #[test]
    fn the_first_variable_that_is_set_decides() {
        assert!(unicode(&[("LANG", "en_GB.UTF-8")]));
        assert!(unicode(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]));
        assert!(!unicode(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")]));
        assert!(!unicode(&[]));
    }
}
