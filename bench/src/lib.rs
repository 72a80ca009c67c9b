// SPDX-License-Identifier: GPL-2.0-only

//! What the two programs of the benchmark share: what a result is, how it is come by, and what is
//! made of many.
//!
//! `homeward-bench` measures, in a guest, and prints results as lines of JSON.
//! `homeward-bench-report` reads them on the host.

pub mod growth;
pub mod measure;
pub mod plot;
pub mod regression;
pub mod report;
pub mod result;
