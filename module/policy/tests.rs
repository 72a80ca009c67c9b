// SPDX-License-Identifier: GPL-2.0-only

//! Boundary tables of the policy core; run on the host.

use super::fate::{
    decide,
    Action,
    Facts,
    Reason, //
};
use super::home::{
    arrive,
    destination,
    evict,
    Arrival,
    DEPTH, //
};
use super::naming::{
    pick,
    Name, //
};
use super::settings::{
    Address,
    Settings,
    NUMBERS,
    SWITCHES, //
};
use crate::uapi::setting;

#[test]
fn the_first_reason_that_applies_decides_the_fate() {
    // Every combination of the four facts, by the highest that is set.
    for bits in 0..16u8 {
        let facts = Facts {
            initial: bits & 8 != 0,
            immovable: bits & 4 != 0,
            devlink: bits & 2 != 0,
            physical: bits & 1 != 0,
        };
        let expected = match bits {
            8..=15 => (Action::Stay, Reason::Initial),
            4..=7 => (Action::Kernel, Reason::Immovable),
            2..=3 => (Action::Kernel, Reason::Devlink),
            1 => (Action::Return, Reason::Physical),
            _ => (Action::Kernel, Reason::Virtual),
        };
        assert_eq!(decide(facts), expected, "{facts:?}");
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
        if let Some(at) = evict(stack.len()) {
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
fn an_arrival_at_a_home_pops_down_to_below_it() {
    let all = |_: &u64| true;
    let none = |_: &u64| false;
    let back = |keep, entry| Arrival::Back { keep, entry };

    assert_eq!(arrive(&[], 7, true, all), Arrival::Away);
    assert_eq!(arrive(&[7], 7, true, all), back(0, 0));
    assert_eq!(arrive(&[7, 20, 30], 20, false, all), back(1, 1));
    assert_eq!(arrive(&[7, 20, 30], 7, true, all), back(0, 0));
    assert_eq!(arrive(&[7, 20], 30, false, all), Arrival::Away);
    // The last resort: home with what is known of the oldest.
    assert_eq!(arrive(&[20, 30], 7, true, none), back(0, 0));
    // Not while a home is alive, and not in any other namespace.
    assert_eq!(arrive(&[20, 30], 7, true, |&c| c == 20), Arrival::Away);
    assert_eq!(arrive(&[20, 30], 40, false, none), Arrival::Away);
    assert_eq!(arrive(&[], 7, true, none), Arrival::Away);
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
        let got = pick(name(wanted), |n| {
            taken.iter().any(|t| t.as_bytes() == n.as_bytes())
        });
        assert_eq!(got, Some(name(expected)), "{wanted} with {taken:?} taken");
    }
}

#[test]
fn a_numbered_name_fits_however_many_digits_it_takes() {
    let mut tried = 0u32;
    let got = pick(name("abcdefghijklmno"), |n| {
        tried += 1;
        assert!(n.as_bytes().len() <= 15);
        tried <= 1 + 127
    });
    assert_eq!(got, Some(name("abcdefghijk_127")));
}

#[test]
fn no_name_is_left_when_all_are_taken() {
    assert_eq!(pick(name("eth0"), |_| true), None);
}

#[test]
fn each_setting_that_differs_has_its_bit_and_no_other() {
    let home = Settings {
        mtu: 1,
        txqlen: 2,
        group: 3,
        gso_max_size: 4,
        gso_max_segs: 5,
        gro_max_size: 6,
        gso_ipv4_max_size: 7,
        gro_ipv4_max_size: 8,
        switches: setting::MULTICAST,
        address: Address::new(&[1; 32], 6),
    };
    assert_eq!(home.differing(&home), 0);

    for bit in NUMBERS {
        let mut now = home;
        for (field, own) in [
            (&mut now.mtu, setting::MTU),
            (&mut now.txqlen, setting::TXQLEN),
            (&mut now.group, setting::GROUP),
            (&mut now.gso_max_size, setting::GSO_MAX_SIZE),
            (&mut now.gso_max_segs, setting::GSO_MAX_SEGS),
            (&mut now.gro_max_size, setting::GRO_MAX_SIZE),
            (&mut now.gso_ipv4_max_size, setting::GSO_IPV4_MAX_SIZE),
            (&mut now.gro_ipv4_max_size, setting::GRO_IPV4_MAX_SIZE),
        ] {
            if own == bit {
                *field += 100;
            }
        }
        assert_eq!(home.differing(&now), bit);
        assert_eq!(now.number(bit), home.number(bit) + 100);
    }
    for bit in (0..32).map(|n| 1 << n).filter(|bit| SWITCHES & bit != 0) {
        let mut now = home;
        now.switches ^= bit;
        assert_eq!(home.differing(&now), bit);
    }
    for address in [Address::new(&[2; 32], 6), Address::new(&[1; 32], 5)] {
        assert_eq!(
            home.differing(&Settings { address, ..home }),
            setting::ADDRESS
        );
    }
}

#[test]
fn a_lost_xdp_program_is_not_a_difference() {
    let with = Settings {
        switches: setting::XDP,
        ..Settings::default()
    };
    assert_eq!(with.differing(&Settings::default()), 0);
    assert_eq!(Settings::default().differing(&with), setting::XDP);
}

#[test]
fn an_address_has_at_most_32_bytes() {
    assert_eq!(Address::new(&[7; 32], 0).as_bytes(), []);
    assert_eq!(Address::new(&[7; 32], 32).as_bytes(), [7; 32]);
    assert_eq!(Address::new(&[7; 32], 255).as_bytes(), [7; 32]);
    // What is behind the address does not matter.
    assert_eq!(Address::new(&[7; 32], 6), {
        let mut bytes = [0; 32];
        bytes[..6].fill(7);
        Address::new(&bytes, 6)
    });
}
