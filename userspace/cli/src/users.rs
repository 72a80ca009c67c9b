// SPDX-License-Identifier: GPL-2.0-only

//! Names of users.

use std::collections::HashMap;

use nix::unistd::{Uid, User};

/// Names of users, each looked up once.
#[derive(Debug, Default)]
pub(crate) struct Users {
    names: HashMap<u32, Option<String>>,
}

impl Users {
    /// The name of a user; None for one without.
    pub(crate) fn name(&mut self, uid: u32) -> Option<String> {
        let look_up = || {
            let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
            user.map(|user| user.name)
        };
        self.names.entry(uid).or_insert_with(look_up).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_has_a_name_and_nobody_in_particular_has_none() {
        let mut users = Users::default();
        assert_eq!(users.name(0).as_deref(), Some("root"));
        assert_eq!(users.name(4_000_000_001), None);
    }
}
