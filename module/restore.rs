// SPDX-License-Identifier: GPL-2.0-only

//! Putting devices in order that Homeward has moved home: names, settings, alternative names.
//!
//! Works through rtnetlink, so without RTNL; every look at a device is under RTNL anew, since
//! userspace may be at work on it already.

use kernel::prelude::*;

use crate::failures::Failures;
use crate::genl::Return;
use crate::homing::Cause;
use crate::net::device::{
    self,
    Altname,
    Device,
    DeviceId,
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
    Name,
    Template, //
};
use crate::policy::settings::{
    Settings,
    NUMBERS,
    SWITCHES, //
};
use crate::recorded::{
    Altnames,
    Home, //
};
use crate::state::State;
use crate::uapi::{
    cmd,
    setting, //
};

/// How often another name is tried when somebody else takes the one just chosen.
const NAME_TRIES: usize = 4;

/// How many alternative names one request removes, and how many such requests are made. The kernel
/// lets a device have less than 64 KB of them; who adds more meanwhile keeps what is left.
const ALTNAMES_AT_ONCE: usize = 64;
const ALTNAME_REQUESTS: usize = 128;

/// The settings that one RTM_SETLINK puts back.
const BY_SET_LINK: u32 = setting::MTU
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
    /// Tells it from another device that may have its index some day.
    pub(crate) id: DeviceId,
    /// Its index there.
    pub(crate) ifindex: u32,
    /// Cookie of the namespace that it came from.
    pub(crate) from: u64,
    /// Its name there.
    pub(crate) from_name: Name,
    /// The name that it should have.
    pub(crate) wanted: Name,
    /// How another one is made where that is taken.
    pub(crate) template: Template,
    /// The settings that are to be put back.
    pub(crate) restore: u32,
    /// How it was at home, if it ever had one.
    pub(crate) home: Option<Home>,
    /// Why it was moved.
    pub(crate) cause: Cause,
    /// What has been done about it.
    pub(crate) outcome: Outcome,
}

/// What has been done about a device.
#[derive(Default)]
pub(crate) struct Outcome {
    /// What differed in the beginning.
    differing: u32,
    /// What could not be put back.
    failed: u32,
    /// The same with the reasons.
    pub(crate) failures: Failures,
    /// What was put back, once that is known.
    pub(crate) restored: u32,
    /// The name that it has in the end; `None` if it is gone again.
    pub(crate) name: Option<Name>,
}

/// How a device is, beside how it should be.
struct Survey {
    name: Name,
    /// The name that it is to get: the one that it should have, or another where that is taken.
    free: Name,
    settings: Settings,
    /// The settings that differ.
    differing: u32,
}

/// Puts devices in order and tells of their return.
pub(crate) fn put_in_order(state: &State, landed: &mut [Landed]) {
    // Names inside may stand in each other's way: all foreign ones go before any own one comes.
    for device in landed.iter_mut() {
        if device.restore & setting::ALTNAMES != 0 {
            let removed = remove_foreign_altnames(device);
            device.note(setting::ALTNAMES, removed);
        }
    }
    for at in 0..landed.len() {
        // One whose name is left as it is may not be given another one.
        if landed
            .get(at)
            .is_some_and(|device| device.restore & setting::NAME == 0)
        {
            continue;
        }
        let moved_aside = unblock_name(landed, at);
        if let Some(device) = landed.get_mut(at) {
            device.note(setting::NAME, moved_aside);
        }
    }
    for device in landed.iter_mut() {
        // What failed is in the outcome; a device that is gone again is told of below.
        let _ = restore(device);
        device.tell(state);
    }
}

impl Landed {
    /// Notes a failure.
    fn note(&mut self, bits: u32, result: Result) {
        if let Err(error) = result {
            self.outcome.failed |= bits;
            self.outcome.failures.push(bits, error);
        }
    }

    /// Looks at the device; `None` if it is gone.
    fn look<R>(&self, look: impl FnOnce(&Rtnl, &Device) -> R) -> Option<R> {
        let rtnl = Rtnl::lock();
        Device::by_index(&rtnl, &self.target, self.ifindex)
            .filter(|device| device.id() == self.id)
            .map(|device| look(&rtnl, device))
    }

