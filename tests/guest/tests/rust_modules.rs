// SPDX-License-Identifier: GPL-2.0-only

//! Rust modules that are not Homeward's, built by `rust-headers` for a stock kernel: one as anybody
//! writes it, and the samples of the kernel's own tree. `make test-rust-headers` builds them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use homeward_guest_tests::run;

/// Where the initramfs has them.
const PLACE: &str = "/rust-modules";

fn modules() -> BTreeSet<PathBuf> {
    let Ok(entries) = fs::read_dir(PLACE) else {
        eprintln!("not run: none are built (make test-rust-headers)");
        return BTreeSet::new();
    };
    entries.flatten().map(|entry| entry.path()).collect()
}

fn log() -> String {
    run("dmesg", &[])
}

#[test]
fn each_can_be_loaded_and_unloaded() {
    let (all, mut tried) = (modules(), 0);
    for file in &all {
        let path = file.display().to_string();
        let needed = run("modinfo", &["--field", "depends", &path]);
        let mut needed = needed.trim().split(',').filter(|name| !name.is_empty());
        if let Some(name) = needed.find(|name| !Path::new("/sys/module").join(name).exists()) {
            eprintln!("{path}: not tried, as the guest has no module {name}");
            continue;
        }
        run("insmod", &[&path]);
        let name = file.file_stem().and_then(|name| name.to_str());
        let name = name.expect("a name of a module");
        assert!(Path::new("/sys/module").join(name).exists(), "{name}");
        run("rmmod", &[name]);
        tried += 1;
    }
    assert!(all.is_empty() || tried > 5, "{all:?}");
}

#[test]
fn one_as_anybody_writes_it_does_what_it_says() {
    if modules().is_empty() {
        return;
    }
    run("insmod", &[&format!("{PLACE}/greeting.ko")]);
    assert!(log().contains("greeting: hello with 3 numbers"));
    run("rmmod", &["greeting"]);
    assert!(log().contains("greeting: goodbye, the sum was 380"));
}
