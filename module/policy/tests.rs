// SPDX-License-Identifier: GPL-2.0-only

//! Boundary tables of the policy core; run on the host.

mod fate;

use super::home::{
    arrive,
    destination,
    evict,
    Arrival,
    DEPTH, //
};
use super::naming::{
    pick,
    Name,
    Template, //
};
use super::rules::{
    Class,
    Moved,
    Pattern,
    Rule,
    RuleAction,
    Subject, //
};
use super::settings::{
    self,
    bit,
    Address,
    Settings,
    ROWS, //
};
use crate::uapi::{
    setting,
    Kind, //
};

#[test]
fn a_pattern_stands_for_what_it_should() {
    let cases: [(&str, &str, bool); 16] = [
        ("eth0", "eth0", true),
        ("eth0", "eth1", false),
        ("eth0", "eth", false),
        ("eth", "eth0", false),
        ("*", "", true),
        ("*", "anything", true),
        ("?", "", false),
        ("?", "a", true),
        ("eth?", "eth0", true),
        ("eth?", "eth10", false),
        ("eth*", "eth", true),
        ("*eth", "myeth", true),
        ("e*h*0", "eth0", true),
        ("e*h*0", "eth1", false),
        ("**a**b", "xxaxxbxb", true),
        ("a*?b", "ab", false),
    ];
    for (pattern, text, expected) in cases {
        let pattern = Pattern::new(pattern.as_bytes()).unwrap();
        assert_eq!(
            pattern.matches(text.as_bytes()),
            expected,
            "{pattern:?} {text}"
        );
    }
    assert!(Pattern::new(b"").is_none());
    assert!(Pattern::new(&[b'a'; 31]).is_some());
    assert!(Pattern::new(&[b'a'; 32]).is_none());
    // The worst that there is still ends.
    let stars = Pattern::new(b"*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b").unwrap();
    assert!(!stars.matches(&[b'a'; 127]));
}

#[test]
fn a_rule_matches_in_all_that_it_names() {
    let any = Rule {
        id: 1,
        name: None,
        kind: None,
        class: None,
        action: RuleAction::Return,
        template: None,
        restore: 0,
        moved: Moved::Settings,
    };
    let subject = Subject {
        name: b"eth0",
        kind: b"veth",
        physical: false,
    };
    let name = |text: &str| Pattern::new(text.as_bytes());
    let kind = |text: &str| Name::new(text.as_bytes());
    for (rule, expected) in [
        (any, true),
        (
            Rule {
                name: name("eth*"),
                ..any
            },
            true,
        ),
        (
            Rule {
                name: name("en*"),
                ..any
            },
            false,
        ),
        (
            Rule {
                kind: kind("veth"),
                ..any
            },
            true,
        ),
        (
            Rule {
                kind: kind("vet"),
                ..any
            },
            false,
        ),
        (
            Rule {
                class: Some(Class::Virtual),
                ..any
            },
            true,
        ),
        (
            Rule {
                class: Some(Class::Physical),
                ..any
            },
            false,
        ),
        (
            Rule {
                name: name("eth*"),
                kind: kind("veth"),
                class: Some(Class::Physical),
                ..any
            },
            false,
        ),
    ] {
        assert_eq!(rule.matches(&subject), expected, "{rule:?}");
    }
    let physical = Subject {
        kind: b"",
        physical: true,
        ..subject
    };
    assert!(!Rule {
        kind: kind("veth"),
        ..any
    }
    .matches(&physical));
}

#[test]
fn a_template_has_one_number_and_at_most_one_name() {
    for good in ["%d", "%s_%d", "dev%d", "%d%s", "x%sy%dz"] {
        assert!(Template::new(good.as_bytes()).is_some(), "{good}");
    }
    for bad in [
        "", "eth", "%s", "%d%d", "%s%s%d", "%x%d", "a/%d", "a:%d", "a %d", "a\x0b%d", "%d%", "%",
        // A letter of two bytes, the second of which is a space to the kernel.
        "\u{e0}%d",
    ] {
        assert!(Template::new(bad.as_bytes()).is_none(), "{bad}");
    }
    assert!(Template::new(b"0123456789abc%d").is_some());
    assert!(Template::new(b"0123456789abcd%d").is_none());
    assert!(Template::new(b"%d\0x").is_none());
}

