// SPDX-License-Identifier: GPL-2.0-only

//! `genl/family.rs` with families of `kernel::net::netlink`.

use core::ffi::CStr;

use kernel::module::this_module;
use kernel::net::netlink::{
    self,
    NetlinkSkBuff, //
};
use kernel::prelude::*;
use kernel::sync::{
    new_mutex,
    Arc,
    Mutex, //
};

use super::Operation;
use crate::net::message::writer::{
    build,
    Writer, //
};

pub(crate) use kernel::net::netlink::{
    Family,
    MulticastGroup, //
};

/// A family for the initial network namespace; `operations` by ascending number.
pub(crate) const fn family<C: Send + Sync + 'static>(
    name: &CStr,
    version: u8,
    groups: &'static [MulticastGroup],
    operations: &'static [Operation<C>],
) -> Family<C> {
    let module = this_module::<crate::LocalModule>();
    let name = name.to_bytes_with_nul();
    Family::with_operations(module, name, version as u32, groups, operations).init_net_only()
}

/// Registration of a family with one multicast group.
pub(crate) struct Registration<C: Send + Sync + 'static> {
    group: Arc<Group<C>>,
    _registration: netlink::Registration<C>,
}

/// What it takes to send to the group, for whoever wants to, for as long as he likes.
///
/// While there is a family in it, that is registered: without the family the number of the group may
/// be another's.
#[pin_data]
pub(crate) struct Group<C: Send + Sync + 'static> {
    #[pin]
    registered: Mutex<Option<&'static Family<C>>>,
}

impl<C: Send + Sync + 'static> Registration<C> {
    /// Registers; on return requests may already have been served.
    pub(crate) fn register(
        family: &'static Family<C>,
        _module: &'static ThisModule,
        context: Arc<C>,
    ) -> Result<Self> {
        let group = Arc::pin_init(
            pin_init!(Group {
                registered <- new_mutex!(None, "homeward::group"),
            }),
            GFP_KERNEL,
        )?;
        let registration = family.register_with(context)?;
        *group.registered.lock() = Some(family);
        Ok(Registration {
            group,
            _registration: registration,
        })
    }

    /// The group.
    pub(crate) fn group(&self) -> Arc<Group<C>> {
        self.group.clone()
    }
}

impl<C: Send + Sync + 'static> Drop for Registration<C> {
    fn drop(&mut self) {
        // Waits for who is sending; from now on nobody does.
        *self.group.registered.lock() = None;
    }
}

impl<C: Send + Sync + 'static> Group<C> {
    /// Whether anybody listens.
    pub(crate) fn has_listeners(&self) -> bool {
        let registered = self.registered.lock();
        registered.is_some_and(|family| family.has_listeners(0))
    }

    /// Sends a message with what `fill` writes, which may be called again with more room, to all that listen;
    /// `ESRCH` without the family, as for want of listeners.
    pub(crate) fn send(&self, cmd: u8, mut fill: impl FnMut(&mut Writer<'_>) -> Result) -> Result {
        let registered = self.registered.lock();
        let family = registered.ok_or(ESRCH)?;
        let begin = |size| {
            let buffer = NetlinkSkBuff::new(size, GFP_KERNEL)?;
            Ok(buffer.genlmsg_put(0, 0, family, cmd)?)
        };
        build(&begin, &mut fill)?.multicast(family, 0, 0, GFP_KERNEL)
    }
}
