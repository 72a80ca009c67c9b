// SPDX-License-Identifier: GPL-2.0-only

//! The devices that are away from home, and what they were like there.

use kernel::prelude::*;
use kernel::rbtree::{
    RBTree,
    RBTreeNodeReservation, //
};

use crate::net::device::{
    Device,
    DeviceId,
    ALIAS_SIZE, //
};
use crate::policy::home::{
    self,
    DEPTH, //
};
use crate::policy::naming::Name;
use crate::policy::settings::Settings;

/// How many bytes of alternative names are recorded for one home, NULs included. Names beyond that
/// are a tenant's flood, not a configuration: then none is recorded, and none is touched later.
const ALTNAMES_SIZE: usize = 1024;

/// A namespace that a device left, and how it was there.
pub(crate) struct Home {
    /// Cookie of the namespace.
    pub(crate) cookie: u64,
    /// Name there.
    pub(crate) name: Name,
    /// Settings there.
    pub(crate) settings: Settings,
    /// Alias there, empty for none.
    pub(crate) alias: KVec<u8>,
    /// Alternative names there; `None` if they were too many.
    pub(crate) altnames: Option<Altnames>,
}

impl Home {
    /// How a device is now, in its present namespace.
    pub(crate) fn record(dev: &Device) -> Result<Home> {
        let mut buf = [0; ALIAS_SIZE];
        let mut alias = KVec::new();
        alias.extend_from_slice(dev.alias(&mut buf), GFP_KERNEL)?;
        Ok(Home {
            cookie: dev.net().cookie(),
            name: dev.name().ok_or(EINVAL)?,
            settings: dev.settings(),
            alias,
            altnames: Altnames::record(dev)?,
        })
    }
}

/// Alternative names of a device, each with its NUL.
pub(crate) struct Altnames(KVec<u8>);

impl Altnames {
    /// Those that a device has now; `None` if they are too many.
    pub(crate) fn record(dev: &Device) -> Result<Option<Altnames>> {
        let mut bytes = KVec::new();
        for name in dev.altnames() {
            let name = name.as_ref();
            if bytes.len() + name.len() >= ALTNAMES_SIZE {
                return Ok(None);
            }
            bytes.extend_from_slice(name, GFP_KERNEL)?;
            bytes.push(0, GFP_KERNEL)?;
        }
        Ok(Some(Altnames(bytes)))
    }

    /// Each of them, without its NUL.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.0.split(|&b| b == 0).filter(|name| !name.is_empty())
    }

    /// Whether this is one of them.
    pub(crate) fn contains(&self, name: &[u8]) -> bool {
        self.iter().any(|one| one == name)
    }
}

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

/// A home stack, oldest first.
type Stack = KVec<Home>;

/// A device between two namespaces.
pub(crate) struct Moving {
    id: DeviceId,
    /// Where it comes from.
    pub(crate) from: u64,
    /// Its name there.
    pub(crate) from_name: Name,
    /// Its home stack, with the namespace that it comes from unless that is dying.
    pub(crate) stack: Stack,
    /// Room for the stack on arrival, so that nothing can fail then.
    room: RBTreeNodeReservation<Key, Stack>,
}

/// A device that Homeward itself is moving, and what its home looked like.
struct Homing {
    id: DeviceId,
    home: Option<Home>,
}

/// All devices that are away from home. Changes under RTNL only, so whoever holds RTNL sees a
/// steady picture between two locks.
pub(crate) struct Devices {
    away: RBTree<Key, Stack>,
    moving: KVec<Moving>,
    homing: Option<Homing>,
    generation: u32,
}

impl Devices {
    /// No devices.
    pub(crate) fn new() -> Self {
        Devices {
            away: RBTree::new(),
            moving: KVec::new(),
            homing: None,
            generation: 1,
        }
    }

