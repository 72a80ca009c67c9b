// SPDX-License-Identifier: GPL-2.0-only

//! What there is at the moment, so that requests may be about it.

use fastrand::Rng;
use homeward_client::Client;

/// A device.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) cookie: u64,
    pub(crate) ifindex: u32,
    pub(crate) name: String,
    away: bool,
}

/// See above.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) cookies: Vec<u64>,
    pub(crate) inums: Vec<u32>,
    pub(crate) rules: Vec<u32>,
    devices: Vec<Target>,
}

impl Picture {
    /// Of nothing but what everybody may guess.
    pub(crate) fn guessed() -> Self {
        Picture {
            cookies: vec![1, 2, 3],
            inums: vec![4_026_531_840],
            rules: vec![1],
            devices: vec![Target {
                cookie: 1,
                ifindex: 1,
                name: "lo".to_owned(),
                away: false,
            }],
        }
    }

    /// Asks what there is. What cannot be known stays guessed.
    pub(crate) fn take(client: &mut Client) -> Self {
        let mut picture = Picture::guessed();
        if let Ok(dump) = client.namespaces_now() {
            picture.cookies = dump.items.iter().map(|one| one.cookie).collect();
            picture.inums = dump.items.iter().filter_map(|one| one.inum).collect();
        }
        if let Ok(dump) = client.devices_now(None) {
            let devices = dump.items.into_iter().map(|one| Target {
                cookie: one.namespace,
                ifindex: one.ifindex,
                name: one.name,
                away: !one.homes.is_empty(),
            });
            picture.devices = devices.collect();
        }
        if let Ok(rules) = client.rules() {
            picture.rules = rules.iter().map(|rule| rule.id).collect();
        }
        picture
    }

    /// One of the devices: of those away from home in one of two cases.
    pub(crate) fn target(&self, dice: &mut Rng) -> Target {
        let away = dice.bool();
        let mut devices: Vec<&Target> = self
            .devices
            .iter()
            .filter(|device| device.away == away)
            .collect();
        if devices.is_empty() {
            devices = self.devices.iter().collect();
        }
        dice.choice(devices).cloned().unwrap_or_else(|| Target {
            cookie: 1,
            ifindex: 1,
            name: "lo".to_owned(),
            away: false,
        })
    }
}
