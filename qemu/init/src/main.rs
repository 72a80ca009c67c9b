// SPDX-License-Identifier: GPL-2.0-only

//! The first process of Homeward's guest.
//!
//! It makes the system usable, does what `homeward.mode=` on the kernel's command line asks for,
//! and switches the power off: always, since a guest that goes on is a run without an end.

mod balance;
mod checks;
mod child;
mod hanging;
mod mode;
mod modules;
mod port;
mod setup;
mod slabs;
mod tests;

use nix::sys::reboot::{
    reboot,
    RebootMode, //
};
use port::Port;
use std::process::ExitCode;

/// What can go wrong before anything was tested.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot {doing}: {source}")]
    Io {
        doing: String,
        source: std::io::Error,
    },
    #[error("no virtio port of the name {0}")]
    NoPort(&'static str),
    #[error("unknown homeward.mode={0}")]
    UnknownMode(String),
}

impl Error {
    fn io<E: Into<std::io::Error>>(doing: impl Into<String>) -> impl FnOnce(E) -> Self {
        let doing = doing.into();
        |source| Self::Io {
            doing,
            source: source.into(),
        }
    }
}

fn main() -> ExitCode {
    if std::process::id() != 1 {
        eprintln!("homeward-init: only of use as the first process of a guest");
        return ExitCode::FAILURE;
    }
    // The hook, and not only catch_unwind: with panic=abort there would be nothing to catch, and a
    // first process that ends is a kernel panic that hides what happened.
    std::panic::set_hook(Box::new(|info| {
        eprintln!("homeward-init: {info}");
        power_off();
    }));
    if let Err(error) = run() {
        eprintln!("homeward-init: {error}");
    }
    power_off();
    ExitCode::FAILURE
}

fn run() -> Result<(), Error> {
    std::env::set_var("PATH", "/usr/bin:/bin");
    std::env::set_var("HOME", "/root");
    setup::mount_all()?;
    // Among them the drivers of the port to the host and of the network cards.
    modules::load_kernels_own()?;
    setup::network_and_names();
    mode::run(&setup::kernel_argument("homeward.mode").unwrap_or_default())
}

fn power_off() {
    nix::unistd::sync();
    let Err(error) = reboot(RebootMode::RB_POWER_OFF);
    eprintln!("homeward-init: cannot power off: {error}");
}
