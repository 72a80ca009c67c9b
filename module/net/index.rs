// SPDX-License-Identifier: GPL-2.0-only

//! All network namespaces, in the order of their cookies.
//!
//! The nodes live in the per-namespace data that the kernel allocates for
//! [`pernet`](super::pernet), so that no namespace is missing for want of memory, and none is
//! refused for our sake.
//!
//! C header: [`include/linux/rbtree.h`](srctree/include/linux/rbtree.h)

use core::cell::UnsafeCell;
use core::marker::{
    PhantomData,
    PhantomPinned, //
};
use core::ptr::NonNull;

use crate::ffi;
use crate::net::namespace::Net;
use crate::net::pernet::Cleanup;

/// What the kernel allocates for each namespace.
#[repr(C)]
pub(crate) struct Entry<D> {
    node: UnsafeCell<ffi::rb_node>,
    net: NonNull<Net>,
    data: UnsafeCell<D>,
    // Whoever sets it up has it to himself no more once it is in the index.
    _pinned: PhantomPinned,
}

// SAFETY: No more than a node, a `&Net` and a `D`; both cells are reached through the index only.
unsafe impl<D: Send> Send for Entry<D> {}
// SAFETY: As above.
unsafe impl<D: Send> Sync for Entry<D> {}

impl<D> Entry<D> {
    /// In no index yet.
    pub(super) fn new(net: &Net, data: D) -> Self {
        Entry {
            // SAFETY: All-zero is a valid `struct rb_node`; `Index::insert()` links it.
            node: UnsafeCell::new(unsafe { core::mem::zeroed() }),
            net: NonNull::from(net),
            data: UnsafeCell::new(data),
            _pinned: PhantomPinned,
        }
    }
}

/// The index.
///
/// # Invariants
///
/// Every node of the tree is the `node` of a valid `Entry<D>` whose namespace is valid too, and
/// stands in the order of the cookies.
pub(crate) struct Index<D> {
    root: UnsafeCell<ffi::rb_root>,
    len: usize,
    older: u32,
    born: u64,
    gone: u64,
    generation: u32,
    _data: PhantomData<D>,
}

// SAFETY: The nodes are reached through the index only, which has the usual rules of borrowing.
unsafe impl<D: Send> Send for Index<D> {}

/// A namespace and its data.
pub(crate) struct Found<'a, D> {
    /// The namespace: not freed while the index is borrowed.
    pub(crate) net: &'a Net,
    /// Its data.
    pub(crate) data: &'a D,
}

impl<D: Copy> Index<D> {
    /// An empty index.
    pub(crate) const fn new() -> Self {
        // INVARIANT: No nodes.
        Index {
            root: UnsafeCell::new(ffi::rb_root {
                rb_node: core::ptr::null_mut(),
            }),
            len: 0,
            older: 0,
            born: 0,
            gone: 0,
            generation: 1,
            _data: PhantomData,
        }
    }

    /// How many namespaces there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many were there from the beginning.
    pub(crate) fn older(&self) -> u32 {
        self.older
    }

    /// How many were made since.
    pub(crate) fn born(&self) -> u64 {
        self.born
    }

    /// How many are gone.
    pub(crate) fn gone(&self) -> u64 {
        self.gone
    }

    /// How many bytes all this takes.
    pub(crate) fn memory(&self) -> usize {
        self.len * size_of::<Entry<D>>()
    }

    /// Changes whenever a namespace comes or goes.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Puts an entry in its place; `older` if it was there from the beginning.
    ///
    /// # Safety
    ///
    /// The entry must be in no index, and it and its namespace must stay until [`Self::remove`].
    pub(super) unsafe fn insert(&mut self, entry: NonNull<Entry<D>>, older: bool) {
        match older {
            true => self.older += 1,
            false => self.born += 1,
        }
        let cookie = Self::cookie(entry);
        let mut parent: *mut ffi::rb_node = core::ptr::null_mut();
        // SAFETY: We have the index for ourselves, and by the type invariant each node reached is
        // valid. `link` is always the place of a child pointer of the tree. The new node is valid
        // and unlinked by the contract, and is linked as `rb_link_node()` does.
        unsafe {
            let mut link: *mut *mut ffi::rb_node = &raw mut (*self.root.get()).rb_node;
            while let Some(node) = NonNull::new(*link) {
                parent = node.as_ptr();
                link = if cookie < Self::cookie(Self::entry_of(node)) {
                    &raw mut (*parent).rb_left
                } else {
                    &raw mut (*parent).rb_right
                };
            }
            let node = (*entry.as_ptr()).node.get();
            (*node).__rb_parent_color = parent as usize;
            (*node).rb_left = core::ptr::null_mut();
            (*node).rb_right = core::ptr::null_mut();
            *link = node;
            ffi::rb_insert_color(node, self.root.get());
        }
        self.len += 1;
        self.generation = self.generation.wrapping_add(1);
    }

