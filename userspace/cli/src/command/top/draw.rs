// SPDX-License-Identifier: GPL-2.0-only

//! What is there, on a terminal of 80 columns and 24 lines or another size.

use homeward_client::model::State;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style as Paint};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table};
use ratatui::Frame;
use unicode_width::UnicodeWidthStr;

use super::app::{App, View};
use super::rows::{rows, Column, Listed, Row as Item};
use crate::command::namespace;
use crate::render::text::{nanoseconds, printable, span};
use crate::render::{Look, Style};

/// So many lines of events where there is room.
const EVENTS: u16 = 6;
/// Of deaths under way, so many are named.
const NAMED: usize = 3;
/// The first column is cut to no less than this, and others to no more than that.
const NARROW: u16 = 12;
const WIDE: u16 = 20;

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, app: &mut App, look: Look) {
    let events = EVENTS.min(frame.area().height / 4);
    let lines = [
        Constraint::Length(2),
        Constraint::Fill(1),
        Constraint::Length(events),
        Constraint::Length(1),
    ];
    let [head, list, below, keys] = Layout::vertical(lines).areas(frame.area());
    // Without the line of titles.
    app.settle(usize::from(list.height.saturating_sub(1)));
    let pen = Pen { look };
    frame.render_widget(Paragraph::new(pen.head(app)), head);
    pen.list(frame, app, list);
    frame.render_widget(Paragraph::new(pen.events(app, below)), below);
    frame.render_widget(Paragraph::new(pen.keys(app)), keys);
}

/// Draws with colours or without.
struct Pen {
    look: Look,
}

impl Pen {
    fn paint(&self, style: Style) -> Paint {
        let color = |color| match self.look.color {
            true => Paint::new().fg(color),
            false => Paint::new(),
        };
        match style {
            Style::Plain => Paint::new(),
            Style::Heading => Paint::new().add_modifier(Modifier::BOLD),
            Style::Good => color(Color::Green),
            Style::Notable => color(Color::Yellow),
            Style::Bad => color(Color::Red).add_modifier(Modifier::BOLD),
            Style::Faint => Paint::new().add_modifier(Modifier::DIM),
        }
    }

