// SPDX-License-Identifier: GPL-2.0-only

//! The smallest programs there are, of XDP and tcx.

use std::ffi::CString;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;

/// `mov r0, 1` (XDP_DROP), `exit`.
const DROP: [u64; 2] = [0x0000_0001_0000_00b7, 0x0000_0000_0000_0095];

/// `mov r0, -1` (TCX_NEXT), `exit`.
const NEXT: [u64; 2] = [0xffff_ffff_0000_00b7, 0x0000_0000_0000_0095];

const PROG_LOAD: i64 = 5;
const OBJ_PIN: i64 = 6;
const PROG_ATTACH: i64 = 8;
const PROG_QUERY: i64 = 16;
const LINK_CREATE: i64 = 28;
const LINK_UPDATE: i64 = 29;
const TYPE_SCHED_CLS: u32 = 3;
const TYPE_XDP: u32 = 6;

/// A side of a device to which tcx programs are attached.
#[derive(Debug, Clone, Copy)]
pub enum Side {
    /// What comes in.
    Ingress = 46,
    /// What goes out.
    Egress = 47,
}

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

/// The beginning of `union bpf_attr` for BPF_PROG_ATTACH: the last two are of that alone.
/// For BPF_LINK_CREATE the program comes first, and for BPF_LINK_UPDATE the link.
#[repr(C)]
#[derive(Default)]
struct Attach([u32; 4]);

/// `union bpf_attr` for BPF_PROG_QUERY, up to the count.
#[repr(C)]
#[derive(Default)]
struct Query {
    ifindex: u32,
    side: u32,
    flags: [u32; 2],
    ids: u64,
    count: u32,
    pad: u32,
}

fn bpf<T>(command: i64, attr: &T) -> i64 {
    bpf_mut(command, std::ptr::from_ref(attr).cast_mut())
}

#[allow(unsafe_code, reason = "no crate in use here has bpf(2)")]
fn bpf_mut<T>(command: i64, attr: *mut T) -> i64 {
    // SAFETY: `attr` is the beginning of a `union bpf_attr` of that size, and what it points to
    // outlives the call; only BPF_PROG_QUERY writes to it.
    unsafe { nix::libc::syscall(nix::libc::SYS_bpf, command, attr, size_of::<T>()) }
}

/// A descriptor that bpf(2) returned.
#[track_caller]
fn descriptor(what: &str, fd: i64) -> OwnedFd {
    assert!(fd >= 0, "{what}: {}", std::io::Error::last_os_error());
    #[allow(unsafe_code, reason = "the kernel has just given us the descriptor")]
    // SAFETY: Open, and nobody else's.
    unsafe {
        OwnedFd::from_raw_fd(i32::try_from(fd).expect("a descriptor"))
    }
}

#[track_caller]
fn load(kind: u32, program: &[u64; 2]) -> OwnedFd {
    let license = CString::new("GPL").expect("no NUL");
    let load = Load {
        kind,
        insn_cnt: 2,
        insns: program.as_ptr() as u64,
        license: license.as_ptr() as u64,
        ..Load::default()
    };
    descriptor("load", bpf(PROG_LOAD, &load))
}

/// Loads a program that drops everything, and pins it.
#[track_caller]
pub(crate) fn pin_xdp_drop(path: &str) {
    let program = load(TYPE_XDP, &DROP);
    let path = CString::new(path).expect("no NUL");
    let pin = Pin {
        pathname: path.as_ptr() as u64,
        fd: program.as_raw_fd().unsigned_abs(),
        ..Pin::default()
    };
    let pinned = bpf(OBJ_PIN, &pin);
    assert_eq!(pinned, 0, "pin: {}", std::io::Error::last_os_error());
}

/// A tcx program that lets everything pass.
#[track_caller]
pub fn tcx_program() -> OwnedFd {
    load(TYPE_SCHED_CLS, &NEXT)
}

fn number(fd: &OwnedFd) -> u32 {
    fd.as_raw_fd().unsigned_abs()
}

/// Attaches a tcx program without a link to a device of this thread's namespace.
#[track_caller]
pub fn attach_tcx(ifindex: u32, side: Side, program: &OwnedFd) {
    let done = bpf(
        PROG_ATTACH,
        &Attach([ifindex, number(program), side as u32, 0]),
    );
    assert_eq!(done, 0, "attach: {}", std::io::Error::last_os_error());
}

/// Attaches a tcx program by a link to a device of this thread's namespace, for as long as that is open.
#[track_caller]
pub fn link_tcx(ifindex: u32, side: Side, program: &OwnedFd) -> OwnedFd {
    let attach = Attach([number(program), ifindex, side as u32, 0]);
    descriptor("link", bpf(LINK_CREATE, &attach))
}

/// Gives a link another program.
#[track_caller]
pub fn update_link(link: &OwnedFd, program: &OwnedFd) {
    let done = bpf(LINK_UPDATE, &Attach([number(link), number(program), 0, 0]));
    assert_eq!(done, 0, "update: {}", std::io::Error::last_os_error());
}

/// How many tcx programs are attached to a device of this thread's namespace.
#[track_caller]
pub fn tcx_count(ifindex: u32, side: Side) -> u32 {
    let mut query = Query {
        ifindex,
        side: side as u32,
        ..Query::default()
    };
    let done = bpf_mut(PROG_QUERY, &raw mut query);
    if done != 0 {
        // Never had any.
        assert_eq!(Errno::last(), Errno::ENOENT, "query");
        return 0;
    }
    query.count
}
