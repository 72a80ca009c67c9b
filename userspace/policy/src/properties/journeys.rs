// SPDX-License-Identifier: GPL-2.0-only

//! Long journeys of one device through namespaces that live and die, followed by the home stack and by a
//! model that goes by the words of the design.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::policy::fate::{decide, Action, Facts, Mark};
use crate::policy::home::{arrive, destination, evict, homes, Arrival, DEPTH};
use crate::policy::rules::RuleAction;

/// The initial namespace.
const INITIAL: u64 = 0;
/// So many others there are: more than a stack holds.
const OTHERS: u64 = 12;

/// A namespace that was left, and the number of that departure, for all that is recorded then.
type Entry = (u64, usize);

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Somebody moves the device there.
    Move(u64),
    /// That namespace dies.
    Die(u64),
    /// A rule sends the device to the initial namespace.
    Send,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (INITIAL..=OTHERS).prop_map(Step::Move),
        // One of those that are likely to be in the stack.
        2 => (1..=OTHERS).prop_map(Step::Die),
        1 => Just(Step::Send),
    ]
}

/// A device on its way, as the module follows it: `module/tracking.rs` and `module/devices.rs`.
#[derive(Debug, Clone)]
struct Device {
    here: u64,
    stack: Vec<Entry>,
    departures: usize,
    /// What it came home to, when it last did.
    came_to: Option<Entry>,
}

/// The same by the words of the design.
#[derive(Debug, Clone, PartialEq)]
struct Model {
    stack: Vec<Entry>,
    came_to: Option<Entry>,
}

impl Model {
    /// "Leaving A for B pushes A. At most 8 entries: when full, keep the oldest and the newest seven",
    /// but the initial one always, and what an administrator made before what a tenant made.
    fn leave(&mut self, entry: Entry) {
        if self.stack.len() == 8 {
            let mut younger = self.stack.split_off(1);
            younger.sort_by_key(|&(namespace, departure)| {
                (namespace == INITIAL, !is_of_tenant(namespace), departure)
            });
            self.stack.extend(younger.into_iter().skip(1));
            self.stack.sort_by_key(|entry| entry.1);
        }
        self.stack.push(entry);
    }

    /// "Arriving in a namespace that is in the stack pops down to below it."
    fn arrive(&mut self, here: u64, sent: bool, live: &[bool]) {
        let is_here = |entry: &&Entry| entry.0 == here;
        let lost = !self.stack.iter().any(|entry| alive(live, entry.0));
        self.came_to = self.stack.iter().find(is_here).copied();
        if self.came_to.is_some() {
            self.stack = self
                .stack
                .iter()
                .take_while(|entry| entry.0 != here)
                .copied()
                .collect();
        } else if here == INITIAL && (sent || lost) {
            self.came_to = self.stack.first().copied();
            self.stack.clear();
        }
    }
}

/// Whether a tenant made it: of the others every third one was made by an administrator.
fn is_of_tenant(namespace: u64) -> bool {
    namespace % 3 != 0
}

fn alive(live: &[bool], namespace: u64) -> bool {
    live[usize::try_from(namespace).expect("few")]
}

impl Device {
    fn born_in(here: u64) -> Self {
        Device {
            here,
            stack: Vec::new(),
            departures: 0,
            came_to: None,
        }
    }

    fn cookies(&self) -> Vec<u64> {
        self.stack.iter().map(|entry| entry.0).collect()
    }

    fn model(&self) -> Model {
        Model {
            stack: self.stack.clone(),
            came_to: self.came_to,
        }
    }

    /// Moves it, and checks that the model comes to the same.
    fn go(&mut self, to: u64, sent: bool, live: &[bool]) {
        let mut model = self.model();
        self.departures += 1;
        let entry = (self.here, self.departures);
        // A dying namespace is no home.
        if alive(live, self.here) {
            model.leave(entry);
            let of_tenant = |at: usize| is_of_tenant(self.stack[at].0);
            if let Some(at) = evict(&self.cookies(), INITIAL, of_tenant) {
                self.stack.remove(at);
            }
            self.stack.push(entry);
        }
        self.here = to;
        model.arrive(to, sent, live);
        self.came_to = None;
        let live = |cookie: &u64| alive(live, *cookie);
        match arrive(&self.cookies(), to, to == INITIAL, sent, live) {
            Arrival::Away => {}
            Arrival::Back { keep, entry } => {
                self.came_to = Some(self.stack[entry]);
                self.stack.truncate(keep);
            }
        }
        assert_eq!(self.model(), model, "in {to}");
    }

