// SPDX-License-Identifier: GPL-2.0-only

//! What is told to a module that may be older than this command: without what it does not know.

use homeward_client::model::{setting_name, Device, Home};
use homeward_client::{Baseline, Client, DeviceChange, Error, Which};
use nix::errno::Errno;

/// The attribute of a home that is not a setting and that an older module does not know.
const PERMANENT_ADDRESS: &str = ".permanent-address";

/// Where devices are changed.
pub(super) trait Devices {
    /// Changes what is known of one.
    fn change(
        &mut self,
        namespace: u64,
        ifindex: u32,
        change: &DeviceChange,
    ) -> Result<Device, Error>;
}

impl Devices for Client {
    fn change(
        &mut self,
        namespace: u64,
        ifindex: u32,
        change: &DeviceChange,
    ) -> Result<Device, Error> {
        self.set_device(namespace, Which::Ifindex(ifindex), change)
    }
}

/// Changes what is known of a device, without the settings that the module does not know; returns those.
pub(super) fn set_what_is_known(
    devices: &mut impl Devices,
    namespace: u64,
    ifindex: u32,
    mut change: DeviceChange,
) -> Result<Vec<u32>, Error> {
    let mut unknown = Vec::new();
    loop {
        let error = match devices.change(namespace, ifindex, &change) {
            Ok(_) => return Ok(unknown),
            Err(error) => error,
        };
        match unknown_setting(&error) {
            Some(id) if forget(&mut change, id) => unknown.push(id),
            None if is_permanent_address(&error) && forget_addresses(&mut change) => {}
            _ => return Err(error),
        }
    }
}

/// Names of settings, in words.
pub(super) fn names(ids: &[u32]) -> String {
    let names: Vec<_> = ids.iter().map(|id| setting_name(*id)).collect();
    names.join(", ")
}

/// The setting that is the reason of a refusal, because the module does not know it.
fn unknown_setting(error: &Error) -> Option<u32> {
    match error {
        Error::Refused(refusal) if refusal.errno == Errno::EOPNOTSUPP => refusal.setting,
        _ => None,
    }
}

/// Whether the permanent address of a home is the reason of a refusal.
fn is_permanent_address(error: &Error) -> bool {
    match error {
        Error::Refused(refusal) if refusal.errno == Errno::EINVAL => {
            let blamed = refusal.attribute.as_deref();
            blamed.is_some_and(|blamed| blamed.ends_with(PERMANENT_ADDRESS))
        }
        _ => false,
    }
}

/// All homes of a change.
fn homes(change: &mut DeviceChange) -> impl Iterator<Item = &mut Home> {
    let baseline = change
        .baseline
        .iter_mut()
        .filter_map(|baseline| match baseline {
            Baseline::Given(home) => Some(home.as_mut()),
            _ => None,
        });
    change.homes.iter_mut().flatten().chain(baseline)
}

/// Takes a setting out of all homes; false if it is in none.
fn forget(change: &mut DeviceChange, id: u32) -> bool {
    homes(change).fold(false, |found, home| {
        found | home.settings.remove(&id).is_some()
    })
}

/// Takes the permanent addresses out of all homes; false if there is none.
fn forget_addresses(change: &mut DeviceChange) -> bool {
    homes(change).fold(false, |found, home| {
        found | home.permanent_address.take().is_some()
    })
}

#[cfg(test)]
mod tests {
    use homeward_client::model::{setting, LinkAddress, Value};
    use homeward_client::Refusal;

    use super::*;

    /// A module that knows only the first settings, and says what it was told in the end.
    struct Older {
        first: u32,
        knows_addresses: bool,
        told: Option<DeviceChange>,
    }

    impl Devices for Older {
        fn change(&mut self, _: u64, _: u32, change: &DeviceChange) -> Result<Device, Error> {
            let mut all = change.clone();
            let mut homes = homes(&mut all);
            let refusal = |errno, attribute: &str, setting| {
                Err(Error::Refused(Refusal {
                    operation: "dev-set",
                    errno,
                    message: None,
                    attribute: Some(attribute.to_owned()),
                    setting,
                }))
            };
            for home in homes.by_ref() {
                if let Some(id) = home.settings.keys().find(|id| **id >= self.first) {
                    return refusal(Errno::EOPNOTSUPP, "home.setting.id", Some(*id));
                }
                if home.permanent_address.is_some() && !self.knows_addresses {
                    return refusal(Errno::EINVAL, "home.permanent-address", None);
                }
            }
            self.told = Some(change.clone());
            Ok(Device::new(1, 4, "net0"))
        }
    }

    fn change() -> DeviceChange {
        let home = Home {
            settings: [
                (setting::MTU, Value::Number(1400)),
                (setting::TXQLEN, Value::Number(7)),
                (setting::ROUTES + 9, Value::Number(1)),
            ]
            .into(),
            permanent_address: Some(LinkAddress(vec![2, 0, 0, 0, 0, 1])),
            ..Home::default()
        };
        DeviceChange {
            homes: Some(vec![home.clone(), home.clone()]),
            baseline: Some(Baseline::Given(Box::new(home))),
            ..DeviceChange::default()
        }
    }

    #[test]
    fn an_older_module_is_told_what_it_knows() {
        let mut older = Older {
            first: setting::TXQLEN,
            knows_addresses: false,
            told: None,
        };
        let unknown = set_what_is_known(&mut older, 1, 4, change()).expect("done");
        assert_eq!(unknown, [setting::TXQLEN, setting::ROUTES + 9]);
        let mut told = older.told.expect("something");
        assert_eq!(homes(&mut told).count(), 3);
        for home in homes(&mut told) {
            let known: Vec<_> = home.settings.keys().copied().collect();
            assert_eq!(
                (known.as_slice(), &home.permanent_address),
                (&[setting::MTU][..], &None)
            );
        }
        let mut same = Older {
            first: u32::MAX,
            knows_addresses: true,
            told: None,
        };
        let unknown = set_what_is_known(&mut same, 1, 4, change()).expect("done");
        assert!(unknown.is_empty());
        assert_eq!(same.told, Some(change()));
    }

    #[test]
    fn what_is_refused_otherwise_is_refused() {
        struct Refusing;
        impl Devices for Refusing {
            fn change(&mut self, _: u64, _: u32, _: &DeviceChange) -> Result<Device, Error> {
                Err(Error::Refused(Refusal {
                    operation: "dev-set",
                    errno: Errno::EOPNOTSUPP,
                    message: None,
                    attribute: None,
                    setting: Some(setting::MTU),
                }))
            }
        }
        let mut older = Older {
            first: 0,
            knows_addresses: false,
            told: None,
        };
        let mut wrong = change();
        // One blames a setting that is in none: that must come to an end.
        for home in homes(&mut wrong) {
            home.settings.clear();
        }
        assert!(set_what_is_known(&mut Refusing, 1, 4, wrong.clone()).is_err());
        assert!(set_what_is_known(&mut older, 1, 4, wrong).is_ok());
    }
}
