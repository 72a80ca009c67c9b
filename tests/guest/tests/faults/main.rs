// SPDX-License-Identifier: GPL-2.0-only

//! Every call that can fail is made to fail, one at a time: the device ends where the kernel itself would have put it
//! or better, what failed is told or counted, nothing is leaked.
//! Each third one, to be exact, and on a stock kernel each seventh; each one with `make test LONG=1`.

mod moves;

use std::process::Command;

use homeward_client::model::{Mark, NewRule, Stats};
use homeward_client::{By, DeviceChange, Error, Which};
use homeward_guest_tests::{
    assert_balance, client, eventually, ip, load, look, stride, unload, Failing, Fault, Namespace,
    Netdevsim, Nic,
};
use nix::errno::Errno;

const MAC: &str = "02:00:00:00:00:77";

/// More failing calls than any scenario makes.
const TOO_MANY: u32 = 1000;

/// A NIC that went into a namespace and was changed there in all sorts of ways.
struct Changed {
    _sim: Netdevsim,
    red: Namespace,
    cookie: u64,
    home: String,
    before: Stats,
}

impl Changed {
    fn new() -> Self {
        let sim = Netdevsim::new(1, &["sim0"]);
        ip(&format!("link set sim0 address {MAC} mtu 1400 alias mine"));
        ip("link property add dev sim0 altname first altname second");
        let home = look(ip, "sim0");
        let red = Namespace::add("red");
        ip("link set sim0 netns red");
        red.ip("link set sim0 name ct0 mtu 1300 alias theirs");
        red.ip("link property del dev ct0 altname second");
        let foreign: String = (0..65).map(|n| format!(" altname foreign{n}")).collect();
        red.ip(&format!("link property add dev ct0{foreign}"));
        Changed {
            _sim: sim,
            cookie: red.cookie(),
            red,
            home,
            before: client().stats().expect("stats"),
        }
    }
}

/// What was told as not having worked, since then.
fn troubles(before: &Stats) -> u64 {
    let after = client().stats().expect("stats");
    assert_balance(&after);
    let sum = |stats: &Stats| {
        stats.failed
            + stats.not_restored
            + stats.name_clashes
            + stats.no_memory
            + stats.forgotten
            + stats.events_lost
    };
    sum(&after) - sum(before)
}

fn wait_until_gone(cookie: u64) {
    eventually("the end of a namespace", || {
        let found = client().namespace(By::Cookie(cookie));
        found.is_err_and(|error| error.errno() == Some(Errno::ENOENT))
    });
}

/// The NIC is in the initial namespace: in order, or it has been told what is not.
#[track_caller]
fn assert_home(what: &str, home: &str, before: &Stats, struck: bool) {
    let name = Nic::with_mac(MAC).name().to_owned();
    let now = look(ip, &name);
    let troubles = troubles(before);
    if now != home {
        assert!(struck, "{what}: without a failure\n{now}\n{home}");
        assert!(troubles > 0, "{what}: nothing told\n{now}\n{home}");
    }
}

/// Lets the namespace die while each call of `symbol` fails in turn. Returns how many there are.
#[track_caller]
fn each_fails_at_death(symbol: &str, failing: Failing) -> u32 {
    load();
    // With a listener there are messages that can fail.
    let _listener = client().subscribe().expect("events");
    for skip in (0..TOO_MANY).step_by(stride()) {
        let world = Changed::new();
        let fault = Fault::at_death(symbol, failing, skip, 1);
        world.red.delete();
        wait_until_gone(world.cookie);
        let (struck, calls) = (fault.struck(), fault.calls());
        drop(fault);
        let what = format!("call {skip} of {symbol} at a death");
        assert_home(&what, &world.home, &world.before, struck);
        if !struck {
            return calls;
        }
    }
    panic!("{symbol}: calls without end");
}

/// Recalls the device while each call of `symbol` fails in turn. Returns how many there are.
#[track_caller]
fn each_fails_at_recall(symbol: &str, failing: Failing) -> u32 {
    load();
    let _listener = client().subscribe().expect("events");
    for skip in (0..TOO_MANY).step_by(stride()) {
        let world = Changed::new();
        let mut client = client();
        let fault = Fault::new(symbol, failing, skip, 1);
        let recalled = client.recall(world.cookie, Which::Name("ct0"));
        let struck = fault.struck();
        drop(fault);
        let what = format!("call {skip} of {symbol} at a recall");
        if recalled.is_err() {
            assert!(struck, "{what}: {recalled:?}");
        }
        if world.red.ip("-o link show").contains(MAC) {
            assert!(recalled.is_err(), "{what}: it is away still");
            // It can be tried again, and nothing has been forgotten.
            client
                .recall(world.cookie, Which::Name("ct0"))
                .expect("recalled");
            assert_eq!(look(ip, "sim0"), world.home, "{what}, then again");
        } else if recalled.is_ok() {
            assert_home(&what, &world.home, &world.before, struck);
        }
        world.red.delete();
        wait_until_gone(world.cookie);
        Nic::with_mac(MAC);
        assert_balance(&client.stats().expect("stats"));
        if !struck {
            return skip;
        }
    }
    panic!("{symbol}: calls without end");
}

