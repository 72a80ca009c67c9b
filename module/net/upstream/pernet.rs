// SPDX-License-Identifier: GPL-2.0-only

//! `pernet/operations.rs` of `kernel::net::pernet`.

pub(crate) use kernel::net::pernet::{
    pernet_operations,
    Declared,
    Operations,
    Registration, //
};
