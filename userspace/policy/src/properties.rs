// SPDX-License-Identifier: GPL-2.0-only

//! What holds of every decision, whatever is asked.

use proptest::collection::{hash_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::policy::fate::{decide, Action, Facts, Mark, Reason};
use crate::policy::home::Homes;
use crate::policy::naming::{pick, Name, Template};
use crate::policy::rules::{Class, Moved, Pattern, Rule, RuleAction, Subject};
use crate::policy::settings::{Settings, DEFAULT, ROWS};
use crate::uapi::setting;

mod journeys;

/// `dev_valid_name()` of the kernel, with its `isspace()`, which knows Latin-1.
fn valid(name: &[u8]) -> bool {
    let space = |byte| matches!(byte, 9..=13 | 32 | 160);
    let odd = |&byte: &u8| byte == b'/' || byte == b':' || space(byte);
    (1..16).contains(&name.len()) && name != b"." && name != b".." && !name.iter().any(odd)
}

/// What a device may be called, and letters that are worth trying.
fn name() -> impl Strategy<Value = Name> {
    let letter = prop_oneof![select(b"ab.-_09*?".to_vec()), 1..=255u8];
    // No device has one with a '%': the kernel takes that for a pattern.
    let letter = letter.prop_map(|letter| match letter {
        b'%' => b'x',
        odd if !valid(&[b'x', odd]) => b'x',
        good => good,
    });
    vec(letter, 1..16).prop_filter_map("neither . nor ..", |name| Name::of_device(&name))
}

/// Texts near to templates, good and bad.
fn near_template() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => select(vec![&b"%d"[..], b"%s", b"%", b"_", b"a", b"eth", b"/", b":", b" ", b"\0"]).prop_map(<[u8]>::to_vec),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn action() -> impl Strategy<Value = RuleAction> {
    select(vec![
        RuleAction::Return,
        RuleAction::Initial,
        RuleAction::Kernel,
    ])
}

prop_compose! {
    fn facts()(
        [initial, wiphy, immovable, devlink, tunnel, link, physical] in any::<[bool; 7]>(),
        homes in select(vec![Homes::None, Homes::Others, Homes::Initial]),
        mark in select(vec![Mark::None, Mark::Keep, Mark::Release]),
        rule in of(action()),
    ) -> Facts {
        Facts { initial, wiphy, immovable, devlink, tunnel, link, physical, homes, mark, rule }
    }
}

/// Patterns of few letters, so that they often match.
fn pattern() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(select(b"ab*?".to_vec()), 1..=31),
        vec(any::<u8>(), 1..=31),
    ]
}

/// What a pattern means, by definition and without cleverness, but with a table.
fn stands_for(pattern: &[u8], text: &[u8]) -> bool {
    // Entry n: whether the pattern so far stands for the first n bytes.
    let mut so_far = vec![false; text.len() + 1];
    so_far[0] = true;
    for byte in pattern {
        let mut next = vec![false; text.len() + 1];
        for n in 0..=text.len() {
            next[n] = match byte {
                b'*' => so_far[n] || (n > 0 && next[n - 1]),
                b'?' => n > 0 && so_far[n - 1],
                _ => n > 0 && so_far[n - 1] && text[n - 1] == *byte,
            };
        }
        so_far = next;
    }
    so_far[text.len()]
}

prop_compose! {
    fn rule()(
        name in of(pattern()),
        kind in of(select(vec!["veth", "dummy", "v"])),
        class in of(select(vec![Class::Physical, Class::Virtual])),
        action in action(),
    ) -> Rule {
        Rule {
            id: 1,
            name: name.and_then(|text| Pattern::new(&text)),
            kind: kind.and_then(|text| Name::new(text.as_bytes())),
            class,
            action,
            template: None,
            restore: DEFAULT,
            moved: Moved::default(action, class).0,
        }
    }
}

