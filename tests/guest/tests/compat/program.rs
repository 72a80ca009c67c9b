// SPDX-License-Identifier: GPL-2.0-only

//! The programs, and what came of running one.

use std::fmt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::script::Line;
use crate::world::World;

/// Where the newest iproute2 is, with its own loader and libraries, if it could be had.
const NEWEST: &str = "/newest";

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// That of the host.
    Ip,
    /// The newest of Debian's archive.
    Newest,
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
    /// Whether it is there.
    pub(crate) fn is_there(self) -> bool {
        self != Program::Newest || Path::new(NEWEST).exists()
    }

    /// The command for a line.
    pub(crate) fn command(self, line: &Line) -> Command {
        let netns = ["netns".to_owned()];
        let (options, words) = (&line.options, &line.words);
        let mut turn = TURN.fetch_add(1, Ordering::Relaxed);
        // Before `netns` it would ask for the help of the whole program.
        if options.iter().any(|option| option.starts_with("-he")) {
            turn = 0;
        }
        let all = [options, netns.as_slice(), words].concat();
        if self == Program::Newest {
            let mut command = Command::new(format!("{NEWEST}/ld.so"));
            command.args(["--argv0", "ip", "--library-path"]);
            command.args([format!("{NEWEST}/lib"), format!("{NEWEST}/ip")]);
            command.args(all);
            return command;
        }
        let (program, args) = match (self, turn % 3) {
            (Program::Ip, _) => ("/usr/bin/ip", all),
            (_, 0) => ("homeward", [&netns, options.as_slice(), words].concat()),
            (_, 1) => ("homeward", [options, netns.as_slice(), words].concat()),
            _ => ("/tmp/ip-netns", [options.as_slice(), words].concat()),
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
