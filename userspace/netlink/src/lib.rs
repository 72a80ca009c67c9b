// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests to the kernel by netlink, and nothing but the kernel's own answers.
//!
//! Root of a network namespace may send to every netlink socket in it, so also to that of a privileged
//! program that looks at the namespace from outside, whose port /proc/net/netlink tells. Such messages
//! look like the kernel's own answers, and are kept out here: the socket is connected to port 0, which is
//! the kernel, so that the kernel refuses unicasts from anybody else (`netlink_getsockbyportid()` in
//! net/netlink/af_netlink.c) before they can fill the receive buffer. What comes all the same, as to a
//! multicast group, is dropped by its sender's port.
//!
//! [`Transport::exchange`] sends a request and hands over what answers it, until the kernel's verdict. What
//! is in the answers is for the caller to read. Numbers, and the attributes that are sent, are neli's. What
//! comes in is read here: neli subtracts from the lengths in a message before it looks at them, which a
//! broken one turns into a panic, does not know acknowledgements that repeat only the header of a request
//! (NLM_F_CAPPED), and copies each attribute.

#![deny(clippy::exit, clippy::print_stderr, clippy::print_stdout)]

mod attr;
mod error;
mod exchange;
mod message;
#[cfg(any(test, feature = "script"))]
pub mod script;
mod socket;

pub use attr::{attribute, attrs, text, Attr, Attrs, NESTED};
pub use error::{Error, Malformed, Result};
pub use exchange::{Outcome, Transport};
pub use message::{messages, request, Ack, Message, Messages};
pub use neli::consts::nl::{NlmF, Nlmsg};
pub use nix::sys::socket::SockProtocol as Protocol;
pub use socket::Socket;
