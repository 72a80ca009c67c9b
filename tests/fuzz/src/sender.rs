// SPDX-License-Identifier: GPL-2.0-only

//! One who sends requests, in one session after the other.

use std::collections::HashSet;
use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use homeward_netlink::Socket;

use crate::corpus::{Corpus, Shape};
use crate::figures::Figures;
use crate::kcov::Kcov;
use crate::picture::Picture;
use crate::request::Maker;
use crate::socket::{self, MOST};

/// After so many datagrams the descriptors are closed that ns-open gave: before there are too many.
const CLOSE_EVERY: u32 = 16;

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) messages: u64,
    pub(crate) until: Instant,
}

/// How a session is.
struct Manner {
    /// Bytes for answers in the socket.
    room: Option<usize>,
    /// Bytes for answers at a time, which also says how long those of a dump may be.
    buffer: usize,
    /// How often answers are read after a request.
    reads: usize,
    /// How many datagrams before the socket is closed, whatever is under way.
    datagrams: u32,
}

impl Manner {
    fn new(dice: &mut fastrand::Rng) -> Self {
        let patient = Manner {
            room: None,
            buffer: MOST,
            reads: usize::MAX,
            datagrams: dice.u32(1..400),
        };
        match dice.u8(0..3) {
            0 => Manner {
                room: dice.bool().then(|| dice.usize(0..8192)),
                buffer: *dice.choice(&[MOST, 8192, 4096, 100]).unwrap_or(&MOST),
                // A part of a dump, or nothing at all.
                reads: dice.usize(0..4),
                datagrams: dice.u32(1..20),
            },
            _ => patient,
        }
    }
}

/// See above.
pub(crate) struct Sender<'a> {
    pub(crate) figures: Figures,
    /// Between two datagrams: the processors are for others.
    pub(crate) pause: Duration,
    maker: Maker,
    corpus: &'a Corpus,
    /// What there is at the moment.
    look: &'a dyn Fn() -> Arc<Picture>,
    kcov: Option<Kcov>,
    /// Where this one has been already.
    seen: HashSet<u64>,
    /// A network namespace to ask for by descriptor.
    namespace: File,
    datagrams: u32,
}

impl<'a> Sender<'a> {
    /// With traces of what it reaches, if the kernel has them and they are wanted.
    pub(crate) fn new(
        family: u16,
        seed: u64,
        corpus: &'a Corpus,
        look: &'a dyn Fn() -> Arc<Picture>,
        traced: bool,
    ) -> Result<Self, String> {
        let file = "/proc/thread-self/ns/net";
        let namespace = File::open(file).map_err(|error| format!("{file}: {error}"))?;
        Ok(Sender {
            figures: Figures::new(family),
            pause: Duration::ZERO,
            maker: Maker::new(family, namespace.as_raw_fd(), seed),
            corpus,
            look,
            kcov: if traced { Kcov::open()? } else { None },
            seen: HashSet::new(),
            namespace,
            datagrams: 0,
        })
    }

    /// Sends what is kept, then whatever comes to mind; through `socket` all the time, if that is
    /// given.
    pub(crate) fn run(&mut self, limits: Limits, socket: Option<Socket>) -> Result<(), String> {
        if let Some(mut socket) = socket {
            let manner = Manner {
                room: None,
                buffer: MOST,
                reads: usize::MAX,
                datagrams: u32::MAX,
            };
            return self.session(limits, &manner, &mut socket);
        }
        self.replay()?;
        while self.figures.sent < limits.messages && Instant::now() < limits.until {
            let manner = Manner::new(self.maker.dice());
            let mut socket = socket::open(manner.room, manner.buffer)?;
            self.session(limits, &manner, &mut socket)?;
        }
        Ok(())
    }

    fn replay(&mut self) -> Result<(), String> {
        let mut socket = socket::open(None, MOST)?;
        for shape in self.corpus.shapes().iter() {
            let picture = (self.look)();
            let (shape, request) = self.maker.again(shape, &picture);
            self.figures.sent += 1;
            self.send(&mut socket, &request, Some(shape), usize::MAX)?;
        }
        Ok(())
    }

    fn session(
        &mut self,
        limits: Limits,
        manner: &Manner,
        socket: &mut Socket,
    ) -> Result<(), String> {
        let shapes = self.corpus.shapes();
        // A device takes long to move, and all others wait for RTNL; but where it is to be found
        // out what can be reached, there is too little of everything.
        let recalls = if self.kcov.is_some() { 1 } else { 8 };
        for _ in 0..manner.datagrams {
            if self.figures.sent >= limits.messages || Instant::now() >= limits.until {
                break;
            }
            let picture = (self.look)();
            // Of several at once nobody could say which one it was that reached something.
            let alone = self.kcov.is_some() && self.maker.dice().u8(0..4) > 0;
            let batch = if alone {
                1
            } else {
                self.maker.dice().usize(1..32)
            };
            let (mut datagram, mut last) = (Vec::new(), None);
            for _ in 0..batch {
                let (shape, request) = self.maker.request(&picture, &shapes, recalls);
                datagram.extend(request);
                last = Some(shape);
                self.figures.sent += 1;
            }
            let traced = last.filter(|_| batch == 1);
            self.send(socket, &datagram, traced, manner.reads)?;
            std::thread::sleep(self.pause);
        }
        Ok(())
    }

    /// Sends a datagram and reads answers. A single request is offered to the corpus.
    fn send(
        &mut self,
        socket: &mut Socket,
        datagram: &[u8],
        shape: Option<Shape>,
        reads: usize,
    ) -> Result<(), String> {
        if let Some(kcov) = &self.kcov {
            kcov.begin();
        }
        socket::send(socket, datagram)?;
        socket::read(socket, reads, &mut self.figures)?;
        if let (Some(kcov), Some(shape)) = (&self.kcov, shape) {
            let mut new = false;
            for place in kcov.trace() {
                new |= self.seen.insert(place);
            }
            if new {
                let trace: HashSet<u64> = kcov.trace().collect();
                self.corpus.offer(shape, trace);
            }
        }
        self.datagrams = self.datagrams.wrapping_add(1);
        if self.datagrams % CLOSE_EVERY == 0 {
            self.close_opened()?;
        }
        Ok(())
    }

    /// Closes what has been opened by answers that nobody reads.
    fn close_opened(&self) -> Result<(), String> {
        let entries = match std::fs::read_dir("/proc/thread-self/fd") {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(()),
            Err(error) => return Err(format!("/proc/thread-self/fd: {error}")),
        };
        for entry in entries.flatten() {
            let number = entry.file_name().to_string_lossy().parse::<i32>();
            let is_namespace = std::fs::read_link(entry.path())
                .is_ok_and(|link| link.to_string_lossy().starts_with("net:["));
            if let Ok(number) = number {
                if is_namespace && number != self.namespace.as_raw_fd() {
                    let _ = nix::unistd::close(number);
                }
            }
        }
        Ok(())
    }
}
