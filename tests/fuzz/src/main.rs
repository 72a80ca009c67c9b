// SPDX-License-Identifier: GPL-2.0-only

//! Sends requests to the family: `homeward-fuzz MESSAGES [SEED]`, as root in a guest of its own.
//!
//! Several at a time, as root, as an ordinary user, and as root of a user namespace. What is looked
//! for is a kernel that complains, which the guest's verdict is about; here it is only seen that the
//! module still answers, and that what it counts adds up.

mod grammar;
mod request;

use std::io::ErrorKind;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use homeward_client::{Client, Error as ClientError};
use nix::errno::Errno;
use nix::sys::socket::{
    connect, recv, send, socket, AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol,
    SockType,
};

use request::Maker;

/// After so many datagrams the descriptors are closed that ns-open gave: before there are too many.
const CLOSE_EVERY: u32 = 16;

/// How each one comes to the family.
const LEVELS: [(&str, &[&str]); 5] = [
    ("root", &[]),
    ("root", &[]),
    ("root", &[]),
    ("user", &["setpriv", "--reuid=65534", "--clear-groups"]),
    (
        "root of a user namespace",
        &["unshare", "--user", "--map-root-user"],
    ),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
    let done = match words.first().map(String::as_str) {
        Some("--one") => match (number(1), number(2), number(3)) {
            (Some(family), Some(messages), Some(seed)) => one(family, messages, seed),
            _ => return usage(),
        },
        Some(_) => match number(0) {
            Some(messages) => all(messages, number(1).unwrap_or_else(|| fastrand::u64(..))),
            None => return usage(),
        },
        None => return usage(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("fuzz: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: homeward-fuzz MESSAGES [SEED]");
    ExitCode::from(2)
}

/// Starts one process for each level, and judges in the end.
fn all(messages: u64, seed: u64) -> Result<(), String> {
    println!("{messages} messages, seed {seed}");
    let begun = Instant::now();
    let family = Client::connect()
        .map_err(|error| error.to_string())?
        .family_id();
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut hands = Vec::new();
    let share = messages.div_ceil(3);
    for (number, (level, how)) in (0u64..).zip(LEVELS) {
        // The refused ones are cheap, and all alike: fewer of them.
        let share = if how.is_empty() { share } else { share / 10 };
        let mut words: Vec<String> = how.iter().map(|word| (*word).to_owned()).collect();
        words.push(own.display().to_string());
        words.push("--one".to_owned());
        words.extend([u64::from(family), share, seed.wrapping_add(number)].map(|n| n.to_string()));
        let hand = Command::new(&words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start as {level}: {error}"))?;
        hands.push((level, hand));
    }
    for (level, mut hand) in hands {
        let status = hand.wait().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("{level}: {status}"));
        }
    }
    let seconds = begun.elapsed().as_secs().max(1);
    println!(
        "{messages} messages in {seconds} s, {}/s",
        messages / seconds
    );
    judge()
}

/// The module still answers, and its counters add up.
fn judge() -> Result<(), String> {
    let failed = |error: ClientError| format!("in the end: {error}");
    let mut client = Client::connect().map_err(failed)?;
    client.flush_rules().map_err(failed)?;
    let stats = client.stats().map_err(failed)?;
    let present = u64::from(stats.older) + stats.born - stats.gone;
    let away = stats.left - stats.settled - stats.destroyed - stats.forgotten;
    if present != u64::from(stats.namespaces) || away != u64::from(stats.devices_away) {
        return Err(format!("in the end the counters are {stats:?}"));
    }
    client.namespaces().map(drop).map_err(failed)
}

/// Sends so many messages in this process.
fn one(family: u64, messages: u64, seed: u64) -> Result<(), String> {
    let family = u16::try_from(family).map_err(|error| error.to_string())?;
    let namespaces = Client::connect().and_then(|mut client| client.namespaces_now());
    let may_ask = namespaces.is_ok();
    let cookies = match namespaces {
        Ok(dump) => dump.items.iter().map(|ns| ns.cookie).collect(),
        Err(_) => vec![1],
    };
    let mut maker = Maker::new(family, cookies, seed);
    let socket = open().map_err(|errno| format!("socket: {}", errno.desc()))?;
    let (mut sent, mut datagrams) = (0, 0u32);
    let mut answers = Answers::default();
    let mut buffer = vec![0; 1 << 16];
    while sent < messages {
        let mut datagram = Vec::new();
        for _ in 0..maker.batch() {
            datagram.extend(maker.request());
            sent += 1;
        }
        match send(socket.as_raw_fd(), &datagram, MsgFlags::empty()) {
            Ok(_) => {}
            // The answers to the last one filled the socket.
            Err(Errno::ENOBUFS | Errno::EAGAIN | Errno::EMSGSIZE) => {}
            Err(errno) => return Err(format!("send: {}", errno.desc())),
        }
        drain(&socket, &mut buffer, family, &mut answers)?;
        datagrams = datagrams.wrapping_add(1);
        if datagrams % CLOSE_EVERY == 0 {
            close_all_but(&socket)?;
        }
    }
    let Answers {
        accepted,
        refused,
        told,
    } = answers;
    println!("{sent} sent: {accepted} accepted, {refused} refused, {told} with data");
    // Else it was not the family that looked at them.
    if accepted + refused == 0 {
        return Err("nobody answered".to_owned());
    }
    // Neither may those without a privilege get anything.
    match may_ask {
        false if accepted + told > 0 => Err("it was accepted without a privilege".to_owned()),
        true if accepted == 0 => Err("nothing was accepted".to_owned()),
        _ => Ok(()),
    }
}

fn open() -> nix::Result<OwnedFd> {
    let socket = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
        SockProtocol::NetlinkGeneric,
    )?;
    connect(socket.as_raw_fd(), &NetlinkAddr::new(0, 0))?;
    Ok(socket)
}

