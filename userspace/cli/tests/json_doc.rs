// SPDX-License-Identifier: GPL-2.0-only

//! JSON.md and what is printed say the same: no field is printed that is not described, none is described
//! that is never printed, and each has a type that is described.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

#[path = "json_doc/document.rs"]
mod document;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Deserializer, Value};

use document::{Document, Fields, Shape};

/// What is wrong, and which fields there were.
#[derive(Default)]
struct Findings {
    wrong: BTreeSet<String>,
    seen: BTreeSet<String>,
}

impl Findings {
    fn object(&mut self, document: &Document, fields: &Fields, name: &str, value: &Value) {
        let Some(object) = value.as_object() else {
            self.wrong
                .insert(format!("{name} is {value}, not an object"));
            return;
        };
        for (key, value) in object {
            let path = format!("{name}.{key}");
            match fields.get(key) {
                Some(shape) => {
                    self.seen.insert(path.clone());
                    self.value(document, shape, &path, value);
                }
                None => {
                    self.wrong
                        .insert(format!("{path} is printed and not described"));
                }
            }
        }
    }

    fn value(&mut self, document: &Document, shape: &Shape, name: &str, value: &Value) {
        match (shape, value) {
            (Shape::Any, _) => {}
            (Shape::Object(fields), value) => self.object(document, fields, name, value),
            (Shape::List(inner), Value::Array(list)) => {
                for value in list {
                    self.value(document, inner, name, value);
                }
            }
            (Shape::Words(words, fields), value) => {
                self.words(document, words, fields.as_ref(), name, value);
            }
            (shape, value) => {
                self.wrong
                    .insert(format!("{name} is {value}, described as {shape:?}"));
            }
        }
    }

    fn words(
        &mut self,
        document: &Document,
        words: &str,
        fields: Option<&Fields>,
        name: &str,
        value: &Value,
    ) {
        let has = |wanted: &str| document::words(words).any(|word| word == wanted);
        let kind = document::words(words).find_map(|word| document.kind(word));
        let fine = match value {
            Value::Null => has("null"),
            Value::Bool(_) => has("bool"),
            Value::Number(_) => has("number"),
            Value::String(_) => has("string") || words.contains('"'),
            Value::Array(list) => {
                let (many, single) = match (fields, &kind) {
                    (Some(fields), _) => (has("objects"), Some((name, fields))),
                    (None, Some((kind, fields))) => (true, Some((kind.as_str(), *fields))),
                    (None, None) => (has("strings") || has("names") || has("numbers"), None),
                };
                for value in list {
                    if let Some((name, fields)) = single {
                        self.object(document, fields, name, value);
                    }
                }
                many
            }
            // One whose keys are data.
            Value::Object(_) if has("map") => true,
            Value::Object(_) => match (fields, kind) {
                (Some(fields), _) => {
                    self.object(document, fields, name, value);
                    has("object")
                }
                (None, Some((kind, fields))) => {
                    self.object(document, fields, &kind, value);
                    true
                }
                (None, None) => false,
            },
        };
        if !fine {
            self.wrong
                .insert(format!("{name} is {value}, described as '{words}'"));
        }
    }

    fn section(&mut self, document: &Document, section: &str, value: &Value) {
        match document.sections.get(section) {
            Some(shape) => self.value(document, shape, section, value),
            None => {
                self.wrong
                    .insert(format!("JSON.md describes no '{section}'"));
            }
        }
    }
}

fn values(text: &str) -> impl Iterator<Item = Value> + '_ {
    let values = Deserializer::from_str(text).into_iter();
    values.map(|value| value.expect("JSON"))
}

#[track_caller]
fn nothing_wrong(wrong: &BTreeSet<String>) {
    let list: Vec<&str> = wrong.iter().map(String::as_str).collect();
    assert!(list.is_empty(), "{}", list.join("\n"));
}

#[test]
fn every_golden_file_is_as_described_and_everything_described_is_in_one() {
    let document = Document::read();
    let mut findings = Findings::default();
    let mut printed = BTreeSet::new();
    // Each is called as the verb is typed.
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for entry in golden.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let section = path
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .replace('-', " ");
        let text = std::fs::read_to_string(&path).unwrap();
        for part in text.split("\n== ").filter(|part| part.starts_with("json")) {
            let (_title, text) = part.split_once('\n').unwrap();
            for value in values(text) {
                findings.section(&document, &section, &value);
            }
            printed.insert(section.clone());
        }
    }
    let mut wrong = findings.wrong;
    for path in document.described(&printed) {
        if !findings.seen.contains(&path) {
            wrong.insert(format!("{path} is described and in no golden file"));
        }
    }
    nothing_wrong(&wrong);
}

#[test]
fn what_is_really_printed_is_as_described() {
    let document = Document::read();
    let mut findings = Findings::default();
    for verb in ["ls", "tree", "doctor"] {
        let output = Command::new(env!("CARGO_BIN_EXE_homeward"))
            .args([verb, "--json", "--quiet"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.is_empty(), "{verb}");
        for value in values(&text) {
            findings.section(&document, verb, &value);
        }
    }
    nothing_wrong(&findings.wrong);
}

#[test]
fn what_differs_is_found() {
    let document = Document::read();
    let wrong = |section: &str, text: &str| {
        let mut findings = Findings::default();
        findings.section(&document, section, &serde_json::from_str(text).unwrap());
        findings.wrong.into_iter().collect::<Vec<_>>().join("\n")
    };
    let undescribed = wrong("ls", r#"{"complete": true, "namespaces": [{"cooky": 1}]}"#);
    assert_eq!(undescribed, "namespace.cooky is printed and not described");
    let kind = wrong(
        "ls",
        r#"{"complete": 1, "namespaces": [{"refs": "x", "names": null}]}"#,
    );
    assert_eq!(kind.lines().count(), 3, "{kind}");
    let nested = wrong(
        "ls",
        r#"{"namespaces": [{"creator": {"pid": 1, "gid": 2}}]}"#,
    );
    assert_eq!(nested, "namespace.creator.gid is printed and not described");
    let place = wrong("plan", r#"{"namespace": {"cookie": null}}"#);
    assert!(place.starts_with("place.cookie is null"), "{place}");
    assert_eq!(wrong("ls", r#"{"complete": true, "namespaces": []}"#), "");
}
