// SPDX-License-Identifier: GPL-2.0-only

//! `genl/operation.rs` with operations of `kernel::net::netlink`.
//!
//! A dump is one of theirs. An operation on one object has a callback of its own: theirs keeps from it what
//! [`Raw`] is.

use core::marker::PhantomData;
use core::ptr::NonNull;

use kernel::bindings;
use kernel::error::from_result;
use kernel::net::netlink;
use kernel::prelude::*;

use super::family::context_of;
use super::policy::{
    max_attr,
    place, //
};
use super::request::Raw;
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

/// Sends the answer to a request.
pub(crate) struct Reply<'a>(&'a netlink::Request<'a>);

impl Reply<'_> {
    /// Sends a message with what `fill` writes, which may be called again with more room.
    pub(crate) fn send(&mut self, mut fill: impl FnMut(&mut Writer<'_>) -> Result) -> Result {
        let begin = |size| self.0.new_reply(size, GFP_KERNEL);
        build(&begin, &mut fill)?.reply(self.0)
    }
}

/// Takes the messages of a dump.
///
/// # Invariants
///
/// `dump` is valid, and nobody else's, as long as the value.
pub(crate) struct Dumping {
    dump: NonNull<netlink::Dumping<'static>>,
    is_empty: bool,
}

impl Dumping {
    fn dump(&mut self) -> &mut netlink::Dumping<'static> {
        // SAFETY: By the type invariant.
        unsafe { self.dump.as_mut() }
    }

    /// Sets the generation of what is dumped: the listener is told when it changes meanwhile.
    pub(crate) fn generation(&mut self, generation: u32) {
        self.dump().set_generation(generation.max(1));
    }

    /// Whether the buffer has no message yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Writes one message.
    pub(crate) fn message(&mut self, fill: impl FnOnce(&mut Writer<'_>) -> Result) -> Result {
        let written = self.dump().message(|attrs| fill(Writer::of(attrs)));
        self.is_empty &= written.is_err();
        written
    }
}

/// An entry in a family's table of operations.
#[repr(transparent)]
pub(crate) struct Operation<C>(netlink::Operation<C>);

impl<C: Send + Sync + 'static> Operation<C> {
    /// An operation on one object. It needs CAP_NET_ADMIN in the initial user namespace.
    pub(crate) const fn doit<T: Do<Context = C>>() -> Self {
        let inner = bindings::genl_split_ops {
            __bindgen_anon_1: bindings::genl_split_ops__bindgen_ty_1 {
                __bindgen_anon_1: bindings::genl_split_ops__bindgen_ty_1__bindgen_ty_1 {
                    pre_doit: None,
                    doit: Some(doit::<T>),
                    post_doit: None,
                },
            },
            policy: place(T::POLICY).cast(),
            maxattr: max_attr(T::POLICY) as u32,
            cmd: T::CMD,
            internal_flags: 0,
            flags: (bindings::GENL_ADMIN_PERM | bindings::GENL_CMD_CAP_DO) as u8,
            validate: 0,
        };
        // SAFETY: It is a transparent wrapper, and its invariant is that the callback is for a family of a `C`.
        Operation(unsafe {
            core::mem::transmute::<bindings::genl_split_ops, netlink::Operation<C>>(inner)
        })
    }

    /// An operation on all objects. It needs CAP_NET_ADMIN in the initial user namespace.
    pub(crate) const fn dumpit<T: Dump<Context = C> + 'static>() -> Self {
        Operation(netlink::Operation::new_dump::<Dumped<T>>())
    }

    /// As the kernel crate has them.
    pub(super) fn all(operations: &'static [Self]) -> &'static [netlink::Operation<C>] {
        // SAFETY: `Operation` is a transparent wrapper.
        unsafe { core::slice::from_raw_parts(operations.as_ptr().cast(), operations.len()) }
    }
}

/// As the kernel crate has them.
const fn lowered(policy: &'static [Policy]) -> &'static [netlink::Policy] {
    // SAFETY: Both are transparent wrappers of `struct nla_policy`, and the invariant of theirs, that what is
    // in its union is what it says, is that of ours (policy.rs).
    unsafe { core::slice::from_raw_parts(policy.as_ptr().cast(), policy.len()) }
}

/// The callback of a [`Do`].
///
/// # Safety
///
/// For the kernel, as `doit` of an operation of a registered `Object<T::Context>`.
unsafe extern "C" fn doit<T: Do>(
    skb: *mut bindings::sk_buff,
    info: *mut bindings::genl_info,
) -> c_int {
    // SAFETY: The kernel passes a valid request to our family, validated by `T::POLICY`, and nobody else
    // uses its `extack` during the call: `request` does so between the calls of `inner` only.
    let (context, inner, raw) = unsafe {
        let info = &*info;
        (
            context_of::<T::Context>(info.family),
            netlink::Request::from_raw(info, max_attr(T::POLICY)),
            Raw::new(skb, info),
        )
    };
    let request = Request::new(&inner, Some(raw));
    from_result(|| {
        request.refuse_duplicates(T::MAY_REPEAT)?;
        T::run(context, &request, &mut Reply(&inner))?;
        Ok(0)
    })
}

/// A [`Dump`] as the kernel crate has it.
struct Dumped<T>(PhantomData<T>);

impl<T: Dump + 'static> netlink::Dump for Dumped<T> {
    type Context = T::Context;
    const CMD: u8 = T::CMD;
    const POLICY: &'static [netlink::Policy] = lowered(T::POLICY);
    const PERMISSION: netlink::Permission = netlink::Permission::GlobalNetAdmin;
    type Progress = T::Progress;

    fn run(
        context: &T::Context,
        request: &netlink::Request<'_>,
        progress: &mut T::Progress,
        dump: &mut netlink::Dumping<'_>,
    ) -> Result {
        let request = Request::new(request, None);
        request.refuse_duplicates(&[])?;
        // INVARIANT: It is borrowed during the call, and `T` gets no more than a reference to the value.
        let mut dump = Dumping {
            dump: NonNull::from(dump).cast(),
            is_empty: true,
        };
        T::run(context, &request, progress, &mut dump)
    }
}
