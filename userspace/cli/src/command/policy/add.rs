// SPDX-License-Identifier: GPL-2.0-only

//! `policy add`.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::Args;
use homeward_client::model::{setting, Moved, NewRule, RuleAction, RuleClass, Settings, Value};

use super::{failed, show, warn_of};
use crate::command::{alone, Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::rule;

const HELP: &str = "\
Examples:
  homeward policy add --name 'mgmt*' --action return --moved all
      Such NICs get their names back, too, when somebody moves them home by hand.
  homeward policy add --kind wireguard --action init --before 3
      Such tunnels that came from the initial namespace go back there, whatever rule 3 and those after it say.
  homeward policy add --name 'vf*' --action return --restore default,-address
      All settings but the MAC address are restored.
  homeward policy add --name 'eth*' --action return --set mtu=9000
      Such NICs have this MTU at home, whatever it was when they left.";

/// Add a rule.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Add {
    /// Match the name that a device had in the initial namespace: '*' is any text, '?' any character.
    #[arg(long, value_name = "GLOB", value_parser = rule::pattern)]
    name: Option<String>,
    /// Match devices of this kind, as 'ip -details link' shows it.
    #[arg(long, value_parser = rule::kind)]
    kind: Option<String>,
    /// Match physical or virtual devices only.
    #[arg(long, value_parser = one_of(RuleClass::ALL, RuleClass::name, rule::class))]
    class: Option<RuleClass>,
    /// What happens: the device comes home, goes to the initial namespace, or is left to the kernel.
    #[arg(long, value_parser = one_of(RuleAction::ALL, RuleAction::name, rule::action))]
    action: RuleAction,
    /// Name of a device whose name is taken: %s is that name, %d a number. [default: %s_%d]
    #[arg(long, value_parser = rule::template)]
    template: Option<String>,
    /// Settings to restore: default, all, none, or names; '-NAME' excludes one.
    #[arg(
        long,
        value_name = "SETTINGS",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    restore: Vec<String>,
    /// Set the device up at home, with its IPv4 sysctls and IPv6 token; not where NetworkManager or systemd-networkd manages it.
    #[arg(long)]
    up: bool,
    /// Give it its IP addresses back; needs --up, and see there.
    #[arg(long)]
    addresses: bool,
    /// Give it the static routes of the main table back that it had; needs --up, and see there.
    #[arg(long)]
    routes: bool,
    /// What is restored of a NIC that somebody else brings home. [default: settings; leave with
    /// '--action kernel' and '--class virtual']
    #[arg(long, value_parser = one_of(Moved::ALL, Moved::name, rule::moved))]
    moved: Option<Moved>,
    /// Value that a setting is to have at home, whatever it was there; may be given several times.
    #[arg(long, value_name = "SETTING=VALUE", value_parser = rule::fixed)]
    set: Vec<(u32, Value)>,
    /// Put the rule before this one; otherwise it is the last.
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(u32).range(1..))]
    before: Option<u32>,
}

/// Reads one of a few words.
fn one_of<T: Copy + Send + Sync + 'static>(
    all: &[T],
    name: fn(T) -> &'static str,
    read: fn(&str) -> std::result::Result<T, String>,
) -> impl TypedValueParser<Value = T> {
    let words = all.iter().map(|one| name(*one));
    PossibleValuesParser::new(words).try_map(move |word| read(&word))
}

impl Verb for Add {
    fn run(self, context: &Context) -> Result<Status> {
        let new = self.rule()?;
        let failed = failed("cannot add the rule");
        let (mut client, _lock) = alone::connect(context).map_err(failed)?;
        warn_of(context, std::slice::from_ref(&new));
        show(context, vec![client.add_rule(&new).map_err(failed)?])
    }
}

impl Add {
    pub(in crate::command) fn rule(self) -> Result<NewRule> {
        let restore = self.settings();
        let refused = |option| move |why| Failure::usage(format!("{option}: {why}"));
        let new = NewRule {
            restore: Some(restore.map_err(refused("--restore"))?),
            before: self.before,
            name: self.name,
            kind: self.kind,
            class: self.class,
            action: self.action,
            template: self.template,
            moved: self.moved,
            set: self.set.into_iter().collect(),
        };
        rule::check_moved(&new).map_err(refused("--moved"))?;
        rule::check_set(&new).map_err(refused("--set"))?;
        Ok(new)
    }

    /// The settings that are put back. Each word goes by those before it.
    fn settings(&self) -> std::result::Result<Settings, String> {
        let mut words = self.restore.iter();
        let mut restore = match self.restore.is_empty() {
            true => Settings::DEFAULT,
            false => words.try_fold(Settings::default(), |all, word| rule::apply(all, word))?,
        };
        if self.up {
            restore |= Settings::of(setting::UP);
        }
        if self.addresses {
            restore |= Settings::of(setting::ADDRESSES);
        }
        if self.routes {
            restore |= Settings::of(setting::ROUTES);
        }
        rule::check_restore(restore)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::policy::tests::read;
    use crate::command::policy::PolicyVerbs;

    /// The rule that is added, or what is said instead.
    fn added(words: &str) -> std::result::Result<NewRule, String> {
        match read(&format!("add {words}")) {
            Ok(PolicyVerbs::Add(add)) => add.rule().map_err(|failure| {
                assert_eq!(failure.status, Status::Usage);
                failure.text
            }),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_rule_is_read_with_all_that_it_says() {
        let words = "--name eth* --kind veth --class virtual --action init --template %s-%d \
                     --restore default,-mtu --up --addresses --routes --moved leave --before 7 \
                     --set promisc=off --set address=permanent";
        let mtu = Settings::of(setting::MTU).bits();
        let expected = NewRule {
            before: Some(7),
            name: Some("eth*".to_owned()),
            kind: Some("veth".to_owned()),
            class: Some(RuleClass::Virtual),
            action: RuleAction::Init,
            template: Some("%s-%d".to_owned()),
            restore: Some(Settings::from(Settings::ALL.bits() & !mtu)),
            moved: Some(Moved::Leave),
            set: [
                (setting::PROMISC, Value::Number(0)),
                (setting::ADDRESS, Value::Permanent),
            ]
            .into(),
        };
        assert_eq!(added(words), Ok(expected));
        let short = NewRule {
            action: RuleAction::Kernel,
            restore: Some(Settings::DEFAULT),
            ..NewRule::default()
        };
        assert_eq!(added("--action kernel"), Ok(short));
    }

    #[test]
    fn a_rule_that_the_kernel_would_refuse_is_refused_with_status_2() {
        for (words, start) in [
            ("--template x", "error: invalid value 'x' for '--template "),
            ("--addresses", "--restore: "),
            ("--routes", "--restore: "),
            ("--restore speed", "--restore: "),
            ("--class virtual --moved all", "--moved: "),
            ("--moved name", "error: invalid value 'name' for '--moved "),
            ("--set mtu", "error: invalid value 'mtu' for '--set "),
            (
                "--set mtu=big",
                "error: invalid value 'mtu=big' for '--set ",
            ),
            ("--set xdp=on", "error: invalid value 'xdp=on' for '--set "),
            ("--name=", "error: invalid value '' for '--name "),
            (
                "--kind 0123456789abcdef",
                "error: invalid value '0123456789abcdef' for '--kind ",
            ),
        ] {
            let text = added(&format!("--action return {words}")).expect_err(words);
            assert!(text.starts_with(start), "{text}");
        }
    }
}
