// SPDX-License-Identifier: GPL-2.0-only

//! What holds of every file of rules.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, Index};

use super::*;

/// A value that a rule may fix, of any setting that can have one.
fn value() -> impl Strategy<Value = (u32, Value)> {
    let known = |one: &&Setting| rule::with_value(one.name).is_ok();
    let all: Vec<_> = setting::ALL.iter().filter(known).collect();
    let any = (
        select(all),
        any::<u64>(),
        vec(any::<u8>(), 1..=32),
        "[^\0,\u{fffd}]{1,7}",
    );
    any.prop_map(|(one, number, bytes, text)| {
        let value = match one.kind {
            Kind::Number(most) => Value::Number(number % most),
            Kind::Switch => Value::Number(number % 2),
            Kind::Address if one.id == setting::ADDRESS && number % 2 == 0 => Value::Permanent,
            Kind::Address => Value::Address(bytes),
            Kind::Numbers(names) => Value::Numbers(vec![number as u32; names.len()]),
            _ => Value::Texts(vec![text]),
        };
        (one.id, value)
    })
}

/// A pattern that a file can have: some name matches it.
fn pattern() -> impl Strategy<Value = String> {
    let any = prop_oneof!["[a-z0-9*?.,\"'\\\\#!\\[{-]{1,15}", "[^\0\u{fffd}]{1,3}"];
    any.prop_filter("a name", |text: &String| rule::pattern(text).is_ok())
}

prop_compose! {
    fn new_rule()(
        name in of(pattern()),
        kind in of("[a-z\"'\\\\#]{1,15}"),
        class in of(prop::sample::select(RuleClass::ALL)),
        action in prop::sample::select(RuleAction::ALL),
        template in of("[a-z\"\\\\#]{0,4}(%s)?[-_.]?%d[a-z]{0,4}"),
        bits in 0..=Settings::ALL.bits(),
        moved in of(prop::sample::select(Moved::ALL)),
        set in vec(value(), 0..4),
    ) -> NewRule {
        let bits = bits & Settings::ALL.bits();
        let up = Settings::of(setting::UP).bits();
        let restore = if bits & up == 0 { bits & !(Settings::of(setting::ADDRESSES) | Settings::of(setting::ROUTES)).bits() } else { bits };
        let new = NewRule { before: None, name, kind, class, action, template, restore: Some(restore.into()), moved, set: set.into_iter().collect() };
        let moved = match rule::check_moved(&new) {
            Ok(()) => moved.unwrap_or(rule::default_moved(&new)),
            Err(_) => rule::default_moved(&new),
        };
        let set = match rule::check_set(&new) {
            Ok(()) => new.set.clone(),
            Err(_) => Values::new(),
        };
        NewRule { moved: Some(moved), set, ..new }
    }
}

/// What a hand that errs does to a file: takes a piece out, and puts another in.
#[derive(Debug, Clone)]
struct Slip {
    at: Index,
    loses: usize,
    gains: String,
}

prop_compose! {
    fn slip()(
        at in any::<Index>(),
        loses in prop_oneof![Just(0), 0..4usize, 0..60usize],
        gains in prop_oneof![
            select(vec![
                "", "[[rule]]\n", "[rule]\n", "action", "restore", "up = true\n", "addresses = true\n", "=", "\"",
                "\n", "#", "[", "]", "{", "'''", "\\u", "\"default\"", "\"-mtu\", ", "\u{e4}", "\0", "1979-05-27",
            ]).prop_map(str::to_owned),
            ".{0,6}",
        ],
    ) -> Slip {
        Slip { at, loses, gains }
    }
}

impl Slip {
    fn make(&self, text: &str) -> String {
        let letters: Vec<char> = text.chars().collect();
        let at = self.at.index(letters.len() + 1);
        let (before, after) = letters.split_at(at);
        let after = after.iter().skip(self.loses);
        before
            .iter()
            .copied()
            .chain(self.gains.chars())
            .chain(after.copied())
            .collect()
    }
}

/// Rules or mistakes, and each mistake where there is something.
fn check(text: &str) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(rules) => {
            let again = render(&rules);
            prop_assert!(
                again.is_ok() || text.contains(char::REPLACEMENT_CHARACTER),
                "{:?}",
                again
            );
            if let Ok(again) = again {
                prop_assert_eq!(parse(&again), Ok(rules));
            }
        }
        Err(mistakes) => {
            prop_assert!(!mistakes.is_empty());
            prop_assert!(mistakes.is_sorted());
            for Mistake {
                line,
                column,
                message,
            } in mistakes
            {
                let there = text.split('\n').nth(line - 1);
                let letters = there.map(|line| line.chars().count());
                prop_assert!(
                    letters.is_some_and(|letters| (1..=letters + 1).contains(&column)),
                    "no {}:{} ({})",
                    line,
                    column,
                    message
                );
                prop_assert!(!message.is_empty());
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(rules in vec(new_rule(), 0..8)) {
        let text = render(&rules).expect("text");
        prop_assert_eq!(parse(&text), Ok(rules));
        prop_assert!(is_own(&text));
    }

    #[test]
    fn every_text_is_rules_or_has_mistakes_that_are_somewhere(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn every_heap_of_the_right_words_is_rules_or_has_mistakes(
        text in "(\\[\\[rule\\]\\]|action|name|restore|up|=|\"|\n|\"all\"|\"init\"|true|[a-z#'\\[\\]{}.,]){0,40}",
    ) {
        check(&text)?;
    }

    #[test]
    fn every_file_of_a_hand_that_errs_is_rules_or_has_mistakes(
        rules in vec(new_rule(), 0..4),
        slips in vec(slip(), 1..4),
    ) {
        let text = render(&rules).expect("text");
        check(&slips.iter().fold(text, |text, slip| slip.make(&text)))?;
    }

    #[test]
    fn however_deep_a_file_is_it_comes_to_an_end(
        part in select(vec!["[", "{a=", "a.", "[[", "\"\"\"", "[{a=["]),
        depth in 0..3000usize,
        before in select(vec!["", "[[rule]]\naction = \"init\"\n", "rule = ", "[[rule]]\nrestore = "]),
    ) {
        check(&format!("{before}{}", part.repeat(depth)))?;
    }
}
