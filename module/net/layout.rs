// SPDX-License-Identifier: GPL-2.0-only

//! Whether this module's Rust half and the kernel agree on where things are.
//!
//! Rust knows the kernel's structures from what bindgen reads in its headers, and C, which the
//! kernel itself is made of, is compiled. Where bindgen misreads one (of 7.2 it misses a part of
//! `struct ns_common`, and so all that comes after it in `struct net`), nothing would complain: we
//! would read and write elsewhere. So both halves list what Rust touches, and a module whose
//! halves differ does not get in.

use core::mem::{
    offset_of,
    size_of, //
};

use kernel::prelude::*;

use crate::ffi;

/// A line of the list: its name, and the offset of a member or the size of a structure, in bytes.
type Line = (&'static CStr, usize);

macro_rules! size {
    ($ty:ident) => {
        (kernel::c_str!(stringify!($ty)), size_of::<ffi::$ty>())
    };
}

macro_rules! at {
    ($ty:ident, $member:ident) => {
        (
            kernel::c_str!(concat!(stringify!($ty), ".", stringify!($member))),
            offset_of!(ffi::$ty, $member),
        )
    };
    // For a union that has no name but in C.
    ($ty:ident, $member:ident = $name:literal) => {
        (
            kernel::c_str!(concat!(stringify!($ty), ".", $name)),
            offset_of!(ffi::$ty, $member),
        )
    };
}

/// What `net/` reads and writes by itself, and what it hands to C whole. The same list, in the same
/// order, is in `module/layout.c`.
const LAYOUT: &[Line] = &[
    at!(net_device, ifindex),
    at!(net_device, name),
    at!(net_device, addr_len),
    at!(netdev_notifier_info, dev),
    at!(sk_buff, len),
    at!(genl_info, nlhdr),
    at!(genl_info, attrs),
    at!(genl_info, family),
    at!(genl_info, extack),
    at!(genl_info, snd_portid),
    at!(genl_info, snd_seq),
    at!(netlink_callback, nlh),
    at!(netlink_callback, seq),
    at!(netlink_callback, __bindgen_anon_1 = "ctx"),
    at!(netlink_ext_ack, _msg),
    at!(netlink_ext_ack, bad_attr),
    at!(netlink_ext_ack, _msg_buf),
    at!(netlink_ext_ack, miss_type),
    size!(genl_family),
    size!(genl_multicast_group),
    size!(genl_split_ops),
    size!(nla_policy),
    size!(netlink_range_validation),
    size!(notifier_block),
    size!(pernet_operations),
    size!(rb_node),
    size!(rb_root),
    size!(msghdr),
    size!(kvec),
    size!(sockaddr_nl),
    size!(hw_address),
    size!(hw_address_count),
    size!(hw_setting),
    at!(ifla_vf_info, mac),
    size!(ifla_vf_info),
    size!(hw_list),
    size!(hw_steering),
];

/// Compares the two lists; a difference is told, and is `EINVAL`.
pub(crate) fn check() -> Result {
    for (nth, &(what, here)) in LAYOUT.iter().enumerate() {
        // SAFETY: No requirements: past the end of the list the shim returns NULL.
        let place = unsafe { ffi::hw_layout(nth).as_ref() }.ok_or(EINVAL)?;
        // SAFETY: A string literal of the shim's.
        let theirs = unsafe { CStr::from_char_ptr(place.what) };
        if theirs != what {
            pr_err!("the lists of the layout differ: {what:?} and {theirs:?}\n");
            return Err(EINVAL);
        }
        if place.bytes != here {
            pr_err!(
                "{what:?} is at or of {} bytes in this kernel, but {here} for Rust: bindgen has \
                 misread the kernel's headers, and this module cannot be used\n",
                place.bytes
            );
            return Err(EINVAL);
        }
    }
    // SAFETY: As above.
    if unsafe { !ffi::hw_layout(LAYOUT.len()).is_null() } {
        pr_err!("the list of the layout is longer in C\n");
        return Err(EINVAL);
    }
    Ok(())
}
