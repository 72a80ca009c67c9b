// SPDX-License-Identifier: GPL-2.0-only

//! What `exec` means.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::selector;
use crate::args::exec::Exec as Typed;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::selector::Selector;

/// What `--etc` takes.
pub(crate) const ETC_HELP: &str = "use a directory, or 'off'";

/// A command in one namespace or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exec {
    /// Where.
    pub(crate) places: Places,
    /// What the command finds there besides the network.
    pub(crate) dress: Dress,
    /// The command and its arguments.
    pub(crate) command: Vec<OsString>,
}

/// Where a command runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Places {
    /// In one namespace, which this process enters to become the command.
    One(Selector),
    /// In several, one after the other.
    Several(Vec<Selector>),
    /// In all with a name.
    All,
}

/// What a command finds in /sys and /etc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dress {
    /// A /sys that shows the namespace.
    pub(crate) sysfs: bool,
    /// Other files in /etc.
    pub(crate) etc: Etc,
}

/// Which files go over those of /etc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Etc {
    /// Those of /etc/netns/NAME.
    ByName,
    /// Those of this directory.
    Directory(PathBuf),
    /// None.
    Off,
}

impl Default for Dress {
    fn default() -> Self {
        Dress {
            sysfs: true,
            etc: Etc::ByName,
        }
    }
}

impl Exec {
    /// Reads what was typed.
    pub(super) fn new(typed: Typed) -> Result<Self> {
        let usage = |text: String| Failure::new(Status::Usage, text);
        let mut words = typed.words;
        let places = if typed.all {
            Places::All
        } else if typed.places.is_empty() {
            let first = words.drain(..1).next().unwrap_or_default();
            // As with other tools that take a place and then a command.
            if words.first().is_some_and(|word| word == "--") {
                words.remove(0);
            }
            Places::One(selector(&first)?)
        } else {
            let places = typed.places.iter().map(|place| selector(place));
            Places::Several(places.collect::<Result<_>>()?)
        };
        if words.is_empty() {
            return Err(usage(
                "no command given: use 'homeward exec NS CMD...'".into(),
            ));
        }
        let etc = match typed.etc {
            None => Etc::ByName,
            Some(word) => {
                let shown = word.to_string_lossy();
                etc(&word).ok_or_else(|| usage(format!("--etc={shown}: {ETC_HELP}")))?
            }
        };
        Ok(Exec {
            places,
            dress: Dress {
                sysfs: !typed.no_sysfs,
                etc,
            },
            command: words,
        })
    }
}

/// Reads the value of `--etc`.
pub(crate) fn etc(word: &OsStr) -> Option<Etc> {
    match word.as_bytes() {
        b"" => None,
        b"off" => Some(Etc::Off),
        _ => Some(Etc::Directory(word.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use crate::command::Verbs;
    use clap::Parser;

    fn read(line: &str) -> Result<Exec> {
        let line = ["homeward", "exec"].into_iter().chain(line.split(' '));
        match Args::try_parse_from(line).unwrap().verb {
            Verbs::Exec(typed) => Exec::new(typed),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_word_is_the_namespace_unless_options_name_them() {
        let red = || selector(OsStr::new("red")).unwrap();
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
            assert_eq!(exec.places, places, "{line}");
            let command: Vec<OsString> = command.split(' ').map(OsString::from).collect();
            assert_eq!(exec.command, command, "{line}");
            assert_eq!(exec.dress, Dress::default(), "{line}");
        }
    }

    #[test]
    fn sys_and_etc_can_be_left_alone() {
        let dress = |line| read(line).unwrap().dress;
        assert!(!dress("--no-sysfs red ls").sysfs);
        assert_eq!(dress("--etc=off red ls").etc, Etc::Off);
        assert_eq!(dress("--etc=/a red ls").etc, Etc::Directory("/a".into()));
    }

    #[test]
    fn what_makes_no_sense_is_a_wrong_command_line() {
        for line in ["red", "red --", "--etc= red ls", "a/b ls"] {
            assert_eq!(read(line).unwrap_err().status, Status::Usage, "{line}");
        }
    }
}
