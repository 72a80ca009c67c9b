// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds of every text in /proc.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

proptest! {
    #[test]
    fn a_number_is_digits_and_nothing_else(text in vec(prop_oneof![30 => select(b"0123456789+- ".to_vec()), 1 => any::<u8>()], 0..22)) {
        let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        let value = digits.then(|| text.iter().try_fold(0u64, |value, digit| {
            value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
        }));
        prop_assert_eq!(number::<u64>(&text), value.flatten());
        let link = [b"net:[", text.as_slice(), b"]"].concat();
        prop_assert_eq!(bracketed(&link, "net"), value.flatten());
        prop_assert_eq!(bracketed(&link, "ne"), None);
    }

    /// The name of a process is in the first line, and whoever runs it chooses that; a line break in it
    /// comes as two letters.
    #[test]
    fn what_a_process_is_called_does_not_change_whose_it_is(name in "[^\n]{0,15}", uids: [u32; 4], kernel: bool) {
        let [real, effective, saved, fs] = uids;
        let kthread = u8::from(kernel);
        let status = format!("Name:\t{name}\nUmask:\t0022\nKthread:\t{kthread}\nUid:\t{real}\t{effective}\t{saved}\t{fs}\n");
        prop_assert_eq!(effective_uid(status.as_bytes()), Some(effective));
        prop_assert_eq!(value(status.as_bytes(), "Kthread") == Some(b"1"), kernel);
        prop_assert_eq!(value(status.as_bytes(), "Name"), Some(name.as_bytes().trim_ascii()));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in vec(prop_oneof![select(b"Uid:\t \n7".to_vec()), any::<u8>()], 0..60)) {
        let _ = (effective_uid(&text), value(&text, "Uid"), value(&text, ""));
        if let Some(found) = value(&text, "Uid") {
            prop_assert!(found.len() <= text.len() && !found.contains(&b'\n'));
        }
    }
}
