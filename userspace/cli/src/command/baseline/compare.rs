// SPDX-License-Identifier: GPL-2.0-only

//! `baseline show` and `baseline diff`.

use std::collections::BTreeMap;

use clap::Args;
use homeward_client::model::{setting_name, Device, Home};
use homeward_client::Client;
use serde::Serialize;

use super::{absent, failed, home_name, with_baseline};
use crate::command::{Context, Verb};
use crate::error::Result;
use crate::exit::Status;
use crate::render::table::{self, column, plain, Column};
use crate::render::text::{or_absent, printable};

const SHOW_HELP: &str = "\
Examples:
  homeward baseline show
      The baselines of all devices, wherever these are.
  homeward baseline show eth1
      That of one.";

/// Show baselines.
#[derive(Debug, Args)]
#[command(after_help = table::help(SHOW_HELP, &SHOWN))]
pub(crate) struct Show {
    /// Names that devices have at home; all if none is given.
    #[arg(value_name = "DEV")]
    devices: Vec<String>,
}

const DIFF_HELP: &str = "\
Examples:
  homeward baseline diff
      What is different now, of all devices that have a baseline.
  homeward baseline diff eth1 && echo 'as in the baseline'
      Exits with status 1 if something is different.";

/// Show what is different from the baseline now.
#[derive(Debug, Args)]
#[command(after_help = table::help(DIFF_HELP, &DIFFERENT))]
pub(crate) struct Diff {
    /// Names that devices have at home; all if none is given.
    #[arg(value_name = "DEV")]
    devices: Vec<String>,
}

const SHOWN: [Column<Row>; 3] = [DEVICE, SETTING, BASELINE];

const DIFFERENT: [Column<Row>; 4] = [
    DEVICE,
    SETTING,
    BASELINE,
    column!("now" "NOW" Text "what it is now", |row| plain(value(&row.now))),
];

const DEVICE: Column<Row> =
    column!("device" "DEVICE" Text "its name at home", |row| plain(printable(&row.device)));
const SETTING: Column<Row> =
    column!("setting" "SETTING" Text "which setting", |row| plain(printable(&row.setting)));
const BASELINE: Column<Row> = column!("baseline" "BASELINE" Text "what it is in the baseline", |row| plain(value(&row.baseline)));

/// A setting of a device.
#[derive(Debug, Serialize)]
struct Row {
    device: String,
    setting: String,
    baseline: Option<String>,
    now: Option<String>,
}

/// Settings of devices.
#[derive(Debug, Serialize)]
struct Rows {
    settings: Vec<Row>,
}

/// A value, or what stands for none and for an empty one.
fn value(value: &Option<String>) -> String {
    or_absent(value.as_ref().filter(|value| !value.is_empty()))
}

impl Verb for Show {
    fn run(self, context: &Context) -> Result<Status> {
        const WHAT: &str = "cannot show the baselines";
        let mut client = Client::connect().map_err(failed(WHAT))?;
        let devices = with_baseline(&mut client, &self.devices, WHAT)?;
        let list = Rows {
            settings: devices.iter().flat_map(shown).collect(),
        };
        context.print_list(&list, &list.settings, |look| {
            table::render(&SHOWN, &list.settings, "setting", look)
        })
    }
}

impl Verb for Diff {
    fn run(self, context: &Context) -> Result<Status> {
        const WHAT: &str = "cannot compare with the baselines";
        let mut client = Client::connect().map_err(failed(WHAT))?;
        for name in absent(&mut client, &self.devices).map_err(failed(WHAT))? {
            context.messages.warning(&format!(
                "no device is the one with the baseline of '{name}': 'homeward baseline clear {name}' forgets it"
            ));
        }
        let mut settings = Vec::new();
        for device in with_baseline(&mut client, &self.devices, WHAT)? {
            let whole = client.device(device.namespace, device.ifindex);
            settings.extend(different(&whole.map_err(failed(WHAT))?));
        }
        let list = Rows { settings };
        context.print_list(&list, &list.settings, |look| {
            table::render(&DIFFERENT, &list.settings, "setting", look)
        })?;
        Ok(match list.settings.is_empty() {
            true => Status::Ok,
            false => Status::Failed,
        })
    }
}

/// The name and the settings of a home as texts, by what they are called.
fn texts(home: &Home) -> BTreeMap<String, String> {
    let settings = home.settings.iter();
    let mut texts: BTreeMap<_, _> = settings
        .map(|(id, value)| (setting_name(*id), value.brief(*id)))
        .collect();
    texts.extend(home.name.clone().map(|name| ("name".to_owned(), name)));
    texts
}

fn shown(device: &Device) -> Vec<Row> {
    let rows = device.baseline.as_ref().map(texts).unwrap_or_default();
    let row = |(setting, baseline)| Row {
        device: home_name(device).to_owned(),
        setting,
        baseline: Some(baseline),
        now: None,
    };
    rows.into_iter().map(row).collect()
}

/// What a baseline tells and is not so now.
fn different(device: &Device) -> Vec<Row> {
    let now = device.now.as_ref().map(texts).unwrap_or_default();
    let mut rows = shown(device);
    for row in &mut rows {
        row.now = now.get(&row.setting).cloned();
    }
    rows.retain(|row| row.now != row.baseline);
    rows
}

#[cfg(test)]
mod tests {
    use homeward_client::model::{setting, Value};

    use super::*;
    use crate::fixture::{check_columns, golden_table, nic};

    fn device() -> Device {
        let now = Home {
            name: Some("net0".to_owned()),
            settings: [
                (setting::MTU, Value::Number(1400)),
                (setting::TXQLEN, Value::Number(1000)),
            ]
            .into(),
            ..Home::default()
        };
        Device {
            baseline: Some(Home {
                name: Some("eth1".to_owned()),
                settings: [
                    (setting::MTU, Value::Number(1500)),
                    (setting::TXQLEN, Value::Number(1000)),
                    (setting::ALIAS, Value::Texts(Vec::new())),
                ]
                .into(),
                ..Home::default()
            }),
            now: Some(now),
            ..nic()
        }
    }

    #[test]
    fn baselines_as_text_and_json() {
        let list = Rows {
            settings: shown(&device()),
        };
        golden_table("baseline-show", &SHOWN, ("setting", &list.settings), &list);
    }

    #[test]
    fn what_is_different_as_text_and_json() {
        let list = Rows {
            settings: different(&device()),
        };
        golden_table(
            "baseline-diff",
            &DIFFERENT,
            ("setting", &list.settings),
            &list,
        );
        check_columns(&DIFFERENT, &list.settings);
    }
}
