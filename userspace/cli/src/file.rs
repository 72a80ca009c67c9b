// SPDX-License-Identifier: GPL-2.0-only

//! Files: rules as people write them, what is to outlive the module, how files are read and written, and the
//! lock that keeps two of us from changing the same.

pub(crate) mod policy;
mod replace;
pub(crate) mod state;

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use clap::builder::{PathBufValueParser, TypedValueParser};
use nix::fcntl::{Flock, FlockArg};

use crate::error::{reason, Failure, Result};
use crate::exit::Status;
use crate::messages::Messages;

pub(crate) use policy::Mistake;
use replace::replace;

/// Where files live that do not outlive a reboot.
const RUN_DIR: &str = "/run/homeward";

/// Names of standard output.
const STANDARD: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

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
    messages.warning("waiting for another homeward that is changing the same");
    Flock::lock(busy, FlockArg::LockExclusive).map_err(|(_, errno)| errno.into())
}

#[cfg(test)]
mod tests;
