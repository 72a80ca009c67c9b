// SPDX-License-Identifier: GPL-2.0-only

//! Files: rules as people write them, what is to outlive the module, how files are read and written, and the
//! lock that keeps two of us from changing the same.

pub(crate) mod baseline;
pub(crate) mod policy;
pub(crate) mod state;

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{
    fchown, DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt,
};
use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};
use nix::unistd::geteuid;
use rustix::buffer::spare_capacity;
use rustix::fs::{fgetxattr, flistxattr, fsetxattr, statfs, XattrFlags, PROC_SUPER_MAGIC};

use crate::error::{reason, Failure, Result};
use crate::exit::Status;
use crate::messages::Messages;

pub(crate) use policy::Mistake;

/// Where files live that do not outlive a reboot.
const RUN_DIR: &str = "/run/homeward";

/// Where files live that do.
const STATE_DIR: &str = "/var/lib/homeward";

/// Names of standard output.
const STANDARD: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// More than this no file of ours has.
const LARGEST: u64 = 64 << 20;

/// The most that the kernel gives of attributes (XATTR_SIZE_MAX, XATTR_LIST_MAX).
const XATTR_SIZE: usize = 64 << 10;

/// A lock that ends with its value.
pub(crate) type Lock = Flock<File>;

/// Where something is read from, or written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Standard input or output.
    Standard,
    /// A file.
    File(PathBuf),
}

/// Reads where something is to be read from: `-` is standard input.
pub(crate) fn input() -> impl TypedValueParser<Value = Place> {
    PathBufValueParser::new().map(|path| match path.as_os_str() == "-" {
        true => Place::Standard,
        false => Place::File(path),
    })
}

/// Reads where something is to be written to: `-` is standard output, as are its names in the file system,
/// as a file that standard output goes on with is not to be replaced by another.
pub(crate) fn output() -> impl TypedValueParser<Value = Place> {
    input().map(|place| match &place {
        Place::File(path) if STANDARD.iter().any(|name| path == Path::new(name)) => Place::Standard,
        _ => place,
    })
}

impl Place {
    /// What to call it.
    pub(crate) fn label(&self) -> String {
        match self {
            Place::Standard => "-".to_owned(),
            Place::File(path) => path.display().to_string(),
        }
    }

    /// All that is there.
    pub(crate) fn read(&self) -> Result<String> {
        let mut text = String::new();
        let read = match self {
            Place::Standard => io::stdin()
                .lock()
                .take(LARGEST + 1)
                .read_to_string(&mut text),
            Place::File(path) => {
                File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
            }
        };
        match read {
            Ok(size) if size as u64 <= LARGEST => Ok(text),
            Ok(_) => Err(self.failure("cannot read", &io::ErrorKind::FileTooLarge.into())),
            Err(error) => Err(self.failure("cannot read", &error)),
        }
    }

    /// All that is there; None if nothing is, not even a link that leads nowhere.
    pub(crate) fn read_if_there(&self) -> Result<Option<String>> {
        let is_absent = |path: &Path| {
            fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        };
        match (self.read(), self) {
            (Err(_), Place::File(path)) if is_absent(path) => Ok(None),
            (read, _) => read.map(Some),
        }
    }

    /// What is there, if it is a file that exists.
    pub(crate) fn present(&self) -> Result<Option<String>> {
        match self {
            Place::File(path) if path.is_file() => self.read().map(Some),
            _ => Ok(None),
        }
    }

    /// Puts `text` there: into a file all of it or nothing, also when the machine stops meanwhile.
    /// A file that is there keeps its mode, a new one gets `mode`.
    pub(crate) fn write(&self, text: &str, mode: u32) -> Result<()> {
        let Place::File(path) = self else {
            return crate::render::print(text).map(|_| ());
        };
        replace(path, text, mode).map_err(|error| self.failure("cannot write", &error))
    }

    fn failure(&self, what: &str, error: &io::Error) -> Failure {
        let status = match error.kind() {
            io::ErrorKind::NotFound => Status::NotFound,
            io::ErrorKind::PermissionDenied => Status::Denied,
            _ => Status::Failed,
        };
        let why = reason(error);
        Failure::new(status, format!("{what} '{}': {why}", self.label()))
    }
}

/// Our own directories are made where they are wanted, others are not.
fn make_directory(directory: &Path) -> io::Result<()> {
    let own = [RUN_DIR, STATE_DIR]
        .iter()
        .any(|own| directory == Path::new(own));
    if !own || directory.exists() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(directory)
}

/// Waits until nobody else who locks `name` changes anything; the lock ends with what is returned.
/// Where there can be no lock, that is told, and None is returned.
pub(crate) fn lock(name: &str, messages: Messages) -> Option<Lock> {
    let path = Path::new(RUN_DIR).join(name);
    match acquire(&path, messages) {
        Ok(lock) => Some(lock),
        Err(error) => {
            let (path, why) = (path.display(), reason(&error));
            messages.warning(&format!(
                "cannot lock '{path}': {why}: continuing, so make sure that nobody else makes changes now"
            ));
            None
        }
    }
}

/// The same, but only if somebody has used the lock before; where there can be none, that is no news.
pub(crate) fn lock_if_there(name: &str, messages: Messages) -> Option<Lock> {
    let file = OpenOptions::new()
        .write(true)
        .open(Path::new(RUN_DIR).join(name));
    wait(file.ok()?, messages).ok()
}

fn acquire(path: &Path, messages: Messages) -> io::Result<Lock> {
    make_directory(Path::new(RUN_DIR))?;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    wait(file, messages)
}

fn wait(file: File, messages: Messages) -> io::Result<Lock> {
    let busy = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => return Ok(lock),
        Err((file, _)) => file,
    };
    messages.warning("waiting for another homeward to finish its change");
    Flock::lock(busy, FlockArg::LockExclusive).map_err(|(_, errno)| errno.into())
}

/// Puts `text` into a file: all of it or nothing, where that is possible.
fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
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
            "'{}' belongs to user {} and is in a directory that others can write to: remove it, or choose another file",
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

#[cfg(test)]
mod tests;
