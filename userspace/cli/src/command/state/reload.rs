// SPDX-License-Identifier: GPL-2.0-only

//! `state reload`: another module in the place of the one that is loaded, with what that one knew.
//!
//! Whatever can be found out before is found out before the old module goes. From then on no signal
//! ends this command, and if the kernel refuses the new module, the way leads back to the old one. The files
//! of modules may be compressed and signed, so they are read and loaded by kmod's programs.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use clap::{Args, ValueHint};
use nix::errno::Errno;
use nix::kmod::{delete_module, DeleteModuleFlags};
use nix::sys::utsname::uname;

use super::load::{is_known, put_back, Restored};
use super::{keep, read, FILE};
use crate::command::alone::{self, Held};
use crate::command::{Context, Verb};
use crate::error::{needs, Failure, Result, LOAD};
use crate::exit::Status;
use crate::file::{self, Place};

const HELP: &str = "\
Examples:
  homeward state reload
      Loads the module that is installed for this kernel in place of the running one.
  homeward state reload ./homeward.ko --fallback /root/old.ko
      Loads one from a file, and the old one again if the kernel refuses the new one.

If the module is in use, or the new one is missing or built for another kernel, the old one
stays and loses nothing. Moves in the moment between the two are not recorded. Commands that
change rules, marks or the saved state wait until it is done.";

/// Replace the loaded module, and restore what it knew.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Reload {
    /// The module's file; without it, the one that is installed.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    module: Option<PathBuf>,
    /// File of a module to load if the kernel refuses the new one.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    fallback: Option<PathBuf>,
}

/// There while the module is loaded.
const DIRECTORY: &str = "/sys/module/homeward";

const NAME: &str = "homeward";

/// Keeps two of us from replacing the module at once.
const LOCK: &str = "reload.lock";

/// How long the module may be in use by somebody who will be done soon, as a dump is.
const PATIENCE: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(50);

impl Verb for Reload {
    fn run(self, context: &Context) -> Result<Status> {
        reload(context, &self, &Place::File(FILE.into()))?.print(context)
    }
}

/// Replaces the module that is loaded.
fn reload(context: &Context, request: &Reload, place: &Place) -> Result<Restored> {
    // Nor may what it was told change between the last look and its end, or be saved before it is back.
    let _alone = [LOCK, alone::LOCK].map(|name| file::lock(name, context.messages));
    let Some(old) = loaded() else {
        return Err(nothing_to_reload(place));
    };
    let new = Candidate::find(request.module.as_deref()).map_err(untouched)?;
    let fallback = request.fallback.as_deref();
    let fallback = fallback.map(|file| Candidate::find(Some(file)));
    let fallback = fallback.transpose().map_err(untouched)?;

    // It has what a module knew that was replaced, and no other was told.
    if read(place).is_ok_and(|state| state.unfinished) {
        return Err(untouched(unfinished(&place.label())));
    }
    let _held = unload(context, place).map_err(|failure| {
        is_known(context, place);
        untouched(failure)
    })?;
    if let Err(refusal) = new.insert() {
        return Err(go_back(context, place, fallback.as_ref(), refusal));
    }
    let new = loaded().unwrap_or_default();
    let replaced = format!("module of version {old} replaced by {new}");
    let kept = kept_in(&place.label());
    let restored = put_back_kept(context, place).map_err(|mut failure| {
        failure.text = format!("{replaced}, but nothing was restored: {}", failure.text);
        failure.advise(&kept)
    })?;
    context.messages.note(&replaced);
    if !restored.passed() {
        let text = format!("not everything could be restored: {kept}");
        context.messages.warning(&text);
    }
    Ok(restored)
}

fn put_back_kept(context: &Context, place: &Place) -> Result<Restored> {
    put_back(context, place, read(place)?)
}

fn unfinished(place: &str) -> Failure {
    let text = format!(
        "the last reload did not finish, and '{place}' has what the module knew then: \
         'homeward state load' restores it, and then this can go on"
    );
    Failure::failed(text)
}

fn kept_in(place: &str) -> String {
    format!("what the old one knew is in '{place}', and 'homeward state load' tries again to restore it")
}

fn nothing_to_reload(place: &Place) -> Failure {
    let mut text = format!("cannot reload the module: it is not loaded: {LOAD}");
    if read(place).is_ok() {
        let place = place.label();
        text.push_str(&format!(
            ", and then 'homeward state load' restores what '{place}' has of the last one"
        ));
    }
    Failure::new(Status::NoModule, text)
}

/// Unloads the module, also if somebody uses it for a moment longer. What it knows is saved right before
/// each attempt, lest it learns something in between.
fn unload(context: &Context, place: &Place) -> Result<Held> {
    let patience = Instant::now() + PATIENCE;
    loop {
        let whole = keep(context, place, true)?;
        let last = Instant::now() >= patience;
        if whole || last {
            let held = alone::hold();
            match remove() {
                Err(Stays::InUse) if !last => {}
                Err(why) => return Err(why.failure()),
                Ok(()) => {
                    context.warn_if_changing(whole);
                    return Ok(held);
                }
            }
        }
        sleep(TICK);
    }
}

