// SPDX-License-Identifier: GPL-2.0-only

use std::collections::HashSet;

use super::*;

/// All verbs, and the verbs of those, with what to type for each.
fn all(command: &Command, typed: &str) -> Vec<(String, Command)> {
    verbs(command)
        .flat_map(|verb| {
            let typed = format!("{typed} {}", verb.get_name());
            let mut below = all(verb, &typed);
            below.push((typed, verb.clone()));
            below
        })
        .collect()
}

#[test]
fn every_verb_has_examples_of_itself() {
    let found = all(&Args::command(), "homeward");
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
fn every_verb_has_a_man_page_with_all_sections() {
    let pages = pages().expect("pages");
    let names: HashSet<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    for (typed, _) in all(&Args::command(), "homeward") {
        let name = format!("{}.1", typed.replace(' ', "-"));
        assert!(names.contains(name.as_str()), "no {name}");
    }
    assert!(names.contains("homeward.1"));
    assert!(!names.iter().any(|name| name.contains("__complete")));
    for page in &pages {
        for section in [
            "NAME",
            "SYNOPSIS",
            "EXAMPLES",
            "\"EXIT STATUS\"",
            "FILES",
            "\"SEE ALSO\"",
        ] {
            let heading = format!("\n.SH {section}\n");
            assert_eq!(
                page.text.matches(&heading).count(),
                1,
                "{} {section}",
                page.name
            );
        }
        assert!(!page.text.contains("\n.SH EXTRA"), "{}", page.name);
    }
    assert_eq!(
        main_page().expect("a page"),
        pages.last().expect("pages").text
    );
}

#[test]
fn columns_have_a_section_of_their_own() {
    let pages = pages().expect("pages");
    let page = pages.iter().find(|page| page.name == "homeward-plan.1");
    let text = &page.expect("a page").text;
    let (_, columns) = text.split_once("\n.SH COLUMNS\n").expect("columns");
    assert!(
        columns.contains("\nwhere it would go (fate.destination)\n"),
        "{columns}"
    );
}

fn complete(words: &[&str]) -> Vec<String> {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    candidates(words.len() - 1, &words)
        .lines()
        .map(|line| line.split('\t').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn verbs_options_and_values_are_completed() {
    assert_eq!(complete(&["homeward", "polic"]), ["policy"]);
    let verbs = ["show", "add", "del", "flush", "load", "check", "save"];
    let found = complete(&["homeward", "policy", ""]);
    for verb in verbs {
        assert!(found.iter().any(|one| one == verb), "{verb}: {found:?}");
    }
    assert_eq!(complete(&["homeward", "ls", "--js"]), ["--json"]);
    assert_eq!(complete(&["homeward", "completions", "z"]), ["zsh"]);
    assert_eq!(
        complete(&["homeward", "policy", "add", "--class", "v"]),
        ["virtual"]
    );
    assert_eq!(complete(&["homeward", "--json", "show", "ini"]), ["init"]);
    assert_eq!(complete(&["homeward", "netns", "mon"]), ["monitor"]);
    assert_eq!(
        complete(&["homeward", "exec", "init", "trunc"]),
        ["truncate"]
    );
    assert_eq!(
        complete(&["homeward", "exec", "init", "ls", "Carg"]),
        ["Cargo.toml"]
    );
    let verbs = complete(&["homeward", "netns", "exec", ""]);
    assert!(!verbs.contains(&"monitor".to_owned()), "{verbs:?}");
    assert_eq!(complete(&["homeward", "move", "ifi"]), ["ifindex:"]);
    // Those of other namespaces, too, where the module is loaded.
    let devices = complete(&["homeward", "move", "ifindex:"]);
    assert!(
        devices.iter().any(|one| one.starts_with("ifindex:1")),
        "{devices:?}"
    );
    assert!(
        devices.iter().all(|one| one.starts_with("ifindex:")),
        "{devices:?}"
    );
    let own = std::fs::read_link("/proc/self/ns/net").expect("a link");
    let own = own.to_str().expect("text");
    assert_eq!(
        complete(&["homeward", "show", own.trim_end_matches(']')]),
        [own]
    );
    let inum = own.replace("net:[", "inum:").replace(']', "");
    assert_eq!(complete(&["homeward", "show", &inum]), [inum]);
    let place = "/proc/self/ns/ne";
    assert_eq!(
        complete(&["homeward", "show", place]),
        ["/proc/self/ns/net"]
    );
}

#[test]
fn a_man_page_has_each_field_of_its_title_in_its_place() {
    for page in pages().expect("pages") {
        let title = page.text.lines().find_map(|line| line.strip_prefix(".TH "));
        let title = title.expect("a title").replace("\" \"", "-");
        let (page, source) = title.split_once(" \"").expect("a source");
        let fields: Vec<&str> = page.split(' ').collect();
        assert_eq!(fields[1..], ["1", "-"], "{title}");
        let version = concat!("homeward ", env!("CARGO_PKG_VERSION"), "\" Homeward");
        assert_eq!(source, version);
    }
}

/// All arguments that name a network namespace or a device there.
#[test]
fn the_help_of_a_selector_says_its_role_and_its_forms() {
    let forms = crate::selector::HELP;
    for (typed, verb) in all(&Args::command(), "homeward") {
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

#[test]
fn options_are_offered_only_to_those_who_type_one() {
    let found = complete(&["homeward", "show", ""]);
    assert!(found.contains(&"self".to_owned()), "{found:?}");
    assert!(!found.iter().any(|one| one.starts_with('-')), "{found:?}");
}

#[test]
fn notes_around_examples_are_told_from_them() {
    let help = "Before.\nExamples:\n  homeward x\n      One.\n\n  homeward y\n\nAfter\nthat.";
    let command = Command::new("homeward").about("x").after_help(help);
    let pages = man::pages(command).expect("pages");
    let text = &pages[0].text;
    let place = |part: &str| {
        text.find(part)
            .unwrap_or_else(|| panic!("no {part} in {text}"))
    };
    assert!(place(".SH EXAMPLES") < place("homeward x"));
    assert!(place("homeward y") < place(".SH NOTES"));
    assert!(place(".SH NOTES") < place("Before."));
    assert!(place("Before.") < place("After that."));
}

#[test]
fn words_that_make_no_sense_have_no_candidates() {
    assert!(complete(&["homeward", "nonsense", "more", "x"]).is_empty());
    assert_eq!(candidates(7, &["homeward".into()]), "");
    assert_eq!(candidates(0, &[]), "");
}

#[test]
fn a_shell_script_names_the_function_that_it_defines() {
    assert!(script(Shell::Bash).contains("complete -F _homeward homeward"));
    assert!(script(Shell::Zsh).starts_with("#compdef homeward\n"));
    assert!(script(Shell::Fish).contains("complete --command homeward"));
}