    /// Asks rtnetlink for something.
    fn request(&self, request: Request) -> Result {
        Socket::open(&self.target)?.request(request)
    }

    /// Compares the device with its home; `ENODEV` if it is gone.
    fn survey(&self) -> Result<Survey> {
        self.look(|rtnl, device| {
            let name = device.name().ok_or(ENODEV)?;
            let taken =
                |other: &Name| *other != name && device::name_in_use(rtnl, &self.target, other);
            let free = naming::pick(self.wanted, &self.template, taken);
            let settings = device.settings();
            let mut differing = match &self.home {
                Some(home) => self.differing(home, device, &settings)?,
                None => 0,
            };
            // With all numbered names taken, the one that it has is as good as any.
            let free = free.unwrap_or(name);
            if name != free {
                differing |= setting::NAME;
            }
            differing &= self.restore;
            Ok(Survey {
                name,
                free,
                settings,
                differing,
            })
        })
        .unwrap_or(Err(ENODEV))
    }

    fn differing(&self, home: &Home, device: &Device, settings: &Settings) -> Result<u32> {
        let mut differing = home.settings.differing(settings);
        let mut buf = [0; ALIAS_SIZE];
        if device.alias(&mut buf) != &home.alias[..] {
            differing |= setting::ALIAS;
        }
        if let Some(mine) = &home.altnames {
            let foreign = device.altnames().any(|name| !mine.contains(name.as_ref()));
            if foreign || mine.iter().any(|name| !has_altname(device, name)) {
                differing |= setting::ALTNAMES;
            }
        }
        Ok(differing)
    }

    /// Tells of the return of the device.
    fn tell(&mut self, state: &State) {
        let left = self.survey().map_or(0, |survey| survey.differing);
        self.outcome.restored = self.outcome.differing & !left;
        let name = self.look(|rtnl, device| {
            state.tell_device(rtnl, cmd::DEV_RETURNED, device, Some(&self.how()));
            device.name()
        });
        self.outcome.name = name.flatten();
        let stats = &state.stats;
        stats.restored.add(self.outcome.restored.count_ones());
        stats.not_restored.add(self.outcome.failed.count_ones());
        if self.outcome.name.is_some_and(|name| name != self.wanted) {
            stats.name_clashes.add(1);
        }
    }

    /// How it came home.
    pub(crate) fn how(&self) -> Return<'_> {
        Return {
            cause: self.cause.uapi(),
            from: self.from,
            from_name: &self.from_name,
            home_name: self.home.as_ref().map(|_| &self.wanted),
            restored: self.outcome.restored,
            failures: self.outcome.failures.as_slice(),
        }
    }
}

fn has_altname(device: &Device, name: &[u8]) -> bool {
    device.altnames().any(|other| other.as_ref() == name)
}

/// Those of the own alternative names that a device has not.
fn missing_altnames<'a>(mine: &'a Altnames, device: &Device) -> Result<KVec<&'a [u8]>> {
    let mut missing = KVec::new();
    for name in mine.iter().filter(|name| !has_altname(device, name)) {
        missing.push(name, GFP_KERNEL)?;
    }
    Ok(missing)
}

/// Removes the alternative names that were added inside.
fn remove_foreign_altnames(device: &mut Landed) -> Result {
    for _ in 0..ALTNAME_REQUESTS {
        let Some(mine) = device.home.as_ref().and_then(|home| home.altnames.as_ref()) else {
            return Ok(());
        };
        let request = device.look(|_, device| -> Result<Option<Request>> {
            let foreign = |name: &Altname| !mine.contains(name.as_ref());
            let names = device.altnames().filter(foreign);
            let mut some = names.take(ALTNAMES_AT_ONCE).peekable();
            if some.peek().is_none() {
                return Ok(None);
            }
            let mut request = Request::remove_altnames(device.ifindex())?;
            request.altnames(some)?;
            Ok(Some(request))
        });
        let Some(request) = request.unwrap_or(Ok(None))? else {
            return Ok(());
        };
        device.outcome.differing |= setting::ALTNAMES;
        device.request(request)?;
    }
    Err(EBUSY)
}

