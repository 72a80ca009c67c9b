// SPDX-License-Identifier: GPL-2.0-only

//! What a task does on its way back from a system call: with no lock held, and before whoever made
//! the call can do anything else.
//!
//! C header: [`include/linux/task_work.h`](srctree/include/linux/task_work.h)

use kernel::error::to_result;
use kernel::prelude::*;
use kernel::sync::Arc;
use kernel::types::ForeignOwnable;

use crate::ffi;

/// Something to be done.
pub(crate) trait Errand: Send + Sized + 'static {
    /// What it is done with.
    type Context: Send + Sync + 'static;

    /// Does it.
    fn run(self, context: &Self::Context);
}

/// Where errands of tasks are left: whatever there is to be done them with.
///
/// One that is `NOWHERE` takes none.
pub(crate) struct Later<'a, C>(Option<&'a Arc<C>>);

impl<'a, C: Send + Sync + 'static> Later<'a, C> {
    /// Takes no errands.
    pub(crate) const NOWHERE: Later<'static, C> = Later(None);

    pub(super) fn with(context: &'a Arc<C>) -> Self {
        Later(Some(context))
    }

    /// Has the current task, which is charged for it, do something when it returns from its system call.
    /// Until then the module is in use.
    ///
    /// `ESRCH` if it never does, as a kernel thread, or if the module is being unloaded; then the errand is
    /// dropped.
    pub(crate) fn before_return<E: Errand<Context = C>>(&self, errand: E) -> Result {
        let context = self.0.ok_or(ESRCH)?.clone();
        let data = KBox::new(Pending { errand, context }, GFP_KERNEL_ACCOUNT)?.into_foreign();
        // SAFETY: `run` takes over what `into_foreign()` gave, once, if this succeeds.
        let left = to_result(unsafe { ffi::hw_before_return(Some(Pending::<E>::run), data) });
        if left.is_err() {
            // SAFETY: Made just now, and given to nobody.
            drop(unsafe { KBox::<Pending<E>>::from_foreign(data) });
        }
        left
    }
}

struct Pending<E: Errand> {
    errand: E,
    context: Arc<E::Context>,
}

impl<E: Errand> Pending<E> {
    /// # Safety
    ///
    /// Only for `hw_before_return()`, with a `Pending<E>` from `into_foreign()`, once.
    unsafe extern "C" fn run(data: *mut c_void) {
        // SAFETY: By the contract.
        let pending = KBox::into_inner(unsafe { KBox::<Pending<E>>::from_foreign(data) });
        pending.errand.run(&pending.context);
    }
}

/// Waits when dropped until all errands are done. By then nobody may leave any more.
pub(crate) struct Errands;

impl Drop for Errands {
    fn drop(&mut self) {
        // SAFETY: No precondition; nothing is held while a module is unloaded.
        unsafe { ffi::hw_errands_wait() };
    }
}
