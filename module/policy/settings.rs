// SPDX-License-Identifier: GPL-2.0-only

//! The settings that survive a move between network namespaces: what is done about each, and those of
//! fixed size.

use crate::uapi::{
    setting,
    Kind,
    Setting, //
};

/// How a setting is put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Back {
    /// Before the move by a call of the kernel, after it by RTM_SETLINK.
    Both,
    /// Before the move and after it by a call of the kernel: RTM_SETLINK has no word for it.
    Call,
    /// After the move by RTM_SETLINK: the kernel exports no call for it.
    Link,
    /// Before the move and after it through the PF of a VF. Other devices do not have it.
    Pf,
    /// After the move by RTM_SETLINK, before the device is set up, and only if a rule sets it up: the
    /// move takes it.
    Ip,
    /// In a way of its own (homing/).
    Own,
}

/// What is done about a setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) setting: Setting,
    pub(crate) back: Back,
    /// The setting with which the kernel changes it, too.
    follows: Option<u32>,
    /// Whether it is put back where no rule says so.
    by_default: bool,
}

/// One row for each setting, in the order of their numbers.
pub(crate) const ROWS: [Row; setting::ALL.len()] = [
    row(setting::NAME, Back::Own),
    row(setting::MTU, Back::Both),
    row(setting::ADDRESS, Back::Both),
    row(setting::TXQLEN, Back::Both),
    row(setting::GROUP, Back::Both),
    row(setting::ALIAS, Back::Both),
    row(setting::ALTNAMES, Back::Own),
    row(setting::PROMISC, Back::Both),
    row(setting::ALLMULTI, Back::Both),
    row(setting::NOARP, Back::Both),
    row(setting::MULTICAST, Back::Both),
    row(setting::GSO_MAX_SIZE, Back::Both),
    row(setting::GSO_MAX_SEGS, Back::Both),
    row(setting::GRO_MAX_SIZE, Back::Both),
    // `netif_set_gso_max_size()` and `netif_set_gro_max_size()`.
    row(setting::GSO_IPV4_MAX_SIZE, Back::Both).follows(setting::GSO_MAX_SIZE),
    row(setting::GRO_IPV4_MAX_SIZE, Back::Both).follows(setting::GRO_MAX_SIZE),
    row(setting::XDP, Back::Own),
    row(setting::UP, Back::Own).by_rule_only(),
    row(setting::ADDRESSES, Back::Own).by_rule_only(),
    row(setting::BROADCAST, Back::Both),
    row(setting::DYNAMIC, Back::Both),
    row(setting::NOTRAILERS, Back::Both),
    row(setting::DEBUG, Back::Both),
    row(setting::PORTSEL, Back::Both),
    row(setting::AUTOMEDIA, Back::Both),
    row(setting::LINK_MODE, Back::Both),
    row(setting::PROTO_DOWN, Back::Link),
    row(setting::GRO_FLUSH_TIMEOUT, Back::Call),
    row(setting::NAPI_DEFER_HARD_IRQS, Back::Call),
    row(setting::TCX, Back::Own),
    row(setting::ADDR_ASSIGN_TYPE, Back::Call),
    row(setting::PROTO_DOWN_REASON, Back::Link),
    row(setting::FEATURES, Back::Call),
    row(setting::VF_ADDRESS, Back::Pf),
    row(setting::VF_VLAN, Back::Pf),
    row(setting::VF_QOS, Back::Pf),
    row(setting::VF_VLAN_PROTOCOL, Back::Pf),
    row(setting::VF_TRUST, Back::Pf),
    row(setting::VF_SPOOFCHK, Back::Pf),
    row(setting::VF_MIN_RATE, Back::Pf),
    row(setting::VF_MAX_RATE, Back::Pf),
    row(setting::VF_LINK_STATE, Back::Pf),
    row(setting::VF_RSS_QUERY_EN, Back::Pf),
    // In the order in which a driver may change them with one another.
    row(setting::PRIVATE_FLAGS, Back::Call),
    row(setting::RSS_TABLE, Back::Call),
    row(setting::CHANNELS, Back::Call),
    row(setting::RINGS, Back::Call),
    row(setting::COALESCE, Back::Call),
    row(setting::PAUSE, Back::Call),
    row(setting::FEC, Back::Call),
    row(setting::WOL, Back::Call),
    row(setting::STEERING, Back::Own),
    row(setting::IPV4_CONF, Back::Ip),
    row(setting::ADDR_GEN_MODE, Back::Ip),
    row(setting::IPV6_TOKEN, Back::Ip),
    row(setting::ROUTES, Back::Own).by_rule_only(),
];

const fn row(id: u32, back: Back) -> Row {
    Row {
        setting: setting::ALL[id as usize],
        back,
        follows: None,
        by_default: true,
    }
}

impl Row {
    const fn follows(mut self, id: u32) -> Row {
        self.follows = Some(id);
        self
    }

