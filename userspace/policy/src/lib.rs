// SPDX-License-Identifier: GPL-2.0-only

//! The policy core of the kernel module, compiled for the host.
//!
//! The crate is the place where the tests of `module/policy` run, and where programs ask what the module
//! would say.

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

#[cfg(test)]
mod document;
#[cfg(test)]
mod properties;

/// A mask of all settings that the module knows.
pub const ALL_SETTINGS: u64 = policy::settings::ALL;

/// A mask of those that it puts back where no rule says otherwise.
pub const DEFAULT_SETTINGS: u64 = policy::settings::DEFAULT;

/// Whether the module takes this for a template of names.
pub fn is_template(text: &[u8]) -> bool {
    policy::naming::Template::new(text).is_some()
}

/// Whether no name of a device has this byte in it.
pub fn is_in_no_name(byte: u8) -> bool {
    policy::naming::is_odd(byte)
}

/// Whether a device can have this name. The kernel takes one with a `%` for a template, and makes
/// another one of it.
pub fn is_device_name(text: &[u8]) -> bool {
    policy::naming::Name::of_device(text).is_some()
}
