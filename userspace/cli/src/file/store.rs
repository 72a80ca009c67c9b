// SPDX-License-Identifier: GPL-2.0-only

//! Reading and writing files, and the lock that keeps two of us from changing the same.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::messages::Messages;

/// Where files live that do not outlive a reboot.
const RUN_DIR: &str = "/run/homeward";

/// More than this no file of ours has.
const LARGEST: u64 = 64 << 20;

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

fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    // A link stays one, and what it leads to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mode = match fs::metadata(&path) {
        // A device or a pipe cannot be replaced without harm.
        Ok(there) if !there.is_file() => {
            return OpenOptions::new()
                .write(true)
                .open(&path)?
                .write_all(text.as_bytes());
        }
        Ok(there) => there.permissions().mode() & 0o7777,
        Err(_) => mode,
    };
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    make_directory(directory)?;
    let mut own = OpenOptions::new();
    own.write(true).create_new(true).mode(0o600);
    let mut file = tempfile::Builder::new()
        .prefix(".homeward-")
        .make_in(directory, |path| own.open(path))?;
    file.write_all(text.as_bytes())?;
    file.as_file()
        .set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    File::open(directory)?.sync_all()
}

/// Our own directory is made where it is wanted, others are not.
fn make_directory(directory: &Path) -> io::Result<()> {
    if directory != Path::new(RUN_DIR) || directory.exists() {
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
                "cannot lock '{path}': {why}: going on, so make sure that nobody else changes the same"
            ));
            None
        }
    }
}

fn acquire(path: &Path, messages: Messages) -> io::Result<Lock> {
    make_directory(Path::new(RUN_DIR))?;
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    let busy = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => return Ok(lock),
        Err((file, _)) => file,
    };
    messages.warning("waiting for another homeward that is changing the same");
    Flock::lock(busy, FlockArg::LockExclusive).map_err(|(_, errno)| errno.into())
}

fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => nix::errno::Errno::from_raw(number).desc().to_owned(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_keeps_its_mode() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let place = Place::File(path.clone());
        assert_eq!(place.present(), Ok(None));
        place.write("one", 0o600).unwrap();
        assert_eq!(
            (place.read().unwrap().as_str(), mode(&path)),
            ("one", 0o600)
        );
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let old = File::open(&path).unwrap();
        place.write("two", 0o600).unwrap();
        assert_eq!(
            (place.read().unwrap().as_str(), mode(&path)),
            ("two", 0o640)
        );
        // Who has it open still reads the old one: it was not written over.
        assert_eq!(io::read_to_string(old).unwrap(), "one");
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[test]
    fn a_link_stays_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, "one").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        Place::File(link.clone()).write("two", 0o600).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        Place::File("/dev/null".into()).write("x", 0o600).unwrap();
        assert!(!Path::new("/dev/null").is_file());
    }

    #[test]
    fn failures_name_the_file_and_the_reason() {
        let failure = Place::File("/nonexistent/x".into()).write("x", 0o600);
        let expected = "cannot write '/nonexistent/x': No such file or directory";
        assert_eq!(failure.unwrap_err().text, expected);
        let failure = Place::File("/".into()).read().unwrap_err();
        assert_eq!(failure.text, "cannot read '/': Is a directory");
    }
}
