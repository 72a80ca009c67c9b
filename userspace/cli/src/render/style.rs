// SPDX-License-Identifier: GPL-2.0-only

//! Colours, by meaning.

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
        let style = match self {
            _ if !color || text.is_empty() => return text.to_owned(),
            Style::Plain => return text.to_owned(),
            Style::Heading => anstyle::Style::new().bold(),
            Style::Good => AnsiColor::Green.on_default(),
            Style::Notable => AnsiColor::Yellow.on_default(),
            Style::Bad => AnsiColor::Red.on_default().bold(),
            Style::Faint => anstyle::Style::new().dimmed(),
        };
        format!("{style}{text}{style:#}")
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
            "return" => Style::Good,
            "kernel" => Style::Notable,
            _ => Style::Plain,
        }
    }
}