    fn head(&self, app: &App) -> Vec<Line<'static>> {
        let all = &app.namespaces;
        let sum = |of: fn(&namespace::Row) -> Option<u32>| -> u64 {
            all.iter().filter_map(of).map(u64::from).sum()
        };
        let devices = sum(|one| one.namespace.devices);
        let away = sum(|one| one.namespace.away);
        let count = all.len();
        let first = Line::from(vec![
            Span::styled("homeward", self.paint(Style::Heading)),
            Span::raw(format!("  {count} namespaces, {devices} devices, ")),
            Span::styled(
                format!("{away} away from home"),
                self.paint(if away > 0 {
                    Style::Notable
                } else {
                    Style::Plain
                }),
            ),
        ]);
        let (words, style) = match &app.trouble {
            Some(trouble) => (printable(trouble), Style::Bad),
            None => deaths(all),
        };
        vec![first, Line::styled(words, self.paint(style))]
    }

    fn list(&self, frame: &mut Frame<'_>, app: &App, area: Rect) {
        let page = app.page();
        match &page.view {
            View::Namespaces(whose) => self.table(frame, app, app.namespaces_of(whose), area),
            View::Devices(_) => self.table(frame, app, &app.devices, area),
            View::Owners => self.table(frame, app, &app.owners, area),
            View::Holders(lines) => {
                let shown = lines.iter().skip(page.top).take(app.room);
                let mut text = vec![Line::styled("HOLDERS", self.paint(Style::Heading))];
                text.extend(shown.zip(page.top..).map(|(line, at)| {
                    let style = match at == page.selected {
                        true => Paint::new().add_modifier(Modifier::REVERSED),
                        false => Paint::new(),
                    };
                    Line::styled(line.clone(), style)
                }));
                frame.render_widget(Paragraph::new(text), area);
            }
        }
    }

    fn table<'a, T: Listed>(
        &self,
        frame: &mut Frame<'_>,
        app: &App,
        all: impl IntoIterator<Item = &'a T>,
        area: Rect,
    ) {
        let page = app.page();
        let items = rows(all, &app.rates, &page.filter, page.sort);
        let shown: Vec<_> = items.iter().skip(page.top).take(app.room).collect();
        let titles = T::COLUMNS.iter().enumerate().map(|(at, column)| {
            let mark = match (at == page.sort.0, page.sort.1) {
                (true, false) => "*",
                (true, true) => "!",
                _ => "",
            };
            format!("{}{mark}", column.title)
        });
        let titles: Vec<String> = titles.collect();
        let cells: Vec<Vec<_>> = shown.iter().map(|item| cells(item)).collect();
        let widths = widths(&titles, &cells, area.width);
        let aligned = |column: &Column<T>, text: String| {
            let side = match column.is_numeric() {
                true => Alignment::Right,
                false => Alignment::Left,
            };
            Line::from(text).alignment(side)
        };
        let head = T::COLUMNS
            .iter()
            .zip(titles)
            .map(|(column, title)| Cell::from(aligned(column, title)));
        let head = Row::new(head).style(self.paint(Style::Heading));
        let body = cells.into_iter().zip(page.top..).map(|(cells, at)| {
            let cells = T::COLUMNS.iter().zip(cells).map(|(column, (text, style))| {
                Cell::from(aligned(column, text)).style(self.paint(style))
            });
            match at == page.selected {
                true => Row::new(cells).style(Paint::new().add_modifier(Modifier::REVERSED)),
                false => Row::new(cells),
            }
        });
        frame.render_widget(Table::new(body, widths).header(head), area);
    }

    fn events(&self, app: &App, area: Rect) -> Vec<Line<'static>> {
        let rule = if self.look.unicode { "\u{2500}" } else { "-" };
        let rule = rule.repeat(usize::from(area.width).saturating_sub(8));
        let title = Line::styled(format!("events {rule}"), self.paint(Style::Faint));
        let room = usize::from(area.height).saturating_sub(1);
        let skipped = app.events.len().saturating_sub(room);
        let last = app.events.iter().skip(skipped);
        [title]
            .into_iter()
            .chain(last.map(|event| Line::raw(event.clone())))
            .collect()
    }

    fn keys(&self, app: &App) -> Line<'static> {
        let filter = printable(&app.page().filter);
        let words = match (&app.page().view, app.typing, filter.is_empty()) {
            (_, true, _) => format!("only with: {filter}_   enter: done  esc: all"),
            (View::Holders(_), ..) => "esc: back  q: end".to_owned(),
            (_, _, false) => format!("only with: {filter}   esc: all  q: end"),
            (View::Namespaces(None), ..) => {
                "enter: devices  h: holders  tab: all devices  < > r: sort  /: filter  q: end"
                    .to_owned()
            }
            (View::Namespaces(Some(whose)), ..) => {
                let owner = whose.text();
                format!("enter: devices  h: holders  esc: back  q: end   owner: {owner}")
            }
            (View::Devices(which), ..) => {
                let next = which.map_or("owners", |_| "namespaces");
                format!("h: holders  tab: {next}  < > r: sort  /: filter  esc: back  q: end")
            }
            (View::Owners, ..) => {
                "enter: its namespaces  tab: namespaces  < > r: sort  /: filter  q: end".to_owned()
            }
        };
        Line::styled(words, self.paint(Style::Faint))
    }
}

fn cells<T: Listed>(item: &Item<'_, T>) -> Vec<(String, Style)> {
    T::COLUMNS
        .iter()
        .map(|column| (column.cell)(item))
        .collect()
}

/// The first column gets what the others leave.
fn widths(titles: &[String], cells: &[Vec<(String, Style)>], room: u16) -> Vec<Constraint> {
    let width = |text: &str| u16::try_from(text.width()).unwrap_or(u16::MAX);
    let widest = titles.iter().enumerate().map(|(at, title)| {
        let column = cells.iter().filter_map(|row| row.get(at));
        let widest = column.map(|(text, _)| width(text)).max().unwrap_or(0);
        widest.min(WIDE).max(width(title))
    });
    let mut widths: Vec<u16> = widest.collect();
    let gaps = u16::try_from(widths.len().saturating_sub(1)).unwrap_or(0);
    let others: u16 = widths
        .iter()
        .skip(1)
        .fold(gaps, |sum, one| sum.saturating_add(*one));
    if let Some(first) = widths.first_mut() {
        *first = room.saturating_sub(others).max(NARROW);
    }
    widths.into_iter().map(Constraint::Length).collect()
}

