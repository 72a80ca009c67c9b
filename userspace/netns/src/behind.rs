// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is behind a name, as far as it can be seen from here.

use std::ffi::OsStr;
use std::fs;
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::fcntl::{openat, readlinkat, AtFlags, OFlag};
use nix::sys::signal::kill;
use nix::sys::stat::{fstatat, FileStat, Mode, SFlag};
use nix::unistd::Pid;
use rustix::fs::{statx, StatxAttributes, StatxFlags};

use crate::error::errno_of;
use crate::name::Name;
use crate::nsfs::{sort, Sort};

/// So many links are followed by the kernel.
const LINKS: usize = 40;

/// What is behind a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Behind {
    /// A network namespace, by its inode number in nsfs.
    Namespace(u64),
    /// What a namespace leaves behind.
    Remnant(Remnant),
    /// A link to an empty file with nothing mounted on it here.
    Hollow(Remnant),
    /// Something else, in words.
    Foreign(String),
    /// It cannot be looked at.
    Unreadable(Errno),
}

/// A name with nothing behind it: an empty file on which nothing is mounted here, or a link to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remnant {
    /// When it was made, by the clock of the system.
    pub made: SystemTime,
    /// Where it leads, if it is a link.
    pub link: Option<PathBuf>,
    pub(crate) inode: u64,
}

impl Remnant {
    fn new(file: &FileStat, link: Option<PathBuf>) -> Self {
        let seconds = u64::try_from(file.st_mtime).unwrap_or_default();
        let rest = u64::try_from(file.st_mtime_nsec).unwrap_or_default();
        let since = Duration::from_secs(seconds) + Duration::from_nanos(rest);
        Remnant {
            made: SystemTime::UNIX_EPOCH + since,
            link,
            inode: file.st_ino,
        }
    }

    /// How long ago it was made; None when the clock says that this is yet to come.
    pub fn age(&self) -> Option<Duration> {
        self.made.elapsed().ok()
    }
}

/// Looks at a name in an open directory. None when it is not there.
pub(crate) fn look(directory: impl AsFd, name: &Name) -> Option<Behind> {
    let directory = directory.as_fd();
    let name = name.as_os_str();
    // Of a mount, this is what is mounted.
    let file = match fstatat(directory, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
        Ok(file) => file,
        Err(Errno::ENOENT) => return None,
        Err(errno) => return Some(Behind::Unreadable(errno)),
    };
    let behind = match kind(&file) {
        SFlag::S_IFLNK => readlinkat(directory, name).map_or_else(Behind::Unreadable, |target| {
            follow(directory, name, &file, PathBuf::from(target))
        }),
        _ if is_remnant(&file) && is_bare(directory, name) => {
            Behind::Remnant(Remnant::new(&file, None))
        }
        _ => match look_at(directory, name, OFlag::O_NOFOLLOW) {
            Ok(Sort::Network(inum)) => Behind::Namespace(inum),
            Ok(Sort::Namespace) => Behind::Foreign("another kind of namespace".to_owned()),
            Ok(Sort::Other) => Behind::Foreign(words(&file)),
            Err(Errno::ENOENT) => return None,
            Err(errno) => Behind::Unreadable(errno),
        },
    };
    Some(behind)
}

fn kind(file: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(file.st_mode) & SFlag::S_IFMT
}

/// Whether it is an empty file of one name.
fn is_remnant(file: &FileStat) -> bool {
    kind(file) == SFlag::S_IFREG && file.st_size == 0 && file.st_nlink == 1
}

/// Whether nothing is mounted on it. Its device does not tell: an overlay may give it another than that
/// of its directory. Where the kernel does not say so (before Linux 5.8), it is left alone.
fn is_bare(directory: impl AsFd, name: &OsStr) -> bool {
    let root = StatxAttributes::MOUNT_ROOT;
    let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
    statx(directory, name, flags, StatxFlags::TYPE).is_ok_and(|file| {
        file.stx_attributes_mask.contains(root) && !file.stx_attributes.contains(root)
    })
}

/// What a link leads to.
fn follow(directory: impl AsFd, name: &OsStr, link: &FileStat, target: PathBuf) -> Behind {
    let directory = directory.as_fd();
    let shown = target.display().to_string();
    match look_at(directory, name, OFlag::empty()) {
        Ok(Sort::Network(inum)) => Behind::Namespace(inum),
        Ok(Sort::Other) if is_empty(directory, name) => {
            Behind::Hollow(Remnant::new(link, Some(target)))
        }
        Ok(_) => Behind::Foreign(format!("a link to {shown}, which is not a namespace")),
        // A process that may not be seen is not there, for /proc.
        Err(Errno::ENOENT) => match process_of(directory, &target) {
            Some(pid) => Behind::Foreign(format!(
                "a link to {shown}, and process {pid} is there, but has no namespace to be seen"
            )),
            None => Behind::Remnant(Remnant::new(link, Some(target))),
        },
        // Links in a circle.
        Err(Errno::ELOOP) => Behind::Remnant(Remnant::new(link, Some(target))),
        Err(errno) => Behind::Unreadable(errno),
    }
}

/// Whether a link leads to an empty file.
fn is_empty(directory: impl AsFd, name: &OsStr) -> bool {
    let file = fstatat(directory, name, AtFlags::empty());
    file.is_ok_and(|file| kind(&file) == SFlag::S_IFREG && file.st_size == 0)
}

/// The process of this pid namespace that a link leads to, over other links or not, if there is one.
fn process_of(directory: impl AsFd, target: &Path) -> Option<i32> {
    let base = format!("/proc/thread-self/fd/{}", directory.as_fd().as_raw_fd());
    let mut path = Path::new(&base).join(target);
    for _ in 0..LINKS {
        let Ok(next) = fs::read_link(&path) else {
            break;
        };
        path = path.parent()?.join(next);
    }
    let mut parts = path.strip_prefix("/proc").ok()?.components();
    let pid: i32 = parts.next()?.as_os_str().to_str()?.parse().ok()?;
    // Anything but this says that it is there.
    (pid > 0 && kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)).then_some(pid)
}

/// Looks at what is there, without opening it.
fn look_at(directory: impl AsFd, name: &OsStr, flags: OFlag) -> Result<Sort, Errno> {
    let flags = flags | OFlag::O_PATH | OFlag::O_CLOEXEC;
    let file = openat(directory, name, flags, Mode::empty())?;
    sort(&file).map_err(|error| errno_of(&error))
}

/// What kind of file it is, in words.
fn words(file: &FileStat) -> String {
    let what = match kind(file) {
        SFlag::S_IFDIR => "a directory",
        SFlag::S_IFSOCK => "a socket",
        SFlag::S_IFIFO => "a pipe",
        SFlag::S_IFBLK | SFlag::S_IFCHR => "a device",
        _ if file.st_size > 0 => "a file that is not empty",
        _ if file.st_nlink > 1 => "an empty file that has other names, too",
        _ => "a file of another file system",
    };
    what.to_owned()
}
