// SPDX-License-Identifier: GPL-2.0-only

//! Keys, and what they do.

use std::time::{Duration, Instant};

use homeward_netns::Counters;
use ratatui::crossterm::event::KeyModifiers;

use super::*;
use crate::command::top::owners::owned;

/// Three namespaces, of which the one with cookie 4711 sends most, and an event.
pub(in crate::command::top) fn app() -> App {
    let mut app = App {
        namespaces: namespace::fixture(),
        ..App::default()
    };
    let start = Instant::now();
    for (cookie, index, sent) in [(7, 2, 2_000), (4711, 4, 5_000_000)] {
        for (time, tx) in [(0, 0), (1, sent)] {
            let counters = Counters {
                index,
                rx: tx / 2,
                tx,
            };
            app.rates
                .read(cookie, vec![counters], start + Duration::from_secs(time));
        }
    }
    app.tell("[    6.668792] #8 ns-dying      red (cookie 11)".to_owned());
    app.settle(12);
    app
}

/// Types these.
pub(in crate::command::top) fn keys(
    app: &mut App,
    keys: impl IntoIterator<Item = KeyCode>,
) -> Option<Wish> {
    let keys = keys.into_iter();
    let wishes = keys.map(|code| app.key(KeyEvent::new(code, KeyModifiers::NONE)));
    wishes.last().flatten()
}

/// Goes on to the owners, of which the second one is that of 4711.
pub(in crate::command::top) fn show_owners(app: &mut App) {
    while app.page().view != View::Owners {
        assert_eq!(keys(app, [KeyCode::Tab]), Some(Wish::Look));
    }
    app.owners = owned(&app.namespaces);
}

fn selected(app: &App) -> u64 {
    app.selected().unwrap()
}

#[test]
fn a_namespace_is_opened_and_left_and_keeps_its_place() {
    let mut app = app();
    assert_eq!(keys(&mut app, [KeyCode::Down]), None);
    let cookie = selected(&app);
    assert_eq!(keys(&mut app, [KeyCode::Enter]), Some(Wish::Look));
    assert_eq!(app.page().view, View::Devices(Some(cookie)));
    assert!(app.devices.is_empty());
    assert_eq!(keys(&mut app, [KeyCode::Esc]), Some(Wish::Look));
    assert_eq!(
        (app.page().view.clone(), selected(&app)),
        (View::Namespaces(None), cookie)
    );
    assert_eq!(
        keys(&mut app, [KeyCode::Char('h')]),
        Some(Wish::Holders(cookie))
    );
    assert_eq!(keys(&mut app, [KeyCode::Char('q')]), Some(Wish::End));
}

#[test]
fn control_c_ends_it_also_while_a_filter_is_typed() {
    let mut app = app();
    keys(&mut app, [KeyCode::Char('/'), KeyCode::Char('q')]);
    assert_eq!(app.page().filter, "q");
    let key = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(app.key(key), Some(Wish::End));
}

#[test]
fn a_filter_hides_and_escape_brings_back() {
    let mut app = app();
    keys(&mut app, "/red".chars().map(KeyCode::Char));
    assert_eq!((app.count(), selected(&app)), (1, 4711));
    keys(&mut app, [KeyCode::Enter]);
    assert!(!app.typing);
    assert_eq!(keys(&mut app, [KeyCode::Esc]), None);
    assert_eq!(app.count(), 3);
}

#[test]
fn columns_are_sorted_by_and_rates_of_all_are_measured_for_that_only() {
    let mut app = app();
    app.settle(1);
    let measured = |app: &App| (app.measured().0.len(), app.measured().1.len());
    assert_eq!(measured(&app), (1, 0));
    // As far as it goes.
    keys(&mut app, [KeyCode::Char('>'); 20]);
    assert_eq!(selected(&app), 4711);
    assert_eq!(measured(&app), (1, 2));
    keys(&mut app, [KeyCode::Char('r')]);
    assert_eq!(selected(&app), 4712);
    keys(&mut app, [KeyCode::Char('<'); 20]);
    assert_eq!(app.page().sort.0, 0);
}

#[test]
fn the_selected_row_is_always_on_the_screen() {
    let mut app = app();
    app.settle(2);
    keys(&mut app, [KeyCode::End]);
    app.settle(2);
    assert_eq!((app.page().selected, app.page().top), (2, 1));
    keys(&mut app, [KeyCode::Down, KeyCode::PageDown]);
    assert_eq!(app.page().selected, 2);
    app.namespaces.truncate(1);
    app.settle(2);
    assert_eq!((app.page().selected, app.page().top), (0, 0));
    keys(&mut app, [KeyCode::Up, KeyCode::PageUp, KeyCode::Home]);
    app.namespaces.clear();
    app.settle(2);
    assert_eq!((app.count(), app.selected()), (0, None));
    assert_eq!(keys(&mut app, [KeyCode::Enter]), None);
}

#[test]
fn only_the_last_events_are_kept() {
    let mut app = app();
    for number in 0..EVENTS * 2 {
        app.tell(number.to_string());
    }
    assert_eq!(app.events.len(), EVENTS);
    assert_eq!(app.events.back().unwrap(), &(EVENTS * 2 - 1).to_string());
}

#[test]
fn tab_goes_round_from_namespaces_to_devices_and_owners() {
    let mut app = app();
    for view in [
        View::Devices(None),
        View::Owners,
        View::Namespaces(None),
        View::Devices(None),
    ] {
        assert_eq!(keys(&mut app, [KeyCode::Tab]), Some(Wish::Look));
        assert_eq!(app.page().view, view);
        assert!(app.owners.is_empty() && app.devices.is_empty());
    }
}

#[test]
fn an_owner_is_opened_and_has_its_namespaces_only() {
    let mut app = app();
    show_owners(&mut app);
    assert_eq!(app.count(), 3);
    // It is no namespace that something could hold.
    assert_eq!(keys(&mut app, [KeyCode::Down, KeyCode::Char('h')]), None);
    assert_eq!(app.page().view, View::Owners);
    assert_eq!(keys(&mut app, [KeyCode::Enter]), Some(Wish::Look));
    assert_eq!((app.count(), selected(&app)), (1, 4711));
    keys(&mut app, [KeyCode::Enter]);
    assert_eq!(app.page().view, View::Devices(Some(4711)));
    keys(&mut app, [KeyCode::Esc, KeyCode::Esc]);
    assert_eq!(app.page().view, View::Owners);
    // Those of nobody known are found, too.
    app.owners = owned(&app.namespaces);
    keys(&mut app, [KeyCode::Home, KeyCode::Enter]);
    assert_eq!((app.count(), selected(&app)), (1, 4712));
}

#[test]
fn owners_are_filtered_sorted_and_measured_as_there_is_time() {
    let mut app = app();
    show_owners(&mut app);
    let (first, others) = app.measured();
    assert_eq!((first.len(), others.len()), (0, 3));
    app.settle(1);
    assert_eq!(app.measured().1.len(), 1);
    keys(&mut app, [KeyCode::Char('>'); 20]);
    assert_eq!(app.measured().1.len(), 3);
    assert_eq!(app.cookies(0, 1), [[4711]]);
    keys(&mut app, "/init".chars().map(KeyCode::Char));
    assert_eq!(app.cookies(0, 9), [[7]]);
}
