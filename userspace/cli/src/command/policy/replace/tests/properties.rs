// SPDX-License-Identifier: GPL-2.0-only

//! What holds whichever rules are replaced by which.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn any_rules() -> impl Strategy<Value = Vec<NewRule>> {
    let kind = prop::sample::select(vec!["", "a", "b", "c"]);
    let action = prop::sample::select(crate::rule::ACTIONS.to_vec());
    vec(
        (kind, action).prop_map(|(kind, action)| rule(kind, action)),
        0..7,
    )
}

proptest! {
    #[test]
    fn at_every_moment_each_device_has_its_old_fate_or_its_new_one(
        old in any_rules(),
        new in any_rules(),
    ) {
        let mut fake = table(&old);
        let before = fake.rules.clone();
        exchange(&mut fake, &new).expect("done");
        prop_assert!(is(&fake.rules, &new));
        for kind in ["a", "b", "c", "other"] {
            let (first, last) = (fate(&before, kind), fate(&fake.rules, kind));
            let mut turned = false;
            for rules in &fake.seen {
                let now = fate(rules, kind);
                turned |= now != first;
                prop_assert_eq!(now, if turned { last } else { first });
            }
        }
    }

    #[test]
    fn a_failure_leaves_the_old_rules(
        old in any_rules(),
        new in any_rules(),
        fails in 0..14usize,
    ) {
        let mut fake = table(&old);
        fake.fails = vec![fails];
        match exchange(&mut fake, &new) {
            Ok(_) => prop_assert!(is(&fake.rules, &new)),
            Err(Broken::Undone(_)) => prop_assert!(is(&fake.rules, &old)),
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn a_failure_that_cannot_be_undone_is_told(
        old in any_rules(),
        new in any_rules(),
        fails in vec(0..14usize, 0..4),
    ) {
        let mut fake = table(&old);
        fake.fails = fails;
        match exchange(&mut fake, &new) {
            Ok(_) => prop_assert!(is(&fake.rules, &new)),
            Err(Broken::Undone(_)) => prop_assert!(is(&fake.rules, &old)),
            Err(Broken::Torn(..)) => {}
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }
}
