// SPDX-License-Identifier: GPL-2.0-only

//! What `policy` and `state` mean.

use std::path::{Path, PathBuf};

use homeward_client::model::{NewRule, Settings};

use crate::args::{NewRuleArgs, PolicyVerb, StateVerb, STATE_FILE};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::file::Place;
use crate::rule;

/// What to do with the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Policy {
    /// Show them.
    Show,
    /// Add one.
    Add(NewRule),
    /// Remove those with these ids.
    Delete(Vec<u32>),
    /// Remove all.
    Flush,
    /// Replace them by those of a file.
    Load(Place),
    /// Say what is wrong in a file.
    Check(Place),
    /// Write them to a file.
    Save {
        /// Where.
        place: Place,
        /// Also over a file that was written by hand.
        force: bool,
    },
}

/// What to do with what the module knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// Write it to a file.
    Save(Place),
    /// Put back what a file has.
    Load(Place),
    /// Replace the module, and put back what it knew.
    Reload(Reload),
}

/// Which module is to be loaded in the place of the one that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reload {
    /// Its file; None for the one that is installed.
    pub(crate) module: Option<PathBuf>,
    /// The file of the one to go back to.
    pub(crate) fallback: Option<PathBuf>,
    /// Where what the module knows is kept meanwhile.
    pub(crate) place: Place,
}

impl Policy {
    /// Reads the meaning of a verb of `policy`.
    pub(super) fn new(verb: PolicyVerb) -> Result<Self> {
        Ok(match verb {
            PolicyVerb::Show => Policy::Show,
            PolicyVerb::Add(new) => Policy::Add(new_rule(new)?),
            PolicyVerb::Del { ids } => Policy::Delete(ids),
            PolicyVerb::Flush => Policy::Flush,
            PolicyVerb::Load { file } => Policy::Load(place(file)),
            PolicyVerb::Check { file } => Policy::Check(place(file)),
            PolicyVerb::Save { file, force } => Policy::Save {
                place: output(file),
                force,
            },
        })
    }
}

impl State {
    /// Reads the meaning of a verb of `state`.
    pub(super) fn new(verb: StateVerb) -> Self {
        match verb {
            StateVerb::Save { file } => State::Save(output(file)),
            StateVerb::Load { file } => State::Load(place(file)),
            StateVerb::Reload { module, fallback } => State::Reload(Reload {
                module,
                fallback,
                place: Place::File(STATE_FILE.into()),
            }),
        }
    }
}

fn place(file: PathBuf) -> Place {
    match file.as_os_str() == "-" {
        true => Place::Standard,
        false => Place::File(file),
    }
}

/// Also by one of its names in the file system: a file that standard output goes on with is not to be
/// replaced by another.
fn output(file: PathBuf) -> Place {
    let names = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
    match names.iter().any(|name| file == Path::new(name)) {
        true => Place::Standard,
        false => place(file),
    }
}

fn new_rule(typed: NewRuleArgs) -> Result<NewRule> {
    let mut restore = match typed.restore.is_empty() {
        true => Settings::DEFAULT,
        false => Settings::default(),
    };
    for word in &typed.restore {
        restore = read("restore", rule::apply(restore, word))?;
    }
    for (wanted, bit) in [
        (typed.up, Settings::UP),
        (typed.addresses, Settings::ADDRESSES),
    ] {
        if wanted {
            restore |= bit;
        }
    }
    let text = |option, text: Option<String>, check: fn(&str) -> _| {
        let checked = text.as_deref().map(check).transpose();
        read(option, checked)
    };
    Ok(NewRule {
        before: typed.before,
        name: text("name", typed.name, rule::pattern)?,
        kind: text("kind", typed.kind, rule::kind)?,
        class: read("class", typed.class.as_deref().map(rule::class).transpose())?,
        action: read("action", rule::action(&typed.action))?,
        template: text("template", typed.template, rule::template)?,
        restore: Some(read("restore", rule::check_restore(restore))?),
    })
}

fn read<T>(option: &str, meaning: std::result::Result<T, String>) -> Result<T> {
    meaning.map_err(|why| Failure::new(Status::Usage, format!("--{option}: {why}")))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use homeward_client::model::{RuleAction, RuleClass};

    use super::*;
    use crate::args::Args;
    use crate::command::Verbs;

    fn policy(words: &str) -> Result<Policy> {
        let words = ["homeward", "policy"].into_iter().chain(words.split(' '));
        let args = Args::try_parse_from(words).expect("a command line");
        match args.verb {
            Verbs::Policy(policy) => Policy::new(policy.verb),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_rule_is_read_with_all_that_it_says() {
        let words = "add --name eth* --kind veth --class virtual --action init --template %s-%d \
                     --restore default,-mtu --up --addresses --before 7";
        let mtu = Settings::MTU.bits();
        let expected = NewRule {
            before: Some(7),
            name: Some("eth*".to_owned()),
            kind: Some("veth".to_owned()),
            class: Some(RuleClass::Virtual),
            action: RuleAction::Init,
            template: Some("%s-%d".to_owned()),
            restore: Some(Settings::from(Settings::ALL.bits() & !mtu)),
        };
        assert_eq!(policy(words), Ok(Policy::Add(expected)));
        let short = NewRule {
            action: RuleAction::Kernel,
            restore: Some(Settings::DEFAULT),
            ..NewRule::default()
        };
        assert_eq!(policy("add --action kernel"), Ok(Policy::Add(short)));
    }

    #[test]
    fn a_rule_that_the_kernel_would_refuse_is_refused_with_status_2() {
        for (words, option) in [
            ("--template x", "template"),
            ("--addresses", "restore"),
            ("--restore speed", "restore"),
            ("--name=", "name"),
            ("--kind 0123456789abcdef", "kind"),
        ] {
            let failure = policy(&format!("add --action return {words}")).expect_err(words);
            assert_eq!(failure.status, Status::Usage);
            assert!(
                failure.text.starts_with(&format!("--{option}: ")),
                "{failure:?}"
            );
        }
    }

    #[test]
    fn a_dash_is_standard_input_or_output() {
        let save = |place, force| Ok(Policy::Save { place, force });
        assert_eq!(policy("save"), save(Place::Standard, false));
        assert_eq!(
            policy("save --force x"),
            save(Place::File("x".into()), true)
        );
        for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            assert_eq!(
                policy(&format!("save {name}")),
                save(Place::Standard, false)
            );
            let typed = StateVerb::Save { file: name.into() };
            assert_eq!(State::new(typed), State::Save(Place::Standard));
        }
        assert_eq!(policy("load -"), Ok(Policy::Load(Place::Standard)));
        let default = Place::File("/etc/homeward/policy.toml".into());
        assert_eq!(policy("check"), Ok(Policy::Check(default)));
    }
}
