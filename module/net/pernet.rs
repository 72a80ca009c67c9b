// SPDX-License-Identifier: GPL-2.0-only

//! Callbacks at the birth and death of network namespaces, and per-namespace data.
//!
//! C header: [`include/net/net_namespace.h`](srctree/include/net/net_namespace.h)
//!
//! Two kinds of `struct pernet_operations` are needed, because of their place in `cleanup_net()`:
//! a *subsys* operation with the data, whose `exit` is the last that a module can see, and a
//! *device* operation, whose `pre_exit` comes before any link type takes its devices down.
//!
//! The callbacks get no pointer but the namespace, so each implementation of a trait names one
//! static [`Slot`] through which they find their context. That limits each to one registration at
//! a time, which [`Slot::occupy`] enforces.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ptr::NonNull;

use kernel::error::to_result;
use kernel::prelude::*;
use kernel::sync::atomic::{
    Acquire,
    Atomic,
    Relaxed,
    Release, //
};
use kernel::sync::{
    Arc,
    ArcBorrow,
    Mutex, //
};
use kernel::types::ForeignOwnable;

use crate::ffi;
use crate::net::index::{
    Entry,
    Index, //
};
use crate::net::namespace::Net;

/// Where the callbacks of one implementation find their context.
///
/// # Invariants
///
/// `context` is 0, or comes from `into_foreign()` of a reference that the slot owns.
pub(crate) struct Slot<T> {
    context: Atomic<usize>,
    /// Whether what happens is told: not so while unregistering, when the kernel calls `pre_exit`
    /// and `exit` for every namespace that goes on living.
    open: Atomic<u32>,
    _context: PhantomData<Arc<T>>,
}

impl<T: Send + Sync + 'static> Slot<T> {
    /// An empty slot.
    pub(crate) const fn new() -> Self {
        // INVARIANT: 0.
        Slot {
            context: Atomic::new(0),
            open: Atomic::new(0),
            _context: PhantomData,
        }
    }

    /// Moves in; `EBUSY` if somebody else is there.
    fn occupy(&'static self, context: Arc<T>) -> Result<Occupant<T>> {
        let ptr = context.into_foreign();
        if self.context.cmpxchg(0, ptr as usize, Release).is_err() {
            // SAFETY: Just made by `into_foreign()`, and given to nobody.
            drop(unsafe { Arc::<T>::from_foreign(ptr) });
            return Err(EBUSY);
        }
        // INVARIANT: The slot now owns the reference behind `ptr`.
        self.open.store(1, Release);
        Ok(Occupant(self))
    }

    /// Whether callbacks are to be passed on.
    fn is_open(&self) -> bool {
        self.open.load(Acquire) != 0
    }

    /// The context, for a callback; also when the slot is closed.
    ///
    /// # Safety
    ///
    /// Only for a callback of operations that are registered while the slot is occupied.
    unsafe fn context<'a>(&'static self) -> Option<ArcBorrow<'a, T>> {
        let ptr = self.context.load(Acquire) as *mut c_void;
        // SAFETY: By the invariant null or valid; the occupant leaves only after unregistering,
        // which waits for `pernet_ops_rwsem` and so for every callback.
        (!ptr.is_null()).then(|| unsafe { Arc::<T>::borrow(ptr) })
    }
}

/// Leaves the slot when dropped.
struct Occupant<T: Send + Sync + 'static>(&'static Slot<T>);

impl<T: Send + Sync> Occupant<T> {
    /// From now on nothing is told.
    fn close(&self) {
        self.0.open.store(0, Release);
    }
}

impl<T: Send + Sync> Drop for Occupant<T> {
    fn drop(&mut self) {
        let ptr = self.0.context.load(Relaxed) as *mut c_void;
        self.0.context.store(0, Release);
        // SAFETY: By the invariant of the slot this was made by `into_foreign()`, and is ours. The
        // operations are unregistered (see the order in the registrations), so no callback has it.
        drop(unsafe { Arc::<T>::from_foreign(ptr) });
    }
}

