// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attribute set `ns`.

use std::time::Duration;

use homeward_abi::{creator, ns};

use super::attr::attrs;
use crate::error::Malformed;
use crate::model::{Creator, Namespace, State};

/// Reads a namespace from its attributes.
pub(crate) fn namespace(bytes: &[u8]) -> Result<Namespace, Malformed> {
    let mut cookie = None;
    let mut made = Namespace::new(0, State::Other(0));
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            ns::COOKIE => cookie = Some(attr.uint()?),
            ns::INUM => made.inum = Some(attr.u32()?),
            ns::STATE => made.state = State::from(attr.u32()?),
            ns::INITIAL => made.initial = true,
            ns::REFS => made.refs = Some(attr.u32()?),
            ns::BORN => made.born = Some(Duration::from_nanos(attr.uint()?)),
            ns::CREATOR => made.creator = Some(creator(attr.payload)?),
            ns::OWNER_UID => made.owner_uid = Some(attr.u32()?),
            ns::USER_NS_INUM => made.user_ns_inum = Some(attr.u32()?),
            ns::DEVICES => made.devices = Some(attr.u32()?),
            ns::AWAY => made.away = Some(attr.u32()?),
            ns::LENT => made.lent = Some(attr.u32()?),
            ns::SOCKETS => made.sockets = Some(attr.u32()?),
            ns::DYING_FOR => made.dying_for = Some(Duration::from_nanos(attr.uint()?)),
            ns::STUCK => made.stuck = Some(attr.u32()?),
            _ => {}
        }
    }
    made.cookie = cookie.ok_or(Malformed("network namespace without cookie"))?;
    Ok(made)
}

fn creator(bytes: &[u8]) -> Result<Creator, Malformed> {
    let mut made = Creator::default();
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            creator::PID => made.pid = Some(attr.u32()?),
            creator::UID => made.uid = Some(attr.u32()?),
            creator::COMMAND => made.command = Some(attr.string()),
            _ => {}
        }
    }
    Ok(made)
}
