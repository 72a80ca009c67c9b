// SPDX-License-Identifier: MIT OR Apache-2.0

//! The rules of the policy.

use homeward_abi::{cmd, rule};

use super::{consistent, Client};
use crate::error::Result;
use crate::exchange;
use crate::model::{NewRule, Rule};
use crate::wire::{self, Argument, Operation};

impl Client {
    /// All rules, in the order in which they are tried; [`Error::Interrupted`](crate::Error) when
    /// they kept changing during every try.
    pub fn rules(&mut self) -> Result<Vec<Rule>> {
        self.dump(cmd::RULE_GET, &[], Rule::read_all)
            .and_then(consistent)
    }

    /// One rule, by its id; refused with ENOENT when there is none.
    pub fn rule(&mut self, id: u32) -> Result<Rule> {
        self.one(
            cmd::RULE_GET,
            &[Argument::U32(rule::ID, id)],
            Rule::read_all,
        )
    }

    /// Adds a rule. Gives it with its id.
    ///
    /// Refused with EINVAL when a pattern or template is malformed or too long, or addresses are to be put back
    /// without up; ENOENT when the rule that it is put before is not there; ENOSPC when there are
    /// 256 rules.
    pub fn add_rule(&mut self, new: &NewRule) -> Result<Rule> {
        self.one(cmd::RULE_ADD, &wire::rule_arguments(new), Rule::read_all)
    }

    /// Removes a rule, by its id; refused with ENOENT when there is none.
    pub fn delete_rule(&mut self, id: u32) -> Result<()> {
        self.act(cmd::RULE_DEL, &[Argument::U32(rule::ID, id)])
    }

    /// Removes all rules.
    pub fn flush_rules(&mut self) -> Result<()> {
        self.act(cmd::RULE_FLUSH, &[])
    }

    fn act(&mut self, command: u8, arguments: &[Argument]) -> Result<()> {
        let operation = Operation::new(self.family.id, command);
        exchange::act(&mut self.socket, operation, arguments)
    }
}
