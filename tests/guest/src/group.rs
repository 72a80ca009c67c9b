// SPDX-License-Identifier: GPL-2.0-only

//! Control groups, which tell whose a namespace is.

use std::fs;
use std::path::PathBuf;

const CGROUPS: &str = "/sys/fs/cgroup";

/// A control group, as a runtime would make it; gone when dropped.
pub struct Group {
    root: PathBuf,
    path: PathBuf,
}

impl Group {
    /// Makes it below a mounted hierarchy.
    #[track_caller]
    pub fn new(root: &str, path: &str) -> Self {
        let root = PathBuf::from(root);
        let path = root.join(path);
        fs::create_dir_all(&path).expect("a control group");
        Group { root, path }
    }

    /// Makes it in the hierarchy of version 2, with this process in it.
    #[track_caller]
    pub fn with(path: &str, pid: u32) -> Self {
        let group = Group::new(CGROUPS, path);
        group.add(pid);
        group
    }

    /// Moves a process into it.
    #[track_caller]
    pub fn add(&self, pid: u32) {
        fs::write(self.path.join("cgroup.procs"), pid.to_string()).expect("a member");
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let left = fs::read_to_string(self.path.join("cgroup.procs"));
        for pid in left.unwrap_or_default().lines() {
            let _ = fs::write(self.root.join("cgroup.procs"), pid);
        }
        let mut path = self.path.as_path();
        while path != self.root && fs::remove_dir(path).is_ok() {
            path = path.parent().unwrap_or(&self.root);
        }
    }
}
