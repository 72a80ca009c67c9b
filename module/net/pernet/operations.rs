// SPDX-License-Identifier: GPL-2.0-only

//! Operations per network namespace, on a kernel whose `kernel` crate has none: as those of `upstream/`
//! are, as far as we need them.
//!
//! The callbacks get no pointer but the namespace, so each type with operations has one static
//! [`Pernet`], through which they find the rest. That limits each to one registration at a time.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use kernel::error::{
    from_result,
    to_result,
    VTABLE_DEFAULT_ERROR, //
};
use kernel::prelude::*;
use kernel::sync::atomic::{
    Acquire,
    Atomic,
    Full,
    Relaxed,
    Release, //
};
use kernel::sync::{
    Arc,
    ArcBorrow, //
};
use kernel::types::ForeignOwnable;

use crate::ffi;
use crate::net::namespace::Net;

/// What is to be done when namespaces come and go.
#[vtable]
pub(crate) trait Operations: Send + Sync + Sized + 'static {
    /// What is kept for each namespace. Plain: it is forgotten, not dropped.
    type Data: Send + Sync + 'static;

    /// Makes the data for a namespace.
    fn init(&self, net: &Net) -> impl PinInit<Self::Data, Error>;

    /// Before anything of a namespace is taken down.
    fn pre_exit(&self, _net: &Net, _data: Pin<&Self::Data>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// After all of it is.
    fn exit(&self, _net: &Net, _data: Pin<&Self::Data>) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }
}

/// Operations for which there is a [`Pernet`].
///
/// # Safety
///
/// It must always be the same, and the only one with this type.
pub(crate) unsafe trait Declared: Operations {
    /// It.
    fn pernet() -> &'static Pernet<Self>;
}

/// Declares a static [`Pernet`].
macro_rules! pernet_operations {
    (static $name:ident: Pernet<$ops:ty>;) => {
        static $name: $crate::net::pernet::operations::Pernet<$ops> =
            // SAFETY: It is the one that `pernet()` gives, just below.
            unsafe { $crate::net::pernet::operations::Pernet::new() };

        // SAFETY: A static, and nobody can implement the trait once more.
        unsafe impl $crate::net::pernet::operations::Declared for $ops {
            fn pernet() -> &'static $crate::net::pernet::operations::Pernet<Self> {
                &$name
            }
        }
    };
}
pub(crate) use pernet_operations;

/// Operations that can be registered.
///
/// # Invariants
///
/// `operations` is null, or comes from `into_foreign()`. Who has set it owns it, `ops` and `id`; while it
/// is null, `ops` is not registered.
pub(crate) struct Pernet<T> {
    ops: UnsafeCell<MaybeUninit<ffi::pernet_operations>>,
    id: UnsafeCell<u32>,
    operations: Atomic<usize>,
    _operations: PhantomData<Arc<T>>,
}

// SAFETY: By the invariant nobody writes to `ops` and `id` while somebody else has them; the kernel
// writes the id before there is a callback.
unsafe impl<T: Send + Sync> Sync for Pernet<T> {}

/// What registers operations, and what unregisters them and waits until nobody is in a callback.
#[derive(Clone, Copy)]
struct Place(
    unsafe extern "C" fn(*mut ffi::pernet_operations) -> c_int,
    unsafe extern "C" fn(*mut ffi::pernet_operations),
);

const SUBSYS: Place = Place(ffi::register_pernet_subsys, ffi::unregister_pernet_subsys);
const DEVICE: Place = Place(ffi::register_pernet_device, ffi::unregister_pernet_device);

impl<T> Pernet<T> {
    /// Not registered yet.
    ///
    /// # Safety
    ///
    /// Only for the one that [`Declared::pernet()`] gives, as callbacks ask that.
    pub(crate) const unsafe fn new() -> Self {
        // INVARIANT: 0.
        Pernet {
            ops: UnsafeCell::new(MaybeUninit::uninit()),
            id: UnsafeCell::new(0),
            operations: Atomic::new(0),
            _operations: PhantomData,
        }
    }
}

impl<T: Declared> Pernet<T> {
    /// Registers those of a subsystem; `EBUSY` if they are registered.
    pub(crate) fn register_subsys(&'static self, operations: Arc<T>) -> Result<Registration<T>> {
        self.register(operations, SUBSYS)
    }

    /// Registers those of a kind of devices; `EBUSY` if they are registered.
    pub(crate) fn register_device(&'static self, operations: Arc<T>) -> Result<Registration<T>> {
        self.register(operations, DEVICE)
    }

