// SPDX-License-Identifier: GPL-2.0-only

//! What the verbs mean that change something.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::{device, selector};
use crate::args;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::selector::{DeviceName, DeviceSelector, Selector};
use crate::value::device_name;

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
    fn new(selector: DeviceSelector, addresses: &[(IpAddr, u8)]) -> Result<Self> {
        let DeviceName::Name(name) = selector.device else {
            return Err(wrong("a device that is to be made needs a name, no index"));
        };
        Ok(VethEnd {
            name: device_name(&name).map_err(|why| wrong(&why))?,
            namespace: selector.namespace,
            addresses: addresses.to_vec(),
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
            timeout: args.timeout,
        })
    }
}

fn wrong(text: &str) -> Failure {
    Failure::new(Status::Usage, text)
}
