// SPDX-License-Identifier: GPL-2.0-only

//! What is looked for in the attributes of a request.

use core::ffi::CStr;

use kernel::prelude::*;

use super::{
    Attribute,
    Attributes,
    Request, //
};

/// Looks among attributes.
pub(crate) trait Search<'a> {
    /// The first one of this kind.
    fn get(&self, kind: u16) -> Option<Attribute<'a>>;

    /// The `u32` of this kind; 0 if there is none.
    fn u32_or_0(&self, kind: u16) -> Result<u32>;

    /// An attribute that another one of its kind precedes, but for those kinds that may repeat.
    fn duplicate(&self, may_repeat: &[u16]) -> Option<Attribute<'a>>;
}

impl<'a> Search<'a> for Attributes<'a> {
    fn get(&self, kind: u16) -> Option<Attribute<'a>> {
        self.clone().find(|attribute| attribute.kind() == kind)
    }

    fn u32_or_0(&self, kind: u16) -> Result<u32> {
        self.get(kind).map_or(Ok(0), |value| value.u32())
    }

    fn duplicate(&self, may_repeat: &[u16]) -> Option<Attribute<'a>> {
        let mut seen = 0u64;
        self.clone().find(|attribute| {
            let kind = attribute.kind();
            let bit = 1u64.checked_shl(u32::from(kind)).unwrap_or(0);
            let again = seen & bit != 0;
            seen |= bit;
            again && !may_repeat.contains(&kind)
        })
    }
}

/// Refuses a request that has an attribute twice that may come only once.
///
/// The kernel itself takes the last one and says nothing.
pub(super) fn refuse_duplicates(request: &Request<'_>, may_repeat: &[u16]) -> Result {
    match request.attributes().duplicate(may_repeat) {
        Some(second) => {
            Err(request.refuse(EINVAL, c"this attribute may come only once", Some(second)))
        }
        None => Ok(()),
    }
}

/// Says that an attribute is missing, and what it is for.
pub(crate) fn missing(request: &Request<'_>, kind: u16, why: &'static CStr) -> Error {
    request.refuse(request.missing(kind), why, None)
}
