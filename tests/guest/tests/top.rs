// SPDX-License-Identifier: GPL-2.0-only

//! `top`, on a pseudo-terminal.

use std::fs::File;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use homeward_guest_tests::{
    eventually, ip, load, nic_in_red, slow, unload, Group, Namespace, Namespaces, Pty, Unnamed,
};
use nix::sys::signal::{kill, Signal};
use nix::unistd::Pid;

/// Sends by each socket to its address, as long as something is done.
fn sending(sockets: &[(UdpSocket, &str)], work: impl FnOnce()) -> std::thread::Result<()> {
    let busy = AtomicBool::new(true);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while busy.load(Ordering::Relaxed) {
                for (socket, to) in sockets {
                    // Nobody answers there.
                    let _ = socket.send_to(&[0; 1000], to);
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        busy.store(false, Ordering::Relaxed);
        done
    })
}

/// Sends to `red`, through a pair of devices, as long as something is done.
fn with_traffic(red: &Namespace, work: impl FnOnce()) {
    ip("link add t0 type veth peer name t1 netns red");
    ip("addr add 192.0.2.1/30 dev t0");
    ip("link set t0 up");
    red.ip("addr add 192.0.2.2/30 dev t1");
    red.ip("link set t1 up");
    let socket = UdpSocket::bind("192.0.2.1:0").expect("a socket");
    let done = sending(&[(socket, "192.0.2.2:9")], work);
    ip("link del t0");
    if let Err(why) = done {
        std::panic::resume_unwind(why);
    }
}

#[test]
fn top_shows_what_is_there_what_it_receives_and_what_happens() {
    let (_sim, red, _) = nic_in_red();
    with_traffic(&red, || {
        let mut top = Pty::run("top --interval 200ms");
        top.shows(&["red", "live", "KiB"]);
        top.shows(&["away from home"]);
        println!("{}", top.text());
        let picture = top.picture();
        assert!(
            picture.ends_with("</svg>\n") && picture.contains("away from home"),
            "{picture}"
        );

        let green = Namespace::add("green");
        top.shows(&["ns-born"]);
        top.shows(&["green", "live"]);
        green.delete();
        top.shows(&["ns-gone"]);

        top.types("/red\r");
        top.shows(&["only with: red"]);
        top.types("\r");
        top.shows(&["t1", "veth", "KiB"]);
        top.shows(&["sim0", "sim0@init"]);
        println!("{}", top.text());
        top.types("h");
        top.shows(&["bind mount /run/netns/red"]);
        println!("{}", top.text());
        // Back to the devices, to the namespaces, and without the filter.
        top.types("\x1b");
        top.shows(&["t1", "veth"]);
        top.types("q");
        let (status, screen) = top.ends();
        assert!(status.success(), "{status}");
        assert!(!screen.contains("NAMESPACE"), "{screen}");
    });
}

#[test]
fn top_tells_in_place_that_the_module_is_gone_and_goes_on_when_it_is_back() {
    load();
    let mut top = Pty::run("top --interval 200ms");
    top.shows(&["init", "live"]);
    unload();
    top.shows(&["the kernel module homeward was unloaded"]);
    top.shows(&["what is shown is", "old"]);
    load();
    top.shows(&["nothing is dying"]);
    let _red = Namespace::add("red");
    top.shows(&["red", "live"]);
    top.types("\x03");
    assert!(top.ends().0.success());
}

#[test]
fn top_gives_the_terminal_back_when_it_is_ended_and_when_it_fails() {
    load();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let top = Pty::run("top");
        top.shows(&["init", "live"]);
        let pid = i32::try_from(top.pid()).expect("a process id");
        kill(Pid::from_raw(pid), signal).expect("a signal");
        assert!(top.ends().0.success(), "{signal}");
    }
    unload();
    let (status, screen) = Pty::run("top").ends();
    assert_eq!(status.code(), Some(4));
    assert!(
        screen.contains("the kernel module homeward is not loaded"),
        "{screen}"
    );
}

/// A namespace with a pair of devices to this one: 192.0.2.NUMBER here, and the next address inside.
fn linked(number: u32) -> Unnamed {
    let unnamed = Unnamed::new();
    let (pid, next) = (unnamed.pid(), number + 1);
    ip(&format!(
        "link add t{number} type veth peer name in{number} netns {pid}"
    ));
    ip(&format!("addr add 192.0.2.{number}/30 dev t{number}"));
    ip(&format!("link set t{number} up"));
    unnamed.ip(&format!("addr add 192.0.2.{next}/30 dev in{number}"));
    unnamed.ip(&format!("link set in{number} up"));
    unnamed
}

/// Bytes per second received and sent, from the last two columns of a line.
fn rates(line: &str) -> Option<(f64, f64)> {
    let mut words = line.split_whitespace().rev();
    let mut rate = || {
        let factor = match words.next()? {
            "B" => 1.0,
            "KiB" => 1024.0,
            "MiB" => 1048576.0,
            _ => return None,
        };
        Some(words.next()?.parse::<f64>().ok()? * factor)
    };
    let sent = rate()?;
    Some((rate()?, sent))
}

