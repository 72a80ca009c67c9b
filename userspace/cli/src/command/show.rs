// SPDX-License-Identifier: GPL-2.0-only

//! `show NS`: all that is known about one network namespace.

use homeward_client::model::State;
use homeward_client::Client;

use super::{now, Context};
use crate::book::Names;
use crate::error::{Failure, Result};
use crate::resolve;
use crate::selector::Selector;
use crate::users::Users;
use crate::view::NamespaceView;

/// Shows a namespace.
pub(crate) fn run(context: &Context, selector: &Selector) -> Result<NamespaceView> {
    let what = format!("cannot show namespace {selector}");
    let mut client = Client::connect().map_err(|error| Failure::client(&what, &error))?;
    let namespace = resolve::namespace(&mut client, selector, &context.directory)?;
    let names = Names::read(&context.directory);
    context.warn_if_unread(names.unread());
    // Only a live one has its number, and so the names behind that, for itself.
    let names = namespace
        .inum
        .filter(|_| namespace.state == State::Live)
        .map(|inum| names.of(u64::from(inum)));
    let owner = namespace
        .owner_uid
        .and_then(|uid| Users::default().name(uid));
    Ok(NamespaceView {
        owner,
        ..NamespaceView::new(&namespace, names.unwrap_or_default(), now())
    })
}