const NULL: Failing = Failing::WithNull;
const NO_MEMORY: Failing = Failing::With(Errno::ENOMEM);
const NO_BUFFERS: Failing = Failing::With(Errno::ENOBUFS);

const ALLOCATION: &str = "krealloc_node_align_noprof";
const MESSAGE: &str = "__alloc_skb";

#[test]
fn each_allocation_fails_at_a_death() {
    assert!(each_fails_at_death(ALLOCATION, NULL) > 10);
    assert!(each_fails_at_death("kvrealloc_node_align_noprof", NULL) > 0);
}

#[test]
fn each_message_fails_at_a_death() {
    // Three events (dying, returned, gone), two requests to rtnetlink with their answers, and what
    // the kernel tells of the MTU.
    assert!(each_fails_at_death(MESSAGE, NULL) >= 8);
}

#[test]
fn each_socket_fails_at_a_death() {
    assert!(each_fails_at_death("sock_create_kern", NO_MEMORY) > 1);
    assert!(each_fails_at_death("kernel_connect", NO_MEMORY) > 1);
}

#[test]
fn each_request_and_each_answer_fails_at_a_death() {
    assert!(each_fails_at_death("kernel_sendmsg", NO_BUFFERS) > 1);
    assert!(each_fails_at_death("kernel_recvmsg", NO_BUFFERS) > 1);
}

#[test]
fn each_allocation_fails_at_a_recall() {
    assert!(each_fails_at_recall(ALLOCATION, NULL) > 10);
    assert!(each_fails_at_recall("kvrealloc_node_align_noprof", NULL) > 0);
}

#[test]
fn each_message_fails_at_a_recall() {
    assert!(each_fails_at_recall(MESSAGE, NULL) > 10);
}

#[test]
fn each_request_fails_at_a_recall() {
    assert!(each_fails_at_recall("kernel_sendmsg", NO_BUFFERS) > 1);
}

#[test]
fn an_event_that_cannot_be_sent_is_counted_and_leaves_a_hole() {
    load();
    for (symbol, failing) in [(MESSAGE, NULL), ("netlink_broadcast_filtered", NO_BUFFERS)] {
        let before = client().stats().expect("stats");
        let mut events = client().subscribe().expect("events");
        let fault = Fault::new(symbol, failing, 0, 1);
        let red = Namespace::add("red");
        assert!(fault.struck(), "{symbol}");
        drop(fault);
        let cookie = red.cookie();
        red.delete();
        // Or its last event could come among those of the next round.
        wait_until_gone(cookie);
        let after = client().stats().expect("stats");
        assert_eq!(after.events_lost - before.events_lost, 1, "{symbol}");
        let notice = events.next(None).expect("a notice").expect("a notice");
        match notice {
            homeward_client::Notice::Lost { first, last } => assert_eq!(first, last),
            // The first one that is heard cannot show a hole before it.
            homeward_client::Notice::Event(event) => assert_eq!(event.seq, before.events + 2),
            other => panic!("{other:?}"),
        }
    }
}

/// Whether a namespace could be made.
fn unshare() -> bool {
    let status = Command::new("unshare").args(["--net", "true"]).status();
    status.expect("unshare").success()
}

#[test]
fn each_allocation_fails_at_a_birth() {
    load();
    let _listener = client().subscribe().expect("events");
    for (symbol, failing) in [(ALLOCATION, NULL), (MESSAGE, NULL)] {
        for skip in (0..TOO_MANY).step_by(stride()) {
            let fault = Fault::new(symbol, failing, skip, 1);
            // Made or refused: it must be counted either way.
            let _ = unshare();
            let struck = fault.struck();
            drop(fault);
            eventually("the balance of namespaces", || {
                let stats = client().stats().expect("stats");
                assert_balance(&stats);
                stats.namespaces == stats.older
            });
            if !struck {
                break;
            }
        }
    }
    assert!(unshare());
}

