// SPDX-License-Identifier: GPL-2.0-only

use std::time::{Duration, Instant};

use homeward_client::model::Setting;

use super::*;

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
        restore: Some(Settings::DEFAULT),
        moved: Some(Moved::All),
        ..NewRule::default()
    };
    assert_eq!(rules[0], mgmt);
    // Whoever copies one may have NetworkManager or systemd-networkd.
    assert_eq!(read(&uncommented).notes, []);
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
        moved: Some(Moved::Leave),
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
    one_mistake(&rule("name = 7"), 3, "a quoted string");
    one_mistake(&rule("addresses = true"), 3, "only together with up");
    one_mistake(
        &rule("routes = true"),
        3,
        "routes come back only together with up",
    );
    one_mistake(&rule("up = false\nrestore = \"all\""), 3, "up = false");
    one_mistake(&rule("restore = 3"), 3, "a list of settings");
    one_mistake(&rule("moved = \"name\""), 3, "leave, settings, all");
    let said = "class = \"virtual\"\nmoved = \"settings\"";
    one_mistake(&rule(said), 4, "left alone");
    one_mistake(&rule("action = \"init\""), 3, "duplicate");
    one_mistake(&rule("name = \"x"), 3, "");
    one_mistake(
        &rule(&format!("kind = \"{}\"", "x".repeat(16))),
        3,
        "15 bytes",
    );
}

