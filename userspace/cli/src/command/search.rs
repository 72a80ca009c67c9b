// SPDX-License-Identifier: GPL-2.0-only

//! What `holders` and `sockets` share: the module, if it is there, a namespace that is held open, names of
//! namespaces and users, and what could not be seen.

use std::collections::HashMap;
use std::os::fd::OwnedFd;

use homeward_client::model::{Namespace, State};
use homeward_client::{By, Client};
use homeward_holders::{Blind, Descriptor, Identity, Process};
use homeward_netns::Directory;
use nix::errno::Errno;
use serde::Serialize;

use super::Context;
use crate::book::{label, Names, Users, INITIAL};
use crate::error::{to_ask_all, to_see_all, why_silent, Failure, Result};
use crate::render::text::or_absent;
use crate::resolve;
use crate::selector::Selector;

/// The module, or why it does not tell.
pub(super) type Module = std::result::Result<Client, String>;

/// Connects to the module, if that is there and tells this user.
pub(super) fn module(what: &str) -> Result<Module> {
    let own = By::Pid(std::process::id());
    let connected = Client::connect().and_then(|mut client| client.namespace(own).map(|_| client));
    connected.map_or_else(
        |error| match why_silent(&error) {
            Some(reason) => Ok(Err(reason)),
            None => Err(Failure::client(what, &error)),
        },
        |client| Ok(Ok(client)),
    )
}

/// A namespace that is held open, so that its inode number stays its own.
pub(super) struct Target {
    /// The open file; None for one that is dead, which nothing holds.
    pub(super) file: Option<OwnedFd>,
    /// What the module tells of it.
    pub(super) told: Option<Namespace>,
}

impl Target {
    /// Opens a namespace, also one that has neither name nor process if the module is there.
    pub(super) fn new(
        context: &Context,
        module: &mut Module,
        selector: &Selector,
        what: &str,
    ) -> Result<Self> {
        let Ok(client) = module else {
            let file = Some(resolve::open(selector, &context.directory)?);
            return Ok(Target { file, told: None });
        };
        let told = resolve::namespace(client, selector, &context.directory)?;
        let file = match client.open(told.cookie) {
            Ok(file) => Some(file),
            Err(error) => match error.errno() {
                // It has died, or does so now.
                Some(Errno::EBUSY | Errno::ENOENT) => None,
                // CAP_NET_ADMIN without CAP_SYS_ADMIN.
                Some(Errno::EPERM) => Some(resolve::open(selector, &context.directory)?),
                _ => return Err(Failure::client(what, &error)),
            },
        };
        let told = Some(told);
        Ok(Target { file, told })
    }

    /// What is known of it.
    pub(super) fn identity(&self, what: &str) -> Result<Identity> {
        let of_file = self.file.as_ref().map(Identity::of).transpose();
        let identity = of_file.map_err(|error| Failure::holders(what, &error))?;
        let told = self.told.as_ref().map(|told| told.cookie);
        let identity = identity.unwrap_or_default();
        Ok(Identity {
            cookie: told.or(identity.cookie),
            ..identity
        })
    }
}

/// A process, with the name of its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Who {
    /// The process.
    #[serde(flatten)]
    pub(super) process: Process,
    /// The name of its user.
    pub(super) user: Option<String>,
}

impl Who {
    /// A process.
    pub(super) fn new(process: &Process, users: &mut Users) -> Self {
        Who {
            process: process.clone(),
            user: process.uid.and_then(|uid| users.name(uid)),
        }
    }

    /// The name of its user, or else the number.
    pub(super) fn user(&self) -> String {
        let number = || self.process.uid.map(|uid| uid.to_string());
        or_absent(self.user.clone().or_else(number))
    }
}

/// Who has something by a descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Has {
    /// The process.
    pub(super) process: Who,
    /// Which thread has it, if the process itself has not.
    pub(super) tid: Option<u32>,
    /// The descriptor.
    pub(super) fd: i32,
}

impl Has {
    /// A descriptor.
    pub(super) fn new(one: &Descriptor, users: &mut Users) -> Self {
        Has {
            process: Who::new(&one.process, users),
            tid: one.thread.as_ref().map(|thread| thread.tid),
            fd: one.fd,
        }
    }
}

/// A network namespace, by whatever is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Whereabouts {
    /// Its key.
    pub(super) cookie: Option<u64>,
    /// Its inode number in nsfs.
    pub(super) inum: Option<u64>,
    /// Its first name in /run/netns.
    pub(super) name: Option<String>,
    /// Whether it is the initial one.
    pub(super) initial: bool,
}

impl Whereabouts {
    /// A selector for it.
    pub(super) fn label(&self) -> String {
        let names = self.name.as_slice();
        label(self.initial, names, self.cookie, self.inum)
    }
}

/// Live namespaces, by both of their numbers.
#[derive(Debug, Default)]
pub(super) struct Atlas {
    names: Names,
    inums: HashMap<u64, u64>,
    cookies: HashMap<u64, u64>,
    initial: Option<u64>,
}

