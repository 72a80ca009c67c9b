// SPDX-License-Identifier: GPL-2.0-only

//! Who may do what, and what becomes of requests that make no sense.

use std::os::fd::{AsRawFd, RawFd};

use homeward_client::{Client, Verdict};
use homeward_guest_tests::{client, cookie_of, load, Namespace};
use homeward_netlink::{messages, request, NlmF};
use nix::errno::Errno;
use nix::sys::socket::{
    recv, recvmsg, send, sendmsg, socket, AddressFamily, ControlMessage, ControlMessageOwned,
    MsgFlags, SockFlag, SockProtocol, SockType,
};

/// The numbers of all operations on one object, from `homeward.yaml`.
const OPERATIONS: [(u8, &str); 10] = [
    (1, "ns-get"),
    (2, "dev-get"),
    (3, "dev-set"),
    (4, "recall"),
    (5, "ns-open"),
    (6, "rule-get"),
    (7, "rule-add"),
    (8, "rule-del"),
    (9, "rule-flush"),
    (10, "stats-get"),
];

/// An attribute with this number and payload, padded.
fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
    homeward_netlink::attribute(kind, payload).expect("a length")
}

fn nest(kind: u16, parts: &[Vec<u8>]) -> Vec<u8> {
    attribute(kind | 0x8000, &parts.concat())
}

fn u32s(kind: u16, value: u32) -> Vec<u8> {
    attribute(kind, &value.to_ne_bytes())
}

fn text(kind: u16, value: &str) -> Vec<u8> {
    attribute(kind, format!("{value}\0").as_bytes())
}

fn ask(command: u8, parts: &[Vec<u8>]) -> Verdict {
    client()
        .raw(command, false, &parts.concat())
        .expect("a verdict")
}

/// A request that is refused with this error, in words.
#[track_caller]
fn refused(command: u8, parts: &[Vec<u8>], errno: Errno) -> Verdict {
    let verdict = ask(command, parts);
    assert_eq!(verdict.errno, Some(errno), "{verdict:?}");
    assert!(verdict.message.is_some(), "no words: {verdict:?}");
    verdict
}

/// The same, blaming the attribute that begins here in the message.
#[track_caller]
fn blamed(command: u8, parts: &[Vec<u8>], errno: Errno, offset: usize) {
    let verdict = refused(command, parts, errno);
    assert_eq!(verdict.offset, Some(offset), "{verdict:?}");
}

#[test]
fn a_missing_attribute_is_named() {
    load();
    for (command, missing) in [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 1),
        (5, 1),
        (6, 1),
        (7, 6),
        (8, 1),
    ] {
        let verdict = refused(command, &[], Errno::EINVAL);
        assert_eq!(verdict.missing, Some(missing), "operation {command}");
    }
    let cookie = u32::try_from(cookie_of(1)).expect("a small cookie");
    for command in [2, 3, 4] {
        let verdict = refused(command, &[u32s(1, cookie)], Errno::EINVAL);
        assert_eq!(verdict.missing, Some(2), "operation {command}");
    }
}

#[test]
fn an_unknown_attribute_is_refused_by_every_operation() {
    load();
    for (command, name) in OPERATIONS {
        for kind in [0, 60, 1000, 0x3fff] {
            let verdict = ask(command, &[u32s(kind, 1)]);
            let expected = [Some(Errno::EINVAL), Some(Errno::ERANGE)];
            assert!(
                expected.contains(&verdict.errno),
                "{name} {kind}: {verdict:?}"
            );
            assert!(verdict.message.is_some(), "{name} {kind}: {verdict:?}");
        }
    }
}

