// SPDX-License-Identifier: GPL-2.0-only

//! What would happen to a device, and where it would go: the same for a preview, a death and a recall.

use kernel::prelude::*;
use kernel::sync::Arc;

use super::Sources;
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
use crate::net::rtnl::Rtnl;
use crate::policy::fate::{
    Action,
    Mark,
    Reason, //
};
use crate::policy::home::{
    self,
    Arrival, //
};
use crate::policy::naming::{
    self,
    Name,
    Template, //
};
use crate::policy::rules::Moved;
use crate::policy::settings;
use crate::recorded::Home;
use crate::rivals::{
    Ahead,
    Claim,
    Claims, //
};
use crate::rules::Entry;
use crate::state::State;

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
    /// What is put back if somebody else brings it home before that; `None` where nobody could, or
    /// it is virtual or at home.
    pub(crate) moved: Option<Moved>,
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
    pub(super) wanted: Name,
    /// The name that it gets: another one if that is taken. `None` if the kernel has to find one.
    pub(crate) name: Option<Name>,
    /// The index that the device had there, 0 if that is not known.
    pub(super) ifindex: u32,
    /// How other names are made.
    pub(super) template: Template,
    /// The settings that are put back there.
    pub(crate) restore: u64,
    /// A rule sends it to the initial namespace.
    pub(super) sent: bool,
    /// What it is to be like there, if anything is known of that or wanted.
    pub(crate) home: Option<Arc<Home>>,
    /// Where that comes from.
    pub(crate) sources: Sources,
}

impl Destination {
    /// The name that the device wants there.
    pub(crate) fn claim(&self) -> Claim {
        Claim {
            there: self.net.cookie(),
            name: self.wanted,
        }
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

    pub(super) fn plan(&self, rtnl: &Rtnl, device: &Device, ahead: Ahead<'_>) -> Plan {
        let outlook = self.outlook(device);
        let (action, reason) = outlook.verdict;
        let rule = outlook.rule;
        let may_be_moved = device.is_physical() && !device.is_immovable();
        Plan {
            verdict: outlook.verdict,
            rule: rule
                .as_ref()
                .filter(|_| reason == Reason::Rule)
                .map(|entry| entry.rule.id),
            moved: (may_be_moved && action != Action::Stay).then_some(outlook.moved),
            alive: self.alive(&outlook.cookies),
            destination: self
                .heading(device, outlook.verdict, outlook.home)
                .and_then(|goal| self.destination(rtnl, device, goal, rule.as_ref(), ahead)),
        }
    }

    /// The name that a device should have where it goes.
    pub(crate) fn wanted_name(&self, device: &Device, goal: &Goal) -> Option<Name> {
        let devices = self.devices.lock();
        let record = devices.record(device);
        let baseline = record.baseline.as_ref();
        let baseline = baseline.filter(|_| goal.net.is_initial());
        let recorded = record.homes.get(goal.entry).map(|home| home.name);
        record
            .home_name
            .or(baseline.map(|baseline| baseline.home.name))
            .or(recorded)
            .or(device.name())
    }

    /// The index that a device had where it goes, 0 if that is not known.
    fn ifindex_at(&self, device: &Device, goal: &Goal) -> u32 {
        let devices = self.devices.lock();
        let home = devices.record(device).homes.get(goal.entry);
        let home = home.filter(|home| home.cookie == goal.net.cookie());
        home.map_or(0, |home| home.ifindex)
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
        entry: Option<&Entry>,
        ahead: Ahead<'_>,
    ) -> Option<Destination> {
        let rule = entry.map(|entry| &entry.rule);
        let template = rule
            .and_then(|rule| rule.template)
            .unwrap_or(Template::DEFAULT);
        let baseline = self.devices.lock().record(device).baseline.clone();
        let expected = self.expected(
            device,
            &goal.net,
            self.home_at(device, &goal),
            baseline.as_deref(),
            entry.and_then(|entry| entry.fixed.as_deref()),
        );
        let allowed = match self.comes_as_a_stranger(device, &goal.net) {
            // A tenant may have made it, and the kernel alone would bring it so.
            true => settings::DEFAULT,
            false => !0,
        };
        let mut destination = Destination {
            wanted: self.wanted_name(device, &goal)?,
            ifindex: self.ifindex_at(device, &goal),
            home: expected.home,
            sources: expected.sources,
            net: goal.net,
            name: None,
            template,
            restore: expected.known
                & (settings::in_force(rule.map_or(settings::DEFAULT, |rule| rule.restore))
                    & allowed
                    | settings::bits_of(expected.sources.rule)),
            sent: goal.sent,
        };
        let mut rivals = self.rivals(rtnl, device, &destination.claim(), ahead);
        destination.name = naming::pick(destination.wanted, &template, |name| {
            let promised = ahead.has_promised(&Claim {
                there: destination.net.cookie(),
                name: *name,
            });
            let taken = promised || device::name_in_use(rtnl, &destination.net, name);
            // Those ahead get theirs first.
            let skipped = !taken && rivals > 0;
            rivals -= u32::from(skipped);
            taken || skipped
        });
        Some(destination)
    }

    /// What a device was like where it is to go: what [`home::arrive`] is going to say there.
    fn home_at(&self, device: &Device, goal: &Goal) -> Option<Arc<Home>> {
        let cookies = self.devices.lock().record(device).cookies();
        // A namespace that is alive becomes a home when the device leaves it.
        let pushed = device.net().is_alive();
        let arrival = home::arrive(
            cookies.as_slice(),
            goal.net.cookie(),
            goal.net.is_initial(),
            goal.sent,
            |&cookie| pushed || self.is_live(cookie),
        );
        let Arrival::Back { entry, .. } = arrival else {
            return None;
        };
        self.devices.lock().record(device).homes.get(entry).cloned()
    }

    /// Whether a device had alternative names at any of its homes, or is to have some.
    pub(super) fn had_altnames(&self, device: &Device) -> bool {
        let devices = self.devices.lock();
        let record = devices.record(device);
        let baseline = record.baseline.as_ref();
        baseline.is_some_and(|baseline| baseline.home.values.has_altnames())
            || record.homes.iter().any(|home| home.values.has_altnames())
    }

    /// Whether a device goes to the initial namespace where it never was, as far as is known, and
    /// no mark says that it may be trusted.
    fn comes_as_a_stranger(&self, device: &Device, there: &Net) -> bool {
        there.is_initial() && self.entry_of(device, there.cookie()).is_none() && {
            let devices = self.devices.lock();
            let record = devices.record(device);
            record.mark != Mark::Keep && record.baseline.is_none()
        }
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
    /// One of which no home is known may have left it before there was anybody to record that. If
    /// it is physical, or marked, it is brought where it would come home to: to name it is to mean it.
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
        let kept = outlook.verdict == (Action::Return, Reason::Mark);
        let homeless = outlook.cookies.as_slice().is_empty();
        if homeless && !(by == RecallBy::Name && (kept || device.is_physical())) {
            return Err(ealready());
        }
        let reason = match by {
            RecallBy::All if !kept => Reason::Physical,
            RecallBy::All | RecallBy::Name => Reason::Mark,
        };
        // Sent there, one without a known home is at home there.
        let action = match homeless {
            true => Action::Initial,
            false => Action::Return,
        };
        let there = self
            .heading(device, (action, reason), outlook.home)
            .and_then(|goal| {
                self.destination(rtnl, device, goal, outlook.rule.as_ref(), Ahead::Nobody)
            })
            .ok_or(ENODEV)?;
        if there.net.cookie() == device.net().cookie() {
            return Err(ealready());
        }
        Ok(there)
    }
}
