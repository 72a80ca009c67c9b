// SPDX-License-Identifier: GPL-2.0-only

//! Which code of the module a request reaches: KCOV of a kernel that has it.
//!
//! See `Documentation/dev-tools/kcov.rst`. Only the module is instrumented, so there is nothing
//! else in a trace.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{mmap, munmap, MapFlags, ProtFlags};

const FILE: &str = "/sys/kernel/debug/kcov";
/// So many places a trace may have; what comes behind is not seen.
const PLACES: usize = 1 << 16;
const BYTES: NonZeroUsize = match NonZeroUsize::new(PLACES * size_of::<u64>()) {
    Some(bytes) => bytes,
    None => NonZeroUsize::MIN,
};
const TRACE_PC: i32 = 0;

#[allow(unsafe_code, reason = "KCOV is ioctls and shared memory")]
mod ioctl {
    use nix::{ioctl_write_int_bad, request_code_none, request_code_read};

    // The argument is the number itself, whatever its direction says.
    ioctl_write_int_bad!(init_trace, request_code_read!(b'c', 1, size_of::<u64>()));
    ioctl_write_int_bad!(enable, request_code_none!(b'c', 100));
    ioctl_write_int_bad!(disable, request_code_none!(b'c', 101));
}

/// Traces of this thread, which is the only one that may use it.
#[derive(Debug)]
pub(crate) struct Kcov {
    file: File,
    area: NonNull<AtomicU64>,
}

impl Kcov {
    /// None on a kernel without it.
    #[allow(unsafe_code, reason = "KCOV is ioctls and shared memory")]
    pub(crate) fn open() -> Result<Option<Self>, String> {
        let failed = |doing: &str, why: String| format!("cannot {doing} {FILE}: {why}");
        let file = match OpenOptions::new().read(true).write(true).open(FILE) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("open", error.to_string())),
        };
        let mapped = |errno: Errno| failed("map", errno.desc().to_owned());
        let size = i32::try_from(PLACES).map_err(|error| failed("map", error.to_string()))?;
        // SAFETY: A number is all that it takes.
        unsafe { ioctl::init_trace(file.as_raw_fd(), size) }.map_err(mapped)?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: A new mapping anywhere, of as many bytes as the kernel was asked for above.
        let area = unsafe { mmap(None, BYTES, access, MapFlags::MAP_SHARED, &file, 0) };
        let area = area.map_err(mapped)?.cast();
        let kcov = Kcov { file, area };
        // SAFETY: A number is all that it takes.
        unsafe { ioctl::enable(kcov.file.as_raw_fd(), TRACE_PC) }
            .map_err(|errno| failed("enable", errno.desc().to_owned()))?;
        Ok(Some(kcov))
    }

    #[allow(unsafe_code, reason = "KCOV is ioctls and shared memory")]
    fn places(&self) -> &[AtomicU64] {
        // SAFETY: `PLACES` words that stay mapped as long as `self`; the kernel writes whole ones,
        // and so do we.
        unsafe { std::slice::from_raw_parts(self.area.as_ptr(), PLACES) }
    }

    /// Forgets what was traced.
    pub(crate) fn begin(&self) {
        self.places()[0].store(0, Ordering::Relaxed);
    }

    /// Where this thread has been in the module since.
    pub(crate) fn trace(&self) -> impl Iterator<Item = u64> + '_ {
        let (count, places) = self.places().split_at(1);
        let count = usize::try_from(count[0].load(Ordering::Relaxed)).unwrap_or(PLACES);
        let places = places.iter().take(count);
        places.map(|place| place.load(Ordering::Relaxed))
    }
}

impl Drop for Kcov {
    #[allow(unsafe_code, reason = "KCOV is ioctls and shared memory")]
    fn drop(&mut self) {
        // SAFETY: A number is all that it takes, and the mapping is ours and not used any more.
        unsafe {
            let _ = ioctl::disable(self.file.as_raw_fd(), 0);
            let _ = munmap(self.area.cast(), BYTES.get());
        }
    }
}
