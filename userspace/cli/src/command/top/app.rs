// SPDX-License-Identifier: GPL-2.0-only

//! What is there, what of it is shown, and what keys do.

use std::collections::{BTreeSet, VecDeque};

use homeward_client::model::Device;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::owners::{Owned, Whose};
use super::rates::Rates;
use super::rows::{rows, Listed, MEASURED};
use crate::book::Place;
use crate::command::namespace;

/// So many events are kept, which is more than a terminal has lines.
const EVENTS: usize = 200;

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum View {
    /// The namespaces of this owner, or all.
    Namespaces(Option<Whose>),
    /// The devices of the namespace with this cookie, or all.
    Devices(Option<u64>),
    /// Whose the namespaces are.
    Owners,
    /// What holds a namespace: lines of text.
    Holders(Vec<String>),
}

impl View {
    /// Whether it has to be known whose the namespaces are.
    pub(super) fn needs_owners(&self) -> bool {
        matches!(self, View::Owners | View::Namespaces(Some(_)))
    }
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
            View::Namespaces(_) => titles::<namespace::Row>(),
            View::Devices(_) => titles::<Device<Place>>(),
            View::Owners => titles::<Owned>(),
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
    /// The owners of the namespaces, if the view is about them.
    pub(super) owners: Vec<Owned>,
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
            owners: Vec::new(),
            rates: Rates::default(),
            events: VecDeque::new(),
            trouble: None,
            pages: vec![Page::new(View::Namespaces(None))],
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
    /// that is sorted by them. An owner may have more namespaces than can be read at once.
    pub(super) fn measured(&self) -> (BTreeSet<u64>, BTreeSet<u64>) {
        let page = self.page();
        let titles = page.titles();
        let by = titles.get(page.sort.0);
        let all = by.is_some_and(|title| MEASURED.contains(title));
        let cookies = |from, room| -> BTreeSet<u64> {
            let rows = self.cookies(from, room).into_iter();
            rows.flatten().copied().collect()
        };
        let shown = cookies(page.top, self.room);
        let wanted = if all {
            cookies(0, usize::MAX)
        } else {
            shown.clone()
        };
        match page.view {
            View::Owners => (BTreeSet::new(), wanted),
            _ => (shown.clone(), &wanted - &shown),
        }
    }

    /// The namespaces of an owner, or all.
    pub(super) fn namespaces_of<'a>(
        &'a self,
        whose: &'a Option<Whose>,
    ) -> impl Iterator<Item = &'a namespace::Row> {
        let wanted = move |one: &&namespace::Row| match whose {
            Some(whose) => Whose::of(one) == *whose,
            None => true,
        };
        self.namespaces.iter().filter(wanted)
    }

    /// The cookies of so many rows from this one on.
    fn cookies(&self, from: usize, room: usize) -> Vec<&[u64]> {
        match &self.page().view {
            View::Namespaces(whose) => self.cookies_of(self.namespaces_of(whose), from, room),
            View::Devices(_) => self.cookies_of(&self.devices, from, room),
            View::Owners => self.cookies_of(&self.owners, from, room),
            View::Holders(_) => Vec::new(),
        }
    }

    fn cookies_of<'a, T: Listed>(
        &self,
        all: impl IntoIterator<Item = &'a T>,
        from: usize,
        room: usize,
    ) -> Vec<&'a [u64]> {
        let page = self.page();
        let rows = rows(all, &self.rates, &page.filter, page.sort);
        let rows = rows.into_iter().skip(from).take(room);
        rows.map(|row| row.it.cookies()).collect()
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> usize {
        match &self.page().view {
            View::Holders(lines) => lines.len(),
            _ => self.cookies(0, usize::MAX).len(),
        }
    }

    /// The cookie of the namespace that is selected, or that the selected device is in.
    fn selected(&self) -> Option<u64> {
        let page = self.page();
        if page.view == View::Owners {
            return None;
        }
        let rows = self.cookies(page.selected, 1);
        rows.first()?.first().copied()
    }

    fn selected_owner(&self) -> Option<Whose> {
        let page = self.page();
        let rows = rows(&self.owners, &self.rates, &page.filter, page.sort);
        Some(rows.get(page.selected)?.it.whose.clone())
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
        self.forget();
        Some(Wish::Look)
    }

    /// From namespaces to all devices, on to owners, and back.
    fn switch(&mut self) -> Option<Wish> {
        let view = match self.page().view {
            View::Namespaces(_) => View::Devices(None),
            View::Devices(None) => View::Owners,
            _ => View::Namespaces(None),
        };
        self.pages = vec![Page::new(view)];
        self.forget();
        Some(Wish::Look)
    }

    fn enter(&mut self) -> Option<Wish> {
        let view = match self.page().view {
            View::Namespaces(_) => View::Devices(Some(self.selected()?)),
            View::Owners => View::Namespaces(Some(self.selected_owner()?)),
            View::Devices(_) | View::Holders(_) => return None,
        };
        self.pages.push(Page::new(view));
        self.forget();
        Some(Wish::Look)
    }

    /// What is listed in another view is not to be seen in this one.
    fn forget(&mut self) {
        self.devices.clear();
        self.owners.clear();
    }
}

#[cfg(test)]
pub(super) mod tests;
