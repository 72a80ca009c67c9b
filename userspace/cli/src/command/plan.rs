// SPDX-License-Identifier: GPL-2.0-only

//! `plan NS`: what would happen to each device of a network namespace if it died now.

use homeward_client::{Client, Error};

use super::Context;
use crate::book::Book;
use crate::error::{Failure, Result};
use crate::resolve;
use crate::selector::Selector;
use crate::view::{DeviceView, Plan};

/// Shows the fates of the devices of a namespace.
pub(crate) fn run(context: &Context, selector: &Selector) -> Result<Plan> {
    let what = format!("cannot show the fates in namespace {selector}");
    let failed = |error: Error| Failure::client(&what, &error);
    let mut client = Client::connect().map_err(failed)?;
    let namespace = resolve::namespace(&mut client, selector, &context.directory)?;
    let devices = client.devices_now(Some(namespace.cookie)).map_err(failed)?;
    let namespaces = client.namespaces_now().map_err(failed)?;
    context.warn_if_changing(devices.consistent);
    let book = Book::new(&namespaces.items, &context.directory);
    context.warn_if_unread(book.unread());
    Ok(Plan {
        namespace: book.place(namespace.cookie),
        complete: devices.consistent,
        devices: devices
            .items
            .iter()
            .map(|device| DeviceView::new(device, &book))
            .collect(),
    })
}
