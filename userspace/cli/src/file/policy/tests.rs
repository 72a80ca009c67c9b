// SPDX-License-Identifier: GPL-2.0-only

use std::time::{Duration, Instant};

use super::*;

mod properties;

/// The file that comes with the command.
const SHIPPED: &str = include_str!("../../../policy.toml");

fn mistakes(text: &str) -> Vec<(usize, String)> {
    let found = parse(text).expect_err("mistakes");
    found
        .into_iter()
        .map(|mistake| (mistake.line, mistake.message))
        .collect()
}

#[track_caller]
fn one_mistake(text: &str, line: usize, part: &str) {
    let found = mistakes(text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, line, "{found:?}");
    assert!(found[0].1.contains(part), "{found:?}");
}

#[test]
fn the_shipped_file_has_no_rules_and_its_examples_are_rules() {
    assert_eq!(parse(SHIPPED), Ok(Vec::new()));
    // What is commented out has no space behind the '#'.
    let uncommented: String = SHIPPED
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let rules = parse(&uncommented).expect("rules");
    assert_eq!(rules.len(), SHIPPED.matches("\n#[[rule]]\n").count());
    let mgmt = NewRule {
        name: Some("mgmt*".to_owned()),
        class: Some(RuleClass::Physical),
        restore: Some(Settings::ALL),
        ..NewRule::default()
    };
    assert_eq!(rules[0], mgmt);
}

#[test]
fn what_the_shipped_file_says_about_defaults_is_true() {
    let comment: String = SHIPPED
        .lines()
        .filter_map(|line| line.strip_prefix("#  "))
        .map(|line| format!("{}\n", line.trim_start()))
        .collect();
    let (_, rest) = comment
        .split_once("which is the same as\n")
        .expect("a list");
    let (list, _) = rest.split_once(']').expect("its end");
    let rules = parse(&format!("[[rule]]\naction = \"return\"\n{list}]\n")).expect("a rule");
    assert_eq!(rules[0].restore, Some(Settings::DEFAULT));
}

#[test]
fn a_rule_needs_nothing_but_an_action() {
    let rules = parse("[[rule]]\naction = \"kernel\"\n").expect("a rule");
    let expected = NewRule {
        action: RuleAction::Kernel,
        restore: Some(Settings::DEFAULT),
        ..NewRule::default()
    };
    assert_eq!(rules, [expected]);
    assert_eq!(parse(""), Ok(Vec::new()));
    one_mistake("\n[[rule]]\nname = \"a\"\n", 2, "no action");
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_lines() {
    let text = "[[rule]]\nname = \"\"\nacton = \"return\"\naction = \"stay\"\n\n[[rule]]\n\
                action = \"init\"\ntemplate = \"x\"\nrestore = [\"mtu\", \"speed\"]\nup = 1\n";
    let lines: Vec<usize> = mistakes(text).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 8, 9, 10]);
    assert!(mistakes(text)[1].1.contains("did you mean 'action'?"));
}

#[test]
fn each_mistake_is_told_where_it_is() {
    one_mistake("rules = 1\n", 1, "unknown key 'rules'");
    one_mistake("\nrule = 1\n", 2, "[[rule]]");
    one_mistake("rule = [1]\n", 1, "a rule is a table");
    let rule = |more: &str| format!("[[rule]]\naction = \"return\"\n{more}\n");
    one_mistake(&rule("class = \"any\""), 3, "physical, virtual");
    one_mistake(&rule("name = 7"), 3, "a text in quotes");
    one_mistake(&rule("addresses = true"), 3, "only together with up");
    one_mistake(&rule("up = false\nrestore = \"all\""), 3, "up = false");
    one_mistake(&rule("restore = 3"), 3, "a list of settings");
    one_mistake(&rule("action = \"init\""), 3, "duplicate");
    one_mistake(&rule("name = \"x"), 3, "");
    one_mistake(
        &rule(&format!("kind = \"{}\"", "x".repeat(16))),
        3,
        "15 bytes",
    );
}

#[test]
fn a_file_that_is_no_toml_is_told_so() {
    for text in ["[[rule]", "= 1", "\u{1}", "[[rule]]\naction = return\n"] {
        assert!(parse(text).is_err(), "{text}");
    }
    let found = mistakes("[[rule]]\naction = return\nname = \"\"\n");
    assert!(found.iter().any(|(line, _)| *line == 2), "{found:?}");
    assert!(
        !found.iter().any(|(_, text)| text.contains("no action")),
        "{found:?}"
    );
}

#[test]
fn no_more_rules_are_taken_than_the_kernel_holds() {
    let rule = "[[rule]]\naction = \"return\"\n";
    assert_eq!(parse(&rule.repeat(256)).map(|rules| rules.len()), Ok(256));
    one_mistake(&rule.repeat(257), 513, "at most 256");
}

#[test]
fn columns_count_characters() {
    let found =
        parse("[[rule]]\naction = \"return\" # \u{e4}\nclass = \"\u{e4}\"\n").expect_err("class");
    assert_eq!((found[0].line, found[0].column), (3, 9));
}

#[test]
fn a_file_that_is_wrong_in_every_line_is_read_in_no_time() {
    let start = Instant::now();
    assert_eq!(mistakes(&"x\n".repeat(20_000)).len(), 20_000);
    // A tenth of a second, where counting lines anew for each took half a minute.
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_file_that_was_written_by_hand_is_told_from_one_that_was_not() {
    let rules = parse(SHIPPED).expect("rules");
    let own = render(&rules).expect("text");
    assert!(is_own(&own) && is_own(""));
    assert!(!is_own(SHIPPED));
    assert!(!is_own(&format!("{own}# mine\n")));
    assert!(!is_own("nonsense"));
}

#[test]
fn what_cannot_be_written_is_refused() {
    let refused = |new: NewRule| render(&[new]).expect_err("a refusal");
    let unknown = NewRule {
        action: RuleAction::Other(9),
        ..NewRule::default()
    };
    assert!(refused(unknown).starts_with("rule 1 of 1: "));
    let unknown = NewRule {
        restore: Some(Settings::from(1 << 30)),
        ..NewRule::default()
    };
    assert!(refused(unknown).contains("does not know"));
    let bytes = NewRule {
        name: Some("a\u{fffd}".to_owned()),
        ..NewRule::default()
    };
    assert!(refused(bytes).contains("UTF-8"));
}
