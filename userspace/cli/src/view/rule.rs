// SPDX-License-Identifier: GPL-2.0-only

//! Rules, and files of them.

use homeward_client::model::{Rule, RuleAction, RuleClass};
use serde::Serialize;

use crate::file::Mistake;
use crate::rule;

/// Rules, in the order in which they are tried.
#[derive(Debug, Serialize)]
pub(crate) struct RuleList {
    /// The rules.
    pub(crate) rules: Vec<RuleView>,
}

/// A rule in force.
#[derive(Debug, Serialize)]
pub(crate) struct RuleView {
    /// Its id.
    pub(crate) id: u32,
    /// Pattern of the names that it matches.
    pub(crate) name: Option<String>,
    /// The kind that it matches.
    pub(crate) kind: Option<String>,
    /// The class that it matches.
    pub(crate) class: Option<&'static str>,
    /// What happens.
    pub(crate) action: &'static str,
    /// Template of the name where the right one is taken.
    pub(crate) template: Option<String>,
    /// The settings that are put back.
    pub(crate) restore: Vec<String>,
    /// The same in as few words as will do.
    #[serde(skip)]
    pub(crate) restore_words: Vec<String>,
    /// How many devices it has decided about.
    pub(crate) hits: u64,
}

/// What is wrong in a file of rules.
#[derive(Debug, Serialize)]
pub(crate) struct Checked {
    /// The file.
    pub(crate) file: String,
    /// How many rules it has, if nothing is wrong.
    pub(crate) rules: usize,
    /// What is wrong.
    pub(crate) mistakes: Vec<Mistake>,
}

/// Rules that were loaded.
#[derive(Debug, Serialize)]
pub(crate) struct Loaded {
    /// The file.
    pub(crate) file: String,
    /// How many rules are in force now.
    pub(crate) rules: usize,
    /// How many of them are new.
    pub(crate) added: usize,
    /// How many old ones are gone.
    pub(crate) removed: usize,
}

impl RuleView {
    /// A rule that the module told about.
    pub(crate) fn new(rule: &Rule) -> Self {
        RuleView {
            id: rule.id,
            name: rule.name.clone(),
            kind: rule.kind.clone(),
            class: rule.class.map(RuleClass::name),
            action: RuleAction::name(rule.action),
            template: rule.template.clone(),
            restore: rule.restore.names(),
            restore_words: rule::words(rule.restore),
            hits: rule.hits,
        }
    }
}
