// SPDX-License-Identifier: GPL-2.0-only

//! The command line.

use crate::arch::Arch;
use clap::{
    Parser,
    ValueEnum, //
};
use std::path::PathBuf;

/// Boots Homeward's guest in QEMU and ends with 0 when all went well, 1 when a test failed or the
/// kernel complained, 69 when the guest could not be started, 124 at the time limit.
#[derive(Debug, Parser)]
#[command(name = "homeward-vm", version)]
pub(crate) struct Args {
    /// What the guest does.
    #[arg(long, value_enum)]
    pub(crate) mode: Mode,
    /// The guest's architecture: this system's, unless it is said.
    #[arg(long, value_enum, default_value_t = Arch::OWN.unwrap_or(Arch::Amd64))]
    pub(crate) arch: Arch,
    /// The kernel image.
    #[arg(long)]
    pub(crate) kernel: PathBuf,
    /// The initramfs.
    #[arg(long)]
    pub(crate) initrd: PathBuf,
    /// A directory with a system of its own, for an initramfs that boots it: a 9p share "system".
    #[arg(long)]
    pub(crate) root: Option<PathBuf>,
    /// How QEMU runs the guest's instructions; auto tries KVM by booting once.
    #[arg(long, value_enum, default_value_t = Choice::Auto)]
    pub(crate) accel: Choice,
    /// A directory that remembers which accelerator works here.
    #[arg(long)]
    pub(crate) cache: Option<PathBuf>,
    /// Seconds after which the guest is stopped.
    #[arg(long, default_value_t = 600)]
    pub(crate) timeout: u64,
    /// The guest's memory in MiB.
    #[arg(long, default_value_t = 1024)]
    pub(crate) mem: u32,
    /// The guest's CPUs.
    #[arg(long, default_value_t = 2)]
    pub(crate) cpus: u32,
    /// Where the guest's console goes.
    #[arg(long)]
    pub(crate) console_log: PathBuf,
    /// Where the counts go, as `PASSED FAILED`.
    #[arg(long)]
    pub(crate) summary: Option<PathBuf>,
    /// More for the kernel's command line.
    #[arg(last = true)]
    pub(crate) kernel_args: Vec<String>,
}

/// What the guest does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Run every test in /tests.
    Test,
    /// Run /demo.sh.
    Demo,
    /// Run /tour.sh.
    Tour,
    /// A prompt on this terminal.
    Shell,
    /// Run /stress.
    Stress,
    /// Run /fuzz.
    Fuzz,
    /// Run /bench.
    Bench,
    /// Run /selftests.sh on the host's files, which the guest can read.
    Selftests,
    /// Do what a debug kernel has to catch.
    Planted,
    /// Boot the system in --root, which tells its own tests.
    System,
    /// Say that it is up, and power off.
    Probe,
}

impl Mode {
    /// The name for it on the kernel's command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Demo => "demo",
            Self::Tour => "tour",
            Self::Shell => "shell",
            Self::Stress => "stress",
            Self::Fuzz => "fuzz",
            Self::Bench => "bench",
            Self::Selftests => "selftests",
            Self::Planted => "planted",
            Self::System => "system",
            Self::Probe => "probe",
        }
    }

    /// Whether it shows something, and so its own output is all that is wanted.
    pub(crate) fn is_show(self) -> bool {
        matches!(
            self,
            Self::Demo | Self::Tour | Self::Stress | Self::Fuzz | Self::Bench | Self::Selftests
        )
    }
}

/// A choice of accelerator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// KVM where a guest really boots under it, else TCG.
    Auto,
    /// The processor itself.
    Kvm,
    /// QEMU's emulation: slower, works everywhere.
    Tcg,
}
