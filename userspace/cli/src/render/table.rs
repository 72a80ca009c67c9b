// SPDX-License-Identifier: GPL-2.0-only

//! Tables: columns are records of a title and of how a cell is made.

use comfy_table::{
    presets, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width,
};
use unicode_width::UnicodeWidthStr;

use super::{Look, Style};

/// Blanks after each column.
const PADDING: u16 = 2;

/// A cell: its text and what that means.
pub(super) type Content = (String, Style);

/// A column of a table of `T`.
pub(super) struct Column<T> {
    /// Its header.
    pub(super) title: &'static str,
    /// Whether it is aligned as numbers are.
    pub(super) numeric: bool,
    /// How a cell is made.
    pub(super) cell: fn(&T) -> Content,
}

/// A column of text.
pub(super) const fn text<T>(title: &'static str, cell: fn(&T) -> Content) -> Column<T> {
    Column {
        title,
        numeric: false,
        cell,
    }
}

/// A column of numbers.
pub(super) const fn number<T>(title: &'static str, cell: fn(&T) -> Content) -> Column<T> {
    Column {
        title,
        numeric: true,
        cell,
    }
}

/// A table without borders, with as much of a legend as is wanted.
pub(super) fn render<T>(columns: &[Column<T>], rows: &[T], thing: &str, look: Look) -> String {
    let of = |row| columns.iter().map(move |column| (column.cell)(row));
    let cells: Vec<Content> = rows.iter().flat_map(of).collect();
    let widths = widths(columns, &cells, look);
    let whole: usize = widths
        .iter()
        .map(|width| width + usize::from(PADDING))
        .sum();
    let mut text = String::new();
    if look.header || !rows.is_empty() {
        text = match look.width {
            Some(width) if whole > usize::from(width) => wrapped(columns, &cells, look, width),
            _ => padded(columns, &cells, look, &widths),
        };
    }
    if look.footer {
        let count = rows.len();
        let plural = if count == 1 { "" } else { "s" };
        text.push_str(&format!("\n{count} {thing}{plural} listed.\n"));
    }
    text
}

/// How wide each column is, by what is in it.
fn widths<T>(columns: &[Column<T>], cells: &[Content], look: Look) -> Vec<usize> {
    let of_title = |column: &Column<T>| if look.header { column.title.len() } else { 1 };
    let mut widths: Vec<usize> = columns.iter().map(of_title).collect();
    for row in cells.chunks(columns.len()) {
        for (width, (text, _)) in widths.iter_mut().zip(row) {
            *width = text.width().max(*width);
        }
    }
    widths
}

/// Each row in a line of its own.
///
/// Of our own, as comfy-table takes ten thousand instructions for a cell: most of the time of a list
/// of thousands of namespaces.
fn padded<T>(columns: &[Column<T>], cells: &[Content], look: Look, widths: &[usize]) -> String {
    let mut text = String::new();
    let mut line = |row: &mut dyn Iterator<Item = (&str, Style)>| {
        let start = text.len();
        for ((content, style), (column, width)) in row.zip(columns.iter().zip(widths)) {
            let missing = width - content.width();
            let (before, after) = if column.numeric {
                (missing, 0)
            } else {
                (0, missing)
            };
            text.extend(std::iter::repeat_n(' ', before));
            text.push_str(&style.paint(content, look.color));
            text.extend(std::iter::repeat_n(' ', after + usize::from(PADDING)));
        }
        text.truncate(start + text[start..].trim_end().len());
        text.push('\n');
    };
    if look.header {
        line(&mut columns.iter().map(|column| (column.title, Style::Heading)));
    }
    for row in cells.chunks(columns.len()) {
        line(
            &mut row
                .iter()
                .map(|(content, style)| (content.as_str(), *style)),
        );
    }
    text
}

/// Where there is no room for that, cells that go on in the next line.
fn wrapped<T>(columns: &[Column<T>], cells: &[Content], look: Look, width: u16) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    if look.header {
        table.set_header(columns.iter().map(|column| {
            let title = Style::Heading.paint(column.title, look.color);
            aligned(Cell::new(title), column)
        }));
    }
    for row in cells.chunks(columns.len()) {
        table.add_row(row.iter().zip(columns).map(|((text, style), column)| {
            aligned(Cell::new(style.paint(text, look.color)), column)
        }));
    }
    for (column, cells) in columns.iter().zip(table.column_iter_mut()) {
        cells.set_padding((0, PADDING));
        cells.set_constraint(constraint(column, look.header));
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

/// Where there is not enough room, text goes on in the next line; half a number or header helps nobody.
fn constraint<T>(column: &Column<T>, header: bool) -> ColumnConstraint {
    if column.numeric {
        return ColumnConstraint::ContentWidth;
    }
    let title = if header { column.title.len() } else { 0 };
    let title = u16::try_from(title).unwrap_or_default();
    ColumnConstraint::LowerBoundary(Width::Fixed(title.saturating_add(PADDING)))
}

fn aligned<T>(cell: Cell, column: &Column<T>) -> Cell {
    cell.set_alignment(if column.numeric {
        CellAlignment::Right
    } else {
        CellAlignment::Left
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLUMNS: [Column<[String; 3]>; 3] = [
        text("NAME", |row| (row[0].clone(), Style::Good)),
        number("N", |row| (row[1].clone(), Style::Plain)),
        text("WHAT", |row| (row[2].clone(), Style::Bad)),
    ];

    fn look(color: bool, header: bool) -> Look {
        Look {
            json: false,
            header,
            footer: false,
            color,
            unicode: false,
            width: None,
        }
    }

    proptest! {
        #[test]
        fn with_enough_room_both_ways_to_make_a_table_make_the_same(
            rows in prop::collection::vec(["[a-z\u{e4}\u{65e5} -]{0,9}", "[0-9]{1,5}", "\\PC{0,6}"], 1..6),
            color: bool,
            header: bool,
        ) {
            let look = look(color, header);
            let quick = render(&COLUMNS, &rows, "row", look);
            let cells: Vec<Content> = rows
                .iter()
                .flat_map(|row| COLUMNS.iter().map(move |column| (column.cell)(row)))
                .collect();
            prop_assert_eq!(quick, wrapped(&COLUMNS, &cells, look, 1000));
        }
    }
}
