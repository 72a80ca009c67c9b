// SPDX-License-Identifier: GPL-2.0-only

//! Loads and unloads Homeward's module.

use crate::Error;
use nix::{
    errno::Errno,
    kmod::{
        delete_module,
        finit_module,
        DeleteModuleFlags, //
    },
};
use std::{
    fs::File,
    path::Path, //
};

/// Where the initramfs has it.
pub(crate) const FILE: &str = "/homeward.ko";

/// Whether it is loaded.
pub(crate) fn is_loaded() -> bool {
    Path::new("/sys/module/homeward").exists()
}

/// Loads it, if it is there and not loaded yet.
pub(crate) fn load() -> Result<(), Error> {
    let doing = || format!("load {FILE}");
    let file = File::open(FILE).map_err(Error::io(doing()))?;
    match finit_module(file, c"", nix::kmod::ModuleInitFlags::empty()) {
        Ok(()) | Err(Errno::EEXIST) => Ok(()),
        Err(error) => Err(Error::io(doing())(error)),
    }
}

/// Unloads it, if it is loaded; what is in use refuses.
pub(crate) fn unload() -> Result<(), Error> {
    match delete_module(c"homeward", DeleteModuleFlags::O_NONBLOCK) {
        Ok(()) | Err(Errno::ENOENT) => Ok(()),
        Err(error) => Err(Error::io("unload the module")(error)),
    }
}