#[test]
fn an_attribute_that_comes_twice_is_refused_and_the_second_blamed() {
    load();
    let cookie = u32s(1, u32::try_from(cookie_of(1)).expect("a small cookie"));
    blamed(
        1,
        &[cookie.clone(), cookie.clone()],
        Errno::EINVAL,
        cookie.len(),
    );
    let (one, two) = (u32s(2, 1), u32s(2, 1));
    blamed(
        2,
        &[cookie.clone(), one.clone(), two],
        Errno::EINVAL,
        cookie.len() + one.len(),
    );
    blamed(6, &[u32s(1, 1), u32s(1, 2)], Errno::EINVAL, 8);
    blamed(7, &[u32s(6, 1), u32s(6, 1)], Errno::EINVAL, 8);
    // Inside a nest as well.
    let name = text(3, "sim0");
    let home = nest(8, &[u32s(1, 1), name.clone(), name]);
    refused(3, &[cookie, text(3, "lo"), home], Errno::EINVAL);
}

#[test]
fn attributes_of_the_wrong_size_or_type_are_refused() {
    load();
    let cookie = u32s(1, u32::try_from(cookie_of(1)).expect("a small cookie"));
    // A cookie of 1, 2, 3, 5 bytes, and none.
    for payload in [&[1][..], &[1, 0], &[1, 0, 0], &[1, 0, 0, 0, 0], &[]] {
        let verdict = ask(1, &[attribute(1, payload)]);
        assert!(
            verdict.errno.is_some() && verdict.message.is_some(),
            "{payload:?}: {verdict:?}"
        );
    }
    // Zero where numbers begin at 1; an index that is no positive int.
    for value in [u32s(1, 0), u32s(2, 0), u32s(14, 0)] {
        assert!(ask(1, &[value]).errno.is_some());
    }
    for index in [0, 1 << 31, u32::MAX] {
        assert_eq!(
            ask(2, &[cookie.clone(), u32s(2, index)]).errno,
            Some(Errno::ERANGE)
        );
    }
    assert_eq!(
        ask(1, &[attribute(15, &(-1i32).to_ne_bytes())]).errno,
        Some(Errno::ERANGE)
    );
    // A name without its NUL, too long, or empty.
    for name in [
        attribute(3, b"lo"),
        text(3, &"x".repeat(16)),
        attribute(3, b""),
    ] {
        assert!(ask(2, &[cookie.clone(), name]).errno.is_some());
    }
    refused(2, &[cookie.clone(), text(3, "")], Errno::ENODEV);
    // A nest that is none, and one without its flag.
    refused(
        3,
        &[cookie.clone(), text(3, "lo"), u32s(8, 1)],
        Errno::EINVAL,
    );
    let home = attribute(8, &[u32s(1, 1), text(3, "a")].concat());
    refused(3, &[cookie, text(3, "lo"), home], Errno::EINVAL);
}

#[test]
fn truncated_messages_and_trailing_bytes_are_refused() {
    load();
    for bytes in [
        &[1][..],
        &[1, 0, 0],
        &[3, 0, 1, 0],
        &[200, 0, 1, 0, 1, 0, 0, 0],
        &[8, 0, 1, 0, 7],
    ] {
        for (command, name) in OPERATIONS {
            let verdict = client().raw(command, false, bytes).expect("a verdict");
            assert!(verdict.errno.is_some(), "{name} {bytes:?}: {verdict:?}");
        }
    }
    // The attribute claims more than its nest has.
    let short = nest(8, &[vec![200, 0, 1, 0, 1, 0, 0, 0]]);
    let cookie = u32s(1, u32::try_from(cookie_of(1)).expect("a small cookie"));
    let verdict = ask(3, &[cookie, text(3, "lo"), short]);
    assert_eq!(verdict.errno, Some(Errno::EINVAL), "{verdict:?}");
}

