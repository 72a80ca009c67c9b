// SPDX-License-Identifier: GPL-2.0-only

//! `exec NS CMD...`: a command in a network namespace, or in several.

mod warnings;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::Args;
use homeward_netns::{enter, inum, leave_vrf, Directory, Kind, Name, Settings, ETC_DIR, YOUNG};
use nix::sys::signal::Signal;

use super::{Context, Verb};
use crate::error::{reason, Failure, Result};
use crate::exit::Status;
use crate::names::name_of;
use crate::process::{become_command, in_child};
use crate::render;
use crate::render::text::printable;
use crate::resolve;
use crate::selector::{help, BadSelector, Selector, HELP as FORMS};
use warnings::{with_advice, Resolvers};

const USAGE: &str = "\
homeward exec [OPTIONS] <NS> [--] <CMD>...
       homeward exec [OPTIONS] --ns <NS> [--ns <NS>]... [--] <CMD>...
       homeward exec [OPTIONS] --all [--] <CMD>...";

const HELP: &str = "\
The command sees the namespace's own /sys, including everything mounted below it (cgroup,
bpf, tracing, ...), and the files of /etc/netns/NAME in place of those in /etc, even where
/etc has a symbolic link. It leaves the caller's VRF and inherits everything else. A '--'
may stand before it. NAME is that of the namespace in /run/netns, also if it is selected by a
path, pid, inum or cookie (of several, the first that has such files), but not by init or self.
Each of these files is mounted on the one in /etc, so there must be one, even if it is empty. A
resolv.conf there does not reach programs that ask systemd-resolved or nscd of the host; exec
warns of that.

Exit status: that of the command; if a signal kills the command, the same signal ends exec.
126: the command cannot be run; 127: there is no such command. With --ns or --all: 0 if
every command ended with 0, else 1.

Examples:
  homeward exec red ip address
  homeward exec pid:4711 ss -tlnp
  homeward exec cookie:73 ip link      (one with neither name nor process)
  homeward exec --all ip -br link
  homeward exec --ns red --ns blue ping -c 1 192.0.2.1
  homeward exec --etc=/srv/red/etc --no-sysfs red wget https://example.org";

/// Run a command in a network namespace, or in several.
#[derive(Debug, Args)]
#[command(override_usage = USAGE, after_help = HELP)]
pub(crate) struct Exec {
    /// Run the command in every network namespace that has a name, one after the other.
    #[arg(short, long, conflicts_with = "places")]
    all: bool,
    #[arg(short = 'n', long = "ns", value_name = "NS", help = help("Run the command in this network namespace; may be given several times"))]
    places: Vec<Selector>,
    #[command(flatten)]
    dress: Dress,
    #[arg(
        help = format!("The command and its arguments; without --ns and --all, the namespace comes first:\n{FORMS}"),
        value_name = "NS CMD",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    words: Vec<OsString>,
}

/// Where a command runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Places {
    /// In one namespace, which this process enters to become the command.
    One(Selector),
    /// In several, one after the other.
    Several(Vec<Selector>),
    /// In all with a name.
    All,
}

/// What a command finds in /sys and /etc of its namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Args)]
pub(crate) struct Dress {
    /// Keep the caller's /sys, which shows the devices of the caller's namespace.
    #[arg(long)]
    pub(crate) no_sysfs: bool,
    /// Take files for /etc from this directory instead of /etc/netns/NAME; 'off': take none.
    #[arg(long, value_name = "DIR|off", require_equals = true, value_parser = OsStringValueParser::new().try_map(|word| etc(&word)))]
    pub(crate) etc: Option<Etc>,
}

/// Which files go over those of /etc, if not those of /etc/netns/NAME.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Etc {
    /// Those of this directory.
    Directory(PathBuf),
    /// None.
    Off,
}

impl Verb for Exec {
    // It names no namespaces to be looked at before: each is when its turn comes.
    fn run(self, context: &Context) -> Result<Status> {
        let (places, command) = self.places()?;
        let run = |selector: &Selector| one(context, selector, &self.dress, &command);
        match places {
            Places::One(selector) => run(&selector),
            Places::Several(selectors) => several(context, &selectors, run),
            Places::All => {
                let what = "cannot list the names of network namespaces";
                let entries = context.directory.list();
                let entries = entries.map_err(|error| Failure::netns(what, &error))?;
                let names = entries.into_iter().map(|entry| Selector::Name(entry.name));
                several(context, &names.collect::<Vec<_>>(), run)
            }
        }
    }
}

