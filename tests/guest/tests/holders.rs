// SPDX-License-Identifier: GPL-2.0-only

//! `homeward holders` and `homeward sockets`: everything that keeps a namespace alive is found, and
//! letting go of it as told lets the namespace die.

use std::fs::File;
use std::io::{IoSlice, Read};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::process::{id, Command, Stdio};
use std::thread::spawn;

use homeward_guest_tests::verb::json;
use homeward_guest_tests::{
    client, cookie_of, eventually, explained, homeward, inside, ip, left_with, load, only,
    open_tap, run, with_and_without, Inhabitant, Killed, Listener, Namespace, Unnamed,
};
use nix::sched::{setns, CloneFlags};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::socket::{sendmsg, ControlMessage, MsgFlags};
use serde_json::Value;

#[test]
fn a_process_is_found_and_its_end_releases_the_namespace() {
    load();
    let mut events = Listener::new();
    let ns = Unnamed::new();
    let cookie = cookie_of(ns.pid());
    let holder = only(cookie, "task");
    assert_eq!(holder["process"]["pid"], ns.pid());
    assert_eq!(holder["process"]["command"], "sleep");
    assert_eq!(holder["process"]["user"], "root");
    assert_eq!(holder["release"], format!("end process {}", ns.pid()));
    ns.kill();
    events.until_gone(cookie);
}

#[test]
fn what_holds_the_initial_namespace_is_not_to_be_ended() {
    with_and_without(|_| {
        let list = json("holders --quiet init");
        let holders = list["holders"].as_array().expect("a list");
        assert!(!holders.is_empty());
        let never = "nothing: the initial namespace never dies";
        assert!(holders.iter().all(|one| one["release"] == never), "{list}");
    });
}

#[test]
fn a_thread_is_found_whose_process_is_elsewhere() {
    load();
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let thread = Inhabitant::new("red");
    red.delete();
    let holder = only(cookie, "thread");
    assert_eq!(holder["process"]["pid"], id());
    assert_eq!(holder["tid"], thread.tid);
    thread.leave();
    events.until_gone(cookie);
}

#[test]
fn an_open_file_is_found_also_when_the_mount_is_gone_through_which_it_was_opened() {
    load();
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let file = File::open("/run/netns/red").expect("a name");
    let again = file.try_clone().expect("a duplicate");
    let kinds = |holders: &[Value]| -> Vec<String> {
        let kinds = holders.iter().map(|one| one["kind"].to_string());
        kinds.collect()
    };
    // One reference, however many there are of them.
    let holders = explained("red");
    assert_eq!(
        kinds(&holders),
        ["\"file\"", "\"file\"", "\"mount\""],
        "{holders:#?}"
    );
    assert_eq!(holders[0]["path"], "/run/netns/red");
    assert_eq!(holders[2]["release"], "homeward netns delete red");
    let data = homeward("holders red").data;
    assert_eq!(data["references"]["counted"], 1, "{data:#}");
    red.delete();
    drop(again);
    let holder = only(cookie, "file");
    assert_eq!(holder["fd"], file.as_raw_fd());
    assert_eq!(holder["process"]["pid"], id());
    drop(file);
    events.until_gone(cookie);
}

#[test]
fn a_watch_on_a_name_is_found_when_that_is_gone() {
    load();
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let watcher = Inotify::init(InitFlags::IN_CLOEXEC).expect("inotify");
    let all = AddWatchFlags::IN_ALL_EVENTS;
    watcher.add_watch("/run/netns/red", all).expect("a watch");
    // One reference with the mount, as they share the inode.
    assert_eq!(explained("red").len(), 2);
    red.delete();
    let holder = only(cookie, "watch");
    assert_eq!(holder["process"]["pid"], id());
    assert_eq!(holder["fd"], watcher.as_fd().as_raw_fd());
    drop(watcher);
    events.until_gone(cookie);
}

