// SPDX-License-Identifier: GPL-2.0-only

//! Trees of fixed namespaces.

use super::*;
use crate::command::inside::fixture;
use crate::fixture::{book, golden, JSON, TEXT};
use crate::render::Look;

pub(in crate::command) fn device(ifindex: u32, name: &str, kind: Option<&str>) -> Device {
    Device {
        ifindex,
        name: name.to_owned(),
        kind: kind.map(str::to_owned),
        state: Some("up"),
        master: None,
        link: None,
        home: None,
        stuck: false,
        silent: false,
        inside: None,
    }
}

fn to(relation: &'static str, ifindex: u32, name: &str, cookie: Option<u64>) -> Option<Link> {
    Some(Link {
        relation,
        ifindex: (ifindex > 0).then_some(ifindex),
        name: (ifindex > 0).then(|| name.to_owned()),
        namespace: cookie.map(|cookie| book().place(cookie)),
        nsid: cookie.map(|_| 0),
    })
}

fn initial_one() -> Namespace {
    Namespace {
        cookie: Some(7),
        inum: Some(4026531833),
        state: Some(State::Live),
        initial: Some(true),
        devices: vec![
            Device {
                silent: true,
                ..device(1, "lo", None)
            },
            Device {
                inside: Some(fixture()),
                ..device(2, "eth0", None)
            },
            device(3, "br0", Some("bridge")),
            Device {
                master: Some("br0".to_owned()),
                link: to("peer", 2, "eth0", Some(4711)),
                ..device(4, "veth1", Some("veth"))
            },
            Device {
                master: Some("br0".to_owned()),
                link: to("lower", 2, "eth0", None),
                state: Some("no-carrier"),
                ..device(5, "eth0.5", Some("vlan"))
            },
        ],
        ..Namespace::default()
    }
}

fn inside_one() -> Namespace {
    Namespace {
        cookie: Some(4711),
        inum: Some(4026532281),
        state: Some(State::Live),
        initial: Some(false),
        names: vec!["blue".to_owned(), "r\"e\\d".to_owned()],
        owned_by: Some(crate::owner::fixture()),
        devices: vec![
            Device {
                state: Some("down"),
                silent: true,
                ..device(1, "lo", None)
            },
            Device {
                link: to("peer", 4, "veth1", Some(7)),
                ..device(2, "eth0", Some("veth"))
            },
            Device {
                link: to("underlay", 0, "", Some(7)),
                ..device(3, "t\x1b\"\\n", Some("ipip"))
            },
            Device {
                link: Some(Link {
                    relation: "lower",
                    ifindex: Some(9),
                    name: None,
                    namespace: None,
                    nsid: Some(3),
                }),
                ..device(4, "mv0", Some("macvlan"))
            },
            Device {
                state: Some("down"),
                home: Some(Home {
                    namespace: book().place(7),
                    name: Some("eth1".to_owned()),
                }),
                ..device(5, "net0", None)
            },
        ],
        ..Namespace::default()
    }
}

fn dying_one() -> Namespace {
    Namespace {
        cookie: Some(4712),
        inum: Some(4026532300),
        state: Some(State::Dying),
        initial: Some(false),
        hidden: Some("it is being destroyed".to_owned()),
        devices: vec![Device {
            state: None,
            stuck: true,
            ..device(12, "veth7", Some("veth"))
        }],
        ..Namespace::default()
    }
}

fn tree() -> Picture {
    Picture {
        complete: false,
        namespaces: vec![initial_one(), inside_one(), dying_one()],
        left_out: 0,
    }
}

#[test]
fn a_tree_as_text_and_json_and_as_pictures() {
    let tree = tree();
    let look = Look {
        unicode: false,
        ..TEXT
    };
    let mut usual = self::tree();
    usual.leave_out();
    let (ascii, dot) = (draw::lines(&tree, false, look), dot::graph(&tree));
    assert!(ascii.is_ascii(), "{ascii}");
    nothing_stands_outside_of_quotes(&dot);
    golden(
        "tree",
        &[
            ("text", draw::lines(&usual, false, TEXT)),
            ("text of all devices", draw::lines(&tree, false, TEXT)),
            ("long text", draw::lines(&usual, true, TEXT)),
            ("ascii", ascii),
            ("dot", dot),
            ("mermaid", mermaid::chart(&usual)),
            ("svg", svg::picture(&usual)),
            ("json", JSON.choose(&tree, String::new).unwrap()),
        ],
    );
}

fn nothing_stands_outside_of_quotes(text: &str) {
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
    let port = |ifindex, name, master: &str| Device {
        master: Some(master.to_owned()),
        ..device(ifindex, name, None)
    };
    namespace.devices = vec![port(1, "a", "b"), port(2, "b", "a"), port(3, "c", "absent")];
    let tree = Picture {
        complete: true,
        namespaces: vec![namespace],
        left_out: 0,
    };
    let text = draw::lines(&tree, false, TEXT);
    for name in ["─ a", "─ b", "─ c"] {
        assert!(text.contains(name), "{text}");
    }
}

