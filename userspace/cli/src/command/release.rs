// SPDX-License-Identifier: GPL-2.0-only

//! `release DEV@NS`: a device is left to the kernel when its namespace dies.

use clap::Args;

use super::keep::Decision;
use super::{Context, Verb};
use crate::error::Result;
use crate::exit::Status;
use crate::selector::{device_help, DeviceSelector, Selector};

const HELP: &str = "\
The kernel destroys virtual devices, and moves physical ones to the initial namespace as
they are.

Examples:
  homeward release eth1@red          leave this device to the kernel
  homeward release --undo eth1@red   let rules and defaults decide again";

/// Leave a device to the kernel when its network namespace dies.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Release {
    #[arg(value_name = "DEV@NS", help = device_help("Which device"))]
    device: DeviceSelector,
    /// Undo keep or release, including the name at home.
    #[arg(long)]
    undo: bool,
}

impl Verb for Release {
    fn namespaces(&self) -> Vec<&Selector> {
        vec![&self.device.namespace]
    }

    fn run(self, context: &Context) -> Result<Status> {
        let decision = match self.undo {
            true => Decision::Nothing,
            false => Decision::Release,
        };
        decision.make(context, &self.device)
    }
}
