// SPDX-License-Identifier: GPL-2.0-only

//! `umount NS PATH`: a network namespace is no longer mounted there, in whatever mount namespace that is.

use std::path::PathBuf;

use clap::Args;
use homeward_holders::{unmount, Error};
use serde::Serialize;

use super::opened::Opened;
use super::{Context, Verb};
use crate::error::{Failure, Result};
use crate::exit::Status;
use crate::render::text::printable;
use crate::selector::{help, Selector};

const HELP: &str = "\
The last column of holders has the command for each mount. Nothing is run in the other
mount namespace, so it need not have a umount of its own, nor be trusted. If something covers
the mount, that stays, and the empty file below is removed. The module is not needed.

Examples:
  homeward umount red /tmp/red                             here
  homeward umount -N 4711 inum:4026532281 /mnt/netns/red   where process 4711 is";

/// Unmount a network namespace, also in another mount namespace.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Umount {
    /// In the mount namespace of this process, or in the one of this file, as /proc/PID/task/TID/ns/mnt.
    #[arg(short = 'N', long, value_name = "PID|FILE")]
    mounts: Option<String>,
    #[arg(value_name = "NS", help = help("Which network namespace"))]
    namespace: Selector,
    /// Where it is mounted, seen from the root of that mount namespace.
    #[arg(value_name = "PATH")]
    path: PathBuf,
}

/// A mount that is gone.
#[derive(Debug, Serialize)]
struct Unmounted {
    /// Inode number in nsfs of the network namespace.
    inum: u64,
    /// Where it was mounted.
    path: String,
}

impl Verb for Umount {
    fn namespaces(&self) -> Vec<&Selector> {
        vec![&self.namespace]
    }

    fn run(self, context: &Context) -> Result<Status> {
        let inum = match self.namespace {
            // It may have no other way in.
            Selector::Inum(inum) => inum.into(),
            ref selector => Opened::new(context, selector)?.inum,
        };
        let mounts = self.mounts.as_deref().map(|it| match it.parse::<u32>() {
            Ok(pid) => PathBuf::from(format!("/proc/{pid}/ns/mnt")),
            Err(_) => PathBuf::from(it),
        });
        unmount(mounts.as_deref(), inum, &self.path).map_err(|error| match error {
            Error::NotMounted { .. } => Failure::not_found(error.to_string()),
            _ => Failure::holders(&format!("{} stays mounted", self.path.display()), &error),
        })?;
        let gone = Unmounted {
            inum,
            path: self.path.to_string_lossy().into_owned(),
        };
        context.print(&gone, |_| text(&gone))
    }
}

fn text(gone: &Unmounted) -> String {
    format!("{} unmounted\n", printable(&gone.path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::golden_data;

    #[test]
    fn what_was_unmounted_as_text_and_json() {
        let gone = Unmounted {
            inum: 4026532281,
            path: "/mnt/netns/red".to_owned(),
        };
        golden_data("umount", text(&gone), &gone);
    }
}
