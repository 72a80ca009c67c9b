// SPDX-License-Identifier: GPL-2.0-only

//! An open network namespace, which the module is not needed for.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;

use homeward_netns::{cookie, inum, open_self, own_cookie, Link, Links};
use nix::errno::Errno;

use super::Context;
use crate::book::Place;
use crate::book::{Names, INITIAL};
use crate::error::{Failure, Result};
use crate::names::nearest;
use crate::resolve;
use crate::selector::{DeviceName, Selector};

/// An open network namespace.
#[derive(Debug)]
pub(super) struct Opened {
    /// As it was typed.
    pub(super) label: String,
    /// Its file, which keeps it alive.
    pub(super) file: OwnedFd,
    /// Its inode number in nsfs; its own as long as the file is open.
    pub(super) inum: u64,
    /// What to call it.
    pub(super) place: Place,
}

impl Opened {
    /// Opens the namespace of a selector.
    pub(super) fn new(context: &Context, selector: &Selector) -> Result<Self> {
        let failed = |error| Failure::netns(&format!("cannot use namespace {selector}"), &error);
        let file = resolve::open(selector, &context.directory)?;
        let number = inum(&file).map_err(failed)?;
        let own = open_self().and_then(inum).map_err(failed)?;
        let cookie = match own == number {
            true => own_cookie(),
            false => cookie(&file),
        };
        // The name that was typed is the one to go on with.
        let name = match selector {
            Selector::Name(name) => Some(name.to_string()),
            _ => Names::read(&context.directory)
                .of(number)
                .into_iter()
                .next(),
        };
        Ok(Opened {
            label: selector.to_string(),
            file,
            inum: number,
            place: Place {
                cookie: cookie.map_err(failed)?,
                name,
                initial: number == INITIAL,
            },
        })
    }

    /// Its devices.
    pub(super) fn links(&self) -> Result<Links> {
        Links::of(&self.file, &self.label).map_err(|error| {
            let what = format!("cannot reach the devices of namespace {}", self.label);
            Failure::netns(&what, &error)
        })
    }

    /// The device with this name or index.
    pub(super) fn find(&self, links: &mut Links, device: &DeviceName) -> Result<Link> {
        let found = match device {
            DeviceName::Name(name) => links.by_name(name),
            DeviceName::Ifindex(index) => links.by_index(*index),
        };
        match found {
            Ok(Some(link)) => Ok(link),
            Ok(None) => Err(self.absent(links, device)),
            Err(error) if error.errno() == Some(Errno::ERANGE) => Err(self.absent(links, device)),
            Err(error) => {
                let what = format!("cannot look up device {device}@{}", self.label);
                Err(Failure::link(&what, &error))
            }
        }
    }

    fn absent(&self, links: &mut Links, device: &DeviceName) -> Failure {
        let label = &self.label;
        let hint = match links.list() {
            Ok(all) => hint(device, &all.links),
            Err(error) => format!("its devices cannot be listed: {error}"),
        };
        Failure::not_found(format!("namespace {label} has no device '{device}'")).advise(hint)
    }

    /// Refuses a name that a device there has already, also as an alternative one.
    pub(super) fn refuse_taken(&self, links: &mut Links, what: &str, name: &str) -> Result<()> {
        match links.by_name(name) {
            Ok(None) => Ok(()),
            Ok(Some(link)) => {
                let also = match link.name == name {
                    true => String::new(),
                    false => format!(", as an alternative name of '{}'", link.name),
                };
                Err(Failure::failed(format!(
                    "{what}: namespace {} has a device '{name}' already{also}",
                    self.label
                )))
            }
            Err(error) => Err(Failure::link(what, &error)),
        }
    }
}

/// What may have been meant instead.
fn hint(device: &DeviceName, all: &[Link]) -> String {
    let names = all.iter().map(|link| OsStr::new(&link.name));
    match nearest(OsStr::new(&device.to_string()), names) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("it has {}", listed(all)),
    }
}

/// A few names of devices.
fn listed(links: &[Link]) -> String {
    const SHOWN: usize = 8;
    let names: Vec<&str> = links
        .iter()
        .take(SHOWN)
        .map(|link| link.name.as_str())
        .collect();
    match links.len().saturating_sub(SHOWN) {
        0 if names.is_empty() => "none".to_owned(),
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
