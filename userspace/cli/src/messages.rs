// SPDX-License-Identifier: GPL-2.0-only

//! The one way to standard error.

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{set_hook, PanicHookInfo};
use std::process::exit;

use serde::Serialize;

use crate::error::{Failure, Result, Style};
use crate::exit::Status;
use crate::printable::printable;
use crate::render::to_json;
use crate::run::asks_for_json;

/// Writes messages to standard error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Messages {
    quiet: bool,
    verbose: bool,
    json: bool,
}

/// A message as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Object<'a> {
    Error {
        status: u8,
        text: &'a str,
        hint: Option<&'a str>,
    },
    Warning {
        text: &'a str,
    },
    Note {
        text: &'a str,
    },
}

impl Messages {
    /// Messages of a run with these options.
    pub(crate) fn new(quiet: bool, verbose: bool) -> Self {
        let json = false;
        Messages {
            quiet,
            verbose,
            json,
        }
    }

    /// The same as JSON, if that is wanted.
    pub(crate) fn as_json(self, json: bool) -> Self {
        Messages { json, ..self }
    }

    /// Why it failed. Messages of `ip netns` are as it writes them, whatever is wanted.
    pub(crate) fn failure(self, failure: &Failure) {
        let hint = Some(failure.hint.as_str()).filter(|hint| !hint.is_empty());
        match failure.style {
            Style::Prefixed if self.json => self.object(&Object::Error {
                status: failure.status.code(),
                text: &failure.text,
                hint,
            }),
            Style::Prefixed => prefixed("", &failure.to_string()),
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
        match self.json {
            _ if self.quiet => {}
            true => self.object(&Object::Warning { text }),
            false => prefixed("warning: ", text),
        }
    }

    /// Something that helps to see what is being done.
    pub(crate) fn detail(self, text: &str) {
        if self.verbose {
            self.plainly(text);
        }
    }

    /// Something that helps to understand what is going on, or what to do next.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            self.plainly(text);
        }
    }

    /// Text as `ip netns` writes it.
    pub(crate) fn bare(self, text: &str) {
        write(&printable(text));
    }

    fn plainly(self, text: &str) {
        match self.json {
            true => self.object(&Object::Note { text }),
            false => prefixed("", text),
        }
    }

    fn object(self, object: &Object<'_>) {
        // Of these, all can be written.
        write(to_json(object, false).unwrap_or_default().trim_end());
    }
}

fn prefixed(kind: &str, text: &str) {
    write(&format!("homeward: {kind}{}", printable(text)));
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
        let line: Vec<OsString> = std::env::args_os().collect();
        let messages = Messages::new(false, false).as_json(asks_for_json(&line));
        messages.failure(&Failure::new(Status::Internal, explain(info)));
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
    use crate::fixture::golden;
    use std::process::Command;

    #[test]
    fn a_message_as_json_says_the_same_as_its_line() {
        let failure = Failure::not_found("no namespace 'a\n'").advise("did you mean 'b'?");
        let hint = Some(failure.hint.as_str());
        let (status, text) = (failure.status.code(), failure.text.as_str());
        let objects = [
            Object::Error { status, text, hint },
            Object::Warning { text: "1 of 2" },
            Object::Note { text: "waiting" },
        ];
        let json = objects.iter().map(|object| to_json(object, false).unwrap());
        golden(
            "messages",
            &[("text", format!("{failure}\n")), ("json", json.collect())],
        );
    }

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
