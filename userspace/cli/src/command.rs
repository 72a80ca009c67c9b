// SPDX-License-Identifier: GPL-2.0-only

//! The verbs, one file each, called as it is typed: its arguments, what it does, what it prints.

mod alone;
pub(crate) mod baseline;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod devices;
pub(crate) mod doctor;
pub(crate) mod exec;
mod filter;
pub(crate) mod find;
mod gone;
pub(crate) mod holders;
mod inside;
pub(crate) mod keep;
mod known;
pub(crate) mod ls;
pub(crate) mod man;
pub(crate) mod metrics;
pub(crate) mod r#move;
mod namespace;
pub(crate) mod netns;
mod opened;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod prune;
pub(crate) mod recall;
pub(crate) mod release;
mod search;
pub(crate) mod show;
pub(crate) mod sockets;
pub(crate) mod state;
pub(crate) mod stats;
pub(crate) mod top;
pub(crate) mod tree;
pub(crate) mod umount;
pub(crate) mod veth;
pub(crate) mod wait;
pub(crate) mod watch;

use std::cell::Cell;
use std::time::Duration;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use homeward_netns::Directory;
use nix::time::{clock_gettime, ClockId};
use serde::Serialize;

use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::messages::Messages;
use crate::names;
use crate::render::{self, Look};
use crate::selector::Selector;

/// A verb with its arguments, which clap has read.
pub(crate) trait Verb {
    /// Does it.
    fn run(self, context: &Context) -> Result<Status>;

    /// The namespaces that it is about. That one of them is something else is said before anything else,
    /// as it is so with the module and without.
    fn namespaces(&self) -> Vec<&Selector> {
        Vec::new()
    }
}

