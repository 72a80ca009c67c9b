// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds of every mountinfo table.

use std::os::unix::ffi::OsStrExt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::kept::outermost;

/// A mount, as the kernel knows it.
#[derive(Debug, Clone)]
struct Known {
    root: &'static str,
    point: Vec<u8>,
    shared: bool,
    kind: &'static str,
}

/// A directory, often one of few, or of any bytes: whoever mounts chooses it.
fn point() -> impl Strategy<Value = Vec<u8>> {
    let odd = select(vec![" ", "\t", "\n", "\\", "\\040", "-", "#", "\u{e4}"])
        .prop_map(|part| part.as_bytes().to_vec());
    let part = prop_oneof![
        4 => select(vec!["sys", "a", "b", "net"]).prop_map(|part| part.as_bytes().to_vec()),
        1 => odd,
        1 => vec((1..=255u8).prop_filter("no part of a name", |byte| *byte != b'/'), 1..5),
    ];
    let above = select(vec![&b""[..], b"/sys", b"/sys/a"]);
    (above, vec(part, 1..4)).prop_map(|(above, parts)| {
        let parts = parts.iter().map(|part| [b"/", part.as_slice()].concat());
        [above.to_vec(), parts.collect::<Vec<_>>().concat()].concat()
    })
}

prop_compose! {
    fn known()(
        root in select(vec!["/", "net:[7]", "net:[4026532281]", "mnt:[7]"]),
        point in point(),
        shared: bool,
        kind in select(vec!["nsfs", "cgroup2", "tmpfs"]),
    ) -> Known {
        Known { root, point, shared, kind }
    }
}

impl Known {
    /// show_mountinfo() of the kernel.
    fn line(&self) -> Vec<u8> {
        let escaped = self.point.iter().flat_map(|byte| match byte {
            b' ' | b'\t' | b'\n' | b'\\' | b'#' => format!("\\{byte:03o}").into_bytes(),
            other => vec![*other],
        });
        let shared = if self.shared {
            " shared:7 master:1"
        } else {
            " master:1"
        };
        let mut line = format!("22 1 0:4 {} ", self.root).into_bytes();
        line.extend(escaped);
        line.extend(format!(" rw,nosuid{shared} - {} none rw\n", self.kind).into_bytes());
        line
    }

    fn path(&self) -> PathBuf {
        PathBuf::from(OsString::from_vec(self.point.clone()))
    }
}

/// What `unescape()` is to do, by definition.
fn plain(field: &[u8]) -> Vec<u8> {
    match field {
        [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
            let byte = (a - b'0') * 64 + (b - b'0') * 8 + (c - b'0');
            [vec![byte], plain(rest)].concat()
        }
        [first, rest @ ..] => [vec![*first], plain(rest)].concat(),
        [] => Vec::new(),
    }
}

proptest! {
    #[test]
    fn a_table_says_what_is_mounted(mounts in vec(known(), 0..8)) {
        let table: Vec<u8> = mounts.iter().flat_map(Known::line).collect();
        let read = read(&table);
        prop_assert_eq!(read.len(), mounts.len());
        for (read, known) in read.iter().zip(&mounts) {
            prop_assert_eq!(&read.point, &known.path());
            prop_assert_eq!(&read.root, Path::new(&known.root));
            prop_assert_eq!(read.shared, known.shared);
            prop_assert_eq!(read.namespace().is_some(), known.root.starts_with("net:"));
            prop_assert_eq!(&read.kind, known.kind.as_bytes());
        }
    }

    #[test]
    fn what_is_kept_covers_all_below_and_nothing_twice(mounts in vec(known(), 0..8)) {
        let table: Vec<u8> = mounts.iter().flat_map(Known::line).collect();
        let root = Path::new("/sys");
        let below = |path: &Path| path != root && path.starts_with(root);
        let kept = outermost(read(&table), root);
        for path in mounts.iter().map(Known::path).filter(|path| below(path)) {
            prop_assert_eq!(kept.iter().filter(|outer| path.starts_with(outer)).count(), 1, "{:?}", path);
        }
        for path in &kept {
            prop_assert!(below(path) && mounts.iter().any(|mount| mount.path() == *path));
        }
    }

    #[test]
    fn only_three_octal_digits_are_an_escape(
        field in vec(prop_oneof![select(b"\\\\\\01347+-8".to_vec()), any::<u8>()], 0..16),
    ) {
        prop_assert_eq!(unescape(&field), plain(&field));
    }

    #[test]
    fn no_table_makes_the_reader_panic(table in vec(prop_oneof![select(b" \n\\-/n07:[]".to_vec()), any::<u8>()], 0..200)) {
        for mount in read(&table) {
            prop_assert!(mount.point.as_os_str().as_bytes().len() <= table.len());
        }
    }

    #[test]
    fn what_is_seen_through_a_mount_is_found_through_it(mount in known(), path in point()) {
        let mount = read(&mount.line()).remove(0);
        let path = PathBuf::from(OsString::from_vec(path));
        let there = mount.place_of(&path);
        prop_assert_eq!(there.is_some(), path.starts_with(&mount.root));
        if let Some(there) = there {
            prop_assert_eq!(mount.path_of(&there), Some(path));
        }
    }
}
