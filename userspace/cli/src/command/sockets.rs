// SPDX-License-Identifier: GPL-2.0-only

//! `sockets`: every socket with the network namespace that it belongs to.

use std::path::PathBuf;

use homeward_holders::{sockets, Sockets, Wanted};

use super::holders::{atlas, failure, identity, module, open, warn};
use super::Context;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::request::SocketsOf;
use crate::users::Users;
use crate::view::{unseen, SocketList, SocketView};

/// Lists sockets.
pub(crate) fn run(context: &Context, of: &SocketsOf) -> Result<SocketList> {
    let what = match of {
        SocketsOf::All => "cannot list sockets".to_owned(),
        SocketsOf::Namespace(selector) => format!("cannot list sockets of namespace {selector}"),
        SocketsOf::Process(pid) => format!("cannot list sockets of process {pid}"),
    };
    let mut module = module(&what)?;
    let opened = match of {
        SocketsOf::Namespace(selector) => Some(open(context, &mut module, selector, &what)?),
        _ => None,
    };
    let wanted = match (of, &opened) {
        (SocketsOf::Process(pid), _) => process(*pid)?,
        (_, Some(opened)) => Wanted::Namespace(identity(opened, &what)?),
        (_, None) => Wanted::All,
    };
    let found = sockets(wanted).map_err(|error| failure(&what, &error))?;
    warn(context, &found.blind);
    let mut atlas = atlas(context, module.as_mut().ok());
    for namespace in found.namespaces.values() {
        atlas.add(*namespace);
    }
    let mut users = Users::default();
    let Sockets { sockets, blind, .. } = found;
    let mut sockets: Vec<SocketView> = sockets
        .iter()
        .map(|socket| SocketView::new(socket, &atlas, &mut users))
        .collect();
    // Stable: what was found first stays first among its like.
    sockets.sort_by_key(|socket| socket.strays != Some(true));
    Ok(SocketList {
        complete: blind.nothing(),
        unseen: unseen(&blind),
        sockets,
    })
}

fn process(pid: u32) -> Result<Wanted> {
    let there = PathBuf::from(format!("/proc/{pid}")).exists();
    there.then_some(Wanted::Process(pid)).ok_or_else(|| {
        Failure::new(
            Status::NotFound,
            format!("there is no process {pid}: 'homeward sockets' lists those of all"),
        )
    })
}
