// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attribute set `rule`, as it is sent.

use homeward_abi::rule;

use super::home::settings;
use super::request::Argument;
use crate::model::{NewRule, Settings};

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
        // An older module has fewer settings, and refuses those that it does not know.
        new.restore
            .filter(|settings| *settings != Settings::DEFAULT)
            .map(|settings| Argument::Uint(rule::RESTORE, settings.bits())),
        number(rule::MOVED, new.moved.map(u32::from)),
    ]
    .into_iter()
    .flatten()
    .chain(settings(rule::SET, &new.set))
    .collect()
}
