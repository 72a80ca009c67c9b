// SPDX-License-Identifier: GPL-2.0-only

//! `metrics`: what Prometheus collects, as text, in a file or served.

mod family;
mod gather;
mod http;
mod peer;
mod serve;

use clap::Args;
use homeward_client::model::{Namespace, Stats};
use homeward_client::{Client, Error};
use serde::Serialize;

use super::{Context, Verb};
use crate::book::Book;
use crate::error::{why_silent, Failure, Result};
use crate::exit::Status;
use crate::file::{output, Place};
use crate::messages::Messages;

use family::{text, Family, Format};
use gather::families;

const HELP: &str = "\
Examples:
  homeward metrics
      Prints them in the text format of Prometheus.
  homeward metrics --output /var/lib/prometheus/node-exporter/homeward.prom
      For the textfile collector of node_exporter, as homeward-metrics.timer does.
  homeward metrics --listen 9938
      Serves http://127.0.0.1:9938/metrics, also as OpenMetrics to those who ask for it.

There is a fixed number of series, however many namespaces there are, unless --per-namespace adds some
for each. Without the module, homeward_up is 0.";

/// Print, write or serve metrics for Prometheus.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Metrics {
    /// Write them into this file, which is replaced as a whole.
    #[arg(long, value_name = "FILE", value_parser = output())]
    output: Option<Place>,
    /// Serve them by HTTP on this address, or on this port of the loopback device.
    #[arg(long, value_name = "ADDR", conflicts_with = "output", value_parser = serve::address)]
    listen: Option<std::net::SocketAddr>,
    /// Add series for each network namespace, for at most MAX of them.
    #[arg(long, value_name = "MAX", num_args = 0..=1, require_equals = true, default_missing_value = "200")]
    per_namespace: Option<usize>,
    /// Print or write them as OpenMetrics, which the textfile collector does not read.
    #[arg(long, conflicts_with = "listen")]
    openmetrics: bool,
}

/// All metrics.
#[derive(Debug, Serialize)]
struct All {
    /// Those that belong together, by their names.
    metrics: Vec<Family>,
}

/// What the module tells.
struct Told {
    stats: Stats,
    namespaces: Vec<Namespace>,
    book: Book,
}

impl Verb for Metrics {
    fn run(self, context: &Context) -> Result<Status> {
        let elsewhere = self.output.is_some() || self.listen.is_some();
        if context.look.json && elsewhere {
            return Err(Failure::usage("choose either --json or where to write"));
        }
        let gather = |say: fn(Messages, &str)| {
            let asked = ask(context, self.per_namespace.is_some());
            let told = told(asked, |why| say(context.messages, why))?;
            Ok(families(told.as_ref(), self.per_namespace))
        };
        // A server begins with this, too: what is wrong from the start is seen at the start.
        let metrics = gather(Messages::warning)?;
        if let Some(address) = self.listen {
            return serve::serve(context.messages, address, |format| {
                gather(Messages::detail).map(|metrics| text(&metrics, format))
            });
        }
        let format = match self.openmetrics {
            true => Format::OpenMetrics,
            false => Format::Prometheus,
        };
        if let Some(place) = self.output {
            place.write(&text(&metrics, format), 0o644)?;
            return Ok(Status::Ok);
        }
        let all = All { metrics };
        context.print_list(&all, &all.metrics, |_| text(&all.metrics, format))
    }
}

/// Asks the module: one list, and its counts. Names are read where they are wanted only.
fn ask(context: &Context, with_names: bool) -> std::result::Result<Told, Error> {
    let mut client = Client::connect()?;
    let namespaces = client.namespaces_now()?.items;
    Ok(Told {
        stats: client.stats()?,
        book: match with_names {
            true => Book::new(&namespaces, &context.directory),
            false => Book::default(),
        },
        namespaces,
    })
}

/// What the module told; nothing if there is none to be reached, which is said so.
fn told(asked: std::result::Result<Told, Error>, say: impl FnOnce(&str)) -> Result<Option<Told>> {
    let error = match asked {
        Ok(told) => return Ok(Some(told)),
        Err(error) => error,
    };
    match (why_silent(&error), error.errno()) {
        (Some(reason), None) => {
            say(&format!("only homeward_up is told: {reason}"));
            Ok(None)
        }
        _ => Err(Failure::client("cannot gather metrics", &error)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use nix::errno::Errno;

    use super::*;
    use crate::fixture::{book, container, dying, golden, initial, JSON};

    fn some() -> Told {
        Told {
            stats: Stats {
                namespaces: 3,
                born: 12,
                events: 31,
                memory: 2345,
                longest_teardown: Duration::from_millis(1500),
                longest_teardown_cookie: Some(4711),
                ..Stats::default()
            },
            namespaces: vec![initial(), container(), dying()],
            book: book(),
        }
    }

    #[test]
    fn it_is_only_without_the_module_that_there_is_nothing_but_up() {
        for error in [Error::NotLoaded, Error::NotInitial] {
            let mut why = String::new();
            let told = told(Err(error), |text| why = text.to_owned());
            assert!(matches!(told, Ok(None)));
            assert!(why.starts_with("only homeward_up is told: the "), "{why}");
        }
        let system = |errno| Error::System { what: "x", errno };
        for (error, status) in [
            (system(Errno::EMFILE), Status::Failed),
            (system(Errno::EPERM), Status::Denied),
            (Error::NoAnswer, Status::Failed),
        ] {
            let told = told(Err(error), |why| panic!("{why}"));
            assert_eq!(told.err().map(|failure| failure.status), Some(status));
        }
    }

    #[test]
    fn metrics_in_both_formats_and_as_json() {
        let some = families(Some(&some()), Some(2));
        let none = families(None, Some(2));
        let few = All {
            metrics: none.clone(),
        };
        golden(
            "metrics",
            &[
                ("text", text(&some, Format::Prometheus)),
                ("openmetrics", text(&some, Format::OpenMetrics)),
                ("text without the module", text(&none, Format::Prometheus)),
                ("json", JSON.choose(&few, String::new).unwrap()),
            ],
        );
    }
}
