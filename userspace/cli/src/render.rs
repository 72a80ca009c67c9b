// SPDX-License-Identifier: GPL-2.0-only

//! Data as people or programs read it: the only place that makes output, and the only way out.

pub(crate) mod choice;
pub(crate) mod device;
pub(crate) mod table;
pub(crate) mod text;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use clap::ColorChoice;
use rustix::termios::tcgetwinsize;
use serde::Serialize;

use crate::error::{Failure, Result};
use crate::pager;
use crate::printable::is_visible;

pub(crate) use text::Style;

/// What output is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For programs that read lines.
    JsonLines,
}

/// How output shall look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// As JSON.
    pub(crate) json: bool,
    /// That on one line, of a list each of its rows.
    pub(crate) lines: bool,
    /// With a header.
    pub(crate) header: bool,
    /// With a footer.
    pub(crate) footer: bool,
    /// With colour.
    pub(crate) color: bool,
    /// Lines drawn with characters beyond ASCII.
    pub(crate) unicode: bool,
    /// Tables no wider than so many columns.
    pub(crate) width: Option<u16>,
}

impl Look {
    /// How output looks on the standard output of this process.
    pub(crate) fn new(format: Format, no_legend: bool, color: ColorChoice) -> Self {
        let terminal = io::stdout().is_terminal();
        Look {
            json: format != Format::Text,
            lines: format == Format::JsonLines,
            header: !no_legend,
            footer: !no_legend && terminal,
            color: has_color(color, terminal),
            unicode: has_unicode(),
            width: terminal_width(),
        }
    }

    /// Data as JSON, or as the text that is made for people.
    pub(crate) fn choose(
        self,
        data: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<String> {
        if self.json {
            to_json(data, !self.lines)
        } else {
            Ok(text())
        }
    }

    /// The same of a list, of which JSON lines are one for each of its rows.
    pub(crate) fn choose_list(
        self,
        list: &impl Serialize,
        rows: &[impl Serialize],
        text: impl FnOnce() -> String,
    ) -> Result<String> {
        match self.lines {
            true => rows.iter().map(|row| to_json(row, false)).collect(),
            false => self.choose(list, text),
        }
    }

    /// The same in one line, as one of many.
    pub(crate) fn choose_line(
        self,
        data: &impl Serialize,
        text: impl FnOnce() -> String,
    ) -> Result<String> {
        match self.json {
            true => to_json(data, false),
            false => Ok(text()),
        }
    }
}

/// Writes to standard output, in a pager if that is wanted and it is more than a terminal can show.
pub(crate) fn show(text: &str, paged: bool) -> Result<()> {
    let is_long = terminal_size().is_some_and(|size| pager::is_long(text, size));
    if paged && is_long && !is_dumb() && pager::show(text) {
        return Ok(());
    }
    print(text).map(|_| ())
}

/// Writes to standard output; false when nobody reads it any more.
pub(crate) fn print(text: &str) -> Result<bool> {
    print_bytes(text.as_bytes())
}

/// Writes what is no text everywhere to standard output; false when nobody reads it any more.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<bool> {
    let mut output = io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::failed(format!("cannot write the output: {error}"))),
    }
}

/// Data as JSON, on several lines or on one.
pub(crate) fn to_json(data: &impl Serialize, pretty: bool) -> Result<String> {
    let text = if pretty {
        serde_json::to_string_pretty(data)
    } else {
        serde_json::to_string(data)
    };
    text.map(|text| unacting(&text) + "\n")
        .map_err(|error| Failure::failed(format!("cannot write JSON: {error}")))
}

/// JSON that says the same and does nothing to a terminal: what does stands in strings only.
fn unacting(json: &str) -> String {
    if json
        .bytes()
        .all(|byte| byte == b'\n' || matches!(byte, b' '..=b'~'))
    {
        return json.to_owned();
    }
    let mut safe = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter == '\n' || is_visible(letter) {
            safe.push(letter);
        } else {
            let units = letter.encode_utf16(&mut [0; 2]).to_vec();
            safe.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    safe
}

/// Columns of the terminal. None when standard output is none, as what reads a pipe wants all of it.
pub(crate) fn terminal_width() -> Option<u16> {
    terminal_size().map(|(_, columns)| columns)
}

/// Lines and columns of the terminal.
fn terminal_size() -> Option<(u16, u16)> {
    let output = io::stdout();
    if !output.is_terminal() {
        return None;
    }
    let size = tcgetwinsize(&output).ok()?;
    // One that does not know its size says 0.
    (size.ws_row > 0 && size.ws_col > 0).then_some((size.ws_row, size.ws_col))
}

/// Whether the terminal can do nothing but show lines one below the other.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Whether output is in colour: what is typed decides, then what the environment asks for.
fn has_color(color: ColorChoice, terminal: bool) -> bool {
    match color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if anstyle_query::no_color() => false,
        ColorChoice::Auto if anstyle_query::clicolor_force() => true,
        ColorChoice::Auto => {
            let refused = anstyle_query::clicolor() == Some(false);
            terminal && !refused && anstyle_query::term_supports_color()
        }
    }
}

/// Whether characters beyond ASCII can be read, by what the locale says.
fn has_unicode() -> bool {
    is_unicode(|name| std::env::var_os(name))
}

fn is_unicode(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    // The first one that is set decides, as in setlocale(3).
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(variable)
        .find(|value| !value.is_empty())
        .is_some_and(|value| {
            let value = value.to_string_lossy().to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_the_same_without_doing_anything_to_a_terminal() {
        let name = "a\u{202e}\u{7f}\u{9b}\n\u{e0001}\u{e4}\"\\";
        let json = to_json(&[name], true).unwrap();
        assert!(
            json.contains("\\u202e\\u007f\\u009b\\n\\udb40\\udc01\u{e4}"),
            "{json}"
        );
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [name]);
    }

    fn unicode(set: &[(&str, &str)]) -> bool {
        is_unicode(|name| {
            let found = set.iter().find(|(key, _)| *key == name)?;
            Some(found.1.into())
        })
    }

    #[test]
    fn the_first_variable_that_is_set_decides() {
        assert!(unicode(&[("LANG", "en_GB.UTF-8")]));
        assert!(unicode(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]));
        assert!(!unicode(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")]));
        assert!(!unicode(&[]));
    }
}
