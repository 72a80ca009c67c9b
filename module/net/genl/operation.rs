// SPDX-License-Identifier: GPL-2.0-only

//! Operations of a family, on a kernel whose `kernel` crate has none.

use core::marker::PhantomData;
use core::ptr::NonNull;

use kernel::error::to_result;
use kernel::prelude::*;

use super::check::refuse_duplicates;
use super::family::context_of;
use super::netlink::{
    max_attr,
    place, //
};
use super::{
    Do,
    Dump,
    Policy,
    Request, //
};
use crate::ffi;
use crate::net::message::writer::{
    Message,
    Writer, //
};

/// Sends the answer to a request.
pub(crate) struct Reply<'a> {
    info: &'a mut ffi::genl_info,
    cmd: u8,
}

impl Reply<'_> {
    /// Sends a message with what `fill` writes, which may be called again with more room.
    pub(crate) fn send(&mut self, mut fill: impl FnMut(&mut Writer<'_>) -> Result) -> Result {
        let info = &*self.info;
        let message = Message::build(
            info.family,
            info.snd_portid,
            info.snd_seq,
            self.cmd,
            &mut fill,
        )?;
        // SAFETY: The message is complete and given away; `info` is that of the request.
        to_result(unsafe { ffi::hw_genlmsg_reply(message.into_skb(), self.info) })
    }
}

/// Takes the messages of a dump.
pub(crate) struct Dumping<'a> {
    skb: NonNull<ffi::sk_buff>,
    cb: NonNull<ffi::netlink_callback>,
    cmd: u8,
    _dump: PhantomData<&'a mut ffi::netlink_callback>,
}

impl Dumping<'_> {
    /// Sets the generation of what is dumped: the listener is told when it changes meanwhile.
    pub(crate) fn generation(&mut self, generation: u32) {
        // SAFETY: `cb` is valid during the call, and ours. 0 would mean that nobody looks.
        unsafe { (*self.cb.as_ptr()).seq = generation.max(1) };
    }

    /// Whether the buffer has no message yet.
    pub(crate) fn is_empty(&self) -> bool {
        // SAFETY: `skb` is valid during the call.
        unsafe { (*self.skb.as_ptr()).len == 0 }
    }

    /// Writes one message.
    pub(crate) fn message(&mut self, fill: impl FnOnce(&mut Writer<'_>) -> Result) -> Result {
        // SAFETY: `skb` and `cb` are valid during the call, and ours. The header is that of the
        // message just begun, which is ended or cancelled.
        unsafe {
            let cb = self.cb.as_ptr();
            let hdr = ffi::genlmsg_put(
                self.skb.as_ptr(),
                ffi::hw_dump_portid(cb),
                (*(*cb).nlh).nlmsg_seq,
                (*ffi::hw_genl_info_dump(cb)).family,
                ffi::NLM_F_MULTI as c_int,
                self.cmd,
            );
            let hdr = NonNull::new(hdr).ok_or(EMSGSIZE)?.as_ptr();
            ffi::hw_genl_dump_check_consistent(cb, hdr);
            let filled = fill(&mut Writer::new(self.skb));
            match filled {
                Ok(()) => ffi::hw_genlmsg_end(self.skb.as_ptr(), hdr),
                Err(_) => ffi::hw_genlmsg_cancel(self.skb.as_ptr(), hdr),
            }
            filled
        }
    }
}

/// An entry in a family's table of operations.
#[repr(transparent)]
pub(crate) struct Operation<C> {
    inner: ffi::genl_split_ops,
    _context: PhantomData<fn(&C)>,
}

// SAFETY: Constants; the pointers are to functions and to static policies.
unsafe impl<C> Sync for Operation<C> {}

impl<C: Send + Sync + 'static> Operation<C> {
    const fn new(
        callbacks: ffi::genl_split_ops__bindgen_ty_1,
        kind: u32,
        cmd: u8,
        policy: &'static [Policy],
    ) -> Self {
        Operation {
            inner: ffi::genl_split_ops {
                __bindgen_anon_1: callbacks,
                policy: place(policy),
                maxattr: max_attr(policy) as u32,
                cmd,
                internal_flags: 0,
                flags: (ffi::GENL_ADMIN_PERM | kind) as u8,
                validate: 0,
            },
            _context: PhantomData,
        }
    }
}

/// An operation on one object. It needs CAP_NET_ADMIN in the initial user namespace.
pub(crate) const fn doit<T: Do>() -> Operation<T::Context> {
    Operation::new(
        ffi::genl_split_ops__bindgen_ty_1 {
            __bindgen_anon_1: ffi::genl_split_ops__bindgen_ty_1__bindgen_ty_1 {
                pre_doit: None,
                doit: Some(DoAdapter::<T>::doit),
                post_doit: None,
            },
        },
        ffi::GENL_CMD_CAP_DO,
        T::CMD,
        T::POLICY,
    )
}

