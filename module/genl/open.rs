// SPDX-License-Identifier: GPL-2.0-only

//! `ns-open`.

use kernel::prelude::*;

use super::namespace::no_such;
use crate::net::genl::{
    missing,
    Do,
    Policy,
    Reply,
    Request,
    CAP_SYS_ADMIN, //
};
use crate::state::State;
use crate::uapi::{
    cmd,
    open, //
};

/// The operation.
pub(super) struct Open;

const POLICY: [Policy; open::COOKIE as usize + 1] = [Policy::UNSPEC, Policy::UINT.min(1)];

impl Do for Open {
    type Context = State;
    const CMD: u8 = cmd::NS_OPEN;
    const POLICY: &'static [Policy] = &POLICY;

    fn run(state: &State, request: &Request<'_>, reply: &mut Reply<'_>) -> Result {
        if !request.is_capable(CAP_SYS_ADMIN) {
            return Err(request.refuse(
                EPERM,
                c"it needs CAP_SYS_ADMIN, too, of the sender and of who opened the socket",
                None,
            ));
        }
        let Some(cookie) = request.get(open::COOKIE) else {
            return Err(missing(
                request,
                open::COOKIE,
                c"name the network namespace by its cookie",
            ));
        };
        let wanted = cookie.uint()?;
        if state.namespaces.lock().get(wanted).is_none() {
            return Err(no_such(request, Some(cookie)));
        }
        let Some(net) = state.live(wanted) else {
            return Err(request.refuse(
                EBUSY,
                c"this network namespace is dead, or still being made",
                Some(cookie),
            ));
        };
        let fd = net
            .open()
            .map_err(|error| request.refuse(error, c"no descriptor for it", Some(cookie)))?;
        // An answer that cannot be sent closes it again: the caller would never know of it.
        reply.send(|message| {
            message.put_uint(open::COOKIE, net.cookie())?;
            message.put_u32(open::FD, fd.number())
        })?;
        fd.give_away();
        Ok(())
    }
}
