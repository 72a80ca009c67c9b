// SPDX-License-Identifier: GPL-2.0-only

//! `netns`: what `ip netns` does, with its words, output and statuses.

mod exec;
mod ids;
mod print;
mod wait;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use clap::Args;
use homeward_netns::{processes, Error, Name};
use nix::fcntl::OFlag;
use nix::sys::statfs::{fstatfs, FsType};

use super::exec::Dress;
use super::{Context, Verb};
use crate::compat::{self, Format, Invocation, Which, Work, USAGE};
use crate::error::{reason, Failure, Result};
use crate::exit::Status;
use crate::render;

const HELP: &str = "\
Words are those of 'ip netns' (ip-netns(8)): list, add, attach, set, delete, identify, pids,
exec, monitor, list-id, help, each as short as ip takes it; before them the options of
ip: -all, -json, -pretty, -netns NAME, -batch FILE, -force, and those that change
nothing here. 'homeward OPTIONS netns ...' and a symbolic link 'ip-netns' to homeward
mean the same.

Beyond 'ip netns':
  delete --wait[=TIME] NAME      return when the namespace is really gone
  exec --no-sysfs NAME CMD...    leave /sys as it is
  exec --etc=DIR|off NAME CMD... other files for /etc than /etc/netns/NAME

Examples:
  homeward netns add red
  homeward netns exec red ip link set lo up
  homeward -all netns exec ip -br link
  homeward netns delete --wait=10 red";

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
        exec::switch(context, word)?;
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
        IpVerb::Exec(which, dress, words) => {
            return run_command(context, which, dress, words, place)
        }
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

fn run_command(
    context: &Context,
    which: &Which,
    dress: &Dress,
    words: &[OsString],
    place: Place,
) -> Result<End> {
    match (which, place) {
        (Which::One(name), Place::Alone) => {
            exec::exec(context, name, dress, words).map(|()| End::Good)
        }
        (Which::One(name), Place::Script) => {
            let status = exec::exec_and_return(context, name, dress, words)?;
            Ok(match status.code() {
                Some(0) => End::Good,
                Some(_) => End::Bad,
                None => End::Over(Status::Failed),
            })
        }
        (Which::All, _) => {
            let announce = |name: &Name| render::print_bytes(&print::header(name.as_os_str()));
            Ok(match exec::exec_all(context, dress, words, announce)? {
                true => End::Good,
                false => End::Over(Status::Failed),
            })
        }
    }
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
