// SPDX-License-Identifier: GPL-2.0-only

//! Boots Homeward's guest in QEMU, shows what happens in it, and ends with a status that can be
//! trusted. `homeward_vm::verdict` lists the statuses.

mod accel;
mod arch;
mod args;
mod guest;
mod machine;

use clap::Parser;
use homeward_vm::verdict::EXIT_UNAVAILABLE;
use std::process::ExitCode;

/// The harness itself failed: nothing can be said about what was to be tested.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("no {what} at {path}")]
    Missing { what: &'static str, path: String },
    #[error("cannot {doing}: {source}")]
    Io {
        doing: String,
        source: std::io::Error,
    },
}

impl Error {
    fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        |source| Self::Io { doing, source }
    }
}

fn main() -> ExitCode {
    let args = args::Args::parse();
    match guest::run(&args) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("homeward-vm: {error}");
            ExitCode::from(EXIT_UNAVAILABLE)
        }
    }
}
