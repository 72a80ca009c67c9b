// SPDX-License-Identifier: GPL-2.0-only

use super::*;
use crate::command::exec::Etc;

fn split(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn read(line: &str) -> Invocation {
    parse(&split(line), false)
}

#[track_caller]
fn verb(line: &str) -> IpVerb {
    match read(line).work {
        Ok(Work::Verb(verb)) => verb,
        other => panic!("{line}: {other:?}"),
    }
}

fn name(text: &str) -> Name {
    Name::new(OsStr::new(text)).unwrap()
}

fn one(text: &str) -> Which {
    Which::One(name(text))
}

#[test]
fn verbs_may_be_as_short_as_for_ip() {
    let ids = IpVerb::ListId {
        target: None,
        nsid: None,
    };
    let table: [(&[&str], IpVerb); 10] = [
        (
            &[
                "", "l", "li", "lis", "list", "ls", "lst", "s", "sh", "show", "list x",
            ],
            IpVerb::List,
        ),
        (&["list-", "list-i", "list-id"], ids),
        (&["h", "he", "hel", "help"], IpVerb::Help),
        (
            &["a red", "ad red", "add red", "add red blue"],
            IpVerb::Add(name("red")),
        ),
        (
            &["se red 1", "set red 0x1"],
            IpVerb::Set(name("red"), Some(1)),
        ),
        (
            &["d red", "del red", "delete red x"],
            IpVerb::Delete(one("red"), None),
        ),
        (&["i 1", "id 1", "identify 1"], IpVerb::Identify("1".into())),
        (&["p red", "pid red", "pids red"], IpVerb::Pids(name("red"))),
        (&["m", "mon", "monitor x"], IpVerb::Monitor),
        (
            &["at red 7", "attach red 7 8"],
            IpVerb::Attach(name("red"), 7),
        ),
    ];
    for (lines, expected) in table {
        for line in lines {
            assert_eq!(verb(line), expected, "{line}");
        }
    }
}

#[test]
fn an_empty_word_is_no_verb() {
    let invocation = parse(&["".into()], false);
    let failure = invocation.work.unwrap_err();
    assert_eq!(
        failure.text,
        "Command \"\" is unknown, try \"ip netns help\"."
    );
}

#[test]
fn options_come_before_the_verb_with_one_hyphen_or_two() {
    for line in [
        "-j",
        "--json",
        "-js list",
        "-d -j",
        "-j --",
        "-4 -6 -o -br -c -s -j l",
    ] {
        let Invocation { format, all, .. } = read(line);
        assert!(format.json && !format.pretty && !all, "{line}");
        assert_eq!(verb(line), IpVerb::List, "{line}");
    }
    for line in [
        "-a del",
        "-all delete x",
        "-color=never -al d",
        "-l 3 -a d",
        "-f inet6 -a d",
    ] {
        assert_eq!(verb(line), IpVerb::Delete(Which::All, None), "{line}");
    }
    assert!(read("-p").format.pretty);
    assert_eq!(read("-n red -netns blue list").enter, ["red", "blue"]);
    assert_eq!(read("-V add a/b").work, Ok(Work::Version));
    let script = |go_on| Ok(Work::Script("file".into(), go_on));
    assert_eq!(read("-b file").work, script(false));
    assert_eq!(read("-fo -batch file list").work, script(true));
}

#[test]
fn a_namespace_to_enter_comes_before_what_is_wrong_with_the_rest() {
    let invocation = read("-n red -foo");
    assert_eq!(invocation.enter, ["red"]);
    assert!(invocation.work.is_err());
}

#[test]
fn a_command_keeps_its_own_options() {
    let exec = |which, words: &[&str]| {
        let words = words.iter().map(OsString::from).collect();
        IpVerb::Exec(which, Dress::default(), words)
    };
    assert_eq!(
        verb("exec red ls -j --all"),
        exec(one("red"), &["ls", "-j", "--all"])
    );
    assert_eq!(verb("e -- -x --"), exec(one("--"), &["-x", "--"]));
    assert_eq!(
        verb("-all exec ls --etc=x"),
        exec(Which::All, &["ls", "--etc=x"])
    );
}

#[test]
fn what_ip_does_not_have_stands_between_verb_and_name() {
    let dress = Dress {
        no_sysfs: true,
        etc: Some(Etc::Directory("/a/b".into())),
    };
    let expected = IpVerb::Exec(one("red"), dress.clone(), vec!["ls".into()]);
    assert_eq!(verb("exec --etc=/a/b --no-sysfs red ls"), expected);
    let expected = IpVerb::Exec(Which::All, dress, vec!["ls".into()]);
    assert_eq!(verb("-all exec --no-sysfs --etc=/a/b ls"), expected);
    let wait = |seconds| IpVerb::Delete(one("red"), Some(Duration::from_secs(seconds)));
    for line in ["delete --wait red", "del red --wait"] {
        assert_eq!(verb(line), wait(60), "{line}");
    }
    assert_eq!(verb("d --wait=5 red"), wait(5));
    assert_eq!(
        read("d red --wait=x").work.unwrap_err().status,
        Status::Usage
    );
    // Where these words mean nothing, they are names.
    assert_eq!(verb("add --wait"), IpVerb::Add(name("--wait")));
    assert_eq!(verb("add --no-sysfs"), IpVerb::Add(name("--no-sysfs")));
}

#[test]
fn refusals_have_the_words_and_statuses_of_ip() {
    let table = [
        ("add", 1, "No netns name specified"),
        ("del", 1, "No netns name specified"),
        ("set", 1, "No netns name specified"),
        ("set red", 1, "No nsid specified"),
        (
            "set red x",
            255,
            "Error: argument \"x\" is wrong: Invalid \"netnsid\" value",
        ),
        (
            "set red -1",
            255,
            "Error: argument \"-1\" is wrong: \"netnsid\" value should be >= 0",
        ),
        ("attach", 1, "No netns name and PID specified"),
        ("attach red", 1, "No netns name and PID specified"),
        ("attach red 0", 1, "Invalid PID: 0"),
        ("attach red x", 1, "Invalid PID: x"),
        ("pids", 1, "No netns name specified"),
        ("pids a b", 1, "extra arguments specified"),
        ("identify 1 2", 1, "extra arguments specified"),
        ("identify x", 1, "Specified string 'x' is not a pid"),
        ("exec", 1, "No netns name specified"),
        ("exec red", 1, "No command specified"),
        ("-all exec", 1, "No command specified"),
        ("add a/b", 255, "Invalid netns name \"a/b\""),
        ("foo a/b", 255, "Invalid netns name \"a/b\""),
        ("list ..", 255, "Invalid netns name \"..\""),
        (
            "list-id nsid",
            255,
            "Command line is not complete. Try option \"help\"",
        ),
        (
            "list-id nsid 1 nsid 2",
            255,
            "Error: duplicate \"nsid\": \"nsid\" is the second value.",
        ),
        (
            "list-id target-nsid x",
            255,
            "Error: argument \"x\" is wrong: \"target-nsid\" value is invalid",
        ),
        ("list-id foo", 255, USAGE),
        ("-help", 255, USAGE),
        (
            "foo",
            255,
            "Command \"foo\" is unknown, try \"ip netns help\".",
        ),
        ("-foo", 255, "Option \"-foo\" is unknown, try \"ip -help\"."),
        (
            "--foo list",
            255,
            "Option \"-foo\" is unknown, try \"ip -help\".",
        ),
        (
            "-color=x",
            255,
            "Option \"-color=x\" is unknown, try \"ip -help\".",
        ),
        (
            "-n",
            255,
            "Command line is not complete. Try option \"help\"",
        ),
        (
            "-f x list",
            255,
            "Error: argument \"x\" is wrong: invalid protocol family",
        ),
        ("-rc x list", 255, "Invalid rcvbuf size 'x'"),
        ("-b", 255, "Error: argument \"batch file\" is required"),
    ];
    for (line, status, text) in table {
        let failure = read(line).work.unwrap_err();
        assert_eq!(failure.status.code(), status, "{line}");
        assert_eq!(failure.text, text, "{line}");
    }
}

#[test]
fn lines_of_a_script_begin_with_what_they_are_about() {
    let line = |line: &str| script_line(&split(line), false);
    for word in ["net", "netn", "netns"] {
        assert_eq!(
            line(&format!("{word} add red")),
            Ok(IpVerb::Add(name("red")))
        );
    }
    for word in ["n", "ne", "link", "netnsx"] {
        assert_eq!(line(word).unwrap_err().status, Status::Failed, "{word}");
    }
}

#[test]
fn a_line_of_ip_is_known_by_the_link_or_by_the_word_netns() {
    let table = [
        ("ip-netns -j list", Some("-j list")),
        ("/usr/bin/ip-netns", Some("")),
        ("ipnetns add red", Some("add red")),
        ("homeward netns add red", Some("add red")),
        (
            "homeward -all -n red netns delete",
            Some("-all -n red delete"),
        ),
        ("homeward -j -- netns list", Some("-j list")),
        ("homeward --json netns", Some("--json")),
        ("homeward netns -h list", Some("-h list")),
        // The rest is for the grammar of this program.
        ("homeward netns -h", None),
        ("homeward netns --help", None),
        ("homeward -q netns list", None),
        ("homeward ls", None),
        ("homeward -V", None),
        ("homeward", None),
    ];
    for (line, expected) in table {
        let expected = expected.map(split);
        assert_eq!(words(&split(line)), expected, "{line}");
    }
    assert_eq!(read("").format, Format::default());
    let known = |word: &OsStr| word == "exec" || word == "netns";
    let table = [
        ("homeward -x netns list", Some("-x list")),
        ("homeward -f x netns", Some("-f x")),
        ("homeward netns", None),
        ("homeward -x exec red netns", None),
        ("homeward -x", None),
    ];
    for (line, expected) in table {
        let expected = expected.map(split);
        assert_eq!(misspelt(&split(line), known), expected, "{line}");
    }
}

/// What holds of every command line of `ip netns`, and of every line of a script.
mod properties {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    /// Words of `ip netns` and of nobody.
    fn word() -> impl Strategy<Value = OsString> {
        let known = [
            "netns",
            "netn",
            "n",
            "add",
            "del",
            "delete",
            "list",
            "list-id",
            "set",
            "attach",
            "identify",
            "pids",
            "exec",
            "monitor",
            "help",
            "-all",
            "-a",
            "-n",
            "-netns",
            "-b",
            "-batch",
            "-j",
            "-p",
            "-force",
            "-V",
            "--",
            "-",
            "-4",
            "-f",
            "inet",
            "-rc",
            "-l",
            "-color=auto",
            "--wait",
            "--wait=1e400",
            "--wait=-1",
            "--etc=",
            "--etc=off",
            "--no-sysfs",
            "target-nsid",
            "nsid",
            "auto",
            "0",
            "-1",
            "0x7fffffff",
            "2147483648",
            "red",
            "a/b",
            "..",
            "",
        ];
        prop_oneof![
            6 => select(known.to_vec()).prop_map(OsString::from),
            1 => vec(any::<u8>(), 0..6).prop_map(OsString::from_vec),
            1 => Just(OsString::from("x".repeat(300))),
        ]
    }

    /// What a script line is made of.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        let known = [
            "netns ", "add ", "red", " ", "\t", "\r", "'", "\"", "#", "\\", "\\\n", "\n", "a b",
            "\0",
        ];
        prop_oneof![
            6 => select(known.to_vec()).prop_map(|part| part.as_bytes().to_vec()),
            1 => vec(any::<u8>(), 0..8),
        ]
    }

    /// A word that a script can have.
    fn plain() -> impl Strategy<Value = String> {
        "[^\0\n#\"'\\\\]{0,8}"
    }

    proptest! {
        #[test]
        fn every_command_line_means_something_or_is_refused(line in vec(word(), 0..8), json: bool) {
            if let Err(failure) = parse(&line, json).work {
                prop_assert_ne!(failure.status.code(), 0);
                prop_assert!(!failure.text.is_empty());
            }
            let known = |word: &OsStr| word == "exec" || word == "netns";
            for words in [words(&line), misspelt(&line, known)].into_iter().flatten() {
                prop_assert!(words.len() < line.len());
            }
            let _ = script_line(&line, json);
        }

        #[test]
        fn every_script_is_lines_in_their_order(text in vec(piece(), 0..40)) {
            let text = text.concat();
            let mut last = 0;
            for line in lines(text.as_slice()) {
                // After something wrong, the next line.
                let Ok(line) = line else { continue };
                prop_assert!(line.number > last, "{:?}", line);
                prop_assert!(!line.words.is_empty());
                last = line.number;
            }
            prop_assert!(last <= text.split(|byte| *byte == b'\n').count());
        }

        #[test]
        fn words_in_quotes_are_read_as_they_are(
            scripts in vec((vec(plain(), 1..6), any::<bool>(), any::<bool>()), 0..6),
        ) {
            let mut text = String::new();
            for (words, double, continued) in &scripts {
                let quote = if *double { '"' } else { '\'' };
                let between = if *continued { " \\\n" } else { " " };
                let words: Vec<String> = words.iter().map(|word| format!("{quote}{word}{quote}")).collect();
                text += &format!("{} # {quote} a remark\n\n", words.join(between));
            }
            let read: Vec<Line> = lines(text.as_bytes()).collect::<Result<_>>().expect("lines");
            let read: Vec<Vec<OsString>> = read.into_iter().map(|line| line.words).collect();
            let expected: Vec<Vec<OsString>> =
                scripts.iter().map(|(words, ..)| words.iter().map(OsString::from).collect()).collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn a_number_is_read_as_it_is_written_in_each_base(number: i32) {
            let text = |text: String| verbs::integer(OsStr::new(&text));
            let size = number.unsigned_abs();
            let sign = if number < 0 { "-" } else { "" };
            for written in [format!("{number}"), format!("{sign}0x{size:x}"), format!("{sign}0X{size:X}"), format!(" \t{sign}0{size:o}")] {
                prop_assert_eq!(text(written.clone()), Some(number), "{}", written);
            }
            prop_assert_eq!(text(format!("{number} ")), None);
        }
    }
}
