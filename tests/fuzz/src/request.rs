// SPDX-License-Identifier: GPL-2.0-only

//! Requests, from valid ones to noise.

use fastrand::Rng;
use homeward_abi::{cmd, setting, setting_value, Kind};

use crate::corpus::Shape;
use crate::grammar::{self, Attribute, Operation, Payload, OPERATIONS};
use crate::picture::{Picture, Target};
use crate::tree::{self, number, Attr, Body};

const REQUEST: u16 = 1;
const ACK: u16 = 4;
const DUMP: u16 = 0x300;

/// `struct nlmsghdr` and `struct genlmsghdr`.
const HEADER: usize = 20;

/// What makes requests.
#[derive(Debug)]
pub(crate) struct Maker {
    family: u16,
    /// A descriptor of a network namespace.
    namespace: i32,
    dice: Rng,
}

impl Maker {
    /// For a family, with the descriptor of a network namespace.
    pub(crate) fn new(family: u16, namespace: i32, seed: u64) -> Self {
        Maker {
            family,
            namespace,
            dice: Rng::with_seed(seed),
        }
    }

    /// The dice, for whatever else is left to chance.
    pub(crate) fn dice(&mut self) -> &mut Rng {
        &mut self.dice
    }

    /// One request: valid, nearly so, like one that proved to be of use, or hostile. Of so many
    /// recalls that come to mind one is made.
    pub(crate) fn request(
        &mut self,
        picture: &Picture,
        corpus: &[Shape],
        recalls: u8,
    ) -> (Shape, Vec<u8>) {
        loop {
            let (shape, message) = self.any_request(picture, corpus);
            if shape.command != cmd::RECALL || self.dice.u8(0..recalls) == 0 {
                return (shape, message);
            }
        }
    }

    fn any_request(&mut self, picture: &Picture, corpus: &[Shape]) -> (Shape, Vec<u8>) {
        let choice = self.dice.u8(0..20);
        let hostile = choice >= 18;
        let mut shape = match choice {
            14..18 => self.another(picture, corpus),
            _ => self.valid(picture),
        };
        match choice {
            ..9 => {}
            9..14 => self.change(&mut shape, 1..4),
            14..18 => self.change(&mut shape, 0..3),
            _ => self.spoil(&mut shape),
        }
        let message = self.message(&shape, hostile);
        (shape, message)
    }

    /// One of the corpus as it is, but about what there is now.
    pub(crate) fn again(&mut self, shape: &Shape, picture: &Picture) -> (Shape, Vec<u8>) {
        let shape = self.about_now(shape.clone(), picture, 0);
        let message = self.message(&shape, false);
        (shape, message)
    }

    /// A valid one.
    fn valid(&mut self, picture: &Picture) -> Shape {
        let operation = self.operation();
        let target = picture.target(&mut self.dice);
        let mut attributes = Vec::new();
        for attribute in operation.always {
            self.put(&mut attributes, attribute, picture, &target);
        }
        if let Some(attribute) = self.dice.choice(operation.one_of) {
            self.put(&mut attributes, attribute, picture, &target);
        }
        for attribute in operation.sometimes {
            if self.dice.bool() {
                self.put(&mut attributes, attribute, picture, &target);
            }
        }
        Shape::new(operation.command, operation.dump, &attributes)
    }

