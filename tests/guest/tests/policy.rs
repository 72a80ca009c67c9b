// SPDX-License-Identifier: GPL-2.0-only

//! Marks and rules.

use homeward_client::model::{
    setting, Action, Device, EventKind, Mark, NewRule, Reason, RuleAction, RuleClass, Settings,
};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{
    attach_xdp, client, cookie_of, dies, eventually, exists, ip, ip_fails, load, look, nic_in_red,
    run, Namespace, Netdevsim, Nic,
};

fn mark(ns: &Namespace, name: &str, mark: Mark) -> Device {
    let change = DeviceChange {
        mark: Some(mark),
        ..DeviceChange::default()
    };
    client()
        .set_device(ns.cookie(), Which::Name(name), &change)
        .expect("a mark")
}

#[track_caller]
fn fate(ns: &Namespace, name: &str) -> (Action, Reason) {
    let device = client()
        .device_by_name(ns.cookie(), name)
        .expect("a device");
    let fate = device.fate.expect("a fate");
    (fate.action, fate.reason)
}

#[track_caller]
fn add_rule(rule: NewRule) -> u32 {
    client().add_rule(&rule).expect("a rule").id
}

#[test]
fn a_mark_is_shown_and_taken_back_and_goes_along() {
    load();
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    ip("link add dum0 type dummy");
    ip("link set dum0 netns red");
    assert_eq!(fate(&red, "dum0"), (Action::Kernel, Reason::Virtual));
    assert_eq!(mark(&red, "dum0", Mark::Keep).mark, Mark::Keep);
    assert_eq!(fate(&red, "dum0"), (Action::Return, Reason::Mark));
    red.ip("link set dum0 netns blue");
    assert_eq!(fate(&blue, "dum0"), (Action::Return, Reason::Mark));
    assert_eq!(mark(&blue, "dum0", Mark::None).mark, Mark::None);
    assert_eq!(fate(&blue, "dum0"), (Action::Kernel, Reason::Virtual));
}

#[test]
fn a_kept_dummy_comes_home_and_a_released_nic_is_left_to_the_kernel() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    ip("link add dum0 type dummy");
    let before = look(ip, "dum0");
    ip("link set dum0 netns red");
    ip("link set sim0 netns red");
    red.ip("link set dum0 name inside mtu 1400");
    red.ip("link set sim0 name ct0 mtu 1400");
    mark(&red, "inside", Mark::Keep);
    mark(&red, "ct0", Mark::Release);
    dies(red);
    assert_eq!(look(ip, "dum0"), before);
    assert!(ip("link show ct0").contains("mtu 1400"));
    ip("link del dum0");
}

#[test]
fn a_kept_veth_end_comes_home_and_carries_traffic() {
    load();
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    ip("link add here type veth peer name there netns blue");
    ip("link set here netns red");
    mark(&red, "here", Mark::Keep);
    dies(red);
    ip("address add 192.0.2.1/24 dev here");
    ip("link set here up");
    blue.ip("address add 192.0.2.2/24 dev there");
    blue.ip("link set there up");
    ip("netns exec blue ping -c 1 -W 5 192.0.2.1");
    ip("link del here");
}

#[test]
fn a_kept_vlan_and_macvlan_whose_lower_device_is_elsewhere_still_carry_frames() {
    load();
    let (near, far) = (
        Nic::with_mac("52:54:00:12:34:01"),
        Nic::with_mac("52:54:00:12:34:02"),
    );
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    let (near, far) = (near.name(), far.name());
    ip(&format!("link add vlan5 link {near} type vlan id 5"));
    ip(&format!(
        "link add mac0 link {near} type macvlan mode bridge"
    ));
    ip(&format!("link set {far} netns blue"));
    blue.ip(&format!("link add vlan5 link {far} type vlan id 5"));
    for device in ["vlan5", "mac0"] {
        ip(&format!("link set {device} netns red"));
        mark(&red, device, Mark::Keep);
    }
    dies(red);
    for link in [near, "vlan5", "mac0"] {
        ip(&format!("link set {link} up"));
    }
    blue.ip(&format!("link set {far} up"));
    blue.ip("link set vlan5 up");
    ip("address add 192.0.2.1/24 dev vlan5");
    blue.ip("address add 192.0.2.2/24 dev vlan5");
    ip("address add 198.51.100.1/24 dev mac0");
    blue.ip(&format!("address add 198.51.100.2/24 dev {far}"));
    ip("netns exec blue ping -c 1 -W 5 192.0.2.1");
    ip("netns exec blue ping -c 1 -W 5 198.51.100.1");
    ip("link del vlan5");
    ip("link del mac0");
    ip(&format!("link set {near} down"));
    dies(blue);
}

