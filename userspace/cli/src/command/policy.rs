// SPDX-License-Identifier: GPL-2.0-only

//! `policy`: the rules in force, and the file of rules.

mod add;
mod file;
mod replace;

use clap::Args;
use homeward_client::model::{NewRule, Rule, RuleClass, Settings};
use homeward_client::{Client, Error};
use serde::Serialize;

use super::{alone, verbs, Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::managers::{self, LEAVE_IT_TO_THEM};
use crate::render::table::{self, column, plain, Column};
use crate::render::text::{list, or_absent};
use crate::render::Style;
use crate::rule;

use add::Add;
use file::{Check, Load, Save};
pub(super) use replace::replace;

const HELP: &str = "\
Examples:
  homeward policy show
      The rules in force, in the order in which they are tried.
  homeward policy add --name 'wg*' --action return
      Virtual devices that had such a name here also come home.
  homeward policy check && homeward policy load
      Puts the rules of /etc/homeward/policy.toml in force.";

/// Manage the rules that decide what happens to devices.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Policy {
    #[command(subcommand)]
    pub(super) verb: PolicyVerbs,
}

verbs! { PolicyVerbs:
    Show(Show),
    Add(Add),
    Del(Del),
    Flush(Flush),
    Load(Load),
    Check(Check),
    Save(Save),
}

impl Verb for Policy {
    fn run(self, context: &Context) -> Result<Status> {
        self.verb.run(context)
    }
}

const SHOW_HELP: &str = "\
Examples:
  homeward policy show
      The rules in the order in which they are tried; the first that matches decides.
  homeward policy show --json | jq '.rules[] | select(.hits == 0).id'
      Those that have not decided about any device yet.";

/// Show the rules in force, and how often each has decided.
#[derive(Debug, Args)]
#[command(after_help = table::help(SHOW_HELP, &COLUMNS))]
pub(crate) struct Show {}

const COLUMNS: [Column<Rule>; 10] = [
    column!("id" "ID" Number "its number", |row| plain(row.id.to_string())),
    column!("name" "NAME" Text "the names that it is for, as a pattern", |row| plain(or_absent(row.name.as_ref()))),
    column!("kind" "KIND" Text "the kind of device that it is for", |row| plain(or_absent(row.kind.as_ref()))),
    column!("class" "CLASS" Text "physical or virtual, if it is for one of these only", |row| plain(or_absent(row.class.map(RuleClass::name)))),
    column!("action" "ACTION" Text "what happens to the device", |row| (row.action.name().to_owned(), Style::of_action(row.action.name()))),
    column!("template" "TEMPLATE" Text "its name at home if the right one is taken", |row| plain(or_absent(row.template.as_ref()))),
    column!("restore" "RESTORE" List "the settings that are restored", |row| plain(restore(row))),
    column!("moved" "MOVED" Text "what is restored if somebody else brings it home", |row| plain(row.moved.name().to_owned())),
    column!("set" "SET" Object "the values that settings are to have at home", |row| plain(list(&rule::assignments(&row.set)))),
    column!("hits" "HITS" Number "how many devices it has decided about", |row| plain(row.hits.to_string())),
];

/// Rules, in the order in which they are tried.
#[derive(Debug, Serialize)]
struct RuleList {
    rules: Vec<Rule>,
}

impl Verb for Show {
    fn run(self, context: &Context) -> Result<Status> {
        let rules = Client::connect().and_then(|mut client| client.rules());
        show(context, rules.map_err(failed("cannot show the rules"))?)
    }
}

fn show(context: &Context, rules: Vec<Rule>) -> Result<Status> {
    let list = RuleList { rules };
    context.print_list(&list, &list.rules, |look| {
        table::render(&COLUMNS, &list.rules, "rule", look)
    })
}

fn restore(row: &Rule) -> String {
    match rule::words(row.restore) {
        words if words.is_empty() => "none".to_owned(),
        words => list(&words),
    }
}

const DEL_HELP: &str = "\
Examples:
  homeward policy del 3
      Deletes the rule that 'homeward policy show' lists with the id 3.
  homeward policy del 4 5
      Deletes two; if one is not there, the other goes anyway.";

/// Delete rules.
#[derive(Debug, Args)]
#[command(after_help = DEL_HELP)]
pub(crate) struct Del {
    /// Ids of the rules, as 'homeward policy show' lists them.
    #[arg(value_name = "ID", required = true, value_parser = clap::value_parser!(u32).range(1..))]
    ids: Vec<u32>,
}

