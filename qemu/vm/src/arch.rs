// SPDX-License-Identifier: GPL-2.0-only

//! What differs between the machines of two architectures.

use clap::ValueEnum;

/// The architecture of the guest, by Debian's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Arch {
    /// x86-64.
    Amd64,
    /// AArch64.
    Arm64,
}

/// How QEMU makes a machine of it, and what its kernel is told.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) qemu: &'static str,
    /// Debian's package of it.
    pub(crate) package: &'static str,
    pub(crate) machine: &'static str,
    /// The emulated processor.
    pub(crate) cpu: &'static str,
    /// The kernel's name for the serial port.
    pub(crate) console: &'static str,
    /// More for the kernel when it is emulated.
    pub(crate) emulated: &'static [&'static str],
}

/// With five levels of page tables, an interrupt while the kernel clears its record of the CPU's
/// features (`identify_cpu()`) makes KASAN take good addresses for wild ones. Without ERMS kernel
/// and libc copy by words: `rep movsb` is emulated byte by byte.
///
/// An emulation on a busy host may be late with the timer that `check_timer()` tries, and then the
/// kernel panics.
const AMD64: Machine = Machine {
    qemu: "qemu-system-x86_64",
    package: "qemu-system-x86",
    machine: "q35",
    cpu: "max,la57=off,erms=off",
    console: "ttyS0",
    emulated: &["no_timer_check"],
};

/// A processor that has pages of 16 KiB, as older ones have not, and no pointer authentication, which
/// would be computed at each call and return, as that of `max` is.
const ARM64: Machine = Machine {
    qemu: "qemu-system-aarch64",
    package: "qemu-system-arm",
    machine: "virt",
    cpu: "neoverse-n1",
    console: "ttyAMA0",
    emulated: &[],
};

impl Arch {
    /// That of this program, if a guest can have it.
    pub(crate) const OWN: Option<Self> = if cfg!(target_arch = "x86_64") {
        Some(Self::Amd64)
    } else if cfg!(target_arch = "aarch64") {
        Some(Self::Arm64)
    } else {
        None
    };

    pub(crate) fn machine(self) -> &'static Machine {
        match self {
            Self::Amd64 => &AMD64,
            Self::Arm64 => &ARM64,
        }
    }

    /// Whether this host's processor could run the guest itself.
    pub(crate) fn is_own(self) -> bool {
        Self::OWN == Some(self)
    }
}
