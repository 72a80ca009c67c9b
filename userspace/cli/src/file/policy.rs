// SPDX-License-Identifier: GPL-2.0-only

//! The file of rules, `/etc/homeward/policy.toml`: read with all its mistakes at once, and written.

mod lines;

use std::ffi::OsStr;
use std::fmt;
use std::ops::Range;

use homeward_client::model::{
    setting, setting_name, Kind, Moved, NewRule, Rule, RuleAction, RuleClass, Settings, Value,
    Values,
};
use serde::Serialize;
use toml::de::{DeInteger, DeTable, DeValue};
use toml::Spanned;

use crate::managers::{self, LEAVE_IT_TO_THEM};
use crate::names::nearest;
use crate::rule;
use lines::in_order;

/// What a file begins with that `save` has written.
const HEAD: &str =
    "# Rules of homeward, in the order in which they are tried. See homeward-policy(1).\n";

/// What a list of numbers is like in a file.
const NUMBERS: &str = "numbers by their names, such as { rx = 512 }";

/// The keys of a rule.
const KEYS: [&str; 11] = [
    "name",
    "kind",
    "class",
    "action",
    "template",
    "restore",
    "up",
    "addresses",
    "routes",
    "moved",
    "set",
];

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Mistake {
    /// In which line, from 1.
    pub(crate) line: usize,
    /// At which character of the line, from 1.
    pub(crate) column: usize,
    /// What is wrong.
    pub(crate) message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    /// The rules, as far as they could be read.
    pub(crate) rules: Vec<NewRule>,
    /// All that is wrong, in the order of lines.
    pub(crate) mistakes: Vec<Mistake>,
    /// What is not wrong, but to be thought about.
    pub(crate) notes: Vec<Mistake>,
}

/// Reads the rules of a file, or all that is wrong with it, in the order of its lines.
pub(crate) fn parse(text: &str) -> Result<Vec<NewRule>, Vec<Mistake>> {
    match read(text) {
        contents if contents.mistakes.is_empty() => Ok(contents.rules),
        contents => Err(contents.mistakes),
    }
}

/// Reads all that is in a file.
pub(crate) fn read(text: &str) -> Contents {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        mistakes: Vec::new(),
        notes: Vec::new(),
        broken: !errors.is_empty(),
    };
    for error in &errors {
        let message = error.message().trim_end().replace('\n', ", ");
        reader.wrong(error.span().unwrap_or(0..0), message);
    }
    let rules = reader.document(document.get_ref());
    Contents {
        rules,
        mistakes: in_order(text, reader.mistakes),
        notes: in_order(text, reader.notes),
    }
}

/// Writes rules; what cannot be written is told.
pub(crate) fn render(rules: &[NewRule]) -> Result<String, String> {
    let mut text = HEAD.to_owned();
    for (number, new) in (1..).zip(rules) {
        let part = part(new).map_err(|why| format!("rule {number} of {}: {why}", rules.len()))?;
        text.push_str(&part);
    }
    Ok(text)
}

fn part(new: &NewRule) -> Result<String, String> {
    if matches!(new.action, RuleAction::Other(_))
        || matches!(new.class, Some(RuleClass::Other(_)))
        || matches!(new.moved, Some(Moved::Other(_)))
    {
        return Err("it contains something that this version of homeward does not know: use the one that came with the module".to_owned());
    }
    let restore = new.restore.unwrap_or(Settings::DEFAULT);
    if !Settings::ALL.contains(restore) {
        return Err("it restores a setting that this version of homeward does not know: use the one that came with the module".to_owned());
    }
    let mut text = "\n[[rule]]\n".to_owned();
    let mut line = |key: &str, value: String| text.push_str(&format!("{key} = {value}\n"));
    for (key, value) in [("name", &new.name), ("kind", &new.kind)] {
        if let Some(value) = value {
            line(key, quoted(value)?);
        }
    }
    if let Some(class) = new.class {
        line("class", quoted(class.name())?);
    }
    line("action", quoted(new.action.name())?);
    if let Some(template) = &new.template {
        line("template", quoted(template)?);
    }
    if restore != Settings::DEFAULT {
        let words = rule::words(restore);
        let words: Result<Vec<_>, _> = words.iter().map(|word| quoted(word)).collect();
        line("restore", format!("[{}]", words?.join(", ")));
    }
    if let Some(moved) = new.moved.filter(|moved| *moved != rule::default_moved(new)) {
        line("moved", quoted(moved.name())?);
    }
    if !new.set.is_empty() {
        let values = new.set.iter();
        let values: Result<Vec<_>, _> = values.map(|(id, value)| assigned(*id, value)).collect();
        line("set", format!("{{ {} }}", values?.join(", ")));
    }
    Ok(text)
}

