// SPDX-License-Identifier: GPL-2.0-only

//! Tables: columns are records of a title and of how a cell is made.

use comfy_table::{
    presets, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width,
};
use unicode_width::UnicodeWidthStr;

use super::text::is_plain;
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

/// The cells of a table, row by row. They may be a hundred thousand, so they have one text together.
struct Cells {
    text: String,
    ends: Vec<End>,
    columns: usize,
}

/// Where a cell ends in the text, how wide it is, and what it means.
struct End {
    at: usize,
    width: usize,
    style: Style,
}

/// A cell as it is printed.
#[derive(Clone, Copy)]
struct Shown<'a> {
    text: &'a str,
    width: usize,
    style: Style,
}

impl Cells {
    fn new<T>(columns: &[Column<T>], rows: &[T]) -> Self {
        let mut cells = Cells {
            text: String::new(),
            ends: Vec::with_capacity(columns.len() * rows.len()),
            columns: columns.len(),
        };
        for row in rows {
            for column in columns {
                let (text, style) = (column.cell)(row);
                cells.text.push_str(&text);
                cells.ends.push(End {
                    at: cells.text.len(),
                    width: width(&text),
                    style,
                });
            }
        }
        cells
    }

    fn rows(&self) -> impl Iterator<Item = impl Iterator<Item = Shown<'_>>> {
        let mut start = 0;
        self.ends.chunks(self.columns).map(move |row| {
            let begin = start;
            start = row.last().map_or(start, |last| last.at);
            row.iter().scan(begin, |from, end| {
                let text = self.text.get(*from..end.at)?;
                *from = end.at;
                let (width, style) = (end.width, end.style);
                Some(Shown { text, width, style })
            })
        })
    }
}

/// How many columns of a terminal a text takes.
fn width(text: &str) -> usize {
    match is_plain(text) {
        true => text.len(),
        false => text.width(),
    }
}

/// A table without borders, with as much of a legend as is wanted.
pub(super) fn render<T>(columns: &[Column<T>], rows: &[T], thing: &str, look: Look) -> String {
    let cells = Cells::new(columns, rows);
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
fn widths<T>(columns: &[Column<T>], cells: &Cells, look: Look) -> Vec<usize> {
    let of_title = |column: &Column<T>| if look.header { column.title.len() } else { 1 };
    let mut widths: Vec<usize> = columns.iter().map(of_title).collect();
    for row in cells.rows() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width.max(*width);
        }
    }
    widths
}

/// Each row in a line of its own.
///
/// Of our own, as comfy-table takes ten thousand instructions for a cell: most of the time of a list
/// of thousands of namespaces.
fn padded<T>(columns: &[Column<T>], cells: &Cells, look: Look, widths: &[usize]) -> String {
    let mut output = String::new();
    let titles = columns.iter().map(|column| Shown {
        text: column.title,
        width: column.title.len(),
        style: Style::Heading,
    });
    if look.header {
        line(&mut output, columns, titles, look, widths);
    }
    for row in cells.rows() {
        line(&mut output, columns, row, look, widths);
    }
    output
}

fn line<'a, T>(
    output: &mut String,
    columns: &[Column<T>],
    row: impl Iterator<Item = Shown<'a>>,
    look: Look,
    widths: &[usize],
) {
    let start = output.len();
    for (cell, (column, width)) in row.zip(columns.iter().zip(widths)) {
        let missing = width - cell.width;
        if column.numeric {
            blanks(output, missing);
        }
        cell.style.paint_onto(output, cell.text, look.color);
        if !column.numeric {
            blanks(output, missing);
        }
        blanks(output, usize::from(PADDING));
    }
    output.truncate(start + output[start..].trim_end().len());
    output.push('\n');
}

fn blanks(output: &mut String, mut count: usize) {
    const SOME: &str = "                ";
    while count > SOME.len() {
        output.push_str(SOME);
        count -= SOME.len();
    }
    output.push_str(&SOME[..count]);
}

/// Where there is no room for that, cells that go on in the next line.
fn wrapped<T>(columns: &[Column<T>], cells: &Cells, look: Look, width: u16) -> String {
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
    for row in cells.rows() {
        table.add_row(row.zip(columns).map(|(cell, column)| {
            aligned(Cell::new(cell.style.paint(cell.text, look.color)), column)
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
            let cells = Cells::new(&COLUMNS, &rows);
            prop_assert_eq!(quick, wrapped(&COLUMNS, &cells, look, 1000));
        }
    }
}
