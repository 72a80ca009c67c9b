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
#[error("it names no {thing}: {reason}")]
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
            None if is_device_name(device.as_bytes()) => DeviceName::Name(device.to_owned()),
            None => {
                return Err(bad(
                    "a name has 1 to 15 bytes, without '/', ':', '%' and spaces".to_owned(),
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
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Selector, BadSelector> {
        Selector::parse(OsStr::new(text))
    }

    #[test]
    fn every_form_is_read() {
        let name = |text| Selector::Name(Name::new(OsStr::new(text)).unwrap());
        let table = [
            ("red", name("red")),
            ("initial", name("initial")),
            ("pid", name("pid")),
            ("/proc/7/ns/net", Selector::Path("/proc/7/ns/net".into())),
            ("pid:123", Selector::Pid(123)),
            ("inum:4026532281", Selector::Inum(4026532281)),
            ("net:[4026532281]", Selector::Inum(4026532281)),
            ("cookie:4711", Selector::Cookie(4711)),
            ("cookie:18446744073709551615", Selector::Cookie(u64::MAX)),
            (":4711", Selector::Cookie(4711)),
            (":", name(":")),
            (":x", name(":x")),
            (":-1", name(":-1")),
            ("init", Selector::Init),
            ("self", Selector::Own),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_read_is_written_back() {
        for text in ["red", "/x", "pid:1", "inum:2", "cookie:3", "init", "self"] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn bad_numbers_and_bad_names_are_refused() {
        for text in [
            "pid:",
            "pid:0",
            "pid:-1",
            "pid:+1",
            "pid:x",
            "pid:4294967296",
            "inum:4294967296",
            "net:[]",
            "net:[0]",
            "cookie:18446744073709551616",
            ":18446744073709551616",
            ":0",
            "",
            ".",
            "a/b",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_printed_can_be_typed() {
        let print = |initial, names: &[&str], cookie| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            of_namespace(initial, &names, cookie, Some(5)).unwrap()
        };
        assert_eq!(print(true, &["red"], Some(7)), "init");
        assert_eq!(print(false, &["red", "blue"], Some(7)), "red");
        // What these mean is another one, or none.
        for name in ["self", "init", "pid:1", "net:[7]", ":5", "a\u{fffd}"] {
            assert_eq!(print(false, &[name], Some(7)), "cookie:7");
            assert_eq!(print(false, &[name, "red"], Some(7)), "red");
        }
        assert_eq!(print(false, &[], None), "inum:5");
        assert_eq!(of_namespace(false, &[], None, None), None);
        assert_eq!(of_device("eth0", 3), "eth0");
        assert_eq!(of_device("eth0@init", 3), "ifindex:3");
    }

    #[test]
    fn a_name_need_not_be_unicode() {
        let text = OsStr::from_bytes(b"r\xffd");
        assert!(matches!(Selector::parse(text), Ok(Selector::Name(_))));
    }

    #[test]
    fn a_device_is_read_up_to_the_first_at_sign() {
        let parse = |text| DeviceSelector::parse(OsStr::new(text));
        let selector = |device, namespace| Ok(DeviceSelector { device, namespace });
        let name = |text: &str| DeviceName::Name(text.to_owned());
        assert_eq!(parse("eth0"), selector(name("eth0"), Selector::Own));
        assert_eq!(
            parse("eth0@pid:7"),
            selector(name("eth0"), Selector::Pid(7))
        );
        let path = Selector::Path("/a@b".into());
        assert_eq!(parse("eth0@/a@b"), selector(name("eth0"), path));
        assert_eq!(
            parse("ifindex:7@init"),
            selector(DeviceName::Ifindex(7), Selector::Init)
        );
        for text in [
            "",
            "@red",
            "eth0@",
            "a/b@red",
            "sixteen-letters-@red",
            "ifindex:0@red",
            "x y",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("eth0@red").unwrap().to_string(), "eth0@red");
    }
}
