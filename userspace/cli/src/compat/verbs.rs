// SPDX-License-Identifier: GPL-2.0-only

//! The verbs of `ip netns`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use homeward_netns::Name;

use super::number::integer;
use super::{incomplete, matches, refuse, usage, wrong};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::request::exec::{etc, Dress, ETC_HELP};
use crate::request::netns::{Netns, Which};
use crate::value::time;

/// What `--wait` waits for without a number.
const WAIT: &str = "60";
const ETC: &[u8] = b"--etc=";
const NO_NAME: &str = "No netns name specified";

/// Reads a verb and what comes after it.
pub(crate) fn parse(words: &[OsString], all: bool) -> Result<Netns> {
    let Some((verb, rest)) = words.split_first() else {
        return Ok(Netns::List);
    };
    let is = |name| matches(verb, name);
    let (waits, own) = without_waits(rest, is("delete"));
    let option = |word: &OsStr| is("exec") && word.as_bytes().starts_with(ETC);
    // A bad name is refused before an unknown verb.
    let name = match own.first() {
        Some(first) if !all && !option(first) => Some(name(first)?),
        _ => None,
    };
    let name = |missing| match &name {
        Some(name) => Ok(name.clone()),
        // With -all, `ip` would not look at it, but make a file elsewhere.
        None => own.first().map_or(Err(failed(missing)), |first| {
            Name::new(first).map_err(failed)
        }),
    };
    if is("list") || is("show") || is("lst") {
        return Ok(Netns::List);
    }
    if is("list-id") {
        return list_id(&own);
    }
    if is("help") {
        return Ok(Netns::Help);
    }
    if is("add") {
        return name(NO_NAME).map(Netns::Add);
    }
    if is("set") {
        let Some(id) = own.get(1) else {
            return Err(match own.first() {
                Some(_) => failed("No nsid specified"),
                None => failed(NO_NAME),
            });
        };
        return set(name(NO_NAME)?, id);
    }
    if is("delete") {
        let which = if all {
            Which::All
        } else {
            Which::One(name(NO_NAME)?)
        };
        return delete(which, &waits);
    }
    if is("identify") {
        return identify(&own);
    }
    if is("pids") {
        let name = name(NO_NAME)?;
        return only(&own).map(|()| Netns::Pids(name));
    }
    if is("exec") {
        return exec(&own, all);
    }
    if is("monitor") {
        return Ok(Netns::Monitor);
    }
    if is("attach") {
        let missing = "No netns name and PID specified";
        let [_, pid, ..] = own.as_slice() else {
            return Err(failed(missing));
        };
        return attach(name(missing)?, pid);
    }
    let verb = Path::new(verb).display();
    Err(refuse(format!(
        "Command \"{verb}\" is unknown, try \"ip netns help\"."
    )))
}

/// Reads a line of a file for `-batch`: it begins with what `ip` would work on.
pub(crate) fn script_line(words: &[OsString], all: bool) -> Result<Netns> {
    let Some((object, rest)) = words.split_first() else {
        return Ok(Netns::List);
    };
    // Shorter ones mean "neighbor".
    if object.len() >= "net".len() && matches(object, "netns") {
        return parse(rest, all);
    }
    let object = Path::new(object).display();
    Err(failed(format!(
        "Object \"{object}\" is not there, only \"netns\" is: use \"ip -batch\"."
    )))
}

/// Takes out what only this program understands: the values of `--wait`, which may stand anywhere
/// after `delete`.
fn without_waits(words: &[OsString], deletes: bool) -> (Vec<&OsStr>, Vec<&OsString>) {
    let (mut waits, mut others) = (Vec::new(), Vec::new());
    for word in words {
        match word.as_bytes().strip_prefix(b"--wait") {
            Some(b"") if deletes => waits.push(OsStr::new(WAIT)),
            Some([b'=', value @ ..]) if deletes => waits.push(OsStr::from_bytes(value)),
            _ => others.push(word),
        }
    }
    (waits, others)
}

fn name(word: &OsStr) -> Result<Name> {
    Name::new(word).map_err(refuse)
}

