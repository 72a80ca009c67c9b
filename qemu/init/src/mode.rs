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

/// For a demonstration.
const SHOW_LIMIT: Duration = Duration::from_secs(120);
/// For what comes after the time is up: all namespaces end, and the referee judges.
const STRESS_END_LIMIT: Duration = Duration::from_secs(300);
const SELFTESTS_LIMIT: Duration = Duration::from_secs(3600);
const FUZZ_LIMIT: Duration = Duration::from_secs(3600);
const BENCH_LIMIT: Duration = Duration::from_secs(10_500);
/// The suite that comes before the module is loaded.
const WITHOUT_MODULE: &str = "without_module";

/// Does what `homeward.mode=MODE` asks for.
pub(crate) fn run(mode: &str) -> Result<(), Error> {
    match mode {
        "shell" => shell(),
        "test" => with_verdict(|port| {
            let filter = setup::kernel_argument("homeward.filter");
            let share = setup::kernel_argument("homeward.share");
            let mut choice = tests::Choice::new(filter, share.as_deref());
            // On a kernel that has never had the module.
            let mut counts = tests::run_all(port, &mut choice, |suite| suite == WITHOUT_MODULE)?;
            if let Err(error) = modules::load() {
                port.say(&Message::Problem(error.to_string()));
            }
            counts.extend(tests::run_all(port, &mut choice, |suite| {
                suite != WITHOUT_MODULE
            })?);
            Ok(counts)
        }),
        "demo" | "tour" => with_verdict(|port| {
            let script = Command::new(format!("/{mode}.sh"));
            show(port, mode, script, SHOW_LIMIT)
        }),
        "selftests" => with_verdict(|port| {
            let mut script = Command::new("/selftests.sh");
            script.args(setup::kernel_argument("homeward.selftests"));
            script.args(setup::kernel_argument("homeward.programs"));
            script.args(setup::kernel_argument("homeward.filter"));
            show(port, mode, script, SELFTESTS_LIMIT)
        }),
        "stress" => with_verdict(stress),
        "fuzz" => with_verdict(fuzz),
        "bench" => with_verdict(bench),
        "planted" => with_verdict(planted),
        "probe" => with_verdict(|_| Ok(Counts::default())),
        other => Err(Error::UnknownMode(other.to_owned())),
    }
}

/// Runs `work` between the first message and the last, with the checks before the last.
fn with_verdict(work: impl FnOnce(&mut Port) -> Result<Counts, Error>) -> Result<(), Error> {
    let mut port = Port::open()?;
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    port.say(&Message::Boot(release.trim_end().to_owned()));
    let before = checks::before();
    let Counts { passed, failed } = work(&mut port).unwrap_or_else(|error| {
        port.say(&Message::Problem(error.to_string()));
        Counts::default()
    });
    for problem in checks::all(&before) {
        port.say(&Message::Problem(problem));
    }
    port.say(&Message::Verdict { passed, failed });
    Ok(())
}

/// Everything at once, for as long as `homeward.seconds=N` says.
fn stress(port: &mut Port) -> Result<Counts, Error> {
    let seconds = setup::kernel_argument("homeward.seconds");
    let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(60);
    let mut program = Command::new("/usr/bin/homeward-stress");
    program.arg(seconds.to_string());
    let seed = setup::kernel_argument("homeward.seed");
    program.arg(seed.unwrap_or_else(|| "0".to_owned()));
    program.args(setup::kernel_argument("homeward.faults").map(|_| "faults"));
    let limit = Duration::from_secs(seconds) + STRESS_END_LIMIT;
    show(port, "stress", program, limit)
}

/// As many requests as `homeward.messages=N` says, for as long as `homeward.seconds=N` says.
fn fuzz(port: &mut Port) -> Result<Counts, Error> {
    modules::load()?;
    let mut program = Command::new("/usr/bin/homeward-fuzz");
    for word in ["messages", "seconds", "seed", "points", "keep"] {
        if let Some(value) = setup::kernel_argument(&format!("homeward.{word}")) {
            program.arg(format!("{word}={value}"));
        }
    }
    show(port, "fuzz", program, FUZZ_LIMIT)
}

/// What `homeward.only=ROW,ROW` and the like ask for. The module comes and goes with each sample.
fn bench(port: &mut Port) -> Result<Counts, Error> {
    modules::load_devices()?;
    let mut program = Command::new("/usr/bin/homeward-bench");
    for word in ["quick", "only", "sizes", "repeat"] {
        if let Some(value) = setup::kernel_argument(&format!("homeward.{word}")) {
            program.arg(format!("{word}={value}"));
        }
    }
    show(port, "bench", program, BENCH_LIMIT)
}

/// A program that shows something. It counts as one test.
fn show(
    port: &mut Port,
    name: &str,
    mut command: Command,
    limit: Duration,
) -> Result<Counts, Error> {
    use homeward_vm::protocol::TestEnd;

    let end = child::run(&mut command, limit, |line| {
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
    port.say(&Message::Test(name.into(), result));
    Ok(counts)
}

/// Does what the kernel or the checks have to catch, to see that they do. Counts as a test that
/// passed: only the checks may spoil the verdict.
fn planted(_: &mut Port) -> Result<Counts, Error> {
    let what = setup::kernel_argument("homeward.planted").unwrap_or_default();
    modules::load()?;
    let mut steps = vec![format!("insmod /planted.ko what={what}")];
    match what.as_str() {
        // Its memory is to outlive it.
        "left-behind" => steps.push("rmmod planted".into()),
        // A device that is away ends unseen.
        "unseen-end" => steps.extend(
            [
                "ip netns add red",
                "ip link add gone0 type dummy",
                "ip link set gone0 netns red",
                "ip -n red link del gone0",
                "ip netns del red",
            ]
            .map(str::to_owned),
        ),
        _ => {}
    }
    for step in steps {
        let words: Vec<&str> = step.split(' ').collect();
        if let Err(error) = child::run_quietly(words[0], &words[1..]) {
            eprintln!("homeward-init: {error}");
            return Ok(Counts {
                passed: 0,
                failed: 1,
            });
        }
    }
    Ok(Counts {
        passed: 1,
        failed: 0,
    })
}

fn shell() -> Result<(), Error> {
    if let Err(error) = modules::load() {
        eprintln!("homeward-init: {error}");
    }
    // The same on which the kernel logs.
    let name = setup::kernel_argument("console").unwrap_or_else(|| "console".to_owned());
    let terminal = format!("/dev/{name}");
    let open = || {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(&terminal)
            .map_err(Error::io(format!("open {terminal}")))
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
