// SPDX-License-Identifier: GPL-2.0-only

//! A pseudo-terminal of 80 columns and 24 lines, with the command on it.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use nix::fcntl::{fcntl, FcntlArg, FdFlag};
use nix::pty::{openpty, Winsize};
use nix::sys::termios::{tcgetattr, Termios};

use crate::picture::svg;
use crate::run::eventually;

const LINES: u16 = 24;
const COLUMNS: u16 = 80;

/// A terminal, and the command that has it. The command is killed when dropped.
pub struct Pty {
    child: Child,
    keys: File,
    /// Until the command has ended.
    slave: Option<OwnedFd>,
    before: Termios,
    screen: Arc<Mutex<vt100::Parser>>,
    reader: Option<JoinHandle<()>>,
}

impl Pty {
    /// Runs `homeward` on it, with arguments separated by spaces.
    #[track_caller]
    pub fn run(args: &str) -> Self {
        let size = Winsize {
            ws_row: LINES,
            ws_col: COLUMNS,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).expect("a terminal");
        // The command on another one would keep this one open.
        for end in [&pty.master, &pty.slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("a flag");
        }
        let stream = || Stdio::from(pty.slave.try_clone().expect("a descriptor"));
        let before = tcgetattr(&pty.slave).expect("its attributes");
        let child = Command::new("homeward")
            .args(args.split(' '))
            .env("TERM", "xterm")
            .stdin(stream())
            .stdout(stream())
            .stderr(stream())
            .spawn()
            .expect("homeward");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(LINES, COLUMNS, 0)));
        let keys = File::from(pty.master);
        let mut output = keys.try_clone().expect("a descriptor");
        let seen = Arc::clone(&screen);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Nobody has the other side any more: an error.
            while let Ok(len @ 1..) = output.read(&mut buffer) {
                seen.lock().expect("the screen").process(&buffer[..len]);
            }
        });
        Pty {
            child,
            keys,
            slave: Some(pty.slave),
            before,
            screen,
            reader: Some(reader),
        }
    }

    /// The process id of the command.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.screen.lock().expect("the screen").screen().contents()
    }

    /// The same as a picture (SVG).
    pub fn picture(&self) -> String {
        svg(self.screen.lock().expect("the screen").screen())
    }

    /// Waits until some line has all of these words in it.
    #[track_caller]
    pub fn shows(&self, words: &[&str]) {
        let has = |line: &str| words.iter().all(|word| line.contains(word));
        let what = format!("{words:?} on the screen");
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually(&what, || self.text().lines().any(has));
        }));
        assert!(outcome.is_ok(), "no {words:?} in\n{}", self.text());
    }

    /// Types this.
    #[track_caller]
    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("typing");
    }

    /// Waits for the end of the command, which has to leave the terminal as it was; gives how it ended
    /// and what is on the screen.
    #[track_caller]
    pub fn ends(mut self) -> (ExitStatus, String) {
        let mut status = None;
        eventually("an end", || {
            status = self.child.try_wait().expect("its status");
            status.is_some()
        });
        let slave = self.slave.take().expect("the other side");
        assert_eq!(tcgetattr(&slave).expect("attributes"), self.before);
        // Nobody has it any more, so all that was written is read, and then there is an error.
        drop(slave);
        self.reader
            .take()
            .expect("a reader")
            .join()
            .expect("its end");
        {
            let parser = self.screen.lock().expect("the screen");
            let screen = parser.screen();
            assert!(!screen.alternate_screen() && !screen.hide_cursor());
        }
        (status.expect("a status"), self.text())
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
