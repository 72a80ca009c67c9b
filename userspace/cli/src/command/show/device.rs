// SPDX-License-Identifier: GPL-2.0-only

//! `show DEV@NS`: what a device is like, and what it is to be at home.

use std::collections::BTreeMap;

use homeward_client::model::{setting_name, Device, Home, Mark, Source, Value, Values};
use homeward_client::{Client, Error};
use serde::Serialize;

use super::lines;
use crate::book::{Book, Place};
use crate::command::devices::{DeviceList, Row as Listed};
use crate::command::inside::{Detail, Wanted};
use crate::command::Context;
use crate::error::{Failure, Result};
use crate::names::refuse_other;
use crate::rdma::RdmaSurvey;
use crate::render::device::{at, fate, place};
use crate::render::table::{self, column, plain, Column};
use crate::render::text::{list, or_absent, printable, yes_or_no, ABSENT};
use crate::render::{Look, Style};
use crate::resolve;
use crate::selector::DeviceSelector;

const COLUMNS: [Column<Row>; 4] = [
    column!("setting" "SETTING" Text "which setting", |row| plain(printable(&row.setting))),
    column!("now" "NOW" Text "what it is now", |row| plain(value(&row.now))),
    column!("at_home" "AT-HOME" Text "what it would be where the device would go", |row| {
        (value(&row.at_home), Style::Notable.if_any(row.differs().then_some(1)))
    }),
    column!("source" "SOURCE" Text "who says so", |row| plain(or_absent(row.source.map(Source::name)))),
];

/// A device, with what it is to be.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    device: Listed,
    settings: Vec<Row>,
}

/// A setting, as it is typed.
#[derive(Debug, Serialize)]
struct Row {
    setting: String,
    now: Option<String>,
    at_home: Option<String>,
    source: Option<Source>,
}

impl Row {
    fn differs(&self) -> bool {
        self.at_home.is_some() && self.at_home != self.now
    }
}

pub(super) fn find(context: &Context, selector: &DeviceSelector) -> Result<Shown> {
    refuse_other(&selector.namespace, &context.directory)?;
    let what = format!("cannot show device {selector}");
    let failed = |error: Error| Failure::client(&what, &error);
    let mut client = Client::connect().map_err(failed)?;
    let device = resolve::device(&mut client, selector, &context.directory)?;
    let namespaces = client.namespaces_now().map_err(failed)?;
    let settings = rows(&device);
    let book = Book::new(&namespaces.items, &context.directory);
    let nics = std::slice::from_ref(&device);
    let survey = RdmaSurvey::new(&mut client, nics, &namespaces.items);
    let mut list = DeviceList {
        namespace: None,
        complete: true,
        devices: vec![Listed::new(device, &survey, &book)],
        namespaces: namespaces.items,
    };
    let wanted = Wanted {
        addresses: true,
        speeds: true,
        ..Wanted::default()
    };
    list.look_inside(context, wanted);
    let device = list.devices.pop();
    let device = device.ok_or_else(|| Failure::failed(what))?;
    Ok(Shown { device, settings })
}

/// The settings that it has, or is to have.
fn rows(device: &Device) -> Vec<Row> {
    let now = device.now.as_ref().map(|home| &home.settings);
    let mut to_be = departure(device);
    for one in device.fate.iter().flat_map(|fate| &fate.settings) {
        to_be.insert(one.setting, (one.value.clone(), one.source));
    }
    let mut ids: Vec<u32> = now.into_iter().flat_map(Values::keys).copied().collect();
    ids.extend(to_be.keys());
    ids.sort_unstable();
    ids.dedup();
    let row = |id: u32| Row {
        setting: setting_name(id),
        now: now
            .and_then(|now| now.get(&id))
            .map(|value| value.brief(id)),
        at_home: to_be.get(&id).map(|(value, _)| value.brief(id)),
        source: to_be.get(&id).map(|(_, source)| *source),
    };
    ids.into_iter().map(row).collect()
}

