// SPDX-License-Identifier: GPL-2.0-only

//! What some selectors mean, and what holds of every one.

use super::*;

fn parse(text: &str) -> Result<Selector, BadSelector> {
    Selector::parse(OsStr::new(text))
}

#[test]
fn every_form_is_read() {
    let name = |text| Selector::Name(Name::new(OsStr::new(text)).unwrap());
    let table = [
        ("red", name("red")),
        ("initial", name("initial")),
        ("pid", name("pid")),
        ("/proc/7/ns/net", Selector::Path("/proc/7/ns/net".into())),
        ("pid:123", Selector::Pid(123)),
        ("inum:4026532281", Selector::Inum(4026532281)),
        ("net:[4026532281]", Selector::Inum(4026532281)),
        ("cookie:4711", Selector::Cookie(4711)),
        ("cookie:18446744073709551615", Selector::Cookie(u64::MAX)),
        (":4711", Selector::Cookie(4711)),
        (":", name(":")),
        (":x", name(":x")),
        (":-1", name(":-1")),
        ("init", Selector::Init),
        ("self", Selector::Own),
    ];
    for (text, expected) in table {
        assert_eq!(parse(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_read_is_written_back() {
    for text in ["red", "/x", "pid:1", "inum:2", "cookie:3", "init", "self"] {
        assert_eq!(parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn bad_numbers_and_bad_names_are_refused() {
    for text in [
        "pid:",
        "pid:0",
        "pid:-1",
        "pid:+1",
        "pid:x",
        "pid:4294967296",
        "inum:4294967296",
        "net:[]",
        "net:[0]",
        "cookie:18446744073709551616",
        ":18446744073709551616",
        ":0",
        "",
        ".",
        "a/b",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_printed_can_be_typed() {
    let print = |initial, names: &[&str], cookie| {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        of_namespace(initial, &names, cookie, Some(5)).unwrap()
    };
    assert_eq!(print(true, &["red"], Some(7)), "init");
    assert_eq!(print(false, &["red", "blue"], Some(7)), "red");
    // What these mean is another one, or none.
    for name in ["self", "init", "pid:1", "net:[7]", ":5", "a\u{fffd}"] {
        assert_eq!(print(false, &[name], Some(7)), "cookie:7");
        assert_eq!(print(false, &[name, "red"], Some(7)), "red");
    }
    assert_eq!(print(false, &[], None), "inum:5");
    assert_eq!(of_namespace(false, &[], None, None), None);
    assert_eq!(of_device("eth0", 3), "eth0");
    assert_eq!(of_device("eth0@init", 3), "ifindex:3");
}

#[test]
fn a_name_need_not_be_unicode() {
    let text = OsStr::from_bytes(b"r\xffd");
    assert!(matches!(Selector::parse(text), Ok(Selector::Name(_))));
}

#[test]
fn a_device_is_read_up_to_the_first_at_sign() {
    let parse = |text| DeviceSelector::parse(OsStr::new(text));
    let selector = |device, namespace| Ok(DeviceSelector { device, namespace });
    let name = |text: &str| DeviceName::Name(text.to_owned());
    assert_eq!(parse("eth0"), selector(name("eth0"), Selector::Own));
    assert_eq!(
        parse("eth0@pid:7"),
        selector(name("eth0"), Selector::Pid(7))
    );
    let path = Selector::Path("/a@b".into());
    assert_eq!(parse("eth0@/a@b"), selector(name("eth0"), path));
    assert_eq!(
        parse("ifindex:7@init"),
        selector(DeviceName::Ifindex(7), Selector::Init)
    );
    for text in [
        "",
        "@red",
        "eth0@",
        "a/b@red",
        "sixteen/letters-@red",
        "ifindex:0@red",
        "x y",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
    assert_eq!(parse("eth0@red").unwrap().to_string(), "eth0@red");
    // An alternative name may be longer, up to ALTIFNAMSIZ - 1.
    let long = "l".repeat(127);
    let red = Selector::Name(Name::new("red".as_ref()).unwrap());
    let [fits, does_not] = [format!("{long}@red"), format!("{long}l@red")];
    assert_eq!(parse(&fits), selector(name(&long), red));
    assert!(parse(&does_not).is_err());
}

/// What holds of every selector.
mod properties {
    use std::os::unix::ffi::OsStringExt;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// Words near to selectors, and whatever else.
    fn word() -> impl Strategy<Value = Vec<u8>> {
        let known = [
            "pid:",
            "inum:",
            "cookie:",
            ":",
            "net:[",
            "]",
            "init",
            "self",
            "@",
            "ifindex:",
            "eth0",
            "/",
            ".",
            "%",
            " ",
            "-",
            "+",
            "0",
            "7",
            "4026532281",
            "4294967296",
            "18446744073709551616",
            "\u{e0}",
            "\x1b[31m",
        ];
        let known = select(known.to_vec()).prop_map(|part| part.as_bytes().to_vec());
        let part = prop_oneof![4 => known, 1 => vec(any::<u8>(), 0..4)];
        let kind = select(vec![
            "pid:",
            "inum:",
            "cookie:",
            ":",
            "net:[",
            "ifindex:",
            "eth0@pid:",
            "eth0@net:[",
        ]);
        let form = (kind, number()).prop_map(|(kind, number)| {
            let end = if kind.ends_with('[') { "]" } else { "" };
            format!("{kind}{number}{end}").into_bytes()
        });
        prop_oneof![
            form,
            vec(part, 0..5).prop_map(|parts| parts.concat()),
            vec(any::<u8>(), 0..300)
        ]
    }

    /// Numbers, those at the limits among them.
    fn number() -> impl Strategy<Value = u64> {
        let limit = u64::from(u32::MAX);
        prop_oneof![0..3u64, limit - 2..limit + 3, any::<u64>()]
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_as_what_is_read_as_the_same(word in word()) {
            let text = OsString::from_vec(word);
            match Selector::parse(&text) {
                // One that is no text cannot be written as one.
                Ok(selector) if text.to_str().is_some() => {
                    let written = selector.to_string();
                    prop_assert_eq!(Selector::parse(OsStr::new(&written)), Ok(selector));
                }
                Ok(_) => {}
                Err(error) => prop_assert!(error.to_string().contains("not a network namespace: ")),
            }
        }

        #[test]
        fn what_is_read_of_a_device_is_written_as_what_is_read_as_the_same(word in word()) {
            let text = OsString::from_vec(word);
            match DeviceSelector::parse(&text) {
                Ok(selector) if text.to_str().is_some() => {
                    let written = selector.to_string();
                    prop_assert_eq!(DeviceSelector::parse(OsStr::new(&written)), Ok(selector));
                }
                Ok(_) => {}
                Err(error) => prop_assert!(error.to_string().contains("not a ")),
            }
        }

        #[test]
        fn what_is_printed_for_a_namespace_means_that_one(
            names in vec(word(), 0..3),
            (initial, cookie, inum) in (any::<bool>(), proptest::option::of(1..=u64::MAX), 1..=u32::MAX),
        ) {
            // As those of files are, made to text.
            let names: Vec<String> = names
                .into_iter()
                .filter_map(|name| Name::new(&OsString::from_vec(name)).ok())
                .map(|name| name.to_string())
                .collect();
            let printed = of_namespace(initial, &names, cookie, Some(inum.into())).expect("a number");
            let meant = Selector::parse(OsStr::new(&printed)).expect("a selector");
            match meant {
                Selector::Init => prop_assert!(initial),
                Selector::Name(name) => prop_assert!(names.contains(&name.to_string())),
                Selector::Cookie(number) => prop_assert_eq!(Some(number), cookie),
                Selector::Inum(number) => prop_assert_eq!((number, cookie), (inum, None)),
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn what_is_printed_for_a_device_means_that_one(name in word(), ifindex in 1..=u32::MAX) {
            // One that the kernel lets be, in bytes; made to text as what the module tells is.
            let name: Vec<u8> = name.into_iter().filter(|byte| !b"/:% \0\t\n\x0b\x0c\r\xa0".contains(byte)).take(15).collect();
            let name = String::from_utf8_lossy(&name).into_owned();
            if name.is_empty() || name == "." || name == ".." {
                return Ok(());
            }
            let printed = format!("{}@cookie:7", of_device(&name, ifindex));
            let meant = DeviceSelector::parse(OsStr::new(&printed)).expect("a selector");
            prop_assert_eq!(meant.namespace, Selector::Cookie(7));
            match meant.device {
                DeviceName::Name(text) => prop_assert_eq!(text, name),
                DeviceName::Ifindex(number) => prop_assert_eq!(number, ifindex),
            }
        }

        #[test]
        fn a_number_is_one_or_is_refused(number in number(), zeros in 0..4usize) {
            let parse = |kind: &str| Selector::parse(OsStr::new(&format!("{kind}{}{number}", "0".repeat(zeros)))).ok();
            let cookie = (number > 0).then_some(Selector::Cookie(number));
            prop_assert_eq!((parse("cookie:"), parse(":")), (cookie.clone(), cookie));
            let small = u32::try_from(number).ok().filter(|number| *number > 0);
            prop_assert_eq!(parse("pid:"), small.map(Selector::Pid));
            prop_assert_eq!(parse("inum:"), small.map(Selector::Inum));
        }
    }
}