#[test]
fn a_file_that_was_opened_by_proc_is_found() {
    load();
    let mut events = Listener::new();
    let ns = Unnamed::new();
    let cookie = cookie_of(ns.pid());
    let file = File::open(format!("/proc/{}/ns/net", ns.pid())).expect("a namespace");
    ns.kill();
    let holder = only(cookie, "file");
    let path = holder["path"].as_str().expect("a path");
    assert!(path.starts_with("net:["), "{path}");
    drop(file);
    events.until_gone(cookie);
}

#[test]
fn a_socket_is_found_that_was_carried_into_another_namespace() {
    load();
    let mut events = Listener::new();
    let (cookie, socket) = left_with(|| UdpSocket::bind("127.0.0.1:5300").expect("a socket"));
    let holder = only(cookie, "socket");
    assert_eq!(holder["process"]["pid"], id());
    assert_eq!(holder["fd"], socket.as_raw_fd());
    let what = holder["what"].as_str().expect("words");
    assert_eq!(what, "inet udp 127.0.0.1:5300 (process is elsewhere)");
    drop(socket);
    events.until_gone(cookie);
}

#[test]
fn every_kind_of_socket_is_found() {
    use nix::sys::socket::{socket, AddressFamily, SockFlag, SockProtocol, SockType};
    load();
    let mut events = Listener::new();
    let (cookie, sockets) = left_with(|| {
        let flags = SockFlag::SOCK_CLOEXEC;
        [
            (AddressFamily::Packet, SockType::Raw, None),
            (AddressFamily::Unix, SockType::Datagram, None),
            (
                AddressFamily::Netlink,
                SockType::Raw,
                Some(SockProtocol::NetlinkRoute),
            ),
            (AddressFamily::Inet6, SockType::Stream, None),
        ]
        .map(|(family, kind, protocol)| socket(family, kind, flags, protocol).expect("a socket"))
    });
    let holders = explained(&format!("cookie:{cookie}"));
    let what: Vec<_> = holders.iter().map(|one| one["what"].clone()).collect();
    let starts = |start: &str| {
        what.iter()
            .any(|what| what.as_str().unwrap().starts_with(start))
    };
    assert_eq!(what.len(), 4, "{what:#?}");
    for start in ["packet", "unix dgram", "netlink route", "inet6 tcp"] {
        assert!(starts(start), "{start}: {what:#?}");
    }
    drop(sockets);
    events.until_gone(cookie);
}

#[test]
fn the_subflows_of_a_socket_of_mptcp_are_explained() {
    // Some kernels have none.
    let server = "import socket, time\n\
        try: server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)\n\
        except OSError: raise SystemExit\n\
        server.bind(('127.0.0.1', 80)); server.listen()\n\
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)\n\
        client.connect(('127.0.0.1', 80)); served = server.accept()\n\
        print('ready', flush=True); time.sleep(1000)\n";
    load();
    let red = Namespace::add("red");
    red.ip("link set lo up");
    let child = Command::new("nsenter")
        .args(["--net=/run/netns/red", "python3", "-c", server])
        .stdout(Stdio::piped())
        .spawn();
    let mut server = Killed(child.expect("nsenter"));
    let mut said = [0; 6];
    let out = server.0.stdout.as_mut().expect("output");
    if out.read_exact(&mut said).is_err() {
        return;
    }
    let holders = explained("red");
    let what = holders.iter().filter_map(|one| one["what"].as_str());
    let sockets = what.filter(|what| what.starts_with("inet mptcp")).count();
    assert_eq!(sockets, 3, "{holders:#?}");
    let found = &homeward("holders red").data["references"]["found"];
    assert_eq!(found["sockets"]["min"], 6, "{found:#}");
    assert_eq!(found["sockets"]["max"], 6, "{found:#}");
}

