// SPDX-License-Identifier: GPL-2.0-only

//! What would release a holder: words, or a command for a shell.

use std::path::Path;

use homeward_holders::{Descriptor, Mount, OpenFile, Process, Thread};

use crate::printable::shell_word;
use crate::program::program;

/// With more holders than these, the others are only counted.
const NAMED: usize = 3;

/// What systemd keeps open it has for a unit: sockets of socket units, and what services have given it to keep.
const FIRST: u32 = 1;
const OF_UNIT: &str = "stop the unit that process 1 has it for";

/// Of a task.
pub(super) fn process(process: &Process) -> String {
    match (process.kernel, process.pid) {
        (true, _) => "nothing: it belongs to the kernel".to_owned(),
        (false, FIRST) => "nothing: it is the first process".to_owned(),
        (false, pid) => format!("end process {pid}"),
    }
}

/// Of a file.
pub(super) fn file(file: &OpenFile) -> String {
    let OpenFile { fd, .. } = file;
    let task = task(&file.process, file.thread.as_ref());
    match file.process.pid {
        FIRST => format!("close fd {fd} of {task}: {OF_UNIT}"),
        _ => format!("close fd {fd} of {task}, or end it"),
    }
}

/// Of a socket, which is released by all who have it.
pub(super) fn socket(holders: &[Descriptor]) -> String {
    let each = |one: &Descriptor| {
        format!(
            "fd {} of {}",
            one.fd,
            task(&one.process, one.thread.as_ref())
        )
    };
    let named: Vec<String> = holders.iter().take(NAMED).map(each).collect();
    let end = if holders.len() > 1 { "them" } else { "it" };
    let more = match holders.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let close = format!("close {}{more}", named.join(", "));
    match holders.iter().any(|one| one.process.pid == FIRST) {
        true => format!("{close}: {OF_UNIT}"),
        false => format!("{close}, or end {end}"),
    }
}

/// Whose table of descriptors it is.
fn task(process: &Process, thread: Option<&Thread>) -> String {
    match thread {
        Some(thread) => format!("thread {} of {}", thread.tid, process.pid),
        None => process.pid.to_string(),
    }
}

/// Of a bind mount; of one that is covered, together with all that are on the same file.
pub(super) fn mount(mount: &Mount) -> String {
    let Mount { process, inum, .. } = mount;
    let namespace = match &mount.thread {
        _ if mount.own && mount.covers.is_empty() => {
            return shell_word(&mount.path, |path| format!("umount {path}"));
        }
        _ if mount.own => String::new(),
        None => format!(" -N {}", process.pid),
        Some(thread) => format!(" -N /proc/{}/task/{}/ns/mnt", process.pid, thread.tid),
    };
    // Nothing of that mount namespace is run: it may be a tenant's.
    shell_word(&mount.path, |path| {
        format!("{} umount{namespace} inum:{inum} {path}", program())
    })
}

/// Of a bind mount that has a name, and of all that are on the same file.
pub(super) fn delete(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    shell_word(name, |name| format!("{} netns delete {name}", program()))
}

/// Of all bind mounts on a file that none is on in the caller's mount namespace. It is empty, or else it
/// is somebody's.
pub(super) fn remove(path: &Path) -> String {
    shell_word(path, |path| format!("[ ! -s {path} ] && rm {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeward_holders::Identity;
    use std::path::PathBuf;

    fn sleep(pid: u32) -> Process {
        Process {
            pid,
            command: "sleep".to_owned(),
            uid: Some(0),
            kernel: false,
        }
    }

    fn descriptors(count: u32) -> Vec<Descriptor> {
        (2..2 + count)
            .map(|pid| Descriptor {
                process: sleep(pid),
                thread: None,
                fd: 7,
                process_namespace: Identity::default(),
            })
            .collect()
    }

    #[test]
    fn a_socket_is_released_by_all_who_have_it() {
        assert_eq!(socket(&descriptors(1)), "close fd 7 of 2, or end it");
        assert_eq!(
            socket(&descriptors(2)),
            "close fd 7 of 2, fd 7 of 3, or end them"
        );
        assert_eq!(
            socket(&descriptors(5)),
            "close fd 7 of 2, fd 7 of 3, fd 7 of 4 and 2 more, or end them"
        );
    }

    #[test]
    fn nobody_is_told_to_end_the_first_process() {
        let first = sleep(FIRST);
        assert_eq!(process(&first), "nothing: it is the first process");
        let mut all = descriptors(5);
        all[4].process = first.clone();
        let unit = "stop the unit that process 1 has it for";
        assert!(socket(&all).ends_with(unit), "{}", socket(&all));
        let open = OpenFile {
            process: first,
            thread: None,
            fd: 7,
            path: PathBuf::new(),
        };
        assert_eq!(file(&open), format!("close fd 7 of 1: {unit}"));
    }
}
