// SPDX-License-Identifier: GPL-2.0-only

//! `veth` while others take hold of what it makes.

use std::process::Child;
use std::time::{Duration, Instant};

use homeward_guest_tests::verb::{end, start, Ran};
use homeward_guest_tests::{exists, inside, ip, run, Namespace};

/// Many addresses, which take a while, and one that is refused.
fn slow_and_bad() -> String {
    let good = (0..250).map(|n| format!(" --address-a 10.9.{n}.1/24"));
    format!(
        "veth a@red b@blue{} --address-b ff02::1/64",
        good.collect::<String>()
    )
}

/// Stops it as soon as its pair is there. False when it was over by then.
fn stopped_at_its_pair(child: &mut Child) -> bool {
    let pid = child.id().to_string();
    inside("red", move || {
        let limit = Instant::now() + Duration::from_secs(20);
        while Instant::now() < limit {
            let devices = std::fs::read_to_string("/proc/thread-self/net/dev").expect("devices");
            if devices.contains(" a:") || devices.starts_with("a:") {
                run("kill", &["-STOP", &pid]);
                return;
            }
        }
        panic!("no pair");
    });
    child.try_wait().expect("a state").is_none()
}

/// Runs `meddle` right after a pair was made that will be refused an address; what came of it.
fn meddled(meddle: impl Fn()) -> Ran {
    for _ in 0..20 {
        let mut child = start(&slow_and_bad());
        if stopped_at_its_pair(&mut child) {
            meddle();
            run("kill", &["-CONT", &child.id().to_string()]);
            return end(child);
        }
        let ran = end(child);
        assert_ne!(ran.status, 0, "{ran:?}");
    }
    panic!("always too late");
}

#[test]
fn a_pair_that_is_given_up_is_removed_wherever_its_ends_have_got_to() {
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    let nothing_left = |ran: &Ran| {
        assert_ne!(ran.status, 0, "{ran:?}");
        assert_eq!(red.ip("-o link").lines().count(), 1, "{ran:?}");
        assert_eq!(blue.ip("-o link").lines().count(), 1, "{ran:?}");
        assert!(!ran.err.contains("could not be removed"), "{ran:?}");
    };
    nothing_left(&meddled(|| ()));

    // As udev would, at that very moment.
    nothing_left(&meddled(|| {
        red.ip("link set dev a name renamed");
    }));
    nothing_left(&meddled(|| {
        blue.ip("link set dev b name renamed");
    }));
    nothing_left(&meddled(|| {
        red.ip("link set dev a netns 1");
    }));
    assert!(!exists("a"));
    nothing_left(&meddled(|| {
        blue.ip("link set dev b netns 1");
    }));
    assert!(!exists("b"));

    // With both elsewhere nobody can say any more whose they are, and that is told.
    let ran = meddled(|| {
        red.ip("link set dev a netns 1");
        blue.ip("link set dev b netns 1");
    });
    assert!(ran.err.contains("could not be removed again"), "{ran:?}");
    assert!(ran.err.contains("somebody else moved"), "{ran:?}");
    assert!(exists("a") && exists("b"));
    ip("link del dev a");

    // What another one made under the name is not ours to remove.
    let ran = meddled(|| {
        red.ip("link del dev a");
        red.ip("link add dev a type veth peer name other netns blue");
    });
    assert_ne!(ran.status, 0, "{ran:?}");
    assert!(red.ip("-o link").contains("a@"), "{ran:?}");
}
