// SPDX-License-Identifier: GPL-2.0-only

//! Requests, from valid ones to noise.

use fastrand::Rng;

use crate::grammar::{Attribute, Payload, OPERATIONS};

const NESTED: u16 = 1 << 15;
const REQUEST: u16 = 1;
const ACK: u16 = 4;
const DUMP: u16 = 0x300;

/// `struct nlmsghdr` and `struct genlmsghdr`.
const HEADER: usize = 20;

/// What makes requests.
#[derive(Debug)]
pub(crate) struct Maker {
    family: u16,
    cookies: Vec<u64>,
    dice: Rng,
}

impl Maker {
    /// For a family, with cookies that exist.
    pub(crate) fn new(family: u16, cookies: Vec<u64>, seed: u64) -> Self {
        let dice = Rng::with_seed(seed);
        Maker {
            family,
            cookies,
            dice,
        }
    }

    /// How many, of those that remain, are put into one datagram.
    pub(crate) fn batch(&mut self) -> usize {
        self.dice.usize(1..32)
    }

    /// One request: a third each is valid, nearly so, and hostile.
    pub(crate) fn request(&mut self) -> Vec<u8> {
        let hostility = self.dice.u8(0..3);
        let Some((mut command, attributes)) = self.dice.choice(OPERATIONS) else {
            return Vec::new();
        };
        let mut body = Vec::new();
        if hostility == 2 && self.dice.bool() {
            for _ in 0..self.dice.usize(0..200) {
                body.push(self.dice.u8(..));
            }
        } else {
            self.attributes(&mut body, attributes, hostility, 0);
        }
        if hostility > 0 {
            self.spoil(&mut body);
        }
        if hostility == 2 && self.dice.u8(0..8) == 0 {
            command = self.dice.u8(..);
        }
        let mut flags = REQUEST | ACK;
        if self.dice.u8(0..4) == 0 {
            flags |= DUMP;
        }
        if hostility == 2 && self.dice.u8(0..8) == 0 {
            flags = self.dice.u16(..) | REQUEST;
        }
        self.message(command, flags, &body, hostility)
    }

    fn message(&mut self, command: u8, flags: u16, body: &[u8], hostility: u8) -> Vec<u8> {
        let mut length = HEADER + body.len();
        if hostility == 2 && self.dice.u8(0..32) == 0 {
            // netlink_rcv_skb() stops here, and what follows is not looked at.
            length = self.dice.usize(0..HEADER + body.len() + 8);
        }
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let mut message = Vec::with_capacity(HEADER + body.len());
        message.extend(length.to_ne_bytes());
        message.extend(self.family.to_ne_bytes());
        message.extend(flags.to_ne_bytes());
        message.extend(self.dice.u32(..).to_ne_bytes());
        message.extend(0u32.to_ne_bytes());
        let version = if hostility == 2 { self.dice.u8(..) } else { 1 };
        message.extend([command, version, 0, 0]);
        message.extend(body);
        pad(&mut message);
        message
    }

    /// Some of the attributes, in any order where that is hostile, some twice.
    fn attributes(&mut self, to: &mut Vec<u8>, from: &[Attribute], hostility: u8, depth: u8) {
        let mut chosen: Vec<Attribute> = from
            .iter()
            .copied()
            // Most requests need what comes first.
            .filter(|(kind, _)| *kind == 1 || self.dice.u8(0..3) > 0)
            .collect();
        if hostility > 0 {
            self.dice.shuffle(&mut chosen);
            if let Some(one) = self.dice.choice(&chosen).copied() {
                if self.dice.u8(0..4) == 0 {
                    chosen.push(one);
                }
            }
        }
        for (kind, payload) in chosen {
            let kind = match hostility {
                2 if self.dice.u8(0..8) == 0 => self.dice.u16(0..64),
                _ => kind,
            };
            let mut bytes = Vec::new();
            self.payload(&mut bytes, payload, hostility, depth);
            let flag = if matches!(payload, Payload::Nest(_)) {
                NESTED
            } else {
                0
            };
            attribute(to, kind | flag, &bytes);
        }
    }

