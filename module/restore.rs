// SPDX-License-Identifier: GPL-2.0-only

//! Putting devices in order that Homeward has moved home: names, settings, alternative names.
//!
//! Works through rtnetlink, so without RTNL; every look at a device is under RTNL anew, since
//! userspace may be at work on it already.

use kernel::prelude::*;

use crate::devices::{
    Altnames,
    Home, //
};
use crate::genl::Return;
use crate::net::device::{
    self,
    Device,
    ALIAS_SIZE, //
};
use crate::net::namespace::NetRef;
use crate::net::rtnetlink::{
    Request,
    Socket, //
};
use crate::net::rtnl::Rtnl;
use crate::policy::naming::{
    self,
    Name, //
};
use crate::policy::settings::{
    NUMBERS,
    SWITCHES, //
};
use crate::state::State;
use crate::uapi::{
    cmd,
    return_cause,
    setting, //
};

/// How often another name is tried when somebody else takes the one just chosen.
const NAME_TRIES: usize = 4;

/// The settings that one RTM_SETLINK can put back. An attached XDP program is not among them yet.
const RESTORABLE: u32 = setting::NAME
    | setting::MTU
    | setting::ADDRESS
    | setting::TXQLEN
    | setting::GROUP
    | setting::ALIAS
    | (SWITCHES & !setting::XDP)
    | setting::GSO_MAX_SIZE
    | setting::GSO_MAX_SEGS
    | setting::GRO_MAX_SIZE
    | setting::GSO_IPV4_MAX_SIZE
    | setting::GRO_IPV4_MAX_SIZE;

/// A device that has been moved home.
pub(crate) struct Landed {
    /// The namespace that it is in now, held until it is in order.
    pub(crate) target: NetRef,
    /// Its index there.
    pub(crate) ifindex: u32,
    /// Cookie of the namespace that it came from.
    pub(crate) from: u64,
    /// Its name there.
    pub(crate) from_name: Name,
    /// How it was at home, if it ever had one.
    pub(crate) home: Option<Home>,
}

/// What is still wrong with a device.
struct Survey {
    /// The name that it should have: that of its home, or another where that is taken.
    wanted: Name,
    /// The settings that differ.
    differing: u32,
    altnames: Option<Altnames>,
}

/// What came of it.
#[derive(Default)]
struct Outcome {
    /// What differed in the beginning.
    differing: u32,
    failures: KVec<(u32, Error)>,
}

impl Outcome {
    fn failed(&mut self, bit: u32, error: Error) {
        // A failure that there is no memory to note still shows as a setting not restored.
        let _ = self.failures.push((bit, error), GFP_KERNEL);
    }
}

/// Puts devices in order and tells of their return.
pub(crate) fn put_in_order(state: &State, landed: KVec<Landed>) {
    // Names inside may stand in each other's way: all foreign ones go before any own one comes.
    for device in &landed {
        if let Err(error) = remove_foreign_altnames(device) {
            device.warn("alternative names were not removed", error);
        }
    }
    unblock_names(&landed);
    for device in &landed {
        let mut outcome = Outcome::default();
        if let Some(home) = &device.home {
            match restore(device, home, &mut outcome) {
                // Gone again: `tell()` says so.
                Err(error) if error != ENODEV => device.warn("it was not put in order", error),
                _ => {}
            }
        }
        device.tell(state, &outcome);
    }
}

impl Landed {
    fn warn(&self, what: &str, error: Error) {
        pr_warn!(
            "device {} came home to namespace {}, but {}: {:?}\n",
            self.ifindex,
            self.target.cookie(),
            what,
            error
        );
    }

    /// Looks at the device; `None` if it is gone.
    fn look<R>(&self, look: impl FnOnce(&Rtnl, &Device) -> R) -> Option<R> {
        let rtnl = Rtnl::lock();
        Device::by_index(&rtnl, &self.target, self.ifindex).map(|device| look(&rtnl, device))
    }

    /// Compares the device with its home; `ENODEV` if it is gone.
    fn survey(&self, home: &Home) -> Result<Survey> {
        self.look(|rtnl, device| {
            let name = device.name().ok_or(ENODEV)?;
            let wanted = if name == home.name {
                name
            } else {
                // All numbered names taken: then the one that it has is as good as any.
                naming::pick(home.name, |other| {
                    *other != name && device::name_in_use(rtnl, &self.target, other)
                })
                .unwrap_or(name)
            };
            let mut differing = home.settings.differing(&device.settings());
            let mut buf = [0; ALIAS_SIZE];
            if device.alias(&mut buf) != &home.alias[..] {
                differing |= setting::ALIAS;
            }
            if name != wanted {
                differing |= setting::NAME;
            }
            let altnames = Altnames::record(device)?;
            if let (Some(mine), Some(now)) = (&home.altnames, &altnames) {
                if !mine.iter().all(|name| now.contains(name)) {
                    differing |= setting::ALTNAMES;
                }
            }
            Ok(Survey {
                wanted,
                differing,
                altnames,
            })
        })
        .unwrap_or(Err(ENODEV))
    }

