// SPDX-License-Identifier: GPL-2.0-only

//! A file in the place of another, which is like that in all but its text.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{fchown, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::geteuid;
use rustix::buffer::spare_capacity;
use rustix::fs::{fgetxattr, flistxattr, fsetxattr, statfs, XattrFlags, PROC_SUPER_MAGIC};

use super::make_directory;

/// The most that the kernel gives of attributes (XATTR_SIZE_MAX, XATTR_LIST_MAX).
const XATTR_SIZE: usize = 64 << 10;

/// Puts `text` into a file: all of it or nothing, where that is possible.
pub(super) fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let Some(target) = target(path)? else {
        return write_into(OpenOptions::new().write(true).open(path)?, text);
    };
    let there = match fs::symlink_metadata(&target) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return put(&target, text, |file| {
                file.set_permissions(Permissions::from_mode(mode))
            });
        }
        Err(error) => return Err(error),
    };
    let kind = there.file_type();
    // As fs.protected_regular and fs.protected_fifos have it.
    if kind.is_file() || kind.is_fifo() {
        refuse_of_others(&target, &there, 0o022)?;
    }
    let over = || {
        write_into(
            open_same(&target, &there, OpenOptions::new().write(true))?,
            text,
        )
    };
    // A device or a pipe cannot be replaced without harm, nor can one of several names of a file.
    if !kind.is_file() || there.nlink() > 1 {
        return over();
    }
    let old = open_same(&target, &there, OpenOptions::new().read(true));
    match old.and_then(|old| put(&target, text, |file| resemble(file, &old))) {
        Err(error) if is_bound_to_its_place(&error) => over(),
        other => other,
    }
}

/// Where links lead to, also if nothing is there yet. None for a link of /proc, which leads to an open
/// file and not to its name.
fn target(path: &Path) -> io::Result<Option<PathBuf>> {
    let mut path = path.to_owned();
    for _ in 0..40 {
        let Ok(link) = fs::read_link(&path) else {
            return Ok(Some(path));
        };
        let directory = directory_of(&path);
        // As fs.protected_symlinks has it: root shall not follow what others lay out in /tmp.
        refuse_of_others(&path, &fs::symlink_metadata(&path)?, 0o002)?;
        if statfs(directory)?.f_type == PROC_SUPER_MAGIC {
            return Ok(None);
        }
        path = directory.join(link);
    }
    Err(Errno::ELOOP.into())
}

/// Refuses what somebody else put into a sticky directory that those in `writable` may write to.
fn refuse_of_others(path: &Path, file: &Metadata, writable: u32) -> io::Result<()> {
    let around = fs::metadata(directory_of(path))?;
    let shared = around.mode() & 0o1000 != 0 && around.mode() & writable != 0;
    if !shared || [geteuid().as_raw(), around.uid()].contains(&file.uid()) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!(
            "'{}' is of user {}, in a directory where others may put files: remove it, or say another file",
            path.display(),
            file.uid()
        ),
    ))
}

/// Opens what was looked at, and nothing that came in its place.
fn open_same(path: &Path, there: &Metadata, how: &mut OpenOptions) -> io::Result<File> {
    let file = how.custom_flags(OFlag::O_NOFOLLOW.bits()).open(path)?;
    let now = file.metadata()?;
    match (now.dev(), now.ino()) == (there.dev(), there.ino()) {
        true => Ok(file),
        false => Err(Errno::ESTALE.into()),
    }
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
fn resemble(file: &File, old: &File) -> io::Result<()> {
    let (own, there) = (file.metadata()?, old.metadata()?);
    if (own.uid(), own.gid()) != (there.uid(), there.gid()) {
        fchown(file, Some(there.uid()), Some(there.gid()))?;
    }
    file.set_permissions(Permissions::from_mode(there.mode() & 0o7777))?;
    let mut names = Vec::with_capacity(XATTR_SIZE);
    // Where there are none, or none may be seen, there is nothing to keep.
    let _ = flistxattr(old, spare_capacity(&mut names));
    for name in names
        .split(|byte| *byte == 0)
        // What is written into loses its capabilities, so this does.
        .filter(|name| !name.is_empty() && *name != b"security.capability")
    {
        let mut value = Vec::with_capacity(XATTR_SIZE);
        if fgetxattr(old, name, spare_capacity(&mut value)).is_ok() {
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

fn write_into(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    if file.metadata()?.is_file() {
        file.set_len(text.len() as u64)?;
        file.sync_all()?;
    }
    Ok(())
}
