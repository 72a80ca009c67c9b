// SPDX-License-Identifier: GPL-2.0-only

//! A dump that stands still between two messages.

use homeward_netlink::{Protocol, Socket};
use nix::libc::{NLMSG_DONE, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST};

use crate::client;

/// A dump whose first answers the kernel has made, and no more: it uses the module for as long as
/// it is there.
pub struct StandingDump(Socket);

impl StandingDump {
    /// Of that command, as of `cmd::NS_GET`.
    #[track_caller]
    pub fn of(command: u8) -> Self {
        let flags = u16::try_from(NLM_F_REQUEST | NLM_F_DUMP).expect("flags");
        let mut request = Vec::new();
        request.extend(20_u32.to_ne_bytes());
        request.extend(client().family_id().to_ne_bytes());
        request.extend(flags.to_ne_bytes());
        request.extend([1, 0, 0, 0, 0, 0, 0, 0]);
        request.extend([command, 1, 0, 0]);
        let socket = Socket::open(Protocol::NetlinkGeneric).expect("a socket");
        socket.send(&request).expect("a request");
        StandingDump(socket)
    }

    /// Reads it to its end: whether it says that something changed meanwhile.
    #[track_caller]
    pub fn is_interrupted(self) -> bool {
        self.rest(64 << 10).1
    }

    /// Reads it to its end, with a buffer of this size: the attributes of each message, and whether
    /// it says that something changed meanwhile.
    #[track_caller]
    pub fn rest(mut self, size: usize) -> (Vec<Vec<u8>>, bool) {
        let (mut messages, mut interrupted) = (Vec::new(), false);
        self.0.receive_at_most(size);
        loop {
            let answers = self.0.receive(None).expect("answers");
            let mut rest = answers.expect("a datagram");
            while let Some(header) = rest.first_chunk::<16>() {
                let length = u32::from_ne_bytes(header[..4].try_into().expect("four bytes"));
                let kind = u16::from_ne_bytes([header[4], header[5]]);
                let flags = u16::from_ne_bytes([header[6], header[7]]);
                interrupted |= i32::from(flags) & NLM_F_DUMP_INTR != 0;
                if i32::from(kind) == NLMSG_DONE {
                    return (messages, interrupted);
                }
                let length = usize::try_from(length).expect("a length");
                // Behind the headers of netlink and of generic netlink.
                messages.push(rest.get(20..length).expect("a message").to_vec());
                rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
            }
        }
    }
}
