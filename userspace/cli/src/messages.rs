// SPDX-License-Identifier: GPL-2.0-only

//! The one way to standard error.

use std::io::{self, Write};
use std::panic::{set_hook, PanicHookInfo};
use std::process::exit;

use crate::error::{Failure, Result, Style};
use crate::exit::Status;
use crate::printable::printable;

/// Writes messages to standard error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Messages {
    quiet: bool,
    verbose: bool,
}

impl Messages {
    /// Messages of a run with these options.
    pub(crate) fn new(quiet: bool, verbose: bool) -> Self {
        Messages { quiet, verbose }
    }

    /// Why it failed.
    pub(crate) fn failure(self, failure: &Failure) {
        match failure.style {
            Style::Prefixed => self.prefixed("", &failure.text),
            Style::Bare => self.bare(&failure.text),
            Style::Lines => write(&failure.text),
            Style::Silent => {}
        }
    }

    /// The status of what is done, after telling why if it failed.
    pub(crate) fn finish(self, done: Result<Status>) -> Status {
        done.unwrap_or_else(|failure| {
            self.failure(&failure);
            failure.status
        })
    }

    /// Something that the reader of the output must know, without being a failure.
    pub(crate) fn warning(self, text: &str) {
        if !self.quiet {
            self.prefixed("warning: ", text);
        }
    }

    /// Something that helps to see what is being done.
    pub(crate) fn detail(self, text: &str) {
        if self.verbose {
            self.prefixed("", text);
        }
    }

    /// Something that helps to understand what is going on, or what to do next.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            self.prefixed("", text);
        }
    }

    /// Text as `ip netns` writes it.
    pub(crate) fn bare(self, text: &str) {
        write(&printable(text));
    }

    fn prefixed(self, kind: &str, text: &str) {
        write(&format!("homeward: {kind}{}", printable(text)));
    }
}

/// Lines: all that is not our own in them has to be printable already.
fn write(text: &str) {
    // In one piece, lest it mixes with the output of others; if it cannot be written, nobody can
    // be told.
    let _ = io::stderr()
        .lock()
        .write_all(format!("{text}\n").as_bytes());
}

/// Has every panic, in whatever thread, end the program: when this program itself is wrong, it says so in one
/// line, without a backtrace, which helps nobody who wants a machine to work again.
pub(crate) fn install_hook() {
    set_hook(Box::new(|info| {
        Messages::new(false, false).bare(&format!("homeward: {}", explain(info)));
        exit(Status::Internal.code().into());
    }));
}

fn explain(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let what = match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (None, Some(text)) => text.as_str(),
        (None, None) => "unknown",
    };
    let place = match info.location() {
        Some(place) => format!(" at {}:{}", place.file(), place.line()),
        None => String::new(),
    };
    let version = env!("CARGO_PKG_VERSION");
    format!("internal error: {what}{place}, version {version}: please report this line")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    #[ignore = "ends the process: the test below runs it in one of its own"]
    fn panics() {
        install_hook();
        let thread = std::thread::spawn(|| panic!("two\nlines"));
        let _ = thread.join();
    }

    #[test]
    fn a_panic_is_one_line_with_a_status_of_its_own() {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "messages::tests::panics",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env("RUST_BACKTRACE", "1")
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(70), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(
            error.starts_with("homeward: internal error: two\\nlines at "),
            "{error}"
        );
    }
}
