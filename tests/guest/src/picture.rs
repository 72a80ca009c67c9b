// SPDX-License-Identifier: GPL-2.0-only

//! A terminal's screen as a picture.

use std::fmt::Write;

use vt100::{Cell, Color, Screen};

/// Width of a letter and height of a line.
const LETTER: u16 = 8;
const LINE: u16 = 17;
const PAD: u16 = 10;

/// The first eight colours of a terminal, and the next, which are brighter.
const COLORS: [&str; 16] = [
    "#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4",
    "#6e7681", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#f0f6fc",
];
const FOREGROUND: &str = "#e6edf3";
const BACKGROUND: &str = "#0d1117";

/// How a cell looks: colour of its text and of its ground, and whether it is bold.
type Look = (&'static str, &'static str, bool);

/// The screen as SVG.
pub(crate) fn svg(screen: &Screen) -> String {
    let (lines, columns) = screen.size();
    let (width, height) = (columns * LETTER + 2 * PAD, lines * LINE + 2 * PAD);
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" xml:space=\"preserve\">\n\
         <style>text {{ font: 13.3px monospace; \
         white-space: pre }}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{BACKGROUND}\"/>\n"
    );
    for line in 0..lines {
        let cells = (0..columns).filter_map(|column| Some((column, screen.cell(line, column)?)));
        for (column, look, text) in runs(cells) {
            draw(&mut picture, (line, column), look, &text);
        }
    }
    picture + "</svg>\n"
}

/// Neighbours that look alike as one, with the column of the first.
fn runs<'a>(cells: impl Iterator<Item = (u16, &'a Cell)>) -> Vec<(u16, Look, String)> {
    let mut runs: Vec<(u16, Look, String)> = Vec::new();
    for (column, cell) in cells {
        let text = match cell.contents() {
            none if none.is_empty() => " ".to_owned(),
            text => text,
        };
        match runs.last_mut() {
            Some((_, look, run)) if *look == look_of(cell) => run.push_str(&text),
            _ => runs.push((column, look_of(cell), text)),
        }
    }
    runs
}

fn look_of(cell: &Cell) -> Look {
    let text = color(cell.fgcolor(), FOREGROUND);
    let ground = color(cell.bgcolor(), BACKGROUND);
    match cell.inverse() {
        true => (ground, text, cell.bold()),
        false => (text, ground, cell.bold()),
    }
}

fn color(color: Color, usual: &'static str) -> &'static str {
    match color {
        Color::Idx(index) => COLORS.get(usize::from(index)).copied().unwrap_or(usual),
        _ => usual,
    }
}

fn draw(picture: &mut String, (line, column): (u16, u16), (text, ground, bold): Look, run: &str) {
    let (x, y) = (PAD + column * LETTER, PAD + line * LINE);
    let width = LETTER * u16::try_from(run.chars().count()).unwrap_or(u16::MAX / LETTER);
    if ground != BACKGROUND {
        let rect = format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{LINE}\" fill=\"{ground}\"/>"
        );
        writeln!(picture, "{rect}").expect("a string takes all");
    }
    if run.trim().is_empty() {
        return;
    }
    let escaped = run.replace('&', "&amp;").replace('<', "&lt;");
    let weight = if bold { " font-weight=\"bold\"" } else { "" };
    let y = y + LINE - 4;
    let text = format!(
        "<text x=\"{x}\" y=\"{y}\" textLength=\"{width}\" fill=\"{text}\"{weight}>{escaped}</text>"
    );
    writeln!(picture, "{text}").expect("a string takes all");
}
