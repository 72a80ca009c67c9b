// SPDX-License-Identifier: GPL-2.0-only

//! The way home: what would happen to a device, and making it happen.

use kernel::prelude::*;

use crate::devices::{
    Cookies,
    Record, //
};
use crate::net::compat::{
    ealready,
    eopnotsupp, //
};
use crate::net::device::{
    self,
    Device, //
};
use crate::net::namespace::{
    Net,
    NetRef, //
};
use crate::net::notifier::DeviceEvents;
use crate::net::rtnl::Rtnl;
use crate::policy::fate::{
    Action,
    Mark,
    Reason, //
};
use crate::policy::naming::{
    self,
    Name,
    Template, //
};
use crate::policy::rules::{
    Rule,
    DEFAULT_RESTORE, //
};
use crate::restore::{
    self,
    Landed,
    Outcome, //
};
use crate::rivals::{
    Ahead,
    Claim,
    Claims, //
};
use crate::state::State;
use crate::uapi::return_cause;

/// A device, and all that is known and decided about it.
pub(crate) struct View<'a> {
    /// The device.
    pub(crate) device: &'a Device,
    /// What is known about it.
    pub(crate) record: &'a Record,
    /// What would happen to it.
    pub(crate) plan: &'a Plan,
}

/// What would happen to a device if its namespace died now.
pub(crate) struct Plan {
    /// What, and why.
    pub(crate) verdict: (Action, Reason),
    /// The rule that matches it, if that is what decides.
    pub(crate) rule: Option<u32>,
    /// Bit n is set if the namespace of home n is alive.
    pub(crate) alive: u32,
    /// Where it goes, if it goes anywhere.
    pub(crate) destination: Option<Destination>,
}

/// The namespace that a device heads for.
pub(crate) struct Goal {
    /// Alive as long as this is.
    pub(crate) net: NetRef,
    /// The entry of its home stack that tells what it is like there.
    pub(crate) entry: usize,
    /// A rule sends it there.
    sent: bool,
}

/// Where a device goes.
pub(crate) struct Destination {
    /// The namespace, alive as long as this is.
    pub(crate) net: NetRef,
    /// The name that the device should have there.
    wanted: Name,
    /// The name that it gets: another one if that is taken. `None` if the kernel has to find one.
    pub(crate) name: Option<Name>,
    /// How other names are made.
    template: Template,
    /// The settings that are put back there.
    restore: u32,
    /// A rule sends it to the initial namespace.
    sent: bool,
}

impl Destination {
    /// The name that the device wants there.
    pub(crate) fn claim(&self) -> Claim {
        Claim {
            there: self.net.cookie(),
            name: self.wanted,
        }
    }

    /// The landing of a device that leaves for there: its index there and its home are not known yet.
    fn landing_of(self, device: &Device, cause: Cause) -> Result<Landed> {
        Ok(Landed {
            target: self.net,
            id: device.id(),
            ifindex: device.ifindex(),
            from: device.net().cookie(),
            from_name: device.name().ok_or(EINVAL)?,
            wanted: self.wanted,
            template: self.template,
            restore: self.restore,
            home: None,
            cause,
            outcome: Outcome::default(),
        })
    }
}

/// How a recall means a device.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecallBy {
    /// By its name or index.
    Name,
    /// As one of all.
    All,
}

/// Why a device is moved.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its namespace dies.
    Death,
    /// An administrator asked for it.
    Recall,
}

impl Cause {
    /// Number in the protocol.
    pub(crate) fn uapi(self) -> u32 {
        match self {
            Cause::Death => return_cause::DEATH,
            Cause::Recall => return_cause::RECALL,
        }
    }
}

