// SPDX-License-Identifier: GPL-2.0-only

//! Every variant of every type of error in userspace, found in the source: what it tells to do, or why
//! there is nothing to do.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use homeward_client::{Malformed, Refusal};
use homeward_netns::Refused;
use syn::Item;

use super::*;
use crate::file::state::State;
use crate::selector::{DeviceSelector, Selector};

const THERE: &str = "what is asked for is not there, and the message names it";
const COMPAT: &str =
    "in the words of `ip netns`, which gives no advice; the errno tells what is denied";
const KERNEL: &str = "only the kernel's own words tell what is wrong with the request";
const PART: &str = "is told as part of another, which has the advice";
const RUNS: &str = "the command runs all the same, without what the message names";
const TYPED: &str = "the reason is all that there is to say about what was typed";
const FILE: &str = "the open file is no network namespace, whatever one does";

/// What a variant tells to do.
enum Told {
    /// This, in the text of a failure.
    Advice(String, &'static str),
    /// Nothing, and why.
    Nothing(&'static str),
}
use Told::{Advice, Nothing};

fn client(error: ClientError, advice: &'static str) -> Told {
    Advice(Failure::client("cannot", &error).to_string(), advice)
}

fn netns(error: NetnsError, advice: &'static str) -> Told {
    Advice(Failure::netns("cannot", &error).to_string(), advice)
}

fn link(error: LinkError, advice: &'static str) -> Told {
    Advice(Failure::link("cannot", &error).to_string(), advice)
}

fn refusal(errno: Errno) -> ClientError {
    let operation = "ns-get";
    let (message, attribute) = (None, None);
    ClientError::Refused(Refusal {
        setting: None,
        operation,
        errno,
        message,
        attribute,
    })
}

fn needs_root() -> &'static str {
    if geteuid().is_root() {
        "run it outside"
    } else {
        "so run it as root"
    }
}

/// A variant a line.
macro_rules! table {
    ($($name:literal: $told:expr;)*) => { BTreeMap::from([$(($name, $told)),*]) };
}

fn table() -> BTreeMap<&'static str, Told> {
    let (name, path) = (|| "x".into(), || "/x".into());
    let refused = Refused {
        errno: Errno::EPERM,
        message: None,
    };
    let state = |version: u32| {
        let text = format!("{{\"format\": \"homeward-state\", \"version\": {version}}}");
        State::parse(&text).unwrap_err().to_string()
    };
    let foreign = State::parse("x").unwrap_err().to_string();
    let device = DeviceSelector::parse("".as_ref()).unwrap_err().to_string();
    assert!(device.contains("a name has"));
    let selector = Selector::parse("a/b".as_ref()).unwrap_err().to_string();
    let unread = HoldersError::Read {
        path: path(),
        errno: Errno::EACCES,
    };
    let unread = Failure::holders("cannot", &unread).to_string();
    table! {
        "client::Error::NotLoaded": client(ClientError::NotLoaded, "modprobe homeward");
        "client::Error::NotInitial": client(ClientError::NotInitial, "nsenter -t 1 -n homeward");
        "client::Error::NoGroup": client(ClientError::NoGroup("events"), "homeward doctor");
        "client::Error::Refused": client(refusal(Errno::EPERM), needs_root());
        "client::Error::Interrupted": client(ClientError::Interrupted { attempts: 3 }, "try again");
        "client::Error::Unsendable": Nothing(TYPED);
        "client::Error::Malformed": client(ClientError::Malformed(Malformed("x")), "homeward doctor");
        "client::Error::NoAnswer": client(ClientError::NoAnswer, "dmesg");
        "client::Error::System": client(ClientError::System { what: "x", errno: Errno::EMFILE }, "ulimit -n");
        "client::Refusal": Nothing(PART);
        "client::Unsendable": Nothing(PART);
        "netlink::Malformed": Nothing(PART);
        "netlink::Error::Send": Nothing(PART);
        "netlink::Error::Receive": Nothing(PART);
        "netlink::Error::NoAnswer": Nothing(PART);
        "netlink::Error::Malformed": Nothing(PART);
        "netns::Error::MakeDirectory": Nothing(COMPAT);
        "netns::Error::OpenDirectory": Nothing(COMPAT);
        "netns::Error::Lock": Nothing(COMPAT);
        "netns::Error::Locked": netns(NetnsError::Locked { path: path() }, "lslocks");
        "netns::Error::Share": Nothing(COMPAT);
        "netns::Error::MakeMountPoint": Nothing(COMPAT);
        "netns::Error::Create": Nothing(COMPAT);
        "netns::Error::Unshare": Nothing(COMPAT);
        "netns::Error::Bind": Nothing(COMPAT);
        "netns::Error::Remove": Nothing(COMPAT);
        "netns::Error::Open": netns(NetnsError::Open { name: name(), errno: Errno::EACCES }, needs_root());
        "netns::Error::NoNamespace": Nothing(THERE);
        "netns::Error::Enter": netns(NetnsError::Enter { name: name(), errno: Errno::EPERM }, needs_root());
        "netns::Error::UnshareMounts": netns(NetnsError::UnshareMounts(Errno::EPERM), "--no-sysfs --etc=off");
        "netns::Error::Enslave": netns(NetnsError::Enslave(Errno::EINVAL), "--no-sysfs --etc=off");
        "netns::Error::MountSys": netns(NetnsError::MountSys(Errno::EPERM), "--no-sysfs,");
        "netns::Error::Read": netns(NetnsError::Read { path: path(), errno: Errno::EACCES }, needs_root());
        "netns::Error::System": netns(NetnsError::System { what: "x", errno: Errno::EMFILE }, "ulimit -n");
        "netns::InvalidName": Nothing(COMPAT);
        "netns::NsidError::Explained": Nothing(COMPAT);
        "netns::NsidError::Refused": Nothing(COMPAT);
        "netns::NsidError::Malformed": Nothing(COMPAT);
        "netns::Warning::Bind": Nothing(RUNS);
        "netns::Warning::Read": Nothing(RUNS);
        "netns::Warning::Keep": Nothing(RUNS);
        "netns::VrfError::Open": Nothing(RUNS);
        "netns::VrfError::Join": Nothing(RUNS);
        "netns::LinkError::Refused": link(LinkError::Refused(refused), needs_root());
        "netns::LinkError::System": link(LinkError::System(Errno::ENOBUFS), "try again");
        "netns::LinkError::Unsendable": Nothing(KERNEL);
        "netns::LinkError::Malformed": Nothing(KERNEL);
        "netns::Refused": Nothing(PART);
        "holders::Error::Read": Advice(unread, needs_root());
        "holders::Error::Unknown": Nothing(FILE);
        "holders::Error::Enter": Advice(Failure::holders("cannot", &HoldersError::Enter { errno: Errno::EPERM }).to_string(), needs_root());
        "holders::Error::NotMounted": Nothing(THERE);
        "holders::Error::Unmount": Nothing(KERNEL);
        "holders::Error::Remove": Nothing(KERNEL);
        "holders::Error::InUse": Nothing(THERE);
        "cli::Unusable::Foreign": Advice(foreign, "homeward state save");
        "cli::Unusable::Version": Advice(state(7), "use the homeward that wrote it");
        "cli::BadSelector": Advice(selector, "use NAME");
    }
}

