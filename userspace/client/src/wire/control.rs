// SPDX-License-Identifier: MIT OR Apache-2.0

//! The controller of generic netlink, which knows the numbers of families and groups.

use super::attr::attrs;
use crate::error::Malformed;

/// Number of the controller itself.
pub(crate) const CONTROL_ID: u16 = 16;
/// Number of its group that tells of families that come and go.
pub(crate) const CONTROL_GROUP: u32 = 16;
/// Its operation to ask for a family.
pub(super) const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_CMD_DELFAMILY: u8 = 2;

const CTRL_ATTR_FAMILY_ID: u16 = 1;
/// Attribute with the name of a family.
pub(super) const CTRL_ATTR_FAMILY_NAME: u16 = 2;
const CTRL_ATTR_VERSION: u16 = 3;
const CTRL_ATTR_MCAST_GROUPS: u16 = 7;
const CTRL_ATTR_MCAST_GRP_NAME: u16 = 1;
const CTRL_ATTR_MCAST_GRP_ID: u16 = 2;

/// A family as the controller describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Family {
    /// Its number.
    pub(crate) id: u16,
    /// Its version.
    pub(crate) version: u32,
    /// Names and numbers of its groups.
    pub(crate) groups: Vec<(String, u32)>,
}

/// Reads a family from its attributes.
pub(crate) fn family(bytes: &[u8]) -> Result<Family, Malformed> {
    let mut id = None;
    let mut version = 0;
    let mut groups = Vec::new();
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            CTRL_ATTR_FAMILY_ID => id = Some(attr.u16()?),
            CTRL_ATTR_VERSION => version = attr.u32()?,
            CTRL_ATTR_MCAST_GROUPS => {
                for entry in attrs(attr.payload) {
                    groups.extend(group(entry?.payload)?);
                }
            }
            _ => {}
        }
    }
    let id = id.ok_or(Malformed("family without number"))?;
    Ok(Family {
        id,
        version,
        groups,
    })
}

fn group(bytes: &[u8]) -> Result<Option<(String, u32)>, Malformed> {
    let mut name = None;
    let mut id = None;
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            CTRL_ATTR_MCAST_GRP_NAME => name = Some(attr.string()),
            CTRL_ATTR_MCAST_GRP_ID => id = Some(attr.u32()?),
            _ => {}
        }
    }
    Ok(name.zip(id))
}

/// Number of the family that a message of the controller says is gone.
pub(crate) fn removed_family(command: u8, bytes: &[u8]) -> Option<u16> {
    if command != CTRL_CMD_DELFAMILY {
        return None;
    }
    family(bytes).ok().map(|family| family.id)
}
