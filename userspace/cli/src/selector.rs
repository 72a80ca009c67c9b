// SPDX-License-Identifier: GPL-2.0-only

//! How a command line names a network namespace, or a device in one.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TryMapValueParser, TypedValueParser, ValueParserFactory};
use homeward_netns::Name;
use homeward_policy::is_device_name;

use crate::printable::printable;

/// How the help describes it.
pub(crate) const HELP: &str = "NAME (in /run/netns), /PATH, pid:N, inum:N or net:[N], cookie:N or \
                               :N, init, self";

/// The help of an argument that names a network namespace in this role.
pub(crate) fn help(role: &str) -> String {
    format!("{role}: {HELP}")
}

/// The help of an argument that names a device in this role.
pub(crate) fn device_help(role: &str) -> String {
    format!("{role}: {DEVICE_HELP}")
}

/// Which network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Selector {
    /// The one with this name in /run/netns.
    Name(Name),
    /// The one that is bound to this file.
    Path(PathBuf),
    /// The one of this process.
    Pid(u32),
    /// The one with this inode number in nsfs.
    Inum(u32),
    /// The one with this cookie, which is the id that nsenter knows it by.
    Cookie(u64),
    /// The initial one.
    Init,
    /// The one that this command runs in.
    Own,
}

/// How the help describes a device.
pub(crate) const DEVICE_HELP: &str = "DEV@NS: a name or ifindex:N, and which network namespace \
                                      (self if there is no @NS)";

/// Which device of which network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceSelector {
    /// Which device there.
    pub(crate) device: DeviceName,
    /// Where.
    pub(crate) namespace: Selector,
}

/// Which network namespace, or which device of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A network namespace.
    Namespace(Selector),
    /// A device.
    Device(DeviceSelector),
}

impl Subject {
    /// Reads it: what has an `@` in it and is no path is a device, unless a namespace has that name.
    fn parse(text: &OsStr) -> Result<Self, BadSelector> {
        let bytes = text.as_bytes();
        match bytes.contains(&b'@') && !bytes.starts_with(b"/") {
            true => DeviceSelector::parse(text).map(Subject::Device),
            false => Selector::parse(text).map(Subject::Namespace),
        }
    }
}

/// The length of an alternative name, in bytes (ALTIFNAMSIZ).
const LONGEST: usize = 127;

/// Which device of a network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeviceName {
    /// The one with this name.
    Name(String),
    /// The one with this index.
    Ifindex(u32),
}

/// Why a text names no network namespace, or no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {thing}: {reason}")]
pub(crate) struct BadSelector {
    /// What it should name.
    pub(crate) thing: &'static str,
    /// Why it does not.
    pub(crate) reason: String,
}

/// How clap reads a word with a meaning, be it Unicode or not.
type Reader<T> = TryMapValueParser<OsStringValueParser, fn(OsString) -> Result<T, BadSelector>>;

impl ValueParserFactory for Selector {
    type Parser = Reader<Self>;

    fn value_parser() -> Self::Parser {
        OsStringValueParser::new().try_map(|text| Selector::parse(&text))
    }
}

impl ValueParserFactory for DeviceSelector {
    type Parser = Reader<Self>;

    fn value_parser() -> Self::Parser {
        OsStringValueParser::new().try_map(|text| DeviceSelector::parse(&text))
    }
}

impl ValueParserFactory for Subject {
    type Parser = Reader<Self>;

    fn value_parser() -> Self::Parser {
        OsStringValueParser::new().try_map(|text| Subject::parse(&text))
    }
}

impl Selector {
    /// Reads a selector.
    pub(crate) fn parse(text: &OsStr) -> Result<Self, BadSelector> {
        let bad = |reason| BadSelector {
            thing: "network namespace",
            reason,
        };
        if text.as_bytes().starts_with(b"/") {
            return Ok(Selector::Path(PathBuf::from(text)));
        }
        match text.to_str() {
            Some("init") => return Ok(Selector::Init),
            Some("self") => return Ok(Selector::Own),
            Some(text) => {
                if let Some(number) = text.strip_prefix("pid:") {
                    return positive(number).map(Selector::Pid).map_err(bad);
                }
                if let Some(number) = text.strip_prefix("inum:") {
                    return positive(number).map(Selector::Inum).map_err(bad);
                }
                if let Some(number) = text.strip_prefix("cookie:") {
                    return positive(number).map(Selector::Cookie).map_err(bad);
                }
                // A name may begin with a colon.
                if let Some(number) = text.strip_prefix(':').filter(|rest| is_digits(rest)) {
                    return positive(number).map(Selector::Cookie).map_err(bad);
                }
                let link = text.strip_prefix("net:[");
                if let Some(number) = link.and_then(|rest| rest.strip_suffix(']')) {
                    return positive(number).map(Selector::Inum).map_err(bad);
                }
            }
            None => {}
        }
        Name::new(text)
            .map(Selector::Name)
            .map_err(|_| bad(format!("use {HELP}")))
    }
}

