// SPDX-License-Identifier: GPL-2.0-only

use homeward_client::model::{setting, RuleAction, Settings};
use homeward_client::Refusal;

use super::*;
use crate::rule::default_moved;

/// As the kernel has them, and as it may fail.
#[derive(Default)]
struct Fake {
    rules: Vec<Rule>,
    last: u32,
    /// Which changes fail, counted from 0.
    fails: Vec<usize>,
    changes: usize,
    /// The rules after each change.
    seen: Vec<Vec<Rule>>,
    /// The settings that it knows, if these are not all.
    knows: Option<Settings>,
}

fn refusal(errno: Errno) -> Error {
    Error::Refused(Refusal {
        setting: None,
        operation: "rule-add",
        errno,
        message: None,
        attribute: None,
    })
}

impl Fake {
    fn change(&mut self) -> Result<(), Error> {
        self.changes += 1;
        match self.fails.contains(&(self.changes - 1)) {
            true => Err(refusal(Errno::ENOMEM)),
            false => Ok(()),
        }
    }
}

impl Table for Fake {
    fn list(&mut self) -> Result<Vec<Rule>, Error> {
        Ok(self.rules.clone())
    }

    fn add(&mut self, new: &NewRule) -> Result<Rule, Error> {
        self.change()?;
        let at = match new.before {
            None => Some(self.rules.len()),
            Some(id) => self.rules.iter().position(|rule| rule.id == id),
        };
        let at = at.ok_or(refusal(Errno::ENOENT))?;
        if self.rules.len() == MOST {
            return Err(refusal(Errno::ENOSPC));
        }
        let knows = self.knows.unwrap_or(Settings::ALL);
        let default = Settings::from(Settings::DEFAULT.bits() & knows.bits());
        // The default is not sent.
        let restore = own_restore(new).unwrap_or(default);
        if !knows.contains(restore) {
            return Err(refusal(Errno::EINVAL));
        }
        self.last += 1;
        let rule = Rule {
            id: self.last,
            name: new.name.clone(),
            kind: new.kind.clone(),
            class: new.class,
            action: new.action,
            template: new.template.clone(),
            restore,
            moved: new.moved.unwrap_or(default_moved(new)),
            hits: 0,
            set: new.set.clone(),
        };
        self.rules.insert(at, rule.clone());
        self.seen.push(self.rules.clone());
        Ok(rule)
    }

    fn remove(&mut self, id: u32) -> Result<(), Error> {
        self.change()?;
        let at = self.rules.iter().position(|rule| rule.id == id);
        self.rules.remove(at.ok_or(refusal(Errno::ENOENT))?);
        self.seen.push(self.rules.clone());
        Ok(())
    }
}

/// A rule for a kind, the empty one standing for all.
fn rule(kind: &str, action: RuleAction) -> NewRule {
    NewRule {
        kind: (!kind.is_empty()).then(|| kind.to_owned()),
        action,
        ..NewRule::default()
    }
}

fn table(rules: &[NewRule]) -> Fake {
    let mut table = Fake::default();
    for rule in rules {
        table.add(rule).expect("room");
    }
    table.seen.clear();
    table.changes = 0;
    table
}

/// What becomes of a device of a kind.
fn fate(rules: &[Rule], kind: &str) -> Option<(RuleAction, Settings)> {
    rules
        .iter()
        .find(|rule| rule.kind.as_deref().is_none_or(|wanted| wanted == kind))
        .map(|rule| (rule.action, rule.restore))
}

fn is(rules: &[Rule], news: &[NewRule]) -> bool {
    rules.len() == news.len() && rules.iter().zip(news).all(|(rule, new)| same(rule, new))
}

#[test]
fn what_both_have_in_common_stays_with_its_id() {
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|kind| rule(kind, RuleAction::Init));
    let mut fake = table(&[a.clone(), b, d.clone()]);
    let done = exchange(&mut fake, &[a, c, d]).expect("done");
    assert_eq!((done.added, done.removed, done.early), (1, 1, None));
    let ids: Vec<u32> = fake.rules.iter().map(|rule| rule.id).collect();
    assert_eq!(ids, [1, 4, 3]);
}

/// As before it learnt of routes and of what IP has of a device.
fn older() -> Fake {
    let older = (1 << setting::IPV4_CONF) - 1;
    Fake {
        knows: Some(Settings::from(Settings::ALL.bits() & older)),
        ..Fake::default()
    }
}

#[test]
fn an_older_module_takes_rules_that_say_nothing_of_settings() {
    let file = |action| {
        let rules = crate::file::policy::parse(&format!(
            "[[rule]]\nname = 'eth*'\naction = '{action}'\n\n[[rule]]\naction = 'return'\nrestore = ['mtu']\n"
        ));
        rules.expect("rules")
    };
    let mut fake = older();
    for action in ["return", "init", "init"] {
        exchange(&mut fake, &file(action)).expect("done");
        assert_eq!(fake.rules.len(), 2);
        assert_eq!(
            fake.rules[0].restore.bits(),
            Settings::DEFAULT.bits() & fake.knows.expect("some").bits()
        );
    }
    // What says something that it does not know is refused, and the others stay.
    let text = "[[rule]]\naction = 'return'\nup = true\nroutes = true\n";
    let newer = crate::file::policy::parse(text).expect("a rule");
    assert!(matches!(
        exchange(&mut fake, &newer),
        Err(Broken::Undone(_))
    ));
    assert!(is(&fake.rules[1..], &file("init")[1..]));
    assert_eq!(fake.rules.len(), 2);
}

