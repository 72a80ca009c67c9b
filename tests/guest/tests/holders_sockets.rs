// SPDX-License-Identifier: GPL-2.0-only

//! `homeward sockets`, and what `holders` and `ls` tell without the module, to a plain user, and of a
//! crowd.

use std::io::Read;
use std::net::UdpSocket;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{id, Command, Stdio};
use std::time::{Duration, Instant};

use homeward_guest_tests::verb::{self, as_nobody};
use homeward_guest_tests::{
    eventually, explained, homeward, inside, left_with, load, only, run, said, slow, times, unload,
    Killed, Listener, Namespace, Said, Unnamed,
};
use serde_json::Value;

#[test]
fn sockets_tell_where_they_belong_and_strays_come_first() {
    load();
    let (cookie, stray) = left_with(|| UdpSocket::bind("127.0.0.1:5300").expect("a socket"));
    let _usual = UdpSocket::bind("127.0.0.1:5301").expect("a socket");
    let sockets = |words: &str| {
        let data = homeward(words).data;
        data["sockets"].as_array().expect("sockets").clone()
    };
    for words in ["sockets".to_owned(), format!("sockets pid:{}", id())] {
        let all = sockets(&words);
        let first = &all[0];
        assert_eq!(first["namespace"]["cookie"], cookie, "{first:#}");
        assert_eq!(first["strays"], true, "{first:#}");
        assert_eq!(first["protocol"], "udp");
        let holder = &first["holders"][0];
        assert_eq!(holder["fd"], stray.as_raw_fd());
        assert_eq!(holder["namespace"]["initial"], true, "{first:#}");
        let usual = all.iter().find(|one| one["local"] == "127.0.0.1:5301");
        let usual = usual.expect("the other socket");
        assert_eq!(usual["strays"], false, "{usual:#}");
        assert_eq!(usual["namespace"]["initial"], true, "{usual:#}");
    }
    let all = sockets(&format!("sockets cookie:{cookie}"));
    assert_eq!(all.len(), 1, "{all:#?}");
    assert!(sockets("sockets init")
        .iter()
        .all(|one| one["namespace"]["initial"] == true));
    // It tells apart without the module, too.
    unload();
    let first = sockets("sockets")[0].clone();
    assert_eq!(first["namespace"]["cookie"], cookie, "{first:#}");
    assert_eq!(first["strays"], true, "{first:#}");
    let table = run("homeward", &["sockets"]);
    let line = table.lines().nth(1).expect("a line");
    let marked = format!("cookie:{cookie}");
    let words: Vec<_> = line.split_whitespace().take(2).collect();
    assert_eq!(words, [marked.as_str(), "init"]);
}

#[test]
fn without_the_module_all_is_found_and_the_count_is_said_to_be_unknown() {
    unload();
    let red = Namespace::add("red");
    let socket = inside("red", || UdpSocket::bind("127.0.0.1:0").expect("a socket"));
    let data = homeward("holders red").data;
    let kinds: Vec<_> = data["holders"]
        .as_array()
        .expect("holders")
        .iter()
        .map(|one| one["kind"].clone())
        .collect();
    assert_eq!(kinds, ["socket", "mount"], "{data:#}");
    assert_eq!(data["references"]["counted"], Value::Null);
    assert_eq!(data["references"]["found"]["total"]["max"], 2);
    let text = run("homeward", &["holders", "red"]);
    assert!(text.contains("the kernel's count is unknown: "), "{text}");
    assert!(text.contains("modprobe homeward"), "{text}");
    drop((socket, red));
}

#[test]
fn a_plain_user_sees_a_part_and_is_told_so() {
    load();
    let _red = Namespace::add("red");
    let _socket = inside("red", || UdpSocket::bind("127.0.0.1:0").expect("a socket"));
    let plain = |words: &str| said(as_nobody(&format!("{words} --json")), words);
    for words in ["holders red", "sockets"] {
        let Said { data, error } = plain(words);
        assert_eq!(data["complete"], false, "{data:#}");
        assert!(error.contains("this list is incomplete"), "{error}");
        assert!(error.contains("run it as root"), "{error}");
    }
    let data = plain("holders red").data;
    let because = data["references"]["unknown_because"].as_str();
    assert!(because.is_some_and(|text| text.contains("CAP_NET_ADMIN")));
    // The names are for all to see.
    assert_eq!(data["holders"][0]["kind"], "mount", "{data:#}");
}

