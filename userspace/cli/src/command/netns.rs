// SPDX-License-Identifier: GPL-2.0-only

//! `netns`: what `ip netns` does, with its words, output and statuses.

mod ids;
mod print;
mod wait;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use clap::Args;
use homeward_netns::{enter, leave_vrf, processes, Error, Kind, Name, Settings, YOUNG};
use nix::fcntl::OFlag;
use nix::sys::statfs::{fstatfs, FsType};

use super::exec::{check_etc, settings, Dress};
use super::{Context, Verb};
use crate::compat::{self, Format, Invocation, Which, Work, USAGE};
use crate::error::{reason, Failure, Result};
use crate::exit::Status;
use crate::names::{words, Words};
use crate::process::{become_command, in_child};
use crate::render;

const HELP: &str = "\
The arguments are those of 'ip netns' (ip-netns(8)): list, add, attach, set, delete,
identify, pids, exec, monitor, list-id, help, abbreviated as ip allows; before them the
options of ip: -all, -json, -pretty, -netns NAME, -batch FILE, -force, and those that have
no effect here. 'homeward OPTIONS netns ...' and a symbolic link 'ip-netns' to homeward
do the same.

Beyond 'ip netns':
  delete --wait[=TIME] NAME       return when the namespace is really gone
  exec --no-sysfs NAME CMD...     leave /sys as it is
  exec --etc=DIR|off NAME CMD...  take files for /etc from DIR, not from /etc/netns/NAME

Examples:
  homeward netns add red
  homeward netns exec red ip link set lo up
  homeward -all netns exec ip -br link
  homeward netns delete --wait=10s red";

/// Manage named network namespaces, exactly as 'ip netns' does, and a little more.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Netns {
    /// What comes after 'ip netns'.
    #[arg(
        value_name = "ARGS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    words: Vec<OsString>,
}

impl Verb for Netns {
    fn run(self, context: &Context) -> Result<Status> {
        execute(context, &self.words)
    }
}

const NSFS_MAGIC: FsType = FsType(0x6e73_6673);

/// Where a verb is run.
#[derive(Clone, Copy)]
enum Place {
    /// Alone: this process may become a command.
    Alone,
    /// On a line of a script: there are others to come.
    Script,
}

/// How a line of a script ended.
enum End {
    Good,
    Bad,
    /// So that no other comes.
    Over(Status),
}

/// Does what a command line of `ip netns` says after `netns`.
pub(crate) fn execute(context: &Context, words: &[OsString]) -> Result<Status> {
    let invocation = compat::parse(words, context.look.json);
    for word in &invocation.enter {
        let namespace = context.directory.open_word(word).map_err(refused)?;
        // What is no name has no files in /etc/netns.
        let (name, label) = (Name::new(word).ok(), Path::new(word).display().to_string());
        let settings = settings(&Dress::default(), name.as_ref(), label);
        switch(context, namespace, &settings)?;
    }
    match invocation.work.clone()? {
        Work::Version => {
            render::print(concat!("homeward ", env!("CARGO_PKG_VERSION"), "\n"))?;
            Ok(Status::Ok)
        }
        Work::Verb(verb) => match one(context, &verb, invocation.format, Place::Alone)? {
            End::Good => Ok(Status::Ok),
            End::Bad => Ok(Status::Failed),
            End::Over(status) => Ok(status),
        },
        Work::Script(file, go_on) => script(context, &invocation, &file, go_on),
    }
}

/// Does what each line of a file says, until one fails, or to the end.
fn script(context: &Context, invocation: &Invocation, file: &OsStr, go_on: bool) -> Result<Status> {
    let mut result = Status::Ok;
    for line in compat::lines(open(file)?) {
        let compat::Line { number, words } = line?;
        let end = compat::script_line(&words, invocation.all)
            .and_then(|verb| one(context, &verb, invocation.format, Place::Script));
        match end {
            Ok(End::Good) => continue,
            Ok(End::Over(status)) => return Ok(status),
            // `ip` does not come back from these.
            Err(failure) if failure.status == Status::Netns => return Err(failure),
            Err(failure) => context.messages.failure(&failure),
            Ok(End::Bad) => {}
        }
        let file = Path::new(file).display();
        let text = format!("Command failed {file}:{number}");
        context.messages.bare(&text);
        result = Status::Failed;
        if !go_on {
            break;
        }
    }
    Ok(result)
}

fn one(context: &Context, verb: &compat::IpVerb, format: Format, place: Place) -> Result<End> {
    use compat::IpVerb;
    match verb {
        IpVerb::List => {
            if let Some(list) = ids::list(context)? {
                render::print_bytes(&print::names(&list, format))?;
            }
        }
        IpVerb::ListId { target, nsid } => {
            let (list, failure) = ids::list_id(context, *target, *nsid)?;
            render::print_bytes(&print::ids(&list, format))?;
            failure.map_or(Ok(()), Err)?;
        }
        IpVerb::Add(name) => context.directory.add(name).map_err(failed)?,
        IpVerb::Attach(name, pid) => context.directory.attach(name, *pid).map_err(failed)?,
        IpVerb::Set(name, id) => ids::set(context, name, *id)?,
        IpVerb::Delete(which, None) => delete(context, which)?,
        IpVerb::Delete(which, Some(limit)) => wait::delete_and_wait(context, which, *limit)?,
        IpVerb::Identify(process) => {
            let name = identify(context, process)?;
            render::print_bytes(&print::name(name.as_deref()))?;
        }
        IpVerb::Pids(name) => {
            render::print_bytes(&print::pids(&pids(context, name)?))?;
        }
        IpVerb::Exec(which, dress, words) => return exec(context, which, dress, words, place),
        IpVerb::Monitor => {
            let watch = context.directory.watch().map_err(failed)?;
            // Until nobody reads any more.
            while render::print_bytes(&print::changes(&watch.next().map_err(failed)?))? {}
        }
        IpVerb::Help => return Err(Failure::lines(Status::Netns, USAGE)),
    }
    Ok(End::Good)
}

