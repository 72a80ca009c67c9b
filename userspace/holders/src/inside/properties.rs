// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds of every table of TCP connections.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

proptest! {
    #[test]
    fn exactly_the_connections_that_count_are_counted(
        rows in vec((0..13u8, 0..5u8, select(vec![0u64, 1, 4711]), 0..70000u32), 0..20),
    ) {
        let mut table = String::from("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n");
        for (number, (state, timer, inode, uid)) in rows.iter().enumerate() {
            table += &format!(
                "{number:4}: 0100007F:1F90 00000000:0000 {state:02X} 00000000:00000000 {timer:02X}:00000000 00000000 \
                 {uid:5}        0 {inode} 1 0000000000000000 100 0 0 10 0\n"
            );
        }
        let counts = |&&(state, timer, inode, _): &&(u8, u8, u64, u32)| inode == 0 && state != 3 && timer != 3;
        let expected = rows.iter().filter(counts).count();
        prop_assert_eq!(orphans(table.as_bytes()), u32::try_from(expected).expect("few"));
    }

    #[test]
    fn no_table_makes_the_reader_panic(table in vec(prop_oneof![select(b" \n:037A".to_vec()), any::<u8>()], 0..300)) {
        prop_assert!(orphans(&table) as usize <= table.len() / 10);
    }
}
