// SPDX-License-Identifier: GPL-2.0-only

//! `move DEV@NS NS`: a device into another network namespace.

use std::os::fd::{AsFd, AsRawFd};

use homeward_client::{By, Client};
use homeward_netns::{Link, LinkError, LinkList};
use nix::errno::Errno;

use super::opened::Opened;
use super::Context;
use crate::book::Book;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::request::Move;
use crate::view::{DeviceView, Moved};

/// Stands in a name for bytes that are no UTF-8.
const REPLACED: char = char::REPLACEMENT_CHARACTER;

/// Moves a device.
pub(crate) fn run(context: &Context, request: &Move) -> Result<Moved> {
    let source = Opened::new(context, &request.device.namespace)?;
    let target = Opened::new(context, &request.target)?;
    let what = format!("cannot move {} to {}", request.device, request.target);
    let mut links = source.links()?;
    let link = source.find(&mut links, &request.device.device)?;
    if source.inum == target.inum {
        return Err(Failure::new(
            Status::Failed,
            format!("{what}: it is there already"),
        ));
    }
    let mut there = target.links()?;
    let name = request.name.as_ref().unwrap_or(&link.name);
    if !name.contains(REPLACED) {
        let taken = target.refuse_taken(&mut there, &what, name);
        taken.map_err(|failure| advise(failure, request))?;
    }

    let mut problems = Vec::new();
    let moved = links.move_to(link.index, &target.file, request.name.as_deref());
    if let Err(error) = moved {
        // The kernel moves first and renames then.
        if error.errno() == Some(Errno::ENODEV) || stays(links.by_index(link.index), &what, &error)?
        {
            return Err(refusal(&what, &error, &link));
        }
        problems.push(format!("it cannot be called '{name}' there: {error}"));
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
        problems,
    })
}

/// What came of a look.
type Looked<T> = std::result::Result<T, LinkError>;

/// Whether the device is where it was, after a move that failed. By its index, which names cannot hide.
fn stays(found: Looked<Option<Link>>, what: &str, error: &LinkError) -> Result<bool> {
    match found {
        Ok(found) => Ok(found.is_some()),
        Err(unknown) => {
            let what = format!("{what}: {error}; whether it was moved cannot be told");
            Err(Failure::link(&what, &unknown))
        }
    }
}

/// The device that arrived, or why it cannot be told of.
fn find(listed: Looked<LinkList>, name: &str) -> std::result::Result<Link, String> {
    let all = listed.map_err(|error| format!("what became of it there cannot be told: {error}"))?;
    let mut all = all.links.into_iter();
    all.find(|link| link.name == name)
        .ok_or_else(|| "it is not there any more: somebody else moved or renamed it".to_owned())
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
        let text = format!("{what}: it is gone from there meanwhile ({error})");
        return Failure::new(Status::NotFound, text);
    }
    let mut failure = Failure::link(what, error);
    if link.immovable == Some(true) || link.name == "lo" {
        failure.text.push_str(
            ": the kernel moves no loopback, bridge, bond, team and VRF devices; make a new one there",
        );
    }
    failure
}

fn advise(mut failure: Failure, request: &Move) -> Failure {
    if failure.status == Status::Failed {
        failure.text.push_str(match request.name {
            Some(_) => ": choose another name",
            None => ": choose another name with --name",
        });
    }
    failure
}

/// What the module knows of the device, if it is there to be asked.
fn known(context: &Context, target: &Opened, index: u32) -> Option<DeviceView> {
    let mut client = Client::connect().ok()?;
    let by = By::Fd(target.file.as_fd().as_raw_fd());
    let cookie = client.namespace(by).ok()?.cookie;
    let device = client.device(cookie, index).ok()?;
    let namespaces = client.namespaces_now().ok()?;
    let book = Book::new(&namespaces.items, &context.directory);
    Some(DeviceView::new(&device, &book))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(unknown.contains("cannot be told"), "{unknown}");
        assert!(!unknown.contains("somebody else"), "{unknown}");

        let refused = LinkError::System(Errno::EBUSY);
        assert_eq!(stays(Ok(None), "x", &refused), Ok(false));
        assert_eq!(stays(Ok(Some(Link::default())), "x", &refused), Ok(true));
        let failure = stays(Err(FULL), "x", &refused).unwrap_err();
        assert!(failure.text.contains("cannot be told"), "{failure:?}");
    }
}
