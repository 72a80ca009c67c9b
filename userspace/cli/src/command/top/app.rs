// SPDX-License-Identifier: GPL-2.0-only

//! What is there, what of it is shown, and what keys do.

use std::collections::{BTreeSet, VecDeque};

use homeward_client::model::Device;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::rates::Rates;
use super::rows::{rows, Listed, MEASURED};
use crate::book::Place;
use crate::command::namespace;

/// So many events are kept, which is more than a terminal has lines.
const EVENTS: usize = 200;

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum View {
    /// All namespaces.
    Namespaces,
    /// The devices of the namespace with this cookie, or all.
    Devices(Option<u64>),
    /// What holds a namespace: lines of text.
    Holders(Vec<String>),
}

/// A view, and where in it one is.
#[derive(Debug)]
pub(super) struct Page {
    /// What is shown.
    pub(super) view: View,
    /// Which row is selected.
    pub(super) selected: usize,
    /// The first row that is on the screen.
    pub(super) top: usize,
    /// The column that rows are sorted by, and whether the other way round.
    pub(super) sort: (usize, bool),
    /// Only what contains this.
    pub(super) filter: String,
}

impl Page {
    fn new(view: View) -> Self {
        Page {
            view,
            selected: 0,
            top: 0,
            sort: (0, false),
            filter: String::new(),
        }
    }

    fn titles(&self) -> Vec<&'static str> {
        match self.view {
            View::Namespaces => titles::<namespace::Row>(),
            View::Devices(_) => titles::<Device<Place>>(),
            View::Holders(_) => Vec::new(),
        }
    }
}

fn titles<T: Listed>() -> Vec<&'static str> {
    T::COLUMNS.iter().map(|column| column.title).collect()
}

/// What a key asks for that only others can do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// To end.
    End,
    /// To look at once, as something else is shown.
    Look,
    /// What holds the namespace with this cookie.
    Holders(u64),
}

/// What there is to show.
#[derive(Debug)]
pub(super) struct App {
    /// The namespaces.
    pub(super) namespaces: Vec<namespace::Row>,
    /// The devices that the view is about.
    pub(super) devices: Vec<Device<Place>>,
    /// What they receive and send.
    pub(super) rates: Rates,
    /// The last events, in words, the newest one last.
    pub(super) events: VecDeque<String>,
    /// Why what is shown may be old.
    pub(super) trouble: Option<String>,
    /// The views that were opened, the one that is shown last.
    pages: Vec<Page>,
    /// Whether a filter is being typed.
    pub(super) typing: bool,
    /// How many rows there is room for.
    pub(super) room: usize,
    changed: bool,
}

impl Default for App {
    fn default() -> Self {
        App {
            namespaces: Vec::new(),
            devices: Vec::new(),
            rates: Rates::default(),
            events: VecDeque::new(),
            trouble: None,
            pages: vec![Page::new(View::Namespaces)],
            typing: false,
            room: 1,
            changed: true,
        }
    }
}

impl App {
    /// The page that is shown.
    pub(super) fn page(&self) -> &Page {
        // There always is one.
        &self.pages[self.pages.len() - 1]
    }