#[test]
fn a_template_makes_names_that_fit() {
    let cases: [(&str, &str, u32, Option<&str>); 6] = [
        ("%s_%d", "eth0", 7, Some("eth0_7")),
        ("dev%d", "eth0", 0, Some("dev0")),
        ("%d%s", "eth0", 12, Some("12eth0")),
        (
            "%s_%d",
            "abcdefghijklmno",
            4294967295,
            Some("abcd_4294967295"),
        ),
        ("0123456789abc%d", "eth0", 10, Some("0123456789abc10")),
        ("0123456789abc%d", "eth0", 100, None),
    ];
    for (template, base, n, expected) in cases {
        let template = Template::new(template.as_bytes()).unwrap();
        // Only the one with this number is free.
        let mut at = 0;
        let got = if n < 128 {
            pick(name(base), &template, |_| {
                at += 1;
                at <= n + 1
            })
        } else {
            template.numbered(&name(base), n)
        };
        assert_eq!(got, expected.map(name), "{template:?} {base} {n}");
    }
}

#[test]
fn a_device_goes_to_its_newest_live_home() {
    let cases: [(&[u64], &[u64], Option<usize>); 6] = [
        (&[], &[7], None),
        (&[7], &[7], Some(0)),
        (&[7], &[], None),
        (&[7, 20], &[7, 20], Some(1)),
        (&[7, 20], &[7], Some(0)),
        (&[7, 20, 30], &[20], Some(1)),
    ];
    for (stack, alive, expected) in cases {
        assert_eq!(
            destination(stack, |cookie| alive.contains(cookie)),
            expected,
            "{stack:?} with {alive:?} alive"
        );
    }
}

#[test]
fn a_full_stack_keeps_the_oldest_and_the_newest_seven() {
    let mut stack: Vec<u64> = Vec::new();
    for cookie in 1..=20 {
        if let Some(at) = evict(&stack, 0, |_| true) {
            stack.remove(at);
        }
        stack.push(cookie);
        assert!(stack.len() <= DEPTH);
        assert_eq!(stack[0], 1);
        assert_eq!(*stack.last().unwrap(), cookie);
    }
    assert_eq!(stack, [1, 14, 15, 16, 17, 18, 19, 20]);
}

#[test]
fn the_initial_home_never_gives_way() {
    for place in 0..DEPTH {
        let mut stack: Vec<u64> = (1..=8).collect();
        stack[place] = 99;
        for of_tenant in [false, true] {
            let at = evict(&stack, 99, |_| of_tenant).unwrap();
            assert_eq!(at, if place == 1 { 2 } else { 1 });
        }
        // Nor if it were a tenant's, and no other is.
        let at = evict(&stack, 99, |at| at == place).unwrap();
        assert_eq!(at, if place == 1 { 2 } else { 1 });
    }
    assert_eq!(evict(&[1, 2, 3, 4, 5, 6, 7], 99, |_| true), None);
}

#[test]
fn what_a_tenant_made_gives_way_before_what_an_administrator_made() {
    let stack: Vec<u64> = (1..=8).collect();
    let cases: [(&[usize], usize); 6] = [
        (&[], 1),
        (&[1, 2, 3, 4, 5, 6, 7], 1),
        (&[2, 3, 4, 5, 6, 7], 2),
        (&[7], 7),
        // The oldest stays, whoever made it.
        (&[0], 1),
        (&[0, 3, 5], 3),
    ];
    for (tenants, expected) in cases {
        let at = evict(&stack, 99, |at| tenants.contains(&at));
        assert_eq!(at, Some(expected), "{tenants:?}");
    }
}

#[test]
fn an_arrival_at_a_home_pops_down_to_below_it() {
    let all = |_: &u64| true;
    let none = |_: &u64| false;
    let back = |keep, entry| Arrival::Back { keep, entry };

    assert_eq!(arrive(&[], 7, true, false, all), Arrival::Away);
    assert_eq!(arrive(&[7], 7, true, false, all), back(0, 0));
    assert_eq!(arrive(&[7, 20, 30], 20, false, false, all), back(1, 1));
    assert_eq!(arrive(&[7, 20, 30], 7, true, false, all), back(0, 0));
    assert_eq!(arrive(&[7, 20], 30, false, false, all), Arrival::Away);
    // The last resort: home with what is known of the oldest.
    assert_eq!(arrive(&[20, 30], 7, true, false, none), back(0, 0));
    // Not while a home is alive, and not in any other namespace.
    assert_eq!(
        arrive(&[20, 30], 7, true, false, |&c| c == 20),
        Arrival::Away
    );
    assert_eq!(arrive(&[20, 30], 40, false, false, none), Arrival::Away);
    assert_eq!(arrive(&[], 7, true, false, none), Arrival::Away);
    // Sent there by a rule, though another home is alive.
    assert_eq!(arrive(&[20, 30], 7, true, true, all), back(0, 0));
    assert_eq!(arrive(&[20, 7, 30], 7, true, true, all), back(1, 1));
    assert_eq!(arrive(&[20, 30], 40, false, true, all), Arrival::Away);
}

