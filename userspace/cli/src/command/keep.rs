// SPDX-License-Identifier: GPL-2.0-only

//! `keep DEV@NS`: a device comes home when its namespace dies. What `release` decides, it decides here, too.

use clap::Args;
use homeward_client::model::{Action, Device, Mark, Reason};
use homeward_client::{DeviceChange, Error, Which};

use super::{alone, Context, Verb};
use crate::book::{Book, Place};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::render::device::{at, fate};
use crate::render::text::printable;
use crate::render::{Look, Style};
use crate::resolve;
use crate::selector::{device_help, DeviceSelector, Selector};
use crate::value::device_name;

const EXAMPLES: &str = "\
Examples:
  homeward keep veth7@red               bring this virtual device home as well
  homeward keep eth1@red --as uplink0   and call it uplink0 there
  homeward keep --undo eth1@red         let rules and defaults decide again";

/// Bring a device home when its network namespace dies, even a virtual one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Keep {
    #[arg(value_name = "DEV@NS", help = device_help("Which device"))]
    device: DeviceSelector,
    /// Name to give it at home, instead of the one it had there: at each return, until --undo.
    #[arg(long = "as", value_name = "NAME", conflicts_with = "undo", value_parser = device_name)]
    home_name: Option<String>,
    /// Undo keep or release, including the name.
    #[arg(long)]
    undo: bool,
}

impl Verb for Keep {
    fn namespaces(&self) -> Vec<&Selector> {
        vec![&self.device.namespace]
    }

    fn run(self, context: &Context) -> Result<Status> {
        let decision = match self.undo {
            true => Decision::Nothing,
            false => Decision::Keep(self.home_name),
        };
        decision.make(context, &self.device)
    }
}

/// What an administrator decides about a device.
#[derive(Debug)]
pub(super) enum Decision {
    /// It comes home, with this name if there is one.
    Keep(Option<String>),
    /// It is left to the kernel.
    Release,
    /// Nothing: rules and defaults do.
    Nothing,
}

impl Decision {
    /// Decides that, and prints the device as it is then.
    pub(super) fn make(self, context: &Context, selector: &DeviceSelector) -> Result<Status> {
        let what = match self {
            Decision::Keep(_) => format!("cannot keep {selector}"),
            Decision::Release => format!("cannot release {selector}"),
            Decision::Nothing => format!("cannot undo the mark of {selector}"),
        };
        let failed = |error: Error| Failure::client(&what, &error);
        let (mut client, _lock) = alone::connect(context).map_err(failed)?;
        let device = resolve::device(&mut client, selector, &context.directory)?;
        let which = Which::Ifindex(device.ifindex);
        let device = client.set_device(device.namespace, which, &self.change());
        let device = device.map_err(failed)?;
        if let Some(reason) = overruled(&device) {
            let text = format!("{selector} is marked, but {reason}");
            context.messages.warning(&text);
        }
        let namespaces = client.namespaces_now().map_err(failed)?;
        let device = Book::new(&namespaces.items, &context.directory).device(device);
        context.print(&device, |look| text(&device, look))
    }

    fn change(self) -> DeviceChange {
        let (mark, home_name) = match self {
            Decision::Keep(name) => (Mark::Keep, name.map(Some)),
            Decision::Release => (Mark::Release, None),
            Decision::Nothing => (Mark::None, Some(None)),
        };
        DeviceChange {
            mark: Some(mark),
            home_name,
            ..DeviceChange::default()
        }
    }
}

/// Why a mark to keep a device does not help it.
fn overruled(device: &Device) -> Option<&'static str> {
    let fate = device.fate.as_ref()?;
    if device.mark != Mark::Keep {
        return None;
    }
    // `wg_socket_init()` asks for the namespace that it was made in (drivers/net/wireguard).
    let made_at_home = device.homes.first().is_some_and(|home| home.alive);
    if device.kind.as_deref() == Some("wireguard") && !made_at_home {
        return Some(
            "a WireGuard device that was made here cannot be set up at home: it has its sockets in the \
             namespace that it was made in",
        );
    }
    if fate.action != Action::Kernel {
        return None;
    }
    match fate.reason {
        Reason::Immovable => Some("the kernel does not let it leave its namespace"),
        Reason::Devlink => {
            Some("its devlink instance lives here, so the kernel reloads it into the initial one")
        }
        Reason::Tunnel => {
            Some("its packets travel in this namespace, so the kernel destroys it anyway")
        }
        Reason::Link => Some("the kernel destroys it with its lower device or its peer"),
        _ => Some("the kernel will deal with it anyway"),
    }
}

/// What is decided about a device, and what comes of it.
fn text(device: &Device<Place>, look: Look) -> String {
    let who = at(&device.name, &device.namespace);
    let mark = match device.mark {
        Mark::None => "no mark".to_owned(),
        mark => Style::Notable.paint(mark.name(), look.color),
    };
    let name = match &device.home_name {
        Some(name) => format!(", named {} at home", printable(name)),
        None => String::new(),
    };
    let fate = match &device.fate {
        Some(one) => format!("; {}", fate(one, &device.namespace, look)),
        None => String::new(),
    };
    format!("{who}: {mark}{name}{fate}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{devices, golden, nic, TEXT};

    #[test]
    fn keeping_without_a_name_leaves_the_name_as_it_is() {
        assert_eq!(Decision::Keep(None).change().home_name, None);
        let named = Decision::Keep(Some("net0".to_owned())).change();
        assert_eq!(named.home_name, Some(Some("net0".to_owned())));
        assert_eq!(Decision::Release.change().home_name, None);
    }

    #[test]
    fn taking_back_takes_back_mark_and_name_and_no_home() {
        let change = Decision::Nothing.change();
        assert_eq!(change.mark, Some(Mark::None));
        assert_eq!(change.home_name, Some(None));
        assert_eq!(change.homes, None);
    }

    #[test]
    fn a_wireguard_device_is_kept_in_vain_unless_it_was_made_at_home() {
        let mut device = nic();
        let device = &mut device;
        assert_eq!(overruled(device), None);
        (device.mark, device.kind) = (Mark::Keep, Some("wireguard".to_owned()));
        device.homes[0].alive = true;
        assert_eq!(overruled(device), None);
        device.homes[0].alive = false;
        assert!(overruled(device).is_some());
        device.homes.clear();
        assert!(overruled(device).is_some());
    }

    #[test]
    fn a_mark_is_told_with_what_comes_of_it() {
        let lines = devices().iter().map(|device| text(device, TEXT)).collect();
        golden("keep", &[("text", lines)]);
    }
}