/// Namespaces that are each connected to the initial one by a pair, as containers are.
fn containers(count: u32) -> Picture {
    let place = |cookie| Place {
        cookie,
        name: None,
        initial: cookie == 7,
    };
    let end = |ifindex, name: &str, cookie| {
        Some(Link {
            relation: "peer",
            ifindex: Some(ifindex),
            name: Some(name.to_owned()),
            namespace: Some(place(cookie)),
            nsid: Some(0),
        })
    };
    let all = || 1..=count;
    let ports = all().map(|number| Device {
        master: Some("br0".to_owned()),
        link: end(2, "eth0", 100 + u64::from(number)),
        ..device(100 + number, &format!("veth{number}"), Some("veth"))
    });
    let bridge = [device(2, "eth0", None), device(3, "br0", Some("bridge"))];
    let containers = all().map(|number| Namespace {
        cookie: Some(100 + u64::from(number)),
        state: Some(State::Live),
        initial: Some(false),
        names: vec![format!("ct{number}")],
        devices: vec![Device {
            link: end(100 + number, &format!("veth{number}"), 7),
            ..device(2, "eth0", Some("veth"))
        }],
        ..Namespace::default()
    });
    let initial = Namespace {
        devices: bridge.into_iter().chain(ports).collect(),
        ..initial_one()
    };
    Picture {
        complete: true,
        namespaces: [initial].into_iter().chain(containers).collect(),
        left_out: 0,
    }
}

/// The lengths of the sides of a picture.
fn sides(svg: &str) -> (f64, f64) {
    let side = |name: &str| {
        let start = svg.split(&format!(" {name}=\"")).nth(1).unwrap();
        start.split('"').next().unwrap().parse::<f64>().unwrap()
    };
    let first = svg.split('>').next().unwrap();
    assert!(first.contains("viewBox"), "{first}");
    (side("width"), side("height"))
}

#[test]
fn sixty_containers_are_neither_one_row_nor_one_column() {
    for count in [3, 60, 300] {
        let text = svg::picture(&containers(count));
        let (width, height) = sides(&text);
        assert!(
            (0.3..3.0).contains(&(width / height)),
            "{count}: {width} x {height}"
        );
        let lines = text.matches("class=\"peer\" d=\"M").count();
        // One for each pair, and one in the legend.
        assert_eq!(lines, count as usize + 1);
    }
}

/// Names that mean something to each format, and to terminals.
const HOSTILE: [&str; 8] = [
    "</text><script>alert(1)</script>",
    "a\"];b[\"",
    "&lt;\u{1b}[2J\u{202e}",
    "end\nend",
    "`**md**`",
    "]]>#quot;",
    "\\N\\\"",
    "x' onload='alert(1)",
];

#[test]
fn hostile_names_are_only_text_in_every_picture() {
    let mut tree = tree();
    for (number, name) in (20..).zip(HOSTILE) {
        let hostile = Device {
            home: Some(Home {
                namespace: book().place(7),
                name: Some(name.to_owned()),
            }),
            ..device(number, name, Some(name))
        };
        tree.namespaces[1].devices.push(hostile);
        tree.namespaces.push(Namespace {
            names: vec![name.to_owned(), format!("2{name}")],
            hidden: Some(name.to_owned()),
            ..dying_one()
        });
    }
    nothing_stands_outside_of_quotes(&dot::graph(&tree));
    let chart = mermaid::chart(&tree);
    for line in chart.lines() {
        let outside: String = line.split('"').step_by(2).collect();
        let known = |letter: char| letter.is_ascii_alphanumeric() || " -=.[]|>".contains(letter);
        assert!(outside.chars().all(known), "{line}");
        let words = line.split('"').skip(1).step_by(2).collect::<String>();
        assert!(!words.contains(['<', '`', '&', '\\']), "{line}");
    }
    let picture = svg::picture(&tree);
    assert!(picture.contains("&lt;script&gt;"), "{picture}");
    let visible = |letter: char| letter == '\n' || crate::printable::is_visible(letter);
    assert!(picture.chars().all(visible));
    // Only elements and attributes of ours, whatever the names are.
    for event in ::svg::read(&picture).unwrap() {
        match event {
            ::svg::parser::Event::Tag(name, _, attributes) => {
                let known = ["svg", "style", "rect", "g", "text", "title", "path"];
                assert!(known.contains(&name), "{name}");
                assert!(
                    attributes.keys().all(|key| !key.starts_with("on")),
                    "{attributes:?}"
                );
            }
            ::svg::parser::Event::Error(error) => panic!("{error}"),
            _ => {}
        }
    }
}

#[test]
fn what_says_nothing_is_left_out_and_counted() {
    let mut tree = tree();
    tree.leave_out();
    let names = |at: usize| {
        let devices = tree.namespaces[at].devices.iter();
        devices
            .map(|device| device.name.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(0), ["eth0", "br0", "veth1", "eth0.5"]);
    assert!(!names(1).contains(&"lo"));
    assert_eq!(tree.left_out, 2);
    let text = draw::lines(&tree, false, TEXT);
    assert!(
        text.ends_with("2 devices not shown (lo and unused fallback tunnels): -a shows them.\n")
    );
}

#[test]
fn ports_stand_below_their_bridge_in_a_picture() {
    let picture = svg::picture(&containers(1));
    let left = |name: &str| {
        let before = picture.split(&format!(">\n{name}")).next().unwrap();
        let tag = before.rsplit("<text").next().unwrap();
        let number = tag.split(" x=\"").nth(1).unwrap();
        number.split('"').next().unwrap().parse::<f64>().unwrap()
    };
    assert!(left("veth1 (veth)") > left("br0 (bridge)"), "{picture}");
}
