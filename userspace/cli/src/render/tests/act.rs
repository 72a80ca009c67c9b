// SPDX-License-Identifier: GPL-2.0-only

//! What the verbs print that change something.

use std::time::Duration;

use super::*;
use crate::view::EndView;

#[test]
fn a_pair_as_text_and_json() {
    let end = |cookie, name: &str, addresses: &[&str]| EndView {
        namespace: book().place(cookie),
        ifindex: 2,
        name: name.to_owned(),
        up: !addresses.is_empty(),
        addresses: addresses.iter().map(|text| (*text).to_owned()).collect(),
    };
    let pair = Pair {
        ends: [
            end(7, "host0", &[]),
            end(4711, "ct0", &["10.0.0.2/24", "2001:db8::2/64"]),
        ],
    };
    golden("pair.txt", &TEXT.pair(&pair).unwrap());
    golden("pair.json", &JSON.pair(&pair).unwrap());
}

#[test]
fn the_end_of_a_wait_as_text_and_json() {
    let wait = |outcome, teardown| {
        let waited = Duration::from_millis(2500);
        Waited::new(book().place(4711), outcome, waited, teardown)
    };
    let gone = wait("gone", Some(Duration::from_millis(40)));
    let text: String = [&gone, &wait("gone", None), &wait("absent", None)]
        .into_iter()
        .map(|waited| TEXT.waited(waited).unwrap())
        .collect();
    golden("waited.txt", &text);
    golden("waited.json", &JSON.waited(&gone).unwrap());
}
