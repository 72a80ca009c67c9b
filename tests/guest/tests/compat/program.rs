// SPDX-License-Identifier: GPL-2.0-only

//! The programs, and what came of running one.

use std::fmt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::iproute2::Iproute2;
use crate::script::Line;
use crate::world::World;

/// One of them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Program {
    Ip(&'static Iproute2),
    Homeward,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) status: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) names: String,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome {
            status,
            stdout,
            stderr,
            names,
        } = self;
        write!(f, "{status}, {stdout:?}, {stderr:?}, {names:?}")
    }
}

/// `homeward netns` can be written in three ways, which take turns.
static TURN: AtomicUsize = AtomicUsize::new(0);

impl Program {
    /// The command for a line.
    pub(crate) fn command(self, line: &Line) -> Command {
        let netns = ["netns".to_owned()];
        let options = line.options.as_slice();
        let after_netns = line.words.as_deref().unwrap_or_default();
        let all = match line.words {
            Some(_) => [options, &netns, after_netns].concat(),
            None => options.to_vec(),
        };
        let mut turn = TURN.fetch_add(1, Ordering::Relaxed) % 3;
        // Before `netns`, or without it, it would be about the whole program.
        let helps = |option: &String| option.starts_with("-he") || option == "help";
        if line.words.is_none() || options.iter().any(helps) {
            turn = 0;
        }
        let (program, args) = match (self, turn) {
            (Program::Ip(ip), _) => return ip.command(&all),
            (_, 0) => ("homeward", [&netns, options, after_netns].concat()),
            (_, 1) => ("homeward", all),
            _ => ("/tmp/ip-netns", [options, after_netns].concat()),
        };
        let mut command = Command::new(program);
        command.args(args);
        command
    }

    /// Runs a line. Nothing of it may last longer than the guest's patience.
    pub(crate) fn run(self, line: &Line, world: &World) -> Outcome {
        let line = line.filled(world.pid());
        let mut command = self.command(&line);
        // A group of its own, so that a signal for all hits nobody else.
        command.stdin(Stdio::null()).process_group(0);
        let output = command.output().expect("a program");
        let text = |bytes: Vec<u8>| world.neutral(&bytes.escape_ascii().to_string());
        let status = match (output.status.code(), output.status.signal()) {
            (Some(code), _) => format!("status {code}"),
            (_, signal) => format!("signal {signal:?}"),
        };
        Outcome {
            status,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            names: world.names(),
        }
    }
}
