// SPDX-License-Identifier: GPL-2.0-only

//! `move DEV@NS NS`: a device into another network namespace.

use std::os::fd::{AsFd, AsRawFd};

use clap::Args;
use homeward_client::model::Device;
use homeward_client::{By, Client};
use homeward_netns::{Link, LinkError, LinkList, Links, Radios};
use nix::errno::Errno;
use serde::Serialize;

use super::opened::Opened;
use super::{Context, Verb};
use crate::book::{Book, Place};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::render::device::{at, fate, home};
use crate::render::Look;
use crate::selector::{device_help, help, DeviceSelector, Selector};
use crate::value::device_name;

const HELP: &str = "\
A device that moves goes down and loses its addresses, routes and master; MAC, MTU and
alternative names stay. A wireless device moves with its radio, and with all other devices of
that radio. Loopback devices stay, and so do kinds that the kernel keeps where they were made,
such as bridges, bonds and VRFs. The module is not needed; with it, a physical device comes
home when that namespace dies, and 'homeward keep', 'homeward release' and rules can change
that.

Examples:
  homeward move eth1 red                     from here into namespace red
  homeward move eth1@red blue --name net0    from red into blue, called net0 there
  homeward move eth1@red init --up           back, and up
  homeward move ifindex:7@pid:812 self       out of the namespace of a process

Exit status 6: it was moved, but could not be renamed or set up, as standard error says.";

/// Stands in a name for bytes that are no UTF-8.
const REPLACED: char = char::REPLACEMENT_CHARACTER;

/// Move a device into another network namespace.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Move {
    #[arg(value_name = "DEV@NS", help = device_help("Which device"))]
    device: DeviceSelector,
    #[arg(value_name = "NS", help = help("Where to"))]
    target: Selector,
    /// Name to give it there.
    #[arg(long, value_name = "NAME", value_parser = device_name)]
    name: Option<String>,
    /// Set it up there.
    #[arg(long)]
    up: bool,
}

/// A device that was moved.
#[derive(Debug, Serialize)]
struct Moved {
    /// Where it was.
    from: Place,
    /// Its name there.
    from_name: String,
    /// Where it is now.
    namespace: Place,
    /// Its index there.
    ifindex: u32,
    /// Its name there.
    name: String,
    /// Whether it is up there.
    up: bool,
    /// Whether its radio was moved, and with that all its devices.
    radio: bool,
    /// What was to be done with it there and could not be.
    problems: Vec<String>,
    /// What the module knows of it.
    device: Option<Device<Place>>,
}

impl Verb for Move {
    fn namespaces(&self) -> Vec<&Selector> {
        vec![&self.device.namespace, &self.target]
    }

    fn run(self, context: &Context) -> Result<Status> {
        let moved = relocate(context, &self)?;
        context.print(&moved, |look| text(&moved, look))?;
        let problem = |problem: &String| format!("{} was moved, but {problem}", self.device);
        context.tell(Status::Partial, moved.problems.iter().map(problem));
        Ok(match moved.problems.is_empty() {
            true => Status::Ok,
            false => Status::Partial,
        })
    }
}

/// Where it was, where it is, and where it will go.
fn text(moved: &Moved, look: Look) -> String {
    let from = at(&moved.from_name, &moved.from);
    let to = at(&moved.name, &moved.namespace);
    let state = if moved.up { "up" } else { "down" };
    let with = if moved.radio { " with its radio" } else { "" };
    let mut text = format!("{from} -> {to}{with}, ifindex {}, {state}", moved.ifindex);
    if let Some(device) = &moved.device {
        match home(device) {
            _ if device.homes.is_empty() => text.push_str(", at home"),
            Some(home) => text.push_str(&format!(", home {home}")),
            None => {}
        }
        if let Some(one) = device.fate.as_ref().filter(|_| !device.homes.is_empty()) {
            text.push_str("; ");
            text.push_str(&fate(one, &device.namespace, look));
        }
    }
    text + "\n"
}

