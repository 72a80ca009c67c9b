// SPDX-License-Identifier: GPL-2.0-only

//! Generic-netlink families with operations.
//!
//! C header: [`include/net/genetlink.h`](srctree/include/net/genetlink.h)

use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::marker::PhantomData;
use core::ptr::NonNull;

use kernel::error::to_result;
use kernel::prelude::*;
use kernel::sync::Arc;

use crate::ffi;
use crate::net::message::{
    Message,
    Writer, //
};

/// What an attribute of a request may hold.
#[repr(transparent)]
pub(crate) struct Policy(ffi::nla_policy);

// SAFETY: Constants; a pointer in one is to a static constant.
unsafe impl Sync for Policy {}

static IFINDEX_RANGE: ffi::netlink_range_validation = ffi::netlink_range_validation {
    min: 1,
    max: i32::MAX as u64,
};

impl Policy {
    const fn new(kind: u32, validation: u32, len: u16, min: i16) -> Policy {
        Policy(ffi::nla_policy {
            type_: kind as u8,
            validation_type: validation as u8,
            len,
            __bindgen_anon_1: ffi::nla_policy__bindgen_ty_1 {
                __bindgen_anon_1: ffi::nla_policy__bindgen_ty_1__bindgen_ty_1 { min, max: 0 },
            },
        })
    }

    /// The attribute is refused.
    pub(crate) const REFUSED: Policy = Policy::new(ffi::NLA_UNSPEC, 0, 0, 0);

    /// A `uint` from 1.
    pub(crate) const UINT_FROM_1: Policy = Policy::new(
        ffi::NLA_UINT,
        ffi::nla_policy_validation_NLA_VALIDATE_MIN,
        0,
        1,
    );

    /// A `u32` from 1.
    pub(crate) const U32_FROM_1: Policy = Policy::new(
        ffi::NLA_U32,
        ffi::nla_policy_validation_NLA_VALIDATE_MIN,
        0,
        1,
    );

    /// An `s32` from 0.
    pub(crate) const S32_FROM_0: Policy = Policy::new(
        ffi::NLA_S32,
        ffi::nla_policy_validation_NLA_VALIDATE_MIN,
        0,
        0,
    );

    /// An index of a device: a `u32` from 1 to `S32_MAX`.
    pub(crate) const IFINDEX: Policy = Policy(ffi::nla_policy {
        type_: ffi::NLA_U32 as u8,
        validation_type: ffi::nla_policy_validation_NLA_VALIDATE_RANGE_PTR as u8,
        len: 0,
        __bindgen_anon_1: ffi::nla_policy__bindgen_ty_1 {
            range: &raw const IFINDEX_RANGE,
        },
    });

    /// A string of at most `len` bytes with its NUL behind.
    pub(crate) const fn string(len: u16) -> Policy {
        Policy::new(ffi::NLA_NUL_STRING, 0, len, 0)
    }
}

/// A request from userspace.
pub(crate) struct Request<'a> {
    info: &'a ffi::genl_info,
    maxattr: u16,
}

/// An attribute of a request, valid by the policy of the operation.
#[derive(Clone, Copy)]
pub(crate) struct Attribute<'a> {
    nla: NonNull<ffi::nlattr>,
    _request: PhantomData<&'a ffi::nlattr>,
}

impl<'a> Request<'a> {
    /// The attribute of this kind, if the request has it.
    pub(crate) fn get(&self, kind: u16) -> Option<Attribute<'a>> {
        if kind > self.maxattr || self.info.attrs.is_null() {
            return None;
        }
        // SAFETY: `attrs` has `maxattr + 1` pointers, NULL or to an attribute of the request
        // (genetlink.c, `genl_family_rcv_msg_attrs_parse()`).
        let nla = unsafe { *self.info.attrs.add(usize::from(kind)) };
        NonNull::new(nla).map(|nla| Attribute {
            nla,
            _request: PhantomData,
        })
    }

    /// Says why the request is refused, and which attribute is to blame.
    pub(crate) fn refuse(
        &self,
        error: Error,
        why: &'static CStr,
        blame: Option<Attribute<'a>>,
    ) -> Error {
        // SAFETY: NULL, or valid during the request and only ours.
        if let Some(extack) = unsafe { self.info.extack.as_mut() } {
            extack._msg = why.as_char_ptr();
            if let Some(attribute) = blame {
                extack.bad_attr = attribute.nla.as_ptr();
            }
        }
        error
    }

    /// Says that an attribute is missing.
    pub(crate) fn missing(&self, kind: u16, why: &'static CStr) -> Error {
        // SAFETY: NULL, or valid during the request and only ours.
        if let Some(extack) = unsafe { self.info.extack.as_mut() } {
            extack.miss_type = kind;
        }
        self.refuse(EINVAL, why, None)
    }
}