    /// Changes whenever a device comes, goes, or has another name.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// A device came, went, or has another name.
    pub(crate) fn changed(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    /// The home stack of a device, oldest first; empty at home.
    pub(crate) fn stack(&self, dev: &Device) -> &[Home] {
        self.away.get(&Key::of(dev)).map_or(&[], |stack| stack)
    }

    /// The cookies of a device's home stack, and how many there are.
    pub(crate) fn cookies(&self, dev: &Device) -> Cookies {
        Cookies::of(self.stack(dev))
    }

    /// How many devices in a namespace are away from home.
    pub(crate) fn away_in(&mut self, cookie: u64) -> u32 {
        let first = Key { cookie, ifindex: 0 };
        let mut count = 0;
        let mut cursor = self.away.cursor_lower_bound_mut(&first);
        while let Some(at) = cursor {
            if at.current().0.cookie != cookie {
                break;
            }
            count += 1;
            cursor = at.move_next();
        }
        count
    }

    /// A device leaves its namespace, with what was recorded of it there, if it is to be pushed.
    pub(crate) fn leave(&mut self, dev: &Device, name: Name, home: Option<Home>) -> Result {
        let key = Key::of(dev);
        let (mut stack, room) = match (self.take_moving(dev), self.away.get_mut(&key)) {
            // It left once already, and its arrival was not seen.
            (Some(moving), _) => moving.into_parts(),
            (None, Some(stack)) => {
                let stack = core::mem::take(stack);
                let node = self.away.remove_node(&key).ok_or(ENOENT)?;
                (stack, node.into_reservation())
            }
            (None, None) if home.is_none() => return Ok(()),
            (None, None) => (Stack::new(), RBTreeNodeReservation::new(GFP_KERNEL)?),
        };
        // If there is no room for this, the device starts afresh where it arrives.
        self.moving.reserve(1, GFP_KERNEL)?;
        let pushed = match home {
            Some(home) => push(&mut stack, home),
            None => Ok(()),
        };
        // Does not fail: there is room.
        self.moving.push(
            Moving {
                id: dev.id(),
                from: key.cookie,
                from_name: name,
                stack,
                room,
            },
            GFP_KERNEL,
        )?;
        pushed
    }

    /// The device that arrives, if it was between two namespaces.
    pub(crate) fn take_moving(&mut self, dev: &Device) -> Option<Moving> {
        let at = self
            .moving
            .iter()
            .position(|moving| moving.id == dev.id())?;
        self.moving.remove(at).ok()
    }

    /// A device has arrived with this home stack.
    pub(crate) fn settle(
        &mut self,
        dev: &Device,
        stack: Stack,
        room: RBTreeNodeReservation<Key, Stack>,
    ) {
        if !stack.is_empty() {
            self.away.insert(room.into_node(Key::of(dev), stack));
        }
    }

    /// A device is destroyed; forgets its home stack.
    pub(crate) fn forget(&mut self, dev: &Device) {
        self.away.remove(&Key::of(dev));
        self.take_moving(dev);
    }

    /// Homeward begins to move a device.
    pub(crate) fn begin_homing(&mut self, dev: &Device) {
        self.homing = Some(Homing {
            id: dev.id(),
            home: None,
        });
    }

    /// Whether Homeward itself is moving this device.
    pub(crate) fn is_homing(&self, dev: &Device) -> bool {
        self.homing
            .as_ref()
            .is_some_and(|homing| homing.id == dev.id())
    }

    /// The home of the device that Homeward is moving has been found.
    pub(crate) fn found_home(&mut self, home: Home) {
        if let Some(homing) = self.homing.as_mut() {
            homing.home = Some(home);
        }
    }

    /// Homeward has moved the device, or failed to; returns its home, if it came to one.
    pub(crate) fn end_homing(&mut self) -> Option<Home> {
        self.homing.take()?.home
    }
}

impl Moving {
    /// The cookies of the home stack.
    pub(crate) fn cookies(&self) -> Cookies {
        Cookies::of(&self.stack)
    }

    /// What is needed to settle the device: the stack, and room for it.
    pub(crate) fn into_parts(self) -> (Stack, RBTreeNodeReservation<Key, Stack>) {
        (self.stack, self.room)
    }
}

/// The cookies of a home stack.
#[derive(Clone, Copy)]
pub(crate) struct Cookies {
    cookies: [u64; DEPTH],
    len: usize,
}

impl Cookies {
    fn of(stack: &[Home]) -> Cookies {
        let mut cookies = [0; DEPTH];
        for (to, home) in cookies.iter_mut().zip(stack) {
            *to = home.cookie;
        }
        Cookies {
            cookies,
            len: stack.len().min(DEPTH),
        }
    }

    /// Oldest first.
    pub(crate) fn as_slice(&self) -> &[u64] {
        &self.cookies[..self.len]
    }
}

/// Pushes a home; on an error the stack is as it was.
fn push(stack: &mut Stack, home: Home) -> Result {
    if let Some(at) = home::evict(stack.len()) {
        // There is room then.
        let _ = stack.remove(at);
    }
    stack.reserve(1, GFP_KERNEL)?;
    stack.push(home, GFP_KERNEL)?;
    Ok(())
}