impl Exec {
    /// Where to run it, and the command with its arguments.
    pub(super) fn places(&self) -> Result<(Places, Vec<OsString>)> {
        let mut words = self.words.clone();
        let places = if self.all {
            Places::All
        } else if self.places.is_empty() {
            let first = words.drain(..1).next().unwrap_or_default();
            // As with other tools that take a place and then a command.
            if words.first().is_some_and(|word| word == "--") {
                words.remove(0);
            }
            let selector = Selector::parse(&first);
            Places::One(selector.map_err(|BadSelector { thing, reason }| {
                let first = Path::new(&first).display();
                Failure::usage(format!("'{first}' is not a {thing}: {reason}"))
            })?)
        } else {
            Places::Several(self.places.clone())
        };
        match words.is_empty() {
            true => Err(Failure::usage("no command given").advise("use 'homeward exec NS CMD...'")),
            false => Ok((places, words)),
        }
    }
}

/// Reads the value of `--etc`.
pub(crate) fn etc(word: &OsStr) -> std::result::Result<Etc, &'static str> {
    match word.as_bytes() {
        b"" => Err("use a directory, or 'off'"),
        b"off" => Ok(Etc::Off),
        _ => Ok(Etc::Directory(word.into())),
    }
}

/// Becomes the command in a namespace; comes back only when it cannot.
fn one(
    context: &Context,
    selector: &Selector,
    dress: &Dress,
    command: &[OsString],
) -> Result<Status> {
    check_etc(dress)?;
    let namespace = resolve::open(selector, &context.directory)?;
    let name = match dress.etc {
        None => with_files(selector, &namespace, &context.directory),
        Some(_) => None,
    };
    if let Err(error) = leave_vrf() {
        context.messages.warning(&format!(
            "{error}: the command stays in the caller's VRF, to which its sockets are bound"
        ));
    }
    let settings = settings(dress, name.as_ref(), selector.to_string());
    let resolvers = Resolvers::find();
    let warnings = enter(namespace, &settings)
        .map_err(|error| Failure::netns(&format!("cannot enter namespace {selector}"), &error))?;
    for warning in &warnings {
        context.messages.warning(&with_advice(warning));
    }
    let etc = settings.etc.as_deref();
    if let Some(text) = etc.and_then(|directory| resolvers.warning(directory, &warnings)) {
        context.messages.warning(&text);
    }
    let (program, error) = become_command(command);
    let status = match error.kind() {
        io::ErrorKind::NotFound => Status::NoCommand,
        _ => Status::CannotRun,
    };
    let why = reason(&error);
    Err(Failure::new(
        status,
        format!("cannot run '{program}': {why}"),
    ))
}

/// The name of a namespace that may have files for it in /etc/netns, however it is selected: that of a path,
/// or the first of all its names for which there are some.
fn with_files(selector: &Selector, namespace: &OwnedFd, directory: &Directory) -> Option<Name> {
    let typed = match selector {
        Selector::Name(name) => Some(name.clone()),
        Selector::Path(path) => name_of(path, directory),
        Selector::Init | Selector::Own => return None,
        Selector::Pid(_) | Selector::Inum(_) | Selector::Cookie(_) => None,
    };
    typed.or_else(|| {
        let number = inum(namespace).ok()?;
        let names = directory.list().ok()?.into_iter();
        let names = names.filter(|entry| entry.inum == Some(number));
        let names = names.map(|entry| entry.name);
        let leads = |name: &Name| {
            let kind = directory.kind(name, YOUNG);
            matches!(kind, Ok(Some((Kind::Namespace(_), _))))
        };
        names
            .filter(|name| of_name(name).exists() && leads(name))
            .min()
    })
}

/// Where the files of a name are.
fn of_name(name: &Name) -> PathBuf {
    Path::new(ETC_DIR).join(name.as_os_str())
}

/// Runs the command in each namespace, one after the other, also after one where it failed.
fn several(
    context: &Context,
    selectors: &[Selector],
    run: impl Fn(&Selector) -> Result<Status>,
) -> Result<Status> {
    let mut failures = Vec::new();
    for selector in selectors {
        let header = format!("==> {} <==\n", printable(&selector.to_string()));
        if context.look.header && !render::print(&header)? {
            return Ok(Status::Ok);
        }
        match in_child(|| context.messages.finish(run(selector))) {
            Ok(status) if status.success() => {}
            Ok(status) => failures.push(format!("{selector} ({})", ending(status))),
            Err(error) => failures.push(format!("{selector} ({})", reason(&error))),
        }
    }
    if failures.is_empty() {
        return Ok(Status::Ok);
    }
    let (failed, all) = (failures.len(), selectors.len());
    let list = failures.join(", ");
    Err(Failure::failed(format!(
        "the command failed in {failed} of {all} namespaces: {list}"
    )))
}

fn ending(status: ExitStatus) -> String {
    let signal = |number| match Signal::try_from(number) {
        Ok(signal) => signal.as_str().to_owned(),
        Err(_) => format!("signal {number}"),
    };
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("status {code}"),
        (None, Some(number)) => signal(number),
        (None, None) => "unknown end".to_owned(),
    }
}

