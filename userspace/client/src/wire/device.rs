// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attribute sets `dev`, `home`, `fate`, `return` and `failure`.

use homeward_abi::{dev, failure, fate, home, returned};
use nix::errno::Errno;

use super::attr::attrs;
use crate::error::Malformed;
use crate::model::{Action, Cause, Device, Failure, Fate, Home, Reason, Return, Settings};

/// Reads a device from its attributes.
pub(crate) fn device(bytes: &[u8]) -> Result<Device, Malformed> {
    let mut namespace = None;
    let mut ifindex = None;
    let mut name = None;
    let mut made = Device {
        namespace: 0,
        ifindex: 0,
        name: String::new(),
        kind: None,
        physical: false,
        immovable: false,
        flags: None,
        homes: Vec::new(),
        abridged: false,
        fate: None,
    };
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            dev::NS_COOKIE => namespace = Some(attr.uint()?),
            dev::IFINDEX => ifindex = Some(attr.u32()?),
            dev::NAME => name = Some(attr.string()),
            dev::KIND => made.kind = Some(attr.string()),
            dev::PHYSICAL => made.physical = true,
            dev::IMMOVABLE => made.immovable = true,
            dev::FLAGS => made.flags = Some(attr.u32()?),
            dev::HOME => made.homes.push(home(attr.payload)?),
            dev::ABRIDGED => made.abridged = true,
            dev::FATE => made.fate = Some(fate(attr.payload)?),
            _ => {}
        }
    }
    made.namespace = namespace.ok_or(Malformed("device without network namespace"))?;
    made.ifindex = ifindex.ok_or(Malformed("device without index"))?;
    made.name = name.ok_or(Malformed("device without name"))?;
    Ok(made)
}

/// Reads how a device came home from the attributes of the device.
pub(super) fn return_of_device(bytes: &[u8]) -> Result<Option<Return>, Malformed> {
    for attr in attrs(bytes) {
        let attr = attr?;
        if attr.kind == dev::RETURN {
            return homecoming(attr.payload).map(Some);
        }
    }
    Ok(None)
}

fn home(bytes: &[u8]) -> Result<Home, Malformed> {
    let mut namespace = None;
    let mut made = Home::default();
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            home::NS_COOKIE => namespace = Some(attr.uint()?),
            home::ALIVE => made.alive = true,
            home::NAME => made.name = Some(attr.string()),
            home::SETTINGS => made.settings = Settings::from(attr.u32()?),
            home::MTU => made.mtu = Some(attr.u32()?),
            home::ADDRESS => made.address = Some(attr.payload.to_owned()),
            home::TXQLEN => made.txqlen = Some(attr.u32()?),
            home::GROUP => made.group = Some(attr.u32()?),
            home::ALIAS => made.alias = Some(attr.string()),
            home::ALTNAME => made.altnames.push(attr.string()),
            home::GSO_MAX_SIZE => made.gso_max_size = Some(attr.u32()?),
            home::GSO_MAX_SEGS => made.gso_max_segs = Some(attr.u32()?),
            home::GRO_MAX_SIZE => made.gro_max_size = Some(attr.u32()?),
            home::GSO_IPV4_MAX_SIZE => made.gso_ipv4_max_size = Some(attr.u32()?),
            home::GRO_IPV4_MAX_SIZE => made.gro_ipv4_max_size = Some(attr.u32()?),
            _ => {}
        }
    }
    made.namespace = namespace.ok_or(Malformed("home without network namespace"))?;
    Ok(made)
}

fn fate(bytes: &[u8]) -> Result<Fate, Malformed> {
    let mut made = Fate {
        action: Action::Other(0),
        reason: Reason::Other(0),
        destination: None,
        name: None,
    };
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            fate::ACTION => made.action = Action::from(attr.u32()?),
            fate::REASON => made.reason = Reason::from(attr.u32()?),
            fate::NS_COOKIE => made.destination = Some(attr.uint()?),
            fate::NAME => made.name = Some(attr.string()),
            _ => {}
        }
    }
    Ok(made)
}

fn homecoming(bytes: &[u8]) -> Result<Return, Malformed> {
    let mut made = Return {
        cause: Cause::Other(0),
        from: None,
        from_name: None,
        home_name: None,
        restored: Settings::default(),
        failures: Vec::new(),
    };
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            returned::CAUSE => made.cause = Cause::from(attr.u32()?),
            returned::FROM_COOKIE => made.from = Some(attr.uint()?),
            returned::FROM_NAME => made.from_name = Some(attr.string()),
            returned::HOME_NAME => made.home_name = Some(attr.string()),
            returned::RESTORED => made.restored = Settings::from(attr.u32()?),
            returned::FAILURE => made.failures.push(failure(attr.payload)?),
            _ => {}
        }
    }
    Ok(made)
}

fn failure(bytes: &[u8]) -> Result<Failure, Malformed> {
    let mut made = Failure {
        setting: Settings::default(),
        errno: Errno::UnknownErrno,
    };
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            failure::SETTING => made.setting = Settings::from(attr.u32()?),
            failure::ERROR => {
                let errno = i32::try_from(attr.u32()?).unwrap_or_default();
                made.errno = Errno::from_raw(errno);
            }
            _ => {}
        }
    }
    Ok(made)
}
