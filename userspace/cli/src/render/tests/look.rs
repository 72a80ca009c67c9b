// SPDX-License-Identifier: GPL-2.0-only

//! Output of the verbs to look with.

use super::*;
use crate::view::{TreeDevice, TreeHome, TreeLink, TreeNamespace};

fn device(ifindex: u32, name: &str, kind: Option<&str>) -> TreeDevice {
    TreeDevice {
        ifindex,
        name: name.to_owned(),
        kind: kind.map(str::to_owned),
        state: Some("up"),
        master: None,
        link: None,
        home: None,
        stuck: false,
    }
}

fn to(relation: &'static str, ifindex: u32, name: &str, cookie: Option<u64>) -> Option<TreeLink> {
    Some(TreeLink {
        relation,
        ifindex: (ifindex > 0).then_some(ifindex),
        name: (ifindex > 0).then(|| name.to_owned()),
        namespace: cookie.map(|cookie| book().place(cookie)),
        nsid: cookie.map(|_| 0),
    })
}

fn initial_one() -> TreeNamespace {
    TreeNamespace {
        cookie: Some(7),
        inum: Some(4026531833),
        state: Some("live"),
        initial: Some(true),
        devices: vec![
            device(1, "lo", None),
            device(2, "eth0", None),
            device(3, "br0", Some("bridge")),
            TreeDevice {
                master: Some("br0".to_owned()),
                link: to("peer", 2, "eth0", Some(4711)),
                ..device(4, "veth1", Some("veth"))
            },
            TreeDevice {
                master: Some("br0".to_owned()),
                link: to("lower", 2, "eth0", None),
                state: Some("no-carrier"),
                ..device(5, "eth0.5", Some("vlan"))
            },
        ],
        ..TreeNamespace::default()
    }
}

fn inside_one() -> TreeNamespace {
    TreeNamespace {
        cookie: Some(4711),
        inum: Some(4026532281),
        state: Some("live"),
        initial: Some(false),
        names: vec!["blue".to_owned(), "r\"e\\d".to_owned()],
        devices: vec![
            TreeDevice {
                state: Some("down"),
                ..device(1, "lo", None)
            },
            TreeDevice {
                link: to("peer", 4, "veth1", Some(7)),
                ..device(2, "eth0", Some("veth"))
            },
            TreeDevice {
                link: to("underlay", 0, "", Some(7)),
                ..device(3, "t\x1b\"\\n", Some("ipip"))
            },
            TreeDevice {
                link: Some(TreeLink {
                    relation: "lower",
                    ifindex: Some(9),
                    name: None,
                    namespace: None,
                    nsid: Some(3),
                }),
                ..device(4, "mv0", Some("macvlan"))
            },
            TreeDevice {
                state: Some("down"),
                home: Some(TreeHome {
                    namespace: book().place(7),
                    name: Some("eth1".to_owned()),
                }),
                ..device(5, "net0", None)
            },
        ],
        ..TreeNamespace::default()
    }
}

fn dying_one() -> TreeNamespace {
    TreeNamespace {
        cookie: Some(4712),
        inum: Some(4026532300),
        state: Some("dying"),
        initial: Some(false),
        hidden: Some("it is being destroyed".to_owned()),
        devices: vec![TreeDevice {
            state: None,
            stuck: true,
            ..device(12, "veth7", Some("veth"))
        }],
        ..TreeNamespace::default()
    }
}

fn tree() -> Tree {
    Tree {
        complete: false,
        namespaces: vec![initial_one(), inside_one(), dying_one()],
    }
}

#[test]
fn a_tree_as_text_and_json() {
    golden("tree.txt", &TEXT.tree(&tree(), false).unwrap());
    golden("tree.json", &JSON.tree(&tree(), false).unwrap());
}

#[test]
fn a_tree_without_unicode_is_ascii() {
    let look = Look {
        unicode: false,
        ..TEXT
    };
    let text = look.tree(&tree(), false).unwrap();
    assert!(text.is_ascii(), "{text}");
    golden("tree-ascii.txt", &text);
}

#[test]
fn a_tree_for_graphviz_has_no_text_outside_of_its_quotes() {
    let text = TEXT.tree(&tree(), true).unwrap();
    golden("tree.dot", &text);
    for line in text.lines().filter(|line| line.contains('"')) {
        assert!(!line
            .chars()
            .any(|letter| letter.is_control() && letter != '\t'));
        // Between quotes only what this program itself wrote may stand.
        let mut outside = String::new();
        let (mut inside, mut escaped) = (false, false);
        for letter in line.chars() {
            match letter {
                _ if escaped => escaped = false,
                '\\' if inside => escaped = true,
                '"' => inside = !inside,
                letter if !inside => outside.push(letter),
                _ => {}
            }
        }
        assert!(!inside, "{line}");
        let known = |letter: char| letter.is_ascii_lowercase() || "\t\n -=[],;".contains(letter);
        assert!(outside.chars().all(known), "{outside}");
    }
}

#[test]
fn ports_in_a_circle_are_all_shown() {
    let mut namespace = initial_one();
    let port = |ifindex, name, master: &str| TreeDevice {
        master: Some(master.to_owned()),
        ..device(ifindex, name, None)
    };
    namespace.devices = vec![port(1, "a", "b"), port(2, "b", "a"), port(3, "c", "absent")];
    let tree = Tree {
        complete: true,
        namespaces: vec![namespace],
    };
    let text = TEXT.tree(&tree, false).unwrap();
    for name in ["─ a", "─ b", "─ c"] {
        assert!(text.contains(name), "{text}");
    }
}
