// SPDX-License-Identifier: GPL-2.0-only

//! Loads and unloads Homeward's module, and loads those of a stock kernel.

use crate::{
    setup,
    Error, //
};
use nix::{
    errno::Errno,
    kmod::{
        delete_module,
        finit_module,
        DeleteModuleFlags, //
    },
};
use std::{
    ffi::CString,
    fs::{
        self,
        File, //
    },
    path::Path,
};

/// Where the initramfs has it.
pub(crate) const FILE: &str = "/homeward.ko";

/// Built for a kernel that lacks it. Out of tree, it taints: not before a test asks for a kernel
/// that never had such a module.
const NETDEVSIM: &str = "/netdevsim.ko";

/// Where the initramfs has the modules of a kernel that is not built for this guest, with names
/// in the order in which they are to be loaded: `107-virtio_net.ko`.
const OF_THE_KERNEL: &str = "/modules";

/// Loads the kernel's own modules, with what its command line has for them, as modprobe would.
pub(crate) fn load_kernels_own() -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(OF_THE_KERNEL) else {
        return Ok(());
    };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
        .iter()
        .try_for_each(|path| load_file(path, &setup::module_arguments(&module_name(path))))
}

/// `virtio_net` of `/modules/107-virtio_net.ko`.
fn module_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = stem.split_once('-').map_or(&*stem, |(_, name)| name);
    name.replace('-', "_")
}

/// Whether it is loaded.
pub(crate) fn is_loaded() -> bool {
    Path::new("/sys/module/homeward").exists()
}

/// Loads the devices of the tests, where the kernel lacks them.
pub(crate) fn load_devices() -> Result<(), Error> {
    if Path::new(NETDEVSIM).exists() {
        load_file(Path::new(NETDEVSIM), "")?;
    }
    Ok(())
}

/// Loads it, unless it is loaded, and before it the devices of the tests.
pub(crate) fn load() -> Result<(), Error> {
    load_devices()?;
    // The words of the command line that begin with `homeward.` are init's, and not the module's.
    load_file(Path::new(FILE), "")
}

/// Loads a module with these parameters, unless it is loaded.
fn load_file(path: &Path, words: &str) -> Result<(), Error> {
    let doing = || format!("load {}", path.display());
    let words = CString::new(words).map_err(Error::io(doing()))?;
    let file = File::open(path).map_err(Error::io(doing()))?;
    match finit_module(file, &words, nix::kmod::ModuleInitFlags::empty()) {
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
