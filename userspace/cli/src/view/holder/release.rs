// SPDX-License-Identifier: GPL-2.0-only

//! What would release a holder: words, or a command for a shell.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use homeward_holders::{Descriptor, Mount, OpenFile, Process, Thread};

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
    let OpenFile { fd, .. } = file;
    format!(
        "close fd {fd} of {}, or end it",
        task(&file.process, file.thread.as_ref())
    )
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
    format!("close {}{more}, or end {end}", named.join(", "))
}

/// Whose table of descriptors it is.
fn task(process: &Process, thread: Option<&Thread>) -> String {
    match thread {
        Some(thread) => format!("thread {} of {}", thread.tid, process.pid),
        None => process.pid.to_string(),
    }
}

/// Of a bind mount by itself; of one that is covered, together with all of the group on the same file.
pub(super) fn mount(mount: &Mount, group: &[&Mount]) -> String {
    let pid = mount.process.pid;
    let (enter, task) = match &mount.thread {
        _ if mount.own => (String::new(), None),
        None => (
            format!("nsenter -t {pid} -m "),
            Some(format!("/proc/{pid}")),
        ),
        Some(thread) => {
            let task = format!("/proc/{pid}/task/{}", thread.tid);
            (format!("nsenter --mount={task}/ns/mnt "), Some(task))
        }
    };
    if !mount.covers.is_empty() {
        return enter + &uncover(mount, group);
    }
    match task.and_then(|task| without_umount(Path::new(&task), &mount.path)) {
        Some(path) => remove(&path),
        None => with(&mount.path, |path| format!("{enter}umount {path}")),
    }
}

/// A path from here to a mount of a task, if there is no umount(8) to be run there.
fn without_umount(task: &Path, mount: &Path) -> Option<PathBuf> {
    let root = task.join("root");
    let whole = fs::read_link(&root).is_ok_and(|link| link == Path::new("/"));
    let places = ["bin", "sbin", "usr/bin", "usr/sbin"];
    // A link may lead to a place that is there only.
    let has = |place: &&str| root.join(place).join("umount").symlink_metadata().is_ok();
    let none = whole && !places.iter().any(has);
    Some(root.join(mount.strip_prefix("/").ok()?)).filter(|_| none)
}

/// Of a bind mount that has a name, and of all that are on the same file.
pub(super) fn delete(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    with(name, |name| format!("homeward netns delete {name}"))
}

/// Of all bind mounts on a file that none is on in the caller's mount namespace. It is empty, or else it
/// is somebody's.
pub(super) fn remove(path: &Path) -> String {
    with(path, |path| format!("[ ! -s {path} ] && rm {path}"))
}

/// Of a bind mount that is covered in its mount namespace, and of all that are on the same file: a copy
/// of that mount namespace has all out of the way that is on the file, so that it can be removed.
fn uncover(mount: &Mount, group: &[&Mount]) -> String {
    let here = |one: &&&Mount| one.mount_namespace == mount.mount_namespace;
    let (open, covered): (Vec<&&Mount>, Vec<&&Mount>) = group
        .iter()
        .filter(here)
        .partition(|one| one.covers.is_empty());
    let mut steps = Vec::new();
    for one in open.into_iter().chain(covered) {
        for path in one.covers.iter().chain([&one.path]) {
            steps.push(with(path, |path| format!("umount -l {path}")));
        }
    }
    steps.push(remove(&mount.path));
    format!("unshare -m sh -c {}", quoted(&steps.join(" && ")))
}

/// A command with a word as a shell takes it, of printable letters only.
pub(crate) fn with(
    word: &(impl AsRef<OsStr> + ?Sized),
    command: impl FnOnce(&str) -> String,
) -> String {
    let bytes = word.as_ref().as_bytes();
    match bytes.ends_with(b"\n") {
        // A shell cuts off what a substitution ends with.
        true => format!(
            "x=$(printf '{}.') && {}",
            octal(bytes),
            command("\"${x%.}\"")
        ),
        false => command(&quoted(word)),
    }
}

/// A word that ends with no newline.
fn quoted(word: &(impl AsRef<OsStr> + ?Sized)) -> String {
    let bytes = word.as_ref().as_bytes();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:@%,=".contains(letter);
    let shown = |letter: char| letter.is_alphanumeric() || (' '..='~').contains(&letter);
    match std::str::from_utf8(bytes) {
        Ok(word) if !word.is_empty() && word.chars().all(plain) => word.to_owned(),
        Ok(word) if word.chars().all(shown) => format!("'{}'", word.replace('\'', "'\\''")),
        _ => format!("\"$(printf '{}')\"", octal(bytes)),
    }
}

fn octal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let plain = byte.is_ascii_alphanumeric() || b"/._".contains(byte);
        let _ = match plain {
            true => write!(text, "{}", char::from(*byte)),
            false => write!(text, "\\{byte:03o}"),
        };
        text
    })
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
                thread: None,
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
    fn a_shell_takes_every_word_for_what_it_is() {
        let words = [
            &b"end\n"[..],
            b"\n",
            b"a\n\n\n",
            b"-n\n",
            b"-",
            b"it's\n",
            b"a b",
            b"\xff\n",
            b"\\\n",
            b"%s\n.",
            b"$(x)\n",
            b"",
            b"12\n3",
        ];
        for word in words {
            let line = with(OsStr::from_bytes(word), |word| {
                format!("printf '%s' {word}")
            });
            assert!(!line.contains('\n'), "{line}");
            let said = std::process::Command::new("sh")
                .args(["-c", &line])
                .output();
            assert_eq!(said.unwrap().stdout, word, "{line}");
        }
    }

    #[test]
    fn where_there_is_no_umount_the_file_is_removed_from_here() {
        let own = PathBuf::from("/proc/self");
        let has = ["/bin/umount", "/sbin/umount", "/usr/bin/umount"];
        let here = has.iter().any(|path| Path::new(path).exists());
        let path = without_umount(&own, Path::new("/n"));
        assert_eq!(path.is_some(), !here);
    }

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted("$(reboot)"), "'$(reboot)'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("\u{e4} b"), "'\u{e4} b'");
        assert_eq!(
            quoted("/a\nb %'"),
            "\"$(printf '/a\\012b\\040\\045\\047')\""
        );
        assert_eq!(quoted("\u{202e}"), "\"$(printf '\\342\\200\\256')\"");
        assert_eq!(quoted(OsStr::from_bytes(b"\xff")), "\"$(printf '\\377')\"");
    }
}