/// Removes those alternative names of a device that are taken where recall would bring it: in a
/// namespace that is alive, they would keep it back. What would undo that is added to `undo`.
pub(crate) fn remove_foreign_altnames_in(
    state: &State,
    net: &NetRef,
    ifindex: u32,
    undo: &mut KVec<Request>,
) -> Result {
    for _ in 0..ALTNAME_REQUESTS {
        let request = {
            let rtnl = Rtnl::lock();
            let device = Device::by_index(&rtnl, net, ifindex).ok_or(ENODEV)?;
            let there = state.recall_destination(&rtnl, device)?.net;
            let clashes = |name: &Altname| device::altname_in_use(&rtnl, &there, name);
            let some = || device.altnames().filter(clashes).take(ALTNAMES_AT_ONCE);
            if some().next().is_none() {
                return Ok(());
            }
            let mut back = Request::add_altnames(ifindex)?;
            back.altnames(some())?;
            undo.push(back, GFP_KERNEL)?;
            let mut request = Request::remove_altnames(ifindex)?;
            request.altnames(some())?;
            request
        };
        Socket::open(net)?.request(request)?;
    }
    Err(EBUSY)
}

/// Gives a device in `net` its alternative names back, but for those that somebody took meanwhile.
pub(crate) fn put_altnames_back(net: &NetRef, undo: KVec<Request>) {
    for request in undo {
        let _ = Socket::open(net).and_then(|mut socket| socket.request(request));
    }
}

/// Gives a device a passing name if its present one is the own name of another.
fn unblock_name(landed: &[Landed], at: usize) -> Result {
    let Some(device) = landed.get(at) else {
        return Ok(());
    };
    let Some(Some(now)) = device.look(|_, device| device.name()) else {
        return Ok(());
    };
    // Of several that want one name, the first gets it, whoever has it now: as foretold.
    let blocks = |(place, other): (usize, &Landed)| {
        place != at
            && other.wanted == now
            && (device.wanted != now || place < at)
            && other.target.cookie() == device.target.cookie()
    };
    if !landed.iter().enumerate().any(blocks) {
        return Ok(());
    }
    set_name(device, &Name::PASSING)
}

fn set_name(device: &Landed, name: &Name) -> Result {
    let mut request = Request::set_link(device.ifindex, 0, 0)?;
    request.name(name)?;
    device.request(request)
}

/// Puts back everything that differs.
fn restore(device: &mut Landed) -> Result {
    let survey = device.survey()?;
    device.outcome.differing |= survey.differing;
    let landed_as = survey.name;
    let mut survey = rename(device, survey)?;
    if landed_as.is_refused_by_ip() {
        let revived = revive_ip(device, &survey);
        device.note(setting::MTU, revived);
    }

    let bits = survey.differing & BY_SET_LINK;
    if bits != 0 && set(device, bits).is_err() {
        // What came before the refused part of the request is done, what comes after is not: go
        // on one by one, so that each failure has its own reason.
        survey = device.survey()?;
        for bit in (0..u32::BITS).map(|n| 1 << n) {
            if survey.differing & BY_SET_LINK & bit != 0 {
                let done = set(device, bit);
                device.note(bit, done);
            }
        }
    }
    if survey.differing & setting::XDP != 0 {
        let detached = detach_xdp(device);
        device.note(setting::XDP, detached);
    }
    if device.restore & setting::ALTNAMES != 0 {
        let added = add_own_altnames(device);
        device.note(setting::ALTNAMES, added);
    }
    if device.restore & setting::UP != 0 {
        bring_up(device);
    }
    Ok(())
}