impl State {
    /// Looks at a device from all sides.
    pub(crate) fn view<R>(
        &self,
        rtnl: &Rtnl,
        device: &Device,
        look: impl FnOnce(&View<'_>) -> R,
    ) -> R {
        self.look_at(rtnl, device, Ahead::Unknown, look)
    }

    /// Likewise, when the claims of those before it in its namespace are known.
    pub(crate) fn view_after<R>(
        &self,
        rtnl: &Rtnl,
        device: &Device,
        claims: &Claims,
        look: impl FnOnce(&View<'_>) -> R,
    ) -> R {
        self.look_at(rtnl, device, Ahead::Known(claims), look)
    }

    fn look_at<R>(
        &self,
        rtnl: &Rtnl,
        device: &Device,
        ahead: Ahead<'_>,
        look: impl FnOnce(&View<'_>) -> R,
    ) -> R {
        let plan = self.plan(rtnl, device, ahead);
        let devices = self.devices.lock();
        look(&View {
            device,
            record: devices.record(device),
            plan: &plan,
        })
    }

    fn plan(&self, rtnl: &Rtnl, device: &Device, ahead: Ahead<'_>) -> Plan {
        let outlook = self.outlook(device);
        let (_, reason) = outlook.verdict;
        let rule = outlook.rule;
        Plan {
            verdict: outlook.verdict,
            rule: rule.filter(|_| reason == Reason::Rule).map(|rule| rule.id),
            alive: self.alive(&outlook.cookies),
            destination: self
                .heading(device, outlook.verdict, outlook.home)
                .and_then(|goal| self.destination(rtnl, device, goal, rule, ahead)),
        }
    }

    /// The name that a device should have at the home with this entry of its stack.
    pub(crate) fn wanted_name(&self, device: &Device, entry: usize) -> Option<Name> {
        let devices = self.devices.lock();
        let record = devices.record(device);
        let recorded = record.homes.get(entry).map(|home| home.name);
        record.home_name.or(recorded).or(device.name())
    }

    /// Bit n is set if the namespace of cookie n is alive.
    fn alive(&self, cookies: &Cookies) -> u32 {
        let mut alive = 0;
        for (at, &cookie) in cookies.as_slice().iter().enumerate() {
            if self.is_live(cookie) {
                alive |= 1 << at;
            }
        }
        alive
    }

    /// Where a device of this fate goes: its newest home, else the initial namespace. A virtual one
    /// goes where it never was by an administrator's word about it only.
    pub(crate) fn heading(
        &self,
        device: &Device,
        verdict: (Action, Reason),
        home: Option<(usize, NetRef)>,
    ) -> Option<Goal> {
        let (action, reason) = verdict;
        let sent = action == Action::Initial;
        match (action, home) {
            (Action::Return, Some((entry, net))) => Some(Goal { net, entry, sent }),
            (Action::Return, None) if !device.is_physical() && reason != Reason::Mark => None,
            (Action::Return | Action::Initial, _) => {
                let net = Net::initial().try_get()?;
                // Where it never was, the oldest tells what the device is like of its own.
                let entry = self.entry_of(device, net.cookie()).unwrap_or(0);
                Some(Goal { net, entry, sent })
            }
            (Action::Wiphy, _) => {
                let net = Net::initial().try_get()?;
                // Where it never was, the kernel alone says how it arrives.
                let entry = self.entry_of(device, net.cookie())?;
                Some(Goal { net, entry, sent })
            }
            (Action::Stay | Action::Kernel, _) => None,
        }
    }

    fn destination(
        &self,
        rtnl: &Rtnl,
        device: &Device,
        goal: Goal,
        rule: Option<Rule>,
        ahead: Ahead<'_>,
    ) -> Option<Destination> {
        let template = rule
            .and_then(|rule| rule.template)
            .unwrap_or(Template::DEFAULT);
        let allowed = match self.comes_as_a_stranger(device, &goal.net) {
            // A tenant may have made it, and the kernel alone would bring it so.
            true => DEFAULT_RESTORE,
            false => !0,
        };
        let mut destination = Destination {
            wanted: self.wanted_name(device, goal.entry)?,
            net: goal.net,
            name: None,
            template,
            restore: rule.map_or(DEFAULT_RESTORE, |rule| rule.restore) & allowed,
            sent: goal.sent,
        };
        let mut rivals = self.rivals(rtnl, device, &destination.claim(), ahead);
        destination.name = naming::pick(destination.wanted, &template, |name| {
            let taken = device::name_in_use(rtnl, &destination.net, name);
            // Those ahead get theirs first.
            let skipped = !taken && rivals > 0;
            rivals -= u32::from(skipped);
            taken || skipped
        });
        Some(destination)
    }

    /// Whether a device goes to the initial namespace where it never was, as far as is known, and
    /// no mark says that it may be trusted.
    fn comes_as_a_stranger(&self, device: &Device, there: &Net) -> bool {
        there.is_initial()
            && self.entry_of(device, there.cookie()).is_none()
            && self.devices.lock().record(device).mark != Mark::Keep
    }

    /// The entry of a device's home stack with this cookie.
    fn entry_of(&self, device: &Device, cookie: u64) -> Option<usize> {
        let devices = self.devices.lock();
        let homes = &devices.record(device).homes;
        homes.iter().position(|home| home.cookie == cookie)
    }

    /// The first device in the order of (cookie, ifindex) that is not before the one given; in the
    /// namespace `only`, if that is given.
    pub(crate) fn device_from<'a>(
        &self,
        rtnl: &'a Rtnl,
        cookie: u64,
        ifindex: u32,
        only: Option<u64>,
    ) -> Option<(u64, &'a Device)> {
        let namespaces = self.namespaces.lock();
        let (mut cookie, mut ifindex) = (cookie, ifindex);
        loop {
            let found = namespaces.from(cookie)?;
            let here = found.net.cookie();
            if only.is_some_and(|only| only != here) {
                return None;
            }
            if here != cookie {
                ifindex = 0;
            }
            if let Some(device) = Device::find_from(rtnl, found.net, ifindex) {
                return Some((here, device));
            }
            (cookie, ifindex) = (here + 1, 0);
        }
    }

    /// Where recall brings a device, and `EALREADY` if it is at home.
    ///
    /// A recall of all does not mean one that has nowhere to go but where it never was, unless it
    /// is marked: `ENODEV`. To name it is as good as a mark.
    pub(crate) fn recall_destination(
        &self,
        rtnl: &Rtnl,
        device: &Device,
        by: RecallBy,
    ) -> Result<Destination> {
        if device.is_immovable() {
            return Err(eopnotsupp());
        }
        let outlook = self.outlook(device);
        if outlook.cookies.as_slice().is_empty() {
            return Err(ealready());
        }
        let kept = outlook.verdict == (Action::Return, Reason::Mark);
        let reason = match by {
            RecallBy::All if !kept => Reason::Physical,
            RecallBy::All | RecallBy::Name => Reason::Mark,
        };
        let there = self
            .heading(device, (Action::Return, reason), outlook.home)
            .and_then(|goal| self.destination(rtnl, device, goal, outlook.rule, Ahead::Nobody))
            .ok_or(ENODEV)?;
        if there.net.cookie() == device.net().cookie() {
            return Err(ealready());
        }
        Ok(there)
    }

    /// Moves one device.
    pub(crate) fn send_home(
        &self,
        rtnl: &Rtnl,
        device: &Device,
        destination: Destination,
        cause: Cause,
    ) -> Result<Landed> {
        let sent = destination.sent;
        let fallback = destination.name.unwrap_or(Name::PASSING);
        let landed = destination.landing_of(device, cause)?;
        self.devices.lock().begin_homing(device, sent);
        let moved = device.move_to(rtnl, &landed.target, &fallback);
        if moved.is_ok() {
            // Another notifier may have ended the chain before it came to ours.
            self.arrived(rtnl, device);
        }
        let home = self.devices.lock().end_homing();
        if let Err(error) = moved {
            self.stats.failed.add(1);
            return Err(error);
        }
        self.stats.returned.add(1);
        Ok(Landed {
            ifindex: device.ifindex(),
            home,
            ..landed
        })
    }

    /// Closes what is up of those devices of a dying namespace that are to leave it.
    ///
    /// Only to be quicker: without memory for it, each is closed as it moves.
    fn close_leaving(&self, rtnl: &Rtnl, net: &Net) {
        let mut leaving = KVVec::new();
        let mut from = 0;
        while let Some(device) = Device::find_from(rtnl, net, from) {
            from = device.ifindex() + 1;
            let leaves = || self.outlook(device).verdict.0.moves();
            if device.is_up() && leaves() && leaving.push(device, GFP_KERNEL).is_err() {
                return;
            }
        }
        // One alone would wait as long as its move.
        if leaving.len() > 1 {
            device::close_many(rtnl, net, &leaving);
        }
    }

    /// What happens to one device of a dying namespace; if it is moved it is added to `landed`.
    fn meet_fate(&self, rtnl: &Rtnl, device: &Device, landed: &mut KVVec<Landed>) -> Result {
        let plan = self.plan(rtnl, device, Ahead::Nobody);
        if let Some(rule) = plan.rule {
            self.rules.lock().hit(rule);
        }
        let Some(destination) = plan.destination else {
            return Ok(());
        };
        if plan.verdict.0 == Action::Wiphy {
            return self.await_arrival(destination.landing_of(device, Cause::Death)?);
        }
        // Room first: a device that has been moved must not be forgotten.
        if let Err(error) = landed.reserve(1, GFP_KERNEL) {
            self.stats.failed.add(1);
            return Err(error.into());
        }
        let device = self.send_home(rtnl, device, destination, Cause::Death)?;
        drop(landed.push_within_capacity(device));
        Ok(())
    }
}

/// Brings home all devices of a dying namespace that have one.
///
/// Whatever fails here is left to the kernel, which goes on to do what it does without us.
pub(crate) fn bring_all_home(state: &State, net: &Net) {
    // Not worth RTNL: nobody can put another device here any more.
    if !device::any_movable(net) {
        return;
    }
    let mut landed = KVVec::new();
    {
        let rtnl = Rtnl::lock();
        state.close_leaving(&rtnl, net);
        let mut from = 0;
        while let Some(device) = Device::find_from(&rtnl, net, from) {
            from = device.ifindex() + 1;
            if let Err(error) = state.meet_fate(&rtnl, device, &mut landed) {
                pr_warn!(
                    "device {} of dying namespace {} is left to the kernel: error {}\n",
                    device.ifindex(),
                    net.cookie(),
                    error.to_errno()
                );
            }
        }
    }
    restore::put_in_order(state, &mut landed);
}
