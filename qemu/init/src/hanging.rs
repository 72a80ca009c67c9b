// SPDX-License-Identifier: GPL-2.0-only

//! What tasks wait for, told when a program has not ended in its time.

use std::{
    fs,
    path::Path, //
};

/// Tells of each task of each program where in the kernel it is.
pub(crate) fn tell(line: &mut impl FnMut(&str)) {
    for pid in numbers(Path::new("/proc")) {
        let process = Path::new("/proc").join(&pid);
        // The kernel's own have no program.
        if fs::read_link(process.join("exe")).is_err() {
            continue;
        }
        for tid in numbers(&process.join("task")) {
            let task = process.join("task").join(&tid);
            let read = |name| fs::read_to_string(task.join(name)).unwrap_or_default();
            let status = read("status");
            let state = status.lines().find_map(|line| line.strip_prefix("State:"));
            line(&format!(
                "hanging: {} ({pid}/{tid}){}",
                read("comm").trim_end(),
                state.unwrap_or_default()
            ));
            for frame in read("stack").lines() {
                line(&format!("hanging:     {frame}"));
            }
        }
    }
}

fn numbers(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .collect()
}