#[test]
fn a_socket_that_nobody_lends_is_found_in_the_tables_of_its_namespace() {
    load();
    let _red = Namespace::add("red");
    let socket = inside("red", || UdpSocket::bind("127.0.0.1:0").expect("a socket"));
    let keeper = Command::new("setpriv")
        .args(["--reuid", "65534", "sleep", "1000"])
        .stdin(Stdio::from(OwnedFd::from(socket)))
        .spawn();
    let keeper = Killed(keeper.expect("setpriv"));
    let status = format!("/proc/{}/status", keeper.0.id());
    eventually("another user", || {
        let status = std::fs::read_to_string(&status);
        status.is_ok_and(|text| text.contains("Name:\tsleep\n"))
    });
    // The effective user decides who may look, and the real one who may borrow.
    let caps = ["+sys_admin,+net_admin"; 2];
    let mut command = Command::new("setpriv");
    command.args(["--euid", "65534", "--bounding-set", "-sys_ptrace"]);
    command.args(["--inh-caps", caps[0], "--ambient-caps", caps[1]]);
    command.args(["homeward", "holders", "red", "--json"]);
    let Said { data, .. } = said(verb::run(&mut command), "holders red");
    let holders = data["holders"].as_array().expect("holders");
    let its = holders.iter().find(|one| one["kind"] == "socket");
    let its = its.unwrap_or_else(|| panic!("{data:#}"));
    assert_eq!(its["process"]["pid"], keeper.0.id());
    assert_eq!(its["fd"], 0);
    assert_eq!(its["what"], "inet udp (process is elsewhere)");
    assert_eq!(data["references"]["unexplained"], 0, "{data:#}");
}

#[test]
fn ls_tells_processes_and_owner() {
    for module in [true, false] {
        if module {
            load();
        } else {
            unload();
        }
        let ns = Unnamed::new();
        let red = Namespace::add("red");
        let inum = std::fs::read_link(format!("/proc/{}/ns/net", ns.pid())).expect("a link");
        let inum = inum.to_string_lossy().into_owned();
        let list = homeward("ls").data;
        let list = list["namespaces"].as_array().expect("a list").clone();
        let its = list
            .iter()
            .find(|one| format!("net:[{}]", one["inum"]) == inum)
            .expect("the namespace");
        assert_eq!(its["processes"], 1, "{its:#}");
        assert_eq!(its["owner"], "root", "{its:#}");
        let named = list.iter().find(|one| one["names"][0] == "red");
        let named = named.expect("red");
        assert_eq!(named["processes"], 0, "{named:#}");
        assert_eq!(named["owner_uid"], 0, "{named:#}");
        let table = run("homeward", &["ls"]);
        let header = table.lines().next().expect("a header");
        assert!(header.contains("PROCS") && header.contains("OWNER"));
        drop(red);
    }
}

/// A client of a container asks a server of the host, by a file, and ends; the server has not accepted one
/// connection and keeps its end of another one.
#[test]
fn what_is_left_of_local_connections_is_explained() {
    load();
    let mut events = Listener::new();
    const PATH: &str = "/tmp/asked";
    let _ = std::fs::remove_file(PATH);
    let server = UnixListener::bind(PATH).expect("a server");
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let connect = || inside("red", || UnixStream::connect(PATH).expect("a connection"));
    drop(connect());
    let (kept, _) = server.accept().expect("a connection");
    drop(connect());
    let open = connect();
    red.delete();
    let selector = format!("cookie:{cookie}");
    let kinds = || {
        let all = explained(&selector);
        let of = |what: &str| all.iter().filter(|one| one["kind"] == what).count();
        (of("socket"), of("orphans"))
    };
    // Two that were not accepted, and the ends of two that have been closed.
    assert_eq!(kinds(), (2, 2));
    let data = homeward(&format!("holders {selector}")).data;
    assert_eq!(data["references"]["counted"], 6, "{data:#}");
    // As advised.
    let servers = run("ss", &["-xlp"]);
    let ours = servers.lines().find(|line| line.contains(PATH));
    let queue = ours.and_then(|line| line.split_whitespace().nth(2));
    assert_eq!(queue, Some("2"), "{servers}");
    drop(open);
    drop(server);
    assert_eq!(kinds(), (1, 1));
    drop(kept);
    events.until_gone(cookie);
    std::fs::remove_file(PATH).expect("a file");
}

#[test]
fn thousands_of_processes_and_descriptors_take_seconds() {
    // Each has ten descriptors to be looked at.
    let processes = times(times(1000));
    load();
    let (cookie, _socket) = left_with(|| UdpSocket::bind("127.0.0.1:0").expect("a socket"));
    // Ten descriptors each, of which one is a socket; they end when their input does.
    let script = format!(
        "exec 3</etc/passwd 4</etc/passwd 5</etc/passwd 6</etc/passwd 7</etc/passwd 8<&0 9</dev/null
         for i in $(seq {processes}); do read -r _ <&8 & done
         echo made
         wait"
    );
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let mut herd = Command::new("bash")
        .args(["-c", &script])
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::piped())
        .spawn()
        .expect("bash");
    let mut made = [0; 4];
    let output = herd.stdout.as_mut().expect("output");
    output.read_exact(&mut made).expect("all made");

    let start = Instant::now();
    let holder = only(cookie, "socket");
    let once = start.elapsed();
    assert_eq!(holder["process"]["pid"], id());
    let start = Instant::now();
    let all = homeward("sockets").data;
    let sockets = start.elapsed();
    println!("holders: {once:?}, sockets: {sockets:?}");
    let shared = all["sockets"].as_array().expect("sockets").iter();
    let most = shared.map(|one| one["holders"].as_array().map_or(0, Vec::len));
    assert!(most.max() > Some(processes));
    drop(ours);
    herd.wait().expect("the end");
    let limit = Duration::from_secs(if slow() { 90 } else { 20 });
    for time in [once, sockets] {
        assert!(time < limit, "{time:?}");
    }
}
