// SPDX-License-Identifier: GPL-2.0-only

//! Attributes as a tree: what a request is made of, and what is changed in it.

use fastrand::Rng;

/// Set in the type of an attribute that has others in it.
const NESTED: u16 = 1 << 15;
/// What of a type is the number.
const NUMBER: u16 = 0x3fff;
/// `struct nlattr`.
const HEADER: usize = 4;

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attr {
    /// Its type without the flag of a nest.
    pub(crate) kind: u16,
    pub(crate) body: Body,
}

/// What it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    Bytes(Vec<u8>),
    Nest(Vec<Attr>),
}

/// A row of attributes as bytes.
pub(crate) fn encode(attributes: &[Attr], to: &mut Vec<u8>) {
    for attribute in attributes {
        let (flag, payload) = match &attribute.body {
            Body::Bytes(bytes) => (0, bytes.clone()),
            Body::Nest(inner) => {
                let mut bytes = Vec::new();
                encode(inner, &mut bytes);
                (NESTED, bytes)
            }
        };
        let length = u16::try_from(payload.len() + HEADER).unwrap_or(u16::MAX);
        to.extend(length.to_ne_bytes());
        to.extend((attribute.kind | flag).to_ne_bytes());
        to.extend(payload);
        pad(to);
    }
}

/// Bytes as a row of attributes; None if they are none.
pub(crate) fn decode(mut bytes: &[u8]) -> Option<Vec<Attr>> {
    let mut attributes = Vec::new();
    while !bytes.is_empty() {
        let [low, high, kind_low, kind_high] = *bytes.first_chunk::<HEADER>()?;
        let length = usize::from(u16::from_ne_bytes([low, high]));
        let kind = u16::from_ne_bytes([kind_low, kind_high]);
        let payload = bytes.get(HEADER..length)?;
        let nest = (kind & NESTED != 0).then(|| decode(payload)).flatten();
        attributes.push(Attr {
            kind: kind & !NESTED,
            body: nest.map_or_else(|| Body::Bytes(payload.to_vec()), Body::Nest),
        });
        bytes = bytes
            .get(length.next_multiple_of(HEADER)..)
            .unwrap_or_default();
    }
    Some(attributes)
}

/// To the next multiple of 4.
pub(crate) fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// Makes one change, here or somewhere inside.
pub(crate) fn change(attributes: &mut Vec<Attr>, dice: &mut Rng) {
    let inside = attributes
        .iter_mut()
        .filter_map(|attribute| match &mut attribute.body {
            Body::Nest(inner) => Some(inner),
            Body::Bytes(_) => None,
        });
    if let Some(inner) = dice.choice(inside.collect::<Vec<_>>()) {
        if dice.u8(0..4) > 0 {
            return change(inner, dice);
        }
    }
    if attributes.is_empty() {
        return;
    }
    let at = dice.usize(0..attributes.len());
    match dice.u8(0..8) {
        0 => drop(attributes.remove(at)),
        1 => attributes.push(attributes[at].clone()),
        2 => dice.shuffle(attributes),
        3 => attributes[at].kind = dice.u16(0..40),
        4 => {
            // Deeper than anybody expects.
            let whole = attributes.clone();
            attributes[at].body = Body::Nest(whole);
        }
        _ => change_payload(&mut attributes[at], dice),
    }
}

fn change_payload(attribute: &mut Attr, dice: &mut Rng) {
    let mut bytes = match &attribute.body {
        Body::Bytes(bytes) => bytes.clone(),
        Body::Nest(inner) => {
            let mut bytes = Vec::new();
            encode(inner, &mut bytes);
            bytes
        }
    };
    match dice.u8(0..6) {
        0 => bytes.truncate(dice.usize(0..=bytes.len())),
        1 => bytes.extend((0..dice.usize(1..300)).map(|_| dice.u8(..))),
        2 => bytes.clear(),
        3 => bytes = number(dice).to_ne_bytes().to_vec(),
        4 => bytes = u64::from(number(dice)).to_ne_bytes().to_vec(),
        _ => {
            let length = bytes.len();
            if length > 0 {
                bytes[dice.usize(0..length)] = dice.u8(..);
            }
        }
    }
    attribute.body = Body::Bytes(bytes);
}

/// One of the numbers at which things change, mostly.
pub(crate) fn number(dice: &mut Rng) -> u32 {
    match dice.u8(0..8) {
        0 => dice.u32(..),
        1 => 0,
        2 => u32::MAX,
        3 => i32::MAX.unsigned_abs(),
        4 => 1 << dice.u32(0..32),
        5 => dice.u32(1000..10_000),
        _ => dice.u32(0..20),
    }
}

/// The number in a type.
pub(crate) fn number_of(attribute: &Attr) -> u16 {
    attribute.kind & NUMBER
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(kind: u16, payload: &[u8]) -> Attr {
        let body = Body::Bytes(payload.to_vec());
        Attr { kind, body }
    }

    #[test]
    fn a_tree_comes_back_from_its_bytes() {
        let inner = vec![bytes(3, b"odd"), bytes(4, &[])];
        let nest = Attr {
            kind: 8,
            body: Body::Nest(inner),
        };
        let tree = vec![bytes(1, &[1, 2, 3, 4]), nest];
        let mut encoded = Vec::new();
        encode(&tree, &mut encoded);
        assert_eq!(encoded.len() % 4, 0);
        assert_eq!(decode(&encoded), Some(tree));
    }

    #[test]
    fn noise_is_no_tree() {
        assert_eq!(decode(&[1, 2, 3]), None);
        // A length that is shorter than its own header.
        assert_eq!(decode(&[3, 0, 1, 0]), None);
        // One that reaches beyond the end.
        assert_eq!(decode(&[9, 0, 1, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn changes_change() {
        let mut dice = Rng::with_seed(1);
        let tree = vec![bytes(1, &[1, 2, 3, 4]), bytes(2, b"name\0")];
        let changed = (0..100).filter(|_| {
            let mut other = tree.clone();
            change(&mut other, &mut dice);
            other != tree
        });
        assert!(changed.count() > 60);
    }
}
