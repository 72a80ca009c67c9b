// SPDX-License-Identifier: GPL-2.0-only

//! What the command says in JSON.

use serde_json::Value;

use crate::verb::{self, Ran};

/// What a run of the command said.
#[derive(Debug)]
pub struct Said {
    /// On standard output.
    pub data: Value,
    /// On standard error.
    pub error: String,
}

/// Runs `homeward` with words separated by spaces and `--json`.
#[track_caller]
pub fn homeward(words: &str) -> Said {
    said(verb::homeward(&format!("{words} --json")), words)
}

/// What a run said that had to succeed and to write JSON.
#[track_caller]
pub fn said(ran: Ran, words: &str) -> Said {
    assert_eq!(ran.status, 0, "homeward {words}: {}", ran.err);
    Said {
        data: serde_json::from_str(&ran.out).expect("JSON"),
        error: ran.err,
    }
}

/// The holders of a namespace, all of whose references must be explained.
#[track_caller]
pub fn explained(selector: &str) -> Vec<Value> {
    all_explained(selector)["holders"]
        .as_array()
        .expect("holders")
        .clone()
}

/// What is said of a namespace, all of whose references must be explained.
#[track_caller]
fn all_explained(selector: &str) -> Value {
    let data = homeward(&format!("holders {selector}")).data;
    let references = &data["references"];
    let counted = references["counted"].as_u64().expect("a count");
    let total = &references["found"]["total"];
    let (min, max) = (total["min"].as_u64(), total["max"].as_u64());
    assert!(min <= Some(counted) && Some(counted) <= max, "{data:#}");
    assert_eq!(references["unexplained"], 0, "{data:#}");
    assert_eq!(data["complete"], true, "{data:#}");
    data
}

/// The only holder of a namespace, which is of this kind and must explain the one reference there is.
#[track_caller]
pub fn only(cookie: u64, kind: &str) -> Value {
    let data = all_explained(&format!("cookie:{cookie}"));
    let holders = data["holders"].as_array().expect("holders");
    assert_eq!(data["references"]["counted"], 1, "{data:#}");
    assert_eq!(holders.len(), 1, "{data:#}");
    assert_eq!(holders[0]["kind"], kind, "{data:#}");
    holders[0].clone()
}
