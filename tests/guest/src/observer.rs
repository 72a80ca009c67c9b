// SPDX-License-Identifier: GPL-2.0-only

//! Who listens in the initial namespace, as udev and network managers do: to uevents and to rtnetlink.

use std::collections::BTreeMap;
use std::fmt;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use homeward_netlink::{messages, Protocol, Socket, Transport};
use nix::libc::{RTM_DELLINK, RTM_NEWLINK};
use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

use crate::link::Link;

/// Enough for thousands of devices.
const ROOM: usize = 64 << 20;
/// RTNLGRP_LINK; the kernel's group of uevents.
const GROUP: u32 = 1;

/// A uevent of a network device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uevent {
    /// What happened: add, move, remove, ...
    pub action: String,
    /// The name of the device then.
    pub name: String,
    /// Its index.
    pub ifindex: u32,
}

impl Uevent {
    /// From a datagram; `None` if it is of something else.
    pub(crate) fn parse(datagram: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(datagram);
        let pairs = text.split('\0').filter_map(|line| line.split_once('='));
        let pairs: BTreeMap<_, _> = pairs.collect();
        (pairs.get("SUBSYSTEM") == Some(&"net")).then(|| Uevent {
            action: pairs["ACTION"].to_owned(),
            name: pairs["INTERFACE"].to_owned(),
            ifindex: pairs["IFINDEX"].parse().expect("a number"),
        })
    }
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Of the kernel's device model.
    Uevent(Uevent),
    /// RTM_NEWLINK.
    Link(Link),
    /// RTM_DELLINK.
    Gone(Link),
}

impl fmt::Display for News {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            News::Uevent(Uevent { action, name, .. }) => write!(to, "uevent      {action} {name}"),
            News::Link(link) => write!(to, "RTM_NEWLINK {link}"),
            News::Gone(link) => write!(to, "RTM_DELLINK {link}"),
        }
    }
}

/// Opens a socket for uevents of this thread's namespace.
#[track_caller]
pub(crate) fn uevents() -> Socket {
    listen(Protocol::NetlinkKObjectUEvent)
}

/// Opens a socket for news of links in this thread's namespace.
#[track_caller]
pub(crate) fn links() -> Socket {
    listen(Protocol::NetlinkRoute)
}

fn listen(protocol: Protocol) -> Socket {
    let socket = Socket::open(protocol).expect("a socket");
    socket.enlarge(ROOM).expect("room");
    socket.join(GROUP).expect("a group");
    socket
}

/// Listens to both in the namespace of the thread that made it.
#[derive(Debug)]
pub struct Observer {
    uevents: Socket,
    links: Socket,
}

impl Default for Observer {
    fn default() -> Self {
        Observer::new()
    }
}

impl Observer {
    /// Listens from now on.
    #[track_caller]
    pub fn new() -> Self {
        Observer {
            uevents: uevents(),
            links: links(),
        }
    }

    /// What has come so far: of each of both in its order. Nothing may have been lost.
    #[track_caller]
    pub fn heard(&mut self) -> Vec<News> {
        let mut news = Vec::new();
        while let Some(datagram) = self.uevents.receive(now()).expect("all uevents") {
            news.extend(Uevent::parse(datagram).map(News::Uevent));
        }
        while let Some(datagram) = self.links.receive(now()).expect("all links") {
            for message in messages(datagram) {
                let message = message.expect("a message");
                match message.kind {
                    RTM_NEWLINK => news.push(News::Link(Link::parse(message.payload))),
                    RTM_DELLINK => news.push(News::Gone(Link::parse(message.payload))),
                    _ => {}
                }
            }
        }
        news
    }

    /// What comes next, as it comes; nothing when time is up.
    #[track_caller]
    pub fn wait(&mut self, limit: Duration) -> Vec<News> {
        let limit = PollTimeout::try_from(limit).expect("a time");
        let ready = |socket| PollFd::new(socket, PollFlags::POLLIN);
        let mut both = [ready(self.uevents.as_fd()), ready(self.links.as_fd())];
        poll(&mut both, limit).expect("poll");
        self.heard()
    }
}

fn now() -> Option<Instant> {
    Some(Instant::now())
}