impl Verb for Del {
    fn run(self, context: &Context) -> Result<Status> {
        let connected = alone::connect(context);
        let (mut client, _lock) = connected.map_err(failed("cannot delete a rule"))?;
        let mut result = Ok(Status::Ok);
        for id in self.ids {
            if let Err(error) = client.delete_rule(id) {
                let failure = Failure::client(&format!("cannot delete rule {id}"), &error);
                context.messages.failure(&failure);
                result = Err(Failure::silent(failure.status));
            }
        }
        result
    }
}

const FLUSH_HELP: &str = "\
Examples:
  homeward policy save rules.toml && homeward policy flush
      Deletes all rules, and keeps them in a file.";

/// Delete all rules.
#[derive(Debug, Args)]
#[command(after_help = FLUSH_HELP)]
pub(crate) struct Flush {}

impl Verb for Flush {
    fn run(self, context: &Context) -> Result<Status> {
        let failed = failed("cannot delete the rules");
        let (mut client, _lock) = alone::connect(context).map_err(failed)?;
        client.flush_rules().map_err(failed)?;
        Ok(Status::Ok)
    }
}

/// Warns of rules that do what only one device can bear, or the work of a program that runs here.
fn warn_of(context: &Context, new: &[NewRule]) {
    if new.iter().any(rule::clashes) {
        context.messages.warning(rule::FOR_ONE_ONLY);
    }
    let patterns = new.iter().filter_map(|new| new.name.as_deref());
    for pattern in patterns {
        if let Some(why) = rule::doubt(pattern) {
            context
                .messages
                .warning(&format!("name '{pattern}': {why}"));
        }
    }
    if let Some(at) = new
        .iter()
        .position(rule::is_for_all)
        .filter(|at| at + 1 < new.len())
    {
        let (rest, number) = (rule::count(new.len() - at - 1), at + 1);
        context.messages.warning(&format!(
            "{rest} never reached, because rule {number} matches every device"
        ));
    }
    let restored = |new: &NewRule| new.restore.unwrap_or(Settings::DEFAULT);
    if !new.iter().any(|new| managers::rivals(restored(new))) {
        return;
    }
    let running = managers::running();
    if !running.is_empty() {
        let running = running.join(" and ");
        let text = format!("{running} runs here: {LEAVE_IT_TO_THEM}");
        context.messages.warning(&text);
    }
}

fn failed(what: &'static str) -> impl Fn(Error) -> Failure + Copy {
    move |error| Failure::client(what, &error)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use homeward_client::model::{setting, Moved, RuleAction, Value, Values};

    use super::*;
    use crate::command::Verbs;
    use crate::fixture::{check_columns, golden_data, TEXT};
    use crate::run;

    /// The verb after `policy` on a command line.
    pub(super) fn read(words: &str) -> std::result::Result<PolicyVerbs, clap::Error> {
        let words = ["homeward", "policy"].into_iter().chain(words.split(' '));
        match run::Args::try_parse_from(words)?.verb {
            Verbs::Policy(policy) => Ok(policy.0.verb),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rules_as_text_and_json() {
        let first = Rule {
            id: 3,
            name: Some("eth*".to_owned()),
            kind: None,
            class: Some(RuleClass::Physical),
            action: RuleAction::Return,
            template: Some("%s-%d".to_owned()),
            restore: Settings::of(setting::NAME) | Settings::of(setting::MTU),
            moved: Moved::All,
            hits: 12,
            set: [
                (setting::MTU, Value::Number(9000)),
                (setting::ADDRESS, Value::Permanent),
                (setting::PROMISC, Value::Number(0)),
                (
                    setting::ALIAS,
                    Value::Texts(vec!["up\u{1b}link".to_owned()]),
                ),
            ]
            .into(),
        };
        let second = Rule {
            id: 1,
            name: None,
            kind: Some("ve\u{1b}th".to_owned()),
            class: None,
            action: RuleAction::Kernel,
            template: None,
            restore: Settings::default(),
            moved: Moved::Leave,
            hits: 0,
            set: Values::new(),
        };
        let list = RuleList {
            rules: vec![first, second],
        };
        golden_data(
            "policy-show",
            table::render(&COLUMNS, &list.rules, "rule", TEXT),
            &list,
        );
        check_columns(&COLUMNS, &list.rules);
    }
}