/// Gives a device its name; returns how it is then.
fn rename(device: &mut Landed, mut survey: Survey) -> Result<Survey> {
    for tries in 1..=NAME_TRIES {
        if survey.differing & setting::NAME == 0 {
            break;
        }
        let renamed = set_name(device, &survey.free);
        survey = device.survey()?;
        match renamed {
            // Taken since we looked: another one is free.
            Err(error) if error == EEXIST && tries < NAME_TRIES => {}
            other => {
                device.note(setting::NAME, other);
                break;
            }
        }
    }
    Ok(survey)
}

/// Has IPv4 and IPv6 take up a device again that they refused because of its name when it landed:
/// they do at a change of the MTU.
fn revive_ip(device: &Landed, survey: &Survey) -> Result {
    let mtu = survey.settings.mtu;
    // Large enough for IPv6 in any case where it was before.
    let other = if mtu > 1280 { mtu - 1 } else { mtu + 1 };
    for value in [other, mtu] {
        let mut request = Request::set_link(device.ifindex, 0, 0)?;
        request.number(setting::MTU, value)?;
        device.request(request)?;
    }
    Ok(())
}

/// Puts back these settings by one request.
fn set(device: &Landed, bits: u32) -> Result {
    let Some(home) = &device.home else {
        return Ok(());
    };
    let settings = &home.settings;
    let mut request = Request::set_link(device.ifindex, settings.switches, bits & SWITCHES)?;
    if bits & setting::ADDRESS != 0 {
        request.address(settings.address.as_bytes())?;
    }
    for bit in NUMBERS {
        if with_followers(bits) & bit != 0 {
            request.number(bit, settings.number(bit))?;
        }
    }
    if bits & setting::ALIAS != 0 {
        request.alias(&home.alias)?;
    }
    device.request(request)
}

/// Detaches the XDP programs that were attached inside, in every mode that there is. A link that
/// somebody holds cannot be detached, and is reported.
fn detach_xdp(device: &Landed) -> Result {
    let modes = device.look(|_, device| device.xdp_modes()).unwrap_or(0);
    for mode in (0..u32::BITS)
        .map(|n| 1 << n)
        .filter(|mode| modes & mode != 0)
    {
        let mut request = Request::set_link(device.ifindex, 0, 0)?;
        request.detach_xdp(mode)?;
        device.request(request)?;
    }
    Ok(())
}

/// With the settings that the kernel changes along with these (`netif_set_gso_max_size()`).
fn with_followers(bits: u32) -> u32 {
    let mut all = bits;
    if bits & setting::GSO_MAX_SIZE != 0 {
        all |= setting::GSO_IPV4_MAX_SIZE;
    }
    if bits & setting::GRO_MAX_SIZE != 0 {
        all |= setting::GRO_IPV4_MAX_SIZE;
    }
    all
}

/// Sets a device up, with its addresses if those are wanted.
fn bring_up(device: &mut Landed) {
    device.outcome.differing |= setting::UP;
    let up = Request::set_link_up(device.ifindex).and_then(|request| device.request(request));
    device.note(setting::UP, up);
    if device.restore & setting::ADDRESSES == 0 {
        return;
    }
    let mut failed = Ok(());
    for address in device.home.iter().flat_map(|home| home.addresses.iter()) {
        let request = Request::add_address(device.ifindex, address);
        let added = match request.and_then(|request| device.request(request)) {
            // There already.
            Err(error) if error == EEXIST => Ok(()),
            other => other,
        };
        failed = failed.and(added);
    }
    device.outcome.differing |= setting::ADDRESSES;
    device.note(setting::ADDRESSES, failed);
}

/// Gives back the alternative names that got lost inside.
fn add_own_altnames(device: &Landed) -> Result {
    let Some(mine) = device.home.as_ref().and_then(|home| home.altnames.as_ref()) else {
        return Ok(());
    };
    let missing = (device.look(|_, there| missing_altnames(mine, there))).transpose()?;
    let mut failed = Ok(());
    // One by one: of several, the kernel does not say which one is taken.
    for name in missing.iter().flatten() {
        let mut request = Request::add_altnames(device.ifindex)?;
        request.altnames(core::iter::once(name))?;
        failed = failed.and(device.request(request));
    }
    failed
}
