// SPDX-License-Identifier: GPL-2.0-only

//! What holds of every command line.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use clap::{CommandFactory, Error, Parser};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::policy::PolicyVerbs;
use super::{read_quickly, Verbs};
use crate::run::Args;

/// Verbs and options as they are, values near to good ones, and whatever else.
fn word() -> impl Strategy<Value = OsString> {
    let command = Args::command();
    let mut verbs: Vec<String> = vec![
        "show".into(),
        "add".into(),
        "load".into(),
        "save".into(),
        "check".into(),
    ];
    let mut options: Vec<String> = Vec::new();
    for verb in command.get_subcommands() {
        verbs.push(verb.get_name().to_owned());
        let all = verb
            .get_subcommands()
            .flat_map(|sub| sub.get_arguments())
            .chain(verb.get_arguments());
        options.extend(
            all.filter_map(|option| option.get_long())
                .map(|long| format!("--{long}")),
        );
    }
    let values = [
        "red",
        "init",
        "self",
        "pid:1",
        "pid:0",
        "cookie:7",
        "net:[7]",
        "/x",
        "eth0",
        "eth0@red",
        "a@b@c",
        "a/b@red",
        "1",
        "-1",
        "1e999",
        "0.5",
        "10.0.0.1/24",
        "10.0.0.1/99",
        "::1/64",
        "kind=veth",
        "bash",
        "--",
        "-",
        "--x=y",
        "",
        "%s_%d",
        "all",
        "-mtu",
    ];
    prop_oneof![
        3 => select(verbs).prop_map(OsString::from),
        3 => select(options).prop_map(OsString::from),
        4 => select(values.to_vec()).prop_map(OsString::from),
        1 => vec(any::<u8>(), 0..5).prop_map(OsString::from_vec),
    ]
}

proptest! {
    #[test]
    fn every_command_line_means_something_or_is_refused(verb in word(), rest in vec(word(), 0..7)) {
        let line = [vec![OsString::from("homeward"), verb], rest].concat();
        let whole = Args::try_parse_from(&line).map_err(|error| error.kind());
        let quick = read_quickly(|| Args::try_parse_from(&line));
        prop_assert_eq!(format!("{:?}", &whole), format!("{:?}", quick.as_ref().map_err(Error::kind)));
        match quick {
            Ok(args) => {
                let read = match args.verb {
                    Verbs::Exec(verb) => verb.0.places().map(drop),
                    Verbs::Policy(policy) => match policy.0.verb {
                        PolicyVerbs::Add(add) => add.rule().map(drop),
                        _ => Ok(()),
                    },
                    _ => Ok(()),
                };
                if let Err(failure) = read {
                    prop_assert_ne!(failure.status.code(), 0);
                    prop_assert!(!failure.text.is_empty());
                }
            }
            Err(error) => prop_assert!(!error.render().to_string().is_empty()),
        }
    }
}