    fn payload(&mut self, to: &mut Vec<u8>, payload: Payload, hostility: u8, depth: u8) {
        let wrong = hostility > 0 && self.dice.u8(0..12) == 0;
        match payload {
            Payload::U32 => to.extend(self.number().to_ne_bytes()),
            Payload::Uint if self.dice.bool() => to.extend(self.number().to_ne_bytes()),
            Payload::Uint => to.extend(self.cookie().to_ne_bytes()),
            Payload::Text(most) => {
                let most = if wrong { 4 * most } else { most };
                to.extend(self.text(most));
                if !wrong || self.dice.bool() {
                    to.push(0);
                }
            }
            Payload::Binary(most) => {
                let length = match wrong {
                    true => self.dice.usize(0..4 * most),
                    false => *self.dice.choice(&[4, 6, 16, most]).unwrap_or(&most),
                };
                to.extend((0..length).map(|_| self.dice.u8(..)));
            }
            Payload::Flag => {
                if wrong {
                    to.push(1);
                }
            }
            Payload::Nest(inner) if depth < 20 => {
                self.attributes(to, inner, hostility, depth + 1);
                // Deeper than anybody expects.
                if wrong {
                    let mut deeper = Vec::new();
                    self.payload(&mut deeper, payload, hostility, depth + 1);
                    attribute(to, self.dice.u16(0..20) | NESTED, &deeper);
                }
            }
            Payload::Nest(_) => {}
        }
        if wrong && self.dice.bool() {
            to.truncate(self.dice.usize(0..=to.len()));
        }
    }

    /// One of the numbers at which things change, mostly.
    fn number(&mut self) -> u32 {
        match self.dice.u8(0..8) {
            0 => self.dice.u32(..),
            1 => 0,
            2 => u32::MAX,
            3 => i32::MAX.unsigned_abs(),
            4 => 1 << self.dice.u32(0..32),
            _ => self.dice.u32(0..20),
        }
    }

    fn cookie(&mut self) -> u64 {
        match self.dice.u8(0..8) {
            0 => self.dice.u64(..),
            1 => u64::MAX,
            _ => self.dice.choice(&self.cookies).copied().unwrap_or(1),
        }
    }

    fn text(&mut self, most: usize) -> Vec<u8> {
        const GOOD: [&str; 12] = [
            "lo", "fuzz0", "fuzz1", "eth0", "%s_%d", "%d", "%s%s%d", "*", "a?b*", "physical",
            "veth", "",
        ];
        if self.dice.u8(0..3) > 0 {
            let good = self.dice.choice(GOOD).unwrap_or("");
            return good.bytes().take(most).collect();
        }
        let length = self.dice.usize(0..=most);
        (0..length)
            .map(|_| match self.dice.u8(0..4) {
                0 => self.dice.u8(1..),
                1 => *self.dice.choice(b"%*?/:@.sd_-").unwrap_or(&b'%'),
                _ => self.dice.u8(b'a'..=b'z'),
            })
            .collect()
    }

    /// Changes a few bytes, or the length.
    fn spoil(&mut self, body: &mut Vec<u8>) {
        match self.dice.u8(0..4) {
            0 => {
                for _ in 0..self.dice.usize(1..4) {
                    let length = body.len();
                    if length > 0 {
                        body[self.dice.usize(0..length)] = self.dice.u8(..);
                    }
                }
            }
            1 => body.truncate(self.dice.usize(0..=body.len())),
            2 => {
                for _ in 0..self.dice.usize(1..16) {
                    body.push(self.dice.u8(..));
                }
            }
            _ => {}
        }
    }
}

fn attribute(to: &mut Vec<u8>, kind: u16, payload: &[u8]) {
    let length = u16::try_from(payload.len() + 4).unwrap_or(u16::MAX);
    to.extend(length.to_ne_bytes());
    to.extend(kind.to_ne_bytes());
    to.extend(payload);
    pad(to);
}

fn pad(bytes: &mut Vec<u8>) {
    while bytes.len() % 4 != 0 {
        bytes.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_padded_and_differ() {
        let mut maker = Maker::new(40, vec![1, 2], 7);
        let requests: Vec<_> = (0..1000).map(|_| maker.request()).collect();
        assert!(requests
            .iter()
            .all(|one| one.len() % 4 == 0 && one.len() >= HEADER));
        let mut different = requests.clone();
        different.sort();
        different.dedup();
        assert!(different.len() > 900, "{}", different.len());
    }
}
