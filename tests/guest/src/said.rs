// SPDX-License-Identifier: GPL-2.0-only

//! What the command says in JSON.

use std::process::Command;

use serde_json::Value;

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
    let mut command = Command::new("homeward");
    said(command.args(words.split(' ')).arg("--json"), words)
}

/// Runs a command that has to succeed and to write JSON.
#[track_caller]
pub fn said(command: &mut Command, words: &str) -> Said {
    let output = command.output().expect("homeward");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "homeward {words}: {error}");
    let data = serde_json::from_slice(&output.stdout).expect("JSON");
    Said { data, error }
}

/// The holders of a namespace, all of whose references must be explained.
#[track_caller]
pub fn explained(selector: &str) -> Vec<Value> {
    let data = homeward(&format!("holders {selector}")).data;
    let references = &data["references"];
    let counted = references["counted"].as_u64().expect("a count");
    let total = &references["found"]["total"];
    let (min, max) = (total["min"].as_u64(), total["max"].as_u64());
    assert!(min <= Some(counted) && Some(counted) <= max, "{data:#}");
    assert_eq!(references["unexplained"], 0, "{data:#}");
    assert_eq!(data["complete"], true, "{data:#}");
    data["holders"].as_array().expect("holders").clone()
}

/// The only holder of a namespace, which is of this kind and must explain the one reference there is.
#[track_caller]
pub fn only(cookie: u64, kind: &str) -> Value {
    let selector = format!("cookie:{cookie}");
    let holders = explained(&selector);
    let data = homeward(&format!("holders {selector}")).data;
    assert_eq!(data["references"]["counted"], 1, "{data:#}");
    assert_eq!(holders.len(), 1, "{data:#}");
    assert_eq!(holders[0]["kind"], kind, "{data:#}");
    holders[0].clone()
}
