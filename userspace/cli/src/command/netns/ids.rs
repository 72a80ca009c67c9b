// SPDX-License-Identifier: GPL-2.0-only

//! Names and ids.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use homeward_client::Client;
use homeward_netns::{open_pid, Entry, Name, Nsid, Nsids};
use nix::errno::Errno;

use super::failed;
use crate::command::Context;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::printable::printable;

/// What `ip` ends with when the kernel refuses something about ids.
const REFUSED: Status = Status::Usage;

/// A name, and the id that the own namespace gives to the one behind it.
#[derive(Debug)]
pub(super) struct Named {
    /// The name.
    pub(super) name: OsString,
    /// The id.
    pub(super) id: Option<u32>,
}

/// An id, and the name of the namespace that has it.
#[derive(Debug)]
pub(super) struct NamedId {
    /// The id.
    pub(super) nsid: Nsid,
    /// The name.
    pub(super) name: Option<OsString>,
}

/// Lists names in the order of the directory; None when there is no directory.
pub(super) fn list(context: &Context) -> Result<Option<Vec<Named>>> {
    if !context.directory.path().exists() {
        return Ok(None);
    }
    let entries = context.directory.list().map_err(failed)?;
    if entries.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let mut ids = Ids::open(entries.len())?;
    let named = |entry: Entry| Named {
        id: ids.of(context, &entry),
        name: entry.name.as_os_str().to_owned(),
    };
    Ok(Some(entries.into_iter().map(named).collect()))
}

/// As many names are asked about one by one. For each, the kernel walks all ids.
const FEW: usize = 16;

/// Knows the ids of namespaces.
struct Ids {
    nsids: Nsids,
    /// All that there are, by inode number, when many are to be known.
    all: Option<HashMap<u64, u32>>,
}

impl Ids {
    fn open(count: usize) -> Result<Self> {
        let mut nsids = Nsids::open().map_err(failed)?;
        let all = match count > FEW {
            true => all(&mut nsids),
            false => None,
        };
        Ok(Ids { nsids, all })
    }

    /// The id of the namespace of a name.
    fn of(&mut self, context: &Context, entry: &Entry) -> Option<u32> {
        let known = self.all.as_ref().zip(entry.inum);
        let id = known.and_then(|(all, inum)| all.get(&inum));
        if id.is_some() {
            return id.copied();
        }
        let file = match context.directory.open(&entry.name) {
            Ok(file) => file,
            Err(error) => {
                // One that cannot be opened has no id, and is no reason to say anything; but want of
                // descriptors or memory is.
                let want = [Errno::EMFILE, Errno::ENFILE, Errno::ENOMEM].map(Some);
                if want.contains(&error.errno()) {
                    context.messages.bare(&error.to_string());
                }
                return None;
            }
        };
        if known.is_some() && is_network(&file) {
            return None;
        }
        self.nsids.id(&file).unwrap_or_else(|error| {
            context.messages.bare(&error.to_string());
            None
        })
    }
}

/// All ids by inode number: from the module, which alone can tell; without it, at least that there are
/// none.
fn all(nsids: &mut Nsids) -> Option<HashMap<u64, u32>> {
    match Client::connect().and_then(|mut client| client.nsids()) {
        Ok(told) => Some(told.iter().map(|one| (one.inum.into(), one.id)).collect()),
        Err(_) => nsids.all(None).ok()?.is_empty().then(HashMap::new),
    }
}

/// Whether an open namespace is a network namespace, and no other.
fn is_network(file: &OwnedFd) -> bool {
    let link = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
    link.is_ok_and(|link| link.as_os_str().as_bytes().starts_with(b"net:["))
}

/// Gives an id to the namespace of a name, or of a process where there is no such name (iproute2 7.2).
pub(super) fn set(context: &Context, name: &Name, id: Option<u32>) -> Result<()> {
    let pid = number(name);
    let file = context.directory.open(name);
    let file = file.or_else(|error| match pid {
        Some(pid) => open_pid(pid).map_err(|_| error),
        None => Err(error),
    });
    let file = file.map_err(failed)?;
    let mut nsids = Nsids::open().map_err(failed)?;
    nsids
        .set(&file, id)
        .map_err(|error| Failure::bare(REFUSED, error))
}

/// A name that is the number of a process, written as in /proc.
fn number(name: &Name) -> Option<u32> {
    let text = name.as_os_str().to_str()?;
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// Lists ids: all or one, of the own namespace or of the one with the id `target`. The second value is
/// what went wrong after what is there to print.
pub(super) fn list_id(
    context: &Context,
    target: Option<i32>,
    nsid: Option<i32>,
) -> Result<(Vec<NamedId>, Option<Failure>)> {
    let names = names(context)?;
    let mut nsids = Nsids::open().map_err(failed)?;
    let found = match nsid {
        Some(nsid) => {
            let found = nsids.of_id(nsid, target);
            vec![found.map_err(|error| Failure::bare(REFUSED, error))?]
        }
        None => match nsids.all(target) {
            Ok(found) => found,
            Err(error) => {
                let text = format!("{}\nDump terminated", printable(&error.to_string()));
                return Ok((Vec::new(), Some(Failure::lines(Status::Failed, text))));
            }
        },
    };
    let named = |nsid: Nsid| {
        // The names are known by the ids that the own namespace gives.
        let own = nsid.current.unwrap_or(nsid.id);
        let name = own.and_then(|own| names.get(&own)).cloned();
        NamedId { nsid, name }
    };
    Ok((found.into_iter().map(named).collect(), None))
}

/// The first name of each id.
fn names(context: &Context) -> Result<HashMap<u32, OsString>> {
    let mut names = HashMap::new();
    for Named { name, id } in list(context)?.unwrap_or_default() {
        if let Some(id) = id {
            names.entry(id).or_insert(name);
        }
    }
    Ok(names)
}
