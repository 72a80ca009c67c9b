// SPDX-License-Identifier: GPL-2.0-only

//! The module under test.

use std::path::Path;

use homeward_client::model::Stats;

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

/// What the module has counted adds up.
#[track_caller]
pub fn assert_balance(stats: &Stats) {
    let present = u64::from(stats.older) + stats.born - stats.gone;
    assert_eq!(present, u64::from(stats.namespaces), "{stats:?}");
    let away = stats.left - stats.settled - stats.destroyed - stats.forgotten;
    assert_eq!(away, u64::from(stats.devices_away), "{stats:?}");
}