    fn operation(&mut self) -> &'static Operation {
        let all: u32 = OPERATIONS.iter().map(|operation| operation.often).sum();
        let mut at = self.dice.u32(0..all);
        for operation in &OPERATIONS {
            match at.checked_sub(operation.often) {
                Some(rest) => at = rest,
                None => return operation,
            }
        }
        &OPERATIONS[0]
    }

    fn put(
        &mut self,
        to: &mut Vec<Attr>,
        attribute: &Attribute,
        picture: &Picture,
        target: &Target,
    ) {
        let times = match self.dice.u8(0..64) {
            0 => attribute.most,
            1..8 => attribute.most.min(3),
            _ => 1,
        };
        // Of settings some, each once.
        let (first, times, all) = match attribute.payload {
            Payload::Setting => (0, attribute.most, false),
            _ => (self.dice.usize(..), times, true),
        };
        for time in 0..times {
            if !all && self.dice.u8(0..3) > 0 {
                continue;
            }
            let body = self.body(attribute.payload, picture, target, first.wrapping_add(time));
            let kind = attribute.kind;
            to.push(Attr { kind, body });
        }
    }

    /// A payload; `nth` tells those apart that must not be alike.
    fn body(&mut self, payload: Payload, picture: &Picture, target: &Target, nth: usize) -> Body {
        let dice = &mut self.dice;
        let number = match payload {
            Payload::Cookie => return Body::Bytes(target.cookie.to_ne_bytes().to_vec()),
            Payload::HomeCookie => return Body::Bytes(home(picture, target, nth)),
            Payload::Ifindex => target.ifindex,
            Payload::RuleId => dice.choice(&picture.rules).copied().unwrap_or(1),
            Payload::Inum => dice.choice(&picture.inums).copied().unwrap_or(1),
            Payload::Pid => *dice.choice(&[1, std::process::id()]).unwrap_or(&1),
            Payload::Fd => self.namespace.unsigned_abs(),
            Payload::U32 => number(dice),
            Payload::UpTo(most) => dice.u32(0..=most),
            Payload::Choice(last) => dice.u32(1..=last),
            Payload::Bits(mask) => {
                return Body::Bytes((dice.u64(..) & mask).to_ne_bytes().to_vec())
            }
            Payload::DeviceName => return Body::Bytes(text(target.name.as_bytes())),
            Payload::Setting => return Body::Nest(setting(dice, nth)),
            Payload::Name | Payload::Template | Payload::Text(_) => {
                return Body::Bytes(text(&words(dice, payload)));
            }
            Payload::Bytes(length) => {
                return Body::Bytes((0..length).map(|_| dice.u8(..)).collect());
            }
            Payload::Flag => return Body::Bytes(Vec::new()),
            Payload::Nest(inner) => return self.nest(inner, picture, target, nth),
        };
        Body::Bytes(number.to_ne_bytes().to_vec())
    }

    fn nest(
        &mut self,
        inner: &[Attribute],
        picture: &Picture,
        target: &Target,
        nth: usize,
    ) -> Body {
        let mut attributes = Vec::new();
        for (at, attribute) in inner.iter().enumerate() {
            // A home needs what comes first, as an address does; not all have everything.
            if at < 2 || self.dice.u8(0..3) == 0 {
                if let Payload::HomeCookie = attribute.payload {
                    let body = self.body(attribute.payload, picture, target, nth);
                    let kind = attribute.kind;
                    attributes.push(Attr { kind, body });
                } else {
                    self.put(&mut attributes, attribute, picture, target);
                }
            }
        }
        Body::Nest(attributes)
    }

    /// One like those of the corpus.
    fn another(&mut self, picture: &Picture, corpus: &[Shape]) -> Shape {
        match self.dice.choice(corpus) {
            Some(shape) => self.about_now(shape.clone(), picture, 8),
            None => self.valid(picture),
        }
    }

    /// What was there when a request was kept is there no more: it gets what is, except for each
    /// nth attribute.
    fn about_now(&mut self, shape: Shape, picture: &Picture, except: u8) -> Shape {
        let Some(mut attributes) = shape.attributes() else {
            return shape;
        };
        let target = picture.target(&mut self.dice);
        let first = self.dice.usize(..);
        for (at, attribute) in attributes.iter_mut().enumerate() {
            if except > 0 && self.dice.u8(0..except) == 0 {
                continue;
            }
            let meaning = grammar::meaning(shape.command, tree::number_of(attribute));
            let payload = meaning.map(|meaning| meaning.payload);
            match (payload, &mut attribute.body) {
                (
                    Some(
                        payload @ (Payload::Cookie
                        | Payload::Ifindex
                        | Payload::DeviceName
                        | Payload::RuleId
                        | Payload::Inum
                        | Payload::Fd),
                    ),
                    Body::Bytes(bytes),
                ) if !bytes.is_empty() => {
                    attribute.body = self.body(payload, picture, &target, 0);
                }
                (Some(Payload::Nest(_)), Body::Nest(inner)) => {
                    // A home: the first of its attributes says where.
                    if let Some(Attr {
                        body: Body::Bytes(bytes),
                        ..
                    }) = inner.first_mut().filter(|first| first.kind == 1)
                    {
                        if !bytes.is_empty() {
                            *bytes = home(picture, &target, first.wrapping_add(at));
                        }
                    }
                }
                _ => {}
            }
        }
        Shape::new(shape.command, shape.dump, &attributes)
    }

    fn change(&mut self, shape: &mut Shape, times: std::ops::Range<u8>) {
        let Some(mut attributes) = shape.attributes() else {
            return;
        };
        for _ in 0..self.dice.u8(times) {
            tree::change(&mut attributes, &mut self.dice);
        }
        *shape = Shape::new(shape.command, shape.dump, &attributes);
    }

    /// Changes what no tree of attributes could be.
    fn spoil(&mut self, shape: &mut Shape) {
        let dice = &mut self.dice;
        match dice.u8(0..5) {
            0 => shape.body = (0..dice.usize(0..200)).map(|_| dice.u8(..)).collect(),
            1 => {
                for _ in 0..dice.usize(1..4) {
                    let length = shape.body.len();
                    if length > 0 {
                        shape.body[dice.usize(0..length)] = dice.u8(..);
                    }
                }
            }
            2 => shape.body.truncate(dice.usize(0..=shape.body.len())),
            3 => {
                for _ in 0..dice.usize(1..16) {
                    shape.body.push(dice.u8(..));
                }
            }
            _ => shape.command = dice.u8(..),
        }
        if dice.u8(0..4) == 0 {
            shape.dump = !shape.dump;
        }
    }

    fn message(&mut self, shape: &Shape, hostile: bool) -> Vec<u8> {
        let dice = &mut self.dice;
        let mut length = HEADER + shape.body.len();
        let mut flags = REQUEST | ACK | if shape.dump { DUMP } else { 0 };
        let mut version = 1;
        if hostile {
            version = dice.u8(..);
            if dice.u8(0..8) == 0 {
                flags = dice.u16(..) | REQUEST;
            }
            if dice.u8(0..32) == 0 {
                // netlink_rcv_skb() stops here, and what follows is not looked at.
                length = dice.usize(0..length + 8);
            }
        }
        let mut message = Vec::with_capacity(HEADER + shape.body.len());
        message.extend(u32::try_from(length).unwrap_or(u32::MAX).to_ne_bytes());
        message.extend(self.family.to_ne_bytes());
        message.extend(flags.to_ne_bytes());
        message.extend(dice.u32(..).to_ne_bytes());
        message.extend(0u32.to_ne_bytes());
        message.extend([shape.command, version, 0, 0]);
        message.extend(&shape.body);
        tree::pad(&mut message);
        message
    }
}

