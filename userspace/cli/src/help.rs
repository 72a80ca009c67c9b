// SPDX-License-Identifier: GPL-2.0-only

//! Help that fits: clap lays it out, and folds no lines.

use std::ffi::OsStr;

use clap::Command;
use textwrap::{fill, Options};
use unicode_width::UnicodeWidthStr;

/// No wider than this, also where there is more room; and so wide where nobody knows.
const WIDEST: usize = 100;
const USUAL: usize = 80;

/// What stands above the options of every verb.
pub(crate) const GLOBAL: &str = "Global options";

/// The help of a command with its verbs in groups, which clap does not have.
pub(crate) fn grouped(command: &Command, groups: &[(&str, &[&str])]) -> String {
    let mut rows: Vec<(&str, String)> = verbs(command)
        .map(|verb| {
            (
                verb.get_name(),
                verb.get_about()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            )
        })
        .collect();
    // clap adds it, and tells nobody until then.
    rows.push(("help", "Print this help, or that of a verb".to_owned()));
    let width = rows
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or_default();
    let mut text = "{about-with-newline}\n{usage-heading} {usage}\n".to_owned();
    for (at, (title, names)) in groups.iter().enumerate() {
        let last = at + 1 == groups.len();
        let is_in = |name: &str| {
            names.iter().any(|one| one.eq_ignore_ascii_case(name)) || (last && name == "help")
        };
        text.push_str(&format!("\n{title}:\n"));
        for (name, about) in rows.iter().filter(|(name, _)| is_in(name)) {
            text.push_str(&format!("  {name:width$}  {about}\n"));
        }
    }
    text + &format!("\n{GLOBAL}:\n{{options}}{{after-help}}")
}

/// The verbs of a command that a word may be: the one that is called so, or those that begin so.
pub(crate) fn meant<'a>(command: &'a Command, word: &OsStr) -> impl Iterator<Item = &'a Command> {
    let word = word
        .to_str()
        .filter(|word| !word.is_empty())
        .map(str::to_owned);
    let whole = command
        .get_subcommands()
        .any(|verb| Some(verb.get_name()) == word.as_deref());
    command.get_subcommands().filter(move |verb| {
        let name = verb.get_name();
        word.as_ref()
            .is_some_and(|word| name == word || (!whole && name.starts_with(word.as_str())))
    })
}

/// The verbs of a command that are for people.
pub(crate) fn verbs(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set() && verb.get_name() != "help")
}

/// Folds the lines of a help for a terminal with so many columns; None: no terminal.
pub(crate) fn fold(help: &str, columns: Option<u16>) -> String {
    let width = columns.map_or(USUAL, |columns| usize::from(columns).min(WIDEST));
    let mut folded = String::with_capacity(help.len());
    let mut lines = help.lines().peekable();
    while let Some(line) = lines.next() {
        let mut text = line.to_owned();
        if is_prose(line) {
            while let Some(more) = lines.next_if(|line| is_prose(line)) {
                text = text + " " + more;
            }
        }
        folded.push_str(&fold_line(&text, width));
        folded.push('\n');
    }
    folded
}

/// A line of a paragraph, and neither a title nor a row.
fn is_prose(line: &str) -> bool {
    !line.is_empty()
        && !line.starts_with(' ')
        && !line.ends_with(':')
        && !line.starts_with("Usage:")
}

