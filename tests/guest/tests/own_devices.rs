// SPDX-License-Identifier: GPL-2.0-only

//! The devices that a tenant makes himself, and those that he was lent, where rules are about virtual
//! ones: what is his own never comes to the host.

use homeward_client::model::{Action, Device, Mark, NewRule, Reason, RuleAction, Settings};
use homeward_client::{By, DeviceChange, Which};
use homeward_guest_tests::{
    client, cookie_of, eventually, exists, homeward, ip, load, run, Listener, Namespace, Netdevsim,
    Tenant,
};
use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;

fn rule(action: RuleAction) -> NewRule {
    NewRule {
        action,
        restore: Some(Settings::ALL),
        ..NewRule::default()
    }
}

#[track_caller]
fn add(rule: &NewRule) -> u32 {
    client().add_rule(rule).expect("a rule").id
}

#[track_caller]
fn device(cookie: u64, name: &str) -> Device {
    client().device_by_name(cookie, name).expect(name)
}

#[track_caller]
fn fate(cookie: u64, name: &str) -> (Action, Reason) {
    let fate = device(cookie, name).fate.expect("a fate");
    (fate.action, fate.reason)
}

/// The names of the devices here.
fn names() -> Vec<String> {
    let names = ip("-o link show");
    let names = names.lines().filter_map(|line| line.split(": ").nth(1));
    names.map(str::to_owned).collect()
}

/// He leaves, and everything of his.
#[track_caller]
fn evict(tenant: Tenant) {
    let cookie = tenant.cookie();
    let mut events = Listener::new();
    tenant.evict();
    events.until_gone(cookie);
}

/// A second network namespace of a tenant: the process that holds it.
#[track_caller]
fn second(tenant: &Tenant) -> i32 {
    let script = "unshare --net sleep 1000 >/dev/null 2>&1 & pid=$!
        while [ $(readlink /proc/$pid/ns/net) = $(readlink /proc/$$/ns/net) ]; do sleep 0.05; done
        echo $pid";
    let made = tenant.tries("/bin/sh", &["-c", script]);
    let pid = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    pid.parse().expect("a pid")
}

/// Ends a namespace by its only process.
#[track_caller]
fn end(pid: i32) {
    let cookie = cookie_of(pid.unsigned_abs());
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("killed");
    eventually("the namespace is gone", || {
        client().namespace(By::Cookie(cookie)).is_err()
    });
}

#[test]
fn no_rule_brings_a_device_that_a_tenant_made_to_the_host() {
    load();
    let before = names();
    for action in [RuleAction::Return, RuleAction::Init] {
        add(&NewRule {
            kind: Some("wireguard".to_owned()),
            ..rule(action)
        });
        add(&NewRule {
            name: Some("lent*".to_owned()),
            ..rule(action)
        });
        let tenant = Tenant::new();
        tenant.ip("link add lent7 type dummy");
        tenant.ip("link add lent8 type veth peer name lent9");
        tenant.ip("link add wg7 type wireguard");
        // Made there from outside, as a runtime does it.
        ip(&format!("link add lent6 netns {} type dummy", tenant.pid()));
        let expected = (Action::Kernel, Reason::NoHome);
        for name in ["lent6", "lent7", "lent8", "lent9", "wg7"] {
            assert_eq!(fate(tenant.cookie(), name), expected, "{name}");
        }
        let plan = run(
            "homeward",
            &["plan", &format!("cookie:{}", tenant.cookie())],
        );
        assert!(
            plan.contains("it has no home that the rule could send it to"),
            "{plan}"
        );
        evict(tenant);
        assert_eq!(names(), before);
        client().flush_rules().expect("no rules");
    }
}

#[test]
fn from_one_namespace_of_a_tenant_to_another_is_no_way_to_the_host() {
    load();
    let last = add(&rule(RuleAction::Return));
    let before = names();
    let tenant = Tenant::new();
    let (here, other) = (tenant.cookie(), second(&tenant));
    let there = cookie_of(other.unsigned_abs());
    for name in ["own1", "own2"] {
        tenant.ip(&format!("link add {name} type dummy"));
        tenant.ip(&format!("link set {name} netns {other}"));
    }
    // Its home lives, and that is where the rule sends it, be it named ever so well.
    let own = device(there, "own1").fate.expect("a fate");
    assert_eq!((own.action, own.destination), (Action::Return, Some(here)));
    let id = add(&NewRule {
        before: Some(last),
        ..rule(RuleAction::Init)
    });
    assert_eq!(fate(there, "own1"), (Action::Kernel, Reason::NoHome));
    client().delete_rule(id).expect("no rule");
    end(other);
    eventually("back", || client().device_by_name(here, "own1").is_ok());
    // Now the home dies first.
    let other = second(&tenant);
    let there = cookie_of(other.unsigned_abs());
    tenant.ip(&format!("link set own1 netns {other}"));
    evict(tenant);
    assert_eq!(fate(there, "own1"), (Action::Kernel, Reason::NoHome));
    // A recall of all does not mean it, and a dry one agrees.
    let from = format!("cookie:{there}");
    let dry = homeward(&format!("recall --all --from {from} --dry-run")).data;
    assert!(!dry.to_string().contains("own1"), "{dry}");
    assert_eq!(client().recall_all(there).expect("a recall").returned, 0);
    end(other);
    assert_eq!(names(), before);
}

