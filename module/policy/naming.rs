// SPDX-License-Identifier: GPL-2.0-only

//! Names of devices, and the choice of another when the right one is taken.

/// Room for a name with its NUL (`IFNAMSIZ`).
pub(crate) const NAME_SIZE: usize = 16;

/// How many numbered names are tried: each is a look-up under RTNL, and a tenant may have taken
/// them all.
const TRIES: u32 = 128;

/// Whether no name of a device has this byte in it (`dev_valid_name()`).
///
/// `isspace()` of the kernel goes by Latin-1, where a no-break space is one. In UTF-8 that byte may
/// be a part of a letter, as of "\u{e0}".
pub(crate) fn is_odd(c: u8) -> bool {
    matches!(c, b'/' | b':' | b' ' | b'\t'..=b'\r' | 0xa0)
}

/// The name of a device.
///
/// # Invariants
///
/// 1 to 15 bytes other than NUL, and NUL from there to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

    /// Takes a name that a device can have, and that is no pattern for the kernel to make one of.
    pub(crate) fn of_device(text: &[u8]) -> Option<Name> {
        let name = Name::new(text).filter(|name| name.as_bytes().len() == text.len())?;
        let odd = |&c: &u8| c == b'%' || is_odd(c);
        (!text.iter().any(odd) && text != b"." && text != b"..").then_some(name)
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

/// How a name is made from one that is taken: `%s` stands for that, `%d` for a number.
///
/// # Invariants
///
/// At most 15 bytes with exactly one `%d`, at most one `%s`, and no other `%`, `/`, `:` or space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Template(Name);

impl Template {
    /// `NAME_0`, `NAME_1`, ...
    pub(crate) const DEFAULT: Template = Template(Name(*b"%s_%d\0\0\0\0\0\0\0\0\0\0\0"));

    /// `None` if it is malformed.
    pub(crate) fn new(text: &[u8]) -> Option<Template> {
        let name = Name::new(text).filter(|name| name.as_bytes().len() == text.len())?;
        let (mut bases, mut numbers) = (0, 0);
        let mut rest = text.iter();
        while let Some(&c) = rest.next() {
            match c {
                b'%' => match rest.next()? {
                    b's' => bases += 1,
                    b'd' => numbers += 1,
                    _ => return None,
                },
                c if is_odd(c) => return None,
                _ => {}
            }
        }
        // INVARIANT: Counted.
        (numbers == 1 && bases <= 1).then_some(Template(name))
    }

    /// The template as it was given.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The name with number `n`, the base cut short where the whole would not fit.
    pub(super) fn numbered(&self, base: &Name, n: u32) -> Option<Name> {
        let mut digits = [0; 10];
        let digits = decimal(n, &mut digits);
        let template = self.as_bytes();
        let markers = 2 * template.iter().filter(|&&c| c == b'%').count();
        let fixed = template.len() - markers + digits.len();
        let base = base.as_bytes();
        let base = &base[..base.len().min((NAME_SIZE - 1).checked_sub(fixed)?)];

        let mut name = [0; NAME_SIZE];
        let mut len = 0;
        let mut put = |part: &[u8]| -> Option<()> {
            name.get_mut(len..len + part.len())?.copy_from_slice(part);
            len += part.len();
            Some(())
        };
        let mut rest = template.iter();
        while let Some(&c) = rest.next() {
            match (c, c == b'%') {
                (_, true) if rest.next() == Some(&b's') => put(base)?,
                (_, true) => put(digits)?,
                (c, false) => put(&[c])?,
            }
        }
        Name::new(&name)
    }
}

/// The name that a device gets: `wanted` if it is free, else the first free one that the template
/// makes.
///
/// `None` when all of them are taken.
pub(crate) fn pick(
    wanted: Name,
    template: &Template,
    mut taken: impl FnMut(&Name) -> bool,
) -> Option<Name> {
    if !taken(&wanted) {
        return Some(wanted);
    }
    (0..TRIES)
        .filter_map(|n| template.numbered(&wanted, n))
        .find(|name| !taken(name))
}

/// `n` in decimal digits, at the end of `buf`.
fn decimal(n: u32, buf: &mut [u8; 10]) -> &[u8] {
    let mut at = buf.len();
    let mut rest = n;
    loop {
        at -= 1;
        buf[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return &buf[at..];
        }
    }
}
