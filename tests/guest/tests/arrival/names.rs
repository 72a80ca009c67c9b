// SPDX-License-Identifier: GPL-2.0-only

//! Its own name, whatever it was called inside, whoever has that name, and whatever is on top of it: after
//! each return all that the kernel makes of a name is made of this one, and of no other.

use std::fs;
use std::path::Path;

use homeward_client::model::{setting, EventKind, Return, Settings};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{
    client, dies, ip, ip_fails, load, stride, times, try_batch, Fleet, Link, Namespace, News,
    Observer, Rtnl,
};

use super::disguised;

/// Where the kernel has something under the name of each device.
const PLACES: [&str; 6] = [
    "/sys/class/net",
    "/proc/sys/net/ipv4/conf",
    "/proc/sys/net/ipv4/neigh",
    "/proc/sys/net/ipv6/conf",
    "/proc/sys/net/ipv6/neigh",
    "/proc/net/dev_snmp6",
];

/// All that is made of a device's name is made of the one that it has, and nothing is left of these others.
#[track_caller]
fn is_called(ifindex: u32, name: &str, no_more: &[&str]) {
    let mut rtnl = Rtnl::new();
    let link = rtnl.link(ifindex).expect("by index");
    assert_eq!(link.name, name, "{link}");
    assert_eq!(
        rtnl.by_name(name).map(|found| found.ifindex),
        Some(ifindex),
        "{name}"
    );
    for altname in &link.altnames {
        let found = rtnl.by_altname(altname).map(|found| found.ifindex);
        assert_eq!(found, Some(ifindex), "{altname}");
    }
    let sysfs = fs::canonicalize(format!("/sys/class/net/{name}")).expect(name);
    assert!(sysfs.ends_with(Path::new("net").join(name)), "{sysfs:?}");
    let index = fs::read_to_string(sysfs.join("ifindex")).expect("its index");
    assert_eq!(index.trim(), ifindex.to_string(), "{name}");
    for place in PLACES {
        assert!(Path::new(place).join(name).exists(), "{place}/{name}");
        for other in no_more {
            assert!(!Path::new(place).join(other).exists(), "{place}/{other}");
        }
    }
    for other in no_more {
        assert!(rtnl.by_name(other).is_none(), "{other}");
        assert!(rtnl.by_altname(other).is_none(), "{other}");
    }
}

