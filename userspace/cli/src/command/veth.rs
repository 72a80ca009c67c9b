// SPDX-License-Identifier: GPL-2.0-only

//! `veth A@NS B@NS`: a pair of virtual Ethernet devices between two network namespaces.

use std::fmt;
use std::net::IpAddr;

use clap::builder::{TypedValueParser, ValueParserFactory};
use clap::Args;
use homeward_netns::{Link, LinkError, Links};
use nix::errno::Errno;
use serde::Serialize;

use super::opened::Opened;
use super::{Context, Verb};
use crate::book::Place;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::render::device::at;
use crate::selector::{help, DeviceName, DeviceSelector, Selector};
use crate::value::{address, device_name};

const HELP: &str = "\
Either both ends are created or neither. The module is not needed.

Examples:
  homeward veth web0@web db0@db              between two namespaces
  homeward veth host0 ct0@pid:812 --up       between here and the namespace of a process
  homeward veth v0 v0@red --up --address-a 10.0.0.1/24 --address-b 10.0.0.2/24";

fn end_help(role: &str) -> String {
    help(&format!("{role} (self if there is no @NS)"))
}

/// Create a pair of virtual Ethernet devices between two network namespaces.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Veth {
    #[arg(value_name = "A@NS", help = end_help("Name of one end, and where it goes"), value_parser = end())]
    a: End,
    #[arg(value_name = "B@NS", help = end_help("Name of the other end, and where it goes"), value_parser = end())]
    b: End,
    /// Set both ends up.
    #[arg(long)]
    up: bool,
    /// The MTU of both ends.
    #[arg(long, value_name = "BYTES")]
    mtu: Option<u32>,
    /// Address of the first end, with prefix length; may be given several times.
    #[arg(long, value_name = "IP/LEN", value_parser = address)]
    address_a: Vec<(IpAddr, u8)>,
    /// Address of the other end, with prefix length; may be given several times.
    #[arg(long, value_name = "IP/LEN", value_parser = address)]
    address_b: Vec<(IpAddr, u8)>,
}

/// What a device that is to be made is called, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    name: String,
    namespace: Selector,
}

/// Reads an end.
fn end() -> impl TypedValueParser<Value = End> {
    DeviceSelector::value_parser().try_map(|selector| match selector.device {
        DeviceName::Name(name) => device_name(&name).map(|name| End {
            name,
            namespace: selector.namespace,
        }),
        _ => Err("a new device needs a name, not an index".to_owned()),
    })
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.namespace)
    }
}

/// A pair of devices that was made.
#[derive(Debug, Serialize)]
struct Pair {
    /// Its ends.
    ends: [MadeEnd; 2],
}

/// An end that was made.
#[derive(Debug, Serialize)]
struct MadeEnd {
    /// Where it is.
    namespace: Place,
    /// Its index there.
    ifindex: u32,
    /// Its name there.
    name: String,
    /// Whether it was set up.
    up: bool,
    /// The addresses that it was given.
    addresses: Vec<String>,
}

impl Verb for Veth {
    fn namespaces(&self) -> Vec<&Selector> {
        vec![&self.a.namespace, &self.b.namespace]
    }

    fn run(self, context: &Context) -> Result<Status> {
        if self.a == self.b {
            let text = format!("both ends cannot be {}", self.a);
            return Err(Failure::usage(text));
        }
        let pair = make(context, &self)?;
        context.print_list(&pair, &pair.ends, |_| text(&pair))
    }
}

/// A pair, in one line.
fn text(pair: &Pair) -> String {
    let [a, b] = pair.ends.each_ref().map(|end| {
        let addresses = end.addresses.iter().map(|address| format!(" {address}"));
        let addresses: String = addresses.collect();
        let state = if end.up { "up" } else { "down" };
        format!("{}{addresses} {state}", at(&end.name, &end.namespace))
    });
    format!("{a} <-> {b}\n")
}

/// An end, and the namespace that it goes into.
struct Side<'a> {
    end: &'a End,
    addresses: &'a [(IpAddr, u8)],
    place: Opened,
    links: Links,
}

/// Makes both ends, or none.
fn make(context: &Context, request: &Veth) -> Result<Pair> {
    let what = format!("cannot make the pair {} and {}", request.a, request.b);
    let mut a = Side::new(context, &request.a, &request.address_a)?;
    let mut b = Side::new(context, &request.b, &request.address_b)?;
    if a.place.inum == b.place.inum && a.end.name == b.end.name {
        let text = format!("{what}: both would have the same name in the same namespace");
        return Err(Failure::failed(text));
    }
    for side in [&mut a, &mut b] {
        let name = &side.end.name;
        side.place.refuse_taken(&mut side.links, &what, name)?;
    }
    let (name, other) = (&a.end.name, &b.end.name);
    let made = a
        .links
        .add_veth(name, &b.place.file, other, request.mtu)
        .map_err(|error| refusal(&what, &error, request))?;

    let ends = find(made.as_ref(), &mut a, &mut b, &what).and_then(|(first, second)| {
        let one = a.finish(&first, request.up, &what)?;
        Ok([one, b.finish(&second, request.up, &what)?])
    });
    ends.map(|ends| Pair { ends }).map_err(|mut failure| {
        failure
            .text
            .push_str(&remove(made.as_ref(), &mut a, &mut b));
        failure
    })
}

