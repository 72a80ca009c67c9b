// SPDX-License-Identifier: GPL-2.0-only

//! What the guest is for this time.

use crate::{
    checks,
    child::{
        self,
        End, //
    },
    modules,
    setup,
    tests::{
        self,
        Counts, //
    },
    Error,
    Port, //
};
use homeward_vm::protocol::Message;
use std::{
    fs::{
        self,
        OpenOptions, //
    },
    process::Command,
    time::Duration,
};

const DEMO: &str = "/demo.sh";
const DEMO_LIMIT: Duration = Duration::from_secs(120);
/// The suite that comes before the module is loaded.
const WITHOUT_MODULE: &str = "without_module";
const TERMINAL: &str = "/dev/ttyS0";

/// Does what `homeward.mode=MODE` asks for.
pub(crate) fn run(mode: &str) -> Result<(), Error> {
    match mode {
        "shell" => shell(),
        "test" => with_verdict(|port| {
            let filter = setup::kernel_argument("homeward.filter").unwrap_or_default();
            // On a kernel that has never had the module.
            let mut counts = tests::run_all(port, &filter, |suite| suite == WITHOUT_MODULE)?;
            if let Err(error) = modules::load() {
                port.say(&Message::Problem(error.to_string()));
            }
            counts.extend(tests::run_all(port, &filter, |suite| {
                suite != WITHOUT_MODULE
            })?);
            Ok(counts)
        }),
        "demo" => with_verdict(demo),
        "probe" => with_verdict(|_| Ok(Counts::default())),
        other => Err(Error::UnknownMode(other.to_owned())),
    }
}

/// Runs `work` between the first message and the last, with the checks before the last.
fn with_verdict(work: impl FnOnce(&mut Port) -> Result<Counts, Error>) -> Result<(), Error> {
    let mut port = Port::open()?;
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    port.say(&Message::Boot(release.trim_end().to_owned()));
    let Counts { passed, failed } = work(&mut port).unwrap_or_else(|error| {
        port.say(&Message::Problem(error.to_string()));
        Counts::default()
    });
    for problem in checks::all() {
        port.say(&Message::Problem(problem));
    }
    port.say(&Message::Verdict { passed, failed });
    Ok(())
}

/// The demonstration counts as one test.
fn demo(port: &mut Port) -> Result<Counts, Error> {
    use homeward_vm::protocol::TestEnd;

    let mut command = Command::new(DEMO);
    let end = child::run(&mut command, DEMO_LIMIT, |line| {
        port.say(&Message::Out(line.to_owned()));
    })?;
    let (counts, result) = if end == End::Exited(0) {
        (
            Counts {
                passed: 1,
                failed: 0,
            },
            TestEnd::Ok,
        )
    } else {
        (
            Counts {
                passed: 0,
                failed: 1,
            },
            TestEnd::Failed,
        )
    };
    port.say(&Message::Test("demo".into(), result));
    Ok(counts)
}

fn shell() -> Result<(), Error> {
    if let Err(error) = modules::load() {
        eprintln!("homeward-init: {error}");
    }
    let open = || {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(TERMINAL)
            .map_err(Error::io(format!("open {TERMINAL}")))
    };
    // setsid -c: job control and Ctrl-C need a terminal of one's own.
    let mut command = Command::new("setsid");
    command
        .args(["-c", "-w", "/bin/sh", "-l"])
        .stdin(open()?)
        .stdout(open()?)
        .stderr(open()?);
    child::run_on_terminal(&mut command)
}
