// SPDX-License-Identifier: GPL-2.0-only

//! The module under test.

use std::path::Path;

use crate::run::run;

/// Where the guest keeps it.
const MODULE: &str = "/homeward.ko";

/// Whether the module is loaded.
pub fn is_loaded() -> bool {
    Path::new("/sys/module/homeward").exists()
}

/// Sees to it that the module is loaded, afresh: with no memory of earlier tests.
#[track_caller]
pub fn load() {
    unload();
    run("insmod", &[MODULE]);
}

/// Sees to it that the module is not loaded.
#[track_caller]
pub fn unload() {
    if is_loaded() {
        run("rmmod", &["homeward"]);
    }
}

/// Does the same with the module and without it.
#[track_caller]
pub fn with_and_without(mut test: impl FnMut(bool)) {
    load();
    test(true);
    unload();
    test(false);
}