#[test]
fn a_kept_wireguard_comes_home_and_passes_traffic_again_once_up() {
    load();
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    ip("link add under0 type veth peer name under1 netns blue");
    ip("address add 198.51.100.1/24 dev under0");
    ip("link set under0 up");
    blue.ip("address add 198.51.100.2/24 dev under1");
    blue.ip("link set under1 up");
    ip("link add wg0 type wireguard");
    blue.ip("link add wg0 type wireguard");
    let script = "set -e; umask 077; cd /tmp; \
        wg genkey >a; wg genkey >b; \
        wg set wg0 listen-port 1000 private-key a peer $(wg pubkey <b) \
            allowed-ips 192.0.2.2/32 endpoint 198.51.100.2:2000; \
        ip netns exec blue wg set wg0 listen-port 2000 private-key b peer $(wg pubkey <a) \
            allowed-ips 192.0.2.1/32 endpoint 198.51.100.1:1000";
    run("bash", &["-c", script]);
    blue.ip("address add 192.0.2.2/24 dev wg0");
    blue.ip("link set wg0 up");

    ip("link set wg0 netns red");
    red.ip("link set wg0 name inside");
    mark(&red, "inside", Mark::Keep);
    dies(red);
    ip("address add 192.0.2.1/24 dev wg0");
    ip("link set wg0 up");
    ip("netns exec blue ping -c 1 -W 10 192.0.2.1");
    ip("link del wg0");
    ip("link del under0");
}

#[test]
fn a_tunnel_that_cannot_be_rescued_says_so_before() {
    load();
    let red = Namespace::add("red");
    red.ip("link add vx0 type vxlan id 5 dstport 4789 remote 192.0.2.9");
    red.ip("link add gre9 type gre local 192.0.2.1 remote 192.0.2.2");
    red.ip("link add ipip9 type ipip local 192.0.2.1 remote 192.0.2.2");
    for name in ["vx0", "gre9", "ipip9"] {
        mark(&red, name, Mark::Keep);
        assert_eq!(fate(&red, name), (Action::Kernel, Reason::Tunnel), "{name}");
    }
    // One whose packets travel elsewhere is not lost.
    ip("link add vx9 type vxlan id 9 dstport 4790 remote 192.0.2.9");
    ip("link set vx9 netns red");
    mark(&red, "vx9", Mark::Keep);
    assert_eq!(fate(&red, "vx9"), (Action::Return, Reason::Mark));
    dies(red);
    for name in ["vx0", "gre9", "ipip9"] {
        ip_fails(&format!("link show {name}"));
    }
    ip("link del vx9");
}

