// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attribute set `rule`, in both directions.

use homeward_abi::rule;

use super::attr::attrs;
use super::request::Argument;
use crate::error::Malformed;
use crate::model::{Moved, NewRule, Rule, RuleAction, RuleClass, Settings};

/// Reads a rule from its attributes.
pub(crate) fn rule(bytes: &[u8]) -> Result<Rule, Malformed> {
    let mut id = None;
    let mut action = None;
    let mut made = Rule {
        id: 0,
        name: None,
        kind: None,
        class: None,
        action: RuleAction::Other(0),
        template: None,
        restore: Settings::DEFAULT,
        moved: Moved::Leave,
        hits: 0,
    };
    for attr in attrs(bytes) {
        let attr = attr?;
        match attr.kind {
            rule::ID => id = Some(attr.u32()?),
            rule::NAME => made.name = Some(attr.string()),
            rule::KIND => made.kind = Some(attr.string()),
            rule::CLASS => made.class = Some(RuleClass::from(attr.u32()?)),
            rule::ACTION => action = Some(RuleAction::from(attr.u32()?)),
            rule::TEMPLATE => made.template = Some(attr.string()),
            rule::RESTORE => made.restore = Settings::from(attr.uint()?),
            rule::MOVED => made.moved = Moved::from(attr.u32()?),
            rule::HITS => made.hits = attr.uint()?,
            _ => {}
        }
    }
    made.id = id.ok_or(Malformed("rule without id"))?;
    made.action = action.ok_or(Malformed("rule without action"))?;
    Ok(made)
}

/// Writes a rule to be added.
pub(crate) fn rule_arguments(new: &NewRule) -> Vec<Argument> {
    let number = |number, value: Option<u32>| value.map(|value| Argument::U32(number, value));
    let text =
        |number, value: &Option<String>| value.clone().map(|text| Argument::Text(number, text));
    [
        number(rule::BEFORE, new.before),
        text(rule::NAME, &new.name),
        text(rule::KIND, &new.kind),
        number(rule::CLASS, new.class.map(u32::from)),
        number(rule::ACTION, Some(new.action.into())),
        text(rule::TEMPLATE, &new.template),
        new.restore
            .map(|settings| Argument::Uint(rule::RESTORE, settings.bits())),
        number(rule::MOVED, new.moved.map(u32::from)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