prop_compose! {
    fn settings()(
        numbers in vec(0..3u64, ROWS.len()),
        addresses in vec(vec(0..2u8, 0..40), ROWS.len()),
    ) -> Settings {
        let mut made = Settings::default();
        for (row, (number, address)) in ROWS.iter().zip(numbers.iter().zip(&addresses)) {
            made.set_number(row.setting.id, *number);
            made.set_address(row.setting.id, address);
        }
        made
    }
}

proptest! {
    #[test]
    fn what_the_kernel_cannot_move_is_left_to_it(facts in facts()) {
        let (action, reason) = decide(facts);
        if facts.wiphy || facts.immovable || facts.devlink || facts.tunnel || facts.link {
            prop_assert!(!action.moves());
        }
        // And nothing of the initial namespace moves at all.
        prop_assert_eq!(action == Action::Stay, facts.initial);
        prop_assert_eq!(reason == Reason::Initial, facts.initial);
    }

    #[test]
    fn a_virtual_device_returns_only_if_somebody_said_so(facts in facts()) {
        let moves = decide(facts).0.moves();
        let said = facts.mark == Mark::Keep || facts.rule.is_some_and(|rule| rule != RuleAction::Kernel);
        prop_assert!(!moves || facts.physical || said, "{:?}", facts);
        // And a physical one stays away only if somebody said so.
        let said = facts.mark == Mark::Release || facts.rule == Some(RuleAction::Kernel);
        let fixed = facts.initial || facts.wiphy || facts.immovable || facts.devlink || facts.tunnel || facts.link;
        prop_assert!(moves || !facts.physical || said || fixed, "{:?}", facts);
    }

    #[test]
    fn no_rule_takes_a_virtual_device_out_that_has_no_home(facts in facts()) {
        let facts = Facts { physical: false, mark: Mark::None, ..facts };
        let (action, _) = decide(facts);
        prop_assert!(!action.moves() || facts.homes != Homes::None, "{:?}", facts);
        // To the initial namespace itself, only one that was there.
        prop_assert!(action != Action::Initial || facts.homes == Homes::Initial, "{:?}", facts);
    }

    #[test]
    fn the_homes_are_no_matter_to_a_physical_device_and_to_a_marked_one(
        facts in facts(),
        homes in select(vec![Homes::None, Homes::Others, Homes::Initial]),
    ) {
        // Not assumed: with many cases, proptest gives up for those that are passed over.
        let matter = !facts.physical && facts.mark == Mark::None;
        prop_assert!(matter || decide(facts) == decide(Facts { homes, ..facts }), "{:?}", facts);
    }

    #[test]
    fn a_mark_outweighs_every_rule(facts in facts(), other in of(action())) {
        let changed = decide(Facts {
            rule: other,
            ..facts
        });
        prop_assert!(facts.mark == Mark::None || decide(facts) == changed);
    }

    #[test]
    fn a_pattern_stands_for_what_it_says(pattern in pattern(), text in vec(select(b"ab*?".to_vec()), 0..20)) {
        let made = Pattern::new(&pattern).expect("a pattern");
        prop_assert_eq!(made.as_bytes(), &pattern);
        prop_assert_eq!(made.matches(&text), stands_for(&pattern, &text));
    }

    /// Alternative names have up to 127 bytes. A matcher that tried every place for every `*` would
    /// not end in a lifetime.
    #[test]
    fn no_pattern_takes_long(stars in 1..=15usize, last in select(b"ab?*".to_vec()), len in 0..=127usize) {
        let mut pattern = b"*a".repeat(stars);
        pattern.push(last);
        let text = vec![b'a'; len];
        let made = Pattern::new(&pattern).expect("a pattern");
        prop_assert_eq!(made.matches(&text), stands_for(&pattern, &text));
    }

    #[test]
    fn a_rule_matches_exactly_what_all_its_parts_match(
        rule in rule(),
        name in name(),
        kind in select(vec!["", "veth", "dummy"]),
        physical: bool,
    ) {
        let subject = Subject { name: name.as_bytes(), kind: kind.as_bytes(), physical };
        let expected = rule.name.is_none_or(|pattern| stands_for(pattern.as_bytes(), name.as_bytes()))
            && rule.kind.is_none_or(|wanted| wanted.as_bytes() == kind.as_bytes())
            && rule.class.is_none_or(|class| (class == Class::Physical) == physical);
        prop_assert_eq!(rule.matches(&subject), expected);
    }

    #[test]
    fn whatever_is_taken_the_name_given_is_free_and_one_that_a_device_can_have(
        wanted in name(),
        template in near_template(),
        others in hash_set(name().prop_map(|name| name.as_bytes().to_vec()), 0..4),
        numbers in 0..140u32,
    ) {
        let template = Template::new(&template).unwrap_or(Template::DEFAULT);
        // The right name and those that would be next, as a hostile tenant has them, and some others.
        let mut asked = 0;
        let mut taken = |name: &Name| {
            asked += 1;
            asked <= numbers || others.contains(name.as_bytes())
        };
        match pick(wanted, &template, &mut taken) {
            Some(name) => {
                prop_assert!(valid(name.as_bytes()), "{:?} of {:?}", name, template);
                prop_assert!(!name.as_bytes().contains(&b'%'), "{:?} of {:?}", name, template);
                prop_assert!(!others.contains(name.as_bytes()));
                prop_assert!(name == wanted || numbers > 0 || others.contains(wanted.as_bytes()));
            }
            // Only when all that it may try are taken, or none of them fits.
            None => prop_assert!(numbers > 10, "{:?} of {:?}", wanted, template),
        }
        prop_assert!(asked <= 129, "each is a look-up under RTNL");
    }

    #[test]
    fn a_template_is_what_the_kernel_can_make_a_name_of(text in near_template()) {
        let markers = |marker| text.windows(2).filter(|pair| pair == marker).count();
        let rest = text.iter().filter(|&&byte| byte == b'%').count();
        let (numbers, bases) = (markers(b"%d"), markers(b"%s"));
        let filled: Vec<u8> = text.iter().map(|&byte| if byte == b'%' { b'x' } else { byte }).collect();
        let good = numbers == 1 && bases <= 1 && rest == numbers + bases
            && valid(&filled) && !text.contains(&0);
        prop_assert_eq!(Template::new(&text).is_some(), good, "{:?}", text);
    }

    #[test]
    fn a_name_of_a_device_is_what_the_kernel_lets_be_one(
        text in vec(prop_oneof![select(b"a.%/: \0\t\x0b\xa0".to_vec()), any::<u8>()], 0..18),
    ) {
        let good = valid(&text) && !text.contains(&0) && !text.contains(&b'%');
        prop_assert_eq!(Name::of_device(&text).is_some(), good, "{:?}", text);
    }

    #[test]
    fn a_name_is_read_up_to_its_nul_and_no_farther(bytes in vec(any::<u8>(), 0..20)) {
        let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        match Name::new(&bytes) {
            Some(name) => {
                prop_assert_eq!(name.as_bytes(), text);
                prop_assert_eq!(name.as_bytes_with_nul()[15], 0);
            }
            None => prop_assert!(text.is_empty() || text.len() > 15),
        }
    }

    #[test]
    fn what_differs_is_what_putting_back_would_change(home in settings(), now in settings()) {
        let bits = home.differing(&now);
        for row in &ROWS {
            // A setting can have parts.
            let mut parts = ROWS.iter().filter(|part| part.bit() == row.bit());
            let differs = match row.setting.id {
                setting::XDP => false,
                _ => parts.any(|part| {
                    let id = part.setting.id;
                    home.number(id) != now.number(id) || home.address(id) != now.address(id)
                }),
            };
            prop_assert_eq!(bits & row.bit() != 0, differs, "{}", row.setting.name);
        }
        prop_assert_eq!(home.differing(&home), 0);
    }
}