#[test]
fn the_first_rule_that_matches_decides() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    ip("link add dum0 type dummy");
    ip("link set dum0 netns red");
    ip("link set sim0 netns red");
    // Renaming inside does not matter: the name at home is what counts.
    red.ip("link set dum0 name anything");
    let last = add_rule(NewRule {
        name: Some("d?m*".into()),
        action: RuleAction::Return,
        ..NewRule::default()
    });
    assert_eq!(fate(&red, "anything"), (Action::Return, Reason::Rule));
    let first = add_rule(NewRule {
        before: Some(last),
        kind: Some("dummy".into()),
        action: RuleAction::Kernel,
        ..NewRule::default()
    });
    assert_eq!(fate(&red, "anything"), (Action::Kernel, Reason::Rule));
    let ids: Vec<_> = client()
        .rules()
        .expect("rules")
        .iter()
        .map(|rule| rule.id)
        .collect();
    assert_eq!(ids, [first, last]);
    // A mark comes before any rule.
    mark(&red, "anything", Mark::Keep);
    assert_eq!(fate(&red, "anything"), (Action::Return, Reason::Mark));
    mark(&red, "anything", Mark::None);
    client().delete_rule(first).expect("deleted");
    add_rule(NewRule {
        class: Some(RuleClass::Physical),
        action: RuleAction::Kernel,
        ..NewRule::default()
    });
    assert_eq!(fate(&red, "sim0"), (Action::Kernel, Reason::Rule));
    dies(red);
    assert!(exists("dum0"));
    assert_eq!(client().rule(last).expect("the rule").hits, 1);
    client().flush_rules().expect("flushed");
    assert!(client().rules().expect("rules").is_empty());
    ip("link del dum0");
}

#[test]
fn a_rule_sends_to_the_initial_namespace_past_a_live_home() {
    let (_sim, red, before) = nic_in_red();
    let blue = Namespace::add("blue");
    red.ip("link set sim0 name red0 mtu 1300");
    red.ip("link set red0 netns blue");
    add_rule(NewRule {
        action: RuleAction::Init,
        ..NewRule::default()
    });
    let device = client()
        .device_by_name(blue.cookie(), "red0")
        .expect("red0");
    assert_eq!(device.fate.expect("a fate").destination, Some(cookie_of(1)));
    dies(blue);
    assert_eq!(look(ip, "sim0"), before);
    let device = client().device_by_name(cookie_of(1), "sim0").expect("sim0");
    assert!(device.homes.is_empty());
}

#[test]
fn a_rule_says_how_to_name_and_what_to_put_back() {
    let (_sim, red, _) = nic_in_red();
    red.ip("link set sim0 name ct0 mtu 1400 txqueuelen 77");
    ip("link add sim0 type dummy");
    add_rule(NewRule {
        action: RuleAction::Return,
        template: Some("old%d-%s".into()),
        restore: Some(Settings::of(setting::NAME) | Settings::of(setting::MTU)),
        ..NewRule::default()
    });
    let device = client().device_by_name(red.cookie(), "ct0").expect("ct0");
    assert_eq!(
        device.fate.expect("a fate").name.as_deref(),
        Some("old0-sim0")
    );
    dies(red);
    let link = ip("link show old0-sim0");
    assert!(
        link.contains("mtu 1500") && link.contains("qlen 77"),
        "{link}"
    );
    ip("link del sim0");
}

#[test]
fn a_rule_brings_a_device_up_with_its_addresses() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link set sim0 up");
    ip("address add 192.0.2.1/24 brd + dev sim0 label sim0:x");
    ip("address add 198.51.100.1 peer 198.51.100.2/32 dev sim0");
    ip("address add 2001:db8::1/64 dev sim0 nodad");
    let addresses = || {
        let shown = ip("-d address show dev sim0");
        let mut lines: Vec<String> = shown
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("inet") && !line.contains("fe80"))
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    };
    // Whether there is a carrier yet, and whether the device has taken up a route in its hardware
    // (`nsim_fib_event_work()`, some time later), are other matters.
    let routes = || {
        let shown = ip("route show dev sim0");
        [" linkdown", " rt_trap", " rt_offload"]
            .iter()
            .fold(shown, |text, word| text.replace(word, ""))
    };
    let (before, routes_before) = (addresses(), routes());
    assert_eq!(before.len(), 3, "{before:?}");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    red.ip("address add 203.0.113.1/24 dev sim0");
    add_rule(NewRule {
        action: RuleAction::Return,
        restore: Some(Settings::ALL),
        ..NewRule::default()
    });
    let events = dies(red);
    assert_eq!(addresses(), before);
    assert_eq!(routes(), routes_before);
    let restored = events.iter().find_map(|kind| match kind {
        EventKind::DeviceReturned(_, Some(how)) => Some(how.restored.names()),
        _ => None,
    });
    assert_eq!(restored.expect("a return"), ["up", "addresses"]);
}

