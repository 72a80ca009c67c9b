// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names that come and go.

use std::ffi::OsString;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use crate::directory::Directory;
use crate::error::{Error, Result};

/// What happened to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added(OsString),
    /// It is gone.
    Deleted(OsString),
}

/// Watches a directory of names.
#[derive(Debug)]
pub struct Watch {
    inotify: Inotify,
}

impl Directory {
    /// Watches names from now on; makes the directory if it is not there.
    pub fn watch(&self) -> Result<Watch> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC).map_err(|errno| Error::System {
            what: "inotify_init",
            errno,
        })?;
        self.make()?;
        inotify
            .add_watch(
                self.path(),
                AddWatchFlags::IN_CREATE | AddWatchFlags::IN_DELETE,
            )
            .map_err(|errno| Error::System {
                what: "inotify_add_watch",
                errno,
            })?;
        Ok(Watch { inotify })
    }
}

impl Watch {
    /// Waits for the next changes.
    pub fn next(&self) -> Result<Vec<Change>> {
        let events = loop {
            match self.inotify.read_events() {
                Err(Errno::EINTR) => {}
                other => break other,
            }
        };
        let what = "read";
        let events = events.map_err(|errno| Error::System { what, errno })?;
        let change = |event: nix::sys::inotify::InotifyEvent| {
            let name = event.name?;
            if event.mask.contains(AddWatchFlags::IN_CREATE) {
                Some(Change::Added(name))
            } else if event.mask.contains(AddWatchFlags::IN_DELETE) {
                Some(Change::Deleted(name))
            } else {
                None
            }
        };
        Ok(events.into_iter().filter_map(change).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_come_and_go_are_told_in_order() {
        let path = std::env::temp_dir().join(format!("homeward-watch-{}", std::process::id()));
        let watch = Directory::at(&path).watch().unwrap();
        std::fs::write(path.join("red"), "").unwrap();
        std::fs::remove_file(path.join("red")).unwrap();
        let mut seen = Vec::new();
        while seen.len() < 2 {
            seen.extend(watch.next().unwrap());
        }
        std::fs::remove_dir(&path).unwrap();
        let expected = [Change::Added("red".into()), Change::Deleted("red".into())];
        assert_eq!(seen, expected);
    }
}
