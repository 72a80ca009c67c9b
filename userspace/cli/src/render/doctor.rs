// SPDX-License-Identifier: GPL-2.0-only

//! Checks, one a line.

use super::text::printable;
use super::{Look, Style};
use crate::view::{Checks, Outcome};

/// Lines of checks.
pub(super) fn lines(checks: &Checks, look: Look) -> String {
    let width = checks.checks.iter().map(|check| check.name.len()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for check in &checks.checks {
        let style = match check.outcome {
            Outcome::Ok => Style::Good,
            Outcome::Warn => Style::Notable,
            Outcome::Fail => Style::Bad,
        };
        let outcome = style.paint(&format!("{:4}", check.outcome.name()), look.color);
        let (name, found) = (check.name, printable(&check.found));
        text.push_str(&format!("{outcome}  {name:width$}  {found}"));
        if let Some(advice) = &check.advice {
            text.push_str(&format!(": {}", printable(advice)));
        }
        text.push('\n');
    }
    text
}