/// An operation on all objects. It needs CAP_NET_ADMIN in the initial user namespace.
pub(crate) const fn dumpit<T: Dump>() -> Operation<T::Context> {
    Operation::new(
        ffi::genl_split_ops__bindgen_ty_1 {
            __bindgen_anon_2: ffi::genl_split_ops__bindgen_ty_1__bindgen_ty_2 {
                start: Some(DumpAdapter::<T>::start),
                dumpit: Some(DumpAdapter::<T>::dumpit),
                done: Some(DumpAdapter::<T>::done),
            },
        },
        ffi::GENL_CMD_CAP_DUMP,
        T::CMD,
        T::POLICY,
    )
}

/// The callbacks of a [`Do`], lowered.
struct DoAdapter<T>(PhantomData<T>);

impl<T: Do> DoAdapter<T> {
    /// # Safety
    ///
    /// For the kernel, as `doit` of an operation of a registered `Object<T::Context>`.
    unsafe extern "C" fn doit(skb: *mut ffi::sk_buff, info: *mut ffi::genl_info) -> c_int {
        // SAFETY: The kernel passes a valid request to our family. It has no use of `info` while we
        // have it; what is copied for `request` are the pointers, which do not change.
        let (copy, info) = unsafe { (core::ptr::read(info), &mut *info) };
        // SAFETY: As above.
        let (context, request) = unsafe {
            (
                context_of::<T::Context>(copy.family),
                Request::from_raw(skb, &copy, max_attr(T::POLICY)),
            )
        };
        let mut reply = Reply { info, cmd: T::CMD };
        let done = refuse_duplicates(&request, T::MAY_REPEAT)
            .and_then(|()| T::run(context, &request, &mut reply));
        match done {
            Ok(()) => 0,
            Err(error) => error.to_errno(),
        }
    }
}

/// The callbacks of a [`Dump`], lowered.
struct DumpAdapter<T>(PhantomData<T>);

impl<T: Dump> DumpAdapter<T> {
    /// Where the progress of a dump is kept.
    ///
    /// # Safety
    ///
    /// `cb` must be valid.
    unsafe fn progress(cb: *mut ffi::netlink_callback) -> *mut T::Progress {
        // The union of `ctx` and `args`, 48 bytes that are the dump's own.
        type Ctx = ffi::netlink_callback__bindgen_ty_1;
        const { assert!(size_of::<T::Progress>() <= size_of::<Ctx>()) };
        const { assert!(align_of::<T::Progress>() <= align_of::<Ctx>()) };
        // SAFETY: By the contract.
        unsafe { (&raw mut (*cb).__bindgen_anon_1).cast() }
    }

    /// # Safety
    ///
    /// For the kernel, as `start` of an operation of a registered `Object<T::Context>`.
    unsafe extern "C" fn start(cb: *mut ffi::netlink_callback) -> c_int {
        // SAFETY: `cb` is valid, and of a dump that has not begun.
        unsafe { Self::progress(cb).write(T::Progress::default()) };
        0
    }

    /// # Safety
    ///
    /// For the kernel, as `done` of an operation of a registered `Object<T::Context>`.
    unsafe extern "C" fn done(cb: *mut ffi::netlink_callback) -> c_int {
        // SAFETY: `cb` is valid, and of a dump that was started and is not called again
        // (af_netlink.c, `netlink_dump()` and `netlink_release()`).
        unsafe { Self::progress(cb).drop_in_place() };
        0
    }

    /// # Safety
    ///
    /// For the kernel, as `dumpit` of an operation of a registered `Object<T::Context>`.
    unsafe extern "C" fn dumpit(skb: *mut ffi::sk_buff, cb: *mut ffi::netlink_callback) -> c_int {
        let (Some(skb), Some(cb)) = (NonNull::new(skb), NonNull::new(cb)) else {
            return EINVAL.to_errno();
        };
        // SAFETY: `cb` is valid, and its `info` is that of the request to our family. Calls for one
        // dump come one after the other (`nl_cb_mutex`), the first of them after `start()`.
        let (request, context, progress) = unsafe {
            let skb = ffi::hw_dump_request(cb.as_ptr());
            let info = &*ffi::hw_genl_info_dump(cb.as_ptr());
            (
                Request::from_raw(skb, info, max_attr(T::POLICY)),
                context_of::<T::Context>(info.family),
                &mut *Self::progress(cb.as_ptr()),
            )
        };
        let mut dump = Dumping {
            skb,
            cb,
            cmd: T::CMD,
            _dump: PhantomData,
        };
        let done = refuse_duplicates(&request, &[])
            .and_then(|()| T::run(context, &request, progress, &mut dump));
        match done {
            Ok(()) => 0,
            // To be called again, with an empty buffer. Unless it is empty: not even one message fits.
            //
            // SAFETY: `skb` is valid.
            Err(error) if error == EMSGSIZE && !dump.is_empty() => unsafe {
                (*skb.as_ptr()).len as c_int
            },
            Err(error) => error.to_errno(),
        }
    }
}
