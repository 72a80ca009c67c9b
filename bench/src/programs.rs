// SPDX-License-Identifier: GPL-2.0-only

//! Programs, what they take, and what they need.

use crate::error::{
    Error,
    Result, //
};
use std::fs;
use std::io::Write as _;
use std::process::{
    Command,
    Stdio, //
};
use std::time::Instant;

/// The real one: busybox has its own.
pub(crate) const IP: &str = "/usr/bin/ip";

/// Runs words separated by spaces, for what they do.
pub(crate) fn run(words: &str) -> Result<()> {
    time(words).map(drop)
}

/// Runs words separated by spaces to a good end; gives the seconds that it took. What is printed
/// goes nowhere, but for errors.
pub(crate) fn time(words: &str) -> Result<f64> {
    let mut command = command(words)?;
    // What is said of a failure is for people.
    command.stdout(Stdio::null());
    let begun = Instant::now();
    let status = command.status();
    let took = begun.elapsed().as_secs_f64();
    let status = status.map_err(Error::io(format!("run {words}")))?;
    match status.success() {
        true => Ok(took),
        false => Err(failure(words, status.to_string())),
    }
}

/// The most memory that a program had at any time, in KiB.
///
/// By busybox, since a process inherits the figure of who started it, and that of busybox is less
/// than that of anything that is measured here.
pub(crate) fn peak(words: &str) -> Result<f64> {
    const FILE: &str = "/tmp/.peak";
    run(&format!("/bin/busybox time -f %M -o {FILE} {words}"))?;
    let text = fs::read_to_string(FILE).map_err(Error::io(format!("read {FILE}")))?;
    // Where a status is not 0, a line about that comes first.
    let last = text
        .lines()
        .last()
        .and_then(|line| line.trim().parse().ok());
    last.ok_or_else(|| failure(words, format!("a peak of {text:?}")))
}

/// Gives many commands to one `ip`, which is quicker than many. All have to succeed.
pub(crate) fn ip_batch(lines: &[String]) -> Result<()> {
    let words = format!("{IP} -batch -");
    let mut command = command(&words)?;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Error::io(format!("run {words}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        // When it has ended early, its status says so.
        let _ = stdin.write_all((lines.join("\n") + "\n").as_bytes());
    }
    let output = child.wait_with_output();
    let output = output.map_err(Error::io(format!("run {words}")))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(failure(
            &words,
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )),
    }
}

fn command(words: &str) -> Result<Command> {
    let mut words = words.split(' ');
    let program = words.next().filter(|word| !word.is_empty());
    let program = program.ok_or_else(|| Error::other("no program"))?;
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null());
    Ok(command)
}

fn failure(words: &str, what: String) -> Error {
    Error::Program {
        program: words.to_owned(),
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_is_an_error() {
        assert!(run("true").is_ok());
        assert!(run("false").is_err());
        assert!(run("/no/such/program").is_err());
        assert!(run("").is_err());
    }
}
