// SPDX-License-Identifier: GPL-2.0-only

//! What the verbs mean that change something.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use homeward_policy::is_device_name;

use super::{device, selector, time};
use crate::args;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::selector::{DeviceName, DeviceSelector, Selector};

/// Bring devices home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recall {
    /// Which.
    pub(crate) which: Which,
    /// Only show where they would go.
    pub(crate) dry_run: bool,
}

/// Which devices to bring home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    /// This one.
    One(DeviceSelector),
    /// All in this namespace that are away.
    All(Selector),
}

/// Decide about a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Which.
    pub(crate) device: DeviceSelector,
    /// How.
    pub(crate) decision: Decision,
}

/// What is decided about a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It comes home, with this name if there is one.
    Keep(Option<String>),
    /// It is left to the kernel.
    Release,
    /// Nothing: rules and defaults do.
    Nothing,
}

/// Move a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Move {
    /// Which.
    pub(crate) device: DeviceSelector,
    /// Where to.
    pub(crate) target: Selector,
    /// The name that it is to have there.
    pub(crate) name: Option<String>,
    /// Whether to set it up there.
    pub(crate) up: bool,
}

/// Make a pair of devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Veth {
    /// Its ends.
    pub(crate) ends: [VethEnd; 2],
    /// Whether to set both up.
    pub(crate) up: bool,
    /// The MTU of both.
    pub(crate) mtu: Option<u32>,
}

/// One end of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VethEnd {
    /// Its name.
    pub(crate) name: String,
    /// Where it goes.
    pub(crate) namespace: Selector,
    /// Its addresses, with the length of their prefixes.
    pub(crate) addresses: Vec<(IpAddr, u8)>,
}

/// Wait for the end of a namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wait {
    /// Which.
    pub(crate) namespace: Selector,
    /// For how long at most.
    pub(crate) timeout: Option<Duration>,
}

/// Remove names without a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prune {
    /// Whether to do it, or only to show what would be done.
    pub(crate) really: bool,
    /// Only names that are at least so old.
    pub(crate) older_than: Duration,
}

impl Recall {
    pub(super) fn new(args: &args::Recall) -> Result<Self> {
        let which = match (&args.device, &args.from) {
            (Some(text), _) => Which::One(device(text)?),
            (None, Some(text)) => Which::All(selector(text)?),
            (None, None) => return Err(wrong("say which device, or '--all --from NS'")),
        };
        Ok(Recall {
            which,
            dry_run: args.dry_run,
        })
    }
}

impl Mark {
    pub(super) fn keep(args: &args::Keep) -> Result<Self> {
        let decision = match args.undo {
            true => Decision::Nothing,
            false => Decision::Keep(args.home_name.as_deref().map(device_name).transpose()?),
        };
        Ok(Mark {
            device: device(&args.device)?,
            decision,
        })
    }

    pub(super) fn release(args: &args::Release) -> Result<Self> {
        let decision = match args.undo {
            true => Decision::Nothing,
            false => Decision::Release,
        };
        Ok(Mark {
            device: device(&args.device)?,
            decision,
        })
    }
}

impl Move {
    pub(super) fn new(args: args::Move) -> Result<Self> {
        Ok(Move {
            device: device(&args.device)?,
            target: selector(&args.target)?,
            name: args.name.as_deref().map(device_name).transpose()?,
            up: args.up,
        })
    }
}

impl Veth {
    pub(super) fn new(args: &args::Veth) -> Result<Self> {
        let a = VethEnd::new(device(&args.a)?, &args.address_a)?;
        let b = VethEnd::new(device(&args.b)?, &args.address_b)?;
        if (&a.name, &a.namespace) == (&b.name, &b.namespace) {
            return Err(wrong(&format!("both ends cannot be {a}")));
        }
        Ok(Veth {
            ends: [a, b],
            up: args.up,
            mtu: args.mtu,
        })
    }
}

impl VethEnd {
    fn new(selector: DeviceSelector, addresses: &[String]) -> Result<Self> {
        let DeviceName::Name(name) = selector.device else {
            return Err(wrong("a device that is to be made needs a name, no index"));
        };
        Ok(VethEnd {
            name: device_name(&name)?,
            namespace: selector.namespace,
            addresses: addresses
                .iter()
                .map(|text| address(text))
                .collect::<Result<_>>()?,
        })
    }
}

impl fmt::Display for VethEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.namespace)
    }
}

impl Wait {
    pub(super) fn new(args: &args::Wait) -> Result<Self> {
        Ok(Wait {
            namespace: selector(&args.namespace)?,
            timeout: args.timeout.as_deref().map(time).transpose()?,
        })
    }
}

impl Prune {
    pub(super) fn new(args: &args::Prune) -> Result<Self> {
        Ok(Prune {
            really: args.yes,
            older_than: time(&args.older_than)?,
        })
    }
}

/// A name that a device can be given.
fn device_name(text: &str) -> Result<String> {
    if is_device_name(text.as_bytes()) {
        return Ok(text.to_owned());
    }
    Err(wrong(&format!(
        "no device can be called '{text}': a name has 1 to 15 bytes, without '/', ':', '%' and spaces"
    )))
}

/// An address, with the length of its prefix or as a single one.
fn address(text: &str) -> Result<(IpAddr, u8)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let parse = || {
        let address: IpAddr = address.parse().ok()?;
        let most = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let prefix = match prefix {
            // parse() would take a sign.
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        (prefix <= most).then_some((address, prefix))
    };
    parse().ok_or_else(|| {
        wrong(&format!(
            "'{text}' is no IP address with a length, such as 192.0.2.1/24 or 2001:db8::1/64"
        ))
    })
}

fn wrong(text: &str) -> Failure {
    Failure::new(Status::Usage, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_length_or_is_a_single_one() {
        let four: IpAddr = "192.0.2.1".parse().unwrap();
        let six: IpAddr = "2001:db8::1".parse().unwrap();
        assert_eq!(address("192.0.2.1/24"), Ok((four, 24)));
        assert_eq!(address("192.0.2.1"), Ok((four, 32)));
        assert_eq!(address("2001:db8::1/64"), Ok((six, 64)));
        for text in [
            "",
            "/24",
            "192.0.2.1/",
            "192.0.2.1/33",
            "192.0.2.1/+24",
            "192.0.2.1/-1",
            "2001:db8::1/129",
            "192.0.2/24",
            "192.0.2.1/24/24",
            "example.org/24",
        ] {
            assert_eq!(address(text).unwrap_err().status, Status::Usage, "{text}");
        }
    }

    #[test]
    fn a_new_name_is_one_that_the_kernel_would_take_as_it_is() {
        assert_eq!(device_name("net0"), Ok("net0".to_owned()));
        assert_eq!(device_name("nët0"), Ok("nët0".to_owned()));
        for text in ["", "net%d", "a b", "a/b", "a:b", "..", "sixteen-letters-"] {
            assert_eq!(
                device_name(text).unwrap_err().status,
                Status::Usage,
                "{text}"
            );
        }
    }
}