/// Moves a device.
fn relocate(context: &Context, request: &Move) -> Result<Moved> {
    let source = Opened::new(context, &request.device.namespace)?;
    let target = Opened::new(context, &request.target)?;
    let what = format!("cannot move {} to {}", request.device, request.target);
    let mut links = source.links()?;
    let link = source.find(&mut links, &request.device.device)?;
    if source.inum == target.inum {
        return Err(Failure::failed(format!("{what}: it is already there")));
    }
    let mut there = target.links()?;
    let name = request.name.as_ref().unwrap_or(&link.name);
    if !name.contains(REPLACED) {
        let taken = target.refuse_taken(&mut there, &what, name);
        taken.map_err(|failure| advise(failure, request))?;
    }

    let mut problems = Vec::new();
    let moved = links.move_to(link.index, &target.file, request.name.as_deref());
    let radio = moved.is_err() && move_radio(&source, &target, &mut there, &link, &what)?;
    // The kernel moves first and renames then.
    let named = match (radio, &request.name, moved) {
        (true, Some(name), _) => rename(&mut there, &link.name, name),
        (true, None, _) | (false, _, Ok(())) => Ok(()),
        (false, _, Err(error)) => {
            let gone = error.errno() == Some(Errno::ENODEV);
            if gone || stays(links.by_index(link.index), &what, &error)? {
                return Err(refusal(&what, &error, &link));
            }
            Err(error)
        }
    };
    if let Err(error) = named {
        problems.push(format!("it cannot be renamed to '{name}' there: {error}"));
    }
    let arrived = match problems.is_empty() {
        true => find(there.list(), name),
        false => find(there.list(), &link.name),
    };
    let arrived = arrived.map_err(|why| lost(request, &problems, &why))?;
    let mut up = arrived.up();
    if request.up {
        match there.set_up(arrived.index) {
            Ok(()) => up = true,
            Err(error) => problems.push(format!("it cannot be set up there: {error}")),
        }
    }
    Ok(Moved {
        from: source.place.clone(),
        from_name: link.name,
        device: known(context, &target, arrived.index),
        namespace: target.place,
        ifindex: arrived.index,
        name: arrived.name,
        up,
        radio,
        problems,
    })
}

/// Moves the radio of a device that does not move by itself; `false` if it has none.
fn move_radio(
    source: &Opened,
    target: &Opened,
    there: &mut Links,
    link: &Link,
    what: &str,
) -> Result<bool> {
    if link.immovable == Some(false) {
        return Ok(false);
    }
    let radios = Radios::of(&source.file, &source.label);
    let mut radios = radios.map_err(|error| Failure::netns(what, &error))?;
    let has = radios.has(link.index);
    if !has.map_err(|error| Failure::link(what, &error))? {
        return Ok(false);
    }
    // The kernel would give it another name there.
    target.refuse_taken(there, what, &link.name)?;
    let moved = radios.move_to(link.index, &target.file);
    moved.map_err(|error| Failure::link(&format!("{what} with its radio"), &error))?;
    Ok(true)
}

/// Gives a device that has moved another name.
fn rename(links: &mut Links, from: &str, name: &str) -> Looked<()> {
    let moved = links.by_name(from)?;
    let moved = moved.ok_or(LinkError::System(Errno::ENODEV))?;
    links.rename(moved.index, name)
}

/// What came of a look.
type Looked<T> = std::result::Result<T, LinkError>;

/// Whether the device is where it was, after a move that failed. By its index, which names cannot hide.
fn stays(found: Looked<Option<Link>>, what: &str, error: &LinkError) -> Result<bool> {
    match found {
        Ok(found) => Ok(found.is_some()),
        Err(unknown) => {
            let what = format!("{what}: {error}; whether it was moved is unknown");
            Err(Failure::link(&what, &unknown))
        }
    }
}