#[test]
fn a_tun_file_is_found_with_its_device_wherever_that_is() {
    load();
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let file = inside("red", || open_tap("tap7"));
    red.delete();
    let holder = only(cookie, "tun");
    let what = holder["what"].as_str().expect("words");
    assert!(
        what.starts_with(&format!("tun file of tap7@cookie:{cookie}")),
        "{what}"
    );
    assert_eq!(holder["fd"], file.as_raw_fd());
    // The device leaves, the file stays where it was opened.
    let inside = client().open(cookie).expect("open");
    spawn(move || {
        setns(inside, CloneFlags::CLONE_NEWNET).expect("setns");
        ip("link set tap7 netns 1");
    })
    .join()
    .expect("moved");
    let holder = only(cookie, "tun");
    let what = holder["what"].as_str().expect("words");
    assert!(what.starts_with("tun file of tap7@init"), "{what}");
    drop(file);
    events.until_gone(cookie);
}

#[test]
fn a_mount_is_found_in_another_mount_namespace_and_the_command_told_releases_it() {
    load();
    let mut events = Listener::new();
    let ns = Unnamed::new();
    let cookie = cookie_of(ns.pid());
    let link = std::fs::metadata(format!("/proc/{}/ns/net", ns.pid()));
    let inum = link.expect("a process").ino();
    let script = format!(
        "touch '/tmp/a net' && mount --bind /proc/{}/ns/net '/tmp/a net' && exec sleep 1000",
        ns.pid()
    );
    let other = Command::new("unshare")
        .args(["--mount", "sh", "-c", &script])
        .spawn()
        .expect("unshare");
    let other = Killed(other);
    let comm = format!("/proc/{}/comm", other.0.id());
    eventually("the mount", || {
        std::fs::read_to_string(&comm).is_ok_and(|comm| comm == "sleep\n")
    });
    ns.kill();
    let holder = only(cookie, "mount");
    let told = holder["release"].as_str().expect("words");
    let pid = other.0.id();
    let expected = format!("homeward umount -N {pid} inum:{inum} '/tmp/a net'");
    assert_eq!(told, expected);
    run("sh", &["-c", told]);
    events.until_gone(cookie);
}

#[test]
fn a_socket_is_found_in_the_process_that_it_was_sent_to() {
    load();
    let mut events = Listener::new();
    let (cookie, socket) = left_with(|| UdpSocket::bind("127.0.0.1:5300").expect("a socket"));
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let fds = [socket.as_raw_fd()];
    let rights = [ControlMessage::ScmRights(&fds)];
    let text = [IoSlice::new(b"x")];
    let sent = sendmsg::<()>(ours.as_raw_fd(), &text, &rights, MsgFlags::empty(), None);
    assert_eq!(sent, Ok(1));
    drop(socket);

    // On its way, nobody can see what it is; that something is, and who can have it, is told.
    let data = homeward(&format!("holders cookie:{cookie}")).data;
    assert_eq!(data["references"]["unexplained"], 1, "{data:#}");
    let waiting = &data["in_flight"][0];
    assert_eq!(waiting["process"]["pid"], id(), "{data:#}");
    assert_eq!(waiting["fd"], theirs.as_raw_fd(), "{data:#}");
    assert_eq!(waiting["count"], 1);
    let text = run("homeward", &["holders", &format!("cookie:{cookie}")]);
    assert!(text.contains("0 of 1 references explained"), "{text}");
    assert!(text.contains("waiting to be received by"), "{text}");

    let receive = "import socket; s = socket.socket(fileno=0); \
                   f = socket.recv_fds(s, 1, 1); s.send(b'y'); s.recv(1)";
    let receiver = Command::new("python3")
        .args(["-c", receive])
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .expect("python3");
    let receiver = Killed(receiver);
    let mut answer = [0];
    (&ours).read_exact(&mut answer).expect("an answer");
    let holder = only(cookie, "socket");
    assert_eq!(holder["process"]["pid"], receiver.0.id());
    drop(receiver);
    events.until_gone(cookie);
}

