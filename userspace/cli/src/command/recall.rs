// SPDX-License-Identifier: GPL-2.0-only

//! `recall DEV@NS`, `recall --all --from NS`: devices come home now.

mod radio;
mod uppers;

use std::collections::{BTreeMap, HashMap};

use clap::Args;
use homeward_client::model::{
    self, setting, setting_name, Action, Device, Mark, RecallAll, Return,
};
use homeward_client::{Client, Error, Which};
use nix::errno::Errno;
use serde::Serialize;

use super::{Context, Verb};
use crate::book::{Book, Place};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::printable::{quoted, shell_word};
use crate::program::program;
use crate::render::device::{at, place, restored};
use crate::render::text::{or_absent, printable};
use crate::render::{Look, Style};
use crate::resolve;
use crate::selector::{device_help, help, of_device, DeviceSelector, Selector};

const HELP: &str = "\
Moves a device to the most recent living namespace that it has been in, whatever rules and
marks say, and restores its name and settings there. It arrives down and without addresses,
unless a rule asks for them. A wireless device comes with its radio, and with all other
devices of that radio.

Examples:
  homeward recall eth1@red              bring one device home
  homeward recall --all --from red      bring home all that are away
  homeward recall -n --all --from red   only show where they would go
  homeward recall ifindex:7@cookie:4711 out of a namespace that nobody can enter

Exit status 6: a device came home with another name or without a setting, or something
of the namespace is still on it; standard error says what.";

/// Bring devices home now.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Recall {
    #[arg(value_name = "DEV@NS", help = device_help("Which device"), required_unless_present = "all")]
    device: Option<DeviceSelector>,
    /// All devices that are away from home; needs --from.
    #[arg(long, requires = "from", conflicts_with = "device")]
    all: bool,
    #[arg(long, value_name = "NS", help = help("Where they are now"), requires = "all")]
    from: Option<Selector>,
    /// Only show where devices would go.
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// Devices that came home, or would.
#[derive(Debug, Serialize)]
struct Recalled {
    /// Whether they only would.
    dry_run: bool,
    /// Where they were.
    from: Place,
    /// How many came home.
    returned: u32,
    /// How many could not be moved.
    failed: u32,
    /// The devices.
    devices: Vec<Row>,
    /// Physical devices that a recall of all leaves, as no home of theirs is known.
    homeless: Vec<Homeless>,
}

/// A device of which no home is known, though it may have one: it left that before the module was loaded,
/// or was made where it is.
#[derive(Debug, Serialize)]
struct Homeless {
    name: String,
    ifindex: u32,
    /// What would bring it to the initial namespace.
    recall: String,
}

/// A device that came home, or could not, or would.
#[derive(Debug, Serialize)]
struct Row {
    /// Its name before.
    from_name: Option<String>,
    /// Where it is now, or would be.
    namespace: Place,
    /// Its index now.
    ifindex: u32,
    /// Its name now, or what it would be unless that is taken.
    name: Option<String>,
    /// How it came home.
    #[serde(rename = "return")]
    homecoming: Option<Return<Place>>,
    /// Why it could not be moved.
    error: Option<String>,
    /// Devices that are on it and still where it was: macvlan, ipvlan and VLANs.
    uppers: Vec<String>,
}

/// Devices before they were recalled, by index.
type Before = BTreeMap<u32, Device>;

/// Which devices are meant.
struct Meant {
    /// Where they are.
    from: u64,
    before: Before,
    homeless: Vec<Device>,
}

impl Verb for Recall {
    fn namespaces(&self) -> Vec<&Selector> {
        let device = self.device.iter().map(|device| &device.namespace);
        device.chain(&self.from).collect()
    }

    fn run(self, context: &Context) -> Result<Status> {
        let recalled = self.recall(context)?;
        context.print(&recalled, |look| text(&recalled, look))?;
        let status = recalled.status();
        context.tell(status, recalled.problems());
        Ok(status)
    }
}