/// The device that arrived, or why it cannot be told of.
fn find(listed: Looked<LinkList>, name: &str) -> std::result::Result<Link, String> {
    let all = listed.map_err(|error| format!("its state there is unknown: {error}"))?;
    let mut all = all.links.into_iter();
    all.find(|link| link.name == name)
        .ok_or_else(|| "it is no longer there: somebody else moved or renamed it".to_owned())
}

/// It was moved, and that is all that is known.
fn lost(request: &Move, problems: &[String], why: &str) -> Failure {
    let mut text = format!("{} was moved to {}", request.device, request.target);
    for part in problems.iter().map(String::as_str).chain([why]) {
        text.push_str(", and ");
        text.push_str(part);
    }
    Failure::new(Status::Partial, text)
}

fn refusal(what: &str, error: &LinkError, link: &Link) -> Failure {
    if error.errno() == Some(Errno::ENODEV) {
        let text = format!("{what}: it has disappeared meanwhile ({error})");
        return Failure::not_found(text);
    }
    let failure = Failure::link(what, error);
    if link.immovable == Some(true) || link.name == "lo" {
        return failure.advise(
            "the kernel keeps it where it is, as it does loopback, bridge, bond and VRF devices; create a new one there",
        );
    }
    failure
}

fn advise(failure: Failure, request: &Move) -> Failure {
    match request.name {
        _ if failure.status != Status::Failed => failure,
        Some(_) => failure.advise("choose another name"),
        None => failure.advise("choose another name with --name"),
    }
}

/// What the module knows of the device, if it is there to be asked.
fn known(context: &Context, target: &Opened, index: u32) -> Option<Device<Place>> {
    let mut client = Client::connect().ok()?;
    let by = By::Fd(target.file.as_fd().as_raw_fd());
    let cookie = client.namespace(by).ok()?.cookie;
    let device = client.device(cookie, index).ok()?;
    let namespaces = client.namespaces_now().ok()?;
    let book = Book::new(&namespaces.items, &context.directory);
    Some(book.device(device))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{book, golden_data, nic, veth, TEXT};

    const FULL: LinkError = LinkError::System(Errno::ENOBUFS);

    #[test]
    fn what_cannot_be_looked_up_is_not_told_as_gone() {
        let link = Link {
            name: "eth0".to_owned(),
            ..Link::default()
        };
        let list = |links| LinkList {
            links,
            consistent: true,
        };
        assert_eq!(find(Ok(list(vec![link.clone()])), "eth0"), Ok(link.clone()));
        let gone = find(Ok(list(vec![link])), "eth1").unwrap_err();
        assert!(gone.contains("somebody else"), "{gone}");
        let unknown = find(Err(FULL), "eth0").unwrap_err();
        assert!(unknown.contains("is unknown"), "{unknown}");
        assert!(!unknown.contains("somebody else"), "{unknown}");

        let refused = LinkError::System(Errno::EBUSY);
        assert_eq!(stays(Ok(None), "x", &refused), Ok(false));
        assert_eq!(stays(Ok(Some(Link::default())), "x", &refused), Ok(true));
        let failure = stays(Err(FULL), "x", &refused).unwrap_err();
        assert!(failure.text.contains("is unknown"), "{failure:?}");
    }

    fn moved() -> Moved {
        Moved {
            from: book().place(7),
            from_name: "eth1".to_owned(),
            namespace: Place {
                name: Some("red".to_owned()),
                ..book().place(4711)
            },
            ifindex: 4,
            name: "net0".to_owned(),
            up: true,
            radio: false,
            problems: Vec::new(),
            device: Some(book().device(nic())),
        }
    }

    #[test]
    fn a_move_as_text_and_json() {
        let unknown = Moved {
            device: None,
            up: false,
            radio: true,
            problems: vec!["it cannot be renamed to 'x' there".to_owned()],
            ..moved()
        };
        let at_home = Moved {
            device: Some(book().device(veth())),
            ..moved()
        };
        let lines = [&moved(), &unknown, &at_home].map(|moved| text(moved, TEXT));
        golden_data("move", lines.concat(), &unknown);
    }
}