#[test]
fn one_socket_of_two_processes_is_one_reference() {
    load();
    let mut events = Listener::new();
    let (cookie, socket) = left_with(|| UdpSocket::bind("127.0.0.1:5300").expect("a socket"));
    let heir = Command::new("sleep")
        .arg("1000")
        .stdin(Stdio::from(OwnedFd::from(
            socket.try_clone().expect("a duplicate"),
        )))
        .spawn()
        .expect("sleep");
    let heir = Killed(heir);
    let holder = only(cookie, "socket");
    let mut pids = vec![holder["process"]["pid"].as_u64()];
    pids.extend(
        holder["others"]
            .as_array()
            .expect("others")
            .iter()
            .map(|one| one["process"]["pid"].as_u64()),
    );
    pids.sort_unstable();
    let mut both = [id(), heir.0.id()].map(|pid| Some(u64::from(pid)));
    both.sort_unstable();
    assert_eq!(pids, both, "{holder:#}");
    drop(socket);
    assert_eq!(only(cookie, "socket")["process"]["pid"], heir.0.id());
    drop(heir);
    events.until_gone(cookie);
}

#[test]
fn connections_without_process_and_files_of_proc_are_explained() {
    load();
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    red.ip("link set lo up");
    let connection = inside("red", || {
        let listener = TcpListener::bind("127.0.0.1:80").expect("a listener");
        let stream = TcpStream::connect("127.0.0.1:80").expect("a connection");
        let table = File::open("/proc/thread-self/net/tcp").expect("a table");
        (listener, stream, table)
    });
    red.delete();
    let holders = explained(&format!("cookie:{cookie}"));
    let kinds: Vec<_> = holders.iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, ["socket", "socket", "proc-file", "orphans"]);
    let data = homeward(&format!("holders cookie:{cookie}")).data;
    assert_eq!(data["references"]["counted"], 4, "{data:#}");
    drop(connection);
    events.until_gone(cookie);
}

#[test]
fn several_at_once_are_all_found_and_released_one_after_the_other() {
    load();
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let selector = format!("cookie:{cookie}");
    let kinds = || {
        let holders = explained(&selector);
        let kinds = holders.iter().map(|one| one["kind"].as_str().unwrap());
        let mut kinds: Vec<_> = kinds.map(str::to_owned).collect();
        kinds.sort_unstable();
        kinds
    };
    let thread = Inhabitant::new("red");
    let file = File::open("/run/netns/red").expect("a name");
    let socket = inside("red", || UdpSocket::bind("127.0.0.1:0").expect("a socket"));
    let tun = inside("red", || open_tap("tap7"));
    let process = |words: &[&str]| {
        let mut command = Command::new("nsenter");
        let command = command.arg("--net=/run/netns/red").args(words);
        Killed(command.spawn().expect("nsenter"))
    };
    let sleeper = process(&["sleep", "1000"]);
    let comm = format!("/proc/{}/comm", sleeper.0.id());
    eventually("a process inside", || {
        std::fs::read_to_string(&comm).is_ok_and(|comm| comm == "sleep\n")
    });
    let all = ["file", "mount", "socket", "task", "thread", "tun"];
    assert_eq!(kinds(), all);
    red.delete();
    assert_eq!(kinds(), ["file", "socket", "task", "thread", "tun"]);
    drop(sleeper);
    assert_eq!(kinds(), ["file", "socket", "thread", "tun"]);
    drop(tun);
    assert_eq!(kinds(), ["file", "socket", "thread"]);
    thread.leave();
    assert_eq!(kinds(), ["file", "socket"]);
    drop(file);
    assert_eq!(kinds(), ["socket"]);
    drop(socket);
    events.until_gone(cookie);
}

#[test]
fn a_device_that_is_away_from_it_is_told_and_does_not_count() {
    load();
    let red = Namespace::add("red");
    red.ip("link add dummy7 type dummy");
    red.ip("link set dummy7 netns 1");
    let data = homeward("holders red").data;
    let away = &data["away"][0];
    assert_eq!(away["name"], "dummy7", "{data:#}");
    assert_eq!(away["recall"], "homeward recall dummy7@init");
    assert_eq!(data["references"]["unexplained"], 0);
    let text = run("homeward", &["holders", "red"]);
    assert!(
        text.contains("Away from it, but not keeping it alive: dummy7@init"),
        "{text}"
    );
    assert!(text.contains("\n1 of 1 references explained"), "{text}");
    ip("link del dummy7");
}