impl<'a> Attribute<'a> {
    /// The value of a `uint`.
    pub(crate) fn uint(&self) -> u64 {
        // SAFETY: Valid during the request; the policy checked that it has 4 or 8 bytes.
        unsafe { ffi::hw_nla_get_uint(self.nla.as_ptr()) }
    }

    /// The value of a `u32`; of an `s32` the same bits.
    pub(crate) fn u32(&self) -> u32 {
        let mut value = [0; 4];
        for (to, from) in value.iter_mut().zip(self.bytes()) {
            *to = *from;
        }
        u32::from_ne_bytes(value)
    }

    /// The payload.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        // SAFETY: Valid during the request, with `nla_len` bytes from its start (checked by
        // `__nla_parse()`), of which `struct nlattr` takes the first 4.
        unsafe {
            let len = usize::from((*self.nla.as_ptr()).nla_len);
            let payload = self.nla.as_ptr().add(1).cast::<u8>();
            core::slice::from_raw_parts(payload, len.saturating_sub(size_of::<ffi::nlattr>()))
        }
    }
}

/// An operation on one object.
pub(crate) trait Do {
    /// What the family was registered with.
    type Context: Send + Sync + 'static;
    /// Number of the operation, and of its reply.
    const CMD: u8;
    /// What each attribute of the request may hold; the index is its number.
    const POLICY: &'static [Policy];

    /// Does it, and has `reply` send the answer.
    fn run(context: &Self::Context, request: &Request<'_>, reply: &mut Reply<'_>) -> Result;
}

/// Sends the answer to a request.
pub(crate) struct Reply<'a> {
    info: &'a mut ffi::genl_info,
    cmd: u8,
}

impl Reply<'_> {
    /// Sends a message with what `fill` writes, which may be called twice.
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

/// An operation on all objects.
pub(crate) trait Dump {
    /// What the family was registered with.
    type Context: Send + Sync + 'static;
    /// Number of the operation, and of its replies.
    const CMD: u8;
    /// What each attribute of the request may hold; the index is its number.
    const POLICY: &'static [Policy];

    /// Writes messages from `dump.position` on until there are no more, or `EMSGSIZE` comes back.
    fn run(context: &Self::Context, request: &Request<'_>, dump: &mut Dumping<'_>) -> Result;
}

/// The state of a dump.
pub(crate) struct Dumping<'a> {
    /// Where to go on; all zero in the beginning.
    pub(crate) position: &'a mut [u64; 2],
    skb: NonNull<ffi::sk_buff>,
    cb: NonNull<ffi::netlink_callback>,
    cmd: u8,
}

impl Dumping<'_> {
    /// Sets the generation of what is dumped: the listener is told when it changes meanwhile.
    pub(crate) fn generation(&mut self, generation: u32) {
        // SAFETY: `cb` is valid during the call, and ours. 0 would mean that nobody looks.
        unsafe { (*self.cb.as_ptr()).seq = generation.max(1) };
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
                policy: if policy.is_empty() {
                    core::ptr::null()
                } else {
                    policy.as_ptr().cast()
                },
                maxattr: max_attr(policy) as u32,
                cmd,
                internal_flags: 0,
                flags: (ffi::GENL_ADMIN_PERM | kind) as u8,
                validate: 0,
            },
            _context: PhantomData,
        }
    }

    /// An operation on one object. It needs CAP_NET_ADMIN in the initial user namespace.
    pub(crate) const fn doit<T: Do<Context = C>>() -> Self {
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
    pub(crate) const fn dumpit<T: Dump<Context = C>>() -> Self {
        Operation::new(
            ffi::genl_split_ops__bindgen_ty_1 {
                __bindgen_anon_2: ffi::genl_split_ops__bindgen_ty_1__bindgen_ty_2 {
                    start: None,
                    dumpit: Some(DumpAdapter::<T>::dumpit),
                    done: None,
                },
            },
            ffi::GENL_CMD_CAP_DUMP,
            T::CMD,
            T::POLICY,
        )
    }
}

