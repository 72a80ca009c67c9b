// SPDX-License-Identifier: MIT OR Apache-2.0

//! Files of /etc that are others for one namespace.

use std::fs;
use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::mount::{mount, MsFlags};
use rustix::fs::CWD;
use rustix::mount::{move_mount, open_tree, MoveMountFlags, OpenTreeFlags};

use crate::enter::Warning;
use crate::error::errno_of;

/// Where `ip netns` looks for a directory with the name of the namespace.
pub const ETC_DIR: &str = "/etc/netns";

const NONE: Option<&str> = None;
const ETC: &str = "/etc";

/// Binds the files of a directory over those of /etc. A directory that is not there has none.
pub(crate) fn bind_all(directory: &Path, warnings: &mut Vec<Warning>) {
    let mut unread = |error: &io::Error| {
        let (path, errno) = (directory.to_owned(), errno_of(error));
        if ![Errno::ENOENT, Errno::ENOTDIR].contains(&errno) {
            warnings.push(Warning::Read { path, errno });
        }
    };
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => return unread(&error),
    };
    let mut found = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => found.push(entry),
            Err(error) => unread(&error),
        }
    }
    for entry in found {
        let (from, to) = (entry.path(), Path::new(ETC).join(entry.file_name()));
        if let Err(errno) = bind(&from, &to) {
            warnings.push(Warning::Bind { from, to, errno });
        }
    }
}

fn bind(from: &Path, to: &Path) -> Result<(), Errno> {
    let over_target = mount(Some(from), to, NONE, MsFlags::MS_BIND, NONE);
    if fs::symlink_metadata(to).is_ok_and(|file| file.is_symlink()) {
        // A link to nothing has no target to put it over; and one that somebody replaces, as
        // systemd-resolved does, takes what is mounted on it away. So cover the link itself too.
        return cover(from, to).or(over_target);
    }
    over_target
}

/// Mounts on a link instead of on what it leads to.
fn cover(from: &Path, link: &Path) -> Result<(), Errno> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    open_tree(CWD, from, flags)
        .and_then(|tree| move_mount(tree, "", CWD, link, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH))
        .map_err(|error| Errno::from_raw(error.raw_os_error()))
}