    /// Its namespace dies: it goes where it belongs.
    fn die(&mut self, live: &[bool]) {
        let at = destination(&self.cookies(), |cookie| alive(live, *cookie));
        let newest = self
            .stack
            .iter()
            .rev()
            .find(|entry| alive(live, entry.0))
            .copied();
        assert_eq!(at.map(|at| self.stack[at]), newest);
        let first = self.stack.first().copied();
        self.go(newest.map_or(INITIAL, |entry| entry.0), false, live);
        // It is what it was there, or of the oldest that is known.
        assert_eq!(self.came_to, newest.or(first));
    }

    /// Where a rule sends it, as a virtual one, when its namespace dies: `module/outlook.rs`.
    fn sent_by(&self, rule: RuleAction, live: &[bool]) -> Option<u64> {
        let live = |cookie: &u64| alive(live, *cookie);
        let cookies = self.cookies();
        let facts = Facts {
            initial: false,
            wiphy: false,
            immovable: false,
            devlink: false,
            tunnel: false,
            link: false,
            physical: false,
            homes: homes(&cookies, INITIAL, destination(&cookies, live).is_some()),
            mark: Mark::None,
            rule: Some(rule),
        };
        match decide(facts).0 {
            Action::Initial => Some(INITIAL),
            Action::Return => Some(destination(&cookies, live).map_or(INITIAL, |at| cookies[at])),
            _ => None,
        }
    }

    fn check(&self, live: &[bool]) {
        let cookies = self.cookies();
        assert!(
            alive(live, self.here),
            "a device ended in a namespace that is no more"
        );
        assert!(cookies.len() <= DEPTH);
        assert!(
            !cookies.contains(&self.here),
            "away from where it is: {self:?}"
        );
        for (at, cookie) in cookies.iter().enumerate() {
            assert!(
                !cookies[..at].contains(cookie),
                "twice in a stack: {self:?}"
            );
        }
        assert!(
            self.stack.is_sorted_by_key(|entry| entry.1),
            "not oldest first: {self:?}"
        );
    }
}

proptest! {
    #[test]
    fn the_home_stack_is_what_the_design_says_and_no_device_is_lost(
        birthplace in INITIAL..=OTHERS,
        steps in vec(step(), 0..60),
    ) {
        let mut live = vec![true; usize::try_from(OTHERS).expect("few") + 1];
        let mut device = Device::born_in(birthplace);
        for step in steps {
            let oldest = device.stack.first().copied();
            match step {
                Step::Move(to) if to == device.here || !alive(&live, to) => {}
                Step::Move(to) => device.go(to, false, &live),
                Step::Die(namespace) => {
                    live[usize::try_from(namespace).expect("few")] = false;
                    if device.here == namespace {
                        device.die(&live);
                    }
                }
                Step::Send if device.here == INITIAL => {}
                Step::Send => {
                    device.go(INITIAL, true, &live);
                    // Also where it was never left: then it is what it was at first.
                    prop_assert!(device.came_to.is_some());
                }
            }
            device.check(&live);
            // Where it belongs in the end is not forgotten before it is there.
            prop_assert!(device.stack.is_empty() || oldest.is_none() || device.stack.first() == oldest.as_ref());
        }
        // The end of all namespaces but one is the way home.
        live[1..].fill(false);
        if device.here != INITIAL {
            // As it was when it left the initial one, else as it was at first.
            let initial = device.stack.iter().find(|entry| entry.0 == INITIAL);
            let home = initial.or(device.stack.first()).copied();
            device.die(&live);
            prop_assert_eq!(device.came_to, home);
        }
        prop_assert_eq!(device.here, INITIAL);
        prop_assert!(device.stack.iter().all(|entry| !alive(&live, entry.0)));
    }

    /// What a tenant made is moved and left behind by him as he likes: no rule takes it to the initial
    /// namespace unless somebody who may had fetched it there.
    #[test]
    fn a_rule_sends_a_virtual_device_only_where_it_was(
        birthplace in 1..=OTHERS,
        steps in vec(step(), 0..60),
        rule in select(vec![RuleAction::Return, RuleAction::Initial]),
    ) {
        let mut live = vec![true; usize::try_from(OTHERS).expect("few") + 1];
        let mut device = Device::born_in(birthplace);
        let mut been = vec![birthplace];
        for step in steps {
            match step {
                Step::Move(to) if to != device.here && alive(&live, to) => {
                    device.go(to, false, &live);
                    been.push(to);
                }
                Step::Die(namespace) => {
                    live[usize::try_from(namespace).expect("few")] = false;
                    if device.here == namespace {
                        let Some(to) = device.sent_by(rule, &live) else {
                            // The kernel destroys it.
                            return Ok(());
                        };
                        prop_assert!(been.contains(&to) && alive(&live, to), "{} by {:?}", to, been);
                        device.go(to, rule == RuleAction::Initial, &live);
                    }
                }
                Step::Move(_) | Step::Send => {}
            }
            device.check(&live);
        }
    }
}