/// How devices came home, by the name that they have now.
#[track_caller]
fn how<'a>(told: &'a [EventKind], name: &str) -> &'a Return {
    let found = told.iter().find_map(|kind| match kind {
        EventKind::DeviceReturned(device, Some(how)) if device.name == name => Some(how),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no return of {name}: {told:#?}"))
}

/// One NIC comes home to what is there, by a death or a recall, and no listener hears another name than
/// `name`.
#[track_caller]
fn returns_as(fleet: &Fleet, red: Namespace, by: &str, name: &str, no_more: &[&str]) -> Return {
    let home = &fleet.homes[0];
    let mut observer = Observer::new();
    let how = match by {
        "death" => how(&dies(red), name).clone(),
        _ => {
            let inside = red.ip("-o link show").lines().count();
            assert_eq!(inside, 2, "lo and the NIC");
            let recalled = client().recall_all(red.cookie()).expect("a recall");
            assert_eq!(recalled.devices[0].name.as_deref(), Some(name), "{by}");
            recalled.devices[0].outcome.clone().expect("a return")
        }
    };
    let own = Link {
        name: name.to_owned(),
        ..home.clone()
    };
    let heard = observer.heard();
    let adds = heard
        .iter()
        .filter(|one| matches!(one, News::Uevent(_)))
        .count();
    let right = |one: &News| match one {
        News::Uevent(event) => event.action == "add" && event.name == name,
        News::Link(link) => {
            link.name == own.name && link.address == own.address && link.mtu == own.mtu
        }
        News::Gone(_) => false,
    };
    assert!(adds == 1 && heard.iter().all(right), "{by}: {heard:#?}");
    is_called(home.ifindex, name, no_more);
    assert_eq!(Rtnl::new().link(home.ifindex), Some(own), "{by}");
    assert!(how.failures.is_empty(), "{by}: {how:?}");
    how
}

/// Somebody else at home who has a name; gone when dropped.
struct Dummy(&'static str);

impl Dummy {
    #[track_caller]
    fn new(name: &'static str) -> Self {
        ip(&format!("link add {name} type dummy"));
        Dummy(name)
    }
}

impl Drop for Dummy {
    fn drop(&mut self) {
        try_batch(&format!("link del {}\n", self.0));
    }
}

/// `nic0` in the namespace `red`, by words for `ip link set`.
#[track_caller]
fn gone(fleet: &Fleet, words: &str) -> Namespace {
    let red = Namespace::add("red");
    fleet.leave_for(std::slice::from_ref(&red), |_| words.to_owned());
    red
}

#[test]
fn a_name_that_is_taken_at_home_becomes_a_numbered_one_at_once() {
    load();
    for by in ["death", "recall"] {
        let fleet = Fleet::new(1);
        let red = gone(&fleet, &disguised(0));
        let _taken = Dummy::new("nic0");
        let how = returns_as(&fleet, red, by, "nic0_0", &["ct0"]);
        assert_eq!(how.home_name.as_deref(), Some("nic0"), "{by}");
    }
    // Taken as an alternative name of another.
    let fleet = Fleet::new(1);
    let red = gone(&fleet, &disguised(0));
    let _other = Dummy::new("other");
    ip("link property add dev other altname nic0");
    let mut observer = Observer::new();
    dies(red);
    let heard = observer.heard();
    let foreign = heard
        .iter()
        .find(|one| !one.to_string().contains(" nic0_0"));
    assert!(foreign.is_none(), "{heard:#?}");
}

/// Neither by an altname that is its own name at home, nor by a name that is its altname there, nor both.
#[test]
fn an_altname_of_its_own_is_in_the_way_of_no_name() {
    load();
    for by in ["death", "recall"] {
        for (words, altname) in [
            ("name ct0 mtu 1400", "nic0"),
            ("name alt0 mtu 1400", "foreign"),
            ("name alt0 mtu 1400", "nic0"),
        ] {
            let mut fleet = Fleet::new(1);
            ip("link property add dev nic0 altname alt0 altname alt1");
            fleet.look_again();
            let red = Namespace::add("red");
            ip("link set nic0 netns red");
            red.ip("link property del dev nic0 altname alt0");
            red.ip(&format!("link set nic0 {words}"));
            let name = words.split(' ').nth(1).expect("a name");
            red.ip(&format!("link property add dev {name} altname {altname}"));
            let gone: &[&str] = if name == "ct0" {
                &["ct0"]
            } else {
                &["foreign"]
            };
            let how = returns_as(&fleet, red, by, "nic0", gone);
            let both = Settings::of(setting::NAME) | Settings::of(setting::ALTNAMES);
            assert!(how.restored.contains(both), "{words}, {altname}: {how:?}");
        }
    }
}

/// The name that an administrator chose is an altname that it has had at home.
#[test]
fn a_name_that_it_has_as_an_altname_is_foretold_and_given() {
    load();
    for (by, words) in [
        ("death", "name ct0"),
        ("recall", "name ct0"),
        ("death", "mtu 1400"),
    ] {
        let mut fleet = Fleet::new(1);
        ip("link property add dev nic0 altname wish altname other");
        fleet.look_again();
        let red = gone(&fleet, words);
        let name = words.strip_prefix("name ").unwrap_or("nic0");
        let wish = DeviceChange {
            home_name: Some(Some("wish".to_owned())),
            ..DeviceChange::default()
        };
        let there = red.cookie();
        client()
            .set_device(there, Which::Name(name), &wish)
            .expect("a wish");
        let fate = client().device_by_name(there, name).expect(name).fate;
        assert_eq!(fate.expect("a fate").name.as_deref(), Some("wish"), "{by}");
        let mut observer = Observer::new();
        match by {
            "death" => drop(dies(red)),
            _ => drop(client().recall_all(there).expect("a recall")),
        }
        let heard = observer.heard();
        is_called(fleet.homes[0].ifindex, "wish", &["ct0", "nic0"]);
        let now = Rtnl::new().by_name("wish").expect("it");
        assert_eq!(now.altnames, ["other"], "{by}");
        let foreign = heard.iter().find(|one| !one.to_string().contains(" wish"));
        assert!(foreign.is_none(), "{by}, {words}: {heard:#?}");
    }
}

#[test]
fn names_that_were_swapped_inside_come_home_to_their_own() {
    load();
    for by in ["death", "recall"] {
        let fleet = Fleet::new(3);
        let red = Namespace::add("red");
        fleet.leave_for(std::slice::from_ref(&red), |number| {
            format!(
                "name x{number} mtu {} address 02:00:00:99:00:0{number}",
                1400 + number
            )
        });
        // Around in a circle, and each has the other's name as an altname.
        for number in 0..3 {
            red.ip(&format!("link set x{number} name nic{}", (number + 1) % 3));
        }
        red.ip("link property add dev nic1 altname x1");
        let mut observer = Observer::new();
        match by {
            "death" => drop(dies(red)),
            _ => {
                let all = client().recall_all(red.cookie()).expect("all");
                assert_eq!((all.returned, all.failed), (3, 0));
            }
        }
        fleet.arrived_as_themselves(by, &observer.heard());
        fleet.all_as_before(by);
        for home in &fleet.homes {
            is_called(home.ifindex, &home.name, &["x0", "x1", "x2"]);
        }
    }
}

/// The first that comes gets it, the second a numbered one; neither is seen under another.
#[test]
fn of_two_that_want_one_name_each_is_seen_under_the_one_that_it_gets() {
    load();
    let mut fleet = Fleet::new(2);
    let red = Namespace::add("red");
    ip("link set nic0 netns red name ct0");
    ip("link set nic1 name nic0");
    ip("link set nic0 netns red name ct1");
    let mut observer = Observer::new();
    dies(red);
    fleet.homes[1].name = "nic0_0".to_owned();
    fleet.arrived_as_themselves("two of one name", &observer.heard());
    fleet.all_as_before("two of one name");
    for home in &fleet.homes {
        is_called(home.ifindex, &home.name, &["ct0", "ct1", "nic1"]);
    }
}

/// IPv4 and IPv6 refuse these, so that a device has no address under such a name.
#[test]
fn a_name_that_ip_refuses_is_left_behind_inside() {
    load();
    for refused in ["all", "default"] {
        for by in ["death", "recall"] {
            let fleet = Fleet::new(1);
            // Too small for IPv6, which then lets the device go and does not object to the name.
            let red = gone(&fleet, "mtu 1000");
            red.ip(&format!("link set nic0 name {refused}"));
            let how = returns_as(&fleet, red, by, "nic0", &["ct0"]);
            assert!(
                how.restored.contains(Settings::of(setting::NAME)),
                "{how:?}"
            );
            ip("address add 192.0.2.1/24 dev nic0");
            ip("address add 2001:db8::1/64 dev nic0");
            ip("address flush dev nic0");
        }
    }
}

/// The name of home is put back all the same, and IPv4 works as it did with it.
#[test]
fn a_name_that_ip_refuses_is_given_back_at_home() {
    load();
    for refused in ["all", "default"] {
        let _fleet = Fleet::new(1);
        ip("link set nic0 mtu 1000");
        ip(&format!("link set nic0 name {refused}"));
        ip(&format!("address add 192.0.2.1/24 dev {refused}"));
        ip(&format!("address flush dev {refused}"));
        let home = Rtnl::new().by_name(refused).expect(refused);
        let red = Namespace::add("red");
        ip(&format!(
            "link set {refused} netns red name ct0 mtu 1400 alias theirs"
        ));
        dies(red);
        assert_eq!(Rtnl::new().link(home.ifindex), Some(home), "{refused}");
        ip(&format!("address add 192.0.2.1/24 dev {refused}"));
        assert!(ip_fails("link show ct0").contains("does not exist"));
    }
}

/// What is made in the namespace on top of nic0, or has it as a part.
const ON_TOP: [(&str, &[&str]); 5] = [
    ("a VLAN", &["link add v0 link ct0 type vlan id 5"]),
    (
        "a macvlan",
        &["link add m0 link ct0 type macvlan mode bridge"],
    ),
    (
        "a bridge",
        &[
            "link add br0 type bridge",
            "link set ct0 master br0",
            "link set br0 up",
        ],
    ),
    (
        "a bond",
        &[
            "link add bond0 type bond",
            "link set ct0 down",
            "link set ct0 master bond0",
            "link set bond0 up",
        ],
    ),
    (
        "a VLAN on a bond",
        &[
            "link add bond0 type bond",
            "link set ct0 down",
            "link set ct0 master bond0",
            "link add v0 link bond0 type vlan id 5",
        ],
    ),
];

/// Whichever way it gets its name and settings then.
#[test]
fn whatever_is_on_top_of_it_inside_it_comes_home_as_it_was() {
    load();
    for (what, lines) in ON_TOP {
        for up in ["", " up"] {
            let fleet = Fleet::like(1, |_| "alias mine mtu 1600".to_owned());
            let home = &fleet.homes[0];
            let red = gone(
                &fleet,
                &format!("name ct0 mtu 1400 address 02:00:00:99:00:01 alias theirs{up}"),
            );
            for line in lines {
                red.ip(line);
            }
            let mut observer = Observer::new();
            let told = dies(red);
            let how = how(&told, "nic0");
            let done = Settings::of(setting::NAME)
                | Settings::of(setting::MTU)
                | Settings::of(setting::ALIAS);
            assert!(how.restored.contains(done), "{what}: {how:?}");
            assert!(how.failures.is_empty(), "{what}: {how:?}");
            is_called(home.ifindex, "nic0", &["ct0", "v0", "m0", "br0", "bond0"]);
            assert_eq!(
                Rtnl::new().link(home.ifindex).as_ref(),
                Some(home),
                "{what}"
            );
            fleet.arrived_as_themselves(what, &observer.heard());
        }
    }
}

/// 256 with `make test LONG=1`.
#[test]
fn hundreds_at_once_have_their_places_by_name() {
    load();
    let count = if stride() == 1 { 256 } else { times(96) };
    let fleet = Fleet::new(count);
    let red = Namespace::add("red");
    // Each has the name there that its neighbour has at home.
    fleet.leave_for(std::slice::from_ref(&red), |number| {
        format!("name nic{} mtu 1400", (number + 1) % count)
    });
    let mut observer = Observer::new();
    dies(red);
    fleet.arrived_as_themselves("many with each other's names", &observer.heard());
    fleet.all_as_before("many with each other's names");
    for home in &fleet.homes {
        is_called(home.ifindex, &home.name, &[]);
    }
    let links = fs::read_dir("/sys/class/net").expect("links");
    let left = links
        .flatten()
        .filter(|one| one.file_name().to_string_lossy().starts_with("ct"));
    assert_eq!(left.count(), 0);
}
