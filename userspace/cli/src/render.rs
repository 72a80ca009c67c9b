// SPDX-License-Identifier: GPL-2.0-only

//! Data as people or programs read it: the only place that makes output, and the only way out.

mod device;
mod doctor;
mod event;
mod fields;
mod namespace;
pub(crate) mod netns;
mod style;
mod table;
#[cfg(test)]
mod tests;
mod text;

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::view::{Checks, DeviceList, Line, NamespaceList, NamespaceView, Plan};

pub(crate) use style::Style;

/// How output shall look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// As JSON.
    pub(crate) json: bool,
    /// With a header.
    pub(crate) header: bool,
    /// With a footer.
    pub(crate) footer: bool,
    /// With colour.
    pub(crate) color: bool,
}

impl Look {
    /// How output looks on the standard output of this process.
    pub(crate) fn new(json: bool, no_legend: bool, no_color: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Look {
            json,
            header: !no_legend,
            footer: !no_legend && terminal,
            color: terminal && !no_color && !set("NO_COLOR") && !dumb,
        }
    }

    /// Namespaces, for `ls`.
    pub(crate) fn namespaces(self, list: &NamespaceList) -> Result<String> {
        self.choose(list, || namespace::table(list, self))
    }

    /// A namespace, for `show`.
    pub(crate) fn namespace(self, view: &NamespaceView) -> Result<String> {
        self.choose(view, || namespace::fields(view, self))
    }

    /// Devices, for `devices`.
    pub(crate) fn devices(self, list: &DeviceList) -> Result<String> {
        self.choose(list, || device::table(list, self))
    }

    /// Fates, for `plan`.
    pub(crate) fn plan(self, plan: &Plan) -> Result<String> {
        self.choose(plan, || device::plan(plan, self))
    }

    /// An event, for `watch`.
    pub(crate) fn event(self, line: &Line) -> Result<String> {
        if self.json {
            to_json(line, false)
        } else {
            Ok(event::line(line, self))
        }
    }

    /// What comes before the output of a command in one of several namespaces, for `exec`.
    pub(crate) fn place(self, place: &str) -> String {
        if self.header {
            format!("==> {} <==\n", text::printable(place))
        } else {
            String::new()
        }
    }

    /// Checks, for `doctor`.
    pub(crate) fn checks(self, checks: &Checks) -> Result<String> {
        self.choose(checks, || doctor::lines(checks, self))
    }

    fn choose(self, data: &impl Serialize, text: impl FnOnce() -> String) -> Result<String> {
        if self.json {
            to_json(data, true)
        } else {
            Ok(text())
        }
    }
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
        Err(error) => Err(Failure::new(
            Status::Failed,
            format!("cannot write the output: {error}"),
        )),
    }
}

fn to_json(data: &impl Serialize, pretty: bool) -> Result<String> {
    let text = if pretty {
        serde_json::to_string_pretty(data)
    } else {
        serde_json::to_string(data)
    };
    text.map(|text| text + "\n")
        .map_err(|error| Failure::new(Status::Failed, format!("cannot write JSON: {error}")))
}
