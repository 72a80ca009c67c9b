// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)

//! The numbers of the generic-netlink family `homeward`, the same file as the module's.

#![no_std]

#[path = "../../../module/uapi.rs"]
mod uapi;

pub use uapi::*;