const fn max_attr(policy: &[Policy]) -> u16 {
    (policy.len() as u16).saturating_sub(1)
}

/// A family and its context; the first field is how operations find the second.
#[repr(C)]
struct Object<C> {
    family: UnsafeCell<ffi::genl_family>,
    group: UnsafeCell<ffi::genl_multicast_group>,
    context: Arc<C>,
}

// SAFETY: The kernel alone writes to `family` after registration, under its own lock, and only
// reads `group`.
unsafe impl<C: Send + Sync> Send for Object<C> {}
// SAFETY: As above.
unsafe impl<C: Send + Sync> Sync for Object<C> {}

/// The context behind a family.
///
/// # Safety
///
/// `family` must be the family of a request to an operation of a registered `Object<C>`.
unsafe fn context_of<'a, C>(family: *const ffi::genl_family) -> &'a C {
    const { assert!(core::mem::offset_of!(Object<C>, family) == 0) };
    // SAFETY: By the contract. `genl_unregister_family()` waits for requests, so the object stays.
    unsafe { &(*family.cast::<Object<C>>()).context }
}

/// Registration of a family for the initial network namespace, with one multicast group.
///
/// # Invariants
///
/// `object` is registered by `genl_register_family()`.
pub(crate) struct Registration<C: Send + Sync + 'static> {
    object: Arc<Object<C>>,
}

/// What it takes to send to the group, whether or not the family is still registered.
pub(crate) struct Group<C: Send + Sync + 'static> {
    object: Arc<Object<C>>,
}

impl<C: Send + Sync + 'static> Registration<C> {
    /// Registers; on return requests may already have been served.
    pub(crate) fn register(
        name: &CStr,
        version: u8,
        group: &CStr,
        operations: &'static [Operation<C>],
        module: &'static ThisModule,
        context: Arc<C>,
    ) -> Result<Self> {
        // SAFETY: All-zero is a valid value of both C structs.
        let (mut c_family, mut c_group): (ffi::genl_family, ffi::genl_multicast_group) =
            unsafe { (core::mem::zeroed(), core::mem::zeroed()) };
        copy_name(&mut c_family.name, name)?;
        copy_name(&mut c_group.name, group)?;
        c_group.flags = ffi::HW_GENL_MCAST_CAP_NET_ADMIN as u8;
        c_family.version = u32::from(version);
        c_family.set_parallel_ops(1);
        c_family.split_ops = operations.as_ptr().cast();
        c_family.n_split_ops = u8::try_from(operations.len()).map_err(|_| EINVAL)?;
        c_family.n_mcgrps = 1;
        c_family.module = module.as_ptr().cast();
        let object = Arc::new(
            Object {
                family: UnsafeCell::new(c_family),
                group: UnsafeCell::new(c_group),
                context,
            },
            GFP_KERNEL,
        )?;
        // SAFETY: Nobody else has the object yet. It stays where it is until it is unregistered
        // in `drop()`, and so do the static operations.
        to_result(unsafe {
            (*object.family.get()).mcgrps = object.group.get();
            ffi::genl_register_family(object.family.get())
        })?;
        // INVARIANT: Registered just now.
        Ok(Registration { object })
    }

    /// The group.
    pub(crate) fn group(&self) -> Group<C> {
        Group {
            object: self.object.clone(),
        }
    }
}