#[test]
fn oversized_and_deeply_nested_requests_are_refused() {
    load();
    let cookie = u32s(1, u32::try_from(cookie_of(1)).expect("a small cookie"));
    let lo = text(3, "lo");
    let home = |n: u32| nest(8, &[u32s(1, n + 100), text(3, "name")]);
    // Nine homes where eight may be.
    let nine: Vec<_> = (0..9).map(home).collect();
    let mut parts = vec![cookie.clone(), lo.clone()];
    parts.extend(nine);
    refused(3, &parts, Errno::EINVAL);
    // More alternative names and addresses than are recorded.
    let mut names = vec![u32s(1, 6)];
    names.extend((0..200).map(|n| text(4, &format!("alternative{n}"))));
    let inside = [u32s(1, 100), text(3, "name"), nest(4, &names)];
    refused(
        3,
        &[cookie.clone(), lo.clone(), nest(8, &inside)],
        Errno::E2BIG,
    );
    let address = nest(5, &[attribute(1, &[192, 0, 2, 1]), u32s(3, 24)]);
    let mut inside = vec![u32s(1, 100), text(3, "name")];
    inside.extend(std::iter::repeat_n(address.clone(), 100));
    refused(
        3,
        &[cookie.clone(), lo.clone(), nest(8, &inside)],
        Errno::E2BIG,
    );
    // An address nested in an address, a hundred deep.
    let mut deep = address;
    for _ in 0..100 {
        deep = nest(5, &[deep]);
    }
    let inside = [u32s(1, 100), text(3, "name"), deep];
    refused(
        3,
        &[cookie.clone(), lo.clone(), nest(8, &inside)],
        Errno::EINVAL,
    );
    // Addresses that are none.
    for (bytes, prefix) in [
        (&[1, 2, 3][..], 24),
        (&[1, 2, 3, 4, 5], 24),
        (&[1, 2, 3, 4], 33),
    ] {
        let one = nest(5, &[attribute(1, bytes), u32s(3, prefix)]);
        let inside = [u32s(1, 100), text(3, "name"), one];
        refused(
            3,
            &[cookie.clone(), lo.clone(), nest(8, &inside)],
            Errno::EINVAL,
        );
    }
}

#[test]
fn contradictions_are_refused_and_change_nothing() {
    load();
    let red = Namespace::add("red");
    red.ip("link add dum0 type dummy");
    let cookie = u32s(1, u32::try_from(red.cookie()).expect("a small cookie"));
    let dum0 = text(3, "dum0");
    let home = |n: u32| nest(8, &[u32s(1, n), text(3, "name")]);
    let own = u32::try_from(red.cookie()).expect("a small cookie");
    let setting = |id: &[Vec<u8>]| nest(4, &[id, &[u32s(2, 1400)]].concat());
    let home_with =
        |settings: &[Vec<u8>]| nest(8, &[&[u32s(1, 100), text(3, "name")], settings].concat());
    for parts in [
        vec![home(own)],                                // a home where it is
        vec![home(100), home(100)],                     // the same twice
        vec![home(100), attribute(15, &[])],            // homes, and none
        vec![nest(8, &[u32s(1, 100)])],                 // without a name
        vec![nest(8, &[text(3, "name")])],              // without a namespace
        vec![nest(8, &[u32s(1, 100), text(3, "a/b")])], // a name that no device has
        vec![nest(8, &[u32s(1, 100), text(3, "a%d")])],
        // A setting twice, and one that does not say which it is.
        vec![home_with(&[setting(&[u32s(1, 1)]), setting(&[u32s(1, 1)])])],
        vec![home_with(&[setting(&[])])],
        vec![text(14, "a/b")], // no name for a device
        vec![text(14, "a%d")],
        vec![text(14, "a\x0bb")],
        vec![text(14, "\u{e0}")], // the kernel takes its second byte for a space
        vec![text(14, "..")],
        vec![u32s(13, 9)],            // no such mark
        vec![u32s(2, 2)],             // named twice
        vec![u32s(13, 2), home(own)], // one good, one not
    ] {
        let mut all = vec![cookie.clone(), dum0.clone()];
        all.extend(parts);
        let verdict = ask(3, &all);
        assert!(verdict.errno.is_some(), "{all:?}: {verdict:?}");
        assert!(verdict.message.is_some(), "{all:?}: {verdict:?}");
    }
    let device = client().device_by_name(red.cookie(), "dum0").expect("dum0");
    assert!(device.homes.is_empty() && device.home_name.is_none());
    assert_eq!(device.mark, homeward_client::model::Mark::None);

    for parts in [
        vec![],                             // no action
        vec![u32s(6, 4)],                   // no such action
        vec![u32s(6, 1), text(3, "")],      // an empty pattern
        vec![u32s(6, 1), text(4, "")],      // an empty kind
        vec![u32s(6, 1), text(7, "fixed")], // a template without number
        vec![u32s(6, 1), text(7, "%d%d")],
        vec![u32s(6, 1), text(7, "\u{e0}%d")],
        vec![u32s(6, 1), u32s(8, 1 << 18)], // addresses without up
        vec![u32s(6, 1), u32s(8, 1 << 31)], // no such setting
        vec![u32s(6, 1), u32s(2, 99)],      // before no rule
        vec![u32s(6, 1), u32s(5, 3)],       // no such class
    ] {
        let verdict = ask(7, &parts);
        assert!(
            verdict.errno.is_some() && verdict.message.is_some(),
            "{parts:?}: {verdict:?}"
        );
    }
    assert!(client().rules().expect("rules").is_empty());
}

