// SPDX-License-Identifier: GPL-2.0-only

//! Generic-netlink families with operations.
//!
//! C header: [`include/net/genetlink.h`](srctree/include/net/genetlink.h)

use kernel::prelude::*;

mod check;
#[cfg_attr(HW_RUST_NET, path = "upstream/family.rs")]
mod family;
#[cfg_attr(HW_RUST_NET, path = "upstream/netlink.rs")]
mod netlink;
#[cfg_attr(HW_RUST_NET, path = "upstream/operation.rs")]
mod operation;

pub(crate) use check::{
    missing,
    Search, //
};
pub(crate) use family::{
    family,
    Family,
    Group,
    MulticastGroup,
    Registration, //
};
pub(crate) use kernel::uapi::CAP_SYS_ADMIN;
pub(crate) use netlink::{
    Attribute,
    Attributes,
    Policy,
    Request, //
};
pub(crate) use operation::{
    doit,
    dumpit,
    Dumping,
    Operation,
    Reply, //
};

/// An operation on one object.
pub(crate) trait Do: 'static {
    /// What the family was registered with.
    type Context: Send + Sync + 'static;
    /// Number of the operation, and of its reply.
    const CMD: u8;
    /// What each attribute of the request may hold; the index is its number.
    const POLICY: &'static [Policy];

    /// The attributes that a request may have more than once.
    const MAY_REPEAT: &'static [u16] = &[];

    /// Does it, and has `reply` send the answer.
    fn run(context: &Self::Context, request: &Request<'_>, reply: &mut Reply<'_>) -> Result;
}

/// An operation on all objects.
pub(crate) trait Dump: 'static {
    /// What the family was registered with.
    type Context: Send + Sync + 'static;
    /// Number of the operation, and of its replies.
    const CMD: u8;
    /// What each attribute of the request may hold; the index is its number.
    const POLICY: &'static [Policy];
    /// How far a dump is: what it has to know when it goes on. Small: it lives in
    /// `netlink_callback.ctx`.
    type Progress: Default + Send + 'static;

    /// Writes messages until there are no more, or `EMSGSIZE` comes back: then it is called again,
    /// with the same `progress`.
    fn run(
        context: &Self::Context,
        request: &Request<'_>,
        progress: &mut Self::Progress,
        dump: &mut Dumping<'_>,
    ) -> Result;
}