/// Takes names away. Of all, it ends at the first that cannot be deleted, and that is no failure, as for
/// `ip`.
fn delete(context: &Context, which: &Which) -> Result<()> {
    let Which::One(name) = which else {
        for entry in context.directory.list().map_err(failed)? {
            if let Err(error) = context.directory.delete(&entry.name) {
                context.messages.bare(&error.to_string());
                break;
            }
        }
        return Ok(());
    };
    context.directory.delete(name).map_err(failed)
}

/// Becomes a command in a namespace, or runs it there when there is more to come.
fn exec(
    context: &Context,
    which: &Which,
    dress: &Dress,
    command: &[OsString],
    place: Place,
) -> Result<End> {
    let Which::One(name) = which else {
        for entry in context.directory.list().map_err(failed)? {
            if !render::print_bytes(&print::header(entry.name.as_os_str()))? {
                break;
            }
            // With which status it ended is not looked at; one that was killed ends it all, as for `ip`.
            let ended = exec_and_return(context, &entry.name, dress, command)?;
            if ended.code().is_none() {
                return Ok(End::Over(Status::Failed));
            }
        }
        return Ok(End::Good);
    };
    if matches!(place, Place::Alone) {
        return exec_alone(context, name, dress, command).map(End::Over);
    }
    let ended = exec_and_return(context, name, dress, command)?;
    Ok(match ended.code() {
        Some(0) => End::Good,
        Some(_) => End::Bad,
        None => End::Over(Status::Failed),
    })
}

/// Becomes a command in a namespace; comes back only when it cannot.
fn exec_alone(
    context: &Context,
    name: &Name,
    dress: &Dress,
    command: &[OsString],
) -> Result<Status> {
    // A failure to leave it is no reason to refuse: `ip` does not either.
    if let Err(error) = leave_vrf() {
        context.messages.bare(&error.to_string());
    }
    check_etc(dress)?;
    let namespace = context.directory.open(name).map_err(refused)?;
    warn_of_another(context, name);
    switch(
        context,
        namespace,
        &settings(dress, Some(name), name.to_string()),
    )?;
    let (program, error) = become_command(command);
    let text = format!("exec of \"{program}\" failed: {}", reason(&error));
    Err(Failure::bare(Status::Failed, text))
}

/// As for `ip`, a link to a process that has ended stands for the one that has its number now, and one to the
/// namespace of each process for the caller's.
fn warn_of_another(context: &Context, name: &Name) {
    let Ok(Some((kind @ (Kind::Reused(..) | Kind::Own(_)), blind))) =
        context.directory.kind(name, YOUNG)
    else {
        return;
    };
    if let Some(Words { what, .. }) = words(name, &kind, &blind, &context.directory) {
        let text = format!("'{name}' may not be the network namespace that is meant: {what}");
        context.messages.warning(&text);
    }
}

/// Runs a command in a namespace and waits for it.
fn exec_and_return(
    context: &Context,
    name: &Name,
    dress: &Dress,
    command: &[OsString],
) -> Result<ExitStatus> {
    let work = || {
        context
            .messages
            .finish(exec_alone(context, name, dress, command))
    };
    in_child(work).map_err(|error| Failure::bare(Status::Failed, reason(&error)))
}

/// Moves this process into a namespace.
fn switch(context: &Context, namespace: OwnedFd, settings: &Settings) -> Result<()> {
    for warning in enter(namespace, settings).map_err(refused)? {
        context.messages.bare(&warning.to_string());
    }
    Ok(())
}

/// The name of the namespace of a process, `self` or a number; of several the last one.
fn identify(context: &Context, process: &OsStr) -> Result<Option<OsString>> {
    let file = Path::new("/proc").join(process).join("ns/net");
    let own = namespace_file(&file)?;
    let found = context.directory.list().map_err(failed)?;
    let found = found.into_iter().rfind(|entry| entry.inum == own);
    Ok(found.map(|entry| entry.name.as_os_str().to_owned()))
}

/// The processes in the namespace of a name.
fn pids(context: &Context, name: &Name) -> Result<Vec<u32>> {
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
        let why = reason(&error);
        Failure::bare(
            Status::Failed,
            format!("Cannot open network namespace: {why}"),
        )
    })?;
    Ok((system == NSFS_MAGIC).then_some(number))
}

/// Opens a file with commands; `-` is standard input.
fn open(file: &OsStr) -> Result<Box<dyn std::io::BufRead>> {
    if file == "-" {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    match fs::File::open(file) {
        Ok(file) => Ok(Box::new(std::io::BufReader::new(file))),
        Err(error) => {
            let (file, why) = (PathBuf::from(file), reason(&error));
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

/// What `ip` does not come back from.
fn refused(error: Error) -> Failure {
    Failure::bare(Status::Netns, error)
}
