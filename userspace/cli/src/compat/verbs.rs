// SPDX-License-Identifier: GPL-2.0-only

//! The verbs of `ip netns`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use homeward_netns::Name;

use super::{incomplete, matches, refuse, usage, wrong, IpVerb, Which};
use crate::command::exec::{etc, Dress};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::value::time;

/// What `--wait` waits for without a number.
const WAIT: &str = "60";
const ETC: &[u8] = b"--etc=";
const NO_NAME: &str = "No netns name specified";

/// Reads a verb and what comes after it.
pub(crate) fn parse(words: &[OsString], all: bool) -> Result<IpVerb> {
    let Some((verb, rest)) = words.split_first() else {
        return Ok(IpVerb::List);
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
        return Ok(IpVerb::List);
    }
    if is("list-id") {
        return list_id(&own);
    }
    if is("help") {
        return Ok(IpVerb::Help);
    }
    if is("add") {
        return name(NO_NAME).map(IpVerb::Add);
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
        return only(&own).map(|()| IpVerb::Pids(name));
    }
    if is("exec") {
        return exec(&own, all);
    }
    if is("monitor") {
        return Ok(IpVerb::Monitor);
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
pub(crate) fn script_line(words: &[OsString], all: bool) -> Result<IpVerb> {
    let Some((object, rest)) = words.split_first() else {
        return Ok(IpVerb::List);
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

fn set(name: Name, id: &OsStr) -> Result<IpVerb> {
    if id == "auto" {
        return Ok(IpVerb::Set(name, None));
    }
    let number = integer(id).ok_or_else(|| wrong(id, "Invalid \"netnsid\" value"))?;
    let number =
        u32::try_from(number).map_err(|_| wrong(id, "\"netnsid\" value should be >= 0"))?;
    Ok(IpVerb::Set(name, Some(number)))
}

fn delete(which: Which, waits: &[&OsStr]) -> Result<IpVerb> {
    let read = |value: &&OsStr| {
        let text = value.to_string_lossy();
        time(&text).map_err(|why| {
            let text = format!("--wait={text}: {why}");
            Failure::usage(text)
        })
    };
    let wait = waits.last().map(read).transpose()?;
    Ok(IpVerb::Delete(which, wait))
}

fn attach(name: Name, word: &OsStr) -> Result<IpVerb> {
    match integer(word) {
        Some(pid) if pid != 0 => Ok(IpVerb::Attach(name, pid)),
        _ => {
            let word = Path::new(word).display();
            Err(failed(format!("Invalid PID: {word}")))
        }
    }
}

fn identify(words: &[&OsString]) -> Result<IpVerb> {
    only(words)?;
    let Some(pid) = words.first() else {
        return Ok(IpVerb::Identify("self".into()));
    };
    if pid.as_bytes().iter().all(u8::is_ascii_digit) {
        return Ok(IpVerb::Identify((*pid).clone()));
    }
    let pid = Path::new(pid).display();
    Err(failed(format!("Specified string '{pid}' is not a pid")))
}

fn list_id(words: &[&OsString]) -> Result<IpVerb> {
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
    Ok(IpVerb::ListId { target, nsid })
}

fn exec(words: &[&OsString], all: bool) -> Result<IpVerb> {
    let (dress, words) = dress(words)?;
    let command = |words: &[&OsString]| {
        if words.is_empty() {
            return Err(failed("No command specified"));
        }
        Ok(words.iter().map(|word| (*word).clone()).collect())
    };
    if all {
        return Ok(IpVerb::Exec(Which::All, dress, command(words)?));
    }
    let (name, words) = words.split_first().ok_or_else(|| failed(NO_NAME))?;
    let name = self::name(name)?;
    Ok(IpVerb::Exec(Which::One(name), dress, command(words)?))
}

/// The options of this program that may stand between `exec` and the name.
fn dress<'a, 'w>(mut words: &'a [&'w OsString]) -> Result<(Dress, &'a [&'w OsString])> {
    let mut dress = Dress::default();
    while let Some((word, rest)) = words.split_first() {
        if *word == "--no-sysfs" {
            dress.no_sysfs = true;
        } else if let Some(value) = word.as_bytes().strip_prefix(ETC) {
            let value = OsStr::from_bytes(value);
            dress.etc = Some(etc(value).map_err(|why| wrong(value, why))?);
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

// Numbers are read as C does: decimal, octal after `0`, hexadecimal after `0x`.

/// A whole number with or without sign.
pub(super) fn integer(word: &OsStr) -> Option<i32> {
    i32::try_from(long(word)?).ok()
}

/// A whole number that is not negative.
pub(super) fn unsigned(word: &OsStr) -> Option<u32> {
    u32::try_from(long(word)?).ok()
}

fn long(word: &OsStr) -> Option<i64> {
    let text = word.to_str()?;
    let text = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let hexadecimal = text.strip_prefix("0x").or(text.strip_prefix("0X"));
    let (digits, radix) = match hexadecimal {
        Some(digits) => (digits, 16),
        None if text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    // from_str_radix would take a second sign.
    if !digits.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i64::from_str_radix(digits, radix).ok()?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_strtol_does() {
        let table = [
            ("0", Some(0)),
            ("12", Some(12)),
            ("+12", Some(12)),
            ("-1", Some(-1)),
            (" 7", Some(7)),
            ("0x1F", Some(31)),
            ("010", Some(8)),
            ("2147483647", Some(i32::MAX)),
            ("2147483648", None),
            ("08", None),
            ("0x", None),
            ("--1", None),
            ("+-1", None),
            ("1 ", None),
            ("x", None),
            ("", None),
            ("99999999999999999999", None),
        ];
        for (text, value) in table {
            assert_eq!(integer(OsStr::new(text)), value, "{text}");
        }
        assert_eq!(unsigned(OsStr::new("4294967295")), Some(u32::MAX));
        assert_eq!(unsigned(OsStr::new("-1")), None);
    }
}
