// SPDX-License-Identifier: GPL-2.0-only

//! What holds of every file of a state.

use homeward_client::model::{setting, Address, Kind, LinkAddress, Value};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, Index};

use super::*;

prop_compose! {
    fn address()(
        v6 in any::<bool>(),
        bytes in any::<u128>(),
        peer in of(any::<u32>()),
        (prefix, scope, flags, metric) in any::<(u8, u8, u32, u32)>(),
        label in of(".{0,15}"),
        (protocol, preferred_until) in any::<(u8, Option<u64>)>(),
    ) -> Address {
        let local = match v6 {
            true => std::net::Ipv6Addr::from(bytes).into(),
            false => std::net::Ipv4Addr::from(bytes as u32).into(),
        };
        let peer = peer.map(|peer| std::net::Ipv4Addr::from(peer).into());
        Address {
            local, peer, prefix, scope, flags, label, broadcast: None, metric, protocol, preferred_until,
        }
    }
}

/// How a setting may be: as it is, and if nobody knows it, in any way.
fn setting() -> impl Strategy<Value = (u32, Value)> {
    let number = || any::<u64>().prop_map(Value::Number);
    let address = || vec(any::<u8>(), 0..32).prop_map(Value::Address);
    let texts = || vec(".{0,20}", 0..4).prop_map(Value::Texts);
    let numbers = || vec(any::<u32>(), 1..30).prop_map(Value::Numbers);
    let known = (0..setting::ALL.len()).prop_flat_map(move |at| {
        let value = match setting::ALL[at].kind {
            Kind::Number(_) | Kind::Switch | Kind::Apart => number().boxed(),
            Kind::Address => address().boxed(),
            Kind::Text(_) | Kind::Texts(_) => texts().boxed(),
            Kind::Numbers(_) => numbers().boxed(),
        };
        (Just(setting::ALL[at].id), value)
    });
    let unknown = (
        100u32..,
        prop_oneof![number(), address(), texts(), numbers()],
    );
    prop_oneof![3 => known, 1 => unknown]
}

prop_compose! {
    fn home()(
        namespace in any::<u64>(),
        name in of(".{1,15}"),
        settings in vec(setting(), 0..40),
        (xdp_programs, xdp_links) in (vec(any::<u32>(), 0..3), vec(any::<u32>(), 0..3)),
        (tcx_programs, tcx_links) in (vec(any::<u32>(), 0..3), vec(any::<u32>(), 0..3)),
        addresses in vec(address(), 0..4),
        [addresses_expiring, addresses_surplus, addresses_lost, addresses_in_vrf] in any::<[u32; 4]>(),
        altnames_surplus in any::<bool>(),
        steering in of(vec(any::<u32>(), 0..9)),
        routes in vec(vec(any::<u8>(), 1..70), 0..4),
        [routes_unsupported, routes_surplus, routes_lost] in any::<[u32; 3]>(),
        own in of(vec(any::<u8>(), 1..33)),
    ) -> Home {
        Home {
            namespace,
            alive: false,
            name,
            settings: settings.into_iter().collect(),
            addresses,
            xdp_programs,
            xdp_links,
            tcx_programs,
            tcx_links,
            addresses_expiring,
            addresses_surplus,
            addresses_lost,
            addresses_in_vrf,
            altnames_surplus, steering, routes, routes_unsupported, routes_surplus, routes_lost,
            permanent_address: own.map(LinkAddress),
        }
    }
}

prop_compose! {
    fn any_rule()(
        (id, action, moved, restore, hits) in any::<(u32, u32, u32, u64, u64)>(),
        (name, kind, template) in (of(".{1,31}"), of(".{1,15}"), of(".{1,15}")),
        class in of(any::<u32>()),
        home in home(),
    ) -> Rule {
        Rule {
            id,
            name,
            kind,
            class: class.map(RuleClass::from),
            action: action.into(),
            template,
            restore: restore.into(),
            moved: moved.into(),
            hits,
            set: home.settings,
        }
    }
}

prop_compose! {
    fn any_device()(
        homes in vec(home(), 0..8),
        mark in 1..5u32,
        home_name in of(".{1,15}"),
        baseline in of(home()),
    ) -> Device {
        Device { homes, mark: mark.into(), home_name, baseline, ..device() }
    }
}

/// Whatever a file says, what comes of it is a refusal or something to put back.
fn check(text: &str) -> Result<(), TestCaseError> {
    if let Ok(state) = State::parse(text) {
        let again = state.render().expect("text");
        prop_assert_eq!(State::parse(&again), Ok(state.clone()));
        for saved in &state.devices {
            let _ = (
                saved.differs(&device()),
                saved.change(&device()),
                saved.outdated(&away()),
            );
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn homes_come_back_as_they_were(homes in vec(home(), 1..8)) {
        let device = Device { homes: homes.clone(), ..device() };
        let text = state(&[device]).render().expect("text");
        let saved = State::parse(&text).expect("a state").devices.remove(0);
        let change = saved.change(&super::device()).expect("a change");
        prop_assert_eq!(change.homes, Some(homes));
    }

    #[test]
    fn a_state_is_read_as_it_was_written(
        rules in vec(any_rule(), 0..6),
        devices in vec(any_device(), 0..4),
        boot in ".{0,40}",
    ) {
        let state = State::new(boot, &rules, &devices);
        let read = State::parse(&state.render().expect("text")).expect("a state");
        prop_assert!(same_rules(&rules, &read.rules()));
        prop_assert_eq!(&read, &state);
        // And what it would put back leaves nothing to be put back.
        for (saved, now) in read.devices.iter().zip(devices.iter().filter(|device| is_known(device))) {
            prop_assert_eq!(saved.change(now), None);
            prop_assert!(saved.outdated(now).is_empty());
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), depth in 0..3000usize) {
        check(&text)?;
        check(&"[".repeat(depth))?;
        check(&"{\"format\":".repeat(depth))?;
    }

    #[test]
    fn no_spoilt_state_makes_the_reader_panic(
        devices in vec(any_device(), 0..3),
        spoils in vec((any::<Index>(), 0..9usize, select(vec!["", "\"", "{", "}", "[", ",", "null", "-1", "1e999", "9"])), 1..4),
    ) {
        let mut text: Vec<char> = state(&devices).render().expect("text").chars().collect();
        for (at, loses, gains) in spoils {
            let at = at.index(text.len() + 1);
            let end = text.len().min(at + loses);
            text.splice(at..end, gains.chars());
        }
        check(&text.into_iter().collect::<String>())?;
    }
}
