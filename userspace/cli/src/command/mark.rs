// SPDX-License-Identifier: GPL-2.0-only

//! `keep DEV@NS`, `release DEV@NS`: what an administrator decides about one device.

use homeward_client::model::{Action, Device, Mark as Marked, Reason};
use homeward_client::{DeviceChange, Error, Which};

use super::{alone, Context};
use crate::book::{Book, Place};
use crate::error::{Failure, Result};
use crate::request::{Decision, Mark};
use crate::resolve;

/// Decides about a device. Gives it as it is then.
pub(crate) fn run(context: &Context, request: &Mark) -> Result<Device<Place>> {
    let selector = &request.device;
    let what = match request.decision {
        Decision::Keep(_) => format!("cannot keep {selector}"),
        Decision::Release => format!("cannot release {selector}"),
        Decision::Nothing => format!("cannot take back what was decided about {selector}"),
    };
    let failed = |error: Error| Failure::client(&what, &error);
    let (mut client, _lock) = alone::connect(context).map_err(failed)?;
    let device = resolve::device(&mut client, selector, &context.directory)?;
    let which = Which::Ifindex(device.ifindex);
    let change = change(&request.decision);
    let device = client
        .set_device(device.namespace, which, &change)
        .map_err(failed)?;
    if let Some(reason) = overruled(&device) {
        context
            .messages
            .warning(&format!("{selector} is marked, but {reason}"));
    }
    let namespaces = client.namespaces_now().map_err(failed)?;
    let book = Book::new(&namespaces.items, &context.directory);
    Ok(book.device(device))
}

fn change(decision: &Decision) -> DeviceChange {
    match decision {
        Decision::Keep(name) => DeviceChange {
            mark: Some(Marked::Keep),
            home_name: name.clone().map(Some),
            ..DeviceChange::default()
        },
        Decision::Release => DeviceChange {
            mark: Some(Marked::Release),
            ..DeviceChange::default()
        },
        Decision::Nothing => DeviceChange {
            mark: Some(Marked::None),
            home_name: Some(None),
            ..DeviceChange::default()
        },
    }
}

/// Why a mark to keep a device does not help it.
fn overruled(device: &Device) -> Option<&'static str> {
    let fate = device.fate.as_ref()?;
    if device.mark != Marked::Keep || fate.action != Action::Kernel {
        return None;
    }
    match fate.reason {
        Reason::Immovable => Some("the kernel does not let it leave its namespace"),
        Reason::Devlink => {
            Some("its devlink instance lives here, so the kernel reloads it into the initial one")
        }
        Reason::Tunnel => {
            Some("its packets travel in this namespace, so the kernel destroys it all the same")
        }
        Reason::Link => Some("the kernel destroys it with its lower device or its peer"),
        _ => Some("the kernel will deal with it all the same"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeping_without_a_name_leaves_the_name_as_it_is() {
        assert_eq!(change(&Decision::Keep(None)).home_name, None);
        let named = change(&Decision::Keep(Some("net0".to_owned())));
        assert_eq!(named.home_name, Some(Some("net0".to_owned())));
        assert_eq!(change(&Decision::Release).home_name, None);
    }

    #[test]
    fn taking_back_takes_back_mark_and_name_and_no_home() {
        let change = change(&Decision::Nothing);
        assert_eq!(change.mark, Some(Marked::None));
        assert_eq!(change.home_name, Some(None));
        assert_eq!(change.homes, None);
    }
}
