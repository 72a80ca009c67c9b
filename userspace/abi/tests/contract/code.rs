// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)

//! What the constants say.

use syn::parse::{Parse, ParseStream};
use syn::{braced, Attribute, Expr, Ident, Item, Lit, Meta, Token, Type, Visibility};

use super::{fold, Fact, Facts};

/// What makes a module of numbers, and that of the settings.
const TABLES: [&str; 2] = ["numbers", "settings"];

/// All facts of a file of constants.
pub(super) fn facts(code: &str) -> Facts {
    let file = syn::parse_file(code).expect("the constants are Rust");
    let mut facts = Facts::new();
    let mut insert = |path: String, fact| {
        assert!(facts.insert(path.clone(), fact).is_none(), "{path} twice");
    };
    for item in &file.items {
        match item {
            Item::Const(item) if matches!(item.vis, Visibility::Public(_)) => insert(
                item.ident.to_string(),
                Fact {
                    kind: kind(&item.ty),
                    value: value(&item.expr),
                    doc: doc(&item.attrs),
                },
            ),
            Item::Macro(item) if TABLES.iter().any(|table| item.mac.path.is_ident(table)) => {
                let table: Table = item.mac.parse_body().expect("a table");
                let fact = Fact {
                    kind: String::new(),
                    value: String::new(),
                    doc: doc(&table.attrs),
                };
                insert(table.name.to_string(), fact);
                for row in &table.rows {
                    let path = format!("{}::{}", table.name, row.name);
                    insert(path, row.fact(&table.ty));
                }
            }
            // What the tables are made of.
            Item::Const(_) | Item::Macro(_) | Item::Fn(_) | Item::Enum(_) | Item::Struct(_) => {}
            _ => panic!("something that is neither constant nor table"),
        }
    }
    facts
}

/// `name: type { rows }`.
struct Table {
    attrs: Vec<Attribute>,
    name: Ident,
    ty: Type,
    rows: Vec<Row>,
}

/// `NAME = value;`, for a setting `NAME = value: kind, part of OTHER;`.
struct Row {
    attrs: Vec<Attribute>,
    name: Ident,
    value: Expr,
    kind: Option<Expr>,
    whole: Option<Ident>,
}

impl Parse for Table {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        let content;
        braced!(content in input);
        let mut rows = Vec::new();
        while !content.is_empty() {
            rows.push(content.parse()?);
        }
        Ok(Table {
            attrs,
            name,
            ty,
            rows,
        })
    }
}

impl Parse for Row {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        let kind = match input.parse::<Option<Token![:]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        let whole = match input.parse::<Option<Token![,]>>()? {
            Some(_) => {
                let words: (Ident, Ident) = (input.parse()?, input.parse()?);
                assert!(words.0 == "part" && words.1 == "of", "{name}");
                Some(input.parse()?)
            }
            None => None,
        };
        input.parse::<Token![;]>()?;
        Ok(Row {
            attrs,
            name,
            value,
            kind,
            whole,
        })
    }
}

impl Row {
    fn fact(&self, ty: &Type) -> Fact {
        let mut words = kind(ty);
        if let Some(kind) = &self.kind {
            words.push(' ');
            words.push_str(&setting(kind));
        }
        if let Some(whole) = &self.whole {
            words.push_str(&format!(", part of {whole}"));
        }
        Fact {
            kind: words,
            value: value(&self.value),
            doc: doc(&self.attrs),
        }
    }
}

/// The strings of an array.
fn names(array: &Expr) -> String {
    let Expr::Array(array) = array else {
        panic!("not an array of names");
    };
    let names: Vec<_> = array.elems.iter().map(value).collect();
    names.join(", ")
}

/// What a setting is like: a word, and a limit or names if there are any.
fn setting(kind: &Expr) -> String {
    let word = |expr: &Expr| match expr {
        Expr::Path(path) => path.path.require_ident().expect("a word").to_string(),
        Expr::Reference(list) => names(&list.expr),
        other => value(other),
    };
    match kind {
        Expr::Call(call) => format!(
            "{}({})",
            word(&call.func),
            word(call.args.first().expect("a limit"))
        ),
        other => word(other),
    }
}

fn kind(ty: &Type) -> String {
    let words = |path: &syn::TypePath| {
        let segments = path.path.segments.iter();
        let words: Vec<_> = segments.map(|segment| segment.ident.to_string()).collect();
        words.join(" :: ")
    };
    match ty {
        Type::Path(path) => words(path),
        Type::Reference(reference) => match reference.elem.as_ref() {
            Type::Path(path) => format!("& {}", words(path)),
            _ => panic!("a reference to something odd"),
        },
        _ => panic!("a constant of an odd type"),
    }
}

fn value(expr: &Expr) -> String {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_digits().to_owned(),
            Lit::Str(text) => text.value(),
            Lit::CStr(text) => text.value().into_string().expect("names are ASCII"),
            _ => panic!("an odd literal"),
        },
        _ => panic!("a constant that is no literal"),
    }
}

fn doc(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta {
            if let (true, Expr::Lit(literal)) = (pair.path.is_ident("doc"), &pair.value) {
                if let Lit::Str(line) = &literal.lit {
                    text.push_str(&line.value());
                    text.push('\n');
                }
            }
        }
    }
    fold(&text)
}
