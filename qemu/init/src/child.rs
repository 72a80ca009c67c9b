// SPDX-License-Identifier: GPL-2.0-only

//! Runs programs, with a time limit, as the process that also inherits every orphan.

use crate::{
    hanging,
    Error, //
};
use nix::{
    errno::Errno,
    sys::{
        signal::{
            kill,
            Signal, //
        },
        wait::{
            waitpid,
            WaitPidFlag,
            WaitStatus, //
        },
    },
    unistd::Pid,
};
use std::{
    fs::{
        self,
        File, //
    },
    io::Read,
    os::unix::process::CommandExt,
    process::{
        Command,
        Stdio, //
    },
    thread,
    time::{
        Duration,
        Instant, //
    },
};

/// Where the output of the program that runs is collected. A file and not a pipe, since a process
/// left behind may hold a pipe open for ever.
const OUTPUT: &str = "/tmp/.output";
const TICK: Duration = Duration::from_millis(5);

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Exited(i32),
    Killed(Signal),
    TimedOut,
}

impl End {
    /// As a phrase that fits behind "it".
    pub(crate) fn phrase(&self) -> String {
        match self {
            Self::Exited(status) => format!("exited with status {status}"),
            Self::Killed(signal) => format!("was killed by {signal}"),
            Self::TimedOut => "was stopped at its time limit".into(),
        }
    }
}

/// Runs `command` for at most `limit`, handing every line of its output to `line` as it comes.
pub(crate) fn run(
    command: &mut Command,
    limit: Duration,
    mut line: impl FnMut(&str),
) -> Result<End, Error> {
    let name = command.get_program().to_string_lossy().into_owned();
    let doing = format!("run {name}");
    let output = File::create(OUTPUT).map_err(Error::io(&doing))?;
    let errors = output.try_clone().map_err(Error::io(&doing))?;
    let mut reader = Lines::open().map_err(Error::io(&doing))?;
    // A group of its own, so that the time limit reaches what it has started.
    let child = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(Error::io(&doing))?;
    let pid = Pid::from_raw(child.id().try_into().unwrap_or(i32::MAX));
    let end = wait_for(pid, Some(Instant::now() + limit), |late| {
        reader.pass_on(&mut line);
        if late {
            hanging::tell(&mut line);
        }
    });
    reader.pass_on(&mut line);
    reader.pass_on_rest(&mut line);
    Ok(end)
}

/// Runs a program whose output nobody wants unless it fails.
pub(crate) fn run_quietly(program: &str, args: &[&str]) -> Result<(), String> {
    let mut said = String::new();
    let end = run(
        Command::new(program).args(args),
        Duration::from_secs(20),
        |line| {
            said.push_str(line);
            said.push(' ');
        },
    )
    .map_err(|error| error.to_string())?;
    match end {
        End::Exited(0) => Ok(()),
        end => Err(format!(
            "{program} {}: {}",
            args.join(" "),
            end.phrase() + " " + &said
        )),
    }
}

/// Runs a program on the terminal, for as long as it takes.
pub(crate) fn run_on_terminal(command: &mut Command) -> Result<(), Error> {
    let child = command.spawn().map_err(Error::io("start the shell"))?;
    let pid = Pid::from_raw(child.id().try_into().unwrap_or(i32::MAX));
    wait_for(pid, None, |_| ());
    Ok(())
}

/// Waits for `pid`, and takes in whatever orphan ends meanwhile. `meanwhile` learns once that time is up.
fn wait_for(pid: Pid, until: Option<Instant>, mut meanwhile: impl FnMut(bool)) -> End {
    let mut timed_out = false;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(ended, status)) if ended == pid => {
                return if timed_out {
                    End::TimedOut
                } else {
                    End::Exited(status)
                };
            }
            Ok(WaitStatus::Signaled(ended, signal, _)) if ended == pid => {
                return if timed_out {
                    End::TimedOut
                } else {
                    End::Killed(signal)
                };
            }
            Ok(WaitStatus::StillAlive) => {
                meanwhile(false);
                thread::sleep(TICK);
            }
            // Another one ended: look for the next at once.
            Ok(_) | Err(Errno::EINTR) => {}
            // It is gone, and somebody else was told.
            Err(_) => return End::Exited(-1),
        }
        if until.is_some_and(|until| Instant::now() >= until) && !timed_out {
            timed_out = true;
            meanwhile(true);
            // It may have ended this moment.
            let _ = kill(Pid::from_raw(-pid.as_raw()), Signal::SIGKILL);
        }
    }
}

/// The lines of the output file, as it grows.
struct Lines {
    file: File,
    rest: Vec<u8>,
}

impl Lines {
    fn open() -> std::io::Result<Self> {
        Ok(Self {
            file: File::open(OUTPUT)?,
            rest: Vec::new(),
        })
    }

    fn pass_on(&mut self, line: &mut impl FnMut(&str)) {
        // What cannot be read is lost output, no reason to lose the result.
        let _ = self.file.read_to_end(&mut self.rest);
        while let Some(end) = self.rest.iter().position(|&byte| byte == b'\n') {
            let whole: Vec<u8> = self.rest.drain(..=end).collect();
            line(String::from_utf8_lossy(&whole).trim_end());
        }
    }

    fn pass_on_rest(&mut self, line: &mut impl FnMut(&str)) {
        if !self.rest.is_empty() {
            line(&String::from_utf8_lossy(&self.rest));
        }
        let _ = fs::remove_file(OUTPUT);
    }
}
