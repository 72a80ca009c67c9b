// SPDX-License-Identifier: GPL-2.0-only

//! New rules in the place of old ones, with no moment in which any device has neither its old fate
//! nor its new one.
//!
//! The kernel changes one rule at a time, and the first rule that matches decides. So the new ones
//! go before the old ones, in their order, and then the old ones go, the last one first: whatever
//! the moment, a device meets either the new rule that is for it, or what it met before. What both
//! lists have in common at their ends is not touched.

use homeward_client::model::{NewRule, Rule, Settings};
use homeward_client::{Client, Error};
use nix::errno::Errno;

use crate::command::alone;
use crate::error::Failure;
use crate::rule::{anew, own_restore, same, same_with, MOST};

/// Where rules are.
pub(super) trait Table {
    /// All, in their order.
    fn list(&mut self) -> Result<Vec<Rule>, Error>;
    /// Adds one.
    fn add(&mut self, new: &NewRule) -> Result<Rule, Error>;
    /// Removes one.
    fn remove(&mut self, id: u32) -> Result<(), Error>;
}

impl Table for Client {
    fn list(&mut self) -> Result<Vec<Rule>, Error> {
        self.rules()
    }

    fn add(&mut self, new: &NewRule) -> Result<Rule, Error> {
        self.add_rule(new)
    }

    fn remove(&mut self, id: u32) -> Result<(), Error> {
        self.delete_rule(id)
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::command) struct Replaced {
    /// Rules that came.
    pub(in crate::command) added: usize,
    /// Rules that went.
    pub(in crate::command) removed: usize,
    /// How many went before the new ones came, for want of room.
    pub(in crate::command) early: Option<usize>,
}

/// Why it was not done.
#[derive(Debug)]
pub(in crate::command) enum Broken {
    /// Nothing was changed, or all was put back.
    Undone(Error),
    /// Something was changed and could not be put back.
    Torn(Error, Box<Error>),
    /// It was done, but nobody knows whether it lasted.
    Unseen(Error),
    /// The rules are not what they were made to be: somebody else changes them, too.
    Interfered,
}

impl Broken {
    /// As users read it.
    pub(in crate::command) fn failure(&self, what: &str) -> Failure {
        match self {
            Broken::Undone(error) => {
                Failure::client(what, error).advise("the old rules are in force")
            }
            Broken::Torn(error, second) => {
                Failure::client(what, error).advise(format!(
                    "the old ones could not be put back either: {second}: 'homeward policy show' \
                     shows what is in force, another 'homeward policy load' puts it right"
                ))
            }
            Broken::Unseen(error) => {
                Failure::client(what, error).advise(
                    "all changes were made, but the rules could not be read again to make sure",
                )
            }
            Broken::Interfered => Failure::failed(format!(
                "{what}: somebody else changed the rules at the same time"
            ))
            .advise(
                "'homeward policy show' shows what is in force, another 'homeward policy load' puts it right",
            ),
        }
    }
}

/// Replaces the rules in force.
pub(in crate::command) fn replace(
    client: &mut Client,
    new: &[NewRule],
) -> Result<Replaced, Broken> {
    let _held = alone::hold();
    exchange(client, new)
}

fn exchange(table: &mut impl Table, new: &[NewRule]) -> Result<Replaced, Broken> {
    let old = table.list().map_err(Broken::Undone)?;
    let mut work = Work::new(table, &old, new);
    if let Err(error) = work.carry_out() {
        return Err(match work.undo() {
            Ok(()) => Broken::Undone(error),
            Err(second) => Broken::Torn(error, Box::new(second)),
        });
    }
    let (done, default) = (work.done(), work.default);
    let is_so = |(rule, new)| same(rule, new) || same_with(default, rule, new);
    match table.list() {
        Ok(now) if now.len() == new.len() && now.iter().zip(new).all(is_so) => Ok(done),
        Ok(_) => Err(Broken::Interfered),
        Err(error) => Err(Broken::Unseen(error)),
    }
}

/// A replacement on its way.
struct Work<'a, T> {
    table: &'a mut T,
    /// The old rules that go.
    going: &'a [Rule],
    /// The new rules that come.
    coming: &'a [NewRule],
    /// The first of the rules after those.
    behind: Option<u32>,
    /// How many rules there are now.
    count: usize,
    /// How many go before the new ones come.
    early: usize,
    /// How many are gone, counted from the last.
    gone: usize,
    /// The ids of those that came.
    come: Vec<u32>,
    /// What the module restores by default, as those say that came without a word about it: another module
    /// may know other settings than this command.
    default: Settings,
}

impl<'a, T: Table> Work<'a, T> {
    fn new(table: &'a mut T, old: &'a [Rule], new: &'a [NewRule]) -> Self {
        let front = common(old.iter().zip(new));
        let (old_rest, new_rest) = (&old[front..], &new[front..]);
        let back = common(old_rest.iter().rev().zip(new_rest.iter().rev()));
        let going = &old_rest[..old_rest.len() - back];
        let coming = &new_rest[..new_rest.len() - back];
        let room = MOST.saturating_sub(old.len());
        Work {
            table,
            going,
            coming,
            behind: old_rest.get(going.len()).map(|rule| rule.id),
            count: old.len(),
            early: coming.len().saturating_sub(room).min(going.len()),
            gone: 0,
            come: Vec::new(),
            default: Settings::DEFAULT,
        }
    }

    fn carry_out(&mut self) -> Result<(), Error> {
        self.remove_down_to(self.going.len() - self.early)?;
        let first = self.going[..self.going.len() - self.early].first();
        let before = first.map(|rule| rule.id).or(self.behind);
        for new in self.coming {
            let new = NewRule {
                before,
                ..new.clone()
            };
            let added = self.table.add(&new)?;
            if own_restore(&new).is_none() {
                self.default = added.restore;
            }
            self.come.push(added.id);
            self.count += 1;
        }
        self.remove_down_to(0)
    }

    /// Removes old rules from the last one on, until so many are left.
    fn remove_down_to(&mut self, left: usize) -> Result<(), Error> {
        while self.going.len() - self.gone > left {
            let rule = &self.going[self.going.len() - self.gone - 1];
            tolerate_absence(self.table.remove(rule.id))?;
            self.gone += 1;
            self.count -= 1;
        }
        Ok(())
    }

    /// Puts the old rules back, with the same care.
    fn undo(&mut self) -> Result<(), Error> {
        for rule in &self.going[self.going.len() - self.gone..] {
            if self.count >= MOST {
                self.take_back()?;
            }
            let again = NewRule {
                before: self.behind,
                ..anew(rule)
            };
            self.table.add(&again)?;
            self.count += 1;
        }
        while !self.come.is_empty() {
            self.take_back()?;
        }
        Ok(())
    }

    /// Removes the last one that came.
    fn take_back(&mut self) -> Result<(), Error> {
        if let Some(id) = self.come.pop() {
            tolerate_absence(self.table.remove(id))?;
            self.count -= 1;
        }
        Ok(())
    }

    fn done(&self) -> Replaced {
        Replaced {
            added: self.come.len(),
            removed: self.gone,
            early: (self.early > 0).then_some(self.early),
        }
    }
}

fn common<'a>(pairs: impl Iterator<Item = (&'a Rule, &'a NewRule)>) -> usize {
    pairs.take_while(|(rule, new)| same(rule, new)).count()
}

/// Somebody else may have removed it, which is as good.
fn tolerate_absence(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.errno() == Some(Errno::ENOENT) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
