// SPDX-License-Identifier: GPL-2.0-only

//! Settings that are lists of numbers, as ethtool has them, and how a list is kept: most of its numbers
//! are 0 with most drivers, and take no room; most others are small, and take little.

use crate::policy::settings::ROWS;
use crate::uapi::Kind;

/// How many numbers a list has at most.
pub(crate) const MOST: usize = 32;

/// A list of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    words: [u32; MOST],
    len: usize,
}

/// How many numbers this setting has; 0 if it is no list.
pub(crate) const fn size(id: u32) -> usize {
    if id as usize >= ROWS.len() {
        return 0;
    }
    match ROWS[id as usize].setting.kind {
        Kind::Numbers(names) => names.len(),
        _ => 0,
    }
}

/// The settings that are lists, bit n for number n.
pub(crate) const LISTS: u64 = {
    let (mut ids, mut id) = (0, 0);
    while id < ROWS.len() {
        let size = size(id as u32);
        assert!(size <= MOST, "a list has room for it");
        ids |= ((size != 0) as u64) << id;
        id += 1;
    }
    ids
};

/// In a rule, a number that it does not fix, and in a record, one that the device has from its network
/// namespace; as it is, where it is to be set. No number that means something: -1 is one of sysctls.
pub(crate) const OPEN: u32 = 1 << 31;

impl Numbers {
    /// The same, with those of `other` in the place of numbers that are open.
    pub(crate) fn or(mut self, other: &Numbers) -> Numbers {
        for (mine, theirs) in self.as_mut_slice().iter_mut().zip(other.as_slice()) {
            if *mine == OPEN {
                *mine = *theirs;
            }
        }
        self
    }

    /// The same, with those of a mask open: bit n for number n.
    pub(crate) fn open(mut self, mask: u32) -> Numbers {
        for (nth, number) in self.as_mut_slice().iter_mut().enumerate() {
            if mask & 1 << nth != 0 {
                *number = OPEN;
            }
        }
        self
    }

    /// As many as the setting has, each 0.
    pub(crate) fn of(id: u32) -> Numbers {
        Numbers {
            words: [0; MOST],
            len: size(id),
        }
    }

    /// All of them.
    pub(crate) fn as_slice(&self) -> &[u32] {
        self.words.get(..self.len).unwrap_or(&[])
    }

    /// The same, to be changed.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u32] {
        self.words.get_mut(..self.len).unwrap_or(&mut [])
    }

    /// Those of a message, if they are as many as the setting has.
    pub(crate) fn from_bytes(id: u32, bytes: &[u8]) -> Option<Numbers> {
        let mut numbers = Numbers::of(id);
        if bytes.len() != 4 * numbers.len {
            return None;
        }
        for (to, from) in numbers.as_mut_slice().iter_mut().zip(bytes.chunks(4)) {
            *to = u32::from_ne_bytes(from.try_into().ok()?);
        }
        Some(numbers)
    }

    /// As they are in a message, with room behind them.
    pub(crate) fn to_bytes(self) -> [u8; 4 * MOST] {
        let mut bytes = [0; 4 * MOST];
        for (to, from) in bytes.chunks_mut(4).zip(self.words) {
            to.copy_from_slice(&from.to_ne_bytes());
        }
        bytes
    }

    /// How a list of this setting is kept: its id, a mask of those that are not 0, and those, turned so that
    /// an open one is small.
    pub(crate) fn pack(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        let not_zero = |word: &u32| *word != 0;
        let bits = self.as_slice().iter().zip(0..);
        let mask = bits
            .filter(|(word, _)| not_zero(word))
            .fold(0, |mask, (_, nth)| mask | 1 << nth);
        let rest = self.as_slice().iter().copied().filter(not_zero);
        let turned = rest.map(|word| word.rotate_left(1));
        [id, mask].into_iter().chain(turned)
    }

    /// Takes the first list of those that are kept.
    pub(crate) fn unpack(packed: &mut impl Iterator<Item = u32>) -> Option<(u32, Numbers)> {
        let (id, mask) = (packed.next()?, packed.next()?);
        let mut numbers = Numbers::of(id);
        for (nth, word) in numbers.as_mut_slice().iter_mut().enumerate() {
            if mask & 1 << nth != 0 {
                *word = packed.next()?.rotate_right(1);
            }
        }
        Some((id, numbers))
    }
}

