// SPDX-License-Identifier: GPL-2.0-only

//! Files: rules as people write them, what is to outlive the module, and how files are read and
//! written.

pub(crate) mod policy;
pub(crate) mod state;
mod store;

pub(crate) use policy::Mistake;
pub(crate) use store::{lock, lock_if_there, Lock, Place};
