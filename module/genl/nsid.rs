// SPDX-License-Identifier: GPL-2.0-only

//! `nsid-get`.

use kernel::prelude::*;

use crate::net::genl::{
    Dump,
    Dumping,
    Policy,
    Request, //
};
use crate::net::namespace::{
    Net,
    Peer, //
};
use crate::state::State;
use crate::uapi::{
    cmd,
    nsid, //
};

/// The operation.
pub(super) struct Get;

impl Dump for Get {
    type Context = State;
    const CMD: u8 = cmd::NSID_GET;
    const POLICY: &'static [Policy] = &[Policy::UNSPEC];

    /// The id to go on with.
    type Progress = u64;

    fn run(
        _state: &State,
        _request: &Request<'_>,
        next: &mut u64,
        dump: &mut Dumping<'_>,
    ) -> Result {
        // The family is in no other namespace.
        while let Some(peer) = Net::initial_peer_from(*next) {
            dump.message(|message| {
                let Peer { id, cookie, inum } = peer;
                message.put_u32(nsid::ID, id)?;
                message.put_uint(nsid::NS_COOKIE, cookie)?;
                message.put_u32(nsid::INUM, inum)
            })?;
            *next = u64::from(peer.id) + 1;
        }
        Ok(())
    }
}
