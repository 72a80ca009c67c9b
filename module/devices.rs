// SPDX-License-Identifier: GPL-2.0-only

//! The devices that are away from home, and what an administrator decided about devices.

use kernel::prelude::*;
use kernel::rbtree::{
    RBTree,
    RBTreeNodeReservation, //
};
use kernel::sync::Arc;

use crate::closing::Closings;
use crate::driver::Lists;
use crate::homing::Journey;
use crate::net::device::{
    Device,
    DeviceId, //
};
use crate::net::namespace::Net;
use crate::net::route::Routes;
use crate::policy::fate::Mark;
use crate::policy::home::{
    self,
    DEPTH, //
};
use crate::policy::naming::Name;
use crate::recorded::{
    Addresses,
    Baseline,
    Home, //
};
use crate::stuck::Stuck;

/// A device, by the place where it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    cookie: u64,
    ifindex: u32,
}

impl Key {
    fn of(dev: &Device) -> Key {
        Key {
            cookie: dev.net().cookie(),
            ifindex: dev.ifindex(),
        }
    }
}

/// What is known about one device.
#[derive(Default)]
pub(crate) struct Record {
    /// Its home stack, oldest first; empty at home.
    pub(crate) homes: KVec<Arc<Home>>,
    /// What an administrator decided.
    pub(crate) mark: Mark,
    /// The name that an administrator wants it to have at home.
    pub(crate) home_name: Option<Name>,
    /// What it is to be like in the initial network namespace, if an administrator said so.
    pub(crate) baseline: Option<Arc<Baseline>>,
    /// The kernel itself would move it rather than destroy it.
    physical: bool,
}

impl Record {
    /// Nothing.
    pub(crate) const EMPTY: Record = Record {
        homes: KVec::new(),
        mark: Mark::None,
        home_name: None,
        baseline: None,
        physical: false,
    };

    fn is_empty(&self) -> bool {
        self.homes.is_empty()
            && self.mark == Mark::None
            && self.home_name.is_none()
            && self.baseline.is_none()
    }

    /// Whether it has a home and would go there, as far as this alone tells.
    fn goes_home(&self) -> bool {
        match self.mark {
            _ if self.homes.is_empty() => false,
            Mark::None => self.physical,
            Mark::Keep => true,
            Mark::Release => false,
        }
    }

    /// Pushes a home; on an error the stack is as it was.
    fn push(&mut self, home: Arc<Home>) -> Result {
        let of_tenant = |at| {
            let home: Option<&Arc<Home>> = self.homes.get(at);
            home.is_some_and(|home| !home.of_initial_user_ns)
        };
        let initial = Net::initial().cookie();
        if let Some(at) = home::evict(self.cookies().as_slice(), initial, of_tenant) {
            // There is room then.
            let _ = self.homes.remove(at);
        }
        self.homes.push(home, GFP_KERNEL_ACCOUNT)?;
        Ok(())
    }

    /// The cookies of the home stack.
    pub(crate) fn cookies(&self) -> Cookies {
        let mut cookies = [0; DEPTH];
        for (to, home) in cookies.iter_mut().zip(&self.homes) {
            *to = home.cookie;
        }
        Cookies {
            cookies,
            len: self.homes.len().min(DEPTH),
        }
    }

    /// How many bytes it takes.
    fn memory(&self) -> usize {
        size_of::<Key>()
            + size_of::<Record>()
            + self.homes.iter().map(|home| home.memory()).sum::<usize>()
            + self
                .baseline
                .as_ref()
                .map_or(0, |baseline| baseline.memory())
    }
}

/// Room for a record in the tree.
pub(crate) type Room = RBTreeNodeReservation<Key, Record>;

/// A device between two namespaces.
pub(crate) struct Moving {
    id: DeviceId,
    /// Where it comes from.
    pub(crate) from: u64,
    /// Its name there.
    pub(crate) from_name: Name,
    /// What is known about it, the namespace that it comes from included unless that is dying.
    pub(crate) record: Record,
    /// Whether it was at home before.
    pub(crate) was_home: bool,
    /// Room for the record on arrival, so that nothing can fail then.
    pub(crate) room: Room,
}

/// A device that Homeward itself is moving.
struct Homing {
    id: DeviceId,
    /// A rule sends it to the initial namespace.
    sent: bool,
    /// The name that it is to arrive under.
    name: Option<Name>,
}

impl Homing {
    fn by(journey: &Journey) -> Homing {
        Homing {
            id: journey.id,
            sent: journey.sent,
            name: journey.name_on_arrival(),
        }
    }
}

/// What IP has of a device that is about to leave: when we record the rest it has lost that.
#[derive(Default)]
pub(crate) struct Departing {
    pub(crate) addresses: Addresses,
    /// The lists of IP.
    pub(crate) lists: Lists,
    pub(crate) routes: Routes,
}

