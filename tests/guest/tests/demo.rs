// SPDX-License-Identifier: GPL-2.0-only

//! The picture in the README shows what the demo prints.

use homeward_guest_tests::{load, run, unload};

const PICTURE: &str = include_str!("../../../docs/demo.svg");

/// The text of a picture, a line for each line of its file.
fn text(picture: &str) -> String {
    let lines = picture.lines().filter(|line| line.starts_with("<text"));
    let plain = |line: &str| {
        let pieces = line.split('<').map(|piece| match piece.split_once('>') {
            Some((_tag, text)) => text,
            None => piece,
        });
        pieces.collect::<String>() + "\n"
    };
    lines.map(plain).collect()
}

#[test]
fn the_picture_shows_what_the_demo_prints() {
    // It loads the module itself.
    unload();
    let printed = run("/demo.sh", &[]);
    let (_, table) = printed.split_at(printed.find("\nsetting ").expect("a table") + 1);
    // The guest's cards have their names in the order in which the kernel finds them.
    let (first, _) = printed.split_once('\n').expect("a first line");
    let name = first.rsplit(' ').next().expect("the card's name");
    let table = table.replace(name, "eth0");
    assert_eq!(text(PICTURE), table, "run 'make picture'");
    load();
}
