// SPDX-License-Identifier: GPL-2.0-only

//! A dump that stands still between two messages.

use homeward_netlink::{messages, request, NlmF, Protocol, Socket, Transport};

use crate::client;

/// A dump whose first answers the kernel has made, and no more: it uses the module for as long as
/// it is there.
pub struct StandingDump(Socket);

impl StandingDump {
    /// Of that command, as of `cmd::NS_GET`.
    #[track_caller]
    pub fn of(command: u8) -> Self {
        let family = client().family_id();
        let request = request(family, NlmF::DUMP, 1, &[command, 1, 0, 0]);
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
        let (mut seen, mut interrupted) = (Vec::new(), false);
        self.0.receive_at_most(size);
        loop {
            let answers = self.0.receive(None).expect("answers");
            for message in messages(answers.expect("a datagram")) {
                let message = message.expect("a message");
                interrupted |= message.dump_interrupted();
                if message.ack().expect("an answer").is_some() {
                    return (seen, interrupted);
                }
                // Behind the header of generic netlink.
                seen.push(message.payload[4..].to_vec());
            }
        }
    }
}
