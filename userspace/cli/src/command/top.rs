// SPDX-License-Identifier: GPL-2.0-only

//! `top`: namespaces and devices as they change, on a whole terminal.
//!
//! What is asked of the kernel (`source`) becomes what is there (`app`), which also takes the keys; that
//! becomes a picture (`draw`) on a terminal (`terminal`).

mod app;
mod draw;
mod owners;
mod rates;
mod rows;
mod search;
mod source;
mod terminal;

use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;

use super::{Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::render::Look;
use crate::value::time;

use app::{App, Wish};
use source::Source;
use terminal::{Screen, Woken};

const EXAMPLES: &str = "\
Examples:
  homeward top                namespaces, what they receive and send, and events
  homeward top --interval 5s  the same, looking less often

Keys:
  up, down, page up, page down, home, end    move
  enter    open a namespace or an owner      h    what holds a namespace
  tab      namespaces, all devices, owners   esc  back
  < and >  sort by another column            r    the other way round
  /        only what contains a word         q    end

Rates are bytes per second, for a namespace those of all its devices but lo, for an owner those of all its
namespaces. They are measured for what is on the screen. Only if that is sorted by them, others are measured
too, as many at a time as fit: top uses at most a 25th of a processor.

Owners are those of OWNED-BY in ls. They are found by looking at all processes, so only while they are shown, and
again every ten seconds, or less often if that takes long.";

/// Show namespaces, devices, traffic and events as they change.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Top {
    /// Look this often, from 100ms on.
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "2s")]
    interval: Duration,
}

impl Verb for Top {
    fn run(self, context: &Context) -> Result<Status> {
        if context.look.json {
            let text = "top is for people: ls, devices and watch print JSON";
            return Err(Failure::usage(text));
        }
        if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
            let text = "top needs a terminal: ls, devices and watch print into files and pipes";
            return Err(Failure::usage(text));
        }
        let color = context.look.color;
        // Nothing else may write to the terminal, and its lines have no colours.
        let context = Context {
            pager: false,
            messages: crate::messages::Messages::new(true, false),
            directory: context.directory.clone(),
            look: Look {
                color: false,
                footer: false,
                width: None,
                ..context.look
            },
        };
        let source = Source::connect(&context, self.interval)?;
        let mut screen = Screen::open()?;
        let look = Look {
            color,
            ..context.look
        };
        let outcome = follow(source, &mut screen, look);
        // Before anything is said on it.
        drop(screen);
        outcome.map(|()| Status::Ok)
    }
}

/// Looks, draws and takes keys until it is to end.
fn follow(mut source: Source<'_>, screen: &mut Screen, look: Look) -> Result<()> {
    let mut app = App::default();
    loop {
        source.look(&mut app);
        if app.changed() {
            screen.draw(|frame| draw::draw(frame, &mut app, look))?;
        }
        match screen.wait(source.rest(&app))? {
            Woken::Time => {}
            Woken::End => return Ok(()),
            Woken::Redraw => app.touch(),
            Woken::Keys(keys) => {
                for key in keys {
                    match app.key(key) {
                        Some(Wish::End) => return Ok(()),
                        Some(Wish::Holders(cookie)) => app.show_holders(source.holders(cookie)),
                        Some(Wish::Look) => source.hurry(),
                        None => {}
                    }
                }
            }
        }
    }
}