/// A word as it is kept: seven bits in each byte, the lowest first, with the eighth set if more follow.
pub(crate) fn bytes(word: u32) -> impl Iterator<Item = u8> {
    let mut left = Some(word);
    core::iter::from_fn(move || {
        let word = left?;
        let more = word >> 7;
        left = (more != 0).then_some(more);
        Some(word as u8 & 0x7f | u8::from(more != 0) << 7)
    })
}

/// Takes the first word of those that are kept.
pub(crate) fn word(bytes: &mut impl Iterator<Item = u8>) -> Option<u32> {
    let mut word = 0;
    for shift in (0..u32::BITS).step_by(7) {
        let byte = bytes.next()?;
        word |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uapi::setting;

    #[test]
    fn a_list_takes_the_room_of_what_is_not_0() {
        let mut rings = Numbers::of(setting::RINGS);
        assert_eq!(rings.pack(setting::RINGS).count(), 2);
        rings.as_mut_slice()[3] = 512;
        let packed: Vec<u32> = rings.pack(setting::RINGS).collect();
        assert_eq!(packed, [setting::RINGS, 0b1000, 1024]);
        let open = Numbers::of(setting::RINGS).open(0b1000);
        let packed: Vec<u32> = open.pack(setting::RINGS).collect();
        assert_eq!(packed, [setting::RINGS, 0b1000, 1]);
    }

    #[test]
    fn what_is_open_is_as_it_is() {
        let mut now = Numbers::of(setting::RINGS);
        now.as_mut_slice()[..2].copy_from_slice(&[7, 8]);
        let wanted = Numbers::of(setting::RINGS).open(0b1);
        assert_eq!(wanted.or(&now).as_slice()[..2], [7, 0]);
    }

    #[test]
    fn a_word_takes_as_many_bytes_as_it_needs() {
        for (number, size) in [(0, 1), (127, 1), (128, 2), (16_383, 2), (u32::MAX, 5)] {
            let mut kept = bytes(number).chain([3]);
            assert_eq!(bytes(number).count(), size);
            assert_eq!((word(&mut kept), kept.next()), (Some(number), Some(3)));
        }
        assert_eq!(word(&mut [0x80].into_iter()), None);
    }

    #[test]
    fn what_is_kept_is_found_again_one_after_the_other() {
        let lists: Vec<_> = setting::ALL
            .iter()
            .filter(|one| size(one.id) != 0)
            .map(|one| {
                let mut numbers = Numbers::of(one.id);
                for (nth, word) in numbers.as_mut_slice().iter_mut().enumerate() {
                    *word = u32::MAX * (nth as u32 % 2);
                }
                (one.id, numbers)
            })
            .collect();
        assert_eq!(lists.len(), LISTS.count_ones() as usize);
        let packed: Vec<u32> = lists.iter().flat_map(|(id, one)| one.pack(*id)).collect();
        let mut words = packed.iter().copied();
        let found: Vec<_> = std::iter::from_fn(|| Numbers::unpack(&mut words)).collect();
        assert_eq!(found, lists);
        // What is cut short ends.
        let mut words = packed[..packed.len() - 1].iter().copied();
        let found = std::iter::from_fn(|| Numbers::unpack(&mut words)).count();
        assert!(found <= lists.len());
    }

    #[test]
    fn what_is_no_list_has_no_numbers() {
        for id in [setting::MTU, setting::ALTNAMES, u32::MAX] {
            assert_eq!(size(id), 0);
            assert!(Numbers::of(id).as_slice().is_empty());
        }
    }
}