/// A value that is fixed, as the file has it.
fn assigned(id: u32, value: &Value) -> Result<String, String> {
    let Some(known) = setting::ALL.get(id as usize) else {
        return Err("it sets something that this version of homeward does not know: use the one that came with the module".to_owned());
    };
    let written = match (value, known.kind) {
        (Value::Number(number), Kind::Switch) => (*number != 0).to_string(),
        (Value::Number(number), _) => number.to_string(),
        (Value::Texts(texts), Kind::Texts(_)) => {
            let texts: Result<Vec<_>, _> = texts.iter().map(|text| quoted(text)).collect();
            format!("[{}]", texts?.join(", "))
        }
        (Value::Numbers(_), _) => {
            let numbers = value.text(id).replace('=', " = ").replace(',', ", ");
            format!("{{ {numbers} }}")
        }
        _ => quoted(&value.text(id))?,
    };
    Ok(format!("{} = {written}", setting_name(id)))
}

fn quoted(text: &str) -> Result<String, String> {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err("it contains bytes that are not UTF-8, which a file cannot express".to_owned());
    }
    Ok(toml::Value::String(text.to_owned()).to_string())
}

/// Whether nothing is lost of a file, no comment and no layout, when these bytes are written over it
/// by `render`: it was written so.
pub(crate) fn is_own(text: &str) -> bool {
    let written = parse(text).map(|rules| render(&rules));
    text.is_empty() || written.is_ok_and(|written| written.is_ok_and(|written| written == text))
}

/// The rules in force, as a file has them.
pub(crate) fn of_rules(rules: &[Rule]) -> Vec<NewRule> {
    rules.iter().map(rule::anew).collect()
}

/// Goes through a document and collects what is wrong.
struct Reader {
    mistakes: Vec<(Range<usize>, String)>,
    notes: Vec<(Range<usize>, String)>,
    /// The file is no TOML: what is missing may only not have been understood.
    broken: bool,
}

impl Reader {
    fn document(&mut self, table: &DeTable<'_>) -> Vec<NewRule> {
        let mut rules: Vec<NewRule> = Vec::new();
        let mut for_all = None;
        for (key, value) in table {
            if key.get_ref() != "rule" {
                let hint = "a policy file consists of [[rule]] tables";
                self.wrong(
                    key.span(),
                    format!("unknown key '{}': {hint}", key.get_ref()),
                );
                continue;
            }
            let Some(list) = value.get_ref().as_array() else {
                let message = "'rule' is a list of tables: write [[rule]] above each rule";
                self.wrong(key.span(), message);
                continue;
            };
            for item in list {
                if let Some(number) = for_all {
                    let message =
                        format!("never reached: rule {number} of this file matches every device");
                    self.notes.push((item.span(), message));
                }
                let mistakes = self.mistakes.len();
                match item.get_ref().as_table() {
                    Some(table) => rules.push(self.rule(table, item.span())),
                    None => self.wrong(item.span(), "a rule is a table"),
                }
                if self.is_sound(mistakes) && rules.last().is_some_and(rule::is_for_all) {
                    for_all = for_all.or(Some(rules.len()));
                }
                if rules.len() == rule::MOST + 1 {
                    let message = format!("the kernel holds at most {} rules", rule::MOST);
                    self.wrong(item.span(), message);
                }
            }
        }
        rules
    }