    const fn by_rule_only(mut self) -> Row {
        self.by_default = false;
        self
    }

    /// Its bit in a mask: that of the setting of which it is a part.
    pub(crate) const fn bit(&self) -> u64 {
        1 << self.setting.whole
    }

    /// Whether it is not a part of another one.
    pub(crate) fn is_whole(&self) -> bool {
        self.setting.whole == self.setting.id
    }

    /// Whether a call of the kernel puts it back before the move.
    pub(crate) fn has_call(&self) -> bool {
        matches!(self.back, Back::Both | Back::Call)
    }

    /// Whether the PF of a VF has it.
    pub(crate) fn is_of_pf(&self) -> bool {
        self.back == Back::Pf
    }

    /// Whether RTM_SETLINK puts it back after the move.
    pub(crate) fn has_link(&self) -> bool {
        matches!(self.back, Back::Both | Back::Link)
    }
}

const _: () = {
    let mut id = 0;
    while id < ROWS.len() {
        assert!(
            ROWS[id].setting.id as usize == id,
            "a row for each, in order"
        );
        assert!(id < u64::BITS as usize, "a mask has room for it");
        id += 1;
    }
};

/// The bit of a setting in a mask.
pub(crate) const fn bit(id: u32) -> u64 {
    ROWS[id as usize].bit()
}

/// A mask of all settings.
pub(crate) const ALL: u64 = mask(false);

/// A mask of those that are put back where no rule says otherwise.
pub(crate) const DEFAULT: u64 = mask(true);

const fn mask(by_default: bool) -> u64 {
    let (mut bits, mut id) = (0, 0);
    while id < ROWS.len() {
        if ROWS[id].by_default || !by_default {
            bits |= ROWS[id].bit();
        }
        id += 1;
    }
    bits
}

/// The settings that have a value which can be chosen, bit n for number n: programs have none.
pub(crate) const WITH_VALUE: u64 = {
    let (mut ids, mut id) = (0, 0);
    while id < ROWS.len() {
        if !matches!(ROWS[id].setting.kind, Kind::Apart) && id != setting::XDP as usize {
            ids |= 1 << id;
        }
        id += 1;
    }
    ids
};

/// A mask of the settings with these numbers (bit n for number n).
pub(crate) fn bits_of(ids: u64) -> u64 {
    let named = ROWS.iter().filter(|row| ids & 1 << row.setting.id != 0);
    named.fold(0, |bits, row| bits | row.bit())
}

/// A mask of those that the PF of a VF has.
pub(crate) const OF_PF: u64 = {
    let (mut bits, mut id) = (0, 0);
    while id < ROWS.len() {
        if matches!(ROWS[id].back, Back::Pf) {
            bits |= ROWS[id].bit();
        }
        id += 1;
    }
    bits
};

/// The settings of IP, bit n for number n.
pub(crate) const OF_IP: u64 = {
    let (mut ids, mut id) = (0, 0);
    while id < ROWS.len() {
        if matches!(ROWS[id].back, Back::Ip) {
            ids |= 1 << id;
        }
        id += 1;
    }
    ids
};

/// A mask of those that come back only together with `up`.
pub(crate) const WITH_UP: u64 = OF_IP | bit(setting::ADDRESSES) | bit(setting::ROUTES);

/// What is put back of a mask that a rule has.
pub(crate) fn in_force(restore: u64) -> u64 {
    match restore & bit(setting::UP) {
        0 => restore & !WITH_UP,
        _ => restore,
    }
}

/// The rows of a mask.
pub(crate) fn rows(bits: u64) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |row| bits & row.bit() != 0)
}

/// A mask with the settings that the kernel changes along with those in it.
pub(crate) fn with_followers(bits: u64) -> u64 {
    let follows = |row: &&Row| row.follows.is_some_and(|id| bits & bit(id) != 0);
    ROWS.iter()
        .filter(follows)
        .fold(bits, |all, row| all | row.bit())
}

/// Room for a link-layer address (`MAX_ADDR_LEN`).
pub(crate) const ADDRESS_SIZE: usize = 32;

/// A link-layer address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    bytes: [u8; ADDRESS_SIZE],
    len: u8,
}

impl Address {
    /// These bytes, or the first 32 of them.
    pub(crate) fn from_slice(bytes: &[u8]) -> Address {
        let mut address = Address::default();
        for (to, from) in address.bytes.iter_mut().zip(bytes) {
            *to = *from;
            address.len += 1;
        }
        address
    }

