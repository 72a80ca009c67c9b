// SPDX-License-Identifier: GPL-2.0-only

//! Runs one guest: starts QEMU, shows what comes, stops it in time, has it judged.

use crate::{
    accel,
    args::{
        Args,
        Mode, //
    },
    machine::{
        self,
        Accel, //
    },
    Error,
};
use homeward_vm::{
    console::Watch,
    protocol::Message,
    session::Session,
    verdict::{
        died_of_emulation,
        judge,
        Ended,
        Outcome,
        EXIT_UNAVAILABLE, //
    },
};
use std::{
    fs::{
        self,
        File, //
    },
    io::{
        BufRead,
        BufReader,
        Read,
        Write, //
    },
    path::{
        Path,
        PathBuf, //
    },
    process::Child,
    sync::mpsc::{
        self,
        Receiver,
        RecvTimeoutError,
        Sender, //
    },
    thread,
    time::{
        Duration,
        Instant, //
    },
};

/// How often the console and the clock are looked at.
const TICK: Duration = Duration::from_millis(200);
/// A kernel that complained may still say more: registers, a backtrace, a verdict.
const AFTER_FINDING: Duration = Duration::from_secs(15);
/// From the verdict to the power-off.
const AFTER_VERDICT: Duration = Duration::from_secs(20);
/// How often a guest is started that the emulator does not let boot; beside much other work that happens twice
/// in a row.
const MOST_BOOTS: u32 = 4;

/// Runs the guest as asked and gives back the exit status.
pub(crate) fn run(args: &Args) -> Result<u8, Error> {
    require("kernel image", &args.kernel)?;
    require("initramfs", &args.initrd)?;
    let accel = accel::choose(args)?;
    if args.mode == Mode::Shell {
        return shell(args, accel);
    }
    let limit = Duration::from_secs(args.timeout);
    let mut boots = 1;
    let (guest, ended) = loop {
        let (guest, ended) = attempt(args, accel, limit)?;
        let emulated = accel == Accel::Tcg;
        let again = emulated && died_of_emulation(&guest.session, guest.watch.findings());
        if !again || boots == MOST_BOOTS {
            break (guest, ended);
        }
        drop(guest);
        retell(&args.console_log, boots)?;
        boots += 1;
    };
    let outcome = judge(&guest.session, guest.watch.findings(), ended);
    if matches!(outcome, Outcome::Unavailable(_)) {
        eprint!(
            "{}",
            fs::read_to_string(errors_log(&args.console_log)).unwrap_or_default()
        );
    }
    report(args, &guest.session, &outcome)?;
    Ok(outcome.exit_status())
}

/// Runs the guest to its end, once.
fn attempt(args: &Args, accel: Accel, limit: Duration) -> Result<(Guest, Ended), Error> {
    let mut guest = Guest::start(args, args.mode, accel, &args.console_log)?;
    let ended = guest.follow(limit, |message| show(args.mode, message))?;
    Ok((guest, ended))
}

/// Says that the guest is started again, and keeps the console's log of the time before.
fn retell(console: &Path, boots: u32) -> Result<(), Error> {
    let kept = console.with_extension(format!("boot-{boots}.log"));
    eprintln!(
        "homeward-vm: the emulator ran into a breakpoint of the kernel's as it booted (log: {}): \
         once more",
        kept.display()
    );
    fs::rename(console, &kept).map_err(Error::io(format!("write {}", kept.display())))
}

/// Whether the guest comes up at all under `accel`.
pub(crate) fn boots(args: &Args, mode: Mode, accel: Accel, limit: Duration) -> Result<bool, Error> {
    let log = args.console_log.with_extension("probe.log");
    let mut guest = Guest::start(args, mode, accel, &log)?;
    guest.follow(limit, |_| ())?;
    Ok(guest.session.booted)
}

/// Where QEMU's own messages go: it warns of a good deal that is as it should be.
fn errors_log(console: &Path) -> PathBuf {
    console.with_extension("qemu.log")
}

fn require(what: &'static str, path: &Path) -> Result<(), Error> {
    if path.is_file() {
        return Ok(());
    }
    Err(Error::Missing {
        what,
        path: path.display().to_string(),
    })
}

fn shell(args: &Args, accel: Accel) -> Result<u8, Error> {
    let status = machine::command(args, Mode::Shell, accel, &args.console_log)
        .status()
        .map_err(Error::io("start QEMU"))?;
    Ok(if status.success() {
        0
    } else {
        EXIT_UNAVAILABLE
    })
}

/// A running guest and what is known of it. Dropping it stops QEMU.
struct Guest {
    qemu: Child,
    lines: Receiver<String>,
    console: Tail,
    watch: Watch,
    session: Session,
}

