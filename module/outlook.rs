// SPDX-License-Identifier: GPL-2.0-only

//! What would become of a device: the facts are gathered here, and `policy::fate` decides.

use crate::devices::{
    Cookies,
    Record, //
};
use crate::net::device::Device;
use crate::net::namespace::{
    Net,
    NetRef, //
};
use crate::policy::fate::{
    self,
    Action,
    Facts,
    Mark,
    Reason,
    Tie, //
};
use crate::policy::home::{
    self,
    Homes, //
};
use crate::policy::naming::Name;
use crate::policy::rules::{
    Moved,
    RuleAction,
    Subject, //
};
use crate::rules::Entry;
use crate::state::State;

/// What would become of a device if its namespace died now.
pub(crate) struct Outlook {
    /// What, and why.
    pub(crate) verdict: (Action, Reason),
    /// The newest home that is alive, and its entry in the stack.
    pub(crate) home: Option<(usize, NetRef)>,
    /// The rule that says how it arrives, if it goes anywhere.
    pub(crate) rule: Option<Entry>,
    /// What is put back if somebody else brings it home before that.
    pub(crate) moved: Moved,
    /// Its home stack.
    pub(crate) cookies: Cookies,
}

/// Whether the peer of a device matters to it: not while it is asked about as a peer itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Peers {
    Matter,
    Aside,
}

impl State {
    /// Decides: the same for a preview and for a real death.
    pub(crate) fn outlook(&self, device: &Device) -> Outlook {
        self.outlook_with(device, Peers::Matter)
    }

    fn outlook_with(&self, device: &Device, peers: Peers) -> Outlook {
        let (cookies, mark) = {
            let devices = self.devices.lock();
            let record = devices.record(device);
            (record.cookies(), record.mark)
        };
        // Asked once: it may die meanwhile, and then none of what follows would go together.
        let home = self.newest_live(&cookies);
        let initial = Net::initial().cookie();
        let homes = home::homes(cookies.as_slice(), initial, home.is_some());
        let rule = self.first_match(device);
        let action = rule.as_ref().map(|entry| entry.rule.action);
        let mut facts = self.facts(device, mark, &cookies, homes, action);
        let mut verdict = fate::decide(facts);
        if verdict.0.moves() {
            facts.link = self.loses_its_link(device, peers);
            verdict = fate::decide(facts);
        }
        Outlook {
            verdict,
            home,
            moved: fate::moved(facts.physical, mark, rule.as_ref().map(|entry| &entry.rule)),
            // What has no home is not ruled, unless by being left to the kernel.
            rule: rule.filter(|_| {
                facts.physical || homes != Homes::None || action == Some(RuleAction::Kernel)
            }),
            cookies,
        }
    }

    fn facts(
        &self,
        device: &Device,
        mark: Mark,
        cookies: &Cookies,
        homes: Homes,
        rule: Option<RuleAction>,
    ) -> Facts {
        Facts {
            initial: device.net().is_initial(),
            wiphy: device.has_wiphy_beside(),
            immovable: device.is_immovable(),
            devlink: device.has_devlink_beside(),
            tunnel: self.is_tied(device, cookies),
            link: false,
            physical: device.is_physical(),
            homes,
            mark,
            rule,
        }
    }

    /// The newest home that is alive, and its entry in the stack.
    pub(crate) fn newest_live(&self, cookies: &Cookies) -> Option<(usize, NetRef)> {
        let mut found = None;
        let entry = home::destination(cookies.as_slice(), |&cookie| {
            found = self.live(cookie);
            found.is_some()
        })?;
        Some((entry, found?))
    }

    /// The first rule that matches a device.
    ///
    /// It goes by the name that the device had in the initial namespace. All others may have been a
    /// container's choice, and by such a name no device may come to match a rule and come to the
    /// host: of a physical one they do not count, as it may have been made by a tenant, and a virtual
    /// one that was never there does not go there.
    pub(crate) fn first_match(&self, device: &Device) -> Option<Entry> {
        let name = ruled_name(device, self.devices.lock().record(device), None);
        self.match_name(device, name)
    }

    /// The first rule that matches a device of which this is known.
    pub(crate) fn match_with(&self, device: &Device, record: &Record) -> Option<Entry> {
        self.match_name(device, ruled_name(device, record, None))
    }

    /// The first rule that is going to match a device of which this is known when it has left where it is:
    /// if that is the initial namespace, its name here is the one that it goes by then.
    pub(crate) fn match_away(&self, device: &Device, record: &Record) -> Option<Entry> {
        let here = device.name().filter(|_| device.net().is_initial());
        self.match_name(device, ruled_name(device, record, here))
    }

    fn match_name(&self, device: &Device, name: Option<Name>) -> Option<Entry> {
        self.rules.lock().first_match(&Subject {
            name: name.as_ref().map_or(&[], |name| name.as_bytes()),
            kind: device.kind().map_or(&[], |kind| kind.to_bytes()),
            physical: device.is_physical(),
        })
    }

    /// Whether the kernel destroys a device, wherever it is, when its namespace dies.
    fn is_tied(&self, device: &Device, cookies: &Cookies) -> bool {
        match fate::tie(device.kind_or_type()) {
            Tie::None => false,
            Tie::LinkNet => {
                let net = device.link_net();
                net.is_some_and(|net| ends_with(net, device.net()))
            }
            // Its oldest home, and where it is for want of one.
            Tie::Birthplace => match cookies.as_slice().first() {
                Some(&birthplace) => !self.is_live(birthplace),
                None => true,
            },
        }
    }

    /// Whether a virtual device does not survive what becomes of its peer or of a device below, in a
    /// namespace that ends no later.
    fn loses_its_link(&self, device: &Device, peers: Peers) -> bool {
        if device.is_physical() {
            return false;
        }
        let stays = |other: &Device| !ends_with(other.net(), device.net());
        let is_destroyed = |other: &Device, peers| {
            let verdict = self.outlook_with(other, peers).verdict;
            fate::is_destroyed(verdict, other.is_physical())
        };
        let follows = fate::follows_lower(device.kind_or_type());
        let loses =
            |lower: &Device| !stays(lower) && (!follows || is_destroyed(lower, Peers::Matter));
        let peer = device.peer().filter(|_| peers == Peers::Matter);
        peer.is_some_and(|peer| !stays(peer) && is_destroyed(peer, Peers::Aside))
            || device.lowers().any(loses)
    }
}

/// The name by which a device matches rules; `left` is that in the initial namespace if it is just leaving that.
fn ruled_name(device: &Device, record: &Record, left: Option<Name>) -> Option<Name> {
    let initial = Net::initial().cookie();
    let mut homes = record.homes.iter();
    let host = homes.find(|home| home.cookie == initial);
    let host = host.map(|home| home.name);
    let baseline = record.baseline.as_ref().map(|baseline| baseline.home.name);
    let first = record.homes.first().map(|home| home.name);
    let chosen = first.or(device.name()).filter(|_| !device.is_physical());
    let host = host.or(left);
    record.home_name.or(baseline).or(host).or(chosen)
}

/// Whether a namespace ends no later than `dying` does.
fn ends_with(net: &Net, dying: &Net) -> bool {
    net.cookie() == dying.cookie() || !net.is_alive()
}
