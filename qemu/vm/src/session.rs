// SPDX-License-Identifier: GPL-2.0-only

//! Folds the messages of one run into what is known of it.

use crate::protocol::{
    Message,
    NotAMessage,
    TestEnd, //
};

/// What the guest has said so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Whether init came up.
    pub booted: bool,
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed.
    pub failed: u32,
    /// Tests that were not run.
    pub ignored: u32,
    /// The test that has started and not ended: after a crash, the one to look at.
    pub running: Option<String>,
    /// What init found wrong.
    pub problems: Vec<String>,
    /// Lines that were no messages.
    pub garbage: Vec<String>,
    /// Every verdict, in order. Good is exactly one.
    pub verdicts: Vec<(u32, u32)>,
}

impl Session {
    /// A session in which nothing was said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one line in, and gives back the message in it.
    ///
    /// # Errors
    ///
    /// [`NotAMessage`], which the session remembers as well.
    pub fn line(&mut self, line: &str) -> Result<Message, NotAMessage> {
        let message: Message = line.parse().inspect_err(|_| {
            self.garbage.push(line.to_owned());
        })?;
        self.take(&message);
        Ok(message)
    }

    fn take(&mut self, message: &Message) {
        match message {
            Message::Boot(_) => self.booted = true,
            Message::Run(name) => self.running = Some(name.clone()),
            Message::Test(_, end) => self.end_test(*end),
            Message::Problem(text) => self.problems.push(text.clone()),
            Message::Verdict { passed, failed } => self.verdicts.push((*passed, *failed)),
            Message::Suite(_) | Message::Out(_) => {}
        }
    }

    fn end_test(&mut self, end: TestEnd) {
        self.running = None;
        match end {
            TestEnd::Ok => self.passed += 1,
            TestEnd::Failed => self.failed += 1,
            TestEnd::Ignored => self.ignored += 1,
        }
    }
}
