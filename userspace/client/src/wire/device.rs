// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attribute sets `dev`, `fate`, `stuck`, `return` and `failure`.

use std::time::Duration;

use homeward_abi::{dev, failure, fate, returned, stuck};
use nix::errno::Errno;

use super::attr::{attrs, Attr};
use super::home::home;
use crate::error::Malformed;
use crate::model::{
    Action, Cause, Device, Failure, Fate, Mark, Moved, Reason, Return, Settings, Stuck,
};

/// Reads a device from its attributes.
pub(crate) fn device(bytes: &[u8]) -> Result<Device, Malformed> {
    let mut namespace = None;
    let mut ifindex = None;
    let mut name = None;
    let mut made = Device::new(0, 0, String::new());
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
            dev::MARK => made.mark = Mark::from(attr.u32()?),
            dev::HOME_NAME => made.home_name = Some(attr.string()),
            dev::STUCK => made.stuck = Some(stuck(attr.payload)?),
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

fn fate(bytes: &[u8]) -> Result<Fate, Malformed> {
    let mut made = Fate {
        action: Action::Other(0),
        reason: Reason::Other(0),
        destination: None,
        name: None,
        rule: None,
        moved: None,
    };
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            fate::ACTION => made.action = Action::from(attr.u32()?),
            fate::REASON => made.reason = Reason::from(attr.u32()?),
            fate::NS_COOKIE => made.destination = Some(attr.uint()?),
            fate::NAME => made.name = Some(attr.string()),
            fate::RULE => made.rule = Some(attr.u32()?),
            fate::MOVED => made.moved = Some(Moved::from(attr.u32()?)),
            _ => {}
        }
    }
    Ok(made)
}

fn stuck(bytes: &[u8]) -> Result<Stuck, Malformed> {
    let mut made = Stuck::default();
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            stuck::REFS => made.refs = attr.u32()?,
            stuck::FOR => made.waiting_for = Duration::from_nanos(attr.uint()?),
            stuck::WAITING => made.waiting.push(attr.uint()?),
            stuck::WAITING_COUNT => made.waiting_count = attr.u32()?,
            _ => {}
        }
    }
    Ok(made)
}

/// Reads how a device came home.
pub(super) fn homecoming(bytes: &[u8]) -> Result<Return, Malformed> {
    let mut made = Return {
        cause: Cause::Other(0),
        from: None,
        from_name: None,
        home_name: None,
        restored: Settings::default(),
        failures: Vec::new(),
        taken: false,
    };
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            returned::CAUSE => made.cause = Cause::from(attr.u32()?),
            returned::FROM_COOKIE => made.from = Some(attr.uint()?),
            returned::FROM_NAME => made.from_name = Some(attr.string()),
            returned::HOME_NAME => made.home_name = Some(attr.string()),
            returned::RESTORED => made.restored = Settings::from(attr.uint()?),
            returned::FAILURE => made.failures.push(failure(attr.payload)?),
            returned::TAKEN => made.taken = true,
            _ => {}
        }
    }
    Ok(made)
}

fn failure(bytes: &[u8]) -> Result<Failure, Malformed> {
    let mut made = Failure {
        setting: 0,
        errno: Errno::UnknownErrno,
    };
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            failure::SETTING => made.setting = attr.u32()?,
            failure::ERROR => made.errno = errno(&attr)?,
            _ => {}
        }
    }
    Ok(made)
}

/// Reads a positive errno. One that nobody knows becomes `UnknownErrno`.
pub(super) fn errno(attr: &Attr<'_>) -> Result<Errno, Malformed> {
    let number = i32::try_from(attr.u32()?).unwrap_or_default();
    Ok(Errno::from_raw(number))
}
