// SPDX-License-Identifier: GPL-2.0-only

//! `netns`: what `ip netns` does, with its words and statuses.

mod exec;
mod ids;
mod wait;

pub(crate) use exec::{exec, exec_all, exec_and_return, switch};
pub(crate) use ids::{list, list_id, set, Named, NamedId};
pub(crate) use wait::{delete_all_and_wait, delete_and_wait};

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use homeward_netns::{processes, Change, Error, Name};
use nix::fcntl::OFlag;
use nix::sys::statfs::{fstatfs, FsType};

use super::Context;
use crate::error::{Failure, Result};
use crate::exit::Status;

const NSFS_MAGIC: FsType = FsType(0x6e73_6673);

/// Makes a namespace with a name.
pub(crate) fn add(context: &Context, name: &Name) -> Result<()> {
    context.directory.add(name).map_err(failed)
}

/// Gives a name to the namespace of a process.
pub(crate) fn attach(context: &Context, name: &Name, pid: i32) -> Result<()> {
    context.directory.attach(name, pid).map_err(failed)
}

/// Takes a name away.
pub(crate) fn delete(context: &Context, name: &Name) -> Result<()> {
    context.directory.delete(name).map_err(failed)
}

/// Takes all names away. Ends at the first that cannot be, and that is no failure, as for `ip`.
pub(crate) fn delete_all(context: &Context) -> Result<()> {
    for entry in context.directory.list().map_err(failed)? {
        if let Err(error) = context.directory.delete(&entry.name) {
            context.messages.bare(&error.to_string());
            break;
        }
    }
    Ok(())
}

/// The name of the namespace of a process, `self` or a number; of several the last one.
pub(crate) fn identify(context: &Context, process: &OsStr) -> Result<Option<OsString>> {
    let file = Path::new("/proc").join(process).join("ns/net");
    let own = namespace_file(&file)?;
    let found = context.directory.list().map_err(failed)?;
    let found = found.into_iter().rfind(|entry| entry.inum == own);
    Ok(found.map(|entry| entry.name.as_os_str().to_owned()))
}

/// The processes in the namespace of a name.
pub(crate) fn pids(context: &Context, name: &Name) -> Result<Vec<u32>> {
    let Some(wanted) = namespace_file(&context.directory.file(name))? else {
        return Ok(Vec::new());
    };
    let all = processes().map_err(failed)?;
    let hidden = all.iter().filter(|process| process.inum.is_none()).count();
    if hidden > 0 {
        context.messages.warning(&format!(
            "the network namespaces of {hidden} processes may not be known to you"
        ));
    }
    let inside = all
        .iter()
        // As `ip` has it, who is there by a thread only is not.
        .filter(|process| process.inum == Some(wanted) && process.tid == process.pid)
        .map(|process| process.pid);
    Ok(inside.collect())
}

/// The inode number of a namespace; None for another file.
fn namespace_file(path: &Path) -> Result<Option<u64>> {
    // Opened, as `ip` does: a process that may be seen is not always one that may be looked into.
    // But not for ever, if it is a pipe.
    let mut how = fs::OpenOptions::new();
    how.read(true).custom_flags(OFlag::O_NONBLOCK.bits());
    let file = how.open(path).and_then(|file| {
        // Which file system it is does not depend on a /proc that may not be there.
        let found = (fstatfs(&file)?.filesystem_type(), file.metadata()?.ino());
        Ok(found)
    });
    let (system, number) = file.map_err(|error| {
        let why = super::exec::reason(&error);
        Failure::bare(
            Status::Failed,
            format!("Cannot open network namespace: {why}"),
        )
    })?;
    Ok((system == NSFS_MAGIC).then_some(number))
}

/// Hands on names that come and go, until `show` says that nobody looks any more.
pub(crate) fn monitor(
    context: &Context,
    mut show: impl FnMut(&[Change]) -> Result<bool>,
) -> Result<()> {
    let watch = context.directory.watch().map_err(failed)?;
    while show(&watch.next().map_err(failed)?)? {}
    Ok(())
}

/// Opens a file with commands; `-` is standard input.
pub(crate) fn script(file: &OsStr) -> Result<Box<dyn std::io::BufRead>> {
    if file == "-" {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    match fs::File::open(file) {
        Ok(file) => Ok(Box::new(std::io::BufReader::new(file))),
        Err(error) => {
            let (file, why) = (PathBuf::from(file), super::exec::reason(&error));
            Err(Failure::bare(
                Status::Failed,
                format!("Cannot open file \"{}\" for reading: {why}", file.display()),
            ))
        }
    }
}

fn failed(error: Error) -> Failure {
    Failure::bare(Status::Failed, error)
}
