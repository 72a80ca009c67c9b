// SPDX-License-Identifier: GPL-2.0-only

//! `veth A@NS B@NS`: a pair of virtual Ethernet devices between two network namespaces.

use homeward_netns::{Link, LinkError, Links};
use nix::errno::Errno;

use super::opened::Opened;
use super::Context;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::request::{Veth, VethEnd};
use crate::view::{EndView, Pair};

/// An end, and the namespace that it goes into.
struct Side<'a> {
    end: &'a VethEnd,
    place: Opened,
    links: Links,
}

/// Makes both ends, or none.
pub(crate) fn run(context: &Context, request: &Veth) -> Result<Pair> {
    let [a, b] = &request.ends;
    let what = format!("cannot make the pair {a} and {b}");
    let (mut a, mut b) = (Side::new(context, a)?, Side::new(context, b)?);
    if a.place.inum == b.place.inum && a.end.name == b.end.name {
        let text = format!("{what}: both would have the same name in the same namespace");
        return Err(Failure::new(Status::Failed, text));
    }
    for side in [&mut a, &mut b] {
        let name = &side.end.name;
        side.place.refuse_taken(&mut side.links, &what, name)?;
    }
    let (name, other) = (&a.end.name, &b.end.name);
    a.links
        .add_veth(name, &b.place.file, other, request.mtu)
        .map_err(|error| refusal(&what, &error, request))?;

    let (first, second) = find(&mut a, &mut b, &what)?;
    let finished = a
        .finish(&first, request.up, &what)
        .and_then(|one| Ok([one, b.finish(&second, request.up, &what)?]));
    match finished {
        Ok(ends) => Ok(Pair { ends }),
        Err(mut failure) => {
            // The other end goes with it.
            if let Err(error) = a.links.delete(first.index) {
                let left = format!(", and the pair could not be removed again: {error}");
                failure.text.push_str(&left);
            }
            Err(failure)
        }
    }
}

impl<'a> Side<'a> {
    fn new(context: &Context, end: &'a VethEnd) -> Result<Self> {
        let place = Opened::new(context, &end.namespace)?;
        let links = place.links()?;
        Ok(Side { end, place, links })
    }

    /// Gives an end its addresses and sets it up.
    fn finish(&mut self, link: &Link, up: bool, what: &str) -> Result<EndView> {
        let end = self.end;
        for (address, prefix) in &end.addresses {
            let added = self.links.add_address(link.index, *address, *prefix);
            added.map_err(|error| {
                let what = format!("{what}: {end} cannot have the address {address}/{prefix}");
                Failure::link(&what, &error)
            })?;
        }
        if up {
            let set = self.links.set_up(link.index);
            set.map_err(|error| Failure::link(&format!("{what}: {end} cannot be set up"), &error))?;
        }
        let addresses = end.addresses.iter();
        Ok(EndView {
            namespace: self.place.place.clone(),
            ifindex: link.index,
            name: link.name.clone(),
            up,
            addresses: addresses
                .map(|(address, prefix)| format!("{address}/{prefix}"))
                .collect(),
        })
    }
}

/// The two ends that were made.
fn find(a: &mut Side<'_>, b: &mut Side<'_>, what: &str) -> Result<(Link, Link)> {
    let first = a.links.by_name(&a.end.name).ok().flatten();
    let second = b.links.by_name(&b.end.name).ok().flatten();
    match (first, second) {
        (Some(one), Some(two))
            if leads_to(&one, &two) && leads_to(&two, &one) =>
        {
            Ok((one, two))
        }
        _ => Err(Failure::new(
            Status::Failed,
            format!("{what}: both were made, and are not there any more: somebody else moved, renamed or removed them"),
        )),
    }
}

fn leads_to(link: &Link, other: &Link) -> bool {
    link.lower.and_then(|lower| lower.index) == Some(other.index)
}

fn refusal(what: &str, error: &LinkError, request: &Veth) -> Failure {
    let mut failure = Failure::link(what, error);
    let advice = match error.errno() {
        Some(Errno::EOPNOTSUPP) => ": is the kernel module veth there? Try 'modprobe veth'",
        // Of the MTU, the kernel says no more than that.
        Some(Errno::EINVAL) if request.mtu.is_some() => ": a pair takes an MTU of 68 to 65535",
        Some(Errno::EEXIST) => ": somebody else took one of the names meanwhile",
        _ => "",
    };
    failure.text.push_str(advice);
    failure
}