/// The cookie of a network namespace that is not the one of the device, nor that of another `nth`
/// as far as there are so many.
fn home(picture: &Picture, target: &Target, nth: usize) -> Vec<u8> {
    let others = picture
        .cookies
        .iter()
        .filter(|&&cookie| cookie != target.cookie);
    let others: Vec<u64> = others.copied().collect();
    // Where there are too few, some that are gone.
    let wanted = nth % (others.len() + 4);
    let cookie = others.get(wanted).copied();
    let gone = 1_000_000 + u64::try_from(wanted).unwrap_or_default();
    cookie.unwrap_or(gone).to_ne_bytes().to_vec()
}

/// The `nth` setting as it may be, or now and then as another may be.
fn setting(dice: &mut Rng, nth: usize) -> Vec<Attr> {
    let own = &setting::ALL[nth % setting::ALL.len()];
    let kind = match dice.u8(0..16) {
        0 => setting::ALL[dice.usize(0..setting::ALL.len())].kind,
        _ => own.kind,
    };
    let attr = |kind, bytes| Attr {
        kind,
        body: Body::Bytes(bytes),
    };
    let mut id = own.id;
    if dice.u8(0..64) == 0 {
        id = number(dice);
    }
    let mut all = vec![attr(setting_value::ID, id.to_ne_bytes().to_vec())];
    let long = |dice: &mut Rng, most: u64| {
        let value = match dice.u8(0..8) {
            0 => most,
            1 => most.wrapping_add(1),
            _ => u64::from(number(dice)).min(most),
        };
        attr(setting_value::NUMBER, value.to_ne_bytes().to_vec())
    };
    match kind {
        Kind::Number(most) => all.push(long(dice, most)),
        Kind::Switch => all.push(long(dice, 1)),
        // Only of a rule.
        Kind::Address if dice.u8(0..8) == 0 => {
            all.push(attr(setting_value::PERMANENT, Vec::new()));
        }
        Kind::Address => all.push(attr(setting_value::BYTES, mac(dice))),
        Kind::Text(most) | Kind::Texts(most) => {
            let times = match kind {
                Kind::Text(_) => 1,
                _ => dice.usize(0..12),
            };
            for _ in 0..times {
                let words = words(dice, Payload::Text(most.into()));
                all.push(attr(setting_value::TEXT, text(&words)));
            }
        }
        Kind::Numbers(names) => {
            // Now and then one more.
            let count = names.len() + usize::from(dice.u8(0..8) == 0);
            let bytes = (0..count).flat_map(|_| number(dice).to_ne_bytes());
            all.push(attr(setting_value::NUMBERS, bytes.collect()));
        }
        Kind::Apart => {}
    }
    all
}

