// SPDX-License-Identifier: MIT OR Apache-2.0

//! The families of generic netlink that tell of devices, or move them.

use homeward_netlink::{attribute, attrs, Attr, NlmF, Transport};

use super::Result;
use crate::rtnetlink::{talk, LinkError};

/// The controller of generic netlink, how it is asked for a family, and what it answers.
const CONTROL: u16 = 16;
const GETFAMILY: [u8; HEADER] = [3, 1, 0, 0];
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;
/// `struct genlmsghdr`: a command, its version, and two bytes of nothing.
pub(super) const HEADER: usize = 4;

/// The number of the family with this name; refused with ENOENT if there is none.
pub(super) fn family(socket: &mut impl Transport, name: &str) -> Result<u16> {
    let name = [name.as_bytes(), b"\0"].concat();
    let name = attribute(FAMILY_NAME, &name).ok_or(LinkError::Unsendable)?;
    let mut family = None;
    let request = [&GETFAMILY[..], &name].concat();
    talk(socket, CONTROL, NlmF::ACK, &request, |_, body| {
        family = Some(find(body.get(HEADER..)?, FAMILY_ID)?.u16().ok()?);
        Some(())
    })?;
    family.ok_or(LinkError::Malformed)
}

/// The number of the family with this name, if it is registered: who asks for one by name has the kernel
/// load a module for it (`genl_family_find_byname()` in net/netlink/genetlink.c).
pub(super) fn registered(socket: &mut impl Transport, name: &str) -> Result<Option<u16>> {
    let mut found = None;
    talk(socket, CONTROL, NlmF::DUMP, &GETFAMILY, |_, body| {
        let body = body.get(HEADER..)?;
        if find(body, FAMILY_NAME)?.string() == name {
            found = Some(find(body, FAMILY_ID)?.u16().ok()?);
        }
        Some(())
    })?;
    Ok(found)
}

/// The attribute of this kind.
pub(super) fn find(body: &[u8], kind: u16) -> Option<Attr<'_>> {
    attrs(body).flatten().find(|attr| attr.kind == kind)
}
