// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ids that the network namespace of this thread gives to others.

use std::os::fd::{AsFd, AsRawFd};

use homeward_netlink::{attribute, attrs, NlmF};
use nix::errno::Errno;

use crate::error::Result;
use crate::rtnetlink::{LinkError, Refused, Rtnetlink};

const RTM_NEWNSID: u16 = 88;
const RTM_GETNSID: u16 = 90;

const NETNSA_NSID: u16 = 1;
const NETNSA_FD: u16 = 3;
const NETNSA_TARGET_NSID: u16 = 4;
const NETNSA_CURRENT_NSID: u16 = 5;

/// `struct rtgenmsg`, padded.
const FAMILY: usize = 4;

/// Asks for ids, and gives them.
#[derive(Debug)]
pub struct Nsids {
    netlink: Rtnetlink,
}

/// An id as the kernel tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nsid {
    /// The id in the namespace that was asked about; None when it has none there.
    pub id: Option<u32>,
    /// The id in the own namespace, if another one was asked about; None inside when it has none.
    pub current: Option<Option<u32>>,
}

/// Why there is no answer about an id, in the words of iproute2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NsidError {
    /// The kernel explained itself.
    #[error("Error: {0}.")]
    Explained(String),
    /// The kernel did not.
    #[error("RTNETLINK answers: {}", .0.desc())]
    Refused(Errno),
    /// The answer makes no sense.
    #[error("RTNETLINK answers: malformed message")]
    Malformed,
}

impl From<LinkError> for NsidError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Refused(Refused { message, errno }) => match message {
                Some(text) => NsidError::Explained(text.trim_end_matches('.').to_owned()),
                None => NsidError::Refused(errno),
            },
            LinkError::System(errno) => NsidError::Refused(errno),
            LinkError::Unsendable | LinkError::Malformed => NsidError::Malformed,
        }
    }
}

type Answered<T> = std::result::Result<T, NsidError>;

impl Nsids {
    /// Opens a socket to ask with.
    pub fn open() -> Result<Self> {
        let netlink = Rtnetlink::open_here()?;
        // Otherwise the kernel lists only the own ids.
        netlink.be_strict();
        Ok(Nsids { netlink })
    }

    /// The id of an open namespace; None when it has none.
    pub fn id(&mut self, namespace: impl AsFd) -> Answered<Option<u32>> {
        let fd = namespace.as_fd().as_raw_fd();
        let found = self.talk(RTM_GETNSID, NlmF::ACK, &[(NETNSA_FD, fd)])?;
        Ok(found.first().ok_or(NsidError::Malformed)?.id)
    }

    /// Gives an id to an open namespace; with None the kernel chooses it.
    pub fn set(&mut self, namespace: impl AsFd, id: Option<u32>) -> Answered<()> {
        let fd = namespace.as_fd().as_raw_fd();
        let id = id.map_or(Ok(-1), i32::try_from);
        let id = id.map_err(|_| NsidError::Refused(Errno::ERANGE))?;
        let attributes = [(NETNSA_FD, fd), (NETNSA_NSID, id)];
        self.talk(RTM_NEWNSID, NlmF::ACK, &attributes).map(drop)
    }

    /// The namespace that has an id here, as `target` calls it (or the own namespace, which makes
    /// the answer the question).
    pub fn of_id(&mut self, id: i32, target: Option<i32>) -> Answered<Nsid> {
        let mut attributes = vec![(NETNSA_NSID, id)];
        attributes.extend(target.map(|target| (NETNSA_TARGET_NSID, target)));
        let found = self.talk(RTM_GETNSID, NlmF::ACK, &attributes)?;
        found.first().copied().ok_or(NsidError::Malformed)
    }

    /// All ids that the own namespace gives, or the one with the id `target`.
    pub fn all(&mut self, target: Option<i32>) -> Answered<Vec<Nsid>> {
        let target = target.map(|target| (NETNSA_TARGET_NSID, target));
        self.talk(RTM_GETNSID, NlmF::DUMP, target.as_slice())
    }

    fn talk(&mut self, kind: u16, flags: NlmF, attributes: &[(u16, i32)]) -> Answered<Vec<Nsid>> {
        let mut found = Vec::new();
        let body = body(attributes).ok_or(LinkError::Unsendable)?;
        self.netlink.talk(kind, flags, &body, |kind, body| {
            let nsid = nsid(body).filter(|_| kind == RTM_NEWNSID);
            found.push(nsid?);
            Some(())
        })?;
        Ok(found)
    }
}

/// Attributes of 32 bits, about no protocol in particular.
fn body(attributes: &[(u16, i32)]) -> Option<Vec<u8>> {
    let mut bytes = vec![0; FAMILY];
    for (kind, value) in attributes {
        bytes.extend(attribute(*kind, &value.to_ne_bytes())?);
    }
    Some(bytes)
}

fn nsid(body: &[u8]) -> Option<Nsid> {
    let attributes = body.get(FAMILY..)?;
    let number = |kind| {
        let mut all = attrs(attributes).flatten();
        all.find(|attr| attr.kind == kind)?.u32().ok()
    };
    // A negative one means none.
    let id = |number: u32| (number >> 31 == 0).then_some(number);
    Some(Nsid {
        id: id(number(NETNSA_NSID)?),
        current: number(NETNSA_CURRENT_NSID).map(id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::open_self;
    use std::fs::File;

    fn told(id: i32, current: Option<i32>) -> Vec<u8> {
        let mut attributes = vec![(NETNSA_NSID, id)];
        attributes.extend(current.map(|current| (NETNSA_CURRENT_NSID, current)));
        body(&attributes).unwrap()
    }

    #[test]
    fn ids_are_read_and_negative_ones_mean_none() {
        let table = [
            (told(3, None), Some(3), None),
            (told(-1, None), None, None),
            (told(0, Some(-1)), Some(0), Some(None)),
            (told(-1, Some(5)), None, Some(Some(5))),
        ];
        for (bytes, id, current) in table {
            assert_eq!(nsid(&bytes), Some(Nsid { id, current }));
        }
    }

    #[test]
    fn a_truncated_id_is_none_and_never_a_panic() {
        let whole = told(-1, None);
        for len in 0..whole.len() {
            assert_eq!(nsid(&whole[..len]), None, "{len}");
        }
    }

    #[test]
    fn asking_about_the_own_namespace_gives_an_answer() {
        let mut nsids = Nsids::open().unwrap();
        nsids.id(open_self().unwrap()).unwrap();
        nsids.all(None).unwrap();
    }

    #[test]
    fn a_file_that_is_no_namespace_is_refused_as_iproute2_says_it() {
        let mut nsids = Nsids::open().unwrap();
        let error = nsids.id(File::open("/etc/passwd").unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "Error: Peer netns reference is invalid.");
        // And the next question gets its own answer.
        nsids.id(open_self().unwrap()).unwrap();
    }

    #[test]
    fn an_id_that_nobody_has_is_refused() {
        let mut nsids = Nsids::open().unwrap();
        let error = nsids.of_id(i32::MAX, None).unwrap_err();
        assert_eq!(error.to_string(), "Error: Peer netns reference is invalid.");
        let error = nsids.all(Some(i32::MAX)).unwrap_err();
        let expected = "Error: Invalid target network namespace id.";
        assert_eq!(error.to_string(), expected);
    }
}