#[test]
fn an_older_module_takes_what_a_newer_one_knew() {
    let mut newer = Fake::default();
    exchange(&mut newer, &[rule("a", RuleAction::Init)]).expect("done");
    let state = crate::file::state::State::new(String::new(), &newer.rules, &[]);
    let text = state.render().expect("text");
    let saved = crate::file::state::State::parse(&text)
        .expect("a state")
        .rules();
    let mut fake = older();
    exchange(&mut fake, &saved).expect("done");
    assert_eq!(fake.rules.len(), 1);
}

#[test]
fn the_same_rules_change_nothing() {
    let rules = [rule("a", RuleAction::Init), rule("a", RuleAction::Init)];
    let mut fake = table(&rules);
    exchange(&mut fake, &rules).expect("done");
    assert_eq!(fake.changes, 0);
}

#[test]
fn a_full_table_is_replaced_and_as_few_rules_as_can_be_go_early() {
    let many = |count: usize, action| -> Vec<NewRule> {
        (0..count).map(|n| rule(&format!("k{n}"), action)).collect()
    };
    let (old, new) = (many(200, RuleAction::Init), many(256, RuleAction::Kernel));
    let mut fake = table(&old);
    let done = exchange(&mut fake, &new).expect("done");
    assert_eq!(done.early, Some(200));
    assert!(is(&fake.rules, &new));

    let mut fake = table(&old);
    let done = exchange(&mut fake, &new[..100]).expect("done");
    assert_eq!(done.early, Some(44));
    assert!(is(&fake.rules, &new[..100]));
    // And back when the last step fails.
    let mut fake = table(&old);
    fake.fails = vec![100 + 200 - 1];
    assert!(matches!(
        exchange(&mut fake, &new[..100]),
        Err(Broken::Undone(_))
    ));
    assert!(is(&fake.rules, &old));
}

#[test]
fn whoever_changes_rules_meanwhile_is_noticed() {
    /// Adds a rule of its own whenever it can.
    struct Meddled(Fake);
    impl Table for Meddled {
        fn list(&mut self) -> Result<Vec<Rule>, Error> {
            self.0.list()
        }
        fn add(&mut self, new: &NewRule) -> Result<Rule, Error> {
            self.0.add(&rule("meddler", RuleAction::Kernel))?;
            self.0.add(new)
        }
        fn remove(&mut self, id: u32) -> Result<(), Error> {
            self.0.remove(id)
        }
    }
    let mut meddled = Meddled(Fake::default());
    let result = exchange(&mut meddled, &[rule("a", RuleAction::Init)]);
    assert!(matches!(result, Err(Broken::Interfered)));
}

/// What holds whichever rules are replaced by which.
mod properties {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn any_rules() -> impl Strategy<Value = Vec<NewRule>> {
        let kind = prop::sample::select(vec!["", "a", "b", "c"]);
        let action = prop::sample::select(RuleAction::ALL);
        vec(
            (kind, action).prop_map(|(kind, action)| rule(kind, action)),
            0..7,
        )
    }

    proptest! {
        #[test]
        fn at_every_moment_each_device_has_its_old_fate_or_its_new_one(
            old in any_rules(),
            new in any_rules(),
        ) {
            let mut fake = table(&old);
            let before = fake.rules.clone();
            exchange(&mut fake, &new).expect("done");
            prop_assert!(is(&fake.rules, &new));
            for kind in ["a", "b", "c", "other"] {
                let (first, last) = (fate(&before, kind), fate(&fake.rules, kind));
                let mut turned = false;
                for rules in &fake.seen {
                    let now = fate(rules, kind);
                    turned |= now != first;
                    prop_assert_eq!(now, if turned { last } else { first });
                }
            }
        }

        #[test]
        fn a_failure_leaves_the_old_rules(
            old in any_rules(),
            new in any_rules(),
            fails in 0..14usize,
        ) {
            let mut fake = table(&old);
            fake.fails = vec![fails];
            match exchange(&mut fake, &new) {
                Ok(_) => prop_assert!(is(&fake.rules, &new)),
                Err(Broken::Undone(_)) => prop_assert!(is(&fake.rules, &old)),
                Err(other) => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn a_failure_that_cannot_be_undone_is_told(
            old in any_rules(),
            new in any_rules(),
            fails in vec(0..14usize, 0..4),
        ) {
            let mut fake = table(&old);
            fake.fails = fails;
            match exchange(&mut fake, &new) {
                Ok(_) => prop_assert!(is(&fake.rules, &new)),
                Err(Broken::Undone(_)) => prop_assert!(is(&fake.rules, &old)),
                Err(Broken::Torn(..)) => {}
                Err(other) => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
