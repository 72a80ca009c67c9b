// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attribute set `nsid`.

use homeward_abi::nsid;

use super::attr::attrs;
use crate::error::Malformed;
use crate::model::Nsid;

/// Reads an id and the namespace that has it.
pub(crate) fn nsid(bytes: &[u8]) -> Result<Nsid, Malformed> {
    let (mut id, mut namespace, mut inum) = (None, None, None);
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            nsid::ID => id = Some(attr.u32()?),
            nsid::NS_COOKIE => namespace = Some(attr.uint()?),
            nsid::INUM => inum = Some(attr.u32()?),
            _ => {}
        }
    }
    match (id, namespace, inum) {
        (Some(id), Some(namespace), Some(inum)) => Ok(Nsid {
            id,
            namespace,
            inum,
        }),
        _ => Err(Malformed("id without its namespace")),
    }
}