/// A device that is on its way home, or there and not in order yet.
struct Unsettled {
    id: DeviceId,
    /// What it is to be like there.
    home: Arc<Home>,
}

/// All that is known about devices. Changes under RTNL only, so whoever holds RTNL sees a steady
/// picture between two locks.
pub(crate) struct Devices {
    known: RBTree<Key, Record>,
    away: u32,
    moving: KVec<Moving>,
    homing: Option<Homing>,
    /// Those that move together.
    homing_together: KVVec<Homing>,
    unsettled: KVVec<Unsettled>,
    /// The devices that have been set down, and what they lost by it.
    pub(crate) closings: Closings,
    departing: Option<(DeviceId, Departing)>,
    /// The devices that the kernel cannot free.
    pub(crate) stuck: Stuck,
    generation: u32,
}

impl Devices {
    /// No devices.
    pub(crate) fn new(closings: Closings) -> Self {
        Devices {
            known: RBTree::new(),
            away: 0,
            moving: KVec::new(),
            homing: None,
            homing_together: KVVec::new(),
            unsettled: KVVec::new(),
            closings,
            departing: None,
            stuck: Stuck::new(),
            generation: 1,
        }
    }

    /// Changes whenever what is known of devices does, or what there is to tell of others with it.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// A device came, went, has another name or was told where to go, or a namespace where it
    /// could go is dying.
    pub(crate) fn changed(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// What is known about a device.
    pub(crate) fn record(&self, dev: &Device) -> &Record {
        static NOTHING: Record = Record::EMPTY;
        self.known.get(&Key::of(dev)).unwrap_or(&NOTHING)
    }

    /// How many devices are away from home.
    pub(crate) fn away(&self) -> u32 {
        self.away
    }

    /// How many devices in a namespace are away from home and would go there, and how many virtual
    /// ones are only lent to it.
    pub(crate) fn away_and_lent_in(&mut self, cookie: u64) -> (u32, u32) {
        let first = Key { cookie, ifindex: 0 };
        let (mut away, mut lent) = (0, 0);
        let mut cursor = self.known.cursor_lower_bound_mut(&first);
        while let Some(at) = cursor {
            let (key, record) = at.current();
            if key.cookie != cookie {
                break;
            }
            away += u32::from(record.goes_home());
            let stays = !record.homes.is_empty() && !record.goes_home();
            lent += u32::from(stays && !record.physical);
            cursor = at.move_next();
        }
        (away, lent)
    }

    /// How many bytes all this takes.
    pub(crate) fn memory(&self) -> usize {
        self.known.values().map(Record::memory).sum()
    }

    /// Takes what is known about a device out, with the room that it had.
    fn take(&mut self, dev: &Device) -> Option<(Record, Room)> {
        let key = Key::of(dev);
        let record = core::mem::take(self.known.get_mut(&key)?);
        let node = self.known.remove_node(&key)?;
        if !record.homes.is_empty() {
            self.away -= 1;
        }
        Some((record, node.into_reservation()))
    }

    /// Puts in what is known about a device.
    pub(crate) fn settle(&mut self, dev: &Device, mut record: Record, room: Room) {
        if record.is_empty() {
            return;
        }
        if !record.homes.is_empty() {
            self.away += 1;
        }
        record.physical = dev.is_physical();
        self.known.insert(room.into_node(Key::of(dev), record));
    }

    /// Lets `change` change what is known about a device.
    pub(crate) fn update(&mut self, dev: &Device, change: impl FnOnce(&mut Record)) -> Result {
        let (mut record, room) = match self.take(dev) {
            Some(known) => known,
            None => (Record::EMPTY, Room::new(GFP_KERNEL_ACCOUNT)?),
        };
        change(&mut record);
        self.settle(dev, record, room);
        Ok(())
    }

    /// A device leaves its namespace, with what was recorded of it there, if it is to be pushed.
    ///
    /// Without memory the device starts afresh where it arrives, or goes on without this home.
    pub(crate) fn leave(
        &mut self,
        dev: &Device,
        name: Name,
        home: Option<Arc<Home>>,
    ) -> Result<(), NoRoom> {
        let known = match self.take_moving(dev) {
            // It left once already, and its arrival was not seen.
            Some(moving) => Some((moving.record, moving.room)),
            None => self.take(dev),
        };
        let (mut record, room) = match known {
            Some(known) => known,
            None if home.is_none() => return Ok(()),
            None => match Room::new(GFP_KERNEL_ACCOUNT) {
                Ok(room) => (Record::EMPTY, room),
                Err(_) => return Err(NoRoom { forgotten: false }),
            },
        };
        let was_home = record.homes.is_empty();
        if self.moving.reserve(1, GFP_KERNEL).is_err() {
            return Err(NoRoom {
                forgotten: !was_home,
            });
        }
        let pushed = match home {
            Some(home) => record.push(home),
            None => Ok(()),
        };
        // Does not fail: there is room.
        drop(self.moving.push_within_capacity(Moving {
            id: dev.id(),
            from: dev.net().cookie(),
            from_name: name,
            record,
            was_home,
            room,
        }));
        pushed.map_err(|_| NoRoom { forgotten: false })
    }

    /// The device that arrives, if it was between two namespaces.
    pub(crate) fn take_moving(&mut self, dev: &Device) -> Option<Moving> {
        let at = self
            .moving
            .iter()
            .position(|moving| moving.id == dev.id())?;
        self.moving.remove(at).ok()
    }

    /// A device is destroyed; forgets it.
    pub(crate) fn forget(&mut self, dev: &Device) {
        // Another one may be made at its address.
        self.closings.forget(dev.id());
        self.unsettled.retain(|one| one.id != dev.id());
        drop(self.take_departing(dev));
        drop(self.take(dev));
        drop(self.take_moving(dev));
    }

    /// A device is about to leave, and this is what IP has of it.
    pub(crate) fn departing(&mut self, dev: &Device, departing: Departing) {
        self.departing = Some((dev.id(), departing));
    }

    /// What IP had of a device when it was about to leave, if it was the last one.
    pub(crate) fn take_departing(&mut self, dev: &Device) -> Option<Departing> {
        self.departing
            .take_if(|(id, _)| *id == dev.id())
            .map(|(_, departing)| departing)
    }

    /// Homeward begins to move a device.
    pub(crate) fn begin_homing(&mut self, journey: &Journey) {
        self.homing = Some(Homing::by(journey));
        self.begin_settling_of(journey);
    }

    /// Homeward begins to move a device along with others.
    pub(crate) fn begin_homing_together(&mut self, journey: &Journey) -> Result {
        self.homing_together.push(Homing::by(journey), GFP_KERNEL)?;
        self.begin_settling_of(journey);
        Ok(())
    }

    fn begin_settling_of(&mut self, journey: &Journey) {
        if let Some(home) = journey.home() {
            self.begin_settling(journey.id, home);
        }
    }

    /// Homeward has moved the device, or failed to.
    pub(crate) fn end_homing(&mut self, journey: &Journey) {
        self.homing = None;
        self.homing_together
            .retain(|homing| homing.id != journey.id);
    }

    fn homing_of(&self, dev: &Device) -> Option<&Homing> {
        let mut all = Iterator::chain(self.homing.iter(), &self.homing_together);
        all.find(|homing| homing.id == dev.id())
    }

    /// Whether Homeward itself is moving this device, and then whether a rule sends it to the
    /// initial namespace.
    pub(crate) fn homing(&self, dev: &Device) -> Option<bool> {
        self.homing_of(dev).map(|homing| homing.sent)
    }

    /// The name that this device is to arrive under, if Homeward itself is moving it.
    pub(crate) fn name_on_arrival(&self, dev: &Device) -> Option<Name> {
        self.homing_of(dev)?.name
    }

    /// A device goes home, and is to be put in order there. Whoever moves it on before that moves it
    /// on as it is to be; without memory for that, as it is.
    pub(crate) fn begin_settling(&mut self, id: DeviceId, home: Arc<Home>) {
        let _ = self.unsettled.push(Unsettled { id, home }, GFP_KERNEL);
    }

    /// At how many homes a device is to be put in order yet.
    pub(crate) fn settling(&self, id: DeviceId) -> usize {
        self.unsettled.iter().filter(|one| one.id == id).count()
    }

    /// What a device is to be like where it is, if it is not in order there yet.
    pub(crate) fn unsettled(&self, dev: &Device) -> Option<Arc<Home>> {
        let here = dev.net().cookie();
        let mut all = self.unsettled.iter();
        // Only as a home of this namespace: where it was sent it is like at another one.
        let found = all.find(|one| one.id == dev.id() && one.home.cookie == here)?;
        Some(found.home.clone())
    }

    /// A device is in order where it went to, or has gone on.
    pub(crate) fn settled(&mut self, journey: &Journey) {
        let Some(home) = journey.home() else { return };
        self.unsettled
            .retain(|one| one.id != journey.id || !Arc::ptr_eq(&one.home, &home));
    }
}

/// There was no memory for what is known about a device that leaves.
pub(crate) struct NoRoom {
    /// It had homes, which are forgotten with it.
    pub(crate) forgotten: bool,
}

/// The cookies of a home stack.
#[derive(Clone, Copy)]
pub(crate) struct Cookies {
    cookies: [u64; DEPTH],
    len: usize,
}

impl Cookies {
    /// Oldest first.
    pub(crate) fn as_slice(&self) -> &[u64] {
        &self.cookies[..self.len]
    }
}
