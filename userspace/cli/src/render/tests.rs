// SPDX-License-Identifier: GPL-2.0-only

//! Fixed data, and byte for byte what becomes of it. `golden/*` are what is expected; to see a change,
//! run with `BLESS=1` and look at the difference.

mod act;

use homeward_client::model::Settings;

use super::*;
use crate::fixture::{book, JSON, TEXT};
use std::path::Path;

/// First line of a file of expected output.
const LICENCE: &str = "# SPDX-License-Identifier: GPL-2.0-only\n";

#[track_caller]
fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/render/golden");
    let path = path.join(format!("{name}.golden"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{LICENCE}{text}")).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    let expected = expected.strip_prefix(LICENCE).unwrap();
    assert!(
        text == expected,
        "{name}\n--- expected\n{expected}\n--- got\n{text}"
    );
}

mod policy;

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