#[test]
fn what_a_network_manager_does_itself_is_noted_where_it_is() {
    let text = "[[rule]]\naction = \"return\"\n\n[[rule]]\naction = \"return\"\nup = true\n\n\
                [[rule]]\naction = \"init\"\nrestore = \"all\"\n";
    let mut contents = read(text);
    // The first rule is for all, which is noted as well.
    contents
        .notes
        .retain(|note| !note.message.starts_with("never reached"));
    let lines: Vec<usize> = contents.notes.iter().map(|note| note.line).collect();
    assert_eq!((contents.mistakes, lines), (Vec::new(), vec![6, 10]));
    assert!(contents.notes[0].message.contains("NetworkManager"));
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

#[test]
fn values_are_read_by_the_kind_of_their_setting() {
    let text =
        "[[rule]]\naction = 'return'\nset = { mtu = 9000, address = 'permanent', promisc = false, \
                alias = 'up', altnames = ['a', 'b'], broadcast = 'ff:ff:ff:ff:ff:ff' }\n";
    let rules = parse(text).expect("rules");
    let texts =
        |texts: &[&str]| Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
    let expected: Values = [
        (setting::MTU, Value::Number(9000)),
        (setting::ADDRESS, Value::Permanent),
        (setting::PROMISC, Value::Number(0)),
        (setting::ALIAS, texts(&["up"])),
        (setting::ALTNAMES, texts(&["a", "b"])),
        (setting::BROADCAST, Value::Address(vec![255; 6])),
    ]
    .into();
    assert_eq!(rules[0].set, expected);
    assert_eq!(parse(&render(&rules).expect("text")), Ok(rules));
}

#[test]
fn a_number_may_be_written_in_every_way_that_toml_has() {
    for (mtu, rx) in [
        ("0x2328", "0x200"),
        ("0o21450", "0o1_000"),
        ("0b10001100101000", "0b10_0000_0000"),
        ("9_000", "+512"),
    ] {
        let set = format!("set = {{ mtu = {mtu}, rings = {{ rx = {rx} }} }}");
        let rules = parse(&format!("[[rule]]\naction = 'return'\n{set}\n")).expect(&set);
        assert_eq!(rules[0].set[&setting::MTU], Value::Number(9000), "{set}");
        assert_eq!(rules[0].set[&setting::RINGS].text(setting::RINGS), "rx=512");
    }
    let large = format!("0x1{}", "0".repeat(40));
    for mtu in ["-1", "0x1_0000_0000", &large] {
        let text = format!("[[rule]]\naction = 'return'\nset = {{ mtu = {mtu} }}\n");
        one_mistake(&text, 3, "mtu is a number up to 4294967295");
    }
}

#[test]
fn nothing_is_noted_that_only_follows_from_a_mistake() {
    let next = "[[rule]]\naction = 'init'\n";
    for wrong in [
        "name = 5",
        "name = eth0",
        "kind = 1",
        "class = 'any'",
        "nam = 'eth0'",
    ] {
        let set = "set = { address = '02:00:00:00:00:01' }";
        let text = format!("[[rule]]\naction = 'return'\n{wrong}\n{set}\n{next}");
        let contents = read(&text);
        assert!(!contents.mistakes.is_empty(), "{wrong}");
        assert_eq!(contents.notes, [], "{wrong}");
    }
    let text = format!("[[rule]]\naction = 'return'\n{next}");
    assert_eq!(read(&text).notes.len(), 1);
}

#[test]
fn what_only_one_device_can_have_is_noted_where_a_rule_may_match_several() {
    for (conditions, set, noted) in [
        ("name = 'eth*'", "address = '02:00:00:00:00:01'", true),
        ("class = 'physical'", "altnames = ['uplink']", true),
        ("name = 'eth1'", "address = '02:00:00:00:00:01'", false),
        ("name = 'eth*'", "address = 'permanent', mtu = 9000", false),
        ("name = 'eth*'", "altnames = []", false),
    ] {
        let text = format!("[[rule]]\naction = 'return'\n{conditions}\nset = {{ {set} }}\n");
        let contents = read(&text);
        assert_eq!(contents.mistakes, [], "{text}");
        let lines: Vec<_> = contents.notes.iter().map(|note| note.line).collect();
        assert_eq!(lines, if noted { vec![4] } else { vec![] }, "{text}");
    }
}

#[test]
fn a_pattern_that_matches_no_name_is_told_with_its_line() {
    for name in ["eth0 eth1", "eth0/1", "eth0:1", "0123456789abcdef"] {
        let text = format!("[[rule]]\naction = 'return'\nname = '{name}'\n");
        one_mistake(&text, 3, "name");
    }
}

#[test]
fn what_means_something_else_in_a_shell_and_what_is_never_reached_is_noted() {
    let notes = |text: &str| {
        let contents = read(text);
        assert_eq!(contents.mistakes, [], "{text}");
        let notes = contents.notes.into_iter();
        notes
            .map(|note| (note.line, note.message))
            .collect::<Vec<_>>()
    };
    for (name, part) in [("eth[0-3]", "'['"), ("{a,b}", "'{'"), ("!eth0", "'!'")] {
        let found = notes(&format!("[[rule]]\naction = 'return'\nname = '{name}'\n"));
        assert_eq!(found.len(), 1, "{name}");
        assert!(found[0].0 == 3 && found[0].1.contains(part), "{found:?}");
    }
    assert_eq!(notes("[[rule]]\naction = 'return'\nname = 'eth*!'\n"), []);
    let rule = |conditions: &str| format!("[[rule]]\naction = 'return'\n{conditions}\n");
    let (all, some) = (rule(""), rule("kind = 'veth'"));
    assert_eq!(notes(&[some.as_str(), &all].concat()), []);
    let any_name = rule("name = '*'");
    for first in [&all, &any_name] {
        let found = notes(&[some.as_str(), first, &some, &some].concat());
        let lines: Vec<_> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [7, 10]);
        assert!(found[0].1.contains("rule 2"), "{found:?}");
    }
}

#[test]
fn a_wrong_value_is_told_with_its_line() {
    for (set, part) in [
        ("9000", "expected settings with their values"),
        ("{ mtv = 1 }", "did you mean 'mtu'?"),
        ("{ up = true }", "'up' is not a setting with a value"),
        ("{ xdp = false }", "'xdp' is not a setting with a value"),
        ("{ mtu = '9000' }", "expected a number"),
        ("{ mtu = -1 }", "mtu is a number up to 4294967295"),
        ("{ mtu = 4294967296 }", "mtu is a number up to 4294967295"),
        ("{ promisc = 0 }", "expected true or false"),
        ("{ address = 'permanently' }", "or 'permanent'"),
        ("{ address = '' }", "or 'permanent'"),
        (
            "{ broadcast = 'permanent' }",
            "broadcast is a link-layer address",
        ),
        ("{ altnames = 'a' }", "expected a list of quoted strings"),
    ] {
        let text = format!("[[rule]]\naction = 'return'\nset = {set}\n");
        one_mistake(&text, 3, part);
    }
    let text = "[[rule]]\naction = 'kernel'\nset = { mtu = 1 }\n";
    one_mistake(text, 3, "left to the kernel");
}

mod properties;