    /// Takes an entry out, and returns its data.
    ///
    /// # Safety
    ///
    /// The entry must be in this index.
    pub(super) unsafe fn remove(&mut self, entry: NonNull<Entry<D>>) -> D {
        self.gone += 1;
        self.len -= 1;
        self.generation = self.generation.wrapping_add(1);
        // SAFETY: The entry is valid and in this index, by the contract.
        unsafe {
            ffi::rb_erase((*entry.as_ptr()).node.get(), self.root.get());
            *(*entry.as_ptr()).data.get()
        }
    }

    /// The namespace with this cookie.
    pub(crate) fn get(&self, cookie: u64) -> Option<Found<'_, D>> {
        self.from(cookie)
            .filter(|found| found.net.cookie() == cookie)
    }

    /// Lets `change` change the data of the namespace with this cookie.
    pub(crate) fn update(&mut self, cookie: u64, change: impl FnOnce(&mut D)) {
        if let Some(entry) = self.lower_bound(cookie) {
            if Self::cookie(entry) == cookie {
                // SAFETY: A valid entry by the type invariant, and ours alone by `&mut self`.
                change(unsafe { &mut *(*entry.as_ptr()).data.get() });
            }
        }
    }

    /// The namespace with the lowest cookie that is `cookie` or more.
    pub(crate) fn from(&self, cookie: u64) -> Option<Found<'_, D>> {
        self.lower_bound(cookie).map(|entry| self.found(entry))
    }

    /// All of them, by ascending cookie.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Found<'_, D>> {
        let mut next = self.lower_bound(0);
        core::iter::from_fn(move || {
            let entry = next?;
            // SAFETY: A node of the tree, which is steady while the index is borrowed.
            next = NonNull::new(unsafe { ffi::rb_next((*entry.as_ptr()).node.get()) })
                .map(Self::entry_of);
            Some(self.found(entry))
        })
    }

    /// Those that are dead, by ascending cookie. They stay during the cleanup, also without the index.
    pub(crate) fn dead<'s, 'c: 's>(
        &'s self,
        cleanup: &'c Cleanup<'_>,
    ) -> impl Iterator<Item = &'c Net> + 's {
        let _ = cleanup;
        let dead = self.iter().filter(|found| !found.net.is_alive());
        // SAFETY: `cleanup_net()` alone frees a namespace that is dead, one batch at a time
        // (`netns_wq` has one worker), and by the invariant of `Cleanup` it is busy until 'c ends.
        dead.map(|found| unsafe { &*core::ptr::from_ref(found.net) })
    }

    fn lower_bound(&self, cookie: u64) -> Option<NonNull<Entry<D>>> {
        let mut best = None;
        // SAFETY: By the type invariant each node reached is valid while the index is borrowed.
        let mut at = unsafe { NonNull::new((*self.root.get()).rb_node) };
        while let Some(node) = at {
            let entry = Self::entry_of(node);
            // SAFETY: As above.
            let (left, right) = unsafe { ((*node.as_ptr()).rb_left, (*node.as_ptr()).rb_right) };
            at = NonNull::new(if Self::cookie(entry) < cookie {
                right
            } else {
                best = Some(entry);
                left
            });
        }
        best
    }

    fn found(&self, entry: NonNull<Entry<D>>) -> Found<'_, D> {
        // SAFETY: By the type invariant the entry and its namespace stay while it is in the index,
        // and nothing leaves the index while that is borrowed.
        unsafe {
            Found {
                net: (*entry.as_ptr()).net.as_ref(),
                data: &*(*entry.as_ptr()).data.get(),
            }
        }
    }

    /// The entry around a node: `node` is the first field of a `repr(C)` struct.
    fn entry_of(node: NonNull<ffi::rb_node>) -> NonNull<Entry<D>> {
        const { assert!(core::mem::offset_of!(Entry<D>, node) == 0) };
        node.cast()
    }

    fn cookie(entry: NonNull<Entry<D>>) -> u64 {
        // SAFETY: Called with entries of the index, or with one about to be inserted: all valid.
        unsafe { (*entry.as_ptr()).net.as_ref() }.cookie()
    }
}
