// SPDX-License-Identifier: GPL-2.0-only

//! Vertical lists of fields.

use super::{Look, Style};

/// Fields, one a line, their names right-aligned.
pub(crate) fn render(fields: &[(&str, String, Style)], look: Look) -> String {
    let width = fields.iter().map(|(name, ..)| name.len()).max();
    let width = width.unwrap_or_default();
    fields
        .iter()
        .fold(String::new(), |text, (name, value, style)| {
            let name = Style::Heading.paint(&format!("{name:>width$}"), look.color);
            let value = style.paint(value, look.color);
            text + &format!("{name}: {value}\n")
        })
}
