// SPDX-License-Identifier: GPL-2.0-only

//! What is looked for in the attributes of a request, and how a text is made for who sent it.

use core::fmt::{
    self,
    Write, //
};
use core::mem;

use kernel::prelude::*;

use super::{
    Attribute,
    Attributes,
    Request, //
};

impl<'a> Attributes<'a> {
    /// The first one of this kind.
    pub(crate) fn get(&self, kind: u16) -> Option<Attribute<'a>> {
        self.clone().find(|attribute| attribute.kind() == kind)
    }

    /// An attribute that another one of its kind precedes, but for those kinds that may repeat.
    pub(crate) fn duplicate(&self, may_repeat: &[u16]) -> Option<Attribute<'a>> {
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

impl Request<'_> {
    /// Refuses a request that has an attribute twice that may come only once.
    ///
    /// The kernel itself takes the last one and says nothing.
    pub(super) fn refuse_duplicates(&self, may_repeat: &[u16]) -> Result {
        match self.attributes().duplicate(may_repeat) {
            Some(second) => {
                Err(self.refuse(EINVAL, c"this attribute may come only once", Some(second)))
            }
            None => Ok(()),
        }
    }
}

/// Room for a text.
struct Text<'a>(&'a mut [c_char]);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            let (first, rest) = mem::take(&mut self.0).split_first_mut().ok_or(fmt::Error)?;
            *first = byte;
            self.0 = rest;
        }
        Ok(())
    }
}

/// Writes a text with its final NUL, of which as much is told as there is room for.
pub(super) fn write_text(to: &mut [c_char], text: fmt::Arguments<'_>) {
    to.fill(0);
    if let Some((_, room)) = to.split_last_mut() {
        // Cut short, it is as good as can be.
        let _ = Text(room).write_fmt(text);
    }
}