/// What came of the requests.
#[derive(Default)]
struct Answers {
    /// Done.
    accepted: u64,
    /// Not done, with an errno.
    refused: u64,
    /// Data.
    told: u64,
}

impl Answers {
    /// Adds those in a datagram.
    fn count(&mut self, mut datagram: &[u8], family: u16) {
        const ERROR: u16 = 2;
        const HEADER: usize = 16;
        while let Some(header) = datagram.first_chunk::<HEADER>() {
            let [a, b, c, d, e, f, ..] = *header;
            let length = u32::from_ne_bytes([a, b, c, d]);
            // An acknowledgement has the errno, then the header of the request. What has lost its
            // length may seem to be a message to somebody else, or a control message.
            let errno = datagram.get(HEADER..HEADER + 4);
            let asked = datagram.get(HEADER + 8..HEADER + 10);
            match (u16::from_ne_bytes([e, f]), errno) {
                (ERROR, Some([0, 0, 0, 0])) => {
                    self.accepted += u64::from(asked == Some(&family.to_ne_bytes()));
                }
                (ERROR, _) => self.refused += 1,
                _ => self.told += 1,
            }
            let step = usize::try_from(length).unwrap_or(usize::MAX).max(HEADER);
            datagram = datagram.get(step.next_multiple_of(4)..).unwrap_or_default();
        }
    }
}

/// Reads all there is.
fn drain(
    socket: &OwnedFd,
    buffer: &mut [u8],
    family: u16,
    answers: &mut Answers,
) -> Result<(), String> {
    loop {
        match recv(socket.as_raw_fd(), buffer, MsgFlags::empty()) {
            Ok(length) => answers.count(buffer.get(..length).unwrap_or_default(), family),
            Err(Errno::ENOBUFS) => {}
            Err(Errno::EAGAIN) => return Ok(()),
            Err(errno) => return Err(format!("recv: {}", errno.desc())),
        }
    }
}

/// Closes what has been opened by answers that nobody reads.
fn close_all_but(socket: &OwnedFd) -> Result<(), String> {
    let entries = match std::fs::read_dir("/proc/self/fd") {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(()),
        Err(error) => return Err(format!("/proc/self/fd: {error}")),
    };
    for entry in entries.flatten() {
        let number = entry.file_name().to_string_lossy().parse::<i32>();
        let is_namespace = std::fs::read_link(entry.path())
            .is_ok_and(|link| link.to_string_lossy().starts_with("net:["));
        if let Ok(number) = number {
            if is_namespace && number != socket.as_raw_fd() {
                let _ = nix::unistd::close(number);
            }
        }
    }
    Ok(())
}