    fn register(&'static self, operations: Arc<T>, place: Place) -> Result<Registration<T>> {
        let ptr = operations.into_foreign();
        if self.operations.cmpxchg(0, ptr as usize, Full).is_err() {
            // SAFETY: Just made by `into_foreign()`, and given to nobody.
            drop(unsafe { Arc::<T>::from_foreign(ptr) });
            return Err(EBUSY);
        }
        let mut ops = ffi::pernet_operations {
            init: Some(init::<T>),
            // SAFETY: All-zero is a valid `struct pernet_operations` without any callback.
            ..unsafe { core::mem::zeroed() }
        };
        if size_of::<T::Data>() != 0 {
            ops.id = self.id.get();
            ops.size = size_of::<T::Data>();
        }
        if T::HAS_PRE_EXIT {
            ops.pre_exit = Some(pre_exit::<T>);
        }
        if T::HAS_EXIT {
            ops.exit = Some(exit::<T>);
        }
        // INVARIANT: Owned by the value, which gives it up when this fails.
        let mut registration = Registration {
            pernet: self,
            unregister: None,
        };
        // SAFETY: `ops` is ours and not registered, by the invariant. It stays where it is, as does the id.
        to_result(unsafe {
            self.ops.get().cast::<ffi::pernet_operations>().write(ops);
            place.0(self.ops.get().cast())
        })?;
        registration.unregister = Some(place.1);
        Ok(registration)
    }

    /// The operations.
    ///
    /// # Safety
    ///
    /// Only for a callback, or as long as they are registered.
    unsafe fn operations<'a>(&self) -> ArcBorrow<'a, T> {
        // SAFETY: Made by `into_foreign()`, and dropped only after unregistering, which waits for
        // `pernet_ops_rwsem` and so for every callback.
        unsafe { Arc::<T>::borrow(self.operations.load(Acquire) as *mut c_void) }
    }

    /// Where the data for a namespace is.
    ///
    /// # Safety
    ///
    /// Only for a callback with a namespace that it was called with.
    unsafe fn data(&self, net: *mut ffi::net) -> NonNull<T::Data> {
        if size_of::<T::Data>() == 0 {
            return NonNull::dangling();
        }
        // SAFETY: Not NULL: `ops_init()` allocated `size` bytes for this id before `init`, and
        // `ops_free_list()` frees them after `exit`; kmalloc aligns at least to 8.
        unsafe { NonNull::new_unchecked(ffi::hw_net_generic(net, *self.id.get()).cast()) }
    }
}

/// Registration of [`Operations`].
///
/// # Invariants
///
/// Owns those of `pernet`, which are registered if they can be unregistered.
pub(crate) struct Registration<T: Declared> {
    pernet: &'static Pernet<T>,
    unregister: Option<unsafe extern "C" fn(*mut ffi::pernet_operations)>,
}

impl<T: Declared> Registration<T> {
    /// The operations.
    pub(crate) fn operations(&self) -> ArcBorrow<'_, T> {
        // SAFETY: Registered as long as the value, by the invariant.
        unsafe { self.pernet.operations() }
    }
}

impl<T: Declared> Drop for Registration<T> {
    fn drop(&mut self) {
        if let Some(unregister) = self.unregister {
            // SAFETY: Registered, by the invariant, and not unregistered before.
            unsafe { unregister(self.pernet.ops.get().cast()) };
        }
        let ptr = self.pernet.operations.load(Relaxed) as *mut c_void;
        self.pernet.operations.store(0, Release);
        // SAFETY: Made by `into_foreign()`, and ours. They are not registered, so no callback has it.
        drop(unsafe { Arc::<T>::from_foreign(ptr) });
    }
}

/// # Safety
///
/// For the kernel, of a registered `Pernet<T>`.
unsafe extern "C" fn init<T: Declared>(net: *mut ffi::net) -> c_int {
    const { assert!(align_of::<T::Data>() <= 8 && !core::mem::needs_drop::<T::Data>()) };
    from_result(|| {
        // SAFETY: A callback, with its own argument, which stays until `exit` at least. There is room for
        // the data, which nobody else knows of yet.
        let (namespace, operations, data) = unsafe {
            let data = T::pernet().data(net);
            (
                Net::from_raw(net),
                T::pernet().operations(),
                data.cast::<MaybeUninit<T::Data>>().as_mut(),
            )
        };
        data.write_pin_init(operations.init(namespace))?;
        Ok(0)
    })
}

/// # Safety
///
/// For the kernel, of a registered `Pernet<T>`.
unsafe extern "C" fn pre_exit<T: Declared>(net: *mut ffi::net) {
    // SAFETY: A callback, with its own argument, after `init`.
    unsafe {
        let data = Pin::new_unchecked(T::pernet().data(net).as_ref());
        T::pernet().operations().pre_exit(Net::from_raw(net), data);
    }
}

/// # Safety
///
/// For the kernel, of a registered `Pernet<T>`.
unsafe extern "C" fn exit<T: Declared>(net: *mut ffi::net) {
    // SAFETY: A callback, with its own argument, after `init`.
    unsafe {
        let data = Pin::new_unchecked(T::pernet().data(net).as_ref());
        T::pernet().operations().exit(Net::from_raw(net), data);
    }
}