impl DeviceSelector {
    /// Reads a selector. The first `@` ends the device: a device with one in its name is named by
    /// its index.
    pub(crate) fn parse(text: &OsStr) -> Result<Self, BadSelector> {
        let bad = |reason| BadSelector {
            thing: "device",
            reason,
        };
        let bytes = text.as_bytes();
        let (device, namespace) = match bytes.iter().position(|byte| *byte == b'@') {
            Some(at) => {
                let namespace = Selector::parse(OsStr::from_bytes(&bytes[at + 1..]))?;
                (&bytes[..at], namespace)
            }
            None => (bytes, Selector::Own),
        };
        let device = std::str::from_utf8(device).map_err(|error| bad(error.to_string()))?;
        let device = match device.strip_prefix("ifindex:") {
            Some(number) => DeviceName::Ifindex(positive(number).map_err(bad)?),
            None if is_any_name(device) => DeviceName::Name(device.to_owned()),
            None => {
                return Err(bad(
                    "a name has 1 to 15 bytes, an alternative one at most 127, without '/', ':', '%' and spaces"
                        .to_owned(),
                ))
            }
        };
        Ok(DeviceSelector { device, namespace })
    }
}

/// What can be typed for a network namespace: `init`, else the first of its names that means it, else a
/// number. A name such as `self` or `pid:1` means another one, and one that is no text nothing.
pub(crate) fn of_namespace(
    initial: bool,
    names: &[String],
    cookie: Option<u64>,
    inum: Option<u64>,
) -> Option<String> {
    if initial {
        return Some(Selector::Init.to_string());
    }
    let means_it = |name: &&String| {
        let read = Selector::parse(OsStr::new(name));
        is_whole(name) && matches!(read, Ok(Selector::Name(_)))
    };
    let name = names.iter().find(means_it).cloned();
    name.or_else(|| cookie.map(|cookie| format!("cookie:{cookie}")))
        .or_else(|| inum.map(|inum| format!("inum:{inum}")))
}

/// What can be typed for a device, before the `@`: its name, or its index where that would be read as
/// something else.
pub(crate) fn of_device(name: &str, ifindex: u32) -> String {
    let name = Some(name).filter(|name| is_whole(name) && !name.contains('@'));
    name.map_or_else(
        || DeviceName::Ifindex(ifindex).to_string(),
        ToOwned::to_owned,
    )
}

/// Whether no byte of a name got lost, as happens to those that are no text.
fn is_whole(name: &str) -> bool {
    !name.contains(char::REPLACEMENT_CHARACTER)
}

/// Whether this can be the name of a device, or a longer alternative one. The kernel takes any bytes for the latter;
/// those that no name can have are rather a mistake.
fn is_any_name(name: &str) -> bool {
    let forbidden = |byte: u8| matches!(byte, b'/' | b':' | b'%') || byte.is_ascii_whitespace();
    let long = (16..=LONGEST).contains(&name.len()) && !name.bytes().any(forbidden);
    is_device_name(name.as_bytes()) || long
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn positive<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    text.parse::<u64>()
        .ok()
        .filter(|number| is_digits(text) && *number > 0)
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| {
            format!(
                "'{}' is not a positive number, or too large",
                printable(text)
            )
        })
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::Name(name) => name.fmt(f),
            Selector::Path(path) => path.display().fmt(f),
            Selector::Pid(pid) => write!(f, "pid:{pid}"),
            Selector::Inum(inum) => write!(f, "inum:{inum}"),
            Selector::Cookie(cookie) => write!(f, "cookie:{cookie}"),
            Selector::Init => f.write_str("init"),
            Selector::Own => f.write_str("self"),
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceName::Name(name) => f.write_str(name),
            DeviceName::Ifindex(ifindex) => write!(f, "ifindex:{ifindex}"),
        }
    }
}

impl fmt::Display for DeviceSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.device, self.namespace)
    }
}

#[cfg(test)]
mod tests;