/// The failure of something that happened before anything was changed.
fn untouched(mut failure: Failure) -> Failure {
    failure.text = format!("cannot reload the module: {}", failure.text);
    failure.advise("the loaded one stays and loses nothing")
}

/// Loads the old module again, as the new one was refused; gives back what is to be told.
fn go_back(
    context: &Context,
    place: &Place,
    fallback: Option<&Candidate>,
    refusal: Failure,
) -> Failure {
    let file = place.label();
    let mut text = refusal.text;
    let loaded = match fallback.map(Candidate::insert) {
        Some(Ok(())) => "the old one is loaded again",
        _ if loaded().is_some() => "somebody else loaded one meanwhile",
        failed => {
            if let Some(Err(second)) = failed {
                text.push_str(&format!(": {}", second.text));
            }
            text.push_str(&format!(
                ": no module is loaded now; what it knew is in '{file}': load one, and then 'homeward state load'"
            ));
            return Failure::failed(format!("cannot reload the module: {text}"));
        }
    };
    let end = match put_back_kept(context, place) {
        Ok(restored) if restored.passed() => "with its state".to_owned(),
        Ok(_) => "but not everything could be restored: 'homeward state load' says what".to_owned(),
        Err(second) => format!("but nothing was restored: {}: {}", second, kept_in(&file)),
    };
    Failure::failed(format!("cannot reload the module: {text}: {loaded}, {end}"))
}

/// The version of the module that is loaded.
fn loaded() -> Option<String> {
    let directory = Path::new(DIRECTORY);
    let version = fs::read_to_string(directory.join("version"));
    let known = version.map(|version| version.trim().to_owned());
    directory
        .exists()
        .then(|| known.unwrap_or_else(|_| "unknown".to_owned()))
}

/// A module that can be loaded, as far as one can tell before.
#[derive(Debug)]
struct Candidate {
    file: PathBuf,
}

impl Candidate {
    /// The module in `file`, or the installed one: it has to be ours, and made for this kernel.
    fn find(file: Option<&Path>) -> Result<Self> {
        let file = match file {
            Some(file) => file.to_owned(),
            None => installed()?,
        };
        let (label, release) = (file.display(), release());
        let about = |field: &str| {
            let words = [OsStr::new("-F"), OsStr::new(field), file.as_os_str()];
            run("modinfo", &words).map_err(|(status, why)| {
                Failure::new(status, format!("'{label}' cannot be read: {why}"))
            })
        };
        let magic = about("vermagic")?;
        let wrong = match (about("name")?.trim(), magic.split_whitespace().next()) {
            (NAME, Some(built_for)) if built_for == release => return Ok(Candidate { file }),
            (NAME, Some(other)) => {
                format!("'{label}' is built for Linux {other}, but this is Linux {release}")
            }
            _ => format!("'{label}' is not the module '{NAME}'"),
        };
        Err(Failure::failed(wrong))
    }

    /// Loads it.
    fn insert(&self) -> Result<()> {
        let label = self.file.display();
        match run("insmod", &[self.file.as_os_str()]) {
            Ok(_) => Ok(()),
            Err((status, why)) => Err(Failure::new(
                status,
                format!("the kernel refuses '{label}': {why} (its log may say more)"),
            )),
        }
    }
}

/// Why the module stays loaded.
#[derive(Debug, Clone, Copy)]
enum Stays {
    /// Somebody uses it.
    InUse,
    /// The kernel says something else.
    Refused(Errno),
}

/// Unloads the module if nobody uses it.
fn remove() -> std::result::Result<(), Stays> {
    delete_module(c"homeward", DeleteModuleFlags::O_NONBLOCK).map_err(|errno| match errno {
        Errno::EAGAIN | Errno::EBUSY => Stays::InUse,
        other => Stays::Refused(other),
    })
}

impl Stays {
    /// As users read it.
    fn failure(self) -> Failure {
        let (status, why) = match self {
            Stays::InUse => (
                Status::Failed,
                "it is in use: end the programs that use it (another homeward, a program of your own, \
                 one that has moved a device and is still in that call), and try again"
                    .to_owned(),
            ),
            Stays::Refused(Errno::EPERM) => (Status::Denied, needs("CAP_SYS_MODULE")),
            Stays::Refused(errno) => (Status::Failed, errno.desc().to_owned()),
        };
        Failure::new(status, format!("it cannot be unloaded: {why}"))
    }
}

fn installed() -> Result<PathBuf> {
    match run("modinfo", &[OsStr::new("-n"), OsStr::new(NAME)]) {
        Ok(path) => Ok(path.trim().into()),
        Err((status, why)) => Err(Failure::new(
            status,
            format!("none is installed for Linux {}: {why}", release()),
        )),
    }
}

/// What a program of kmod prints, or the status to end with and what it complains about.
fn run(program: &str, words: &[&OsStr]) -> std::result::Result<String, (Status, String)> {
    // Of an administrator whose PATH is that of a user, too.
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
    let output = Command::new(program).args(words).env("PATH", path).output();
    let output = output.map_err(|error| (Status::Failed, format!("{program}: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err((Status::Failed, said.trim().replace('\n', "; ")))
}

fn release() -> String {
    uname().map_or_else(
        |_| "unknown".to_owned(),
        |system| system.release().to_string_lossy().into_owned(),
    )
}
