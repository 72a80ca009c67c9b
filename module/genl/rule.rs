// SPDX-License-Identifier: GPL-2.0-only

//! `rule-get`, `rule-add`, `rule-del`, `rule-flush`.

use kernel::prelude::*;
use kernel::sync::Arc;

use super::settings::{
    self,
    Of, //
};
use crate::net::genl::{
    missing,
    Attribute,
    Do,
    Dump,
    Dumping,
    Policy,
    Reply,
    Request, //
};
use crate::net::message::Writer;
use crate::policy::naming::{
    Name,
    Template, //
};
use crate::policy::rules::{
    Class,
    Moved,
    Pattern,
    Rule,
    RuleAction, //
};
use crate::policy::settings::{
    bit,
    ALL,
    DEFAULT,
    WITH_VALUE, //
};
use crate::recorded::Values;
use crate::rules::{
    Entry,
    Fixed, //
};
use crate::state::State;
use crate::uapi::{
    cmd,
    moved,
    rule,
    rule_action,
    rule_class,
    setting,
    Setting, //
};

const ID_POLICY: [Policy; rule::ID as usize + 1] = [Policy::UNSPEC, Policy::U32.min(1)];

const ADD_POLICY: [Policy; rule::SET as usize + 1] = {
    let mut policy = [Policy::UNSPEC; rule::SET as usize + 1];
    policy[rule::BEFORE as usize] = Policy::U32.min(1);
    policy[rule::NAME as usize] = Policy::string(31);
    policy[rule::KIND as usize] = Policy::string(15);
    policy[rule::CLASS as usize] = Policy::U32.range(1, rule_class::VIRTUAL as i16);
    policy[rule::ACTION as usize] = Policy::U32.range(1, rule_action::KERNEL as i16);
    policy[rule::TEMPLATE as usize] = Policy::string(15);
    policy[rule::RESTORE as usize] = Policy::UINT;
    policy[rule::MOVED as usize] = Policy::U32.range(1, moved::ALL as i16);
    policy[rule::SET as usize] = Policy::nested(&settings::POLICY);
    policy
};

/// `rule-get`.
pub(super) struct Get;

impl Do for Get {
    type Context = State;
    const CMD: u8 = cmd::RULE_GET;
    const POLICY: &'static [Policy] = &ID_POLICY;

    fn run(state: &State, request: &Request<'_>, reply: &mut Reply<'_>) -> Result {
        let id = wanted(request)?;
        let number = id.u32()?;
        let found = state.rules.lock().get(number).cloned();
        let entry = found.ok_or_else(|| no_such(request, id))?;
        reply.send(|message| fill(message, &entry))
    }
}

impl Dump for Get {
    type Context = State;
    const CMD: u8 = cmd::RULE_GET;
    const POLICY: &'static [Policy] = &[Policy::UNSPEC];

    /// How many have been written.
    type Progress = usize;

    fn run(
        state: &State,
        _request: &Request<'_>,
        written: &mut usize,
        dump: &mut Dumping<'_>,
    ) -> Result {
        let rules = state.rules.lock();
        dump.generation(rules.generation());
        while let Some(entry) = rules.entries().get(*written) {
            dump.message(|message| fill(message, entry))?;
            *written += 1;
        }
        Ok(())
    }
}

/// `rule-add`.
pub(super) struct Add;

impl Do for Add {
    type Context = State;
    const CMD: u8 = cmd::RULE_ADD;
    const POLICY: &'static [Policy] = &ADD_POLICY;
    const MAY_REPEAT: &'static [u16] = &[rule::SET];

    fn run(state: &State, request: &Request<'_>, reply: &mut Reply<'_>) -> Result {
        let new = parse(request)?;
        let fixed = parse_fixed(request, &new)?;
        let before = request.get(rule::BEFORE);
        let place = before.map(|id| id.u32()).transpose()?;
        let added = state.rules.lock().add(new, fixed, place);
        let entry = added.map_err(|error| match error {
            e if e == ENOENT => request.refuse(e, c"there is no such rule", before),
            e if e == ENOSPC => request.refuse(e, c"there are 256 rules already", None),
            e => e,
        })?;
        reply.send(|message| fill(message, &entry))
    }
}

/// `rule-del`.
pub(super) struct Delete;

impl Do for Delete {
    type Context = State;
    const CMD: u8 = cmd::RULE_DEL;
    const POLICY: &'static [Policy] = &ID_POLICY;

    fn run(state: &State, request: &Request<'_>, _reply: &mut Reply<'_>) -> Result {
        let id = wanted(request)?;
        let number = id.u32()?;
        match state.rules.lock().remove(number) {
            true => Ok(()),
            false => Err(no_such(request, id)),
        }
    }
}

/// `rule-flush`.
pub(super) struct Flush;

impl Do for Flush {
    type Context = State;
    const CMD: u8 = cmd::RULE_FLUSH;
    const POLICY: &'static [Policy] = &[Policy::UNSPEC];

    fn run(state: &State, _request: &Request<'_>, _reply: &mut Reply<'_>) -> Result {
        state.rules.lock().clear();
        Ok(())
    }
}

