// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attributes as a tree that can be spoilt in ways that bytes at random hardly ever are.

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::fixture::attr;

const NESTED: u16 = 1 << 15;

/// An attribute.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    kind: u16,
    payload: Payload,
}

#[derive(Debug, Clone, PartialEq)]
enum Payload {
    Leaf(Vec<u8>),
    Nest(Vec<Node>),
}

/// Reads attributes that are marked as what they are, as those of the fixture.
pub(super) fn tree(mut bytes: &[u8]) -> Vec<Node> {
    let mut nodes = Vec::new();
    while let [low, high, kind_low, kind_high, ..] = *bytes {
        let len = usize::from(u16::from_ne_bytes([low, high]));
        let kind = u16::from_ne_bytes([kind_low, kind_high]);
        let payload = &bytes[4..len];
        let payload = match kind & NESTED {
            0 => Payload::Leaf(payload.to_owned()),
            _ => Payload::Nest(tree(payload)),
        };
        nodes.push(Node { kind, payload });
        bytes = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    nodes
}

/// The bytes of attributes.
pub(super) fn bytes(nodes: &[Node]) -> Vec<u8> {
    nodes.iter().flat_map(Node::bytes).collect()
}

impl Node {
    fn leaf(kind: u16, payload: Vec<u8>) -> Self {
        let payload = Payload::Leaf(payload);
        Node { kind, payload }
    }

    fn bytes(&self) -> Vec<u8> {
        match &self.payload {
            Payload::Leaf(payload) => attr(self.kind, payload),
            Payload::Nest(inner) => attr(self.kind, &bytes(inner)),
        }
    }
}

/// What is done to one attribute.
#[derive(Debug, Clone)]
enum Change {
    Leave,
    Repeat,
    Unknown(u16, Vec<u8>),
    Renumber(u16),
    Refill(Vec<u8>),
    Empty,
    /// Puts it into itself, so many times.
    Deepen(usize),
}

/// What is done to bytes, after all.
#[derive(Debug, Clone)]
enum Cut {
    Nothing,
    Short(Index),
    Byte(Index, u8),
    /// Two bytes, as those of a length are.
    Pair(Index, u16),
    More(Vec<u8>),
}

/// Changes to a tree, and then to its bytes.
#[derive(Debug, Clone)]
pub(super) struct Spoil {
    changes: Vec<(Index, Change)>,
    cuts: Vec<Cut>,
}

fn change() -> impl Strategy<Value = Change> {
    let few = || prop::collection::vec(any::<u8>(), 0..12);
    prop_oneof![
        Just(Change::Leave),
        Just(Change::Repeat),
        (any::<u16>(), few()).prop_map(|(kind, payload)| Change::Unknown(kind, payload)),
        prop_oneof![0..40u16, any::<u16>()].prop_map(Change::Renumber),
        few().prop_map(Change::Refill),
        Just(Change::Empty),
        (1..400usize).prop_map(Change::Deepen),
    ]
}

fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![
        4 => Just(Cut::Nothing),
        1 => any::<Index>().prop_map(Cut::Short),
        2 => any::<(Index, u8)>().prop_map(|(at, byte)| Cut::Byte(at, byte)),
        2 => (any::<Index>(), prop_oneof![0..40u16, any::<u16>()]).prop_map(|(at, pair)| Cut::Pair(at, pair)),
        1 => prop::collection::vec(any::<u8>(), 1..8).prop_map(Cut::More),
    ]
}

/// Any changes.
pub(super) fn spoil() -> impl Strategy<Value = Spoil> {
    let changes = prop::collection::vec((any::<Index>(), change()), 0..4);
    (changes, prop::collection::vec(cut(), 0..3))
        .prop_map(|(changes, cuts)| Spoil { changes, cuts })
}

/// The number of attributes, those in others included.
fn count(nodes: &[Node]) -> usize {
    let inner = nodes.iter().map(|node| match &node.payload {
        Payload::Nest(inner) => count(inner),
        Payload::Leaf(_) => 0,
    });
    nodes.len() + inner.sum::<usize>()
}

/// Gives the list that has the attribute of this number, and its place there.
fn find(nodes: &mut Vec<Node>, mut number: usize) -> Option<(&mut Vec<Node>, usize)> {
    for at in 0..nodes.len() {
        if number == 0 {
            return Some((nodes, at));
        }
        number -= 1;
        if let Payload::Nest(inner) = &nodes[at].payload {
            let inside = count(inner);
            if number < inside {
                return match &mut nodes[at].payload {
                    Payload::Nest(inner) => find(inner, number),
                    Payload::Leaf(_) => None,
                };
            }
            number -= inside;
        }
    }
    None
}

impl Spoil {
    /// The bytes of what `whole` becomes.
    pub(super) fn of(&self, whole: &[u8]) -> Vec<u8> {
        let mut nodes = tree(whole);
        for (index, change) in &self.changes {
            let total = count(&nodes).max(1);
            if let Some((list, at)) = find(&mut nodes, index.index(total)) {
                change.apply(list, at);
            }
        }
        let mut bytes = bytes(&nodes);
        for cut in &self.cuts {
            cut.apply(&mut bytes);
        }
        bytes
    }
}

impl Change {
    fn apply(&self, list: &mut Vec<Node>, at: usize) {
        match self {
            Change::Leave => drop(list.remove(at)),
            Change::Repeat => list.insert(at, list[at].clone()),
            Change::Unknown(kind, payload) => list.insert(at, Node::leaf(*kind, payload.clone())),
            Change::Renumber(kind) => list[at].kind = *kind,
            Change::Refill(payload) => list[at].payload = Payload::Leaf(payload.clone()),
            Change::Empty => list[at].payload = Payload::Leaf(Vec::new()),
            Change::Deepen(levels) => {
                let node = &list[at];
                // No attribute has a length of more than 16 bits.
                let fits = (node.bytes().len() + 4 * levels) < usize::from(u16::MAX) / 8;
                let kind = node.kind | NESTED;
                let deep =
                    (0..if fits { *levels } else { 0 }).fold(node.clone(), |inner, _| Node {
                        kind,
                        payload: Payload::Nest(vec![inner]),
                    });
                list[at] = deep;
            }
        }
    }
}

impl Cut {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: &Index, len: usize| at.index(len.max(1));
        match self {
            Cut::Nothing => {}
            Cut::Short(at) => bytes.truncate(place(at, bytes.len())),
            Cut::Byte(at, value) => {
                let at = place(at, bytes.len());
                bytes
                    .iter_mut()
                    .skip(at)
                    .take(1)
                    .for_each(|byte| *byte = *value);
            }
            Cut::Pair(at, value) => {
                let at = place(at, bytes.len()) & !1;
                for (byte, value) in bytes.iter_mut().skip(at).zip(value.to_ne_bytes()) {
                    *byte = value;
                }
            }
            Cut::More(more) => bytes.extend_from_slice(more),
        }
    }
}

/// Attributes that nobody knows, put in at these places.
pub(super) fn with_unknown(whole: &[u8], unknown: &[(Index, u16, Vec<u8>)]) -> Vec<u8> {
    let mut nodes = tree(whole);
    for (index, kind, payload) in unknown {
        let total = count(&nodes).max(1);
        match find(&mut nodes, index.index(total)) {
            Some((list, at)) => list.insert(at, Node::leaf(*kind, payload.clone())),
            None => nodes.push(Node::leaf(*kind, payload.clone())),
        }
    }
    bytes(&nodes)
}