fn name(text: &str) -> Name {
    Name::new(text.as_bytes()).unwrap()
}

#[test]
fn a_name_has_1_to_15_bytes() {
    assert!(Name::new(b"").is_none());
    assert!(Name::new(b"\0eth0").is_none());
    assert_eq!(Name::new(b"e").unwrap().as_bytes(), b"e");
    assert_eq!(Name::new(b"eth0\0garbage").unwrap().as_bytes(), b"eth0");
    assert_eq!(Name::new(&[b'x'; 15]).unwrap().as_bytes(), [b'x'; 15]);
    assert!(Name::new(&[b'x'; 16]).is_none());
    assert_eq!(
        name("eth0").as_bytes_with_nul(),
        b"eth0\0\0\0\0\0\0\0\0\0\0\0\0"
    );
}

#[test]
fn a_device_has_no_name_that_the_kernel_refuses() {
    for good in ["eth0", "...", "a*b", "\u{e4}"] {
        assert_eq!(Name::of_device(good.as_bytes()), Some(name(good)));
    }
    for bad in [
        "", ".", "..", "a/b", "a:b", "a b", "a\x0bb", "a%d", "\u{e0}", "a\0b",
    ] {
        assert!(Name::of_device(bad.as_bytes()).is_none(), "{bad}");
    }
}

#[test]
fn only_two_names_are_refused_by_ip() {
    assert!(name("all").is_refused_by_ip() && name("default").is_refused_by_ip());
    assert!(!name("al").is_refused_by_ip() && !name("all0").is_refused_by_ip());
    assert_eq!(Name::PASSING, name("dev%d"));
}

#[test]
fn a_taken_name_gets_the_lowest_free_number() {
    let cases: [(&str, &[&str], &str); 6] = [
        ("eth0", &[], "eth0"),
        ("eth0", &["eth1"], "eth0"),
        ("eth0", &["eth0"], "eth0_0"),
        ("eth0", &["eth0", "eth0_0", "eth0_2"], "eth0_1"),
        ("abcdefghijklmno", &["abcdefghijklmno"], "abcdefghijklm_0"),
        ("abcdefghijklm", &["abcdefghijklm"], "abcdefghijklm_0"),
    ];
    for (wanted, taken, expected) in cases {
        let got = pick(name(wanted), &Template::DEFAULT, |n| {
            taken.iter().any(|t| t.as_bytes() == n.as_bytes())
        });
        assert_eq!(got, Some(name(expected)), "{wanted} with {taken:?} taken");
    }
}

#[test]
fn a_numbered_name_fits_however_many_digits_it_takes() {
    let mut tried = 0u32;
    let got = pick(name("abcdefghijklmno"), &Template::DEFAULT, |n| {
        tried += 1;
        assert!(n.as_bytes().len() <= 15);
        tried <= 1 + 127
    });
    assert_eq!(got, Some(name("abcdefghijk_127")));
}

#[test]
fn no_name_is_left_when_all_are_taken() {
    assert_eq!(pick(name("eth0"), &Template::DEFAULT, |_| true), None);
}

/// Another one than `settings` has.
fn other(settings: &Settings, id: u32) -> Option<Settings> {
    let mut other = *settings;
    match setting::ALL[id as usize].kind {
        Kind::Number(most) => other.set_number(id, most - settings.number(id)),
        Kind::Switch => other.set_number(id, 1 - settings.number(id)),
        Kind::Address => {
            let byte = settings.address(id).first().map_or(7, |byte| byte ^ 1);
            other.set_address(id, &[byte; 6]);
        }
        Kind::Text(_) | Kind::Texts(_) | Kind::Numbers(_) | Kind::Apart => return None,
    }
    Some(other)
}

