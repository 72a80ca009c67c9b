// SPDX-License-Identifier: GPL-2.0-only

//! Every decision of Homeward, as pure functions.
//!
//! No `kernel::`, no allocation, no pointers, no locks: the module compiles this folder, and so
//! does `userspace/policy` on the host, for the boundary tests in `tests.rs`.

pub(crate) mod fate;
pub(crate) mod home;
pub(crate) mod naming;
pub(crate) mod numbers;
pub(crate) mod route;
pub(crate) mod rules;
pub(crate) mod settings;

#[cfg(test)]
mod tests;