impl<'a> Side<'a> {
    fn new(context: &Context, end: &'a End, addresses: &'a [(IpAddr, u8)]) -> Result<Self> {
        let place = Opened::new(context, &end.namespace)?;
        let links = place.links()?;
        Ok(Side {
            end,
            addresses,
            place,
            links,
        })
    }

    /// An end that was made, by its index if that is known.
    fn look(&mut self, index: Option<u32>, what: &str) -> Result<Option<Link>> {
        self.made(index).map_err(|error| {
            let what = format!(
                "{what}: both were made, but {} cannot be looked up",
                self.end
            );
            Failure::link(&what, &error)
        })
    }

    fn made(&mut self, index: Option<u32>) -> std::result::Result<Option<Link>, LinkError> {
        let found = match index {
            Some(index) => self.links.by_index(index)?,
            None => self.links.by_name(&self.end.name)?,
        };
        Ok(found.filter(|link| link.kind.as_deref() == Some("veth")))
    }

    /// Removes the pair by this end, whose index and whose peer's are these, if they are known; false
    /// when it is no longer there.
    fn remove(
        &mut self,
        index: Option<u32>,
        other: Option<u32>,
    ) -> std::result::Result<bool, LinkError> {
        let ours =
            |link: &Link| link.name == self.end.name || (other.is_some() && lower(link) == other);
        let Some(link) = self.made(index)?.filter(ours) else {
            return Ok(false);
        };
        match self.links.delete(link.index) {
            Ok(()) => Ok(true),
            Err(error) if error.errno() == Some(Errno::ENODEV) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives an end its addresses and sets it up.
    fn finish(&mut self, link: &Link, up: bool, what: &str) -> Result<MadeEnd> {
        let end = self.end;
        for (address, prefix) in self.addresses {
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
        let addresses = self.addresses.iter();
        Ok(MadeEnd {
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

/// The two ends that were made; the first is known as it was then, unless the kernel is too old.
fn find(
    made: Option<&Link>,
    a: &mut Side<'_>,
    b: &mut Side<'_>,
    what: &str,
) -> Result<(Link, Link)> {
    let first = a.look(made.map(|made| made.index), what)?;
    let second = b.look(made.and_then(lower), what)?;
    match (first, second) {
        (Some(one), Some(two)) if leads_to(&one, &two) && leads_to(&two, &one) => Ok((one, two)),
        _ => Err(Failure::failed(format!("{what}: both were created but no longer exist: somebody else moved, renamed or removed them"),
        )),
    }
}

/// Removes what was made. Either end will do, as the other one goes with it; but not one that somebody
/// else made under the name meanwhile. Gives what is to be told of it.
fn remove<'a>(made: Option<&Link>, a: &mut Side<'a>, b: &mut Side<'a>) -> String {
    let mut problem = None;
    let indices = [made.map(|made| made.index), made.and_then(lower)];
    for (side, [own, other]) in [(a, indices), (b, [indices[1], indices[0]])] {
        match side.remove(own, other) {
            Ok(true) => return String::new(),
            Ok(false) => {}
            Err(error) => problem = Some(error),
        }
    }
    match problem {
        Some(error) => format!(", and the pair could not be removed again: {error}"),
        None => {
            ", and the pair could not be removed again: neither end is where it was made; somebody \
             else moved or removed it"
                .to_owned()
        }
    }
}

fn lower(link: &Link) -> Option<u32> {
    link.lower.and_then(|lower| lower.index)
}

fn leads_to(link: &Link, other: &Link) -> bool {
    lower(link) == Some(other.index)
}

fn refusal(what: &str, error: &LinkError, request: &Veth) -> Failure {
    let advice = match error.errno() {
        Some(Errno::EOPNOTSUPP) => "try 'modprobe veth'",
        // Of the MTU, the kernel says no more than that.
        Some(Errno::EINVAL) if request.mtu.is_some() => "a pair takes an MTU of 68 to 65535",
        Some(Errno::EEXIST) => "somebody else took one of the names meanwhile",
        _ => "",
    };
    Failure::link(what, error).advise(advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{book, golden_data};

    #[test]
    fn a_pair_as_text_and_json() {
        let end = |cookie, name: &str, addresses: &[&str]| MadeEnd {
            namespace: book().place(cookie),
            ifindex: 2,
            name: name.to_owned(),
            up: !addresses.is_empty(),
            addresses: addresses.iter().map(|text| (*text).to_owned()).collect(),
        };
        let pair = Pair {
            ends: [
                end(7, "host0", &[]),
                end(4711, "ct0", &["10.0.0.2/24", "2001:db8::2/64"]),
            ],
        };
        golden_data("veth", text(&pair), &pair);
    }
}
