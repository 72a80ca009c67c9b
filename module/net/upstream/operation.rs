// SPDX-License-Identifier: GPL-2.0-only

//! `genl/operation.rs` with operations of `kernel::net::netlink`.

use core::marker::PhantomData;

use kernel::net::netlink::{
    self,
    Permission, //
};
use kernel::prelude::*;

use super::check::refuse_duplicates;
use super::{
    Do,
    Dump,
    Policy,
    Request, //
};
use crate::net::message::writer::{
    build,
    Writer, //
};

pub(crate) use kernel::net::netlink::Operation;

/// Sends the answer to a request.
pub(crate) struct Reply<'a>(&'a Request<'a>);

impl Reply<'_> {
    /// Sends a message with what `fill` writes, which may be called again with more room.
    pub(crate) fn send(&mut self, mut fill: impl FnMut(&mut Writer<'_>) -> Result) -> Result {
        let begin = |size| self.0.new_reply(size, GFP_KERNEL);
        build(&begin, &mut fill)?.reply(self.0)
    }
}

/// Takes the messages of a dump.
#[repr(transparent)]
pub(crate) struct Dumping<'a>(netlink::Dumping<'a>);

impl<'a> Dumping<'a> {
    fn of<'d>(dump: &'d mut netlink::Dumping<'a>) -> &'d mut Dumping<'a> {
        // SAFETY: `Dumping` is a transparent wrapper.
        unsafe { &mut *core::ptr::from_mut(dump).cast() }
    }

    /// Sets the generation of what is dumped: the listener is told when it changes meanwhile.
    pub(crate) fn generation(&mut self, generation: u32) {
        self.0.set_generation(generation.max(1));
    }

    /// Whether the buffer has no message yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes one message.
    pub(crate) fn message(&mut self, fill: impl FnOnce(&mut Writer<'_>) -> Result) -> Result {
        self.0.message(|attrs| fill(Writer::of(attrs)))
    }
}

/// An operation on one object. It needs CAP_NET_ADMIN in the initial user namespace.
pub(crate) const fn doit<T: Do>() -> Operation<T::Context> {
    Operation::new_do::<Adapter<T>>()
}

/// An operation on all objects. It needs CAP_NET_ADMIN in the initial user namespace.
pub(crate) const fn dumpit<T: Dump>() -> Operation<T::Context> {
    Operation::new_dump::<Adapter<T>>()
}

/// An operation as the kernel crate has it.
struct Adapter<T>(PhantomData<T>);

impl<T: Do> netlink::Do for Adapter<T> {
    type Context = T::Context;
    const CMD: u8 = T::CMD;
    const POLICY: &'static [Policy] = T::POLICY;
    const PERMISSION: Permission = Permission::GlobalNetAdmin;

    fn run(context: &T::Context, request: &Request<'_>) -> Result {
        refuse_duplicates(request, T::MAY_REPEAT)?;
        T::run(context, request, &mut Reply(request))
    }
}

impl<T: Dump> netlink::Dump for Adapter<T> {
    type Context = T::Context;
    const CMD: u8 = T::CMD;
    const POLICY: &'static [Policy] = T::POLICY;
    const PERMISSION: Permission = Permission::GlobalNetAdmin;
    type Progress = T::Progress;

    fn run(
        context: &T::Context,
        request: &Request<'_>,
        progress: &mut T::Progress,
        dump: &mut netlink::Dumping<'_>,
    ) -> Result {
        refuse_duplicates(request, &[])?;
        T::run(context, request, progress, Dumping::of(dump))
    }
}
