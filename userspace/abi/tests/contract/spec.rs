// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)

//! What the specification says.

use serde_yaml_ng::Value;

use super::{fold, Fact, Facts};

/// The type of names.
const TEXT: &str = "& core :: ffi :: CStr";

fn parse(text: &str) -> Value {
    let mut spec = serde_yaml_ng::from_str::<Value>(text).expect("the specification is YAML");
    spec.apply_merge().expect("its anchors are there");
    spec
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    match value.get(key) {
        Some(list) => list.as_sequence().expect(key),
        None => &[],
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, key: &str) -> Option<u64> {
    value.get(key).and_then(Value::as_u64)
}

fn fact(kind: &str, value: impl ToString, doc: &str) -> Fact {
    Fact {
        kind: kind.to_owned(),
        value: value.to_string(),
        doc: fold(doc),
    }
}

/// The name of a module or constant, in lower case.
fn snake(name: &str) -> String {
    match name {
        // A keyword of Rust.
        "return" => "returned".to_owned(),
        name => name.replace('-', "_"),
    }
}

fn path(module: &str, name: &str) -> String {
    format!(
        "{}::{}",
        snake(module),
        name.replace('-', "_").to_uppercase()
    )
}

/// All facts of a specification.
pub(super) fn facts(spec: &str) -> Facts {
    let spec = parse(spec);
    let mut facts = Facts::new();
    let doc = "Version of the family, in the header of each of its messages.";
    let version = number(&spec, "version").unwrap_or(1);
    facts.insert("FAMILY_VERSION".to_owned(), fact("u8", version, doc));
    let name = fact(TEXT, text(&spec, "name"), "Name of the family.");
    facts.insert("FAMILY_NAME".to_owned(), name);
    for group in list(&spec["mcast-groups"], "list") {
        let name = text(group, "name");
        let path = format!("GROUP_{}", name.to_uppercase());
        facts.insert(path, fact(TEXT, name, "Name of the multicast group."));
    }
    definitions(&spec, &mut facts);
    attribute_sets(&spec, &mut facts);
    operations(&spec, &mut facts);
    facts
}

fn definitions(spec: &Value, facts: &mut Facts) {
    for definition in list(spec, "definitions") {
        let module = text(definition, "name");
        facts.insert(snake(module), fact("", "", text(definition, "doc")));
        let start = number(definition, "value-start").unwrap_or(0);
        for (value, entry) in (start..).zip(list(definition, "entries")) {
            let doc = text(entry, "doc");
            let kind = match module {
                "setting" => format!("u32 {}", setting(&fold(doc))),
                _ => "u32".to_owned(),
            };
            facts.insert(path(module, text(entry, "name")), fact(&kind, value, doc));
        }
    }
}

/// What a setting is like, by the last words of its documentation.
fn setting(doc: &str) -> String {
    let mut sentences = doc.trim_end_matches('.').rsplit(". ");
    let last = sentences.next().unwrap_or_default();
    let limit = |before: &str, after: &str| {
        let limit = last.strip_prefix(before)?.strip_suffix(after)?;
        Some(limit.replace('-', "_").to_uppercase())
    };
    let kind = match last {
        "On or off" => "Switch".to_owned(),
        "A link-layer address" => "Address".to_owned(),
        _ => limit("A number up to ", "")
            .map(|most| format!("Number({most})"))
            .or_else(|| limit("A text of at most ", " bytes").map(|most| format!("Text({most})")))
            .or_else(|| {
                let most = limit("Texts of at most ", " bytes each");
                most.map(|most| format!("Texts({most})"))
            })
            .or_else(|| numbers(last))
            .unwrap_or_else(|| "Apart".to_owned()),
    };
    let whole = sentences.find_map(|one| one.strip_prefix("Part of "));
    let part = whole.map(|whole| format!(", part of {}", whole.replace('-', "_").to_uppercase()));
    kind + &part.unwrap_or_default()
}

/// Numbers that are named, as many as it says.
fn numbers(sentence: &str) -> Option<String> {
    let (before, names) = sentence.split_once(": ")?;
    let count = names.split(", ").count();
    let words = match count {
        1 => "1 number".to_owned(),
        count => format!("{count} numbers"),
    };
    (before == words).then(|| format!("Numbers({names})"))
}

fn attribute_sets(spec: &Value, facts: &mut Facts) {
    for set in list(spec, "attribute-sets") {
        let module = text(set, "name");
        let doc = format!("Attributes of the set `{module}`. {}", text(set, "doc"));
        facts.insert(snake(module), fact("", "", &doc));
        let mut value = 0;
        for attribute in list(set, "attributes") {
            value = number(attribute, "value").unwrap_or(value + 1);
            let fact = fact("u16", value, text(attribute, "doc"));
            facts.insert(path(module, text(attribute, "name")), fact);
        }
    }
}

fn operations(spec: &Value, facts: &mut Facts) {
    facts.insert("cmd".to_owned(), fact("", "", "Operations and events."));
    let mut value = 0;
    for operation in list(&spec["operations"], "list") {
        value = number(operation, "value").unwrap_or(value + 1);
        let fact = fact("u8", value, text(operation, "doc"));
        facts.insert(path("cmd", text(operation, "name")), fact);
    }
}

/// References of a specification to what is not in it.
pub(super) fn dangling(spec: &str) -> Vec<String> {
    let spec = parse(spec);
    let names = |items: &[Value]| -> Vec<String> {
        items
            .iter()
            .map(|item| text(item, "name").to_owned())
            .collect()
    };
    let sets = names(list(&spec, "attribute-sets"));
    let enums = names(list(&spec, "definitions"));
    let groups = names(list(&spec["mcast-groups"], "list"));
    let mut found = Vec::new();
    let mut check = |known: &[String], name: &str, place: &str| {
        if !known.iter().any(|known| known == name) {
            found.push(format!("{place} refers to {name}"));
        }
    };
    for set in list(&spec, "attribute-sets") {
        for attribute in list(set, "attributes") {
            let place = format!("{}.{}", text(set, "name"), text(attribute, "name"));
            if attribute.get("enum").is_some() {
                check(&enums, text(attribute, "enum"), &place);
            }
            if text(attribute, "type") == "nest" {
                check(&sets, text(attribute, "nested-attributes"), &place);
            }
        }
    }
    for operation in list(&spec["operations"], "list") {
        let place = text(operation, "name");
        let name = text(operation, "attribute-set");
        check(&sets, name, place);
        let set = list(&spec, "attribute-sets")
            .iter()
            .find(|set| text(set, "name") == name);
        let attributes = set.map_or(Vec::new(), |set| names(list(set, "attributes")));
        if operation.get("event").is_some() {
            check(&groups, text(operation, "mcgrp"), place);
        }
        let messages = [
            &operation["do"]["request"],
            &operation["do"]["reply"],
            &operation["dump"]["request"],
            &operation["dump"]["reply"],
            &operation["event"],
        ];
        for message in messages {
            for attribute in list(message, "attributes") {
                check(&attributes, attribute.as_str().unwrap_or_default(), place);
            }
        }
    }
    found
}
