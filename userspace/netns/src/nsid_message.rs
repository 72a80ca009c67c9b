// SPDX-License-Identifier: MIT OR Apache-2.0

//! The few messages of rtnetlink that are about ids of network namespaces.

use nix::errno::Errno;

use crate::nsid::{Nsid, NsidError};

pub(crate) const RTM_NEWNSID: u16 = 88;
pub(crate) const RTM_GETNSID: u16 = 90;

pub(crate) const NETNSA_NSID: u16 = 1;
pub(crate) const NETNSA_FD: u16 = 3;
pub(crate) const NETNSA_TARGET_NSID: u16 = 4;
const NETNSA_CURRENT_NSID: u16 = 5;

pub(crate) const NLM_F_ACK: u16 = 4;
pub(crate) const NLM_F_DUMP: u16 = 0x300;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_CAPPED: u16 = 0x100;
const NLM_F_ACK_TLVS: u16 = 0x200;

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLMSGERR_ATTR_MSG: u16 = 1;

const HEADER: usize = 16;
/// `struct rtgenmsg`, padded.
const FAMILY: usize = 4;

/// What a message of the kernel says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// An id.
    Nsid(Nsid),
    /// The end, good or bad.
    End(Result<(), NsidError>),
}

/// A request with attributes of 32 bits.
pub(crate) fn request(kind: u16, flags: u16, seq: u32, attributes: &[(u16, i32)]) -> Vec<u8> {
    let len = HEADER + FAMILY + 8 * attributes.len();
    let mut bytes = Vec::with_capacity(len);
    bytes.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_ne_bytes());
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(&(NLM_F_REQUEST | flags).to_ne_bytes());
    bytes.extend_from_slice(&seq.to_ne_bytes());
    bytes.extend_from_slice(&[0; 4 + FAMILY]);
    for (kind, value) in attributes {
        bytes.extend_from_slice(&8u16.to_ne_bytes());
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(&value.to_ne_bytes());
    }
    bytes
}

/// The answers to request `seq` in a datagram.
pub(crate) fn answers(mut bytes: &[u8], seq: u32) -> Result<Vec<Answer>, NsidError> {
    let mut answers = Vec::new();
    while !bytes.is_empty() {
        let (message, rest) = split(bytes).ok_or(NsidError::Malformed)?;
        bytes = rest;
        if u32_at(message, 8) == Some(seq) {
            answers.push(answer(message).ok_or(NsidError::Malformed)?);
        }
    }
    Ok(answers)
}

/// The first message, and what comes after it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = usize::try_from(u32_at(bytes, 0)?).ok()?;
    let message = bytes.get(..len).filter(|_| len >= HEADER)?;
    let next = len.checked_add(3)? & !3;
    Some((message, bytes.get(next..).unwrap_or_default()))
}

fn answer(message: &[u8]) -> Option<Answer> {
    let flags = u16_at(message, 6)?;
    let payload = message.get(HEADER..)?;
    Some(match u16_at(message, 4)? {
        RTM_NEWNSID => {
            let attributes = payload.get(FAMILY..)?;
            let number = |kind| attribute(attributes, kind).and_then(|id| u32_at(id, 0));
            // A negative one means none.
            let id = |number: u32| (number >> 31 == 0).then_some(number);
            Answer::Nsid(Nsid {
                id: id(number(NETNSA_NSID)?),
                current: number(NETNSA_CURRENT_NSID).map(id),
            })
        }
        NLMSG_ERROR => {
            let echoed = match flags & NLM_F_CAPPED {
                0 => usize::try_from(u32_at(payload, 4)?).ok()?.max(HEADER),
                _ => HEADER,
            };
            let code = u32_at(payload, 0)?;
            Answer::End(verdict(code, flags, payload.get(4 + echoed..)))
        }
        // A bare one is good.
        NLMSG_DONE => Answer::End(verdict(
            u32_at(payload, 0).unwrap_or(0),
            flags,
            payload.get(4..),
        )),
        _ => return None,
    })
}

fn verdict(code: u32, flags: u16, attributes: Option<&[u8]>) -> Result<(), NsidError> {
    if code == 0 {
        return Ok(());
    }
    let text = attributes
        .filter(|_| flags & NLM_F_ACK_TLVS != 0)
        .and_then(|attributes| attribute(attributes, NLMSGERR_ATTR_MSG));
    Err(match text {
        Some(text) => {
            let text = String::from_utf8_lossy(text);
            NsidError::Explained(text.trim_end_matches(['\0', '.']).to_owned())
        }
        None => NsidError::Refused(Errno::from_raw(0i32.wrapping_sub_unsigned(code))),
    })
}

/// The payload of an attribute.
fn attribute(mut bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let len = usize::from(u16_at(bytes, 0)?);
        let kind = u16_at(bytes, 2)?;
        let payload = bytes.get(4..len)?;
        if kind & 0x3fff == wanted {
            return Some(payload);
        }
        bytes = bytes.get((len.checked_add(3)? & !3)..)?;
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_ne_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nsid(id: i32, current: Option<i32>) -> Vec<u8> {
        let mut attributes = vec![(NETNSA_NSID, id)];
        attributes.extend(current.map(|current| (NETNSA_CURRENT_NSID, current)));
        request(RTM_NEWNSID, 0, 7, &attributes)
    }

    #[test]
    fn ids_are_read_and_negative_ones_mean_none() {
        let table = [
            (nsid(3, None), Some(3), None),
            (nsid(-1, None), None, None),
            (nsid(0, Some(-1)), Some(0), Some(None)),
            (nsid(-1, Some(5)), None, Some(Some(5))),
        ];
        for (bytes, id, current) in table {
            let expected = Answer::Nsid(Nsid { id, current });
            assert_eq!(answers(&bytes, 7), Ok(vec![expected]));
        }
    }

    #[test]
    fn several_messages_in_a_datagram_are_all_read_and_those_to_others_are_not() {
        let mut bytes = [nsid(1, None), nsid(2, None)].concat();
        assert_eq!(answers(&bytes, 7).unwrap().len(), 2);
        bytes[8] = 8;
        assert_eq!(answers(&bytes, 7).unwrap().len(), 1);
    }

    #[test]
    fn a_truncated_answer_is_an_error_and_never_a_panic() {
        let whole = nsid(-1, Some(1));
        for len in 1..whole.len() {
            let mut bytes = whole[..len].to_vec();
            assert_eq!(answers(&bytes, 7), Err(NsidError::Malformed), "{len}");
            // Also when the message says itself that it is so short.
            if len >= 16 {
                bytes[..4].copy_from_slice(&u32::try_from(len).unwrap().to_ne_bytes());
                let _ = answers(&bytes, 7);
            }
        }
    }
}