fn fold_line(line: &str, width: usize) -> String {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    // The second column of a row, if there is one.
    let second = text.rfind("  ").map(|at| indent + at + 2);
    let is_command = indent == 2 && text.starts_with("homeward ");
    let indent = match second {
        Some(column) if column + 20 <= width => column,
        // What is to be typed stays in one piece.
        _ if line.width() <= width || is_command => return line.to_owned(),
        _ => indent,
    };
    let (first, rest) = line.split_at(indent);
    let blank = " ".repeat(indent);
    let options = Options::new(width)
        .initial_indent(&blank)
        .subsequent_indent(&blank);
    let options = options
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let rest = fill(rest, options);
    format!("{first}{}", rest.strip_prefix(&blank).unwrap_or(&rest))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::fixture::all_verbs;
    use crate::run::Args;
    use clap::CommandFactory;

    fn helps(mut command: Command) -> Vec<String> {
        let mut all = vec![command.render_help().to_string()];
        all.extend(command.get_subcommands().cloned().flat_map(helps));
        all
    }

    fn all() -> Vec<String> {
        let mut command = crate::run::command();
        command.build();
        helps(command)
    }

    #[test]
    fn every_help_fits_a_terminal_of_the_usual_width_and_says_the_same() {
        assert!(all().len() > 25);
        for help in all() {
            for columns in [None, Some(80), Some(100), Some(200)] {
                let folded = fold(&help, columns);
                let width = columns.map_or(80, |columns| usize::from(columns).min(100));
                for line in folded.lines() {
                    assert!(line.width() <= width, "{width}: {line}");
                }
                let words = |text: &str| {
                    text.split_whitespace()
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                };
                assert_eq!(words(&folded), words(&help));
            }
        }
    }

    #[test]
    fn what_is_to_be_typed_stays_in_one_piece() {
        for help in all() {
            let commands = |text: &str| -> Vec<String> {
                let typed = text.lines().filter(|line| line.starts_with("  homeward "));
                let typed = typed.map(|line| line.trim().split("  ").next().unwrap().to_owned());
                typed.collect()
            };
            assert_eq!(commands(&fold(&help, Some(40))), commands(&help));
        }
    }

    #[test]
    fn a_second_column_stays_one_and_paragraphs_are_filled() {
        let help = "One two\nthree four.\n\nOptions:\n  --x    five six seven eight nine ten\n";
        let folded =
            "One two three\nfour.\n\nOptions:\n  --x    five six seven eight\n         nine ten\n";
        assert_eq!(fold(help, Some(13)).lines().next(), Some("One two three"));
        assert_eq!(
            fold(help, Some(29)),
            folded.replacen(" three\nfour", " three four", 1)
        );
    }

    #[test]
    fn every_verb_has_examples_of_itself() {
        let found = all_verbs();
        assert!(found.len() > 15);
        for (typed, verb) in found {
            let help = verb.get_after_help().map(ToString::to_string);
            let help = help.unwrap_or_else(|| panic!("'{typed}' has no after_help"));
            let examples = help.contains("Examples:\n  ");
            assert!(
                examples,
                "'{typed}' has no examples in its after_help: {help}"
            );
            let shown = help.lines().any(|line| line.contains(&typed));
            assert!(shown, "'{typed}' is in none of its examples");
            assert!(verb.get_about().is_some(), "'{typed}' says nothing");
        }
    }

    #[test]
    fn every_verb_is_in_one_group_and_the_options_of_all_stand_apart() {
        let all = all();
        let main = &all[0];
        for (typed, _) in all_verbs() {
            let verb = typed.rsplit(' ').next().unwrap();
            let rows = main
                .lines()
                .filter(|line| line.starts_with(&format!("  {verb} ")));
            let expected = usize::from(typed.matches(' ').count() == 1);
            assert!(rows.count() >= expected, "{typed}");
        }
        for (title, names) in crate::command::GROUPS {
            assert!(main.contains(&format!("\n{title}:\n  ")), "{title}");
            assert!(!names.is_empty());
        }
        assert!(main.contains("\n  help "));
        // Not that of clap's own verb.
        let is_own = |help: &&String| {
            !help
                .lines()
                .any(|line| line.starts_with("Usage:") && line.contains(" help"))
        };
        for help in all.iter().filter(is_own) {
            let (_, global) = help
                .split_once("\nGlobal options:\n")
                .unwrap_or_else(|| panic!("{help}"));
            for option in ["--json ", "--color <WHEN>", "--no-pager", "--quiet"] {
                assert_eq!(
                    help.matches(option).count(),
                    global.matches(option).count(),
                    "{help}"
                );
                assert!(global.contains(option), "{option}: {help}");
            }
        }
    }

    #[test]
    fn every_argument_says_what_it_is_for() {
        for (typed, verb) in all_verbs() {
            for arg in verb.get_arguments() {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains(' '), "{typed}: {}: '{help}'", arg.get_id());
            }
        }
    }

    #[test]
    fn every_time_is_typed_alike() {
        let mut count = 0;
        for (typed, verb) in all_verbs() {
            for arg in verb.get_arguments() {
                let is_time = |name: &clap::builder::Str| name.as_str() == "TIME";
                if !arg
                    .get_value_names()
                    .is_some_and(|names| names.iter().any(is_time))
                {
                    continue;
                }
                count += 1;
                let option = format!("--{}", arg.get_long().unwrap());
                let mut line: Vec<&str> = typed.split(' ').collect();
                let needed = verb.get_positionals().filter(|one| one.is_required_set());
                line.extend(needed.map(|_| "red"));
                for (time, good) in [
                    ("90", true),
                    ("500ms", true),
                    ("1h30m", true),
                    ("2 days", false),
                ] {
                    let line = line.iter().copied().chain([option.as_str(), time]);
                    let read = Args::command().try_get_matches_from(line);
                    assert_eq!(read.is_ok(), good, "{typed} {option} {time}");
                }
            }
        }
        assert_eq!(count, 4, "wait, watch, top and prune");
    }

    #[test]
    fn a_word_means_one_verb_or_those_that_begin_so() {
        let command = Args::command();
        let names = |word: &str| -> Vec<&str> {
            meant(&command, OsStr::new(word))
                .map(Command::get_name)
                .collect()
        };
        assert_eq!(names("d"), ["devices", "doctor"]);
        assert_eq!(names("doctor"), ["doctor"]);
        assert_eq!(names("net"), ["netns"]);
        assert_eq!(names("to"), ["top"]);
        assert!(names("").is_empty() && names("x").is_empty());
        // In the grammar of ip, too.
        assert_eq!(names("n"), ["netns"]);
    }

    /// All arguments that name a network namespace or a device there.
    #[test]
    fn the_help_of_a_selector_says_its_role_and_its_forms() {
        let forms = crate::selector::HELP;
        for (typed, verb) in all_verbs() {
            let mut seen = HashSet::new();
            for arg in verb.get_arguments() {
                let value = arg.get_value_names().and_then(|names| names.first());
                let Some(value) = value.filter(|value| value.contains("NS")) else {
                    continue;
                };
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                let (role, rest) = help
                    .split_once(':')
                    .unwrap_or_else(|| panic!("{typed} {value}: {help}"));
                assert!(
                    role.contains(' ') && !role.contains("NAME"),
                    "{typed} {value}: {help}"
                );
                assert!(
                    rest.contains(forms) || rest.contains("DEV@NS"),
                    "{typed} {value}: {help}"
                );
                assert!(seen.insert(role.to_owned()), "{typed}: {role} twice");
            }
        }
    }
}
