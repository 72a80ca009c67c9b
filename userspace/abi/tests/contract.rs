// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)

//! `module/uapi.rs` is an image of `module/homeward.yaml`: the same numbers, names and words, nothing
//! missing, nothing more.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

#[path = "contract/code.rs"]
mod code;
#[path = "contract/spec.rs"]
mod spec;

use std::collections::BTreeMap;

const SPEC: &str = include_str!("../../../module/homeward.yaml");
const CODE: &str = include_str!("../../../module/uapi.rs");

/// All that a side says: by path, for example `ns_state::LIVE`.
type Facts = BTreeMap<String, Fact>;

/// A constant, or a module, which has neither type nor value.
#[derive(Debug, PartialEq, Eq)]
struct Fact {
    kind: String,
    value: String,
    doc: String,
}

/// Text without its line breaks.
fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn differences(spec: &str, code: &str) -> Vec<String> {
    let (spec, code) = (spec::facts(spec), code::facts(code));
    let mut found = Vec::new();
    for (path, expected) in &spec {
        match code.get(path) {
            None => found.push(format!("{path} is missing in uapi.rs")),
            Some(fact) if fact != expected => {
                found.push(format!(
                    "{path} differs:\n  yaml {expected:?}\n  code {fact:?}"
                ));
            }
            Some(_) => {}
        }
    }
    let extra = code.keys().filter(|path| !spec.contains_key(*path));
    found.extend(extra.map(|path| format!("{path} is not in homeward.yaml")));
    found
}

#[test]
fn the_constants_are_an_image_of_the_specification() {
    let found = differences(SPEC, CODE);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_specification_refers_only_to_what_is_in_it() {
    let dangling = spec::dangling(SPEC);
    assert!(dangling.is_empty(), "{}", dangling.join("\n"));
}

/// The comparison with one text changed must find that, and name it.
#[track_caller]
fn finds(path: &str, spec: (&str, &str), code: (&str, &str)) {
    let change = |text: &str, (from, to): (&str, &str)| {
        assert!(
            from.is_empty() || text.contains(from),
            "nothing to change: {from}"
        );
        if from.is_empty() {
            text.to_owned()
        } else {
            text.replacen(from, to, 1)
        }
    };
    let found = differences(&change(SPEC, spec), &change(CODE, code));
    assert!(
        found.iter().any(|difference| difference.starts_with(path)),
        "not found: {path} in {found:?}"
    );
}

const SAME: (&str, &str) = ("", "");

#[test]
fn a_wrong_number_is_found() {
    finds("cmd::DEV_GET", SAME, ("DEV_GET = 2", "DEV_GET = 3"));
    finds("setting::XDP", SAME, ("XDP = 16", "XDP = 17"));
    finds("cmd::NS_BORN", ("value: 32", "value: 31"), SAME);
    finds("ns_state::LIVE", ("value-start: 1", "value-start: 0"), SAME);
}

#[test]
fn a_wrong_type_is_found() {
    finds("cmd::NS_GET", SAME, ("cmd: u8", "cmd: u16"));
}

#[test]
fn a_setting_of_another_kind_is_found() {
    finds("setting::XDP", SAME, ("16: Switch", "16: Apart"));
    finds(
        "setting::LINK_MODE",
        SAME,
        ("25: Number(255)", "25: Number(U32_MAX)"),
    );
    finds(
        "setting::LINK_MODE",
        ("A number up to 255", "A number up to 256"),
        SAME,
    );
    finds(
        "setting::PROTO_DOWN_REASON",
        SAME,
        (", part of PROTO_DOWN", ""),
    );
    finds(
        "setting::PAUSE",
        SAME,
        ("\"autoneg\", \"rx\"", "\"rx\", \"autoneg\""),
    );
    finds(
        "setting::ALIAS",
        ("A text of at most", "Texts of at most"),
        SAME,
    );
}

#[test]
fn a_wrong_word_is_found() {
    finds(
        "setting::MTU",
        SAME,
        ("The MTU (IFLA_MTU)", "The MTU (IFLA_MTV)"),
    );
    finds(
        "setting",
        SAME,
        (
            "A setting of a device that survives",
            "A setting that survives",
        ),
    );
    finds(
        "ns_state::DYING",
        ("is taking it down", "has taken it down"),
        SAME,
    );
}

#[test]
fn something_missing_is_found() {
    finds("fate::NAME", SAME, ("NAME = 4;", "NAMED = 4;"));
    finds("GROUP_EVENTS", SAME, ("GROUP_EVENTS", "GROUP_OTHERS"));
    finds("FAMILY_NAME", SAME, ("c\"homeward\"", "c\"homewards\""));
}

#[test]
fn something_extra_is_found() {
    finds(
        "cmd::NEW",
        SAME,
        ("cmd: u8 {", "cmd: u8 {\n    /// New.\n    NEW = 9;\n"),
    );
    finds(
        "extra",
        SAME,
        ("numbers! {", "numbers! { extra: u8 {} }\nnumbers! {"),
    );
}

#[test]
fn a_dangling_reference_is_found() {
    for (from, to) in [
        ("nested-attributes: creator", "nested-attributes: maker"),
        ("enum: ns-state", "enum: ns-states"),
        ("attribute-set: ns\n", "attribute-set: nss\n"),
        ("            - inum\n", "            - inode\n"),
        ("mcgrp: events", "mcgrp: event"),
    ] {
        assert!(SPEC.contains(from), "{from}");
        let changed = SPEC.replacen(from, to, 1);
        assert!(!spec::dangling(&changed).is_empty(), "{from}");
    }
}
