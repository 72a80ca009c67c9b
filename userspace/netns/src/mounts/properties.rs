// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds of every mountinfo table.

use std::os::unix::ffi::OsStrExt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// A mount, as the kernel knows it.
#[derive(Debug, Clone)]
struct Mount {
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
    fn mount()(
        root in select(vec!["/", "net:[7]", "net:[4026532281]", "mnt:[7]"]),
        point in point(),
        shared: bool,
        kind in select(vec!["nsfs", "cgroup2", "tmpfs"]),
    ) -> Mount {
        Mount { root, point, shared, kind }
    }
}

impl Mount {
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
    fn a_table_says_what_is_mounted(mounts in vec(mount(), 0..8), wanted in point()) {
        let table: Vec<u8> = mounts.iter().flat_map(Mount::line).collect();
        let of = |keep: &dyn Fn(&Mount) -> bool| -> Vec<PathBuf> {
            mounts.iter().filter(|mount| keep(mount)).map(Mount::path).collect()
        };
        let (roots, points): (Vec<_>, Vec<_>) = trees_in(&table, "cgroup2").into_iter().unzip();
        prop_assert_eq!(points, of(&|mount| mount.kind == "cgroup2"));
        let kept = mounts.iter().filter(|mount| mount.kind == "cgroup2");
        prop_assert_eq!(roots, kept.map(|mount| PathBuf::from(mount.root)).collect::<Vec<_>>());
        let found: Vec<_> = namespace_files(&table).collect();
        prop_assert_eq!(found, of(&|mount| mount.root.starts_with("net:")));
        for path in mounts.iter().map(Mount::path).chain([PathBuf::from(OsString::from_vec(wanted))]) {
            let last = mounts.iter().rev().find(|mount| mount.path() == path);
            prop_assert_eq!(shared_in(&table, &path), last.map(|mount| mount.shared));
        }
    }

    #[test]
    fn what_is_kept_covers_all_below_and_nothing_twice(mounts in vec(mount(), 0..8)) {
        let table: Vec<u8> = mounts.iter().flat_map(Mount::line).collect();
        let root = Path::new("/sys");
        let below = |path: &Path| path != root && path.starts_with(root);
        let kept = outermost(&table, root);
        for path in mounts.iter().map(Mount::path).filter(|path| below(path)) {
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
        let _ = (trees_in(&table, "nsfs"), shared_in(&table, Path::new("/")), outermost(&table, Path::new("/")));
        for path in namespace_files(&table) {
            prop_assert!(path.as_os_str().as_bytes().len() <= table.len());
        }
    }
}
