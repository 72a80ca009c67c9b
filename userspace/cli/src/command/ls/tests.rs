// SPDX-License-Identifier: GPL-2.0-only

//! Lists of fixed namespaces.

use super::*;
use crate::fixture::{check_columns, golden, JSON, TEXT};
use crate::render::Look;
use crate::tenancy::Tenancy;

fn rows() -> Vec<Row> {
    crate::command::namespace::fixture()
}

fn seen() -> Vec<Row> {
    let namespace = Namespace {
        inum: Some(4026532281),
        ..Namespace::new(0, UNTOLD)
    };
    let tenancy = Tenancy {
        processes: Some(2),
        ..Tenancy::default()
    };
    vec![Row {
        tenancy,
        ..Row::new(&namespace, vec!["red".to_owned()], now())
    }]
}

fn table(rows: &[Row], look: Look) -> String {
    let told = rows.iter().all(|row| row.namespace.state != UNTOLD);
    table::render(
        &usual(told, rows.len(), look.width),
        rows,
        "namespace",
        look,
    )
}

fn json(complete: bool, namespaces: Vec<Row>) -> String {
    let list = List {
        complete,
        namespaces,
    };
    JSON.choose(&list, String::new).unwrap()
}

#[test]
fn namespaces_as_text_and_json_with_and_without_the_module() {
    golden(
        "ls",
        &[
            ("text", table(&rows(), TEXT)),
            (
                "text of all columns",
                table::render(&COLUMNS, &rows(), "namespace", TEXT),
            ),
            ("json", json(true, rows())),
            ("text without the module", table(&seen(), TEXT)),
            ("json without the module", json(false, seen())),
        ],
    );
    check_columns(&COLUMNS, &rows());
    check_columns(&COLUMNS, &seen());
}

#[test]
fn colours_change_no_column() {
    let look = Look {
        color: true,
        ..TEXT
    };
    let colored = table(&rows(), look);
    assert!(colored.contains('\x1b'));
    let mut plain = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    let trimmed = |text: &str| -> Vec<String> {
        let lines = text.lines();
        lines.map(|line| line.trim_end().to_owned()).collect()
    };
    assert_eq!(trimmed(&plain), trimmed(&table(&rows(), TEXT)));
}

#[test]
fn without_legend_there_are_rows_only() {
    let look = Look {
        header: false,
        footer: false,
        ..TEXT
    };
    assert_eq!(table(&rows(), look).lines().count(), 3);
    assert_eq!(table(&[], look), "");
}

fn with_width(width: Option<u16>) -> String {
    let look = Look {
        width,
        footer: false,
        ..TEXT
    };
    table(&rows(), look)
}

#[test]
fn tables_fit_the_terminal_and_lose_nothing() {
    for width in [112, 120, 140] {
        let text = with_width(Some(width));
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(width.into()), "{width}\n{text}");
        for whole in ["COOKIE", "DEVICES", "OWNED-BY", "4026532281"] {
            assert!(text.contains(whole), "{width}\n{text}");
        }
        // Wrapped, but all there.
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        let whole = letters(&with_width(None));
        assert_eq!(letters(&text), whole, "{width}\n{text}");
    }
}

#[test]
fn of_very_many_it_is_not_shown_whose_they_are() {
    let titles = |count| {
        let columns = usual(true, count, None);
        columns
            .iter()
            .map(|column| column.title)
            .collect::<Vec<_>>()
    };
    assert!(titles(MANY).contains(&"OWNED-BY"));
    let many = titles(MANY + 1);
    assert!(
        !many.contains(&"OWNED-BY") && many.contains(&"INUM"),
        "{many:?}"
    );
}

#[test]
fn a_narrow_terminal_gets_one_or_two_columns_less_and_no_wider_line() {
    for width in [76, 80, 91, 92, 100, 111] {
        let text = with_width(Some(width));
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(width.into()), "{width}\n{text}");
        assert!(
            !text.contains("INUM") && text.contains("OWNED-BY"),
            "{text}"
        );
        assert_eq!(text.contains("CREATOR"), width >= 92, "{text}");
    }
}
