// SPDX-License-Identifier: GPL-2.0-only

//! Whether baselines, and the names of `keep --as`, say what is so: one that is out of date has its device
//! come home under another name, or not as it is meant to be.

use homeward_client::model::Device;
use homeward_client::{Client, Result};

use super::{some, Check};
use crate::command::baseline::read;
use crate::file::baseline::{Baselines, Origin};

const NAME: &str = "baselines";

/// What is to be said of them.
pub(super) fn check(client: &mut Client) -> Result<Vec<Check>> {
    let namespaces = client.namespaces_now()?.items;
    let initial = namespaces.iter().find(|one| one.initial);
    let initial = initial.map_or(0, |one| one.cookie);
    let devices = client.devices_now(None)?.items;
    let baselines = match read() {
        Ok(baselines) => judge(&baselines, &devices, initial, &Origin::here()),
        Err(failure) => Check::warn(NAME, failure.text, "nothing is restored from it at a boot"),
    };
    Ok([baselines]
        .into_iter()
        .chain(kept(&devices, initial))
        .collect())
}

/// Those at home that were given a name for their return, and are called otherwise now.
fn kept(devices: &[Device], initial: u64) -> Option<Check> {
    let at_home = devices.iter().filter(|device| device.namespace == initial);
    let named = at_home.filter_map(|device| {
        let name = device
            .home_name
            .as_ref()
            .filter(|name| **name != device.name)?;
        Some(format!("{} would come home as {name}", device.name))
    });
    let named: Vec<_> = named.collect();
    (!named.is_empty()).then(|| {
        Check::warn(
            "keep --as",
            some(&named),
            "if the present name is meant, 'homeward keep --undo' forgets the other, and the mark",
        )
    })
}

fn judge(baselines: &Baselines, devices: &[Device], initial: u64, here: &Origin) -> Check {
    let known = devices
        .iter()
        .filter_map(|device| Some((device, device.baseline.as_ref()?)));
    let renamed: Vec<_> = known
        .clone()
        .filter(|(device, _)| device.namespace == initial)
        .filter_map(|(device, baseline)| {
            let name = baseline
                .name
                .as_ref()
                .filter(|name| **name != device.name)?;
            Some(format!("{} would come home as {name}", device.name))
        })
        .collect();
    if !renamed.is_empty() {
        return Check::warn(
            NAME,
            some(&renamed),
            "names may change with the kernel or udev: if the present one is meant, \
             'homeward baseline take' takes it",
        );
    }
    let absent = baselines.absent(devices, here);
    let absent: Vec<_> = absent.iter().map(|saved| saved.name.clone()).collect();
    if !absent.is_empty() {
        return Check::warn(
            NAME,
            format!("of devices that are not there: {}", some(&absent)),
            "'homeward baseline clear' of its name forgets one",
        );
    }
    let older: Vec<_> = baselines
        .devices
        .iter()
        .filter_map(|saved| Some(format!("{} with {}", saved.name, saved.other_kernel(here)?)))
        .collect();
    if !older.is_empty() {
        return Check::warn(
            NAME,
            format!("taken in another kernel: {}", some(&older)),
            "offloads and private flags of these are not restored, as their bits may mean something else \
             now: 'homeward baseline take' takes them",
        );
    }
    match known.count() {
        0 => Check::ok(NAME, "none"),
        1 => Check::ok(NAME, "1 device has one"),
        count => Check::ok(NAME, format!("{count} devices have one")),
    }
}

#[cfg(test)]
mod tests {
    use homeward_client::model::{setting, Home, Value};

    use super::super::Outcome;
    use super::*;
    use crate::file::baseline::Saved;

    fn nic(name: &str, baseline: &str, parent: &str) -> Device {
        Device {
            physical: true,
            parent: Some(parent.to_owned()),
            baseline: Some(Home {
                name: Some(baseline.to_owned()),
                settings: [(setting::FEATURES, Value::Number(1))].into(),
                ..Home::default()
            }),
            ..Device::new(1, 4, name)
        }
    }

    fn file(devices: &[Device]) -> Baselines {
        let mut all = Baselines::new();
        for device in devices {
            let baseline = device.baseline.as_ref().expect("a baseline");
            let saved = Saved::of(device, baseline, devices).expect("an identity");
            all.put(saved, device, devices);
        }
        all
    }

    #[track_caller]
    fn warns(baselines: &Baselines, devices: &[Device], part: &str) {
        let check = judge(baselines, devices, 1, &Origin::here());
        assert_eq!(check.outcome, Outcome::Warn, "{}", check.found);
        assert!(check.found.contains(part), "{}", check.found);
    }

    #[test]
    fn a_baseline_that_is_out_of_date_is_told() {
        let good = [nic("eth0", "eth0", "a"), nic("eth1", "eth1", "b")];
        let all = file(&good);
        let check = judge(&all, &good, 1, &Origin::here());
        assert_eq!(
            (check.outcome, check.found.as_str()),
            (Outcome::Ok, "2 devices have one")
        );
        let none = judge(
            &Baselines::new(),
            &[Device::new(1, 4, "eth0")],
            1,
            &Origin::here(),
        );
        assert_eq!(none.found, "none");
        assert!(kept(&good, 1).is_none());
        let mut named = good.clone();
        named[0].home_name = Some("uplink0".to_owned());
        let told = kept(&named, 1).expect("a warning").found;
        assert_eq!(told, "eth0 would come home as uplink0");
        assert!(kept(&named, 2).is_none());

        let renamed = [nic("enp3s0", "eth0", "a"), good[1].clone()];
        warns(&all, &renamed, "enp3s0 would come home as eth0");
        // In a container it may be called whatever it likes.
        let mut away = renamed.clone();
        away[0].namespace = 2;
        assert_eq!(judge(&all, &away, 1, &Origin::here()).outcome, Outcome::Ok);
        warns(&all, &good[..1], "eth1");
        let text = all.render().expect("text");
        let kernel = nix::sys::utsname::uname().expect("a name");
        let kernel = kernel.release().to_string_lossy().into_owned();
        let older = Baselines::parse(&text.replace(&kernel, "6.1.0")).expect("a file");
        warns(&older, &good, "eth0 with 6.1.0");
    }
}