#[test]
fn namespaces_of_one_owner_are_one_row_with_the_sum_of_their_rates() {
    load();
    let (receiver, sender) = (linked(1), linked(5));
    let id = "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d";
    let group = Group::with(&format!("docker/{id}"), receiver.pid());
    group.add(sender.pid());
    let other = Namespace::add("other");
    let inside = File::open(format!("/proc/{}/ns/net", sender.pid())).expect("a namespace");
    let inside = homeward_netns::inside(inside, || UdpSocket::bind("192.0.2.6:0"));
    let sockets = [
        (
            UdpSocket::bind("192.0.2.1:0").expect("a socket"),
            "192.0.2.2:9",
        ),
        (inside.expect("inside").expect("a socket"), "192.0.2.5:9"),
    ];
    let done = sending(&sockets, || {
        let mut top = Pty::run("top --interval 200ms");
        top.types("\t\t");
        top.shows(&["OWNER*", "NAMESPACES", "DEVICES", "RX/s", "TX/s"]);
        let much = |rate: f64| rate > 10_000.0;
        let lines = |top: &Pty, word: &str| {
            let text = top.text();
            let lines = text.lines().filter(|line| line.contains(word));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let both = |top: &Pty| {
            let line = lines(top, "docker:9ec39b91f3d7 ").pop()?;
            (line.split_whitespace().nth(1) == Some("2")).then_some(line)
        };
        // What a look cost says when the next one is: seconds later, emulated.
        eventually("a row of both", || both(&top).is_some());
        // One of them receives, and the other one sends.
        eventually("the sum of their rates", || {
            let rates = both(&top).and_then(|line| rates(&line));
            rates.is_some_and(|(received, sent)| much(received) && much(sent))
        });
        assert_eq!(lines(&top, "docker:9ec39b91f3d7 ").len(), 1);
        println!("{}", top.text());
        // Nobody is in the one that has a name.
        let text = top.text();
        let unknown = text.lines().filter(|line| line.starts_with("- "));
        assert_eq!(unknown.count(), 1, "{text}");

        top.types("/docker\r");
        top.shows(&["only with: docker"]);
        top.types("\r");
        top.shows(&["owner: docker:9ec39b91f3d7"]);
        eventually("their own rates", || {
            let found = lines(&top, " live ");
            let rates: Option<Vec<_>> = found.iter().map(|line| rates(line)).collect();
            let Some([(in1, out1), (in2, out2)]) = rates.as_deref() else {
                return false;
            };
            let one_way = |this: f64, that: f64| much(this) && !much(that);
            one_way(*in1, *out1) && one_way(*out2, *in2)
                || one_way(*out1, *in1) && one_way(*in2, *out2)
        });
        println!("{}", top.text());
        top.types("q");
        assert!(top.ends().0.success());
    });
    ip("link del t1");
    ip("link del t5");
    drop((sockets, receiver, sender, other, group));
    if let Err(why) = done {
        std::panic::resume_unwind(why);
    }
}

/// The time that a process has used on processors.
fn used(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process");
    let fields = stat.rsplit(") ").next().expect("its fields");
    let mut ticks = fields.split(' ').skip(11).take(2);
    let mut tick = || {
        ticks
            .next()
            .and_then(|one| one.parse::<u64>().ok())
            .expect("a number")
    };
    let ticks = tick() + tick();
    Duration::from_millis(ticks * 10)
}

#[test]
fn top_takes_less_than_a_twentieth_of_a_processor_with_a_thousand_namespaces() {
    load();
    // Where a look takes long, the next is seconds away: it takes many of them for a part.
    let (count, first, time) = match slow() {
        true => (100, 10, Duration::from_secs(100)),
        false => (1000, 3, Duration::from_secs(20)),
    };
    let many = Namespaces::add("many", count);
    // By name, and by what all of them receive; then their owners. All at once: each has its own time.
    let tops = ["", ">>>>>>", "\t\t"].map(|keys| {
        let mut top = Pty::run("top");
        top.shows(&["many1 ", "live"]);
        top.types(keys);
        (keys, top)
    });
    std::thread::sleep(Duration::from_secs(first));
    let (start, before) = (
        Instant::now(),
        tops.each_ref().map(|(_, top)| used(top.pid())),
    );
    std::thread::sleep(time);
    for ((keys, mut top), before) in tops.into_iter().zip(before) {
        let part = (used(top.pid()) - before).as_secs_f64() / start.elapsed().as_secs_f64();
        println!(
            "{count} namespaces, keys {keys:?}: {:.1} % of a processor",
            part * 100.0
        );
        println!("{}", top.text());
        assert!(part < 0.05, "{part}");
        top.types("q");
        top.ends();
    }
    drop(many);
}
