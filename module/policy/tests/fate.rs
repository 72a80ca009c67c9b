// SPDX-License-Identifier: GPL-2.0-only

//! Boundary tables of the decision about a device.

use super::super::fate::{
    decide,
    follows_lower,
    is_destroyed,
    moved,
    restored_on_move,
    tie,
    Action,
    Facts,
    Mark,
    Reason,
    Tie, //
};
use super::super::home::{
    homes,
    Homes, //
};
use super::super::rules::{
    Moved,
    Rule,
    RuleAction, //
};
use super::super::settings::{
    bit,
    DEFAULT,
    WITH_UP, //
};
use crate::uapi::setting;

#[test]
fn the_first_reason_that_applies_decides_the_fate() {
    let marks = [Mark::None, Mark::Keep, Mark::Release];
    let rules = [
        None,
        Some(RuleAction::Return),
        Some(RuleAction::Initial),
        Some(RuleAction::Kernel),
    ];
    // Every combination of all facts.
    for bits in 0..128u8 {
        for (mark, rule, homes) in of_each(&marks, &rules, &HOMES) {
            let facts = Facts {
                initial: bits & 64 != 0,
                wiphy: bits & 32 != 0,
                immovable: bits & 16 != 0,
                devlink: bits & 8 != 0,
                tunnel: bits & 4 != 0,
                link: bits & 2 != 0,
                physical: bits & 1 != 0,
                homes,
                mark,
                rule,
            };
            let wish = match (mark, rule) {
                (Mark::Keep, _) => (Action::Return, Reason::Mark),
                (Mark::Release, _) => (Action::Kernel, Reason::Mark),
                (_, Some(RuleAction::Kernel)) => (Action::Kernel, Reason::Rule),
                (_, Some(RuleAction::Return)) if facts.physical || homes != Homes::None => {
                    (Action::Return, Reason::Rule)
                }
                (_, Some(RuleAction::Initial)) if facts.physical || homes == Homes::Initial => {
                    (Action::Initial, Reason::Rule)
                }
                (_, Some(_)) => (Action::Kernel, Reason::NoHome),
                _ if facts.physical => (Action::Return, Reason::Physical),
                _ => (Action::Kernel, Reason::Virtual),
            };
            let expected = match bits {
                64.. => (Action::Stay, Reason::Initial),
                32.. if matches!(wish, (Action::Kernel, Reason::Mark | Reason::Rule)) => wish,
                32.. => (Action::Wiphy, Reason::Wiphy),
                16.. => (Action::Kernel, Reason::Immovable),
                8.. => (Action::Kernel, Reason::Devlink),
                4.. => (Action::Kernel, Reason::Tunnel),
                2.. if wish.0 != Action::Kernel => (Action::Kernel, Reason::Link),
                _ => wish,
            };
            assert_eq!(decide(facts), expected, "{facts:?}");
        }
    }
}

const HOMES: [Homes; 3] = [Homes::None, Homes::Others, Homes::Initial];

/// All triples of one of each.
fn of_each<'a, A: Copy, B: Copy, C: Copy>(
    first: &'a [A],
    second: &'a [B],
    third: &'a [C],
) -> impl Iterator<Item = (A, B, C)> + 'a {
    let pairs = first
        .iter()
        .flat_map(|&a| second.iter().map(move |&b| (a, b)));
    pairs.flat_map(|(a, b)| third.iter().map(move |&c| (a, b, c)))
}

#[test]
fn what_is_left_to_the_kernel_is_destroyed_unless_the_kernel_moves_it() {
    let kernel = |reason| (Action::Kernel, reason);
    for reason in [Reason::Mark, Reason::Rule] {
        assert!(!is_destroyed(kernel(reason), true));
        assert!(is_destroyed(kernel(reason), false));
    }
    for reason in [Reason::Immovable, Reason::Devlink, Reason::Tunnel] {
        assert!(is_destroyed(kernel(reason), true));
    }
    for action in [Action::Return, Action::Initial, Action::Wiphy, Action::Stay] {
        assert!(!is_destroyed((action, Reason::Rule), false));
    }
}

#[test]
fn the_homes_that_count_are_those_that_live_and_the_initial_one_does() {
    assert_eq!(homes(&[], 7, false), Homes::None);
    assert_eq!(homes(&[20, 30], 7, false), Homes::None);
    assert_eq!(homes(&[20, 30], 7, true), Homes::Others);
    assert_eq!(homes(&[20, 7, 30], 7, true), Homes::Initial);
    assert_eq!(homes(&[7], 7, true), Homes::Initial);
}

#[test]
fn numbers_of_the_protocol_come_back_as_what_they_were() {
    for mark in [Mark::None, Mark::Keep, Mark::Release] {
        assert_eq!(Mark::new(mark.uapi()), Some(mark));
    }
    for action in [RuleAction::Return, RuleAction::Initial, RuleAction::Kernel] {
        assert_eq!(RuleAction::new(action.uapi()), Some(action));
    }
    for unknown in [0, 4, u32::MAX] {
        assert_eq!(Mark::new(unknown), None);
        assert_eq!(RuleAction::new(unknown), None);
    }
}

#[test]
fn ties_are_known_by_the_kind() {
    for kind in ["gre", "ipip", "vxlan", "xfrm", "sit", "ip6tnl", "erspan"] {
        assert_eq!(tie(kind.as_bytes()), Tie::LinkNet, "{kind}");
    }
    for kind in ["bareudp", "geneve", "gtp", "l2tpeth", "openvswitch", "pfcp"] {
        assert_eq!(tie(kind.as_bytes()), Tie::Birthplace, "{kind}");
    }
    for kind in [
        "",
        "veth",
        "vlan",
        "macvlan",
        "wireguard",
        "dummy",
        "ovpn",
        "vx",
    ] {
        assert_eq!(tie(kind.as_bytes()), Tie::None, "{kind}");
    }
    assert!(follows_lower(b"vlan") && follows_lower(b"macvtap"));
    assert!(!follows_lower(b"macsec") && !follows_lower(b"rmnet"));
}

#[test]
fn what_somebody_else_brings_home_gets_what_its_mark_and_its_rule_say() {
    let few = bit(setting::MTU) | bit(setting::NAME) | bit(setting::UP);
    let rule = |action, moved| Rule {
        id: 1,
        name: None,
        kind: None,
        class: None,
        action,
        template: None,
        restore: few,
        moved,
    };
    let restored = |physical, mark, rule: Option<Rule>| {
        let rule = rule.as_ref();
        restored_on_move(moved(physical, mark, rule), rule)
    };
    let own = bit(setting::NAME) | bit(setting::UP) | WITH_UP;
    for mark in [Mark::None, Mark::Keep] {
        assert_eq!(restored(true, mark, None), DEFAULT & !own);
        for action in [RuleAction::Return, RuleAction::Initial] {
            for (moved, restore) in [
                (Moved::Leave, 0),
                (Moved::Settings, bit(setting::MTU)),
                (Moved::All, few),
            ] {
                let rule = rule(action, moved);
                assert_eq!(restored(true, mark, Some(rule)), restore);
                assert_eq!(restored(true, Mark::Release, Some(rule)), 0);
                assert_eq!(restored(false, mark, Some(rule)), 0);
            }
        }
    }
    // A mark is about this very device, whatever a rule leaves to the kernel.
    let left = rule(RuleAction::Kernel, Moved::Leave);
    assert_eq!(restored(true, Mark::None, Some(left)), 0);
    assert_eq!(restored(true, Mark::Keep, Some(left)), bit(setting::MTU));
}
