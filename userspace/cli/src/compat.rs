// SPDX-License-Identifier: GPL-2.0-only

//! The grammar of `ip netns`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use homeward_netns::Name;

use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::request::Netns;

/// The text of `ip netns help`.
pub(crate) const USAGE: &str = "\
Usage:\tip netns list
\tip netns add NAME
\tip netns attach NAME PID
\tip netns set NAME NETNSID
\tip [-all] netns delete [NAME]
\tip netns identify [PID]
\tip netns pids NAME
\tip [-all] netns exec [NAME] cmd ...
\tip netns monitor
\tip netns list-id [target-nsid POSITIVE-INT] [nsid POSITIVE-INT]
NETNSID := auto | POSITIVE-INT";

/// Reads what comes after `netns`.
pub(crate) fn parse(words: &[OsString], mut json: bool) -> Result<Netns> {
    let mut words = words.iter().map(OsString::as_os_str).peekable();
    let mut all = false;
    while let Some(option) = words.peek().and_then(|word| option(word)) {
        match option {
            Option::All => all = true,
            Option::Json => json = true,
        }
        words.next();
    }
    let Some(verb) = words.next() else {
        return Ok(Netns::List { json });
    };
    let rest: Vec<&OsStr> = words.collect();
    // A bad name is refused before an unknown verb.
    let name = match rest.first() {
        Some(first) if !all => Some(Name::new(first).map_err(|error| refuse(error.to_string()))?),
        _ => None,
    };
    if [b"list".as_slice(), b"show", b"lst"]
        .map(|verb_name| matches(verb, verb_name))
        .contains(&true)
    {
        return Ok(Netns::List { json });
    }
    if matches(verb, b"help") {
        return Ok(Netns::Help);
    }
    if matches(verb, b"add") {
        return name.map(Netns::Add).ok_or_else(no_name);
    }
    if matches(verb, b"list-id") || matches(verb, b"set") {
        return Err(not_yet(verb));
    }
    if matches(verb, b"delete") {
        return match name {
            _ if all => Ok(Netns::DeleteAll),
            Some(name) => Ok(Netns::Delete(name)),
            None => Err(no_name()),
        };
    }
    if matches(verb, b"identify") || matches(verb, b"pids") {
        return Err(not_yet(verb));
    }
    if matches(verb, b"exec") {
        return exec(name, all, &rest);
    }
    if matches(verb, b"monitor") || matches(verb, b"attach") {
        return Err(not_yet(verb));
    }
    let verb = Path::new(verb).display();
    Err(refuse(format!(
        "Command \"{verb}\" is unknown, try \"ip netns help\"."
    )))
}

enum Option {
    All,
    Json,
}

fn option(word: &OsStr) -> std::option::Option<Option> {
    match word.as_bytes() {
        b"-a" | b"-al" | b"-all" | b"--all" => Some(Option::All),
        b"-j" | b"-js" | b"-jso" | b"-json" | b"--json" => Some(Option::Json),
        _ => None,
    }
}

fn exec(name: std::option::Option<Name>, all: bool, rest: &[&OsStr]) -> Result<Netns> {
    let command = |words: &[&OsStr]| -> Result<Vec<OsString>> {
        if words.is_empty() {
            return Err(Failure::bare(Status::Failed, "No command specified"));
        }
        Ok(words.iter().map(|word| (*word).to_owned()).collect())
    };
    if all {
        return command(rest).map(Netns::ExecAll);
    }
    let name = name.ok_or_else(no_name)?;
    let words = rest.get(1..).unwrap_or_default();
    command(words).map(|command| Netns::Exec(name, command))
}

/// Whether `word` is `verb` or the beginning of it.
fn matches(word: &OsStr, verb: &[u8]) -> bool {
    verb.starts_with(word.as_bytes())
}

fn refuse(text: String) -> Failure {
    Failure::bare(Status::Netns, text)
}

fn no_name() -> Failure {
    Failure::bare(Status::Failed, "No netns name specified")
}

fn not_yet(verb: &OsStr) -> Failure {
    let verb = Path::new(verb).display();
    Failure::new(
        Status::Netns,
        format!("'netns {verb}' is not there yet: use 'ip netns {verb}'"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Netns> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        parse(&words, false)
    }

    fn name(text: &str) -> Name {
        Name::new(OsStr::new(text)).unwrap()
    }

    #[test]
    fn verbs_may_be_shortened_as_for_ip_netns() {
        let list = Netns::List { json: false };
        for line in ["", "list", "l", "li", "lst", "s", "show", "list x"] {
            assert_eq!(read(line), Ok(list.clone()), "{line}");
        }
        for line in ["add red", "a red", "ad red"] {
            assert_eq!(read(line), Ok(Netns::Add(name("red"))), "{line}");
        }
        for line in ["delete red", "del red", "d red"] {
            assert_eq!(read(line), Ok(Netns::Delete(name("red"))), "{line}");
        }
        assert_eq!(read("h"), Ok(Netns::Help));
    }

    #[test]
    fn options_come_before_the_verb() {
        assert_eq!(read("-j list"), Ok(Netns::List { json: true }));
        assert_eq!(read("-all delete"), Ok(Netns::DeleteAll));
        assert_eq!(read("-all exec ls"), Ok(Netns::ExecAll(vec!["ls".into()])));
    }

    #[test]
    fn a_command_keeps_its_own_options() {
        let command = ["ls".into(), "-j".into(), "--all".into()];
        assert_eq!(
            read("exec red ls -j --all"),
            Ok(Netns::Exec(name("red"), command.into()))
        );
    }

    #[test]
    fn refusals_have_the_words_and_statuses_of_ip_netns() {
        let table = [
            ("add", 1, "No netns name specified"),
            ("del", 1, "No netns name specified"),
            ("exec", 1, "No netns name specified"),
            ("exec red", 1, "No command specified"),
            ("-all exec", 1, "No command specified"),
            ("add a/b", 255, "Invalid netns name \"a/b\""),
            ("foo a/b", 255, "Invalid netns name \"a/b\""),
            ("list ..", 255, "Invalid netns name \"..\""),
            (
                "foo",
                255,
                "Command \"foo\" is unknown, try \"ip netns help\".",
            ),
        ];
        for (line, status, text) in table {
            let failure = read(line).unwrap_err();
            assert_eq!(failure.status.code(), status, "{line}");
            assert_eq!(failure.text, text, "{line}");
        }
    }
}