    /// Tells of the return of the device.
    fn tell(&self, state: &State, outcome: &Outcome) {
        let left = match &self.home {
            Some(home) => self.survey(home).map_or(0, |survey| survey.differing),
            None => 0,
        };
        let told = self.look(|rtnl, device| {
            let how = Return {
                cause: return_cause::DEATH,
                from: self.from,
                from_name: &self.from_name,
                home_name: self.home.as_ref().map(|home| &home.name),
                restored: outcome.differing & !left,
                failures: &outcome.failures,
            };
            state.tell_device(rtnl, cmd::DEV_RETURNED, device, Some(&how));
        });
        if told.is_none() {
            self.warn("it is gone again", ENODEV);
        }
    }
}

/// Removes the alternative names that were added inside.
fn remove_foreign_altnames(device: &Landed) -> Result {
    let Some(mine) = device.home.as_ref().and_then(|home| home.altnames.as_ref()) else {
        return Ok(());
    };
    loop {
        let batch = device.look(|_, device| -> Result<Option<Request>> {
            let foreign = |name: &&[u8]| !mine.contains(name);
            let names = device.altnames().map(|name| name.to_bytes());
            let mut some = names.filter(foreign).take(64).peekable();
            if some.peek().is_none() {
                return Ok(None);
            }
            let mut request = Request::remove_altnames(device.ifindex())?;
            request.altnames(some)?;
            Ok(Some(request))
        });
        match batch {
            Some(Ok(Some(request))) => Socket::open(&device.target)?.request(request)?,
            Some(Err(error)) => return Err(error),
            _ => return Ok(()),
        }
    }
}

/// Gives a passing name to each device whose present name is the own name of another one.
fn unblock_names(landed: &[Landed]) {
    let Some(passing) = Name::new(b"dev%d") else {
        return;
    };
    for device in landed {
        let Some(home) = &device.home else { continue };
        let Some(Some(now)) = device.look(|_, device| device.name()) else {
            continue;
        };
        let blocks = |other: &Landed| {
            let same_place = other.target.cookie() == device.target.cookie();
            let other_home = other.home.as_ref().map(|home| home.name);
            same_place && other.ifindex != device.ifindex && other_home == Some(now)
        };
        if now == home.name || !landed.iter().any(blocks) {
            continue;
        }
        let renamed = Request::set_link(device.ifindex, 0, 0).and_then(|mut request| {
            request.name(&passing)?;
            Socket::open(&device.target)?.request(request)
        });
        if let Err(error) = renamed {
            device.warn("it keeps a name that another one needs", error);
        }
    }
}

/// Puts back everything that differs.
fn restore(device: &Landed, home: &Home, outcome: &mut Outcome) -> Result {
    let mut socket = Socket::open(&device.target)?;
    let mut survey = device.survey(home)?;
    outcome.differing = survey.differing;

    let mut tries = 0;
    loop {
        let bits = survey.differing & RESTORABLE;
        let answer = match bits {
            0 => Ok(()),
            _ => set(&mut socket, device, home, &survey.wanted, bits),
        };
        let Err(error) = answer else { break };
        // What came before the refused part of the request is done, what comes after is not.
        survey = device.survey(home)?;
        tries += 1;
        if error != EEXIST || tries == NAME_TRIES {
            one_by_one(&mut socket, device, home, &survey, outcome);
            break;
        }
    }
    add_own_altnames(&mut socket, device, home, outcome)
}

/// Puts back each setting by a request of its own, so that each failure has its own reason.
fn one_by_one(
    socket: &mut Socket<'_>,
    device: &Landed,
    home: &Home,
    survey: &Survey,
    outcome: &mut Outcome,
) {
    for bit in (0..u32::BITS).map(|n| 1 << n) {
        if survey.differing & RESTORABLE & bit == 0 {
            continue;
        }
        if let Err(error) = set(socket, device, home, &survey.wanted, bit) {
            outcome.failed(bit, error);
        }
    }
}

/// Puts back these settings by one request.
fn set(socket: &mut Socket<'_>, device: &Landed, home: &Home, name: &Name, bits: u32) -> Result {
    let settings = &home.settings;
    let mut request = Request::set_link(device.ifindex, settings.switches, bits & SWITCHES)?;
    if bits & setting::ADDRESS != 0 {
        request.address(settings.address.as_bytes())?;
    }
    for bit in NUMBERS {
        if bits & bit != 0 {
            request.number(bit, settings.number(bit))?;
        }
    }
    if bits & setting::NAME != 0 {
        request.name(name)?;
    }
    if bits & setting::ALIAS != 0 {
        request.alias(&home.alias)?;
    }
    socket.request(request)
}

/// Gives back the alternative names that got lost inside.
fn add_own_altnames(
    socket: &mut Socket<'_>,
    device: &Landed,
    home: &Home,
    outcome: &mut Outcome,
) -> Result {
    let Some(mine) = &home.altnames else {
        return Ok(());
    };
    let survey = device.survey(home)?;
    let Some(now) = &survey.altnames else {
        return Ok(());
    };
    // One by one: of several, the kernel does not say which one is taken.
    for name in mine.iter().filter(|name| !now.contains(name)) {
        let added = Request::add_altnames(device.ifindex).and_then(|mut request| {
            request.altnames(core::iter::once(name))?;
            socket.request(request)
        });
        if let Err(error) = added {
            outcome.failed(setting::ALTNAMES, error);
        }
    }
    Ok(())
}