#[test]
fn each_setting_that_differs_has_its_bit_and_no_other() {
    let mut home = Settings::default();
    for row in ROWS.iter().filter(|row| row.setting.id % 3 == 0) {
        home = other(&home, row.setting.id).unwrap_or(home);
    }
    assert_eq!(home.differing(&home), 0);
    let mut changed = 0;
    for row in &ROWS {
        let id = row.setting.id;
        // Whose program it is, its value does not say.
        let Some(now) = other(&home, id).filter(|_| id != setting::XDP) else {
            continue;
        };
        assert_eq!(
            home.differing(&now),
            bit(row.setting.whole),
            "{}",
            row.setting.name
        );
        for same in ROWS.iter().filter(|same| same.setting.id != id) {
            assert!(
                !home.differs(&now, same.setting.id),
                "{}",
                same.setting.name
            );
        }
        // And back again.
        assert_eq!(
            other(&now, id).map(|back| back.number(id)),
            Some(home.number(id))
        );
        changed += 1;
    }
    assert!(changed > 20, "{changed}");
    let mut shorter = home;
    shorter.set_address(setting::ADDRESS, &[0; 5]);
    assert_eq!(home.differing(&shorter), bit(setting::ADDRESS));
}

#[test]
fn a_part_of_a_setting_has_the_bit_of_the_whole() {
    assert_eq!(bit(setting::ADDR_ASSIGN_TYPE), bit(setting::ADDRESS));
    assert_eq!(bit(setting::PROTO_DOWN_REASON), bit(setting::PROTO_DOWN));
    assert_eq!(settings::ALL & 1 << setting::ADDR_ASSIGN_TYPE, 0);
    assert_eq!(settings::ALL & 0b111, 0b111);
    let by_rule_only = bit(setting::UP) | bit(setting::ADDRESSES) | bit(setting::ROUTES);
    assert_eq!(settings::DEFAULT, settings::ALL & !by_rule_only);
}

#[test]
fn what_only_a_device_that_is_up_can_have_is_put_back_together_with_up_only() {
    let in_force = settings::in_force(settings::ALL & !bit(setting::UP));
    assert_eq!(in_force & settings::WITH_UP, 0);
    assert_eq!(
        in_force | settings::WITH_UP | bit(setting::UP),
        settings::ALL
    );
    assert_eq!(settings::in_force(settings::ALL), settings::ALL);
    for id in [setting::ADDRESSES, setting::IPV4_CONF, setting::IPV6_TOKEN] {
        assert_ne!(settings::WITH_UP & bit(id), 0, "{id}");
    }
}

#[test]
fn what_the_kernel_changes_along_with_a_setting_follows_it() {
    let with = settings::with_followers;
    let both = bit(setting::GSO_MAX_SIZE) | bit(setting::GSO_IPV4_MAX_SIZE);
    assert_eq!(with(bit(setting::GSO_MAX_SIZE)), both);
    assert_eq!(
        with(bit(setting::GSO_IPV4_MAX_SIZE)),
        bit(setting::GSO_IPV4_MAX_SIZE)
    );
    assert_eq!(with(bit(setting::MTU)), bit(setting::MTU));
}

#[test]
fn whether_there_is_an_xdp_program_does_not_say_whose_it_is() {
    let mut with = Settings::default();
    with.set_number(setting::XDP, 1);
    assert_eq!(with.differing(&Settings::default()), 0);
    assert_eq!(Settings::default().differing(&with), 0);
}

#[test]
fn what_a_device_lacked_is_no_difference_and_what_it_lacks_now_is() {
    let (mut has, mut lacks) = (Settings::default(), Settings::default());
    has.set_number(setting::VF_QOS, 0);
    lacks.lack(setting::VF_QOS);
    assert_eq!(lacks.differing(&has), 0);
    assert_eq!(has.differing(&lacks), bit(setting::VF_VLAN));
    lacks.set_number(setting::VF_QOS, 0);
    assert_eq!(has.differing(&lacks), 0);
    let of_vf = ROWS
        .iter()
        .filter(|row| row.setting.name.starts_with("vf-"));
    let bits = of_vf.fold(0, |bits, row| bits | row.bit());
    assert_eq!(settings::OF_PF, bits);
}

#[test]
fn an_address_has_at_most_32_bytes() {
    assert_eq!(Address::from_slice(&[]).as_bytes(), []);
    assert_eq!(Address::from_slice(&[7; 32]).as_bytes(), [7; 32]);
    assert_eq!(Address::from_slice(&[7; 255]).as_bytes(), [7; 32]);
}
