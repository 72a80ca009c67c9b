// SPDX-License-Identifier: GPL-2.0-only

//! Judges a run, and says with which status the runner ends.

use crate::session::Session;

/// All went well.
pub const EXIT_PASSED: u8 = 0;
/// A test failed, the kernel complained, or the guest died.
pub const EXIT_FAILED: u8 = 1;
/// The harness itself failed: no QEMU, no image, or a guest that never came up (`EX_UNAVAILABLE`).
pub const EXIT_UNAVAILABLE: u8 = 69;
/// The time limit was reached (as with timeout(1)).
pub const EXIT_TIMEOUT: u8 = 124;

/// How the guest's machine came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It powered off or rebooted.
    ByItself,
    /// It was stopped because the kernel complained and nothing more came.
    AfterFinding,
    /// It was stopped at the time limit.
    AtTimeLimit,
    /// It went on running after its verdict.
    NotAtAll,
}

/// The judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All went well.
    Passed,
    /// Something went wrong; why, one reason a line.
    Failed(Vec<String>),
    /// The guest never came up.
    Unavailable(String),
    /// The time limit was reached; why and where.
    TimedOut(Vec<String>),
}

impl Outcome {
    /// The exit status for it.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Passed => EXIT_PASSED,
            Self::Failed(_) => EXIT_FAILED,
            Self::Unavailable(_) => EXIT_UNAVAILABLE,
            Self::TimedOut(_) => EXIT_TIMEOUT,
        }
    }

    /// The reasons, none when all went well.
    pub fn reasons(&self) -> &[String] {
        match self {
            Self::Passed => &[],
            Self::Failed(reasons) | Self::TimedOut(reasons) => reasons,
            Self::Unavailable(reason) => std::slice::from_ref(reason),
        }
    }
}

/// Judges what was said, what the console showed, and how it ended.
///
/// Silence is never good: a run passes only by one complete verdict of at least one passed test
/// that agrees with the tests reported before it.
pub fn judge(session: &Session, findings: &[String], ended: Ended) -> Outcome {
    let mut reasons = of_the_kernel(findings);
    if !session.booted && reasons.is_empty() {
        return Outcome::Unavailable(never_up(ended).into());
    }
    reasons.extend(of_the_guest(session));
    if ended == Ended::NotAtAll {
        reasons.push("the guest did not power off after its verdict".into());
    }
    if ended == Ended::AtTimeLimit {
        reasons.push(format!("time limit reached while {}", doing(session)));
        return Outcome::TimedOut(reasons);
    }
    if session.verdicts.is_empty() {
        reasons.push(format!(
            "no verdict: the guest died while {}",
            doing(session)
        ));
    }
    if reasons.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Failed(reasons)
    }
}

/// How the kernel complains of a breakpoint that nobody has set.
const STRAY_BREAKPOINT: &str = "Oops: int3";

/// Whether the emulator, and nothing of what is tested, has killed the guest.
///
/// To change its code the kernel puts a breakpoint there for a moment (`smp_text_poke_batch_finish()`),
/// and an emulated processor may run into it when the other has taken it away again: then nobody
/// knows of it. Only before init is up has the guest met nothing of ours.
pub fn died_of_emulation(session: &Session, findings: &[String]) -> bool {
    let first = findings.first();
    !session.booted && first.is_some_and(|line| line.starts_with(STRAY_BREAKPOINT))
}

fn never_up(ended: Ended) -> &'static str {
    if ended == Ended::AtTimeLimit {
        "the guest did not come up within the time limit"
    } else {
        "the guest ended before init came up"
    }
}

fn of_the_kernel(findings: &[String]) -> Vec<String> {
    findings
        .iter()
        .map(|line| format!("the kernel complained: {line}"))
        .collect()
}

fn of_the_guest(session: &Session) -> Vec<String> {
    let mut reasons = session.problems.clone();
    reasons.extend(
        session
            .garbage
            .iter()
            .map(|line| format!("not a message: {line:?}")),
    );
    match session.verdicts[..] {
        [] => {}
        [verdict] => reasons.extend(of_the_verdict(session, verdict)),
        _ => reasons.push(format!(
            "{} verdicts instead of one",
            session.verdicts.len()
        )),
    }
    reasons
}

fn of_the_verdict(session: &Session, (passed, failed): (u32, u32)) -> Vec<String> {
    let mut reasons = Vec::new();
    if (passed, failed) != (session.passed, session.failed) {
        reasons.push(format!(
            "the verdict counts {passed} passed and {failed} failed, \
             but {} passed and {} failed were reported",
            session.passed, session.failed
        ));
    }
    match failed {
        0 if passed == 0 => reasons.push("no test ran".into()),
        0 => {}
        1 => reasons.push("1 test failed".into()),
        _ => reasons.push(format!("{failed} tests failed")),
    }
    reasons
}

fn doing(session: &Session) -> String {
    match &session.running {
        Some(name) => format!("running {name}"),
        None if session.verdicts.is_empty() => "no test was running".into(),
        None => "powering off".into(),
    }
}