    fn rule(&mut self, table: &DeTable<'_>, place: Range<usize>) -> NewRule {
        let mistakes = self.mistakes.len();
        let mut new = NewRule::default();
        let mut flags = Flags::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => {
                    new.name = self.word(value, rule::pattern);
                    let doubt = new.name.as_deref().and_then(rule::doubt);
                    self.notes
                        .extend(doubt.map(|why| (value.span(), why.to_owned())));
                }
                "kind" => new.kind = self.word(value, rule::kind),
                "class" => new.class = self.word(value, rule::class),
                "action" => new.action = self.word(value, rule::action).unwrap_or_default(),
                "template" => new.template = self.word(value, rule::template),
                "restore" => new.restore = self.settings(value),
                "up" => flags.up = self.flag(value),
                "addresses" => flags.addresses = self.flag(value),
                "routes" => flags.routes = self.flag(value),
                "moved" => new.moved = self.word(value, rule::moved),
                "set" => new.set = self.values(value),
                other => self.unknown(key, other),
            }
        }
        if !table.contains_key("action") && !self.broken {
            let message =
                "this rule has no action: say action = \"return\", \"init\" or \"kernel\"";
            self.wrong(place.clone(), message);
        }
        let culprit = |keys: [&str; 4]| {
            let mut keys = keys.iter();
            let found = keys.find_map(|key| table.get_key_value(*key));
            found.map_or(place.clone(), |(key, _)| key.span())
        };
        let restore = new.restore.unwrap_or(Settings::DEFAULT);
        match flags.apply(restore).and_then(rule::check_restore) {
            Ok(restore) => {
                new.restore = Some(restore);
                if managers::rivals(restore) {
                    let place = culprit(["up", "restore", "addresses", "routes"]);
                    self.notes.push((place, LEAVE_IT_TO_THEM.to_owned()));
                }
            }
            Err(message) => self.wrong(culprit(["addresses", "routes", "up", "restore"]), message),
        }
        if let (Err(message), Some(moved)) = (rule::check_moved(&new), table.get("moved")) {
            self.wrong(moved.span(), message);
        }
        if let Some(set) = table.get("set") {
            if let Err(message) = rule::check_set(&new) {
                self.wrong(set.span(), message);
            }
            if self.is_sound(mistakes) && rule::clashes(&new) {
                self.notes.push((set.span(), rule::FOR_ONE_ONLY.to_owned()));
            }
        }
        new.moved.get_or_insert(rule::default_moved(&new));
        new
    }

    /// Whether all was understood since there were so many mistakes, so that what is missing is not there.
    fn is_sound(&self, mistakes: usize) -> bool {
        !self.broken && self.mistakes.len() == mistakes
    }

    fn unknown(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, name: &str) {
        let near = nearest(OsStr::new(name), KEYS.iter().map(OsStr::new));
        let hint = match near {
            Some(known) => format!("did you mean '{known}'?"),
            None => format!("a rule may have {}", KEYS.join(", ")),
        };
        self.wrong(key.span(), format!("unknown key '{name}': {hint}"));
    }

    fn word<T>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Some(text) = value.get_ref().as_str() else {
            self.expected("a quoted string", value);
            return None;
        };
        match read(text) {
            Ok(meant) => Some(meant),
            Err(message) => {
                self.wrong(value.span(), message);
                None
            }
        }
    }

    fn flag(&mut self, value: &Spanned<DeValue<'_>>) -> Option<bool> {
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.expected("true or false", value);
        }
        flag
    }

    fn settings(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Settings> {
        if value.get_ref().is_str() {
            return self.word(value, |word| rule::apply(Settings::default(), word));
        }
        let Some(list) = value.get_ref().as_array() else {
            self.expected("a list of settings, or \"default\"", value);
            return None;
        };
        let mut settings = Settings::default();
        for item in list {
            if let Some(more) = self.word(item, |word| rule::apply(settings, word)) {
                settings = more;
            }
        }
        Some(settings)
    }

    /// Reads the values that a rule fixes.
    fn values(&mut self, value: &Spanned<DeValue<'_>>) -> Values {
        let mut values = Values::new();
        let Some(table) = value.get_ref().as_table() else {
            self.expected("settings with their values, such as { mtu = 9000 }", value);
            return values;
        };
        for (key, value) in table {
            match rule::with_value(key.get_ref()) {
                Ok(id) => values.extend(self.value(id, value).map(|value| (id, value))),
                Err(message) => self.wrong(key.span(), message),
            }
        }
        values
    }

    /// Reads the value of a setting.
    fn value(&mut self, id: u32, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        let kind = setting::ALL.get(id as usize)?.kind;
        let (text, expected) = match (kind, value.get_ref()) {
            (Kind::Number(_), DeValue::Integer(number)) => (Some(decimal(number)), ""),
            (Kind::Number(_), _) => (None, "a number"),
            (Kind::Switch, DeValue::Boolean(on)) => (Some(on.to_string()), ""),
            (Kind::Switch, _) => (None, "true or false"),
            (Kind::Texts(_), DeValue::Array(list)) => {
                let texts: Option<Vec<_>> =
                    list.iter().map(|item| item.get_ref().as_str()).collect();
                (
                    texts.map(|texts| texts.join(",")),
                    "a list of quoted strings",
                )
            }
            (Kind::Texts(_), _) => (None, "a list of quoted strings"),
            (Kind::Numbers(_), DeValue::Table(table)) => {
                let numbers: Option<Vec<_>> = table
                    .iter()
                    .map(|(name, number)| {
                        let number = decimal(number.get_ref().as_integer()?);
                        Some(format!("{}={number}", name.get_ref()))
                    })
                    .collect();
                (numbers.map(|numbers| numbers.join(",")), NUMBERS)
            }
            (Kind::Numbers(_), _) => (None, NUMBERS),
            (_, DeValue::String(text)) => (Some(text.to_string()), ""),
            _ => (None, "a quoted string"),
        };
        let Some(text) = text else {
            self.expected(expected, value);
            return None;
        };
        match Value::parse(id, &text) {
            Ok(read) => Some(read),
            Err(message) => {
                self.wrong(value.span(), message);
                None
            }
        }
    }

    fn expected(&mut self, what: &str, value: &Spanned<DeValue<'_>>) {
        let got = value.get_ref().type_str();
        self.wrong(
            value.span(),
            format!("expected {what}, found a value of type {got}"),
        );
    }

    fn wrong(&mut self, place: Range<usize>, message: impl Into<String>) {
        self.mistakes.push((place, message.into()));
    }
}

/// A number in decimal digits, however it is written.
fn decimal(number: &DeInteger<'_>) -> String {
    let read = i128::from_str_radix(number.as_str(), number.radix());
    read.map_or_else(|_| number.to_string(), |number| number.to_string())
}

/// What may be said beside `restore`.
#[derive(Default)]
struct Flags {
    up: Option<bool>,
    addresses: Option<bool>,
    routes: Option<bool>,
}

impl Flags {
    fn apply(&self, mut settings: Settings) -> Result<Settings, String> {
        let flags = [
            ("up", self.up, Settings::of(setting::UP)),
            (
                "addresses",
                self.addresses,
                Settings::of(setting::ADDRESSES),
            ),
            ("routes", self.routes, Settings::of(setting::ROUTES)),
        ];
        for (name, wanted, bit) in flags {
            match wanted {
                Some(true) => settings |= bit,
                Some(false) if settings.contains(bit) => {
                    return Err(format!("{name} = false contradicts restore"));
                }
                _ => {}
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests;
