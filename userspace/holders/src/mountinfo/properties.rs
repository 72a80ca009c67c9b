// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds of every mountinfo table. That of its escapes is in the crate that undoes them.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

proptest! {
    #[test]
    fn only_mounts_of_the_namespace_are_found_and_all_of_them(
        mounts in vec((
            any::<u64>(),
            prop_oneof![(6..9u64).prop_map(|inum| format!("net:[{inum}]")), Just("/".to_owned()), Just("mnt:[7]".to_owned())],
            "/[a-z\u{e4}-]{1,8}",
            of("shared:[0-9]{1,3}( master:[0-9])?"),
            select(vec!["nsfs", "tmpfs", "-"]),
        ), 0..10),
    ) {
        let lines = mounts.iter().map(|(id, root, point, optional, kind)| {
            let optional = optional.as_ref().map(|text| format!(" {text}")).unwrap_or_default();
            format!("{id} 1 0:4 {root} {point} rw{optional} - {kind} nsfs rw\n")
        });
        let table = lines.collect::<String>();
        let its = mounts.iter().filter(|(_, root, _, _, kind)| root == "net:[7]" && *kind == "nsfs");
        let mut expected: Vec<_> = its.map(|(id, _, point, ..)| (*id, PathBuf::from(point))).collect();
        expected.reverse();
        let table = Table::with(table.as_bytes(), 7).unwrap_or_default();
        let found: Vec<_> = table.of(7).map(|line| (line.id, line.point.clone())).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_table_makes_the_reader_panic(table in vec(prop_oneof![select(b" \n\\-/7:[]nets".to_vec()), any::<u8>()], 0..200)) {
        let read = Table::read(&table);
        prop_assert!(read.of(7).count() <= table.len() / 10);
        for line in &read.0 {
            prop_assert!(read.covers(line).len() <= read.0.len());
        }
    }
}
