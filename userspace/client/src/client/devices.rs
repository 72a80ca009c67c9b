// SPDX-License-Identifier: MIT OR Apache-2.0

//! Devices: asked about, changed, recalled.

use homeward_abi::{cmd, dev};

use super::{consistent, Client};
use crate::error::Result;
use crate::exchange::Dump;
use crate::model::{Device, Home, Mark, RecallAll, Recalled};
use crate::wire::{self, Argument};

/// Which device of a network namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// The one with this index, from 1.
    Ifindex(u32),
    /// The one with this name, at most 15 bytes; not an alternative name.
    Name(&'a str),
}

impl Which<'_> {
    fn argument(self) -> Argument {
        match self {
            Which::Ifindex(ifindex) => Argument::U32(dev::IFINDEX, ifindex),
            Which::Name(name) => Argument::Text(dev::NAME, name.to_owned()),
        }
    }
}

/// What to change of what is known or decided about a device. What is None stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceChange {
    /// The mark.
    pub mark: Option<Mark>,
    /// The name that it is to get at home, at most 15 bytes, or that it is the recorded one again.
    pub home_name: Option<Option<String>>,
    /// The whole home stack, oldest first, at most 8, as [`Device::homes`] once was when the device
    /// was not [abridged](Device::abridged); empty to forget it. Of each home `alive` is ignored,
    /// and `name` is needed.
    pub homes: Option<Vec<Home>>,
    /// The baseline, which only a physical device can have.
    pub baseline: Option<Baseline>,
}

/// What is to be the baseline of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Baseline {
    /// What the device, which is in the initial network namespace, is like now.
    Take,
    /// This, as [`Device::baseline`] once was.
    Given(Box<Home>),
    /// None.
    Clear,
}

impl DeviceChange {
    fn arguments(&self) -> Vec<Argument> {
        let mut arguments = Vec::new();
        if let Some(mark) = self.mark {
            arguments.push(Argument::U32(dev::MARK, mark.into()));
        }
        if let Some(name) = &self.home_name {
            let name = name.clone().unwrap_or_default();
            arguments.push(Argument::Text(dev::HOME_NAME, name));
        }
        match self.homes.as_deref() {
            None => {}
            Some([]) => arguments.push(Argument::Flag(dev::NO_HOME)),
            Some(homes) => {
                let homes = homes.iter();
                arguments.extend(homes.map(|home| wire::home_argument(dev::HOME, home)));
            }
        }
        arguments.extend(self.baseline.as_ref().map(|baseline| match baseline {
            Baseline::Take => Argument::Flag(dev::TAKE_BASELINE),
            Baseline::Given(home) => wire::home_argument(dev::BASELINE, home),
            Baseline::Clear => Argument::Flag(dev::NO_BASELINE),
        }));
        arguments
    }
}

impl Client {
    /// All devices, or those of one network namespace, in ascending order of cookie and index,
    /// after them those that the kernel cannot free; [`Error::Interrupted`](crate::Error) when they
    /// kept changing during every try.
    ///
    /// Refused with ENOENT when there is no such network namespace.
    pub fn devices(&mut self, namespace: Option<u64>) -> Result<Vec<Device>> {
        self.devices_now(namespace).and_then(consistent)
    }

    /// Devices as [`Client::devices`], also when they kept changing during every try.
    pub fn devices_now(&mut self, namespace: Option<u64>) -> Result<Dump<Device>> {
        let argument = namespace.map(|cookie| Argument::Uint(dev::NS_COOKIE, cookie));
        let mut dump = self.dump(cmd::DEV_GET, argument.as_slice(), Device::read_all)?;
        for device in dump.items.iter_mut().filter(|device| device.abridged) {
            // Alone it has room; if it is gone by now, what is known of it must do.
            if let Ok(whole) = self.device(device.namespace, device.ifindex) {
                *device = whole;
            }
        }
        Ok(dump)
    }

    /// One device of a network namespace, by its index.
    ///
    /// Refused with ENOENT when there is no such network namespace, EBUSY when that is dead, ENODEV
    /// when it has no such device.
    pub fn device(&mut self, namespace: u64, ifindex: u32) -> Result<Device> {
        self.one_device(namespace, Which::Ifindex(ifindex))
    }

    /// One device of a network namespace, by its name; refused as [`Client::device`] is.
    pub fn device_by_name(&mut self, namespace: u64, name: &str) -> Result<Device> {
        self.one_device(namespace, Which::Name(name))
    }

    /// Changes what is known or decided about a device. Gives the device as it is then.
    ///
    /// Refused as [`Client::device`] is, with EOPNOTSUPP for the baseline of a device that is virtual or
    /// immovable, and with EINVAL for one that is not taken in the initial network namespace, for a name
    /// that no device can have, for a home in the network namespace that the device is in, for one that comes twice, and for more
    /// than 8. A refused change changes nothing.
    pub fn set_device(
        &mut self,
        namespace: u64,
        which: Which<'_>,
        change: &DeviceChange,
    ) -> Result<Device> {
        let mut arguments = named(namespace, which.argument());
        arguments.extend(change.arguments());
        self.one(cmd::DEV_SET, &arguments, Device::read_all)
    }

    /// Brings one device home now, to its most recent living home, regardless of the rules.
    ///
    /// Refused as [`Client::device`] is, and with EALREADY when the device is at home, EOPNOTSUPP
    /// when it is immovable, EEXIST when names that are taken at home are given to it time and
    /// again, or whatever else the kernel refuses the move with.
    pub fn recall(&mut self, namespace: u64, which: Which<'_>) -> Result<Recalled> {
        let arguments = named(namespace, which.argument());
        self.one(cmd::RECALL, &arguments, wire::recall_of_one)
    }

    /// Brings all devices of a network namespace home now that are away. One that cannot be moved
    /// does not hold up the others.
    ///
    /// Refused with ENOENT when there is no such network namespace, EBUSY when that is dead.
    pub fn recall_all(&mut self, namespace: u64) -> Result<RecallAll> {
        let arguments = named(namespace, Argument::Flag(dev::ALL));
        self.one(cmd::RECALL, &arguments, wire::recall)
    }

    fn one_device(&mut self, namespace: u64, which: Which<'_>) -> Result<Device> {
        let arguments = named(namespace, which.argument());
        self.one(cmd::DEV_GET, &arguments, Device::read_all)
    }
}

fn named(namespace: u64, which: Argument) -> Vec<Argument> {
    vec![Argument::Uint(dev::NS_COOKIE, namespace), which]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_not_sent() {
        assert!(DeviceChange::default().arguments().is_empty());
    }

    #[test]
    fn taking_back_is_sent_in_so_many_words() {
        let change = DeviceChange {
            mark: Some(Mark::None),
            home_name: Some(None),
            homes: Some(Vec::new()),
            baseline: Some(Baseline::Clear),
        };
        assert_eq!(
            change.arguments(),
            [
                Argument::U32(dev::MARK, 1),
                Argument::Text(dev::HOME_NAME, String::new()),
                Argument::Flag(dev::NO_HOME),
                Argument::Flag(dev::NO_BASELINE),
            ]
        );
    }
}
