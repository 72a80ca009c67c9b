// SPDX-License-Identifier: GPL-2.0-only

//! What would release a holder, in words.

use std::path::Path;

use homeward_holders::{Descriptor, Mount, OpenFile, Process};

/// With more holders than these, the others are only counted.
const NAMED: usize = 3;

/// Of a task.
pub(super) fn process(process: &Process) -> String {
    match process.kernel {
        true => "nothing, it is the kernel's".to_owned(),
        false => format!("end process {}", process.pid),
    }
}

/// Of a file.
pub(super) fn file(file: &OpenFile) -> String {
    format!("close fd {} of {}, or end it", file.fd, file.process.pid)
}

/// Of a socket, which is released by all who have it.
pub(super) fn socket(holders: &[Descriptor]) -> String {
    let each = |holder: &Descriptor| format!("fd {} of {}", holder.fd, holder.process.pid);
    let named: Vec<String> = holders.iter().take(NAMED).map(each).collect();
    let end = if holders.len() > 1 { "them" } else { "it" };
    let more = match holders.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("close {}{more}, or end {end}", named.join(", "))
}

/// Of a bind mount; `names` is the directory of names.
pub(super) fn mount(mount: &Mount, names: &Path) -> String {
    let path = mount.path.to_string_lossy();
    if !mount.own {
        return format!(
            "nsenter -t {} -m umount {}",
            mount.process.pid,
            quoted(&path)
        );
    }
    match (mount.path.parent() == Some(names), mount.path.file_name()) {
        (true, Some(name)) => {
            format!("homeward netns delete {}", quoted(&name.to_string_lossy()))
        }
        _ => format!("umount {}", quoted(&path)),
    }
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:@%,=".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeward_holders::Identity;

    fn sleep(pid: u32) -> Process {
        Process {
            pid,
            command: "sleep".to_owned(),
            uid: Some(0),
            kernel: false,
        }
    }

    fn descriptors(count: u32) -> Vec<Descriptor> {
        (1..=count)
            .map(|pid| Descriptor {
                process: sleep(pid),
                fd: 7,
                process_namespace: Identity::default(),
            })
            .collect()
    }

    #[test]
    fn a_socket_is_released_by_all_who_have_it() {
        assert_eq!(socket(&descriptors(1)), "close fd 7 of 1, or end it");
        assert_eq!(
            socket(&descriptors(2)),
            "close fd 7 of 1, fd 7 of 2, or end them"
        );
        assert_eq!(
            socket(&descriptors(5)),
            "close fd 7 of 1, fd 7 of 2, fd 7 of 3 and 2 more, or end them"
        );
    }

    #[test]
    fn a_mount_is_released_where_it_is() {
        let told = |path: &str, own| {
            let it = Mount {
                path: path.into(),
                mount_namespace: 1,
                own,
                process: sleep(812),
            };
            mount(&it, Path::new("/run/netns"))
        };
        assert_eq!(told("/run/netns/red", true), "homeward netns delete red");
        assert_eq!(told("/mnt/a b", true), "umount '/mnt/a b'");
        assert_eq!(
            told("/run/netns/red", false),
            "nsenter -t 812 -m umount /run/netns/red"
        );
    }

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted("$(reboot)"), "'$(reboot)'");
        assert_eq!(quoted(""), "''");
    }
}
