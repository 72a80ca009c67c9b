// SPDX-License-Identifier: GPL-2.0-only

//! `genl/netlink.rs` of `kernel::net::netlink`.

pub(crate) use kernel::net::netlink::{
    Attribute,
    Attributes,
    Policy,
    Request, //
};
