// SPDX-License-Identifier: GPL-2.0-only

//! Names of devices, and the choice of another when the right one is taken.

/// Room for a name with its NUL (`IFNAMSIZ`).
pub(crate) const NAME_SIZE: usize = 16;

/// How many numbered names are tried: each is a look-up under RTNL, and a tenant may have taken
/// them all.
const TRIES: u32 = 128;

/// The name of a device.
///
/// # Invariants
///
/// 1 to 15 bytes other than NUL, and NUL from there to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name([u8; NAME_SIZE]);

impl Name {
    /// A pattern from which the kernel makes a free name, as it does itself for a device whose name
    /// is taken where it goes.
    pub(crate) const PASSING: Name = Name(*b"dev%d\0\0\0\0\0\0\0\0\0\0\0");

    /// Takes the bytes before the first NUL; `None` if there are none, or more than 15.
    pub(crate) fn new(bytes: &[u8]) -> Option<Name> {
        let bytes = bytes.split(|&b| b == 0).next()?;
        if bytes.is_empty() || bytes.len() >= NAME_SIZE {
            return None;
        }
        let mut name = [0; NAME_SIZE];
        name[..bytes.len()].copy_from_slice(bytes);
        // INVARIANT: 1 to 15 bytes without NUL, by the split and the check; the rest is NUL.
        Some(Name(name))
    }

    /// Whether IPv4 and IPv6 refuse a device of this name, because of the directories of these
    /// names in /proc/sys/net/ipv4/conf (`sysctl_dev_name_is_allowed()`).
    pub(crate) fn is_refused_by_ip(&self) -> bool {
        matches!(self.as_bytes(), b"all" | b"default")
    }

    /// The name without its NUL.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.split(|&b| b == 0).next().unwrap_or(&[])
    }

    /// The name with at least one NUL behind it.
    pub(crate) fn as_bytes_with_nul(&self) -> &[u8; NAME_SIZE] {
        &self.0
    }
}

/// The name that a device gets: `wanted` if it is free, else `wanted_N` with the lowest free N,
/// `wanted` cut short where the whole would not fit.
///
/// `None` when all of them are taken.
pub(crate) fn pick(wanted: Name, mut taken: impl FnMut(&Name) -> bool) -> Option<Name> {
    if !taken(&wanted) {
        return Some(wanted);
    }
    (0..TRIES)
        .filter_map(|n| numbered(&wanted, n))
        .find(|name| !taken(name))
}

/// `base_n`.
fn numbered(base: &Name, n: u32) -> Option<Name> {
    let mut digits = [0; 10];
    let mut at = digits.len();
    let mut rest = n;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let digits = &digits[at..];

    let base = base.as_bytes();
    let keep = base.len().min(NAME_SIZE - 1 - 1 - digits.len());
    let mut name = [0; NAME_SIZE];
    name[..keep].copy_from_slice(&base[..keep]);
    name[keep] = b'_';
    name[keep + 1..keep + 1 + digits.len()].copy_from_slice(digits);
    Name::new(&name)
}
