// SPDX-License-Identifier: GPL-2.0-only

//! `stats`: what the module has counted.

use homeward_client::Client;

use crate::error::{Failure, Result};
use crate::view::StatsView;

/// Reads the counts.
pub(crate) fn run() -> Result<StatsView> {
    let stats = Client::connect().and_then(|mut client| client.stats());
    stats
        .map(StatsView::from)
        .map_err(|error| Failure::client("cannot read the counts", &error))
}
