// SPDX-License-Identifier: GPL-2.0-only

//! The policy core of the kernel module, compiled for the host.
//!
//! Nothing here is for use: the crate is the place where the tests of `module/policy` run.

#![cfg_attr(not(test), no_std)]
#![allow(dead_code, reason = "the module uses what is not used here")]

#[path = "../../../module/policy/mod.rs"]
mod policy;

#[path = "../../../module/uapi.rs"]
#[allow(
    unreachable_pub,
    reason = "the crate `homeward-abi` exports the same file"
)]
mod uapi;
