// SPDX-License-Identifier: GPL-2.0-only

//! What the host's runner and the guest's init share, and the runner's verdict.
//!
//! The guest speaks the [`protocol`] on a serial port of its own, [`session`] folds what it says,
//! [`console`] looks for a complaining kernel, and [`verdict`] judges both. All of it is free of
//! input and output, so that it can be tested on recorded runs.

pub mod console;
pub mod protocol;
pub mod session;
pub mod verdict;