/// What to do on the way into a namespace.
pub(super) fn settings(dress: &Dress, name: Option<&Name>, label: String) -> Settings {
    let etc: Option<PathBuf> = match &dress.etc {
        None => name.map(of_name),
        Some(Etc::Directory(path)) => Some(path.clone()),
        Some(Etc::Off) => None,
    };
    Settings {
        etc,
        sysfs: !dress.no_sysfs,
        label,
    }
}

/// A directory that somebody asks for must be one; that of a name need not be there.
pub(super) fn check_etc(dress: &Dress) -> Result<()> {
    let Some(Etc::Directory(path)) = &dress.etc else {
        return Ok(());
    };
    let (status, why) = match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Ok(()),
        Ok(_) => (Status::Usage, "Not a directory".to_owned()),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => (Status::NotFound, reason(&error)),
            io::ErrorKind::NotADirectory => (Status::Usage, reason(&error)),
            io::ErrorKind::PermissionDenied => (Status::Denied, reason(&error)),
            _ => (Status::Failed, reason(&error)),
        },
    };
    let path = path.display();
    let text = format!("cannot take files for /etc from '{path}': {why}");
    Err(Failure::new(status, text).advise("give a directory, or --etc=off for none"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::command::Verbs;
    use crate::run;

    #[test]
    fn a_directory_for_etc_that_is_none_is_refused() {
        let check = |path: &str| {
            check_etc(&Dress {
                etc: Some(Etc::Directory(path.into())),
                ..Dress::default()
            })
        };
        assert_eq!(check("/"), Ok(()));
        for (path, status, why) in [
            (
                "/nonexistent",
                Status::NotFound,
                "No such file or directory",
            ),
            ("/proc/self/status", Status::Usage, "Not a directory"),
            ("/proc/self/status/x", Status::Usage, "Not a directory"),
        ] {
            let failure = check(path).unwrap_err();
            assert_eq!(failure.status, status, "{failure:?}");
            let text = format!(
                "cannot take files for /etc from '{path}': {why}: give a directory, or --etc=off for none"
            );
            assert_eq!(failure.to_string(), text);
        }
        assert_eq!(check_etc(&Dress::default()), Ok(()));
    }

    fn read(line: &str) -> std::result::Result<Exec, clap::Error> {
        let line = ["homeward", "exec"].into_iter().chain(line.split(' '));
        match run::Args::try_parse_from(line)?.verb {
            Verbs::Exec(exec) => Ok(exec.0),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_word_is_the_namespace_unless_options_name_them() {
        let red = || Selector::parse(OsStr::new("red")).unwrap();
        let table = [
            ("red ls", Places::One(red()), "ls"),
            ("pid:7 ls", Places::One(Selector::Pid(7)), "ls"),
            ("red -- ls -l", Places::One(red()), "ls -l"),
            ("-- red -- ls", Places::One(red()), "ls"),
            ("red -- -- ls", Places::One(red()), "-- ls"),
            ("red ls -- x", Places::One(red()), "ls -- x"),
            ("--all -- ls -- x", Places::All, "ls -- x"),
            ("--all red ls", Places::All, "red ls"),
            ("-a ls --all", Places::All, "ls --all"),
            (
                "-n red --ns cookie:3 ls -n x",
                Places::Several(vec![red(), Selector::Cookie(3)]),
                "ls -n x",
            ),
            (
                "red ls --etc=x --no-sysfs",
                Places::One(red()),
                "ls --etc=x --no-sysfs",
            ),
        ];
        for (line, places, command) in table {
            let exec = read(line).unwrap();
            let command: Vec<OsString> = command.split(' ').map(OsString::from).collect();
            assert_eq!(exec.places(), Ok((places, command)), "{line}");
            assert_eq!(exec.dress, Dress::default(), "{line}");
        }
    }

    #[test]
    fn sys_and_etc_can_be_left_alone() {
        let dress = |line| read(line).unwrap().dress;
        assert!(dress("--no-sysfs red ls").no_sysfs);
        assert_eq!(dress("--etc=off red ls").etc, Some(Etc::Off));
        assert_eq!(
            dress("--etc=/a red ls").etc,
            Some(Etc::Directory("/a".into()))
        );
    }

    #[test]
    fn what_makes_no_sense_is_a_wrong_command_line() {
        for line in ["red", "red --", "a/b ls"] {
            let failure = read(line).unwrap().places().unwrap_err();
            assert_eq!(failure.status, Status::Usage, "{line}");
        }
        for line in ["--etc= red ls", "-n a/b ls"] {
            assert_eq!(read(line).unwrap_err().exit_code(), 2, "{line}");
        }
    }
}
