// SPDX-License-Identifier: GPL-2.0-only

//! Tables: columns are records of a title and of how a cell is made.

use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

use super::text::is_plain;
use super::{Look, Style};

/// Blanks between columns.
const PADDING: usize = 2;

/// A cell: its text and what that means.
pub(crate) type Content = (String, Style);

/// What a column is in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Json {
    /// A string.
    Text,
    /// A number, also aligned as numbers are.
    Number,
    /// True or false.
    Bool,
    /// A list.
    List,
    /// An object.
    Object,
}

/// A column of a table of `T`.
pub(crate) struct Column<T> {
    /// Where the value is in the JSON of a row, with dots between keys.
    pub(crate) key: &'static str,
    /// Its header.
    pub(crate) title: &'static str,
    /// What it says, for the help.
    pub(crate) help: &'static str,
    /// What it is in JSON.
    pub(crate) json: Json,
    /// How a cell is made.
    pub(crate) cell: fn(&T) -> Content,
}

/// A column in one row: key, header, what it is in JSON, what it says, and how a cell is made.
macro_rules! column {
    ($key:literal $title:literal $json:ident $help:literal, $cell:expr) => {
        $crate::render::table::Column {
            key: $key,
            title: $title,
            json: $crate::render::table::Json::$json,
            help: $help,
            cell: $cell,
        }
    };
}
pub(crate) use column;

impl<T> Clone for Column<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Column<T> {}

impl<T> Column<T> {
    fn is_numeric(&self) -> bool {
        self.json == Json::Number
    }
}

/// A cell without a meaning of its own.
pub(crate) fn plain(text: impl Into<String>) -> Content {
    (text.into(), Style::Plain)
}

