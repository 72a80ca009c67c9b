// SPDX-License-Identifier: GPL-2.0-only

//! Which namespaces the ids mean that namespaces have for each other.
//!
//! The kernel does not tell whom an id means, only which id another open namespace has. To ask about each
//! of N in each of N would take N x N questions, so those are asked about first that are likely.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use homeward_netns::{Link, Nsids};

use super::spots::{Spot, Spots};

/// For each namespace, by its position, the positions of those that its ids mean.
pub(in crate::command) type Peers = HashMap<(usize, i32), usize>;

/// So many questions each namespace may ask, besides some for each id. With fewer namespaces than that
/// each is asked about every other.
const SHARE: usize = 64;
/// So many questions may be asked beyond that in all.
const SPARE: usize = 1 << 16;

/// The ids that devices in a namespace refer to, and those devices' own and lower indices.
type Questions = BTreeMap<i32, BTreeSet<(u32, u32)>>;

/// Asks in each namespace about the devices that are wanted, by its position and their indices.
pub(in crate::command) fn find(spots: &mut Spots, wanted: impl Fn(usize, u32) -> bool) -> Peers {
    let mut peers = Peers::new();
    let likely = Likely::new(&spots.list);
    let mut spare = SPARE;
    for at in 0..spots.list.len() {
        let wanted = |link: &Link| wanted(at, link.index);
        let questions = spots.list.get(at).map(|spot| questions(spot, wanted));
        let questions = questions.unwrap_or_default();
        if questions.is_empty() {
            continue;
        }
        // Taken out of the namespace, the socket still asks there.
        let Ok(Ok(nsids)) = spots.visit(at, Nsids::open) else {
            continue;
        };
        let mut search = Search {
            spots,
            at,
            nsids,
            asked: HashSet::new(),
            answers: HashMap::new(),
            open: questions.keys().copied().collect(),
            share: SHARE.saturating_add(questions.len().saturating_mul(4)),
        };
        search.run(&questions, &likely, &mut spare);
        let answers = search.answers.into_iter();
        peers.extend(answers.map(|(nsid, other)| ((at, nsid), other)));
    }
    peers
}

fn questions(spot: &Spot, wanted: impl Fn(&Link) -> bool) -> Questions {
    let mut questions = Questions::new();
    for link in spot.links.iter().flatten().filter(|link| wanted(link)) {
        if let Some((lower, nsid)) = link.lower.and_then(|lower| Some((lower, lower.nsid?))) {
            let pairs = questions.entry(nsid).or_default();
            pairs.extend(lower.index.map(|index| (link.index, index)));
        }
    }
    questions.retain(|nsid, _| *nsid >= 0);
    questions
}

/// Who is likely.
struct Likely {
    /// The namespaces with a device of the first index that is connected to one elsewhere of the second:
    /// two peers refer to each other.
    pairs: HashMap<(u32, u32), Vec<usize>>,
    /// The initial one, which most are connected to.
    initial: Option<usize>,
}

impl Likely {
    fn new(list: &[Spot]) -> Self {
        let mut pairs: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, spot) in list.iter().enumerate() {
            for pair in questions(spot, |_| true).into_values().flatten() {
                pairs.entry(pair).or_default().push(at);
            }
        }
        let initial = list.iter().position(|one| one.view.initial == Some(true));
        Likely { pairs, initial }
    }

    fn of<'a>(&'a self, pairs: &'a BTreeSet<(u32, u32)>) -> impl Iterator<Item = usize> + 'a {
        let reversed = pairs.iter().map(|(own, lower)| (*lower, *own));
        let peers = reversed.filter_map(|pair| self.pairs.get(&pair)).flatten();
        peers.copied().chain(self.initial)
    }
}

/// Questions in one namespace.
struct Search<'a> {
    spots: &'a mut Spots,
    at: usize,
    nsids: Nsids,
    asked: HashSet<usize>,
    answers: HashMap<i32, usize>,
    /// The ids that nobody is known for yet.
    open: HashSet<i32>,
    share: usize,
}

impl Search<'_> {
    fn run(&mut self, questions: &Questions, likely: &Likely, spare: &mut usize) {
        for (nsid, pairs) in questions {
            for other in likely.of(pairs) {
                if !self.open.contains(nsid) || !self.ask(other, spare) {
                    break;
                }
            }
        }
        for other in 0..self.spots.list.len() {
            if self.open.is_empty() || !self.ask(other, spare) {
                return;
            }
        }
    }

    /// Asks about another namespace; false when that was one question too many.
    fn ask(&mut self, other: usize, spare: &mut usize) -> bool {
        if other == self.at || !self.asked.insert(other) {
            return true;
        }
        let budget = if self.share > 0 {
            &mut self.share
        } else {
            spare
        };
        let Some(left) = budget.checked_sub(1) else {
            return false;
        };
        *budget = left;
        let id = |file| self.nsids.id(file).ok().flatten();
        let answer = self.spots.open(other).ok().and_then(id);
        if let Some(nsid) = answer.and_then(|id| i32::try_from(id).ok()) {
            self.open.remove(&nsid);
            self.answers.insert(nsid, other);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeward_netns::Lower;

    fn all(spot: &Spot) -> Questions {
        questions(spot, |_| true)
    }

    fn link(index: u32, lower: u32, nsid: i32) -> Link {
        Link {
            index,
            lower: Some(Lower {
                index: Some(lower),
                nsid: Some(nsid),
            }),
            ..Link::default()
        }
    }

    /// A machine with many containers, each with a pair to the initial namespace.
    #[test]
    fn the_other_end_of_a_pair_is_asked_about_first() {
        const MANY: u32 = 1000;
        let outside = (0..MANY).map(|n| link(100 + n, 2, i32::try_from(n).unwrap()));
        let mut list = vec![Spot::with(true, outside.collect())];
        list.extend((0..MANY).map(|n| Spot::with(false, vec![link(2, 100 + n, 0)])));
        let likely = Likely::new(&list);
        for (nsid, pairs) in all(&list[0]) {
            let first = likely.of(&pairs).next().unwrap();
            assert_eq!(i32::try_from(first).unwrap(), nsid + 1);
        }
        for spot in &list[1..] {
            let pairs = all(spot).remove(&0).unwrap();
            assert_eq!(likely.of(&pairs).next(), Some(0));
        }
    }

    #[test]
    fn what_is_no_id_is_not_asked_about() {
        assert!(all(&Spot::with(false, vec![link(2, 3, -1)])).is_empty());
        assert!(all(&Spot::with(false, vec![Link::default()])).is_empty());
    }
}
