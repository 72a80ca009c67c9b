// SPDX-License-Identifier: GPL-2.0-only

//! `homeward`: see every network namespace, and where its devices go when it dies.
//!
//! What was typed (`run`, `compat`) becomes a verb with its arguments (`command`), which finds out or changes
//! something and hands over data; data becomes output (`render`). Nothing points back.

mod book;
mod command;
mod compat;
mod error;
mod exit;
mod file;
#[cfg(test)]
mod fixture;
mod help;
mod managers;
mod messages;
mod names;
mod owner;
mod pager;
mod printable;
mod process;
mod program;
mod rdma;
mod render;
mod resolve;
mod rule;
mod run;
mod selector;
mod silent;
mod tenancy;
mod value;

use std::process::ExitCode;

fn main() -> ExitCode {
    messages::install_hook();
    program::learn();
    run::main().into()
}