#[test]
fn each_allocation_fails_when_a_device_leaves_its_home() {
    load();
    for skip in (0..TOO_MANY).step_by(stride()) {
        let _sim = Netdevsim::new(1, &["sim0"]);
        ip(&format!("link set sim0 address {MAC}"));
        let red = Namespace::add("red");
        let cookie = red.cookie();
        let before = client().stats().expect("stats");
        let fault = Fault::new(ALLOCATION, NULL, skip, 1);
        ip("link set sim0 netns red");
        let struck = fault.struck();
        drop(fault);
        assert_balance(&client().stats().expect("stats"));
        let device = client().device_by_name(cookie, "sim0").expect("sim0");
        if device.homes.is_empty() {
            assert!(troubles(&before) > 0, "call {skip}: a home lost in silence");
        }
        red.delete();
        wait_until_gone(cookie);
        // Also without a home on record it is where the kernel puts it.
        Nic::with_mac(MAC);
        if !struck {
            assert!(skip > 0);
            return;
        }
    }
}

#[test]
fn each_allocation_fails_in_each_question_and_change() {
    load();
    let world = Changed::new();
    let cookie = world.cookie;
    let keep = DeviceChange {
        mark: Some(Mark::Keep),
        home_name: Some(Some("other0".to_owned())),
        ..DeviceChange::default()
    };
    let homes = DeviceChange {
        homes: Some(client().device_by_name(cookie, "ct0").unwrap().homes),
        ..DeviceChange::default()
    };
    let which = Which::Name("ct0");
    type Question<'a> = (&'a str, &'a dyn Fn() -> Result<(), Error>);
    let questions: [Question<'_>; 10] = [
        ("ns-get", &|| client().namespaces().map(drop)),
        ("dev-get", &|| client().devices(None).map(drop)),
        ("nsid-get", &|| client().nsids().map(drop)),
        ("stats-get", &|| client().stats().map(drop)),
        ("rule-get", &|| client().rules().map(drop)),
        ("rule-add", &|| {
            let rule = client().add_rule(&NewRule::default())?;
            client().delete_rule(rule.id)
        }),
        ("rule-flush", &|| client().flush_rules()),
        ("ns-open", &|| client().open(cookie).map(drop)),
        ("dev-set mark", &|| {
            client().set_device(cookie, which, &keep).map(drop)
        }),
        ("dev-set homes", &|| {
            client().set_device(cookie, which, &homes).map(drop)
        }),
    ];
    for (name, ask) in questions {
        for (symbol, failing) in [(ALLOCATION, NULL), ("netlink_unicast", NO_BUFFERS)] {
            for skip in (0..TOO_MANY).step_by(stride()) {
                let fault = Fault::new(symbol, failing, skip, 1);
                let answer = ask();
                let struck = fault.struck();
                drop(fault);
                if !struck {
                    assert!(answer.is_ok(), "{name}: {answer:?}");
                    break;
                }
            }
            assert_balance(&client().stats().expect("stats"));
        }
    }
    let device = client().device_by_name(cookie, "ct0").expect("ct0");
    assert_eq!(device.homes.len(), 1);
    assert_eq!(device.home_name.as_deref(), Some("other0"));
}

#[test]
fn a_namespace_is_not_left_open_when_the_answer_cannot_be_sent() {
    load();
    for (symbol, failing) in [(MESSAGE, NULL), ("netlink_unicast", NO_BUFFERS)] {
        let red = Namespace::add("red");
        let cookie = red.cookie();
        let mut client = client();
        let fault = Fault::new(symbol, failing, 0, 1);
        let opened = client.open(cookie);
        assert!(fault.struck() && opened.is_err(), "{symbol}: {opened:?}");
        drop(fault);
        // A descriptor would keep it alive.
        red.delete();
        wait_until_gone(cookie);
    }
}

#[test]
fn each_call_fails_while_the_module_is_loaded() {
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    for (symbol, failing) in [
        (ALLOCATION, NULL),
        ("genl_register_family", NO_MEMORY),
        ("register_pernet_subsys", NO_MEMORY),
        ("register_pernet_device", NO_MEMORY),
        ("register_netdevice_notifier", NO_MEMORY),
    ] {
        for skip in (0..TOO_MANY).step_by(stride()) {
            unload();
            let fault = Fault::new(symbol, failing, skip, 1);
            let status = Command::new("insmod").arg("/homeward.ko").output();
            let status = status.expect("insmod").status;
            let struck = fault.struck();
            drop(fault);
            if !struck {
                assert!(status.success(), "{symbol}");
                assert!(skip > 0, "{symbol} is never called");
                break;
            }
            if status.success() {
                assert_balance(&client().stats().expect("stats"));
            }
        }
    }
    assert!(client().namespaces().is_ok());
    drop(red);
}
