// SPDX-License-Identifier: GPL-2.0-only

//! Looks for the owners of namespaces, for which all processes are looked at: seldom.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use homeward_client::model::State;

use super::source::on_processor;
use crate::command::namespace::Row;
use crate::command::Context;
use crate::owner::Owner;
use crate::tenancy::{Tenants, Wanted};

/// Of so much time on a processor one part is used.
const SHARE: u32 = 100;
/// Not more often than that, unless there are new namespaces.
const EVERY: Duration = Duration::from_secs(10);

/// Whose the namespaces are, as far as that was looked for.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// By cookie; None of those that nobody is known to own.
    owners: HashMap<u64, Option<Owner>>,
    last: Option<Last>,
    trouble: Option<String>,
}

/// The last search.
#[derive(Debug, Clone, Copy)]
struct Last {
    ended: Instant,
    cost: Duration,
}

impl Last {
    /// Whether it is time for another one.
    fn is_over(&self, news: bool, now: Instant) -> bool {
        let least = if news { Duration::ZERO } else { EVERY };
        now.saturating_duration_since(self.ended) >= least.max(self.cost * SHARE)
    }
}

impl Search {
    /// Looks for the owners of these, if it is time. Gives the time on a processor that this took.
    pub(super) fn run(&mut self, context: &Context, namespaces: &[Row]) -> Duration {
        let is_new = |one: &Row| !self.owners.contains_key(&one.namespace.cookie);
        let news = namespaces.iter().any(is_new);
        let waits = |last: Last| !last.is_over(news, Instant::now());
        if self.last.is_some_and(waits) {
            return Duration::ZERO;
        }
        let before = on_processor();
        self.trouble = self.find(context, namespaces).err();
        let cost = on_processor().saturating_sub(before);
        let ended = Instant::now();
        self.last = Some(Last { ended, cost });
        cost
    }

    fn find(&mut self, context: &Context, namespaces: &[Row]) -> Result<(), String> {
        let wanted = Wanted {
            owner: true,
            ..Wanted::default()
        };
        let tenants = Tenants::find(context, wanted, "cannot find out who owns namespaces");
        let mut tenants = tenants.map_err(|failure| failure.to_string())?;
        let owner = |row: &Row| {
            let namespace = &row.namespace;
            // Only a live one has its number for itself.
            let inum = namespace.inum.filter(|_| namespace.state == State::Live);
            let found = tenants.of(inum.map(u64::from), namespace.initial, &row.names);
            (namespace.cookie, found.owned_by)
        };
        self.owners = namespaces.iter().map(owner).collect();
        Ok(())
    }

    /// Why owners are not known.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.clone()
    }

    /// Tells namespaces whose they are.
    pub(super) fn tell(&self, namespaces: &mut [Row]) {
        for row in namespaces {
            let owner = self.owners.get(&row.namespace.cookie);
            row.tenancy.owned_by = owner.cloned().flatten();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_took_long_is_not_soon_done_again_also_for_new_namespaces() {
        let start = Instant::now();
        let is_over = |cost, news, seconds| {
            let cost = Duration::from_millis(cost);
            let last = Last { ended: start, cost };
            last.is_over(news, start + Duration::from_secs(seconds))
        };
        assert!(!is_over(5, false, 9) && is_over(5, false, 10));
        assert!(!is_over(5, true, 0) && is_over(5, true, 1));
        assert!(!is_over(300, true, 29) && is_over(300, true, 30));
        assert!(!is_over(300, false, 29) && is_over(300, false, 30));
    }
}