impl Recall {
    fn recall(&self, context: &Context) -> Result<Recalled> {
        let what = match (&self.device, &self.from) {
            (Some(device), _) => format!("cannot recall {device}"),
            (None, Some(from)) => format!("cannot recall the devices of namespace {from}"),
            // Refused by clap.
            (None, None) => "cannot recall nothing".to_owned(),
        };
        let failed = |error: Error| Failure::client(&what, &error);
        let mut client = Client::connect().map_err(failed)?;
        let Meant {
            from,
            before,
            homeless,
        } = self.find(context, &mut client, &what)?;
        let mut all = RecallAll::default();
        let mut words = HashMap::new();
        match before.iter().next() {
            _ if self.dry_run => {}
            Some((ifindex, device)) if self.device.is_some() => {
                all.devices = match radio::recall(&mut client, device, &what)? {
                    Some(devices) => devices,
                    None => {
                        let one = client.recall(from, Which::Ifindex(*ifindex));
                        vec![one.map_err(failed)?]
                    }
                };
                all.returned = u32::try_from(all.devices.len()).unwrap_or(u32::MAX);
            }
            _ => {
                all = client.recall_all(from).map_err(failed)?;
                words = ask_again(&mut client, from, &mut all);
                for device in before.values() {
                    add_radio(&mut client, device, &mut all, &mut words);
                }
            }
        }
        let mut uppers = uppers::find(&mut client, from, &all.devices);
        let namespaces = client.namespaces_now().map_err(failed)?;
        let book = Book::new(&namespaces.items, &context.directory);
        let row = |one: model::Recalled| {
            let uppers = uppers.remove(&(one.namespace, one.ifindex));
            Row {
                uppers: uppers.unwrap_or_default(),
                ..Row::new(one, &before, &mut words, &book)
            }
        };
        Ok(Recalled {
            dry_run: self.dry_run,
            from: book.place(from),
            returned: all.returned,
            failed: all.failed,
            devices: match self.dry_run {
                true => before.values().map(|one| Row::plan(one, &book)).collect(),
                false => all.devices.into_iter().map(row).collect(),
            },
            homeless: homeless
                .iter()
                .map(|one| Homeless::new(one, &book))
                .collect(),
        })
    }

    /// Where the devices are that are meant, and which those are.
    fn find(&self, context: &Context, client: &mut Client, what: &str) -> Result<Meant> {
        let directory = &context.directory;
        let mut homeless = Vec::new();
        let (from, devices) = match (&self.device, &self.from) {
            (Some(selector), _) => {
                let device = resolve::device(client, selector, directory)?;
                (device.namespace, vec![device])
            }
            (None, Some(selector)) => {
                let from = resolve::namespace(client, selector, directory)?.cookie;
                let devices = client.devices_now(Some(from));
                let mut devices = devices.map_err(|error| Failure::client(what, &error))?;
                let all = devices.items.iter();
                homeless = all.filter(|one| is_homeless(one)).cloned().collect();
                devices.items.retain(is_meant_by_all);
                (from, devices.items)
            }
            (None, None) => return Err(Failure::usage(what)),
        };
        let before = devices.into_iter().map(|device| (device.ifindex, device));
        Ok(Meant {
            from,
            before: before.collect(),
            homeless,
        })
    }
}

/// Whether a recall of all brings this device: it is away, and has somewhere to go where it was.
fn is_meant_by_all(device: &Device) -> bool {
    let lent = device.physical || device.mark == Mark::Keep;
    let has_home = lent || device.homes.iter().any(|home| home.alive);
    !device.homes.is_empty() && has_home && device.stuck.is_none()
}

/// See [`Homeless`].
fn is_homeless(device: &Device) -> bool {
    let stays = device.fate.as_ref().map(|fate| fate.action) == Some(Action::Stay);
    let movable = device.physical && !device.immovable && device.stuck.is_none();
    movable && device.homes.is_empty() && !stays
}

