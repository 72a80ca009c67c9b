// SPDX-License-Identifier: GPL-2.0-only

//! What came of the requests.

use std::collections::BTreeMap;

use homeward_netlink::{messages, Ack, Nlmsg};
use nix::errno::Errno;

/// See above.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    family: u16,
    pub(crate) sent: u64,
    /// Done.
    pub(crate) accepted: u64,
    /// Dumps that came to their end.
    pub(crate) dumped: u64,
    /// Not done, with an errno.
    pub(crate) refused: BTreeMap<i32, u64>,
    /// Data.
    pub(crate) told: u64,
    /// Data of a dump that was overtaken by changes.
    pub(crate) overtaken: u64,
    /// Answers that did not fit into the socket.
    pub(crate) overruns: u64,
}

impl Figures {
    /// Of requests to a family.
    pub(crate) fn new(family: u16) -> Self {
        Figures {
            family,
            ..Figures::default()
        }
    }

    /// Adds the answers in a datagram.
    pub(crate) fn count(&mut self, datagram: &[u8]) {
        // What is broken is no answer.
        for message in messages(datagram).flatten() {
            match message.ack() {
                Ok(Some(Ack {
                    errno: Some(errno), ..
                })) => {
                    *self.refused.entry(errno as i32).or_default() += 1;
                }
                Ok(Some(_)) if Nlmsg::from(message.kind) == Nlmsg::Done => self.dumped += 1,
                // An acknowledgement has the errno, then the header of the request. What has lost its
                // length may seem to be a message to somebody else, or a control message.
                Ok(Some(_)) => {
                    let asked = message.payload.get(8..10);
                    self.accepted += u64::from(asked == Some(&self.family.to_ne_bytes()));
                }
                Ok(None) if message.kind == self.family => {
                    self.told += 1;
                    self.overtaken += u64::from(message.dump_interrupted());
                }
                Ok(None) | Err(_) => {}
            }
        }
    }

    /// How many were refused.
    pub(crate) fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Adds those of another sender.
    pub(crate) fn add(&mut self, other: &Figures) {
        self.sent += other.sent;
        self.accepted += other.accepted;
        self.dumped += other.dumped;
        self.told += other.told;
        self.overtaken += other.overtaken;
        self.overruns += other.overruns;
        for (errno, count) in &other.refused {
            *self.refused.entry(*errno).or_default() += count;
        }
    }

    /// For the way to the process that adds them up.
    pub(crate) fn to_line(&self) -> String {
        let mut line = format!(
            "{} {} {} {} {} {}",
            self.sent, self.accepted, self.dumped, self.told, self.overtaken, self.overruns
        );
        for (errno, count) in &self.refused {
            line += &format!(" {errno}={count}");
        }
        line
    }

    /// The other end of that way.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let mut number = || words.next()?.parse().ok();
        let mut figures = Figures {
            family: 0,
            sent: number()?,
            accepted: number()?,
            dumped: number()?,
            told: number()?,
            overtaken: number()?,
            overruns: number()?,
            refused: BTreeMap::new(),
        };
        for word in words {
            let (errno, count) = word.split_once('=')?;
            figures
                .refused
                .insert(errno.parse().ok()?, count.parse().ok()?);
        }
        Some(figures)
    }

    /// The refusals, the most frequent first.
    pub(crate) fn reasons(&self) -> String {
        let mut all: Vec<_> = self.refused.iter().collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let words = all
            .iter()
            .map(|(errno, count)| format!("{:?} {count}", Errno::from_raw(**errno)));
        words.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeward_netlink::script::message;

    const ERROR: u16 = 2;
    const DONE: u16 = 3;

    /// A message with a payload of `number` and the beginning of the request's header.
    fn answer(kind: u16, number: i32, asked: u16) -> Vec<u8> {
        let header = [
            [0; 4],
            [asked.to_ne_bytes(), [0; 2]].concat().try_into().unwrap(),
        ];
        message(
            kind,
            0,
            1,
            &[number.to_ne_bytes().as_slice(), &header.concat()].concat(),
        )
    }

    #[test]
    fn each_answer_is_counted_as_what_it_is() {
        let mut figures = Figures::new(40);
        let datagram = [
            answer(ERROR, 0, 40),
            // Granted, but not by the family.
            answer(ERROR, 0, 2),
            answer(ERROR, -22, 40),
            answer(DONE, 0, 0),
            answer(DONE, -4, 0),
            answer(40, 1, 1),
        ]
        .concat();
        figures.count(&datagram);
        let counts = (figures.accepted, figures.dumped, figures.told);
        assert_eq!(counts, (1, 1, 1));
        assert_eq!(figures.reasons(), "EINTR 1, EINVAL 1");
        // A length of 0 or beyond the end is no reason to go astray.
        figures.count(&[0xff; 40]);
        figures.count(&[0; 40]);
    }

    #[test]
    fn figures_survive_the_way() {
        let mut figures = Figures {
            sent: 5,
            told: 3,
            ..Figures::default()
        };
        figures.refused.insert(22, 2);
        assert_eq!(Figures::from_line(&figures.to_line()), Some(figures));
    }
}