impl Atlas {
    /// An atlas of what the module knows, or without it of the namespaces that have a name.
    pub(super) fn new(context: &Context, client: Option<&mut Client>) -> Self {
        let mut atlas = Atlas {
            names: Names::read(&context.directory),
            ..Atlas::default()
        };
        context.warn_if_unread(atlas.names.unread());
        match client.and_then(|client| client.namespaces_now().ok()) {
            Some(told) => atlas.add_told(&told.items),
            None => atlas.add_named(&context.directory),
        }
        atlas
    }

    fn add_told(&mut self, namespaces: &[Namespace]) {
        // A number of a dead one may be that of a live one.
        for namespace in namespaces.iter().filter(|one| one.state == State::Live) {
            if namespace.initial {
                self.initial = Some(namespace.cookie);
            }
            self.add(Identity {
                cookie: Some(namespace.cookie),
                inum: namespace.inum.map(u64::from),
            });
        }
    }

    fn add_named(&mut self, directory: &Directory) {
        for entry in directory.list().unwrap_or_default() {
            let file = directory.open(&entry.name);
            let identity = file.ok().and_then(|file| Identity::of(file).ok());
            identity.into_iter().for_each(|identity| self.add(identity));
        }
    }

    /// Adds one.
    pub(super) fn add(&mut self, identity: Identity) {
        if let (Some(cookie), Some(inum)) = (identity.cookie, identity.inum) {
            self.inums.insert(cookie, inum);
            self.cookies.insert(inum, cookie);
        }
    }

    /// All that is known of one.
    pub(super) fn whereabouts(&self, identity: Identity) -> Whereabouts {
        let cookie = identity
            .cookie
            .or_else(|| self.cookies.get(&identity.inum?).copied());
        let inum = identity
            .inum
            .or_else(|| self.inums.get(&identity.cookie?).copied());
        let told = self.initial.is_some() && self.initial == cookie;
        Whereabouts {
            cookie,
            inum,
            name: inum.and_then(|inum| self.names.of(inum).into_iter().next()),
            initial: told || inum == Some(INITIAL),
        }
    }
}

/// Warns of what could not be seen.
pub(super) fn warn(context: &Context, blind: &Blind) {
    if blind.nothing() {
        return;
    }
    let seen = unseen(blind).join(", ");
    let root = nix::unistd::geteuid().is_root();
    let only = Blind {
        mount_namespaces: blind.mount_namespaces,
        ..Blind::default()
    };
    let advice = if root && *blind == only {
        "search /proc/*/mountinfo and /proc/*/fd for what keeps those"
    } else if blind.processes == 0 && !blind.outside && blind.sockets > 0 {
        to_ask_all()
    } else {
        to_see_all()
    };
    context.messages.warning(&format!(
        "this list is incomplete: it lacks what is held by {seen}: {advice}"
    ));
}

/// What could not be seen, in words.
pub(super) fn unseen(blind: &Blind) -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |count: usize, thing: &str, many: &str, which: &str| match count {
        0 => {}
        1 => all.push(format!("1 {thing} {which}")),
        _ => all.push(format!("{count} {thing}{many} {which}")),
    };
    let (processes, mounts) = (blind.processes, blind.mount_namespaces);
    add(
        processes,
        "process",
        "es",
        "that this user may not look into",
    );
    add(blind.sockets, "socket", "s", "that cannot be asked");
    add(mounts, "mount namespace", "s", "without a process");
    if blind.no_lending {
        all.push("all sockets (needs Linux 5.6)".to_owned());
    }
    if blind.outside {
        all.push("processes outside this pid namespace".to_owned());
    }
    all
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A namespace that has a name.
    pub(crate) fn red() -> Whereabouts {
        Whereabouts {
            cookie: Some(4711),
            inum: Some(4026532281),
            name: Some("red".to_owned()),
            initial: false,
        }
    }

    /// The initial one.
    pub(crate) fn init() -> Whereabouts {
        Whereabouts {
            cookie: Some(7),
            inum: Some(4026531833),
            name: None,
            initial: true,
        }
    }

    /// A process of a user who has a name, or none from 900 on.
    pub(crate) fn who(pid: u32, command: &str) -> Who {
        Who {
            process: Process {
                pid,
                command: command.to_owned(),
                uid: Some(1000),
                kernel: false,
            },
            user: (pid < 900).then(|| "bob".to_owned()),
        }
    }

    #[test]
    fn either_number_leads_to_the_other() {
        let mut atlas = Atlas::default();
        let both = Identity {
            cookie: Some(4711),
            inum: Some(7),
        };
        atlas.add(both);
        for one in [
            Identity { inum: None, ..both },
            Identity {
                cookie: None,
                ..both
            },
        ] {
            let found = atlas.whereabouts(one);
            assert_eq!((found.cookie, found.inum), (Some(4711), Some(7)));
            assert_eq!(found.label(), "cookie:4711");
        }
    }

    #[test]
    fn what_is_not_known_stays_as_it_is() {
        let atlas = Atlas::default();
        let of = |cookie, inum| atlas.whereabouts(Identity { cookie, inum }).label();
        assert_eq!(of(Some(9), None), "cookie:9");
        assert_eq!(of(None, Some(9)), "inum:9");
        assert_eq!(of(None, Some(INITIAL)), "init");
        assert_eq!(of(None, None), "-");
    }
}
