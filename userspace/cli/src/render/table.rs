// SPDX-License-Identifier: GPL-2.0-only

//! Tables: columns are records of a title and of how a cell is made.

use comfy_table::{
    presets, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width,
};

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
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = look.width {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
    }
    if look.header {
        table.set_header(columns.iter().map(|column| {
            let title = Style::Heading.paint(column.title, look.color);
            aligned(Cell::new(title), column)
        }));
    }
    for row in rows {
        table.add_row(columns.iter().map(|column| {
            let (text, style) = (column.cell)(row);
            aligned(Cell::new(style.paint(&text, look.color)), column)
        }));
    }
    for (column, cells) in columns.iter().zip(table.column_iter_mut()) {
        cells.set_padding((0, PADDING));
        if look.width.is_some() {
            cells.set_constraint(constraint(column));
        }
    }
    let mut text = String::new();
    if look.header || !rows.is_empty() {
        for line in table.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    if look.footer {
        let count = rows.len();
        let plural = if count == 1 { "" } else { "s" };
        text.push_str(&format!("\n{count} {thing}{plural} listed.\n"));
    }
    text
}

/// Where there is not enough room, text goes on in the next line; half a number or header helps nobody.
fn constraint<T>(column: &Column<T>) -> ColumnConstraint {
    if column.numeric {
        return ColumnConstraint::ContentWidth;
    }
    let header = u16::try_from(column.title.len()).unwrap_or_default();
    ColumnConstraint::LowerBoundary(Width::Fixed(header.saturating_add(PADDING)))
}

fn aligned<T>(cell: Cell, column: &Column<T>) -> Cell {
    cell.set_alignment(if column.numeric {
        CellAlignment::Right
    } else {
        CellAlignment::Left
    })
}
