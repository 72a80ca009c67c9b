// SPDX-License-Identifier: GPL-2.0-only

//! A file in the place of another, which is like that in all but its text.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{fchown, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::geteuid;
use rustix::buffer::spare_capacity;
use rustix::fs::{fsetxattr, getxattr, listxattr, XattrFlags};

use super::make_directory;

/// The most that the kernel gives of attributes (XATTR_SIZE_MAX, XATTR_LIST_MAX).
const XATTR_SIZE: usize = 64 << 10;

/// Puts `text` into a file: all of it or nothing, where that is possible.
pub(super) fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let there = fs::metadata(path).ok();
    let target = target(path)?;
    let Some(there) = there else {
        return put(&target, text, |file| {
            file.set_permissions(Permissions::from_mode(mode))
        });
    };
    // A device or a pipe cannot be replaced without harm, nor can one of several names of a file, nor what
    // is not where its links lead to, as an open file in /proc.
    let found = fs::metadata(&target)
        .is_ok_and(|file| (file.dev(), file.ino()) == (there.dev(), there.ino()));
    if !there.is_file() || there.nlink() > 1 || !found {
        return write_into(path, text);
    }
    match put(&target, text, |file| resemble(file, &target, &there)) {
        Err(error) if is_bound_to_its_place(&error) => write_into(path, text),
        other => other,
    }
}

/// Where links lead to, also if nothing is there yet.
fn target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..40 {
        let Ok(link) = fs::read_link(&path) else {
            return Ok(path);
        };
        let directory = directory_of(&path);
        // As fs.protected_symlinks has it: root shall not follow what others lay out in /tmp.
        let (own, whose) = (geteuid().as_raw(), fs::symlink_metadata(&path)?.uid());
        let around = fs::metadata(directory)?;
        if around.mode() & 0o1002 == 0o1002 && whose != own && whose != around.uid() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        path = directory.join(link);
    }
    Err(Errno::ELOOP.into())
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a file beside `path` and puts it there as a whole.
fn put(path: &Path, text: &str, finish: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let directory = directory_of(path);
    make_directory(directory)?;
    let mut own = OpenOptions::new();
    own.write(true).create_new(true).mode(0o600);
    let mut file = tempfile::Builder::new()
        .prefix(".homeward-")
        .make_in(directory, |path| own.open(path))?;
    file.write_all(text.as_bytes())?;
    finish(file.as_file())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

/// Gives a file the owner, the mode and the attributes (as ACLs and labels are) of the one in whose place
/// it comes.
fn resemble(file: &File, path: &Path, there: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (there.uid(), there.gid()) {
        fchown(file, Some(there.uid()), Some(there.gid()))?;
    }
    file.set_permissions(Permissions::from_mode(there.mode() & 0o7777))?;
    let mut names = Vec::with_capacity(XATTR_SIZE);
    // Where there are none, or none may be seen, there is nothing to keep.
    let _ = listxattr(path, spare_capacity(&mut names));
    for name in names
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
    {
        let mut value = Vec::with_capacity(XATTR_SIZE);
        if getxattr(path, name, spare_capacity(&mut value)).is_ok() {
            let _ = fsetxattr(file, name, &value, XattrFlags::empty());
        }
    }
    Ok(())
}

/// Whether a file can only be written into: somebody else's, a mount, or in a directory that is not ours.
fn is_bound_to_its_place(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(
        errno,
        Some(Errno::EACCES | Errno::EPERM | Errno::EBUSY | Errno::EROFS | Errno::EXDEV)
    )
}

fn write_into(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(text.as_bytes())?;
    if file.metadata()?.is_file() {
        file.set_len(text.len() as u64)?;
        file.sync_all()?;
    }
    Ok(())
}