#[test]
fn without_a_rule_a_device_comes_home_down_and_without_addresses() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link set sim0 up");
    ip("address add 192.0.2.1/24 dev sim0");
    let red = Namespace::add("red");
    ip("link set sim0 netns red");
    red.ip("link set sim0 up");
    dies(red);
    let shown = ip("address show dev sim0");
    assert!(!shown.contains("inet") && !shown.contains("UP"), "{shown}");
}

#[test]
fn an_xdp_program_attached_inside_is_detached() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    for mode in ["xdpgeneric", "xdpdrv"] {
        let before = look(ip, "sim0");
        let red = Namespace::add("red");
        ip("link set sim0 netns red");
        attach_xdp(&red, "sim0", mode);
        assert!(red.ip("link show sim0").contains("xdp"));
        let events = dies(red);
        let restored = events.iter().find_map(|kind| match kind {
            EventKind::DeviceReturned(_, Some(how)) => Some(how.restored.names()),
            _ => None,
        });
        assert_eq!(restored.expect("a return"), ["xdp"], "{mode}");
        assert_eq!(look(ip, "sim0"), before, "{mode}");
    }
}

#[test]
fn what_was_known_can_be_put_back_after_the_module_was_replaced() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link set sim0 alias mine");
    ip("link property add dev sim0 altname my-nic");
    ip("address add 192.0.2.1/24 dev sim0");
    let before = look(ip, "sim0");
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    ip("link set sim0 netns red");
    red.ip("link set sim0 name red0 mtu 1300");
    red.ip("link set red0 netns blue");
    blue.ip("link set red0 name ct0 mtu 1200 txqueuelen 77");
    let known = client().device_by_name(blue.cookie(), "ct0").expect("ct0");
    assert_eq!(known.homes.len(), 2);

    load();
    let forgotten = client().device_by_name(blue.cookie(), "ct0").expect("ct0");
    assert!(forgotten.homes.is_empty());
    let change = DeviceChange {
        homes: Some(known.homes.clone()),
        home_name: Some(Some("other".into())),
        mark: Some(Mark::Keep),
        ..DeviceChange::default()
    };
    let set = client()
        .set_device(blue.cookie(), Which::Name("ct0"), &change)
        .expect("put back");
    assert_eq!(set.homes, known.homes);
    assert_eq!(set.home_name.as_deref(), Some("other"));

    let change = DeviceChange {
        home_name: Some(None),
        ..DeviceChange::default()
    };
    client()
        .set_device(blue.cookie(), Which::Name("ct0"), &change)
        .expect("name taken back");
    dies(blue);
    assert!(red.ip("link show red0").contains("mtu 1300"));
    dies(red);
    assert_eq!(look(ip, "sim0"), before);
}

#[test]
fn a_home_name_set_by_an_administrator_is_what_the_device_gets() {
    let (_sim, red, _) = nic_in_red();
    let change = DeviceChange {
        home_name: Some(Some("uplink".into())),
        ..DeviceChange::default()
    };
    client()
        .set_device(red.cookie(), Which::Name("sim0"), &change)
        .expect("a name");
    dies(red);
    eventually("uplink is there", || exists("uplink"));
}

#[test]
fn a_forgotten_home_stack_leaves_a_device_at_home_where_it_is() {
    let (_sim, red, _) = nic_in_red();
    let change = DeviceChange {
        homes: Some(Vec::new()),
        ..DeviceChange::default()
    };
    let device = client()
        .set_device(red.cookie(), Which::Name("sim0"), &change)
        .expect("forgotten");
    assert!(device.homes.is_empty());
    red.ip("link set sim0 name ct0 mtu 1400");
    dies(red);
    // Still physical, so it comes to the initial namespace, as it was.
    assert!(ip("link show ct0").contains("mtu 1400"));
}