#[test]
fn there_are_at_most_256_rules() {
    load();
    for _ in 0..256 {
        assert_eq!(ask(7, &[u32s(6, 1)]).errno, None);
    }
    refused(7, &[u32s(6, 1)], Errno::ENOSPC);
    assert_eq!(client().rules().expect("rules").len(), 256);
    assert_eq!(ask(9, &[]).errno, None);
    assert!(client().rules().expect("rules").is_empty());
}

/// Set where a test is to be the somebody else that it starts.
const PROBE: &str = "HOMEWARD_PROBE";

/// Runs the present test again as somebody else, who probes.
#[track_caller]
fn probe_as(program: &str, args: &[&str]) -> String {
    let own = std::env::current_exe().expect("own path");
    let own = own.to_str().expect("a path");
    let name = "nobody_without_privileges_in_the_initial_namespaces_gets_anything";
    let output = std::process::Command::new(program)
        .args(args)
        .args([own, "--exact", name, "--nocapture"])
        .env(PROBE, "1")
        .output()
        .expect(program);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn nobody_without_privileges_in_the_initial_namespaces_gets_anything() {
    if std::env::var_os(PROBE).is_some() {
        probe();
        return;
    }
    load();
    let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let said = probe_as("setpriv", &nobody);
    assert!(said.contains("probe: refused 11 of 11"), "{said}");
    // Root of a user namespace, in the initial network namespace.
    let said = probe_as("unshare", &["--user", "--map-root-user"]);
    assert!(said.contains("probe: refused 11 of 11"), "{said}");
    // Real root in another network namespace: the family is not there.
    let said = probe_as("unshare", &["--net"]);
    assert!(said.contains("probe: no family"), "{said}");
    let said = probe_as("unshare", &["--user", "--map-root-user", "--net"]);
    assert!(said.contains("probe: no family"), "{said}");
    // With CAP_NET_ADMIN alone, a descriptor is still refused.
    let caps = ["--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"];
    let said = probe_as("setpriv", &caps);
    assert!(said.contains("probe: refused 1 of 11"), "{said}");
}

/// Tries every operation, and the group; says how many were refused for want of permission.
fn probe() {
    let Ok(mut client) = Client::connect() else {
        println!("probe: no family");
        return;
    };
    let init = u32s(1, 7);
    let mut refused = 0;
    for (command, _) in OPERATIONS {
        let parts = match command {
            2 | 4 => vec![init.clone(), text(3, "lo")],
            3 => vec![init.clone(), text(3, "lo"), u32s(13, 1)],
            7 => vec![u32s(6, 3)],
            9 | 10 => vec![],
            6 | 8 => vec![u32s(1, 1)],
            _ => vec![init.clone()],
        };
        let verdict = client
            .raw(command, false, &parts.concat())
            .expect("a verdict");
        refused += u32::from(verdict.errno == Some(Errno::EPERM));
    }
    refused += u32::from(client.subscribe().is_err());
    println!("probe: refused {refused} of 11");
}

const HAND: &str = "HOMEWARD_HAND";

/// A socket of generic netlink that somebody else has opened, and handed to us.
#[track_caller]
fn handed_by(program: &str, args: &[&str]) -> RawFd {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
    let own = std::env::current_exe().expect("own path");
    let name = "a_socket_of_somebody_else_does_not_lend_him_the_rights_of_who_writes_to_it";
    let status = std::process::Command::new(program)
        .args(args)
        .arg(own)
        .args(["--exact", name])
        .env(HAND, "1")
        .stdin(std::os::fd::OwnedFd::from(theirs))
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.expect(program).success());
    let mut room = nix::cmsg_space!(RawFd);
    let mut byte = [0];
    let mut parts = [std::io::IoSliceMut::new(&mut byte)];
    let flags = MsgFlags::empty();
    let got = recvmsg::<()>(ours.as_raw_fd(), &mut parts, Some(&mut room), flags).expect("it");
    let first = got.cmsgs().expect("what came along").next();
    match first {
        Some(ControlMessageOwned::ScmRights(fds)) => fds[0],
        other => panic!("{other:?}"),
    }
}