/// What it was like where it would go when it left there.
fn departure(device: &Device) -> BTreeMap<u32, (Value, Source)> {
    let to = device.fate.as_ref().and_then(|fate| fate.destination);
    let home = device.homes.iter().find(|home| Some(home.namespace) == to);
    let settings = home
        .map(|home: &Home| home.settings.clone())
        .unwrap_or_default();
    let settings = settings.into_iter();
    settings
        .map(|(id, value)| (id, (value, Source::Departure)))
        .collect()
}

pub(super) fn text(shown: &Shown, look: Look) -> String {
    let device = &shown.device;
    let called = |home: &Home<Place>| {
        let gone = if home.alive { "" } else { " (gone)" };
        let name = or_absent(home.name.as_ref());
        format!("{}{gone}", at(&name, &home.namespace))
    };
    let homes: Vec<_> = device.homes.iter().map(called).collect();
    let [parent, bus] = [&device.parent, &device.parent_bus].map(|one| or_absent(one.as_ref()));
    let mark = Some(device.mark).filter(|mark| *mark != Mark::None);
    let fate = device
        .fate
        .as_ref()
        .map(|one| fate(one, &device.namespace, look));
    let inside = device.inside.as_ref();
    let state = inside.and_then(|inside| inside.operstate);
    let fields = [
        ("Device", plain(printable(&device.name))),
        ("Namespace", plain(place(&device.namespace))),
        ("Index", plain(device.ifindex.to_string())),
        ("Kind", plain(or_absent(device.kind.as_ref()))),
        ("Physical", plain(yes_or_no(device.physical))),
        (
            "Permanent address",
            plain(or_absent(device.permanent_address.as_ref())),
        ),
        ("State", plain(or_absent(state))),
        (
            "Speed",
            plain(inside.map_or(ABSENT.to_owned(), Detail::speed)),
        ),
        (
            "IP addresses",
            plain(inside.map_or(ABSENT.to_owned(), Detail::addresses)),
        ),
        ("IP addresses at home", plain(addresses_at_home(device))),
        ("Parent", plain(parent)),
        ("Bus", plain(bus)),
        ("RDMA devices", plain(list(&device.rdma()))),
        (
            "Homes, oldest first",
            plain(or_absent((!homes.is_empty()).then(|| homes.join(", ")))),
        ),
        ("Mark", plain(or_absent(mark.map(Mark::name)))),
        ("Name at home", plain(or_absent(device.home_name.as_ref()))),
        ("Baseline", plain(yes_or_no(device.baseline.is_some()))),
        ("Fate", plain(or_absent(fate))),
    ];
    let settings = table::render(&COLUMNS, &shown.settings, "setting", look);
    format!("{}\n{settings}", lines(&fields, look))
}

/// The IP addresses that it had where it would go.
fn addresses_at_home(device: &Listed) -> String {
    let to = device
        .fate
        .as_ref()
        .and_then(|fate| fate.destination.as_ref());
    let home = device.homes.iter().find(|home| Some(&home.namespace) == to);
    let all = home.into_iter().flat_map(|home| &home.addresses);
    let all = all.map(|one| format!("{}/{}", one.local, one.prefix));
    list(&all.collect::<Vec<_>>())
}

/// A value, or what stands for none and for an empty one.
fn value(value: &Option<String>) -> String {
    or_absent(value.as_ref().filter(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{book, golden_data, nic, TEXT};

    #[test]
    fn a_device_as_fields_and_settings() {
        let device = Device {
            now: nic().homes.pop(),
            ..nic()
        };
        let settings = rows(&device);
        let mut device = Listed::from(book().device(device));
        device.inside = Some(crate::command::inside::fixture());
        let shown = Shown { device, settings };
        golden_data("show-device", text(&shown, TEXT), &shown);
    }
}
