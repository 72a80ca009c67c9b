// SPDX-License-Identifier: GPL-2.0-only

//! Devices of /dev/net/tun.

use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;

/// linux/if.h `struct ifreq`, as TUNSETIFF takes it.
#[repr(C)]
struct Request {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

const IFF_TAP: u16 = 0x0002;
const IFF_NO_PI: u16 = 0x1000;

nix::ioctl_readwrite_bad!(
    set_device,
    nix::request_code_write!(b'T', 202, size_of::<i32>()),
    Request
);

/// Opens /dev/net/tun, and with that a device in the network namespace of this thread; it is gone when
/// the file is closed.
#[track_caller]
pub fn open_tap(name: &str) -> File {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true);
    let file = options.open("/dev/net/tun").expect("/dev/net/tun");
    let mut request = Request {
        name: [0; 16],
        flags: IFF_TAP | IFF_NO_PI,
        rest: [0; 22],
    };
    request.name[..name.len()].copy_from_slice(name.as_bytes());
    #[allow(unsafe_code, reason = "no crate in use here has TUNSETIFF")]
    // SAFETY: The kernel reads a `struct ifreq` there, and writes one back that is of the same size.
    let set = unsafe { set_device(file.as_raw_fd(), &raw mut request) };
    set.expect("TUNSETIFF");
    file
}
