// SPDX-License-Identifier: GPL-2.0-only

//! What holds of every selector.

use std::os::unix::ffi::OsStringExt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Words near to selectors, and whatever else.
fn word() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "pid:",
        "inum:",
        "cookie:",
        "net:[",
        "]",
        "init",
        "self",
        "@",
        "ifindex:",
        "eth0",
        "/",
        ".",
        "%",
        " ",
        "-",
        "+",
        "0",
        "7",
        "4026532281",
        "4294967296",
        "18446744073709551616",
        "\u{e0}",
        "\x1b[31m",
    ];
    let known = select(known.to_vec()).prop_map(|part| part.as_bytes().to_vec());
    let part = prop_oneof![4 => known, 1 => vec(any::<u8>(), 0..4)];
    prop_oneof![
        vec(part, 0..5).prop_map(|parts| parts.concat()),
        vec(any::<u8>(), 0..300)
    ]
}

proptest! {
    #[test]
    fn what_is_read_is_written_as_what_is_read_as_the_same(word in word()) {
        let text = OsString::from_vec(word);
        match Selector::parse(&text) {
            // One that is no text cannot be written as one.
            Ok(selector) if text.to_str().is_some() => {
                let written = selector.to_string();
                prop_assert_eq!(Selector::parse(OsStr::new(&written)), Ok(selector));
            }
            Ok(_) => {}
            Err(error) => prop_assert!(error.to_string().contains(" names no network namespace: ")),
        }
    }

    #[test]
    fn what_is_read_of_a_device_is_written_as_what_is_read_as_the_same(word in word()) {
        let text = OsString::from_vec(word);
        match DeviceSelector::parse(&text) {
            Ok(selector) if text.to_str().is_some() => {
                let written = selector.to_string();
                prop_assert_eq!(DeviceSelector::parse(OsStr::new(&written)), Ok(selector));
            }
            Ok(_) => {}
            Err(error) => prop_assert!(error.to_string().contains(" names no ")),
        }
    }

    #[test]
    fn a_number_is_one_or_is_refused(number: u64, zeros in 0..4usize) {
        let parse = |kind: &str| Selector::parse(OsStr::new(&format!("{kind}{}{number}", "0".repeat(zeros)))).ok();
        prop_assert_eq!(parse("cookie:"), (number > 0).then_some(Selector::Cookie(number)));
        let small = u32::try_from(number).ok().filter(|number| *number > 0);
        prop_assert_eq!(parse("pid:"), small.map(Selector::Pid));
        prop_assert_eq!(parse("inum:"), small.map(Selector::Inum));
    }
}