impl<C: Send + Sync + 'static> Drop for Registration<C> {
    fn drop(&mut self) {
        // SAFETY: Registered, by the type invariant, and not unregistered before.
        unsafe { ffi::genl_unregister_family(self.object.family.get()) };
    }
}

impl<C: Send + Sync + 'static> Group<C> {
    /// Whether anybody listens.
    pub(crate) fn has_listeners(&self) -> bool {
        // SAFETY: The family is valid, and has one group.
        unsafe { ffi::hw_genl_has_listeners(self.object.family.get(), 0) }
    }

    /// Sends a message with what `fill` writes, which may be called twice, to all that listen.
    pub(crate) fn send(&self, cmd: u8, mut fill: impl FnMut(&mut Writer<'_>) -> Result) -> Result {
        let family = self.object.family.get();
        let message = Message::build(family, 0, 0, cmd, &mut fill)?;
        // SAFETY: The message is complete and given away; the family is valid and has one group.
        to_result(unsafe { ffi::hw_genlmsg_multicast(family, message.into_skb(), 0) })
    }
}

fn copy_name(to: &mut [c_char], name: &CStr) -> Result {
    let name = name.to_bytes_with_nul();
    let to = to.get_mut(..name.len()).ok_or(ENAMETOOLONG)?;
    for (to, from) in to.iter_mut().zip(name) {
        *to = *from;
    }
    Ok(())
}

/// The callbacks of a [`Do`], lowered.
struct DoAdapter<T>(PhantomData<T>);

impl<T: Do> DoAdapter<T> {
    /// # Safety
    ///
    /// For the kernel, as `doit` of an operation of a registered `Object<T::Context>`.
    unsafe extern "C" fn doit(_skb: *mut ffi::sk_buff, info: *mut ffi::genl_info) -> c_int {
        // SAFETY: The kernel passes a valid request to our family. It has no use of `info` while we
        // have it; what is copied for `request` are the pointers, which do not change.
        let (copy, info) = unsafe { (core::ptr::read(info), &mut *info) };
        // SAFETY: As above.
        let context = unsafe { context_of::<T::Context>(copy.family) };
        let request = Request {
            info: &copy,
            maxattr: max_attr(T::POLICY),
        };
        let mut reply = Reply { info, cmd: T::CMD };
        match T::run(context, &request, &mut reply) {
            Ok(()) => 0,
            Err(error) => error.to_errno(),
        }
    }
}

/// The callbacks of a [`Dump`], lowered.
struct DumpAdapter<T>(PhantomData<T>);

impl<T: Dump> DumpAdapter<T> {
    /// # Safety
    ///
    /// For the kernel, as `dumpit` of an operation of a registered `Object<T::Context>`.
    unsafe extern "C" fn dumpit(skb: *mut ffi::sk_buff, cb: *mut ffi::netlink_callback) -> c_int {
        let (Some(skb), Some(cb)) = (NonNull::new(skb), NonNull::new(cb)) else {
            return EINVAL.to_errno();
        };
        // SAFETY: `cb` is valid, and its `info` is that of the request to our family. `ctx` is ours,
        // zero in the beginning, 48 bytes, and aligned to 8 as a union with `long args[6]`.
        let (info, context, position) = unsafe {
            let info = &*ffi::hw_genl_info_dump(cb.as_ptr());
            let ctx = &raw mut (*cb.as_ptr()).__bindgen_anon_1;
            (
                info,
                context_of::<T::Context>(info.family),
                &mut *ctx.cast::<[u64; 2]>(),
            )
        };
        let request = Request {
            info,
            maxattr: max_attr(T::POLICY),
        };
        let mut dump = Dumping {
            position,
            skb,
            cb,
            cmd: T::CMD,
        };
        match T::run(context, &request, &mut dump) {
            Ok(()) => 0,
            // SAFETY: `skb` is valid.
            Err(error) if error == EMSGSIZE => match unsafe { (*skb.as_ptr()).len } {
                // Not even one message fits into an empty buffer.
                0 => EMSGSIZE.to_errno(),
                len => len as c_int,
            },
            Err(error) => error.to_errno(),
        }
    }
}