/// Verbs, in the order of the help, each with what is typed after it. What a verb does is said where its
/// arguments are. They may be in groups with a title.
macro_rules! verbs {
    ($verbs:ident: $([$group:literal] $($(#[$attribute:meta])* $verb:ident($arguments:ty),)*)+) => {
        /// The titles of the groups, each with its verbs.
        pub(crate) const GROUPS: &[(&str, &[&str])] = &[$(($group, &[$(stringify!($verb)),*]),)+];

        verbs! { $verbs: $($($(#[$attribute])* $verb($arguments),)*)+ }
    };
    ($verbs:ident: $($(#[$attribute:meta])* $verb:ident($arguments:ty),)*) => {
        /// The verb.
        #[derive(Debug, clap::Subcommand)]
        pub(crate) enum $verbs {
            $($(#[$attribute])* $verb($arguments),)*
        }

        impl $verbs {
            /// Does it.
            pub(crate) fn run(self, context: &$crate::command::Context) -> $crate::error::Result<Status> {
                match self {
                    $($verbs::$verb(verb) => $crate::command::run(verb, context),)*
                }
            }
        }
    };
}
use verbs;

verbs! { Verbs:
    ["Look"]
    Ls(Deferred<ls::Ls>),
    Show(Deferred<show::Show>),
    Devices(Deferred<devices::Devices>),
    Plan(Deferred<plan::Plan>),
    Tree(Deferred<tree::Tree>),
    Find(Deferred<find::Find>),
    // One of its options hides one of all verbs, which would be there first.
    Holders(holders::Holders),
    Sockets(Deferred<sockets::Sockets>),
    Watch(Deferred<watch::Watch>),
    Top(Deferred<top::Top>),
    Stats(Deferred<stats::Stats>),
    Metrics(Deferred<metrics::Metrics>),
    Check(Deferred<check::Check>),
    Doctor(Deferred<doctor::Doctor>),

    ["Act"]
    Exec(Deferred<exec::Exec>),
    Recall(Deferred<recall::Recall>),
    Keep(Deferred<keep::Keep>),
    Release(Deferred<release::Release>),
    Move(Deferred<r#move::Move>),
    Veth(Deferred<veth::Veth>),
    Wait(Deferred<wait::Wait>),
    Prune(Deferred<prune::Prune>),
    Umount(Deferred<umount::Umount>),
    Netns(Deferred<netns::Netns>),

    ["Rules"]
    Policy(Deferred<policy::Policy>),
    Baseline(Deferred<baseline::Baseline>),

    ["Set-up"]
    State(Deferred<state::State>),
    Completions(Deferred<completions::Completions>),
    Man(Deferred<man::Man>),
    #[command(name = "__complete", hide = true)]
    Complete(Deferred<completions::Complete>),
}

thread_local! {
    static LATER: Cell<bool> = const { Cell::new(false) };
}

/// The arguments of a verb.
#[derive(Debug)]
pub(crate) struct Deferred<T>(pub(crate) T);

/// Reads a command line, of which clap learns the arguments of the verb that is typed and of no other: to know
/// those of all takes longer than many a verb. The help would have them in another order.
pub(crate) fn read_quickly<T>(read: impl FnOnce() -> T) -> T {
    LATER.set(true);
    let found = read();
    LATER.set(false);
    found
}

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        match LATER.get() {
            true => command.defer(T::augment_args),
            false => T::augment_args(command),
        }
    }

    fn augment_args_for_update(command: Command) -> Command {
        T::augment_args_for_update(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(found: &ArgMatches) -> clap::error::Result<Self> {
        T::from_arg_matches(found).map(Deferred)
    }

    fn update_from_arg_matches(&mut self, found: &ArgMatches) -> clap::error::Result<()> {
        self.0.update_from_arg_matches(found)
    }
}

impl<T: Verb> Verb for Deferred<T> {
    fn run(self, context: &Context) -> Result<Status> {
        self.0.run(context)
    }

    fn namespaces(&self) -> Vec<&Selector> {
        self.0.namespaces()
    }
}

fn run(verb: impl Verb, context: &Context) -> Result<Status> {
    for selector in verb.namespaces() {
        names::refuse_other(selector, &context.directory)?;
    }
    verb.run(context)
}

/// What every verb needs.
#[derive(Debug)]
pub(crate) struct Context {
    /// The way to standard error.
    pub(crate) messages: Messages,
    /// The directory of names.
    pub(crate) directory: Directory,
    /// How output shall look.
    pub(crate) look: Look,
    /// Whether long output goes through a pager.
    pub(crate) pager: bool,
}

impl Context {
    /// Prints data as JSON, or the text that is made of it.
    pub(crate) fn print(
        &self,
        data: &impl Serialize,
        text: impl FnOnce(Look) -> String,
    ) -> Result<Status> {
        self.show(&self.look.choose(data, || text(self.look))?)
    }

    /// The same of a list, of which JSON lines are one for each of its rows.
    pub(crate) fn print_list(
        &self,
        list: &impl Serialize,
        rows: &[impl Serialize],
        text: impl FnOnce(Look) -> String,
    ) -> Result<Status> {
        self.show(&self.look.choose_list(list, rows, || text(self.look))?)
    }

    /// The same about several, of which not all may have been found, or about the one that was asked for. Of
    /// several, JSON is a list.
    pub(crate) fn print_each<T: Serialize>(
        &self,
        found: &[T],
        asked: usize,
        text: impl Fn(&T, Look) -> String,
    ) -> Result<()> {
        let texts = |look| {
            found
                .iter()
                .map(|one| text(one, look))
                .collect::<Vec<_>>()
                .join("\n")
        };
        match found {
            [] if asked == 1 => Ok(()),
            [one] if asked == 1 => self.print(one, |look| text(one, look)).map(drop),
            all => self.print_list(&all, all, texts).map(drop),
        }
    }

    /// What there is to know about each, after one that cannot be found also about the others; and the highest
    /// status.
    pub(crate) fn each<S, T>(
        &self,
        subjects: impl IntoIterator<Item = S>,
        mut find: impl FnMut(S) -> Result<T>,
    ) -> (Vec<T>, Status) {
        let mut worst = Status::Ok;
        let mut found = Vec::new();
        for subject in subjects {
            match find(subject) {
                Ok(one) => found.push(one),
                Err(failure) => {
                    worst = worst.worse(self.messages.finish(Err(failure)));
                }
            }
        }
        (found, worst)
    }

    fn show(&self, text: &str) -> Result<Status> {
        render::show(text, self.pager)?;
        Ok(Status::Ok)
    }

    /// Says what was to be done and could not be, one line each.
    pub(crate) fn tell(&self, status: Status, problems: impl IntoIterator<Item = String>) {
        for problem in problems {
            self.messages.failure(&Failure::new(status, problem));
        }
    }

    /// Warns that names are missing in what is shown.
    pub(crate) fn warn_if_unread(&self, names: Option<&str>) {
        if let Some(why) = names {
            self.messages
                .warning(&format!("names of namespaces are missing: {why}"));
        }
    }

    /// Warns that a list may not be what was there at any one moment.
    pub(crate) fn warn_if_changing(&self, consistent: bool) {
        if !consistent {
            self.messages.warning(
                "the list kept changing while it was read, so it may miss new entries or show old ones",
            );
        }
    }
}

/// The time since boot.
pub(crate) fn now() -> Duration {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(Duration::ZERO, Duration::from)
}

#[cfg(test)]
mod properties;
