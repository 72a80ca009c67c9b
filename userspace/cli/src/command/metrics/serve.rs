// SPDX-License-Identifier: GPL-2.0-only

//! Metrics by HTTP, to whoever asks. One thread does all of it, so that they are gathered for one after the
//! other, and whatever clients do, they take no more than their places and their time.

use std::io::{ErrorKind, Result as IoResult};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::poll::{poll, PollFd, PollFlags, PollTimeout};

use super::family::Format;
use super::http::{answer, PATH};
use super::peer::Peer;
use crate::error::{reason, Failure, Result};
use crate::exit::Status;
use crate::messages::Messages;

/// What clients may take.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// So many are served at a time. The others wait until the kernel is asked for them.
    places: usize,
    /// So long each may take for its request, and then for the answer.
    patience: Duration,
    /// The same while others may be waiting for a place. Who asks as soon as it is connected has asked by then.
    crowded: Duration,
}

const LIMITS: Limits = Limits {
    places: 16,
    patience: Duration::from_secs(5),
    crowded: Duration::from_millis(100),
};

/// Until what the system refused is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// Reads an address with a port, or a port of the loopback device.
pub(super) fn address(text: &str) -> std::result::Result<SocketAddr, String> {
    let port = text.parse().map(|port| (Ipv4Addr::LOCALHOST, port).into());
    port.or_else(|_| text.parse())
        .map_err(|_| "neither a port nor an address with one, as 127.0.0.1:9938".to_owned())
}

/// Answers requests, one after the other, for ever.
pub(super) fn serve(
    messages: Messages,
    address: SocketAddr,
    metrics: impl Fn(Format) -> Result<String>,
) -> Result<Status> {
    let server = Server::listen(address, LIMITS).and_then(|server| {
        let own = server.listener.local_addr()?;
        messages.note(&format!("serving http://{own}{PATH}"));
        Ok(server)
    });
    match server {
        Ok(server) => server.run(messages, metrics),
        Err(error) => {
            let why = reason(&error);
            Err(Failure::failed(format!(
                "cannot serve metrics on {address}: {why}"
            )))
        }
    }
}

/// Who is served.
struct Server {
    listener: TcpListener,
    limits: Limits,
    peers: Vec<Peer>,
    /// Others may be waiting for a place.
    crowded: bool,
}

impl Server {
    fn listen(address: SocketAddr, limits: Limits) -> IoResult<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Server {
            listener,
            limits,
            peers: Vec::new(),
            crowded: false,
        })
    }

    fn run(mut self, messages: Messages, metrics: impl Fn(Format) -> Result<String>) -> ! {
        loop {
            if let Err(error) = self.round(messages, &metrics) {
                messages.detail(&format!("cannot serve others now: {}", reason(&error)));
                sleep(PAUSE);
            }
        }
    }

    /// Waits until something can be done, and does it.
    fn round(
        &mut self,
        messages: Messages,
        metrics: &impl Fn(Format) -> Result<String>,
    ) -> IoResult<()> {
        let patience = match self.crowded {
            true => self.limits.crowded,
            false => self.limits.patience,
        };
        let mut ready = self.wait(patience)?.into_iter();
        // What comes while others are answered is looked at before its sender has had its time.
        let now = Instant::now();
        self.peers.retain_mut(|peer| {
            let goes_on = match ready.next() {
                Some(true) => peer.advance(|head| answer(head, metrics)),
                _ => Ok(true),
            };
            let goes_on = goes_on.unwrap_or_else(|error| {
                messages.detail(&format!("cannot answer: {}", reason(&error)));
                false
            });
            goes_on && now.saturating_duration_since(peer.since) < patience
        });
        self.admit()
    }

    /// Waits until something can be done or somebody has had its time; for whom it can be.
    fn wait(&self, patience: Duration) -> IoResult<Vec<bool>> {
        let mut fds: Vec<PollFd<'_>> = self.peers.iter().map(Peer::awaited).collect();
        if self.peers.len() < self.limits.places {
            fds.push(PollFd::new(self.listener.as_fd(), PollFlags::POLLIN));
        }
        let left = self
            .peers
            .iter()
            .map(|peer| patience.saturating_sub(peer.since.elapsed()));
        let timeout = left.min().map_or(PollTimeout::NONE, |left| {
            // Rounded up, lest the last millisecond becomes a busy loop.
            PollTimeout::try_from(left.as_millis() + 1).unwrap_or(PollTimeout::MAX)
        });
        poll(&mut fds, timeout)?;
        Ok(fds.iter().map(|fd| fd.any().unwrap_or(true)).collect())
    }

    /// Takes in those who have come, as far as there are places.
    fn admit(&mut self) -> IoResult<()> {
        self.crowded = true;
        while self.peers.len() < self.limits.places {
            match self.listener.accept() {
                Ok((stream, _)) => self.peers.push(Peer::new(stream)?),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.crowded = false;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
