// SPDX-License-Identifier: GPL-2.0-only

//! NICs of namespaces that die together move as one, where the kernel can do that (KERNEL=patched).

use std::collections::BTreeSet;

use homeward_client::model::EventKind;
use homeward_guest_tests::{
    die_together, load, moves_many, returns, Failing, Fault, Fleet, Namespaces, MOVES_MANY,
};
use nix::errno::Errno;

use crate::disguised;

#[test]
fn nics_of_namespaces_that_die_together_move_as_one_and_each_after_its_death_was_told() {
    const COUNT: usize = 32;
    load();
    let fleet = Fleet::new(COUNT);
    let red = Namespaces::add("red", COUNT);
    fleet.leave_for(&red, |number| disguised(number) + " up");
    // Counts, and lets all through.
    let moves = moves_many().then(|| Fault::at_death(MOVES_MANY, Failing::With(Errno::EIO), 0, 0));
    let told = die_together(red);
    // The first of them may be under way when the others die.
    if let Some(moves) = moves {
        let calls = moves.calls();
        assert!((1..=4).contains(&calls), "{calls} moves");
    }
    let how = returns(&told);
    assert_eq!(how.len(), COUNT);
    fleet.all_as_before("together");
    let mut dying = BTreeSet::new();
    for event in &told {
        match event {
            EventKind::NamespaceDying(namespace) => assert!(dying.insert(namespace.cookie)),
            EventKind::DeviceReturned(device, Some(how)) => {
                let from = how.from.expect("where it comes from");
                assert!(dying.contains(&from), "{} before its death", device.name);
            }
            _ => {}
        }
    }
    assert_eq!(dying.len(), COUNT);
}
