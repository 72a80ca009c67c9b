// SPDX-License-Identifier: GPL-2.0-only

//! `homeward`: see every network namespace, and where its devices go when it dies.
//!
//! What was typed (`args`, `compat`) becomes what it means (`request`), that becomes data (`command`,
//! `view`), and data becomes output (`render`). Nothing points back.

mod args;
mod atlas;
mod book;
mod command;
mod compat;
mod error;
mod exit;
mod file;
mod help;
mod messages;
mod mistake;
mod names;
mod printable;
mod process;
mod render;
mod request;
mod resolve;
mod rule;
mod run;
mod selector;
mod shell;
mod users;
mod view;

use std::process::ExitCode;

fn main() -> ExitCode {
    mistake::install_hook();
    run::main().into()
}
