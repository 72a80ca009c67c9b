// SPDX-License-Identifier: GPL-2.0-only

//! What `ip netns` prints, byte by byte.
//!
//! Names go out as they are, also those that are no UTF-8; only a terminal is spared control
//! characters.

use std::ffi::OsStr;
use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;

use homeward_netns::Change;

use super::ids::{Named, NamedId};
use crate::compat::Format;
use crate::printable::printable;

/// Something to print: keys, values, and how text shows them.
type Object = Vec<(&'static str, Value)>;

enum Value {
    Text(Vec<u8>),
    Number(u32),
}

/// Names, for `netns list`.
pub(super) fn names(list: &[Named], format: Format) -> Vec<u8> {
    if format.json {
        let object = |named: &Named| {
            let mut object = vec![("name", text(&named.name))];
            object.extend(named.id.map(|id| ("id", Value::Number(id))));
            object
        };
        return array(list.iter().map(object), format.pretty);
    }
    let mut output = Vec::new();
    for named in list {
        output.extend(shown(&named.name));
        if let Some(id) = named.id {
            output.extend(format!(" (id: {id})").bytes());
        }
        output.push(b'\n');
    }
    output
}

/// Ids, for `netns list-id`.
pub(super) fn ids(list: &[NamedId], format: Format) -> Vec<u8> {
    if format.json {
        let object = |one: &NamedId| {
            let number = |key, id: Option<u32>| id.map(|id| (key, Value::Number(id)));
            let mut object: Object = number("nsid", one.nsid.id).into_iter().collect();
            object.extend(number("current-nsid", one.nsid.current.flatten()));
            object.extend(one.name.as_ref().map(|name| ("name", text(name))));
            object
        };
        return array(list.iter().map(object), format.pretty);
    }
    let mut output = Vec::new();
    for one in list {
        let id = |key: &str, id: Option<u32>| match id {
            Some(id) => format!("{key} {id} "),
            None => format!("{key} unassigned "),
        };
        output.extend(id("nsid", one.nsid.id).bytes());
        let current = one.nsid.current.map(|current| id("current-nsid", current));
        output.extend(current.unwrap_or_default().bytes());
        if let Some(name) = &one.name {
            output.extend(b"(iproute2 netns name: ");
            output.extend(shown(name));
            output.push(b')');
        }
        output.push(b'\n');
    }
    output
}

/// A name alone, or an empty line.
pub(super) fn name(name: Option<&OsStr>) -> Vec<u8> {
    let mut output = name.map(shown).unwrap_or_default();
    output.push(b'\n');
    output
}

/// Process ids.
pub(super) fn pids(pids: &[u32]) -> Vec<u8> {
    pids.iter()
        .flat_map(|pid| format!("{pid}\n").into_bytes())
        .collect()
}

/// Names that came and went.
pub(super) fn changes(changes: &[Change]) -> Vec<u8> {
    let mut output = Vec::new();
    for change in changes {
        let (what, name) = match change {
            Change::Added(name) => ("add ", name),
            Change::Deleted(name) => ("delete ", name),
        };
        output.extend(what.bytes());
        output.extend(shown(name));
        output.push(b'\n');
    }
    output
}

/// What comes before the output of a command in one of several namespaces.
pub(super) fn header(name: &OsStr) -> Vec<u8> {
    [b"\nnetns: ".to_vec(), shown(name), b"\n".to_vec()].concat()
}

fn text(name: &OsStr) -> Value {
    Value::Text(name.as_bytes().to_vec())
}

fn shown(name: &OsStr) -> Vec<u8> {
    if std::io::stdout().is_terminal() {
        printable(&name.to_string_lossy()).into_bytes()
    } else {
        name.as_bytes().to_vec()
    }
}

/// JSON with the spaces of iproute2. No library writes bytes that are no UTF-8, which `ip` does.
fn array(objects: impl Iterator<Item = Object>, pretty: bool) -> Vec<u8> {
    let spaced = |short: &'static str, long: &'static str| if pretty { long } else { short };
    let mut output = spaced("[", "[ ").as_bytes().to_vec();
    let mut empty = true;
    for object in objects {
        output.extend(if empty { "" } else { "," }.bytes());
        empty = false;
        output.push(b'{');
        for (index, (key, value)) in object.iter().enumerate() {
            output.extend(if index == 0 { "" } else { "," }.bytes());
            output.extend(spaced("", "\n        ").bytes());
            quote(&mut output, key.as_bytes());
            output.extend(spaced(":", ": ").bytes());
            match value {
                Value::Text(text) => quote(&mut output, text),
                Value::Number(number) => output.extend(number.to_string().bytes()),
            }
        }
        if !object.is_empty() {
            output.extend(spaced("", "\n    ").bytes());
        }
        output.push(b'}');
    }
    output.extend(if empty { "]\n" } else { spaced("]\n", " ]\n") }.bytes());
    output
}

fn quote(output: &mut Vec<u8>, text: &[u8]) {
    output.push(b'"');
    for byte in text {
        match byte {
            b'\t' => output.extend(b"\\t"),
            b'\n' => output.extend(b"\\n"),
            b'\r' => output.extend(b"\\r"),
            0x0c => output.extend(b"\\f"),
            0x08 => output.extend(b"\\b"),
            b'\\' | b'"' => output.extend([b'\\', *byte]),
            0..0x20 | 0x7f => output.extend(format!("\\u{byte:04x}").bytes()),
            _ => output.push(*byte),
        }
    }
    output.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeward_netns::Nsid;

    const JSON: Format = Format {
        json: true,
        pretty: false,
    };
    const PRETTY: Format = Format {
        json: true,
        pretty: true,
    };

    fn two() -> [Named; 2] {
        [("red", Some(0)), ("blue", None)].map(|(name, id)| Named {
            name: name.into(),
            id,
        })
    }

    fn utf8(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn names_are_printed_as_by_ip_netns() {
        let text = utf8(names(&two(), Format::default()));
        assert_eq!(text, "red (id: 0)\nblue\n");
        let json = utf8(names(&two(), JSON));
        assert_eq!(json, "[{\"name\":\"red\",\"id\":0},{\"name\":\"blue\"}]\n");
        assert_eq!(utf8(names(&[], JSON)), "[]\n");
        assert_eq!(utf8(names(&[], PRETTY)), "[ ]\n");
        let pretty = "[ {\n        \"name\": \"red\",\n        \"id\": 0\n    },{\n        \
                      \"name\": \"blue\"\n    } ]\n";
        assert_eq!(utf8(names(&two(), PRETTY)), pretty);
    }

    #[test]
    fn ids_are_printed_as_by_ip_netns() {
        let one = |id, current, name: Option<&str>| NamedId {
            nsid: Nsid { id, current },
            name: name.map(Into::into),
        };
        let list = [
            one(Some(1), None, None),
            one(Some(2), Some(None), None),
            one(None, Some(Some(4)), Some("red")),
            one(None, None, None),
        ];
        let text = "nsid 1 \nnsid 2 current-nsid unassigned \n\
                    nsid unassigned current-nsid 4 (iproute2 netns name: red)\nnsid unassigned \n";
        assert_eq!(utf8(ids(&list, Format::default())), text);
        let json = "[{\"nsid\":1},{\"nsid\":2},{\"current-nsid\":4,\"name\":\"red\"},{}]\n";
        assert_eq!(utf8(ids(&list, JSON)), json);
    }

    #[test]
    fn odd_names_are_json_all_the_same() {
        let named = Named {
            name: OsStr::from_bytes(b"a\"\\\n\x01\x7f\xff").to_owned(),
            id: None,
        };
        let expected = b"[{\"name\":\"a\\\"\\\\\\n\\u0001\\u007f\xff\"}]\n";
        assert_eq!(names(&[named], JSON), expected);
    }
}