    /// The address.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// Where a setting is in [`Settings`].
#[derive(Clone, Copy)]
enum Place {
    /// A number of 32 bits.
    Word(usize),
    /// A number of 64 bits, the lower half first.
    Pair(usize),
    Switch(u64),
    Address(usize),
    Elsewhere,
}

/// The place of each, and how many words and addresses that takes.
const PLACES: ([Place; ROWS.len()], usize, usize) = {
    let mut places = [Place::Elsewhere; ROWS.len()];
    let (mut words, mut addresses, mut id) = (0, 0, 0);
    while id < ROWS.len() {
        places[id] = match ROWS[id].setting.kind {
            Kind::Number(most) if most <= u32::MAX as u64 => {
                words += 1;
                Place::Word(words - 1)
            }
            Kind::Number(_) => {
                words += 2;
                Place::Pair(words - 2)
            }
            Kind::Switch => Place::Switch(1 << id),
            Kind::Address => {
                addresses += 1;
                Place::Address(addresses - 1)
            }
            Kind::Text(_) | Kind::Texts(_) | Kind::Numbers(_) | Kind::Apart => Place::Elsewhere,
        };
        id += 1;
    }
    (places, words, addresses)
};

fn place(id: u32) -> Place {
    let place = PLACES.0.get(id as usize).copied();
    place.unwrap_or(Place::Elsewhere)
}

/// How a device is set: the settings of fixed size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    words: [u32; PLACES.1],
    switches: u64,
    addresses: [Address; PLACES.2],
    /// Bit n is set if the device does not have setting number n.
    lacking: u64,
}

impl Settings {
    /// Whether the device does not have a setting, or nobody can tell.
    pub(crate) fn lacks(&self, id: u32) -> bool {
        self.lacking & 1 << id != 0
    }

    /// Takes the device for none that a PF has settings for.
    pub(crate) fn lack_those_of_pf(&mut self) {
        for row in ROWS.iter().filter(|row| row.is_of_pf()) {
            self.lack(row.setting.id);
        }
    }

    /// Those that the device does not have, bit n for number n.
    pub(crate) fn lacking(&self) -> u64 {
        self.lacking
    }

    /// The device does not have a setting.
    pub(crate) fn lack(&mut self, id: u32) {
        self.lacking |= 1 << id;
    }

    /// A number, of a switch 0 or 1; 0 for what is neither.
    pub(crate) fn number(&self, id: u32) -> u64 {
        match place(id) {
            Place::Word(at) => self.words[at].into(),
            Place::Pair(at) => u64::from(self.words[at]) | u64::from(self.words[at + 1]) << 32,
            Place::Switch(bit) => (self.switches & bit != 0).into(),
            Place::Address(_) | Place::Elsewhere => 0,
        }
    }

    /// Whether a switch is on.
    pub(crate) fn is_on(&self, id: u32) -> bool {
        self.number(id) != 0
    }

    /// A mask of the switches that are on.
    pub(crate) fn switches(&self) -> u64 {
        self.switches
    }

    /// Sets a number or a switch; of others nothing.
    pub(crate) fn set_number(&mut self, id: u32, value: u64) {
        self.lacking &= !(1 << id);
        match place(id) {
            Place::Word(at) => self.words[at] = value as u32,
            Place::Pair(at) => {
                self.words[at] = value as u32;
                self.words[at + 1] = (value >> 32) as u32;
            }
            Place::Switch(bit) if value != 0 => self.switches |= bit,
            Place::Switch(bit) => self.switches &= !bit,
            Place::Address(_) | Place::Elsewhere => {}
        }
    }

    /// A link-layer address; empty for what is none.
    pub(crate) fn address(&self, id: u32) -> &[u8] {
        match place(id) {
            Place::Address(at) => self.addresses[at].as_bytes(),
            _ => &[],
        }
    }

    /// Sets a link-layer address; of others nothing.
    pub(crate) fn set_address(&mut self, id: u32, address: &[u8]) {
        self.lacking &= !(1 << id);
        if let Place::Address(at) = place(id) {
            self.addresses[at] = Address::from_slice(address);
        }
    }

    /// Takes those with these numbers (bit n for number n) from others.
    pub(crate) fn put(&mut self, others: &Settings, ids: u64) {
        for row in ROWS.iter().filter(|row| ids & 1 << row.setting.id != 0) {
            let id = row.setting.id;
            self.set_number(id, others.number(id));
            self.set_address(id, others.address(id));
            if others.lacks(id) {
                self.lack(id);
            }
        }
    }

    /// Whether a setting is another one now.
    ///
    /// Programs are told apart by their ids, which are not here. What the device did not have then does
    /// not count, what it does not have now does.
    pub(crate) fn differs(&self, now: &Settings, id: u32) -> bool {
        let changed = self.number(id) != now.number(id) || self.address(id) != now.address(id);
        id != setting::XDP && !self.lacks(id) && (changed || now.lacks(id))
    }

    /// A mask of the settings that are others now.
    pub(crate) fn differing(&self, now: &Settings) -> u64 {
        let others = ROWS.iter().filter(|row| self.differs(now, row.setting.id));
        others.fold(0, |bits, row| bits | row.bit())
    }
}