/// Opens a socket and hands it over.
fn hand() {
    let (family, kind) = (AddressFamily::Netlink, SockType::Raw);
    let generic = SockProtocol::NetlinkGeneric;
    let socket = socket(family, kind, SockFlag::empty(), generic).expect("a socket");
    let fds = [socket.as_raw_fd()];
    let rights = [ControlMessage::ScmRights(&fds)];
    let byte = [std::io::IoSlice::new(&[0])];
    sendmsg::<()>(0, &byte, &rights, MsgFlags::empty(), None).expect("handed over");
}

/// What is answered to a request that is written to a socket, to no address: an errno, or 0.
#[track_caller]
fn answer(socket: RawFd, command: u8, parts: &[Vec<u8>]) -> i32 {
    let body = [vec![command, 1, 0, 0], parts.concat()].concat();
    let request = request(client().family_id(), NlmF::ACK, 0, &body);
    send(socket, &request, MsgFlags::empty()).expect("a request");
    let mut buffer = [0; 8192];
    loop {
        let len = recv(socket, &mut buffer, MsgFlags::empty()).expect("an answer");
        for message in messages(&buffer[..len]) {
            if let Some(ack) = message.expect("a message").ack().expect("a verdict") {
                return ack.errno.map_or(0, |errno| errno as i32);
            }
        }
    }
}

#[test]
fn a_socket_of_somebody_else_does_not_lend_him_the_rights_of_who_writes_to_it() {
    if std::env::var_os(HAND).is_some() {
        hand();
        return;
    }
    load();
    let refused = Errno::EPERM as i32;
    let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let socket = handed_by("setpriv", &nobody);
    for (command, name) in OPERATIONS {
        assert_eq!(answer(socket, command, &[]), refused, "{name}");
    }
    // One who may do everything but open namespaces.
    let caps = ["--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"];
    let socket = handed_by("setpriv", &caps);
    let red = Namespace::add("red");
    let cookie = u32s(1, u32::try_from(red.cookie()).expect("a small cookie"));
    assert_eq!(answer(socket, 1, std::slice::from_ref(&cookie)), 0);
    assert_eq!(answer(socket, 5, std::slice::from_ref(&cookie)), refused);
    // One who may.
    let socket = handed_by("setpriv", &["--clear-groups"]);
    assert_eq!(answer(socket, 5, &[cookie]), 0);
}
