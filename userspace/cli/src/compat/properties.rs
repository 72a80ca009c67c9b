// SPDX-License-Identifier: GPL-2.0-only

//! What holds of every command line of `ip netns`, and of every line of a script.

use std::os::unix::ffi::OsStringExt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

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
        "netns ", "add ", "red", " ", "\t", "\r", "'", "\"", "#", "\\", "\\\n", "\n", "a b", "\0",
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
        let read: Vec<Line> = lines(text.as_bytes()).collect::<Result<_, _>>().expect("lines");
        let read: Vec<Vec<OsString>> = read.into_iter().map(|line| line.words).collect();
        let expected: Vec<Vec<OsString>> =
            scripts.iter().map(|(words, ..)| words.iter().map(OsString::from).collect()).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn a_number_is_read_as_it_is_written_in_each_base(number: i32) {
        let text = |text: String| number::integer(OsStr::new(&text));
        let size = number.unsigned_abs();
        let sign = if number < 0 { "-" } else { "" };
        for written in [format!("{number}"), format!("{sign}0x{size:x}"), format!("{sign}0X{size:X}"), format!(" \t{sign}0{size:o}")] {
            prop_assert_eq!(text(written.clone()), Some(number), "{}", written);
        }
        prop_assert_eq!(text(format!("{number} ")), None);
    }
}
