// SPDX-License-Identifier: GPL-2.0-only

//! The module as a file, and as it is loaded. Files may be compressed and signed, and that is what
//! kmod's programs are for.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::errno::Errno;
use nix::kmod::{delete_module, DeleteModuleFlags};
use nix::sys::utsname::uname;

use crate::error::{needs, Failure, Result};
use crate::exit::Status;

/// There while the module is loaded.
pub(super) const DIRECTORY: &str = "/sys/module/homeward";

const NAME: &str = "homeward";

/// The version of the module that is loaded.
pub(super) fn loaded() -> Option<String> {
    let directory = Path::new(DIRECTORY);
    let version = fs::read_to_string(directory.join("version"));
    let known = version.map(|version| version.trim().to_owned());
    directory
        .exists()
        .then(|| known.unwrap_or_else(|_| "unknown".to_owned()))
}

/// A module that can be loaded, as far as one can tell before.
#[derive(Debug)]
pub(super) struct Candidate {
    file: PathBuf,
}

impl Candidate {
    /// The module in `file`, or the installed one: it has to be ours, and made for this kernel.
    pub(super) fn find(file: Option<&Path>) -> Result<Self> {
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
                format!("'{label}' is made for Linux {other}, and this is Linux {release}")
            }
            _ => format!("'{label}' is no module '{NAME}'"),
        };
        Err(Failure::new(Status::Failed, wrong))
    }

    /// Loads it.
    pub(super) fn insert(&self) -> Result<()> {
        let label = self.file.display();
        match run("insmod", &[self.file.as_os_str()]) {
            Ok(_) => Ok(()),
            Err((status, why)) => Err(Failure::new(
                status,
                format!("the kernel refuses '{label}': {why} (its log may tell more)"),
            )),
        }
    }
}

/// Why the module stays loaded.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stays {
    /// Somebody uses it.
    InUse,
    /// The kernel says something else.
    Refused(Errno),
}

/// Unloads the module if nobody uses it.
pub(super) fn remove() -> std::result::Result<(), Stays> {
    delete_module(c"homeward", DeleteModuleFlags::O_NONBLOCK).map_err(|errno| match errno {
        Errno::EAGAIN | Errno::EBUSY => Stays::InUse,
        other => Stays::Refused(other),
    })
}

impl Stays {
    /// As users read it.
    pub(super) fn failure(self) -> Failure {
        let (status, why) = match self {
            Stays::InUse => (
                Status::Failed,
                "it is in use: end what talks to it (a 'homeward' that hangs, a program of your own), and try again"
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