impl Guest {
    fn start(args: &Args, mode: Mode, accel: Accel, log: &Path) -> Result<Self, Error> {
        let create = |path: &Path| {
            File::create(path).map_err(Error::io(format!("write {}", path.display())))
        };
        create(log)?;
        let mut qemu = machine::command(args, mode, accel, log)
            .stderr(create(&errors_log(log))?)
            .spawn()
            .map_err(Error::io(format!(
                "start QEMU (package {})",
                args.arch.machine().package
            )))?;
        let (sender, lines) = mpsc::channel();
        if let Some(port) = qemu.stdout.take() {
            let record = create(&log.with_extension("port.log"))?;
            thread::spawn(move || read_port(port, record, &sender));
        }
        Ok(Self {
            qemu,
            lines,
            console: Tail::open(log)?,
            watch: Watch::new(),
            session: Session::new(),
        })
    }

    /// Follows the guest to its end, which comes by itself or by us.
    fn follow(&mut self, limit: Duration, mut show: impl FnMut(&Message)) -> Result<Ended, Error> {
        let end = Instant::now() + limit;
        let mut patience: Option<(Instant, Ended)> = None;
        loop {
            match self.lines.recv_timeout(TICK) {
                // A line that is no message is kept by the session, and fails the run.
                Ok(line) => self.session.line(&line).iter().for_each(&mut show),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    self.qemu.wait().map_err(Error::io("wait for QEMU"))?;
                    self.watch_console()?;
                    return Ok(Ended::ByItself);
                }
            }
            self.watch_console()?;
            if patience.is_none() {
                patience = self.patience();
            }
            let now = Instant::now();
            match patience {
                Some((until, ended)) if now >= until => return Ok(ended),
                _ if now >= end => return Ok(Ended::AtTimeLimit),
                _ => {}
            }
        }
    }

    /// How long to wait yet, and what it means if nothing comes, once the end should be near.
    fn patience(&self) -> Option<(Instant, Ended)> {
        let now = Instant::now();
        if !self.watch.findings().is_empty() {
            Some((now + AFTER_FINDING, Ended::AfterFinding))
        } else if !self.session.verdicts.is_empty() {
            Some((now + AFTER_VERDICT, Ended::NotAtAll))
        } else {
            None
        }
    }

    fn watch_console(&mut self) -> Result<(), Error> {
        for line in self.console.lines()? {
            self.watch.line(&line);
        }
        Ok(())
    }
}

/// Hands on every line from the port, and records it.
fn read_port(port: impl Read, mut record: File, lines: &Sender<String>) {
    let mut port = BufReader::new(port);
    let mut line = Vec::new();
    while matches!(port.read_until(b'\n', &mut line), Ok(1..)) {
        // The record is for people; the run does not depend on it.
        let _ = record.write_all(&line);
        let text = String::from_utf8_lossy(&line);
        if lines
            .send(text.trim_end_matches(['\n', '\r']).into())
            .is_err()
        {
            break;
        }
        line.clear();
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // Both fail only if QEMU is gone already.
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

/// Reads the lines that were added to a file since last time.
struct Tail {
    file: File,
    rest: Vec<u8>,
}

impl Tail {
    fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io("read the console's log"))?;
        Ok(Self {
            file,
            rest: Vec::new(),
        })
    }

    fn lines(&mut self) -> Result<Vec<String>, Error> {
        self.file
            .read_to_end(&mut self.rest)
            .map_err(Error::io("read the console's log"))?;
        let Some(last) = self.rest.iter().rposition(|&byte| byte == b'\n') else {
            return Ok(Vec::new());
        };
        let whole: Vec<u8> = self.rest.drain(..=last).collect();
        let text = String::from_utf8_lossy(&whole);
        Ok(text.lines().map(str::to_owned).collect())
    }
}

fn show(mode: Mode, message: &Message) {
    match message {
        Message::Out(text) if mode.is_show() => println!("{text}"),
        Message::Out(text) => println!("    {text}"),
        Message::Suite(name) => println!("\n{name}"),
        // The demonstration speaks for itself.
        Message::Test(..) if mode.is_show() => {}
        Message::Test(name, end) => println!("test {name} ... {}", end.word()),
        Message::Problem(text) => println!("problem: {text}"),
        Message::Boot(_) | Message::Run(_) | Message::Verdict { .. } => {}
    }
}

fn report(args: &Args, session: &Session, outcome: &Outcome) -> Result<(), Error> {
    for reason in outcome.reasons() {
        eprintln!("homeward-vm: {reason}");
    }
    if *outcome != Outcome::Passed {
        eprintln!(
            "homeward-vm: the console's log: {}",
            args.console_log.display()
        );
    }
    if let Some(path) = &args.summary {
        fs::write(path, format!("{} {}\n", session.passed, session.failed))
            .map_err(Error::io(format!("write {}", path.display())))?;
    }
    Ok(())
}