fn mac(dice: &mut Rng) -> Vec<u8> {
    let mut mac: Vec<u8> = (0..6).map(|_| dice.u8(..)).collect();
    // Mostly one that a device can have: of one machine, and given by hand.
    if dice.u8(0..8) > 0 {
        mac[0] = 2;
    }
    mac
}

fn text(words: &[u8]) -> Vec<u8> {
    let mut text = words.to_vec();
    text.push(0);
    text
}

fn words(dice: &mut Rng, payload: Payload) -> Vec<u8> {
    const NAMES: [&str; 8] = [
        "eth0", "eth1", "fuzz0", "fuzz1", "nic0", "nic1", "lo", "dummy0",
    ];
    const TEMPLATES: [&str; 6] = ["%s_%d", "h%d", "%s%d", "%d", "%s", "x"];
    const TEXTS: [&str; 12] = [
        "*", "eth*", "nic?", "fuzz*", "a?b*", "veth", "dummy", "bridge", "%s%s%d", "eth0:1", "",
        "a/b",
    ];
    let (good, most): (&[&str], usize) = match payload {
        Payload::Name => (&NAMES, 15),
        Payload::Template => (&TEMPLATES, 15),
        Payload::Text(most) => (&TEXTS, most),
        _ => (&[], 0),
    };
    if dice.u8(0..3) > 0 {
        let good = dice.choice(good).copied().unwrap_or_default();
        return good.bytes().take(most).collect();
    }
    let length = dice.usize(0..=most);
    (0..length)
        .map(|_| match dice.u8(0..8) {
            0 => dice.u8(1..),
            1 => *dice.choice(b"%*?/:@.sd_-").unwrap_or(&b'%'),
            _ => dice.u8(b'a'..=b'z'),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_padded_and_differ() {
        let (mut maker, picture) = (Maker::new(40, 3, 7), Picture::guessed());
        let requests: Vec<_> = (0..1000)
            .map(|_| maker.request(&picture, &[], 1).1)
            .collect();
        assert!(requests
            .iter()
            .all(|one| one.len() % 4 == 0 && one.len() >= HEADER));
        let mut different = requests.clone();
        different.sort();
        different.dedup();
        assert!(different.len() > 900, "{}", different.len());
    }

    #[test]
    fn a_kept_request_is_about_what_there_is_now() {
        let (mut maker, picture) = (Maker::new(40, 3, 7), Picture::guessed());
        // dev-get of a device in a namespace that is long gone.
        let old = "2 do 0c00010039300000000000000800020063000000";
        let old: Shape = old.parse().expect("a shape");
        let (now, _) = maker.again(&old, &picture);
        let tree = now.attributes().expect("a tree");
        assert_eq!(tree[0].body, Body::Bytes(1u64.to_ne_bytes().to_vec()));
        assert_eq!(tree[1].body, Body::Bytes(1u32.to_ne_bytes().to_vec()));
    }
}