/// What stands below the options in the help of a verb that prints a table.
pub(crate) fn help<T>(text: &str, columns: &[Column<T>]) -> String {
    let width = columns.iter().map(|column| column.title.len()).max();
    let width = width.unwrap_or_default();
    let row = |column: &Column<T>| {
        let (title, what, key) = (column.title, column.help, column.key);
        format!("\n  {title:width$}  {what} ({key})")
    };
    let rows: String = columns.iter().map(row).collect();
    format!("{text}\n\nColumns, each with its key in --json:{rows}")
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
pub(crate) fn render<T>(columns: &[Column<T>], rows: &[T], thing: &str, look: Look) -> String {
    let cells = Cells::new(columns, rows);
    let widths = widths(columns, &cells, look);
    let mut text = String::new();
    if look.header || !rows.is_empty() {
        text = match look.width {
            Some(room) if whole(&widths) > room.into() => {
                wrapped(columns, &cells, look, &widths, room.into())
            }
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

/// How wide a table of such columns is: nothing is to the right of the last one.
fn whole(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + PADDING * widths.len().saturating_sub(1)
}

/// How wide a column is with nothing in it.
fn least_width<T>(column: &Column<T>, look: Look) -> usize {
    if look.header {
        column.title.len()
    } else {
        1
    }
}

/// How wide each column is, by what is in it.
fn widths<T>(columns: &[Column<T>], cells: &Cells, look: Look) -> Vec<usize> {
    let of_title = |column: &Column<T>| least_width(column, look);
    let mut widths: Vec<usize> = columns.iter().map(of_title).collect();
    for row in cells.rows() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width.max(*width);
        }
    }
    widths
}

/// Each row in a line of its own.
fn padded<T>(columns: &[Column<T>], cells: &Cells, look: Look, widths: &[usize]) -> String {
    let mut output = String::new();
    if look.header {
        line(&mut output, columns, titles(columns), look, widths);
    }
    for row in cells.rows() {
        line(&mut output, columns, row, look, widths);
    }
    output
}

fn titles<T>(columns: &[Column<T>]) -> impl Iterator<Item = Shown<'_>> {
    columns.iter().map(|column| Shown {
        text: column.title,
        width: column.title.len(),
        style: Style::Heading,
    })
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
        let missing = width.saturating_sub(cell.width);
        if column.is_numeric() {
            blanks(output, missing);
        }
        cell.style.paint_onto(output, cell.text, look.color);
        if !column.is_numeric() {
            blanks(output, missing);
        }
        blanks(output, PADDING);
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
fn wrapped<T>(
    columns: &[Column<T>],
    cells: &Cells,
    look: Look,
    widths: &[usize],
    room: usize,
) -> String {
    let least = least_widths(columns, look, widths);
    let words = word_widths(cells, least.clone());
    let widths = narrowed(widths, &words, room)
        .or_else(|| narrowed(widths, &least, room))
        .unwrap_or(least);
    let mut output = String::new();
    if look.header {
        line(&mut output, columns, titles(columns), look, &widths);
    }
    for row in cells.rows() {
        let parts: Vec<_> = row
            .zip(&widths)
            .map(|(cell, &width)| (parts(cell, width), cell.style))
            .collect();
        let height = parts.iter().map(|(parts, _)| parts.len()).max();
        for number in 0..height.unwrap_or_default() {
            let row = parts.iter().map(|(parts, style)| {
                let text = parts.get(number).map_or("", |part| part);
                Shown {
                    text,
                    width: width(text),
                    style: *style,
                }
            });
            line(&mut output, columns, row, look, &widths);
        }
    }
    output
}

/// How narrow each column may become: half a number or half a title helps nobody.
fn least_widths<T>(columns: &[Column<T>], look: Look, widths: &[usize]) -> Vec<usize> {
    let least = |(column, &width): (&Column<T>, &usize)| match column.is_numeric() {
        true => width,
        false => least_width(column, look),
    };
    columns.iter().zip(widths).map(least).collect()
}

/// How narrow it may become with no word broken.
fn word_widths(cells: &Cells, mut least: Vec<usize>) -> Vec<usize> {
    for row in cells.rows() {
        for (least, cell) in least.iter_mut().zip(row) {
            let longest = cell.text.split(' ').map(width).max();
            *least = longest.unwrap_or_default().max(*least);
        }
    }
    least
}

/// The widths with which the table fits into the room, as the widest columns give way.
fn narrowed(widths: &[usize], least: &[usize], room: usize) -> Option<Vec<usize>> {
    let within = |limit: usize| -> Vec<usize> {
        let pairs = widths.iter().zip(least);
        pairs
            .map(|(width, least)| limit.min(*width).max(*least))
            .collect()
    };
    let widest = widths.iter().max().copied().unwrap_or_default();
    (1..=widest)
        .rev()
        .map(within)
        .find(|widths| whole(widths) <= room)
}

/// A cell's lines.
fn parts(cell: Shown<'_>, width: usize) -> Vec<Cow<'_, str>> {
    if cell.width <= width {
        return vec![Cow::Borrowed(cell.text)];
    }
    let options = textwrap::Options::new(width)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    textwrap::wrap(cell.text, options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLUMNS: [Column<[String; 3]>; 3] = [
        column!("" "NAME" Text "", |row| (row[0].clone(), Style::Good)),
        column!("" "N" Number "", |row| (row[1].clone(), Style::Plain)),
        column!("" "WHAT" Text "", |row| (row[2].clone(), Style::Bad)),
    ];

    fn look(color: bool, header: bool, width: Option<u16>) -> Look {
        Look {
            json: false,
            lines: false,
            header,
            footer: false,
            color,
            unicode: false,
            width,
        }
    }

    fn without_colors(text: &str) -> String {
        let mut parts = text.split('\x1b');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            text + part.split_once('m').map_or(part, |(_, rest)| rest)
        })
    }

    fn letters(text: &str) -> Vec<char> {
        let mut letters: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
        letters.sort_unstable();
        letters
    }

    #[test]
    fn the_widest_give_way_and_words_stay_whole_where_they_can() {
        let rows = [
            ["a".into(), "1234".into(), "one two three four".into()],
            ["abcdefgh".into(), "5".into(), "x".into()],
        ];
        let lines = |width| {
            let text = render(&COLUMNS, &rows, "row", look(false, true, Some(width)));
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let whole_words = [
            "NAME         N  WHAT",
            "a         1234  one",
            "                two",
            "                three",
            "                four",
            "abcdefgh     5  x",
        ];
        assert_eq!(lines(22), whole_words);
        assert_eq!(lines(21), whole_words);
        let broken_words = [
            "NAME     N  WHAT",
            "a     1234  one",
            "            two",
            "            thre",
            "            e",
            "            four",
            "abcd     5  x",
            "efgh",
        ];
        assert_eq!(lines(17), broken_words);
        assert_eq!(lines(3), broken_words);
    }

    proptest! {
        #[test]
        fn with_little_room_nothing_is_lost_and_no_line_is_wider_than_it_must(
            rows in prop::collection::vec(["[a-z\u{e4}\u{65e5} -]{0,9}", "[0-9]{1,5}", "\\PC{0,16}"], 1..6),
            header: bool,
            room in 1_u16..50,
        ) {
            let text = render(&COLUMNS, &rows, "row", look(false, header, Some(room)));
            let whole = render(&COLUMNS, &rows, "row", look(false, header, None));
            prop_assert_eq!(letters(&text), letters(&whole));
            // Numbers, titles, and what is between them; half of a wide letter there is not.
            let least = if header { 17 } else { 13 };
            let most = usize::from(room).max(least);
            prop_assert!(text.lines().all(|line| width(line) <= most), "{}", text);
        }

        #[test]
        fn colors_change_nothing_else(
            rows in prop::collection::vec(["[a-z\u{65e5} -]{0,9}", "[0-9]{1,5}", "[ -~]{0,16}"], 1..6),
            header: bool,
            room in 1_u16..50,
        ) {
            let of = |color| render(&COLUMNS, &rows, "row", look(color, header, Some(room)));
            let plain = of(false);
            let colored = without_colors(&of(true));
            let ends = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
            prop_assert_eq!(ends(&plain), ends(&colored));
        }
    }
}