    fn page_mut(&mut self) -> &mut Page {
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    /// Whether it is to be drawn again.
    pub(super) fn changed(&self) -> bool {
        self.changed
    }

    /// It is to be drawn again.
    pub(super) fn touch(&mut self) {
        self.changed = true;
    }

    /// It is about to be drawn with so many rows; the selected one is to be among them.
    pub(super) fn settle(&mut self, room: usize) {
        self.changed = false;
        self.room = room.max(1);
        let (count, room) = (self.count(), self.room);
        let page = self.page_mut();
        page.selected = page.selected.min(count.saturating_sub(1));
        let least = (page.selected + 1).saturating_sub(room);
        page.top = page.top.clamp(least, page.selected);
    }

    /// Takes in an event in words.
    pub(super) fn tell(&mut self, event: String) {
        self.events.push_back(event);
        if self.events.len() > EVENTS {
            self.events.pop_front();
        }
        self.touch();
    }

    /// The cookies of the namespaces whose rates are wanted: of those on the screen, and of all others if
    /// that is sorted by them.
    pub(super) fn measured(&self) -> (BTreeSet<u64>, BTreeSet<u64>) {
        let page = self.page();
        let titles = page.titles();
        let by = titles.get(page.sort.0);
        let all = by.is_some_and(|title| MEASURED.contains(title));
        let cookies = |from, room| match page.view {
            View::Namespaces => self.cookies(&self.namespaces, from, room),
            View::Devices(_) => self.cookies(&self.devices, from, room),
            View::Holders(_) => Vec::new(),
        };
        let shown: BTreeSet<u64> = cookies(page.top, self.room).into_iter().collect();
        let others = if all {
            cookies(0, usize::MAX)
        } else {
            Vec::new()
        };
        let others = others
            .into_iter()
            .filter(|one| !shown.contains(one))
            .collect();
        (shown, others)
    }

    fn cookies<T: Listed>(&self, all: &[T], from: usize, room: usize) -> Vec<u64> {
        let page = self.page();
        let rows = rows(all, &self.rates, &page.filter, page.sort);
        let rows = rows.into_iter().skip(from).take(room);
        rows.map(|row| row.it.cookie()).collect()
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> usize {
        let page = self.page();
        match &page.view {
            View::Namespaces => rows(&self.namespaces, &self.rates, &page.filter, page.sort).len(),
            View::Devices(_) => rows(&self.devices, &self.rates, &page.filter, page.sort).len(),
            View::Holders(lines) => lines.len(),
        }
    }

    /// The cookie of the namespace that is selected, or that the selected device is in.
    fn selected(&self) -> Option<u64> {
        let at = self.page().selected;
        let found = match self.page().view {
            View::Namespaces => self.cookies(&self.namespaces, at, 1),
            View::Devices(_) => self.cookies(&self.devices, at, 1),
            View::Holders(_) => Vec::new(),
        };
        found.first().copied()
    }

    /// Shows what holds a namespace.
    pub(super) fn show_holders(&mut self, lines: Vec<String>) {
        self.pages.push(Page::new(View::Holders(lines)));
        self.touch();
    }

    /// Does what a key is for.
    pub(super) fn key(&mut self, key: KeyEvent) -> Option<Wish> {
        self.touch();
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && matches!(key.code, KeyCode::Char('c' | 'd')) {
            return Some(Wish::End);
        }
        if self.typing {
            self.type_filter(key.code);
            return None;
        }
        match key.code {
            KeyCode::Char('q') => return Some(Wish::End),
            KeyCode::Esc | KeyCode::Backspace | KeyCode::Left => return self.back(),
            KeyCode::Tab => return self.switch(),
            KeyCode::Enter | KeyCode::Right => return self.enter(),
            KeyCode::Char('h') => return self.selected().map(Wish::Holders),
            KeyCode::Char('/') if !self.page().titles().is_empty() => self.typing = true,
            KeyCode::Char('<') => self.sort_by(-1),
            KeyCode::Char('>') => self.sort_by(1),
            KeyCode::Char('r') => {
                let page = self.page_mut();
                page.sort.1 = !page.sort.1;
            }
            other => self.go(other),
        }
        None
    }

    fn type_filter(&mut self, key: KeyCode) {
        match key {
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.typing = false;
                self.page_mut().filter.clear();
            }
            KeyCode::Backspace => drop(self.page_mut().filter.pop()),
            KeyCode::Char(letter) => self.page_mut().filter.push(letter),
            _ => {}
        }
    }

    fn sort_by(&mut self, step: isize) {
        let page = self.page_mut();
        let last = page.titles().len().saturating_sub(1);
        page.sort.0 = page.sort.0.saturating_add_signed(step).min(last);
    }

    fn go(&mut self, key: KeyCode) {
        let (room, count) = (self.room, self.count());
        let page = self.page_mut();
        let at = page.selected;
        let to = match key {
            KeyCode::Up | KeyCode::Char('k') => at.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => at + 1,
            KeyCode::PageUp => at.saturating_sub(room),
            KeyCode::PageDown => at + room,
            KeyCode::Home => 0,
            KeyCode::End => count,
            _ => at,
        };
        page.selected = to.min(count.saturating_sub(1));
    }

    /// To the view before; without one, what a filter has hidden comes back.
    fn back(&mut self) -> Option<Wish> {
        if !self.page().filter.is_empty() {
            self.page_mut().filter.clear();
            return None;
        }
        if self.pages.len() == 1 {
            return None;
        }
        self.pages.pop();
        self.forget_devices();
        Some(Wish::Look)
    }

    /// From namespaces to all devices, and back.
    fn switch(&mut self) -> Option<Wish> {
        let view = match self.page().view {
            View::Namespaces => View::Devices(None),
            _ => View::Namespaces,
        };
        self.pages = vec![Page::new(view)];
        self.forget_devices();
        Some(Wish::Look)
    }

    fn enter(&mut self) -> Option<Wish> {
        if self.page().view != View::Namespaces {
            return None;
        }
        let cookie = self.selected()?;
        self.pages.push(Page::new(View::Devices(Some(cookie))));
        self.forget_devices();
        Some(Wish::Look)
    }

    /// Those of another view are not to be seen in this one.
    fn forget_devices(&mut self) {
        self.devices.clear();
    }
}

#[cfg(test)]
pub(super) mod tests;