fn wanted<'a>(request: &Request<'a>) -> Result<Attribute<'a>> {
    let id = request.get(rule::ID);
    id.ok_or_else(|| missing(request, rule::ID, c"name the rule by its id"))
}

fn no_such<'a>(request: &Request<'a>, id: Attribute<'a>) -> Error {
    request.refuse(ENOENT, c"no rule has this id", Some(id))
}

/// Reads a rule, all but its number.
fn parse(request: &Request<'_>) -> Result<Rule> {
    let wrong = |kind, why| request.refuse(EINVAL, why, request.get(kind));
    let Some(action) = request.get(rule::ACTION) else {
        return Err(missing(
            request,
            rule::ACTION,
            c"say what the rule has happen",
        ));
    };
    let action =
        RuleAction::new(action.u32()?).ok_or_else(|| wrong(rule::ACTION, c"no such action"))?;
    let class = match request.get(rule::CLASS) {
        Some(class) if class.u32()? == rule_class::PHYSICAL => Some(Class::Physical),
        Some(_) => Some(Class::Virtual),
        None => None,
    };
    let name = match request.get(rule::NAME) {
        Some(text) => {
            let pattern = Pattern::new(text.string()?.to_bytes());
            Some(pattern.ok_or_else(|| wrong(rule::NAME, c"an empty pattern matches nothing"))?)
        }
        None => None,
    };
    let kind = match request.get(rule::KIND) {
        Some(text) => {
            let kind = Name::new(text.string()?.to_bytes());
            Some(kind.ok_or_else(|| wrong(rule::KIND, c"no device has an empty kind"))?)
        }
        None => None,
    };
    let template = match request.get(rule::TEMPLATE) {
        Some(text) => Some(Template::new(text.string()?.to_bytes()).ok_or_else(|| {
            wrong(
                rule::TEMPLATE,
                c"a template is a name with one %d and at most one %s",
            )
        })?),
        None => None,
    };
    let restore = request
        .get(rule::RESTORE)
        .map_or(Ok(DEFAULT), |bits| bits.uint())?;
    if restore & !ALL != 0 {
        return Err(wrong(rule::RESTORE, c"there are no such settings"));
    }
    let with_up = bit(setting::ADDRESSES) | bit(setting::ROUTES);
    if restore & with_up != 0 && restore & bit(setting::UP) == 0 {
        return Err(wrong(
            rule::RESTORE,
            c"addresses and routes come back only together with up",
        ));
    }
    let (default, may_choose) = Moved::default(action, class);
    let chosen = match request.get(rule::MOVED) {
        Some(word) => Moved::new(word.u32()?),
        None => None,
    };
    let moved = chosen.unwrap_or(default);
    if moved != default && !may_choose {
        return Err(wrong(
            rule::MOVED,
            c"nothing is restored of devices that are virtual or left to the kernel",
        ));
    }
    Ok(Rule {
        id: 0,
        name,
        kind,
        class,
        action,
        template,
        restore,
        moved,
    })
}

/// Reads the values that a rule fixes, if it does.
fn parse_fixed(request: &Request<'_>, new: &Rule) -> Result<Option<Arc<Fixed>>> {
    let Some(first) = request.get(rule::SET) else {
        return Ok(None);
    };
    if new.action == RuleAction::Kernel {
        let why = c"nothing is set of devices that are left to the kernel";
        return Err(request.refuse(EINVAL, why, Some(first)));
    }
    let mut values = Values::default();
    let parts = request.attributes();
    let ids = settings::parse(request, &parts, rule::SET, Of::Any, &mut values)?;
    if ids & !WITH_VALUE != 0 {
        let why = c"programs cannot be set";
        return Err(request.refuse(EINVAL, why, Some(first)));
    }
    Ok(Some(Arc::new(Fixed { ids, values }, GFP_KERNEL)?))
}

/// Writes a rule.
fn fill(message: &mut Writer<'_>, entry: &Entry) -> Result {
    let rule = &entry.rule;
    message.put_u32(rule::ID, rule.id)?;
    if let Some(pattern) = &rule.name {
        message.put_str(rule::NAME, pattern.as_bytes())?;
    }
    if let Some(kind) = &rule.kind {
        message.put_str(rule::KIND, kind.as_bytes())?;
    }
    if let Some(class) = rule.class {
        let number = match class {
            Class::Physical => rule_class::PHYSICAL,
            Class::Virtual => rule_class::VIRTUAL,
        };
        message.put_u32(rule::CLASS, number)?;
    }
    message.put_u32(rule::ACTION, rule.action.uapi())?;
    if let Some(template) = &rule.template {
        message.put_str(rule::TEMPLATE, template.as_bytes())?;
    }
    message.put_uint(rule::RESTORE, rule.restore)?;
    message.put_u32(rule::MOVED, rule.moved.uapi())?;
    message.put_uint(rule::HITS, entry.hits)?;
    match &entry.fixed {
        Some(fixed) => {
            let plain = |_: &mut Writer<'_>, _: &Setting| Ok(());
            settings::fill(message, rule::SET, Of::Any, &fixed.values, fixed.ids, plain)
        }
        None => Ok(()),
    }
}
