// SPDX-License-Identifier: MIT OR Apache-2.0

//! The little of /proc that is needed, read directly: the crates for it fail on a name that is no UTF-8,
//! and stat every descriptor, which hangs where a server of files is dead.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use homeward_netns::errno_of;

use crate::error::{Error, Result};

/// A process, as people know it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Process {
    /// Its id in the caller's pid namespace.
    pub pid: u32,
    /// Its command name; empty when it ended meanwhile. Chosen by others: it may have control
    /// characters.
    pub command: String,
    /// Its effective user id, as seen from the caller's user namespace.
    pub uid: Option<u32>,
    /// Whether it is a thread of the kernel, which ends when the kernel wants it to (Linux 6.8).
    #[cfg_attr(feature = "serde", serde(skip))]
    pub kernel: bool,
}

/// A thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Its id in the caller's pid namespace.
    pub tid: u32,
    /// Its command name.
    pub command: String,
}

impl Thread {
    /// What is known of a thread.
    pub(crate) fn new(pid: u32, tid: u32) -> Self {
        let path = format!("/proc/{pid}/task/{tid}/comm");
        let command = read(Path::new(&path)).unwrap_or_default();
        let command = String::from_utf8_lossy(command.trim_ascii_end()).into_owned();
        Thread { tid, command }
    }
}

impl Process {
    /// What is known of a process.
    pub fn new(pid: u32) -> Self {
        let dir = PathBuf::from(format!("/proc/{pid}"));
        let command = read(&dir.join("comm")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command);
        let status = read(&dir.join("status")).unwrap_or_default();
        Process {
            pid,
            command: command.strip_suffix('\n').unwrap_or(&command).to_owned(),
            uid: effective_uid(&status),
            kernel: value(&status, "Kthread") == Some(b"1"),
        }
    }
}

/// Ids of all processes in /proc, in ascending order.
pub(crate) fn pids() -> Result<Vec<u32>> {
    let path = Path::new("/proc");
    let mut pids = numbers(path).map_err(|error| Error::Read {
        path: path.to_owned(),
        errno: errno_of(&error),
    })?;
    pids.sort_unstable();
    Ok(pids)
}

/// Names in a directory that are numbers.
pub(crate) fn numbers(directory: &Path) -> io::Result<Vec<u32>> {
    let mut list = Vec::new();
    for entry in fs::read_dir(directory)? {
        // What ends while it is read is no error.
        let Ok(entry) = entry else { break };
        list.extend(number::<u32>(entry.file_name().as_bytes()));
    }
    Ok(list)
}

/// A small file of a task: with as few calls as can be, as there may be thousands. The kernel gives all of such a
/// file at once to who has room for it.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut all = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        let count = match file.read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            count => count?,
        };
        all.extend_from_slice(bytes.get(..count).unwrap_or_default());
        if count < bytes.len() {
            return Ok(all);
        }
    }
}

/// The inode number of the namespace of one kind ("net", "mnt", ...) of a task.
pub(crate) fn namespace(task: &Path, kind: &str) -> io::Result<u64> {
    let link = fs::read_link(task.join("ns").join(kind))?;
    bracketed(link.as_os_str().as_bytes(), kind)
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}

/// The number in `kind:[number]`.
pub(crate) fn bracketed(link: &[u8], kind: &str) -> Option<u64> {
    let rest = link.strip_prefix(kind.as_bytes())?;
    number(rest.strip_prefix(b":[")?.strip_suffix(b"]")?)
}

/// The value of a line `name:\tvalue` of status or fdinfo, without white space around.
pub(crate) fn value<'t>(text: &'t [u8], name: &str) -> Option<&'t [u8]> {
    text.split(|byte| *byte == b'\n').find_map(|line| {
        let rest = line.strip_prefix(name.as_bytes())?;
        Some(rest.strip_prefix(b":")?.trim_ascii())
    })
}

/// A number in decimal digits and nothing else.
pub(crate) fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    let digits = text.first().is_some_and(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| digits)?;
    text.parse().ok()
}

/// A number in hexadecimal digits and nothing else.
pub(crate) fn hex(text: &[u8]) -> Option<u64> {
    let digits = text.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(text).ok().filter(|_| digits)?;
    u64::from_str_radix(text, 16).ok()
}

fn effective_uid(status: &[u8]) -> Option<u32> {
    let all = value(status, "Uid")?;
    number(all.split(u8::is_ascii_whitespace).nth(1)?)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_of_the_kind_are_read() {
        assert_eq!(bracketed(b"net:[4026532281]", "net"), Some(4026532281));
        assert_eq!(bracketed(b"socket:[7]", "socket"), Some(7));
        for other in ["mnt:[1]", "net:[]", "net:[x]", "net:[+1]", "net:[1", "net"] {
            assert_eq!(bracketed(other.as_bytes(), "net"), None, "{other}");
        }
    }

    #[test]
    fn the_effective_user_is_the_second_one() {
        let status = b"Name:\ta\\nUid:\t7\nUmask:\t0022\nUid:\t1000\t1001\t1002\t1003\n";
        assert_eq!(effective_uid(status), Some(1001));
        assert_eq!(effective_uid(b"Uid:\t1000\n"), None);
        assert_eq!(effective_uid(b""), None);
    }

    #[test]
    fn this_process_is_known() {
        let own = Process::new(std::process::id());
        assert_eq!(own.uid, Some(nix::unistd::geteuid().as_raw()));
        assert!(!own.command.is_empty());
        assert!(pids().unwrap().contains(&own.pid));
    }

    #[test]
    fn a_file_of_a_task_is_read_whole() {
        let long = std::env::current_exe().unwrap();
        assert!(read(&long).unwrap() == fs::read(&long).unwrap());
        let status = Path::new("/proc/self/status");
        let read = read(status).unwrap();
        assert_eq!(
            value(&read, "Pid"),
            value(&fs::read(status).unwrap(), "Pid")
        );
        assert!(super::read(Path::new("/proc/self/none")).is_err());
    }

    #[test]
    fn a_process_that_is_gone_has_no_command() {
        let gone = Process::new(u32::MAX);
        assert_eq!((gone.command.as_str(), gone.uid), ("", None));
    }
}
