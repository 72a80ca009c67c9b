// SPDX-License-Identifier: GPL-2.0-only

//! The terminal: taken as a whole, and given back however this ends.

use std::io::{self, stdin};
use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::{poll, PollFd, PollFlags, PollTimeout};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use ratatui::crossterm::event::{poll as ready, read, Event, KeyEvent, KeyEventKind};
use ratatui::{DefaultTerminal, Frame};

use crate::error::{Failure, Result};

/// Ends of this process that wait until the terminal is as it was.
const ENDS: [Signal; 3] = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP];

/// The terminal. As it was before when dropped, and when this process panics.
pub(super) struct Screen {
    terminal: DefaultTerminal,
    ends: SignalFd,
}

/// Why waiting has ended.
pub(super) enum Woken {
    /// Time is up.
    Time,
    /// Keys were typed.
    Keys(Vec<KeyEvent>),
    /// The terminal has another size.
    Redraw,
    /// There is no terminal any more, or a signal is to end this.
    End,
}

impl Screen {
    /// Takes the terminal.
    pub(super) fn open() -> Result<Self> {
        let mask: SigSet = ENDS.into_iter().collect();
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let ends = mask
            .thread_block()
            .and_then(|()| SignalFd::with_flags(&mask, flags));
        let ends = ends.map_err(|errno| failed(&errno.into()))?;
        let terminal = ratatui::try_init().map_err(|error| {
            let _ = ratatui::try_restore();
            failed(&error)
        })?;
        Ok(Screen { terminal, ends })
    }

    /// Draws what is there.
    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<()> {
        self.terminal.draw(draw).map_err(|error| failed(&error))?;
        Ok(())
    }

    /// Waits for keys and signals, at most so long.
    pub(super) fn wait(&mut self, time: Duration) -> Result<Woken> {
        let stdin = stdin();
        let mut fds = [
            PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.ends.as_fd(), PollFlags::POLLIN),
        ];
        // Rounded up, lest the last millisecond becomes a busy loop.
        let timeout = match time.is_zero() {
            true => PollTimeout::ZERO,
            false => PollTimeout::try_from(time.as_millis() + 1).unwrap_or(PollTimeout::MAX),
        };
        // Interrupted is as good as early: then the terminal has another size.
        let _ = poll(&mut fds, timeout);
        let events = |fd: &PollFd<'_>| fd.revents().unwrap_or(PollFlags::empty());
        let gone = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
        if events(&fds[0]).intersects(gone) || !events(&fds[1]).is_empty() {
            return Ok(Woken::End);
        }
        events_read().map_err(|error| failed(&error))
    }
}

/// All that was typed.
fn events_read() -> io::Result<Woken> {
    let mut keys = Vec::new();
    let mut resized = false;
    while ready(Duration::ZERO)? {
        match read()? {
            Event::Key(key) if key.kind == KeyEventKind::Press => keys.push(key),
            Event::Resize(..) => resized = true,
            _ => {}
        }
    }
    Ok(match (keys.is_empty(), resized) {
        (false, _) => Woken::Keys(keys),
        (true, true) => Woken::Redraw,
        (true, false) => Woken::Time,
    })
}

impl Drop for Screen {
    fn drop(&mut self) {
        // There may be no terminal any more.
        let _ = ratatui::try_restore();
    }
}

fn failed(error: &io::Error) -> Failure {
    let why = crate::error::reason(error);
    Failure::failed(format!("cannot use the terminal: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Read;
    use std::process::{Command, Stdio};

    use nix::pty::{openpty, Winsize};
    use nix::sys::termios::tcgetattr;

    #[test]
    #[ignore = "needs a terminal and ends the process: the test below runs it in one of its own"]
    fn panics() {
        crate::messages::install_hook();
        let _screen = Screen::open().unwrap();
        panic!("while it has the terminal");
    }

    #[test]
    fn a_panic_gives_the_terminal_back() {
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).unwrap();
        let stream = || Stdio::from(pty.slave.try_clone().unwrap());
        let before = tcgetattr(&pty.slave).unwrap();
        let test = "command::top::terminal::tests::panics";
        let status = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--ignored", "--nocapture"])
            .stdin(stream())
            .stdout(stream())
            .stderr(stream())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(70));
        assert_eq!(tcgetattr(&pty.slave).unwrap(), before);
        drop(pty.slave);
        let mut seen = Vec::new();
        // The other side is closed: an error after what was written.
        let _ = File::from(pty.master).read_to_end(&mut seen);
        let seen = String::from_utf8_lossy(&seen);
        let (entered, rest) = seen.split_once("\u{1b}[?1049h").unwrap();
        assert!(!entered.contains("internal error"), "{seen}");
        let (_, after) = rest.split_once("\u{1b}[?1049l").unwrap();
        assert!(after.contains("homeward: internal error: "), "{seen}");
    }
}
