// SPDX-License-Identifier: GPL-2.0-only

//! Callbacks at the birth and death of network namespaces, and per-namespace data.
//!
//! C header: [`include/net/net_namespace.h`](srctree/include/net/net_namespace.h)
//!
//! Two kinds of `struct pernet_operations` are needed, because of their place in `cleanup_net()`:
//! a *subsys* operation with the data, whose `exit` is the last that a module can see, and a
//! *device* operation, whose `pre_exit` comes before any link type takes its devices down.

use core::ptr::NonNull;

use kernel::prelude::*;
use kernel::sync::atomic::{
    Acquire,
    Atomic,
    Release, //
};
use kernel::sync::{
    Arc,
    Mutex, //
};

use crate::net::index::{
    Entry,
    Index, //
};
use crate::net::namespace::{
    Namespace,
    Net, //
};

#[cfg_attr(HW_RUST_NET, path = "upstream/pernet.rs")]
pub(crate) mod operations;

pub(crate) use operations::pernet_operations;
use operations::{
    Declared,
    Operations,
    Registration, //
};

/// A context, and whether it is told what happens: not so while unregistering, when the kernel calls
/// `pre_exit` and `exit` for every namespace that goes on living.
struct Told<T> {
    context: Arc<T>,
    open: Atomic<u32>,
}

impl<T> Told<T> {
    fn new(context: Arc<T>) -> Self {
        Told {
            context,
            open: Atomic::new(1),
        }
    }

    fn is_open(&self) -> bool {
        self.open.load(Acquire) != 0
    }

    fn close(&self) {
        self.open.store(0, Release);
    }
}

/// What wants to know of a namespace before its devices are taken down.
pub(crate) trait Death: Send + Sync + Sized + 'static {
    /// A namespace has no references any more; its devices are all still there.
    ///
    /// Called by the `netns` worker with `pernet_ops_rwsem` held for read, and without RTNL.
    fn dying(&self, cleanup: &Cleanup<'_>);
}

/// A step of `cleanup_net()`, the only one to free namespaces: while one of those that it frees
/// together is told of, none that is dead goes.
///
/// # Invariants
///
/// Exists only during a `pre_exit` that `cleanup_net()` calls.
pub(crate) struct Cleanup<'a> {
    net: &'a Net,
}

impl<'a> Cleanup<'a> {
    /// The namespace that is told of.
    pub(crate) fn net(&self) -> &'a Net {
        self.net
    }
}

/// The operations of a [`Death`].
pub(crate) struct Dies<T>(Told<T>);

#[vtable]
impl<T: Death> Operations for Dies<T> {
    type Data = ();

    fn init(&self, _net: &Namespace) -> impl PinInit<(), Error> {
        Ok::<(), Error>(())
    }

    fn pre_exit(&self, net: &Namespace, _data: Pin<&()>) {
        let net = Net::of(net);
        // Alive: this is `setup_net()` undoing a failed creation, not a death.
        // Closed: this is the kernel unregistering us, in every namespace.
        if !net.is_alive() && self.0.is_open() {
            // INVARIANT: Not alive, so this is `cleanup_net()`.
            self.0.context.dying(&Cleanup { net });
        }
    }
}

/// Registration of a [`Death`].
pub(crate) struct DeathRegistration<T: Death>(Registration<Dies<T>>)
where
    Dies<T>: Declared;

impl<T: Death> DeathRegistration<T>
where
    Dies<T>: Declared,
{
    /// Registers; from now on every death is told.
    pub(crate) fn register(context: Arc<T>) -> Result<Self> {
        let operations = Arc::new(Dies(Told::new(context)), GFP_KERNEL)?;
        let registration = Dies::<T>::pernet().register_device(operations)?;
        Ok(DeathRegistration(registration))
    }
}

impl<T: Death> Drop for DeathRegistration<T>
where
    Dies<T>: Declared,
{
    fn drop(&mut self) {
        self.0.operations().0.close();
    }
}

/// What keeps data for every namespace.
pub(crate) trait Life: Send + Sync + Sized + 'static {
    /// The data. Plain: it is forgotten, not dropped, with its namespace.
    type Data: Copy + Send + Sync + Unpin + 'static;

    /// Where all namespaces and their data are found.
    fn index(&self) -> &Mutex<Index<Self::Data>>;

    /// The data for a namespace that is being made; `older` if it is older than the registration.
    ///
    /// Called with `pernet_ops_rwsem` held, by the task that makes the namespace.
    fn data(&self, net: &Net, older: bool) -> Self::Data;

    /// The namespace is in the index. Not told of the older ones.
    fn born(&self, net: &Net, data: &Self::Data);

    /// The namespace is gone or its making failed: all its devices are freed, and it is in the
    /// index no more. Not told while unregistering.
    ///
    /// Called with `pernet_ops_rwsem` held for read.
    fn gone(&self, net: &Net, data: &Self::Data);
}

/// The operations of a [`Life`].
pub(crate) struct Lives<T>(Told<T>);

#[vtable]
impl<T: Life> Operations for Lives<T> {
    type Data = Entry<T::Data>;

    fn init(&self, net: &Namespace) -> impl PinInit<Entry<T::Data>, Error> {
        let net = Net::of(net);
        let context = &self.0.context;
        let older = net.is_listed();
        let data = context.data(net, older);
        Ok::<_, Error>(Entry::new(net, data)).pin_chain(move |entry: Pin<&mut Self::Data>| {
            // SAFETY: It is not moved.
            let entry = NonNull::from(unsafe { entry.get_unchecked_mut() });
            // Also when closed: a namespace may be in the making while we unregister, and `exit` will
            // take it out again.
            //
            // SAFETY: Nobody else knows of the entry yet. It stays until after `exit`, which takes it
            // out of the index, and so does the namespace.
            unsafe { context.index().lock().insert(entry, older) };
            if !older && self.0.is_open() {
                context.born(net, &data);
            }
            Ok(())
        })
    }

    fn exit(&self, net: &Namespace, entry: Pin<&Entry<T::Data>>) {
        let context = &self.0.context;
        // SAFETY: `init` put the entry in, and the kernel calls `exit` once for each `init`. Nobody else
        // can: nobody has a reference to a `Lives`.
        let data = unsafe {
            context
                .index()
                .lock()
                .remove(NonNull::from(entry.get_ref()))
        };
        if self.0.is_open() {
            context.gone(Net::of(net), &data);
        }
    }
}

/// Registration of a [`Life`].
pub(crate) struct LifeRegistration<T: Life>(Registration<Lives<T>>)
where
    Lives<T>: Declared;

impl<T: Life> LifeRegistration<T>
where
    Lives<T>: Declared,
{
    /// Registers; on return every namespace has its data.
    pub(crate) fn register(context: Arc<T>) -> Result<Self> {
        let operations = Arc::new(Lives(Told::new(context)), GFP_KERNEL)?;
        let registration = Lives::<T>::pernet().register_subsys(operations)?;
        Ok(LifeRegistration(registration))
    }
}

impl<T: Life> Drop for LifeRegistration<T>
where
    Lives<T>: Declared,
{
    fn drop(&mut self) {
        self.0.operations().0.close();
    }
}
