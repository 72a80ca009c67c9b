// SPDX-License-Identifier: GPL-2.0-only

//! From the command line to the exit status.

mod act;
mod policy;

use clap::error::ErrorKind;
use clap::Parser;
use homeward_netns::Directory;

use crate::args::Args;
use crate::command::{self, Context};
use crate::compat::USAGE;
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::messages::Messages;
use crate::render::{self, Look};
use crate::request::{Netns, Request};
use crate::shell;

/// Does what the command line says.
pub(crate) fn main() -> Status {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return explain(&error),
    };
    let global = args.global;
    let messages = Messages::new(global.quiet, global.verbose);
    let look = Look::new(global.json, global.no_legend, global.no_color);
    let context = Context {
        messages,
        directory: Directory::default(),
    };
    let done =
        Request::new(args.verb, global.json).and_then(|request| execute(&context, &request, look));
    match done {
        Ok(status) => status,
        Err(failure) => {
            messages.failure(&failure);
            failure.status
        }
    }
}

fn execute(context: &Context, request: &Request, look: Look) -> Result<Status> {
    let text = match request {
        Request::List => look.namespaces(&command::ls::run(context)?)?,
        Request::Show(selector) => look.namespace(&command::show::run(context, selector)?)?,
        Request::Devices(selector) => {
            look.devices(&command::devices::run(context, selector.as_ref())?)?
        }
        Request::Plan(selector) => look.plan(&command::plan::run(context, selector)?)?,
        Request::Tree(tree) => {
            let found = command::tree::run(context, tree.only.as_ref())?;
            look.tree(&found, tree.dot)?
        }
        Request::Stats => look.stats(&command::stats::run()?)?,
        Request::Holders(selector) => look.holders(&command::holders::run(context, selector)?)?,
        Request::Sockets(of) => look.sockets(&command::sockets::run(context, of)?)?,
        Request::Watch(limits) => {
            let show = |line: &_| render::print(&look.event(line)?);
            command::watch::run(context, *limits, show)?;
            return Ok(Status::Ok);
        }
        Request::Doctor => {
            let checks = command::doctor::run(context);
            render::print(&look.checks(&checks)?)?;
            return Ok(match checks.passed() {
                true => Status::Ok,
                false => Status::Failed,
            });
        }
        Request::Recall(request) => return act::recall(context, request, look),
        Request::Mark(request) => look.mark(&command::mark::run(context, request)?)?,
        Request::Move(request) => return act::relocate(context, request, look),
        Request::Veth(request) => look.pair(&command::veth::run(context, request)?)?,
        Request::Wait(request) => look.waited(&command::wait::run(context, request)?)?,
        Request::Prune(request) => return act::prune(context, *request, look),
        Request::Exec(selector, words) => match command::exec::run(context, selector, words)? {},
        Request::Netns(netns) => return execute_netns(context, netns),
        Request::Policy(policy) => return policy::policy(context, policy, look),
        Request::State(state) => return policy::state(context, state, look),
        Request::Completions(shell) => shell::script(*shell).to_owned(),
        Request::Man(directory) => match directory {
            Some(directory) => return shell::write_pages(directory),
            None => shell::main_page()?,
        },
        Request::Complete(index, words) => shell::candidates(*index, words),
    };
    render::print(&text)?;
    Ok(Status::Ok)
}

fn execute_netns(context: &Context, netns: &Netns) -> Result<Status> {
    match netns {
        Netns::List { json } => {
            let list = command::netns::list(context)?;
            render::print(&render::names(&list, *json)?)?;
        }
        Netns::Add(name) => command::netns::add(context, name)?,
        Netns::Delete(name) => command::netns::delete(context, name)?,
        Netns::DeleteAll => command::netns::delete_all(context)?,
        Netns::Exec(name, words) => command::netns::exec(context, name, words)?,
        Netns::ExecAll(words) => {
            let announce = |name: &_| render::print(&format!("\nnetns: {name}\n"));
            command::netns::exec_all(context, words, announce)?;
        }
        Netns::Help => return Err(Failure::bare(Status::Netns, USAGE)),
    }
    Ok(Status::Ok)
}

/// Help goes to standard output, a wrong command line to standard error.
fn explain(error: &clap::Error) -> Status {
    let messages = Messages::new(false, false);
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            match render::print(&error.render().to_string()) {
                Ok(_) => Status::Ok,
                Err(failure) => {
                    messages.failure(&failure);
                    failure.status
                }
            }
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            messages.bare(error.render().to_string().trim_end());
            Status::Usage
        }
        _ => {
            let text = error.render().to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            messages.failure(&Failure::new(Status::Usage, text.trim_end()));
            Status::Usage
        }
    }
}
