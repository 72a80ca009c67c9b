// SPDX-License-Identifier: GPL-2.0-only

//! `holders NS`: what keeps a network namespace alive.

use std::os::fd::OwnedFd;

use homeward_client::model::{Namespace, State};
use homeward_client::{By, Client};
use homeward_holders::{find, Blind, Error, Findings, Identity};
use nix::errno::Errno;

use super::ls::reason;
use super::Context;
use crate::atlas::Atlas;
use crate::error::{Failure, Result};
use crate::resolve;
use crate::selector::Selector;
use crate::users::Users;
use crate::view::{unseen, AwayView, HolderView, HoldersView, InFlightView, ReferencesView};

/// The module, or why it does not tell.
pub(super) type Module = std::result::Result<Client, String>;

/// A namespace that is held open, so that its inode number stays its own.
pub(super) struct Opened {
    /// The open file; None for one that is dead, which nothing holds.
    pub(super) file: Option<OwnedFd>,
    /// What the module tells of it.
    told: Option<Namespace>,
}

/// Finds the holders of a namespace.
pub(crate) fn run(context: &Context, selector: &Selector) -> Result<HoldersView> {
    let what = format!("cannot look for holders of namespace {selector}");
    let mut module = module(&what)?;
    let Opened { file, told } = open(context, &mut module, selector, &what)?;
    let mut findings = match &file {
        Some(file) => find(file).map_err(|error| failure(&what, &error))?,
        None => Findings::default(),
    };
    if let Some(told) = &told {
        findings.namespace.cookie = Some(told.cookie);
    }
    // Before the count is read, lest this is in it.
    drop(file);
    let counted = match (&mut module, &told) {
        (Ok(client), Some(told)) => count(client, told.cookie, &what)?,
        (Err(reason), _) => Err(reason.clone()),
        (Ok(_), None) => Err("the module does not know it".to_owned()),
    };
    warn(context, &findings.blind);

    let atlas = atlas(context, module.as_mut().ok());
    let mut users = Users::default();
    let away = match (&mut module, findings.namespace.cookie) {
        (Ok(client), Some(cookie)) => away(client, cookie, &atlas, &what)?,
        _ => Vec::new(),
    };
    let names = context.directory.path();
    let in_flight = findings.in_flight.iter();
    Ok(HoldersView {
        namespace: atlas.whereabouts(findings.namespace),
        state: counted.as_ref().ok().map(|(_, state)| state.name()),
        complete: findings.blind.nothing(),
        holders: HolderView::all(&findings, &atlas, names, &mut users),
        away,
        in_flight: in_flight
            .map(|one| InFlightView::new(one, &mut users))
            .collect(),
        references: ReferencesView::new(&findings, counted.map(|(refs, _)| refs)),
    })
}

/// Connects to the module, if that is there and tells this user.
pub(super) fn module(what: &str) -> Result<Module> {
    let own = By::Pid(std::process::id());
    let connected = Client::connect().and_then(|mut client| client.namespace(own).map(|_| client));
    connected.map_or_else(
        |error| match reason(&error) {
            Some(reason) => Ok(Err(reason)),
            None => Err(Failure::client(what, &error)),
        },
        |client| Ok(Ok(client)),
    )
}

/// Opens a namespace, also one that has neither name nor process if the module is there.
pub(super) fn open(
    context: &Context,
    module: &mut Module,
    selector: &Selector,
    what: &str,
) -> Result<Opened> {
    let Ok(client) = module else {
        let file = Some(resolve::open(selector, &context.directory)?);
        return Ok(Opened { file, told: None });
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
    Ok(Opened {
        file,
        told: Some(told),
    })
}

/// An atlas of all namespaces that are known.
pub(super) fn atlas(context: &Context, client: Option<&mut Client>) -> Atlas {
    let mut atlas = Atlas::new(&context.directory);
    context.warn_if_unread(atlas.unread());
    let told = client.and_then(|client| client.namespaces_now().ok());
    match told {
        Some(told) => atlas.add_told(&told.items),
        None => atlas.add_named(&context.directory),
    }
    atlas
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
        "look into /proc/*/mountinfo and /proc/*/fd for what keeps those"
    } else if root {
        "run it in the initial pid and user namespaces"
    } else {
        "run it as root"
    };
    context.messages.warning(&format!(
        "this list is incomplete, it lacks what is held by {seen}: {advice}"
    ));
}

/// The failure to read /proc.
pub(super) fn failure(what: &str, error: &Error) -> Failure {
    Failure::holders(what, error)
}

/// What is known of an open namespace.
pub(super) fn identity(opened: &Opened, what: &str) -> Result<Identity> {
    let of_file = opened.file.as_ref().map(Identity::of).transpose();
    let identity = of_file.map_err(|error| failure(what, &error))?;
    let mut identity = identity.unwrap_or_default();
    if let Some(told) = &opened.told {
        identity.cookie = Some(told.cookie);
    }
    Ok(identity)
}

/// The kernel's count of references, and the state that the namespace is in.
fn count(
    client: &mut Client,
    cookie: u64,
    what: &str,
) -> Result<std::result::Result<(u32, State), String>> {
    match client.namespace(By::Cookie(cookie)) {
        Ok(Namespace {
            refs: Some(refs),
            state,
            ..
        }) => Ok(Ok((refs, state))),
        Ok(_) => Ok(Err("the module does not tell it".to_owned())),
        Err(error) if error.errno() == Some(Errno::ENOENT) => Ok(Err(
            "it is gone by now: nothing holds it any more".to_owned(),
        )),
        Err(error) => Err(Failure::client(what, &error)),
    }
}

/// Devices that came from a namespace and are elsewhere.
fn away(client: &mut Client, cookie: u64, atlas: &Atlas, what: &str) -> Result<Vec<AwayView>> {
    let devices = client.devices_now(None);
    let devices = devices.map_err(|error| Failure::client(what, &error))?;
    let from_here = devices.items.iter().filter(|device| {
        device.namespace != cookie && device.homes.iter().any(|home| home.namespace == cookie)
    });
    Ok(from_here
        .map(|device| {
            let place = Identity {
                cookie: Some(device.namespace),
                inum: None,
            };
            AwayView::new(device, atlas.whereabouts(place))
        })
        .collect())
}
