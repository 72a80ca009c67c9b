// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is behind a name, as far as it can be seen from here.

use std::ffi::OsStr;
use std::fs;
use std::iter::successors;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::fcntl::{openat, readlinkat, AtFlags, OFlag};
use nix::sys::signal::kill;
use nix::sys::stat::{fstatat, FileStat, Mode, SFlag};
use nix::time::{clock_gettime, ClockId};
use nix::unistd::{sysconf, Pid, SysconfVar};
use rustix::fs::{statx, StatxAttributes, StatxFlags};

use crate::error::errno_of;
use crate::name::Name;
use crate::nsfs::{sort, Sort};

/// So many links are followed by the kernel.
const LINKS: usize = 40;
/// The clock of a machine is often set by some seconds soon after its boot, when such links may be there. And no number of
/// a process is used again as soon as that.
const SLACK: Duration = Duration::from_secs(20);

/// What is behind a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Behind {
    /// A network namespace, by its inode number in nsfs.
    Namespace(u64),
    /// What a namespace leaves behind.
    Remnant(Remnant),
    /// A link to a process that has ended, whose number this one has now.
    Reused(Remnant, i32),
    /// A link to an empty file with nothing mounted on it here.
    Hollow(Remnant),
    /// A link that leads each process to its own namespace.
    Own(PathBuf),
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
        Remnant {
            made: time(file.st_mtime, file.st_mtime_nsec),
            link,
            inode: file.st_ino,
        }
    }

    /// How long ago it was made; None when the clock says that this is yet to come.
    pub fn age(&self) -> Option<Duration> {
        self.made.elapsed().ok()
    }
}