/// `struct pernet_operations` at an address of its own.
#[repr(transparent)]
struct Operations(UnsafeCell<ffi::pernet_operations>);

// SAFETY: The kernel alone touches the object between register and unregister, under
// `pernet_ops_rwsem`; what we do before and after has `&mut` or the only owner.
unsafe impl Send for Operations {}
// SAFETY: As above.
unsafe impl Sync for Operations {}

/// What wants to know of a namespace before its devices are taken down.
pub(crate) trait Death: Send + Sync + Sized + 'static {
    /// The slot of this implementation.
    fn slot() -> &'static Slot<Self>;

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

/// Registration of a [`Death`].
///
/// # Invariants
///
/// `operations` is registered by `register_pernet_device()`.
pub(crate) struct DeathRegistration<T: Death> {
    operations: KBox<Operations>,
    occupant: Occupant<T>,
}

impl<T: Death> DeathRegistration<T> {
    /// Registers; from now on every death is told.
    pub(crate) fn register(context: Arc<T>) -> Result<Self> {
        let occupant = T::slot().occupy(context)?;
        let operations = KBox::new(
            Operations(UnsafeCell::new(ffi::pernet_operations {
                pre_exit: Some(DeathAdapter::<T>::pre_exit),
                // SAFETY: All-zero is a valid `struct pernet_operations` without any callback.
                ..unsafe { core::mem::zeroed() }
            })),
            GFP_KERNEL,
        )?;
        // SAFETY: The object stays where it is until it is unregistered in `drop()`.
        to_result(unsafe { ffi::register_pernet_device(operations.0.get()) })?;
        // INVARIANT: Registered just now.
        Ok(DeathRegistration {
            operations,
            occupant,
        })
    }
}

impl<T: Death> Drop for DeathRegistration<T> {
    fn drop(&mut self) {
        self.occupant.close();
        // SAFETY: Registered, by the type invariant, and not unregistered before.
        unsafe { ffi::unregister_pernet_device(self.operations.0.get()) };
    }
}

/// The callbacks of a [`Death`], lowered.
struct DeathAdapter<T>(PhantomData<T>);

impl<T: Death> DeathAdapter<T> {
    /// # Safety
    ///
    /// For the kernel, of a registered `struct pernet_operations`.
    unsafe extern "C" fn pre_exit(net: *mut ffi::net) {
        // SAFETY: The kernel passes a namespace that stays during the call.
        let net = unsafe { Net::from_raw(net) };
        // Alive: this is `setup_net()` undoing a failed creation, not a death.
        // Closed: this is the kernel unregistering us, in every namespace.
        if net.is_alive() || !T::slot().is_open() {
            return;
        }
        // SAFETY: A callback of registered operations.
        if let Some(context) = unsafe { T::slot().context() } {
            // INVARIANT: Not alive, so this is `cleanup_net()`.
            context.dying(&Cleanup { net });
        }
    }
}

/// What keeps data for every namespace.
pub(crate) trait Life: Send + Sync + Sized + 'static {
    /// The data. Plain: it is forgotten, not dropped, with its namespace.
    type Data: Copy + Send + Sync + Unpin;

    /// The slot of this implementation.
    fn slot() -> &'static Slot<Self>;

    /// Where the kernel keeps the number of the per-namespace pointer.
    fn id() -> &'static PernetId;

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

/// The number of a per-namespace pointer, written by the kernel when it is registered.
pub(crate) struct PernetId(UnsafeCell<u32>);

// SAFETY: The kernel writes it in `register_pernet_operations()` before any callback, and nobody
// writes it after.
unsafe impl Sync for PernetId {}

impl PernetId {
    /// Not registered yet.
    pub(crate) const fn new() -> Self {
        PernetId(UnsafeCell::new(0))
    }
}

/// Registration of a [`Life`].
///
/// # Invariants
///
/// `operations` is registered by `register_pernet_subsys()`.
pub(crate) struct LifeRegistration<T: Life> {
    operations: KBox<Operations>,
    occupant: Occupant<T>,
}

