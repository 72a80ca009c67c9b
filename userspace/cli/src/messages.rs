// SPDX-License-Identifier: GPL-2.0-only

//! The one way to standard error.

use std::io::{self, Write};

use crate::error::{Failure, Style};
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
