// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)

//! What the constants say.

use syn::{Attribute, Expr, Item, Lit, Meta, Type};

use super::{fold, Fact, Facts};

/// All facts of a file of constants.
pub(super) fn facts(code: &str) -> Facts {
    let file = syn::parse_file(code).expect("the constants are Rust");
    let mut facts = Facts::new();
    items(&file.items, "", &mut facts);
    facts
}

fn items(items: &[Item], prefix: &str, facts: &mut Facts) {
    for item in items {
        let (path, fact) = match item {
            Item::Const(item) => (
                format!("{prefix}{}", item.ident),
                Fact {
                    kind: kind(&item.ty),
                    value: value(&item.expr),
                    doc: doc(&item.attrs),
                },
            ),
            Item::Mod(module) => {
                let path = format!("{prefix}{}", module.ident);
                let (_, inner) = module
                    .content
                    .as_ref()
                    .expect("modules have their content here");
                self::items(inner, &format!("{path}::"), facts);
                let fact = Fact {
                    kind: String::new(),
                    value: String::new(),
                    doc: doc(&module.attrs),
                };
                (path, fact)
            }
            _ => panic!("something that is neither constant nor module"),
        };
        assert!(facts.insert(path.clone(), fact).is_none(), "{path} twice");
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
            Lit::CStr(text) => text.value().into_string().expect("names are ASCII"),
            _ => panic!("an odd literal"),
        },
        Expr::Binary(shift) if matches!(shift.op, syn::BinOp::Shl(_)) => {
            let side = |expr| value(expr).parse::<u32>().expect("a number");
            (side(&shift.left) << side(&shift.right)).to_string()
        }
        _ => panic!("a constant that is neither literal nor shift"),
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
