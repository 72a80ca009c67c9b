// SPDX-License-Identifier: GPL-2.0-only

//! What `policy` and `state` print.

use homeward_client::model::{Rule, RuleAction, RuleClass};

use super::*;
use crate::file::Mistake;
use crate::view::{
    Checked, Loaded, PutBack, Restored, RestoredDevice, RuleList, RuleView, RulesPutBack,
};

fn rules() -> RuleList {
    let first = Rule {
        id: 3,
        name: Some("eth*".to_owned()),
        kind: None,
        class: Some(RuleClass::Physical),
        action: RuleAction::Return,
        template: Some("%s-%d".to_owned()),
        restore: Settings::ALL,
        hits: 12,
    };
    let second = Rule {
        id: 1,
        name: None,
        kind: Some("ve\u{1b}th".to_owned()),
        class: None,
        action: RuleAction::Kernel,
        template: None,
        restore: Settings::default(),
        hits: 0,
    };
    RuleList {
        rules: [first, second].iter().map(RuleView::new).collect(),
    }
}

fn restored() -> Restored {
    let outcomes = [
        (PutBack::Done, None),
        (PutBack::Same, None),
        (
            PutBack::Newer,
            Some("the module has learnt something newer since then: homes"),
        ),
        (PutBack::Gone, Some("its namespace is gone")),
        (PutBack::Failed, Some("dev-set refused: Invalid argument")),
    ];
    let devices = (4..)
        .zip(outcomes)
        .map(|(ifindex, (outcome, reason))| RestoredDevice {
            namespace: book().place(4711),
            ifindex,
            name: format!("net{ifindex}"),
            outcome,
            reason: reason.map(str::to_owned),
        });
    Restored {
        file: "/run/homeward/state.json".to_owned(),
        rules: RulesPutBack {
            count: 2,
            outcome: PutBack::Newer,
        },
        devices: devices.collect(),
    }
}

#[test]
fn rules_as_text_and_json() {
    golden("rules.txt", &TEXT.rules(&rules()).unwrap());
    golden("rules.json", &JSON.rules(&rules()).unwrap());
}

#[test]
fn a_checked_file_as_text_and_json() {
    let mistake = Mistake {
        line: 3,
        column: 9,
        message: "'st\u{1b}ay' is no action".to_owned(),
    };
    let checked = Checked {
        file: "policy.toml".to_owned(),
        rules: 0,
        mistakes: vec![mistake],
    };
    golden("mistakes.txt", &TEXT.checked(&checked).unwrap());
    golden("mistakes.json", &JSON.checked(&checked).unwrap());
    let good = Checked {
        rules: 1,
        mistakes: Vec::new(),
        ..checked
    };
    assert_eq!(TEXT.checked(&good).unwrap(), "policy.toml: ok, 1 rule\n");
}

#[test]
fn a_loaded_file_as_text_and_json() {
    let loaded = Loaded {
        file: "policy.toml".to_owned(),
        rules: 4,
        added: 3,
        removed: 2,
    };
    golden("loaded.txt", &TEXT.loaded(&loaded).unwrap());
    golden("loaded.json", &JSON.loaded(&loaded).unwrap());
}

#[test]
fn what_was_put_back_as_text_and_json() {
    golden("restored.txt", &TEXT.restored(&restored()).unwrap());
    golden("restored.json", &JSON.restored(&restored()).unwrap());
    let nothing = Restored {
        rules: RulesPutBack {
            count: 0,
            outcome: PutBack::Same,
        },
        devices: Vec::new(),
        ..restored()
    };
    assert_eq!(TEXT.restored(&nothing).unwrap(), "no rules saved\n");
    assert!(nothing.passed() && !restored().passed());
}