/// Deaths under way, the longest first.
fn deaths(all: &[namespace::Row]) -> (String, Style) {
    let dying = |one: &&namespace::Row| matches!(one.namespace.state, State::Queued | State::Dying);
    let mut dying: Vec<_> = all.iter().filter(dying).collect();
    if dying.is_empty() {
        return ("nothing is dying".to_owned(), Style::Faint);
    }
    dying.sort_by_key(|one| std::cmp::Reverse(one.namespace.dying_for));
    let named = dying.iter().take(NAMED).map(|one| {
        let label = printable(&one.label());
        let time = one.namespace.dying_for;
        let time = time.map_or("queued".to_owned(), |time| span(nanoseconds(time)));
        match one.namespace.stuck {
            Some(stuck @ 1..) => format!("{label} {time}, stuck devices: {stuck}"),
            _ => format!("{label} {time}"),
        }
    });
    let named = named.collect::<Vec<_>>().join("; ");
    let more = match dying.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    (format!("dying: {named}{more}"), Style::Bad)
}

#[cfg(test)]
mod tests {
    use super::super::app::tests::{app, keys, show_owners};
    use super::*;
    use crate::fixture::{golden, TEXT};
    use ratatui::backend::TestBackend;
    use ratatui::crossterm::event::KeyCode;
    use ratatui::Terminal;

    fn screen(app: &mut App, look: Look, (width, height): (u16, u16)) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, app, look)).unwrap();
        let buffer = terminal.backend().buffer();
        let line = |y: u16| -> String {
            let cells = (0..width).filter_map(|x| buffer.cell((x, y)));
            let text: String = cells.map(|cell| cell.symbol()).collect();
            format!("{}\n", text.trim_end())
        };
        (0..height).map(line).collect()
    }

    #[test]
    fn each_view_fits_the_usual_terminal() {
        let usual = (80, 24);
        let mut namespaces = app();
        let mut devices = app();
        keys(&mut devices, [KeyCode::Tab]);
        devices.devices = crate::fixture::devices();
        let mut owners = app();
        show_owners(&mut owners);
        let mut opened = app();
        show_owners(&mut opened);
        keys(&mut opened, [KeyCode::Down, KeyCode::Enter]);
        let mut filtered = app();
        keys(&mut filtered, "/bl".chars().map(KeyCode::Char));
        let mut holders = app();
        holders.show_holders(vec!["KIND  PID".to_owned(), "task  812".to_owned()]);
        let mut old = app();
        old.trouble = Some("it is\x1b gone; what is shown is 3.0s old".to_owned());
        let look = Look {
            unicode: false,
            ..TEXT
        };
        let parts = [
            ("namespaces", screen(&mut namespaces, look, usual)),
            ("devices", screen(&mut devices, look, usual)),
            ("owners", screen(&mut owners, look, usual)),
            ("namespaces of an owner", screen(&mut opened, look, usual)),
            ("filter", screen(&mut filtered, look, usual)),
            ("holders", screen(&mut holders, look, usual)),
            ("without the module", screen(&mut old, look, usual)),
        ];
        for (_, text) in &parts {
            assert!(text.is_ascii() && !text.contains('\x1b'), "{text}");
        }
        golden("top", &parts);
    }

    #[test]
    fn no_terminal_is_too_small() {
        for size in [(0, 0), (1, 1), (3, 2), (20, 5), (300, 100)] {
            let mut app = app();
            screen(&mut app, TEXT, size);
            keys(&mut app, [KeyCode::Tab]);
            app.devices = crate::fixture::devices();
            screen(&mut app, TEXT, size);
            show_owners(&mut app);
            screen(&mut app, TEXT, size);
        }
    }

    #[test]
    fn without_colours_there_are_none() {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        for (color, expected) in [(false, false), (true, true)] {
            let look = Look { color, ..TEXT };
            terminal
                .draw(|frame| draw(frame, &mut app(), look))
                .unwrap();
            let cells = terminal.backend().buffer().content().iter();
            let colored = cells.filter(|cell| cell.fg != Color::Reset).count();
            assert_eq!(colored > 0, expected);
        }
    }

    #[test]
    fn deaths_that_take_longest_are_named_and_others_counted() {
        let dying = crate::fixture::dying();
        let row = |seconds: u64| {
            let one = homeward_client::model::Namespace {
                cookie: seconds,
                dying_for: Some(std::time::Duration::from_secs(seconds)),
                stuck: None,
                ..dying.clone()
            };
            namespace::Row::new(&one, Vec::new(), std::time::Duration::ZERO)
        };
        let (text, style) = deaths(&[3, 9, 1, 5, 7].map(row));
        assert_eq!(
            text,
            "dying: cookie:9 9.0s; cookie:7 7.0s; cookie:5 5.0s; and 2 more"
        );
        assert_eq!(style, Style::Bad);
        assert_eq!(deaths(&[]).0, "nothing is dying");
    }
}
