// SPDX-License-Identifier: GPL-2.0-only

//! The smallest XDP program there is.

use std::ffi::CString;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// `mov r0, 1` (XDP_DROP), `exit`.
const DROP: [u64; 2] = [0x0000_0001_0000_00b7, 0x0000_0000_0000_0095];

const PROG_LOAD: i64 = 5;
const OBJ_PIN: i64 = 6;
const TYPE_XDP: u32 = 6;

/// The beginning of `union bpf_attr` for BPF_PROG_LOAD.
#[repr(C)]
#[derive(Default)]
struct Load {
    kind: u32,
    insn_cnt: u32,
    insns: u64,
    license: u64,
    rest: [u64; 4],
}

/// The beginning of `union bpf_attr` for BPF_OBJ_PIN.
#[repr(C)]
#[derive(Default)]
struct Pin {
    pathname: u64,
    fd: u32,
    flags: u32,
}

#[allow(unsafe_code, reason = "no crate in use here has bpf(2)")]
fn bpf<T>(command: i64, attr: &T) -> i64 {
    // SAFETY: `attr` is the beginning of a `union bpf_attr` of that size, and what it points to
    // outlives the call.
    unsafe { nix::libc::syscall(nix::libc::SYS_bpf, command, attr, size_of::<T>()) }
}

/// Loads a program that drops everything, and pins it.
#[track_caller]
pub(crate) fn pin_xdp_drop(path: &str) {
    let license = CString::new("GPL").expect("no NUL");
    let load = Load {
        kind: TYPE_XDP,
        insn_cnt: 2,
        insns: DROP.as_ptr() as u64,
        license: license.as_ptr() as u64,
        ..Load::default()
    };
    let fd = bpf(PROG_LOAD, &load);
    assert!(fd >= 0, "bpf: {}", std::io::Error::last_os_error());
    #[allow(unsafe_code, reason = "the kernel has just given us the descriptor")]
    // SAFETY: Open, and nobody else's.
    let program = unsafe { OwnedFd::from_raw_fd(i32::try_from(fd).expect("a descriptor")) };
    let path = CString::new(path).expect("no NUL");
    let pin = Pin {
        pathname: path.as_ptr() as u64,
        fd: program.as_raw_fd().unsigned_abs(),
        ..Pin::default()
    };
    let pinned = bpf(OBJ_PIN, &pin);
    assert_eq!(pinned, 0, "pin: {}", std::io::Error::last_os_error());
}