#[test]
fn what_a_tenant_was_lent_comes_home_under_whatever_name() {
    load();
    ip("link add lent0 type dummy");
    let id = add(&NewRule {
        name: Some("lent*".to_owned()),
        ..rule(RuleAction::Return)
    });
    add(&NewRule {
        name: Some("other*".to_owned()),
        ..rule(RuleAction::Kernel)
    });
    let tenant = Tenant::new();
    let other = second(&tenant);
    ip(&format!("link set lent0 netns {}", tenant.pid()));
    // The name that he gives it in between makes no other rule match it.
    tenant.ip("link set lent0 name other0");
    tenant.ip(&format!("link set other0 netns {other}"));
    let fate = device(cookie_of(other.unsigned_abs()), "other0").fate;
    assert_eq!(fate.expect("a fate").rule, Some(id));
    evict(tenant);
    end(other);
    eventually("lent0 is home", || exists("lent0"));
    ip("link del lent0");
}

#[test]
fn a_device_of_an_unknown_home_comes_by_a_mark_and_by_no_name_of_the_tenants() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link add dum0 type dummy");
    ip("link add dum1 type dummy");
    let tenant = Tenant::new();
    for name in ["sim0", "dum0", "dum1"] {
        ip(&format!("link set {name} netns {}", tenant.pid()));
    }
    tenant.ip("link set sim0 name mgmt0");
    // A module that has not seen them leave.
    load();
    add(&NewRule {
        name: Some("mgmt*".to_owned()),
        ..rule(RuleAction::Return)
    });
    let cookie = tenant.cookie();
    assert_eq!(fate(cookie, "mgmt0"), (Action::Return, Reason::Physical));
    add(&rule(RuleAction::Return));
    assert_eq!(fate(cookie, "mgmt0"), (Action::Return, Reason::Rule));
    assert_eq!(fate(cookie, "dum0"), (Action::Kernel, Reason::NoHome));
    // The administrator's word about this very device.
    let keep = DeviceChange {
        mark: Some(Mark::Keep),
        ..DeviceChange::default()
    };
    client()
        .set_device(cookie, Which::Name("dum1"), &keep)
        .expect("kept");
    assert_eq!(fate(cookie, "dum1"), (Action::Return, Reason::Mark));
    evict(tenant);
    assert!(exists("mgmt0") && exists("dum1") && !exists("dum0"));
    // Kept is not ruled: it does not come up, as the rule would have it.
    assert!(!ip("link show dum1").contains("UP"));
    ip("link del dum1");
}

#[test]
fn a_physical_device_that_was_never_here_is_neither_set_up_nor_known_by_its_name() {
    load();
    let _sim = Netdevsim::new(1, &["sim0", "sim1"]);
    let tenant = Tenant::new();
    for name in ["sim0", "sim1"] {
        ip(&format!("link set {name} netns {}", tenant.pid()));
    }
    // A module that has not seen them leave takes them for what a tenant made, as l2tp lets him.
    load();
    add(&NewRule {
        name: Some("mgmt*".to_owned()),
        ..rule(RuleAction::Init)
    });
    let last = add(&rule(RuleAction::Return));
    let other = second(&tenant);
    for (name, own) in [("sim0", "mgmt0"), ("sim1", "mgmt1")] {
        tenant.ip(&format!("link set {name} name {own}"));
        tenant.ip(&format!("addr add 203.0.113.7/24 dev {own}"));
        tenant.ip(&format!("link set {own} up"));
        tenant.ip(&format!("link set {own} netns {other}"));
    }
    let there = cookie_of(other.unsigned_abs());
    // While its home lives it goes back there.
    let own = device(there, "mgmt0").fate.expect("a fate");
    assert_eq!(
        (own.rule, own.destination),
        (Some(last), Some(tenant.cookie()))
    );
    let keep = DeviceChange {
        mark: Some(Mark::Keep),
        ..DeviceChange::default()
    };
    client()
        .set_device(there, Which::Name("mgmt1"), &keep)
        .expect("kept");
    evict(tenant);
    let own = device(there, "mgmt0").fate.expect("a fate");
    assert_eq!((own.reason, own.rule), (Reason::Rule, Some(last)));
    end(other);
    eventually("they are here", || exists("mgmt0") && exists("mgmt1"));
    let is_up = |name: &str| ip(&format!("addr show {name}")).contains("203.0.113.7");
    eventually("the kept one is up", || is_up("mgmt1"));
    let link = ip("addr show mgmt0");
    assert!(
        !link.contains(",UP") && !link.contains("203.0.113.7"),
        "{link}"
    );
}

#[test]
fn a_device_that_was_fetched_to_the_host_once_has_its_home_there() {
    load();
    add(&rule(RuleAction::Init));
    let red = Namespace::add("red");
    red.ip("link add own0 type dummy");
    assert_eq!(fate(red.cookie(), "own0"), (Action::Kernel, Reason::NoHome));
    // Lent to another then, and not just given back.
    let blue = Namespace::add("blue");
    red.ip("link set own0 netns 1");
    ip("link set own0 netns blue");
    assert_eq!(fate(blue.cookie(), "own0"), (Action::Return, Reason::Rule));
    drop(blue);
    eventually("own0 is here", || exists("own0"));
    ip("link del own0");
}