/// Asks again about those that could not be moved, and gives why, by index: of one alone, the kernel says
/// why in words. By then it may even come.
fn ask_again(client: &mut Client, from: u64, all: &mut RecallAll) -> HashMap<u32, String> {
    let mut words = HashMap::new();
    for one in all.devices.iter_mut().filter(|one| one.outcome.is_err()) {
        match client.recall(from, Which::Ifindex(one.ifindex)) {
            Ok(home) => {
                *one = home;
                all.returned += 1;
                all.failed = all.failed.saturating_sub(1);
            }
            Err(error) => {
                words.insert(one.ifindex, error.to_string());
            }
        }
    }
    words
}

/// Brings the radio of a device home, which the module leaves where it is.
fn add_radio(
    client: &mut Client,
    device: &Device,
    all: &mut RecallAll,
    words: &mut HashMap<u32, String>,
) {
    match radio::recall(client, device, "not recalled") {
        Ok(came) => {
            let came = came.unwrap_or_default();
            all.returned += u32::try_from(came.len()).unwrap_or(u32::MAX);
            all.devices.extend(came);
        }
        Err(why) => {
            all.failed += 1;
            words.insert(device.ifindex, why.text);
            all.devices.push(model::Recalled {
                namespace: device.namespace,
                ifindex: device.ifindex,
                name: None,
                outcome: Err(Errno::EOPNOTSUPP),
            });
        }
    }
}

impl Recalled {
    /// What is not as it should be, each in words.
    fn problems(&self) -> Vec<String> {
        let devices = self.devices.iter();
        devices.flat_map(|one| one.problems(&self.from)).collect()
    }

    fn status(&self) -> Status {
        let moved = self.devices.iter().any(|device| device.error.is_none());
        match self.problems().is_empty() && self.failed == 0 {
            true => Status::Ok,
            false if moved || self.returned > 0 => Status::Partial,
            false => Status::Failed,
        }
    }
}

impl Row {
    /// What the module told about a device. `words` say why some could not be moved.
    fn new(
        one: model::Recalled,
        before: &Before,
        words: &mut HashMap<u32, String>,
        book: &Book,
    ) -> Self {
        // Of one that came home, what it was called is told; its index may be another one.
        let (from_name, homecoming, error) = match one.outcome {
            Ok(how) => (how.from_name.clone(), Some(book.homecoming(how)), None),
            Err(errno) => {
                let name = before.get(&one.ifindex).map(|device| device.name.clone());
                let why = words.remove(&one.ifindex);
                (name, None, why.or_else(|| Some(errno.desc().to_owned())))
            }
        };
        Row {
            from_name,
            namespace: book.place(one.namespace),
            ifindex: one.ifindex,
            name: one.name,
            homecoming,
            error,
            uppers: Vec::new(),
        }
    }

    /// Its newest live home, or the initial namespace, is where it would go.
    fn plan(device: &Device, book: &Book) -> Self {
        let home = device.home();
        let recorded = home.and_then(|home| home.name.clone());
        // A device that does not move comes with its radio, if it has one.
        let radio = device.fate.as_ref().map(|fate| fate.action) == Some(Action::Wiphy);
        let meant = is_homeless(device) || device.mark == Mark::Keep;
        let error = match (device.immovable && !radio, device.homes.is_empty()) {
            (true, _) => Some("the kernel does not let this device leave its namespace"),
            (false, true) if !meant => Some("the device is at home"),
            (false, _) => None,
        };
        // At the death of its namespace it goes there, too, unless a rule or a mark says otherwise.
        let there = home.map(|home| home.namespace);
        let fate = device.fate.as_ref().filter(|fate| {
            there.is_none_or(|there| fate.destination == Some(there)) && fate.name.is_some()
        });
        let name = match fate {
            Some(fate) => fate.name.clone(),
            None => device.home_name.clone().or(recorded),
        };
        Row {
            from_name: Some(device.name.clone()),
            namespace: match (error, home) {
                (Some(_), _) => book.place(device.namespace),
                (None, Some(home)) => book.place(home.namespace),
                (None, None) => book.initial(),
            },
            ifindex: device.ifindex,
            name: name.filter(|_| error.is_none()),
            homecoming: None,
            error: error.map(str::to_owned),
            uppers: Vec::new(),
        }
    }

