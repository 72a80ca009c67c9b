// SPDX-License-Identifier: MIT OR Apache-2.0

//! The way out of a VRF that `ip vrf exec` has put this process into.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::mounts::mount_points_of;

/// Takes this process out of the control group that binds its sockets to a VRF device: that device is
/// not in the namespace which is entered next. Where it is in none, nothing happens.
pub fn leave_vrf() -> std::io::Result<()> {
    let table = fs::read("/proc/self/cgroup")?;
    let Some(group) = group_above(&table) else {
        return Ok(());
    };
    let Some(root) = mount_points_of("cgroup2").into_iter().next() else {
        return Ok(());
    };
    let mut file = root.into_os_string();
    file.push(&group);
    let file = Path::new(&file).join("cgroup.procs");
    fs::write(file, std::process::id().to_string())
}

/// The group that holds those of all VRFs, if this one is one of them: `.../vrf/NAME`.
fn group_above(table: &[u8]) -> Option<OsString> {
    let path = table
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(b"0::"))?;
    let path = PathBuf::from(OsStr::from_bytes(path));
    let parent = path.parent()?;
    (parent.file_name()? == "vrf").then(|| OsString::from_vec(parent.as_os_str().as_bytes().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_group_of_a_vrf_is_left() {
        let above = |text: &str| group_above(text.as_bytes());
        assert_eq!(above("0::/vrf/red\n"), Some("/vrf".into()));
        assert_eq!(
            above("1:cpu:/x\n0::/a/ns/vrf/red\n"),
            Some("/a/ns/vrf".into())
        );
        for text in [
            "0::/\n",
            "0::/vrf\n",
            "0::/vrf/red/child\n",
            "1:cpu:/vrf/red\n",
            "",
        ] {
            assert_eq!(above(text), None, "{text}");
        }
    }
}
