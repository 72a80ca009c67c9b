// SPDX-License-Identifier: GPL-2.0-only

//! A tenant sends answers in the kernel's place to whoever asks about his network namespace. What is
//! told and done has to be true every time.

use homeward_client::model::EventKind;
use homeward_guest_tests::verb::{json, says};
use homeward_guest_tests::{
    client, exists, ip, load, look, times, Forger, Listener, Namespace, Netdevsim, Tenant, Unnamed,
};

/// The devices of a namespace, as the module tells them.
#[track_caller]
fn devices(cookie: u64) -> Vec<String> {
    let devices = client().devices(Some(cookie)).expect("devices");
    devices.into_iter().map(|device| device.name).collect()
}

/// Sees that the forger was at work, and in vain.
#[track_caller]
fn in_vain(forger: &Forger) {
    let (tried, delivered) = (forger.tried(), forger.delivered());
    assert!(tried > 0, "no socket was found");
    // Those to a socket that had its port for a moment and was not connected yet.
    assert!(
        delivered * 10 <= tried,
        "{delivered} of {tried} got through"
    );
}

#[test]
fn move_and_veth_do_what_they_say_whatever_a_tenant_answers() {
    load();
    let tenant = Tenant::new();
    let (there, cookie) = (format!("pid:{}", tenant.pid()), tenant.cookie());
    let forger = Forger::inside(tenant.pid());
    for _ in 0..times(8) {
        ip("link add dum0 type dummy");
        let moved = json(&format!("move dum0 {there} --name net0 --up"));
        assert_eq!(
            (&moved["name"], &moved["up"]),
            (&"net0".into(), &true.into())
        );
        assert_eq!(moved["problems"], serde_json::json!([]));
        let index = u32::try_from(moved["ifindex"].as_u64().expect("an index")).expect("an index");
        let device = client().device(cookie, index).expect("the device");
        assert_eq!(device.name, "net0");
        assert_ne!(device.flags.expect("flags") & 1, 0, "it is up");
        says(&format!("move net0@{there} init --name dum0"));
        assert!(exists("dum0"));
        ip("link del dum0");

        let pair = json(&format!(
            "veth own0@{there} host0 --up --address-a 10.9.0.1/24"
        ));
        assert_eq!(pair["ends"][0]["name"], "own0");
        assert_eq!(devices(cookie), ["lo", "own0"]);
        assert!(ip("link show host0").contains("UP"));
        ip("link del host0");
        assert_eq!(devices(cookie), ["lo"]);
    }
    in_vain(&forger);
}

#[test]
fn what_is_seen_of_a_tenants_namespace_is_what_is_there() {
    load();
    let tenant = Tenant::new();
    let (there, cookie) = (format!("pid:{}", tenant.pid()), tenant.cookie());
    says(&format!("veth own0@{there} host0"));
    // Who is at the other ends has to be asked for each.
    let others = ["red", "blue", "green"].map(Namespace::add);
    for other in &others {
        says(&format!("veth to-{0}@{there} eth0@{0}", other.name()));
    }
    let forger = Forger::inside(tenant.pid());
    for _ in 0..times(8) {
        let tree = json("tree");
        assert_eq!(tree["complete"], true);
        let namespaces = tree["namespaces"].as_array().expect("a list");
        let ours = namespaces.iter().find(|one| one["cookie"] == cookie);
        let found = ours.expect("it")["devices"].as_array().expect("devices");
        let names: Vec<_> = found.iter().map(|device| &device["name"]).collect();
        assert_eq!(names, ["lo", "own0", "to-red", "to-blue", "to-green"]);
        assert_eq!(found[1]["link"]["namespace"]["initial"], true, "{tree:#}");
        for (device, other) in found[2..].iter().zip(&others) {
            let end = &device["link"]["namespace"]["name"];
            assert_eq!(end, other.name(), "{tree:#}");
        }
        let holders = json(&format!("holders {there}"));
        assert_eq!(holders["complete"], true, "{holders:#}");
        let listed = json("ls");
        let listed = listed["namespaces"].as_array().expect("a list");
        let its = listed.iter().find(|one| one["cookie"] == cookie);
        assert_eq!(its.expect("it")["devices"], 5);
    }
    drop(forger);
    ip("link del host0");
}

#[test]
fn devices_come_home_in_order_whatever_a_tenant_answers() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link property add dev sim0 altname alt0");
    let before = look(ip, "sim0");
    let tenant = Tenant::new();
    let (there, cookie) = (format!("pid:{}", tenant.pid()), tenant.cookie());
    let forger = Forger::inside(tenant.pid());
    for _ in 0..times(5) {
        // Home from his namespace.
        says(&format!("move sim0 {there} --name ct0"));
        let recalled = json(&format!("recall ct0@{there}"));
        assert_eq!(recalled["devices"][0]["name"], "sim0", "{recalled:#}");
        assert_eq!(look(ip, "sim0"), before);

        // And to his namespace, where it is put in order by requests of the module.
        says(&format!("move sim0 {there}"));
        let inner = Unnamed::new();
        let inside = homeward_guest_tests::cookie_of(inner.pid());
        says(&format!("move sim0@{there} pid:{} --name ct0", inner.pid()));
        inner.ip("link set ct0 mtu 1400 txqueuelen 7 alias spoilt");
        inner.ip("link property add dev ct0 altname spoilt0");
        let mut events = Listener::new();
        inner.kill();
        let told = events.until_gone(inside);
        let back = told.iter().find_map(|kind| match kind {
            EventKind::DeviceReturned(device, Some(back)) => Some((device, back)),
            _ => None,
        });
        let (device, back) = back.expect("a return");
        assert_eq!((device.namespace, device.name.as_str()), (cookie, "sim0"));
        assert!(back.failures.is_empty(), "{back:?}");
        says(&format!("recall sim0@{there}"));
        assert_eq!(look(ip, "sim0"), before);
    }
    in_vain(&forger);
}
