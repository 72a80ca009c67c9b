// SPDX-License-Identifier: GPL-2.0-only

//! Whatever is connected to whatever, boxes do not cover each other.

use proptest::prelude::*;

use super::*;

fn scenes() -> impl Strategy<Value = (Vec<Point>, BTreeSet<Pair>)> {
    (1_usize..24).prop_flat_map(|count| {
        let sizes = prop::collection::vec((60.0..400.0, 30.0..600.0), count);
        let pairs = prop::collection::btree_set((0..count, 0..count), 0..count * 2);
        let ordered = pairs.prop_map(|pairs| {
            let pairs = pairs.into_iter().filter(|(one, other)| one != other);
            pairs
                .map(|(one, other)| (one.min(other), one.max(other)))
                .collect()
        });
        (sizes, ordered)
    })
}

fn apart(one: (Point, Point), other: (Point, Point)) -> bool {
    let clear = |a: (f64, f64), b: (f64, f64)| a.1 <= b.0 || b.1 <= a.0;
    let ((corner, size), (corner2, size2)) = (one, other);
    clear(
        (corner.0, corner.0 + size.0),
        (corner2.0, corner2.0 + size2.0),
    ) || clear(
        (corner.1, corner.1 + size.1),
        (corner2.1, corner2.1 + size2.1),
    )
}

proptest! {
    #[test]
    fn boxes_are_in_the_picture_and_do_not_cover_each_other((sizes, pairs) in scenes(), first in 0_usize..24) {
        let plan = Plan::new(&sizes, &pairs, (first < sizes.len()).then_some(first));
        prop_assert_eq!(plan.corners.len(), sizes.len());
        let boxes: Vec<_> = plan.corners.values().copied().zip(sizes.iter().copied()).collect();
        for (at, one) in boxes.iter().enumerate() {
            let ((x, y), (width, height)) = *one;
            prop_assert!(x >= 0.0 && y >= 0.0, "{:?}", one);
            prop_assert!(x + width <= plan.size.0 && y + height <= plan.size.1, "{:?} {:?}", one, plan.size);
            for other in &boxes[..at] {
                prop_assert!(apart(*one, *other), "{:?} {:?}", one, other);
            }
        }
        prop_assert!(plan.routes.keys().copied().eq(pairs));
    }
}