    fn problems(&self, from: &Place) -> Vec<String> {
        let called = |name: &Option<String>, place: &Place| {
            let name = name.clone();
            let name = name.unwrap_or_else(|| format!("ifindex:{}", self.ifindex));
            format!("{name}@{}", place.label())
        };
        if let Some(error) = &self.error {
            return vec![format!("{} stays: {error}", called(&self.from_name, from))];
        }
        let Some(how) = &self.homecoming else {
            return Vec::new();
        };
        let here = called(&self.name, &self.namespace);
        let taken = how.home_name.as_ref().filter(|_| how.taken);
        let mut problems: Vec<String> = taken
            .iter()
            .map(|name| format!("{here} did not get its name '{name}' back, because that is taken"))
            .collect();
        for failure in &how.failures {
            // The name has its own words.
            if taken.is_none() || failure.setting != setting::NAME {
                let (setting, why) = (setting_name(failure.setting), failure.reason());
                problems.push(format!(
                    "{here} is home, but {setting} was not restored: {why}"
                ));
            }
        }
        let there = from.label();
        problems.extend(self.uppers.iter().map(|name| {
            let upper = printable(name);
            let name = quoted(name);
            let end = shell_word(&there, |there| {
                format!("{} exec {there} ip link delete {name}", program())
            });
            format!("{here} is home, but {upper}@{there} is still on it: '{end}' ends that")
        }));
        problems
    }
}

impl Homeless {
    fn new(device: &Device, book: &Book) -> Self {
        let place = book.place(device.namespace);
        Homeless {
            name: device.name.clone(),
            ifindex: device.ifindex,
            recall: command(&device.name, device.ifindex, &place.label()),
        }
    }

    fn text(&self, from: &str) -> String {
        let Homeless { name, recall, .. } = self;
        let name = printable(name);
        format!("no home of {name}@{from} is known; to bring it to init: {recall}\n")
    }
}

/// What brings a device home from the namespace of that label.
pub(super) fn command(name: &str, ifindex: u32, label: &str) -> String {
    let selector = format!("{}@{label}", of_device(name, ifindex));
    shell_word(&selector, |selector| format!("homeward recall {selector}"))
}

/// Devices that came home, one a line. Those that could not are told elsewhere.
fn text(recalled: &Recalled, look: Look) -> String {
    let from = place(&recalled.from);
    let homeless: String = recalled
        .homeless
        .iter()
        .map(|one| one.text(&from))
        .collect();
    match (
        recalled.devices.is_empty(),
        recalled.returned,
        recalled.failed,
    ) {
        (true, 0, 0) => return format!("no device of {from} is away from home\n{homeless}"),
        (true, came, stay) => {
            return format!(
                "{came} devices of {from} came home, {stay} could not: too many to list, see \
                 'homeward devices'\n"
            )
        }
        (false, ..) => {}
    }
    let mut text = String::new();
    for row in recalled.devices.iter().filter(|row| row.error.is_none()) {
        let from = at(&or_absent(row.from_name.as_ref()), &recalled.from);
        let to = at(&or_absent(row.name.as_ref()), &row.namespace);
        let to = Style::Good.paint(&to, look.color);
        let way = if recalled.dry_run {
            "would go to"
        } else {
            "->"
        };
        text.push_str(&format!("{from} {way} {to}"));
        let restored = row.homecoming.as_ref().and_then(restored);
        text.push_str(&restored.unwrap_or_default());
        text.push('\n');
    }
    text + &homeless
}

#[cfg(test)]
mod tests;
