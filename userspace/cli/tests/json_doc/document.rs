// SPDX-License-Identifier: GPL-2.0-only

//! JSON.md, read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The fields of an object.
pub(crate) type Fields = BTreeMap<String, Shape>;

/// What a value may be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// Not described.
    Any,
    /// As these words say; an object or objects have these fields.
    Words(String, Option<Fields>),
    /// An object.
    Object(Fields),
    /// A list.
    List(Box<Shape>),
}

/// What JSON.md describes.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// What the verbs print.
    pub(crate) sections: BTreeMap<String, Shape>,
    types: BTreeMap<String, Fields>,
}

/// The words in a type.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let inside = |letter: char| letter.is_alphanumeric() || "-_".contains(letter);
    text.split(move |letter| !inside(letter))
        .filter(|word| !word.is_empty())
}

impl Document {
    /// Reads JSON.md.
    pub(crate) fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("JSON.md");
        let text = std::fs::read_to_string(path).unwrap();
        let mut document = Document::default();
        let parts = text.split("\n#").skip(1);
        for part in parts {
            let (title, body) = part.split_once('\n').unwrap_or((part, ""));
            let rows = rows(body);
            if let Some(title) = title.strip_prefix("## ") {
                let (kind, also) = title.split_once(" (").unwrap_or((title, ""));
                document.types.insert(kind.to_owned(), rows);
                if let Some(verb) = also.split('`').nth(1) {
                    let shape = Shape::Words(kind.to_owned(), None);
                    document.sections.insert(verb.to_owned(), shape);
                }
            } else {
                let shape = section(rows, body);
                // One section may be about several verbs.
                for verb in quoted(title) {
                    document.sections.insert(verb.to_owned(), shape.clone());
                }
            }
        }
        document
    }

    /// The type that a word means, also in the plural.
    pub(crate) fn kind(&self, word: &str) -> Option<(String, &Fields)> {
        [word, word.strip_suffix('s').unwrap_or(word)]
            .into_iter()
            .find_map(|word| Some((word.to_owned(), self.types.get(word)?)))
    }

    /// All fields of types, and of the sections in `printed`.
    pub(crate) fn described(&self, printed: &BTreeSet<String>) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        for (name, fields) in &self.types {
            list(name, fields, &mut paths);
        }
        for (name, shape) in &self.sections {
            if let (true, Shape::Object(fields)) = (printed.contains(name), shape) {
                list(name, fields, &mut paths);
            }
        }
        paths
    }
}

fn list(name: &str, fields: &Fields, paths: &mut BTreeSet<String>) {
    for (key, shape) in fields {
        let path = format!("{name}.{key}");
        let mut shape = shape;
        while let Shape::List(inner) = shape {
            shape = inner;
        }
        if let Shape::Words(_, Some(fields)) | Shape::Object(fields) = shape {
            list(&path, fields, paths);
        }
        paths.insert(path);
    }
}

/// The rows of a table of `field | type | what`.
fn rows(body: &str) -> Fields {
    let mut fields = Fields::new();
    for line in body.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let (true, [names, kinds, what]) = (line.starts_with("| `"), cells.as_slice()) else {
            continue;
        };
        let names: Vec<&str> = quoted(names);
        let kinds: Vec<&str> = kinds.split(", ").collect();
        for (at, name) in names.iter().enumerate() {
            let kind = match kinds.len() == names.len() {
                true => kinds[at],
                false => kinds[0],
            };
            let is_object = words(kind).any(|word| word == "object" || word == "objects");
            let inner = is_object.then(|| nested(what));
            fields.insert((*name).to_owned(), Shape::Words(kind.to_owned(), inner));
        }
    }
    fields
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The fields of an object that are described in words: `a` (number), `b` (string or null).
fn nested(what: &str) -> Fields {
    let (_, mut rest) = what.split_once(": ").unwrap_or(("", ""));
    let mut fields = Fields::new();
    while let Some((_, after)) = rest.split_once('`') {
        let (name, after) = after.split_once('`').unwrap();
        let mut shape = Shape::Any;
        rest = after;
        if let Some(inside) = after.strip_prefix(" (") {
            let (inside, after) = inside.split_once(')').unwrap();
            shape = described(inside);
            rest = after;
        }
        fields.insert(name.to_owned(), shape);
        // What is in parentheses elsewhere explains, and names no field.
        if let Some((before, after)) = rest.split_once(" (") {
            if !before.contains('`') {
                rest = after.split_once(')').map_or("", |(_, after)| after);
            }
        }
    }
    fields
}

fn described(inside: &str) -> Shape {
    let kind = inside.split([';', ':']).next().unwrap_or_default();
    match words(kind).next() {
        Some("object" | "objects") => {
            let fields = quoted(inside).into_iter();
            let fields = fields.map(|name| (name.to_owned(), Shape::Any));
            Shape::Words(kind.to_owned(), Some(fields.collect()))
        }
        Some("number" | "string" | "strings" | "bool" | "place" | "places") => {
            Shape::Words(kind.to_owned(), None)
        }
        _ => Shape::Any,
    }
}

/// All forms that a section describes, together.
fn section(rows: Fields, body: &str) -> Shape {
    let body = body.replace('\n', " ");
    let mut fields = rows;
    for text in quoted(&body) {
        let mut parser = Parser { rest: text };
        match text.chars().next() {
            Some('{') => match parser.shape() {
                Shape::Object(more) => fields.extend(more),
                other => panic!("{other:?}"),
            },
            Some('[') if text.contains('{') => return parser.shape(),
            _ => {}
        }
    }
    Shape::Object(fields)
}

/// Reads `{"complete": bool, "devices": [device]}`.
struct Parser<'t> {
    rest: &'t str,
}

impl Parser<'_> {
    fn eat(&mut self, letter: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(letter) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn shape(&mut self) -> Shape {
        if self.eat('{') {
            let mut fields = Fields::new();
            while !self.eat('}') {
                assert!(self.eat('"'), "{}", self.rest);
                let (key, rest) = self.rest.split_once('"').expect("a quote");
                let key = key.to_owned();
                self.rest = rest;
                assert!(self.eat(':'), "{}", self.rest);
                fields.insert(key, self.shape());
                self.eat(',');
            }
            return Shape::Object(fields);
        }
        if self.eat('[') {
            let inner = self.shape();
            // `[end, end]`: so many of the same.
            while self.eat(',') {
                self.shape();
            }
            assert!(self.eat(']'), "{}", self.rest);
            return Shape::List(Box::new(inner));
        }
        let end = self.rest.find([',', '}', ']']).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Shape::Words(text.trim().to_owned(), None)
    }
}
