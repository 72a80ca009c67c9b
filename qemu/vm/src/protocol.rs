// SPDX-License-Identifier: GPL-2.0-only

//! What the guest tells the host, one message a line.
//!
//! ```text
//! boot 7.3.4                      init runs: the first message
//! suite homecoming                a test program starts
//! run homecoming::a_nic_comes_home        a test starts
//! test homecoming::a_nic_comes_home ok    ... and ends: ok, FAILED or ignored
//! out TEXT                        a line of output: of the failed test before it, or of the demo
//! problem TEXT                    init found something wrong, outside of any test
//! verdict passed=12 failed=0      the last message, exactly once, after init's own checks
//! ```

use std::{
    fmt,
    str::FromStr, //
};

/// The name of the virtio-serial port that the messages travel on.
pub const PORT_NAME: &str = "org.homeward.verdict";

/// How one test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestEnd {
    /// It passed.
    Ok,
    /// It failed, crashed, or ran out of time.
    Failed,
    /// It was not run.
    Ignored,
}

impl TestEnd {
    /// The word for it in a message: cargo's own.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "FAILED",
            Self::Ignored => "ignored",
        }
    }
}

/// One message, which is one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Init runs under this kernel release.
    Boot(String),
    /// A test program starts.
    Suite(String),
    /// A test starts.
    Run(String),
    /// A test has ended.
    Test(String, TestEnd),
    /// A line of output.
    Out(String),
    /// Something is wrong that no test stands for.
    Problem(String),
    /// The end.
    Verdict {
        /// Tests that passed.
        passed: u32,
        /// Tests that failed.
        failed: u32,
    },
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boot(release) => write!(f, "boot {release}"),
            Self::Suite(name) => write!(f, "suite {name}"),
            Self::Run(name) => write!(f, "run {name}"),
            Self::Test(name, end) => write!(f, "test {name} {}", end.word()),
            Self::Out(text) => write!(f, "out {text}"),
            Self::Problem(text) => write!(f, "problem {text}"),
            Self::Verdict { passed, failed } => {
                write!(f, "verdict passed={passed} failed={failed}")
            }
        }
    }
}

/// The line is no message: it was cut off, or something else wrote to the port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a message: {0:?}")]
pub struct NotAMessage(pub String);

impl FromStr for Message {
    type Err = NotAMessage;

    fn from_str(line: &str) -> Result<Self, NotAMessage> {
        parse(line).ok_or_else(|| NotAMessage(line.to_owned()))
    }
}

fn parse(line: &str) -> Option<Message> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let named = |message: fn(String) -> Message| (!rest.is_empty()).then(|| message(rest.into()));
    match word {
        "boot" => named(Message::Boot),
        "suite" => named(Message::Suite),
        "run" => named(Message::Run),
        "problem" => named(Message::Problem),
        "out" => Some(Message::Out(rest.into())),
        "test" => parse_test(rest),
        "verdict" => parse_verdict(rest),
        _ => None,
    }
}

fn parse_test(rest: &str) -> Option<Message> {
    let (name, word) = rest.rsplit_once(' ')?;
    let end = [TestEnd::Ok, TestEnd::Failed, TestEnd::Ignored]
        .into_iter()
        .find(|end| end.word() == word)?;
    Some(Message::Test(name.into(), end))
}

fn parse_verdict(rest: &str) -> Option<Message> {
    let (passed, failed) = rest.split_once(' ')?;
    Some(Message::Verdict {
        passed: passed.strip_prefix("passed=")?.parse().ok()?,
        failed: failed.strip_prefix("failed=")?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_survives_the_way() {
        let messages = [
            Message::Boot("7.3.4".into()),
            Message::Suite("homecoming".into()),
            Message::Run("a::b".into()),
            Message::Test("a::b".into(), TestEnd::Ok),
            Message::Test("a::b".into(), TestEnd::Failed),
            Message::Test("a::b".into(), TestEnd::Ignored),
            Message::Out(String::new()),
            Message::Out("  two  blanks ".into()),
            Message::Problem("the module cannot be unloaded".into()),
            Message::Verdict {
                passed: 12,
                failed: 0,
            },
        ];
        for message in messages {
            assert_eq!(message.to_string().parse(), Ok(message));
        }
    }

    #[test]
    fn a_cut_off_line_is_no_message() {
        for line in [
            "verdict passed=1",
            "test a::b",
            "test a::b O",
            "verd",
            "run",
            "",
        ] {
            assert_eq!(
                line.parse::<Message>(),
                Err(NotAMessage(line.into())),
                "{line:?}"
            );
        }
    }
}