fn only(words: &[&OsString]) -> Result<()> {
    match words.len() {
        0 | 1 => Ok(()),
        _ => Err(failed("extra arguments specified")),
    }
}

fn set(name: Name, id: &OsStr) -> Result<Netns> {
    if id == "auto" {
        return Ok(Netns::Set(name, None));
    }
    let number = integer(id).ok_or_else(|| wrong(id, "Invalid \"netnsid\" value"))?;
    let number =
        u32::try_from(number).map_err(|_| wrong(id, "\"netnsid\" value should be >= 0"))?;
    Ok(Netns::Set(name, Some(number)))
}

fn delete(which: Which, waits: &[&OsStr]) -> Result<Netns> {
    let read = |value: &&OsStr| {
        let text = value.to_string_lossy();
        time(&text).map_err(|why| {
            let text = format!("--wait={text}: {why}");
            Failure::new(Status::Usage, text)
        })
    };
    let wait = waits.last().map(read).transpose()?;
    Ok(Netns::Delete(which, wait))
}

fn attach(name: Name, word: &OsStr) -> Result<Netns> {
    match integer(word) {
        Some(pid) if pid != 0 => Ok(Netns::Attach(name, pid)),
        _ => {
            let word = Path::new(word).display();
            Err(failed(format!("Invalid PID: {word}")))
        }
    }
}

fn identify(words: &[&OsString]) -> Result<Netns> {
    only(words)?;
    let Some(pid) = words.first() else {
        return Ok(Netns::Identify("self".into()));
    };
    if pid.as_bytes().iter().all(u8::is_ascii_digit) {
        return Ok(Netns::Identify((*pid).clone()));
    }
    let pid = Path::new(pid).display();
    Err(failed(format!("Specified string '{pid}' is not a pid")))
}

fn list_id(words: &[&OsString]) -> Result<Netns> {
    let (mut target, mut nsid) = (None, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (keyword, place) = match word.as_bytes() {
            b"target-nsid" => ("target-nsid", &mut target),
            b"nsid" => ("nsid", &mut nsid),
            _ => return Err(usage()),
        };
        if place.is_some() {
            return Err(refuse(format!(
                "Error: duplicate \"{keyword}\": \"{keyword}\" is the second value."
            )));
        }
        let value = words.next().ok_or_else(incomplete)?;
        let bad = || wrong(value, &format!("\"{keyword}\" value is invalid"));
        let number = integer(value).ok_or_else(bad)?;
        if number < 0 {
            let why = format!("\"{keyword}\" value should be >= 0");
            return Err(wrong(value, &why));
        }
        *place = Some(number);
    }
    Ok(Netns::ListId { target, nsid })
}

fn exec(words: &[&OsString], all: bool) -> Result<Netns> {
    let (dress, words) = dress(words)?;
    let command = |words: &[&OsString]| {
        if words.is_empty() {
            return Err(failed("No command specified"));
        }
        Ok(words.iter().map(|word| (*word).clone()).collect())
    };
    if all {
        return Ok(Netns::Exec(Which::All, dress, command(words)?));
    }
    let (name, words) = words.split_first().ok_or_else(|| failed(NO_NAME))?;
    let name = self::name(name)?;
    Ok(Netns::Exec(Which::One(name), dress, command(words)?))
}

/// The options of this program that may stand between `exec` and the name.
fn dress<'a, 'w>(mut words: &'a [&'w OsString]) -> Result<(Dress, &'a [&'w OsString])> {
    let mut dress = Dress::default();
    while let Some((word, rest)) = words.split_first() {
        if *word == "--no-sysfs" {
            dress.sysfs = false;
        } else if let Some(value) = word.as_bytes().strip_prefix(ETC) {
            let value = OsStr::from_bytes(value);
            dress.etc = etc(value).ok_or_else(|| wrong(value, ETC_HELP))?;
        } else {
            break;
        }
        words = rest;
    }
    Ok((dress, words))
}

fn failed(text: impl ToString) -> Failure {
    Failure::bare(Status::Failed, text)
}
