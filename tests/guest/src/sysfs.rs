// SPDX-License-Identifier: GPL-2.0-only

//! The files of a device in /sys/class/net.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The files of a device, by their path with N for a number, and their own paths; without statistics.
#[track_caller]
pub fn files(dir: &Path, below: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir.join(below)).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("UTF-8");
        let path = format!("{below}{name}");
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() && name != "power" && name != "statistics" {
            found.extend(files(dir, &format!("{path}/")));
        } else if kind.is_file() || name == "power" {
            let (rx, tx) = (path.find("/rx-"), path.find("/tx-"));
            let mut general = path.clone();
            if let Some(at) = rx.or(tx) {
                let rest = path[at + 4..]
                    .find('/')
                    .map_or("", |end| &path[at + 4 + end..]);
                general = format!("{}N{rest}", &path[..at + 4]);
            }
            found.push((general, path));
        }
    }
    found
}

/// What each file says; None where it cannot be read.
pub fn contents(dir: &Path, files: &[(String, String)]) -> BTreeMap<String, Option<String>> {
    let read = |path: &str| fs::read_to_string(dir.join(path)).ok();
    files
        .iter()
        .map(|(_, path)| (path.clone(), read(path)))
        .collect()
}
