// SPDX-License-Identifier: GPL-2.0-only

//! Colours, by meaning.

use std::fmt::Write;

use anstyle::AnsiColor;

/// What a text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Nothing special.
    Plain,
    /// A heading.
    Heading,
    /// As it should be.
    Good,
    /// Worth a look.
    Notable,
    /// As it should not be.
    Bad,
    /// Not important.
    Faint,
}

impl Style {
    /// The text in its colour, if colours are wanted.
    pub(crate) fn paint(self, text: &str, color: bool) -> String {
        let mut painted = String::new();
        self.paint_onto(&mut painted, text, color);
        painted
    }

    /// The same, behind what is there.
    pub(crate) fn paint_onto(self, output: &mut String, text: &str, color: bool) {
        let style = match self {
            _ if !color || text.is_empty() => return output.push_str(text),
            Style::Plain => return output.push_str(text),
            Style::Heading => anstyle::Style::new().bold(),
            Style::Good => AnsiColor::Green.on_default(),
            Style::Notable => AnsiColor::Yellow.on_default(),
            Style::Bad => AnsiColor::Red.on_default().bold(),
            Style::Faint => anstyle::Style::new().dimmed(),
        };
        // Writing to a string does not fail.
        let _ = write!(output, "{style}{text}{style:#}");
    }

    /// This one for a count that is not 0.
    pub(crate) fn if_any(self, count: Option<u32>) -> Self {
        match count {
            None | Some(0) => Style::Plain,
            Some(_) => self,
        }
    }

    /// What the state of a namespace means.
    pub(crate) fn of_state(state: &str) -> Self {
        match state {
            "live" => Style::Good,
            "queued" => Style::Notable,
            "dying" => Style::Bad,
            _ => Style::Plain,
        }
    }

    /// What the fate of a device means.
    pub(crate) fn of_action(action: &str) -> Self {
        match action {
            "return" | "wiphy" => Style::Good,
            "kernel" => Style::Notable,
            _ => Style::Plain,
        }
    }
}
