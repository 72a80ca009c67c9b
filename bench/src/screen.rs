// SPDX-License-Identifier: GPL-2.0-only

//! A program on a terminal.

use crate::error::{
    Error,
    Result, //
};
use nix::pty::{
    openpty,
    Winsize, //
};
use std::fs::{
    self,
    File, //
};
use std::io::Read as _;
use std::process::{
    Child,
    Command,
    Stdio, //
};
use std::sync::atomic::{
    AtomicUsize,
    Ordering, //
};
use std::sync::Arc;
use std::thread;

/// Of 80 columns and 24 lines.
const SIZE: Winsize = Winsize {
    ws_row: 24,
    ws_col: 80,
    ws_xpixel: 0,
    ws_ypixel: 0,
};
/// The kernel tells time on processors in these (USER_HZ).
const TICKS: f64 = 100.0;

/// A program that has one; killed when dropped.
#[derive(Debug)]
pub(crate) struct Screen {
    child: Child,
    shown: Arc<AtomicUsize>,
}

impl Screen {
    /// Runs it. What it prints is read, and counted.
    pub(crate) fn run(program: &str, args: &[&str]) -> Result<Self> {
        let pty = openpty(Some(&SIZE), None).map_err(Error::sys("open a terminal"))?;
        let again = || pty.slave.try_clone().map(Stdio::from);
        let failed = || Error::io(format!("run {program} on a terminal"));
        let child = Command::new(program)
            .args(args)
            .env("TERM", "xterm")
            .stdin(again().map_err(failed())?)
            .stdout(again().map_err(failed())?)
            .stderr(again().map_err(failed())?)
            .spawn()
            .map_err(failed())?;
        let shown = Arc::new(AtomicUsize::new(0));
        let (mut output, count) = (File::from(pty.master), Arc::clone(&shown));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Nobody has the other side any more: an error.
            while let Ok(len @ 1..) = output.read(&mut buffer) {
                count.fetch_add(len, Ordering::Relaxed);
            }
        });
        Ok(Screen { child, shown })
    }

    /// So many bytes it has printed.
    pub(crate) fn shown(&self) -> usize {
        self.shown.load(Ordering::Relaxed)
    }

    /// The seconds that it has been on a processor.
    pub(crate) fn used(&self) -> Result<f64> {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = fs::read_to_string(&path).map_err(Error::io(format!("read {path}")))?;
        ticks(&stat)
            .map(|ticks| ticks / TICKS)
            .ok_or_else(|| Error::other(format!("{path}: {stat:?}")))
    }
}

/// Those of a line of stat: utime and stime.
fn ticks(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks: Vec<f64> = fields
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|one| one.parse().ok())
        .collect();
    (ticks.len() == 2).then(|| ticks.iter().sum())
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_process_is_that_for_it_and_that_for_the_kernel() {
        let stat = "7 (a) b) R 1 2 3 4 5 6 7 8 9 10 300 50 13 14 20 0 1";
        assert_eq!(ticks(stat), Some(350.0));
        assert_eq!(ticks("7 (a) R 1 2"), None);
    }

    #[test]
    fn what_is_printed_on_a_terminal_is_counted() {
        let screen = Screen::run("echo", &["hello"]).unwrap();
        while screen.shown() < 7 {
            thread::yield_now();
        }
        assert_eq!(screen.shown(), 7);
    }
}
