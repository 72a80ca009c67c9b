// SPDX-License-Identifier: GPL-2.0-only

//! `devices [NS]`: where devices are, where they have been, and their fate.

use homeward_client::{Client, Error};

use super::Context;
use crate::book::Book;
use crate::error::{Failure, Result};
use crate::resolve;
use crate::selector::Selector;
use crate::view::{DeviceList, DeviceView};

/// Lists devices.
pub(crate) fn run(context: &Context, selector: Option<&Selector>) -> Result<DeviceList> {
    let what = "cannot list devices";
    let failed = |error: Error| Failure::client(what, &error);
    let mut client = Client::connect().map_err(failed)?;
    let cookie = match selector {
        Some(selector) => {
            let namespace = resolve::namespace(&mut client, selector, &context.directory)?;
            Some(namespace.cookie)
        }
        None => None,
    };
    let devices = client.devices_now(cookie).map_err(failed)?;
    let namespaces = client.namespaces_now().map_err(failed)?;
    context.warn_if_changing(devices.consistent);
    let book = Book::new(&namespaces.items, &context.directory);
    context.warn_if_unread(book.unread());
    Ok(DeviceList {
        complete: devices.consistent,
        devices: devices
            .items
            .iter()
            .map(|device| DeviceView::new(device, &book))
            .collect(),
    })
}