impl<T: Life> LifeRegistration<T> {
    /// Registers; on return every namespace has its data.
    pub(crate) fn register(context: Arc<T>) -> Result<Self> {
        let occupant = T::slot().occupy(context)?;
        let operations = KBox::new(
            Operations(UnsafeCell::new(ffi::pernet_operations {
                init: Some(LifeAdapter::<T>::init),
                exit: Some(LifeAdapter::<T>::exit),
                id: T::id().0.get(),
                size: size_of::<Entry<T::Data>>(),
                // SAFETY: All-zero is a valid `struct pernet_operations` without any callback.
                ..unsafe { core::mem::zeroed() }
            })),
            GFP_KERNEL,
        )?;
        // SAFETY: The object and the id stay where they are until unregistered in `drop()`.
        to_result(unsafe { ffi::register_pernet_subsys(operations.0.get()) })?;
        // INVARIANT: Registered just now.
        Ok(LifeRegistration {
            operations,
            occupant,
        })
    }
}

impl<T: Life> Drop for LifeRegistration<T> {
    fn drop(&mut self) {
        self.occupant.close();
        // SAFETY: Registered, by the type invariant, and not unregistered before.
        unsafe { ffi::unregister_pernet_subsys(self.operations.0.get()) };
    }
}

/// The callbacks of a [`Life`], lowered.
struct LifeAdapter<T>(PhantomData<T>);

impl<T: Life> LifeAdapter<T> {
    /// The data that the kernel allocated for `net`.
    ///
    /// # Safety
    ///
    /// Only for a callback with a namespace that it was called with.
    unsafe fn entry(net: *mut ffi::net) -> Option<NonNull<Entry<T::Data>>> {
        // SAFETY: `ops_init()` allocated `size` bytes for this id before `init`, and
        // `ops_free_list()` frees them after `exit`; kmalloc aligns at least to 8.
        NonNull::new(unsafe { ffi::hw_net_generic(net, *T::id().0.get()) }.cast())
    }

    /// # Safety
    ///
    /// For the kernel, of a registered `struct pernet_operations`.
    unsafe extern "C" fn init(net: *mut ffi::net) -> c_int {
        // SAFETY: A callback, with its own argument.
        let entry = unsafe { Self::entry(net) };
        // SAFETY: The kernel passes a namespace that stays until `exit` at least.
        let net = unsafe { Net::from_raw(net) };
        // Also when closed: a namespace may be in the making while we unregister, and `exit` will
        // take it out again.
        //
        // SAFETY: A callback of registered operations.
        let (Some(entry), Some(context)) = (entry, unsafe { T::slot().context() }) else {
            return 0;
        };
        let older = net.is_listed();
        let data = context.data(net, older);
        let value = Entry {
            // SAFETY: All-zero is a valid `struct rb_node`; `Index::insert()` links it.
            node: UnsafeCell::new(unsafe { core::mem::zeroed() }),
            net: NonNull::from(net),
            data,
        };
        // SAFETY: `entry` has room for the value and nobody else knows of it yet. It stays until
        // `exit`, which takes it out of the index.
        unsafe {
            entry.write(value);
            context.index().lock().insert(entry, older);
        }
        if !older && T::slot().is_open() {
            context.born(net, &data);
        }
        0
    }

    /// # Safety
    ///
    /// For the kernel, of a registered `struct pernet_operations`.
    unsafe extern "C" fn exit(net: *mut ffi::net) {
        // SAFETY: A callback, with its own argument.
        let entry = unsafe { Self::entry(net) };
        // SAFETY: The kernel passes a namespace that stays during the call.
        let net = unsafe { Net::from_raw(net) };
        // SAFETY: A callback of registered operations.
        let (Some(entry), Some(context)) = (entry, unsafe { T::slot().context() }) else {
            return;
        };
        // SAFETY: `init` put the entry in, and the kernel calls `exit` once for each `init`.
        let data = unsafe { context.index().lock().remove(entry) };
        if T::slot().is_open() {
            context.gone(net, &data);
        }
    }
}