/// A time as files have it.
fn time(seconds: i64, nanoseconds: i64) -> SystemTime {
    let seconds = u64::try_from(seconds).unwrap_or_default();
    let rest = u64::try_from(nanoseconds).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_nanos(rest)
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
        Ok(Sort::Network(_)) if leads_home(&path(directory, name)) => Behind::Own(target),
        Ok(Sort::Network(inum)) => match process_of(directory, name) {
            Some((pid, made)) if is_younger(pid, made) => {
                Behind::Reused(Remnant::new(link, Some(target)), pid)
            }
            _ => Behind::Namespace(inum),
        },
        Ok(Sort::Other) if is_empty(directory, name) => {
            Behind::Hollow(Remnant::new(link, Some(target)))
        }
        Ok(_) => Behind::Foreign(format!("a link to {shown}, which is not a namespace")),
        // A process that may not be seen is not there, for /proc.
        Err(Errno::ENOENT) => match process_of(directory, name).filter(|(pid, _)| is_there(*pid)) {
            Some((pid, _)) => Behind::Foreign(format!(
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

/// Whether a link leads, over other links or not, to what is another thing for each process.
pub(crate) fn leads_home(link: &Path) -> bool {
    links(link).any(|link| {
        let target = fs::read_link(link).unwrap_or_default();
        let parts = target.components().map(Component::as_os_str);
        let mut named = parts.skip_while(|part| *part == "/" || *part == "..");
        named.next() == Some("proc".as_ref())
            && named
                .next()
                .is_some_and(|part| part == "self" || part == "thread-self")
    })
}

/// The process that a link leads to, over other links or not, and when the link that says so was made.
fn process_of(directory: impl AsFd, name: &OsStr) -> Option<(i32, SystemTime)> {
    links(&path(directory, name)).find_map(|link| {
        let pid = pid_in(&beyond(&link)?)?;
        // The time that nobody can set.
        let file = fs::symlink_metadata(&link).ok()?;
        Some((pid, time(file.ctime(), file.ctime_nsec())))
    })
}

/// A link, and those that it leads over.
fn links(link: &Path) -> impl Iterator<Item = PathBuf> {
    successors(Some(link.to_owned()), |link| beyond(link)).take(LINKS)
}

/// That of a name in an open directory.
fn path(directory: impl AsFd, name: &OsStr) -> PathBuf {
    let base = format!("/proc/thread-self/fd/{}", directory.as_fd().as_raw_fd());
    Path::new(&base).join(name)
}

/// What a link leads to at once.
fn beyond(link: &Path) -> Option<PathBuf> {
    Some(link.parent()?.join(fs::read_link(link).ok()?))
}

/// The process in a path of /proc.
fn pid_in(path: &Path) -> Option<i32> {
    let mut parts = path.strip_prefix("/proc").ok()?.components();
    let pid: i32 = parts.next()?.as_os_str().to_str()?.parse().ok()?;
    (pid > 0).then_some(pid)
}

/// Whether there is such a process in this pid namespace.
fn is_there(pid: i32) -> bool {
    // Anything but this says so.
    kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}

/// Whether a process began clearly after a link to it was made. The first one has its number as long as the
/// pid namespace is there.
fn is_younger(pid: i32, link: SystemTime) -> bool {
    let after = |began: SystemTime| began.duration_since(link).is_ok_and(|time| time > SLACK);
    pid != 1 && began(pid).is_some_and(after)
}

/// When a process began, by the clock of the system as it is now.
fn began(pid: i32) -> Option<SystemTime> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // Its name, in parentheses, may have any byte in it.
    let name = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(stat.get(name + 1..)?).ok()?;
    let ticks: u64 = rest.split_whitespace().nth(19)?.parse().ok()?;
    let each = sysconf(SysconfVar::CLK_TCK).ok()??;
    let after_boot = ticks
        .checked_mul(1000)?
        .checked_div(each.try_into().ok()?)?;
    // Not by the time of the boot in /proc/stat, which container runtimes put another in place of.
    let up = Duration::from(clock_gettime(ClockId::CLOCK_BOOTTIME).ok()?);
    let age = up.saturating_sub(Duration::from_millis(after_boot));
    SystemTime::now().checked_sub(age)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_that_was_made_while_its_process_was_there_is_that_of_its_namespace() {
        let place = std::env::temp_dir().join(format!("hwtest-behind-{}", std::process::id()));
        fs::create_dir(&place).unwrap();
        let process = format!("/proc/{}/ns/net", std::process::id());
        symlink(process, place.join("own")).unwrap();
        symlink("own", place.join("over")).unwrap();
        symlink("/proc/1/ns/net", place.join("first")).unwrap();
        let directory = fs::File::open(&place).unwrap();
        let found = ["own", "over"].map(|name| {
            let name = Name::new(name.as_ref()).unwrap();
            look(&directory, &name)
        });
        let first = process_of(&directory, "first".as_ref());
        fs::remove_dir_all(&place).unwrap();
        for found in found {
            assert!(matches!(found, Some(Behind::Namespace(_))), "{found:?}");
        }
        assert!(first.is_some_and(|(pid, _)| pid == 1 && !is_younger(pid, SystemTime::UNIX_EPOCH)));
    }

    #[test]
    fn a_link_that_leads_each_process_to_its_own_namespace_is_none_to_another() {
        let place = std::env::temp_dir().join(format!("hwtest-own-{}", std::process::id()));
        fs::create_dir(&place).unwrap();
        let links = [
            ("self", "/proc/self/ns/net"),
            ("thread", "/proc/thread-self/ns/net"),
            ("short", "../../../../../../proc/self/ns/net"),
            ("over", "self"),
            ("first", "/proc/1/ns/net"),
        ];
        let directory = fs::File::open(&place).unwrap();
        let found = links.map(|(name, target)| {
            symlink(target, place.join(name)).unwrap();
            leads_home(&place.join(name))
        });
        let looked = look(&directory, &Name::new("over".as_ref()).unwrap());
        fs::remove_dir_all(&place).unwrap();
        assert_eq!(found, [true, true, true, true, false]);
        assert_eq!(looked, Some(Behind::Own("self".into())));
    }

    #[test]
    fn a_process_is_younger_than_what_was_made_before_it_began() {
        let mut process = std::process::Command::new("sleep")
            .arg("100")
            .spawn()
            .unwrap();
        let pid = i32::try_from(process.id()).unwrap();
        let now = SystemTime::now();
        let (before, after) = (now - 2 * SLACK, now + 2 * SLACK);
        let younger = [before, now, after].map(|link| is_younger(pid, link));
        process.kill().unwrap();
        process.wait().unwrap();
        assert_eq!(younger, [true, false, false]);
        assert!(!is_younger(pid, before));
    }
}
