// SPDX-License-Identifier: GPL-2.0-only

//! Numbers as C reads them: decimal, octal after `0`, hexadecimal after `0x`.

use std::ffi::OsStr;

/// A whole number with or without sign.
pub(super) fn integer(word: &OsStr) -> Option<i32> {
    i32::try_from(long(word)?).ok()
}

/// A whole number that is not negative.
pub(super) fn unsigned(word: &OsStr) -> Option<u32> {
    u32::try_from(long(word)?).ok()
}

fn long(word: &OsStr) -> Option<i64> {
    let text = word.to_str()?;
    let text = text.trim_start_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let hexadecimal = text.strip_prefix("0x").or(text.strip_prefix("0X"));
    let (digits, radix) = match hexadecimal {
        Some(digits) => (digits, 16),
        None if text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    // from_str_radix would take a second sign.
    if !digits.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i64::from_str_radix(digits, radix).ok()?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_strtol_does() {
        let table = [
            ("0", Some(0)),
            ("12", Some(12)),
            ("+12", Some(12)),
            ("-1", Some(-1)),
            (" 7", Some(7)),
            ("0x1F", Some(31)),
            ("010", Some(8)),
            ("2147483647", Some(i32::MAX)),
            ("2147483648", None),
            ("08", None),
            ("0x", None),
            ("--1", None),
            ("+-1", None),
            ("1 ", None),
            ("x", None),
            ("", None),
            ("99999999999999999999", None),
        ];
        for (text, value) in table {
            assert_eq!(integer(OsStr::new(text)), value, "{text}");
        }
        assert_eq!(unsigned(OsStr::new("4294967295")), Some(u32::MAX));
        assert_eq!(unsigned(OsStr::new("-1")), None);
    }
}
