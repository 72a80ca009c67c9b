// SPDX-License-Identifier: GPL-2.0-only

//! `ns-get`.

use kernel::prelude::*;

use crate::net::device;
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
use crate::net::namespace::{
    Net,
    NetRef, //
};
use crate::net::task::boottime_ns;
use crate::state::{
    Record,
    State,
    Tally, //
};
use crate::uapi::{
    cmd,
    creator,
    ns, //
};

/// The operation.
pub(crate) struct Get;

/// Numbers of the attributes of the set `ns` that a request may have.
const POLICY: [Policy; ns::FD as usize + 1] = {
    let mut policy = [Policy::UNSPEC; ns::FD as usize + 1];
    policy[ns::COOKIE as usize] = Policy::UINT.min(1);
    policy[ns::INUM as usize] = Policy::U32.min(1);
    policy[ns::PID as usize] = Policy::U32.min(1);
    policy[ns::FD as usize] = Policy::S32.min(0);
    policy
};

impl Do for Get {
    type Context = State;
    const CMD: u8 = cmd::NS_GET;
    const POLICY: &'static [Policy] = &POLICY;

    fn run(state: &State, request: &Request<'_>, reply: &mut Reply<'_>) -> Result {
        let cookie = wanted(state, request)?;
        let tally = state.tally(cookie);
        let namespaces = state.namespaces.lock();
        let Some(found) = namespaces.get(cookie) else {
            return Err(no_such(request, request.get(ns::COOKIE)));
        };
        reply.send(|message| fill_namespace(message, found.net, found.data, tally))
    }
}

/// Says that there is no such namespace as this attribute of a request names.
pub(super) fn no_such(request: &Request<'_>, cookie: Option<Attribute<'_>>) -> Error {
    request.refuse(ENOENT, c"no network namespace has this cookie", cookie)
}

/// The cookie of the namespace that a request names.
fn wanted(state: &State, request: &Request<'_>) -> Result<u64> {
    let mut names = [ns::COOKIE, ns::INUM, ns::PID, ns::FD]
        .into_iter()
        .filter_map(|kind| Some((kind, request.get(kind)?)));
    let Some((kind, value)) = names.next() else {
        return Err(missing(
            request,
            ns::COOKIE,
            c"name it by cookie, inum, pid or fd",
        ));
    };
    if let Some((_, second)) = names.next() {
        return Err(request.refuse(
            EINVAL,
            c"name it by only one of cookie, inum, pid and fd",
            Some(second),
        ));
    }
    match kind {
        ns::COOKIE => value.uint(),
        ns::INUM => by_inum(state, request, value),
        ns::PID => reference(
            request,
            value,
            NetRef::from_pid(i32::try_from(value.u32()?).unwrap_or(0)),
            c"no process has this pid, or it has no network namespace any more",
        ),
        _ => reference(
            request,
            value,
            NetRef::from_fd(value.i32()?),
            c"this is not an open descriptor of a network namespace",
        ),
    }
}

fn by_inum(state: &State, request: &Request<'_>, value: Attribute<'_>) -> Result<u64> {
    let inum = value.u32()?;
    let namespaces = state.namespaces.lock();
    let found = namespaces.iter().find(|found| found.net.inum() == inum);
    match found {
        Some(found) => Ok(found.net.cookie()),
        None => Err(request.refuse(
            ENOENT,
            c"no network namespace has this inum",
            request.get(ns::INUM),
        )),
    }
}

fn reference<'a>(
    request: &Request<'a>,
    blame: Attribute<'a>,
    found: Result<NetRef>,
    why: &'static core::ffi::CStr,
) -> Result<u64> {
    match found {
        Ok(net) => Ok(net.cookie()),
        Err(error) => Err(request.refuse(error, why, Some(blame))),
    }
}

impl Dump for Get {
    type Context = State;
    const CMD: u8 = cmd::NS_GET;
    const POLICY: &'static [Policy] = &[Policy::UNSPEC];

    /// The cookie to go on with.
    type Progress = u64;

    fn run(
        state: &State,
        _request: &Request<'_>,
        next: &mut u64,
        dump: &mut Dumping<'_>,
    ) -> Result {
        loop {
            // The device counts have a lock of their own, below that of the namespaces; the
            // message is short, so both are held for one message only.
            let namespaces = state.namespaces.lock();
            dump.generation(namespaces.generation());
            let Some(found) = namespaces.from(*next) else {
                return Ok(());
            };
            let cookie = found.net.cookie();
            let tally = state.tally(cookie);
            dump.message(|message| fill_namespace(message, found.net, found.data, tally))?;
            *next = cookie + 1;
        }
    }
}

/// Writes the attributes of a namespace: for a reply, a dump and an event alike.
pub(crate) fn fill_namespace(
    message: &mut Writer<'_>,
    net: &Net,
    record: &Record,
    tally: Tally,
) -> Result {
    message.put_uint(ns::COOKIE, net.cookie())?;
    message.put_u32(ns::INUM, net.inum())?;
    message.put_u32(ns::STATE, record.state(net))?;
    message.put_flag(ns::INITIAL, net.is_initial())?;
    message.put_u32(ns::REFS, net.refs())?;
    if let Some(birth) = &record.birth {
        message.put_uint(ns::BORN, birth.time)?;
        message.nest(ns::CREATOR, |nest| {
            nest.put_u32(creator::PID, birth.creator.pid)?;
            nest.put_u32(creator::UID, birth.creator.uid)?;
            nest.put_str(creator::COMMAND, birth.creator.command())
        })?;
    }
    message.put_u32(ns::OWNER_UID, net.owner_uid())?;
    message.put_u32(ns::USER_NS_INUM, net.user_ns_inum())?;
    message.put_u32(ns::DEVICES, device::count(net))?;
    message.put_u32(ns::AWAY, tally.away)?;
    message.put_u32(ns::SOCKETS, net.sockets())?;
    if let Some(since) = record.dying_since {
        message.put_uint(ns::DYING_FOR, boottime_ns().saturating_sub(since))?;
    }
    if tally.stuck != 0 {
        message.put_u32(ns::STUCK, tally.stuck)?;
    }
    message.put_u32(ns::LENT, tally.lent)?;
    Ok(())
}