#[test]
fn every_variant_of_every_error_says_what_to_do_where_there_is_something() {
    let table = table();
    for (name, told) in &table {
        match told {
            Advice(text, advice) => assert!(text.contains(advice), "{name}: {text}"),
            Nothing(why) => assert!(why.len() > 20, "{name}"),
        }
    }
    let found = variants_of_all();
    assert!(found.len() > 40, "{found:?}");
    for name in &found {
        assert!(
            table.contains_key(name.as_str()),
            "{name} is not decided on in the table of this test"
        );
    }
    for name in table.keys() {
        assert!(
            found.iter().any(|one| one == name),
            "there is no {name} any more"
        );
    }
}

#[test]
fn root_is_not_told_to_be_root() {
    let text = needs("CAP_X");
    assert_eq!(text.contains("as root"), !geteuid().is_root(), "{text}");
    assert!(text.starts_with("this needs CAP_X, "), "{text}");
}

#[test]
fn nobody_is_told_to_get_what_yama_gives_to_none() {
    assert!(to_ask(b"3\n").contains("ptrace_scope is 3"));
    for scope in ["", "1\n", "2\n"] {
        assert_eq!(to_ask(scope.as_bytes()), to_see_all());
    }
}

/// `CRATE::TYPE::VARIANT`, or `CRATE::TYPE` of a type without variants.
fn variants_of_all() -> Vec<String> {
    let userspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for place in fs::read_dir(userspace).unwrap() {
        let place = place.unwrap();
        let name = place.file_name().into_string().unwrap();
        look_below(&place.path().join("src"), &name, &mut found);
    }
    found.sort();
    found
}

fn look_below(directory: &Path, name: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look_below(&path, name, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            let by_hand: Vec<String> = file.items.iter().filter_map(has_error_by_hand).collect();
            let types = file
                .items
                .iter()
                .filter_map(|item| variants(item, &by_hand));
            found.extend(types.flatten().map(|variant| format!("{name}::{variant}")));
        }
    }
}

/// The type of an `impl std::error::Error for TYPE`.
fn has_error_by_hand(item: &Item) -> Option<String> {
    let Item::Impl(item) = item else {
        return None;
    };
    let (_, what, _) = item.trait_.as_ref()?;
    let syn::Type::Path(whose) = &*item.self_ty else {
        return None;
    };
    let is_error = what.segments.last()?.ident == "Error";
    is_error.then(|| whose.path.segments.last().map(|one| one.ident.to_string()))?
}

fn variants(item: &Item, by_hand: &[String]) -> Option<Vec<String>> {
    let (attributes, ident) = match item {
        Item::Enum(item) => (&item.attrs, &item.ident),
        Item::Struct(item) => (&item.attrs, &item.ident),
        _ => return None,
    };
    let derives = attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => {
            list.path.is_ident("derive")
                && list
                    .tokens
                    .to_string()
                    .replace(' ', "")
                    .contains("thiserror::Error")
        }
        _ => false,
    });
    if !derives && !by_hand.iter().any(|one| ident == one) {
        return None;
    }
    Some(match item {
        Item::Enum(item) => item
            .variants
            .iter()
            .map(|one| format!("{ident}::{}", one.ident))
            .collect(),
        _ => vec![ident.to_string()],
    })
}
