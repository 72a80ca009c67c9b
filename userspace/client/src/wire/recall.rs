// SPDX-License-Identifier: MIT OR Apache-2.0

//! Answers to `recall`.

use homeward_abi::{dev, recalled};
use nix::errno::Errno;

use super::attr::attrs;
use crate::attributes::Read;
use crate::error::Malformed;
use crate::model::{RecallAll, Recalled, Return};

/// Reads the answer to a recall.
pub(crate) fn recall(bytes: &[u8]) -> Result<RecallAll, Malformed> {
    let mut made = RecallAll::default();
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            dev::RECALLED => made.devices.push(recalled(attr.payload)?),
            dev::RECALLED_COUNT => made.returned = attr.u32()?,
            dev::FAILED_COUNT => made.failed = attr.u32()?,
            _ => {}
        }
    }
    Ok(made)
}

/// Reads the answer to the recall of one device.
pub(crate) fn recall_of_one(bytes: &[u8]) -> Result<Recalled, Malformed> {
    let mut devices = recall(bytes)?.devices.into_iter();
    match (devices.next(), devices.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(Malformed("recall not of exactly one device")),
    }
}

fn recalled(bytes: &[u8]) -> Result<Recalled, Malformed> {
    let mut namespace = None;
    let mut ifindex = None;
    let mut name = None;
    let mut outcome = None;
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            recalled::NS_COOKIE => namespace = Some(attr.uint()?),
            recalled::IFINDEX => ifindex = Some(attr.u32()?),
            recalled::NAME => name = Some(attr.string()),
            recalled::RETURN => outcome = Some(Ok(Return::read(&attr)?)),
            recalled::ERROR => outcome = Some(Err(Errno::read(&attr)?)),
            _ => {}
        }
    }
    Ok(Recalled {
        namespace: namespace.ok_or(Malformed("recalled device without network namespace"))?,
        ifindex: ifindex.ok_or(Malformed("recalled device without index"))?,
        name,
        outcome: outcome.ok_or(Malformed("recalled device without outcome"))?,
    })
}
