// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)

//! The documents: the README is short and leads to every page, and no link leads nowhere.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// How long a newcomer reads.
const README_LINES: usize = 150;
/// Folders with documents, from the root.
const FOLDERS: [&str; 7] = [
    "",
    "docs",
    "bench",
    "packaging",
    "qemu",
    "tests/logs",
    "userspace/cli",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn documents() -> Vec<PathBuf> {
    let folders = FOLDERS.map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let files = folders.into_iter().flatten().map(|file| file.unwrap());
    let paths = files.map(|file| file.path());
    paths
        .filter(|path| path.extension().is_some_and(|kind| kind == "md"))
        .collect()
}

/// Where the links of a document lead.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.split("](").skip(1);
    ends.filter_map(|end| Some(end.split_once(')')?.0))
}

/// A heading as links name it.
fn anchor(heading: &str) -> String {
    let letters = heading
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    letters.collect::<String>().to_lowercase().replace(' ', "-")
}

/// What is wrong with a link in a document of that folder.
fn fault(folder: &Path, document: &str, link: &str) -> Option<&'static str> {
    if link.contains("://") {
        return None;
    }
    let (file, place) = link.split_once('#').unwrap_or((link, ""));
    if !folder.join(file).exists() {
        return Some("no such file");
    }
    let other = (!file.is_empty() && !place.is_empty())
        .then(|| fs::read_to_string(folder.join(file)).unwrap());
    let text = other.as_deref().unwrap_or(document);
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    let mut anchors = headings.map(|line| anchor(line.trim_start_matches('#').trim()));
    (!place.is_empty() && !anchors.any(|name| name == place)).then_some("no such heading")
}

#[test]
fn every_link_leads_somewhere_and_every_document_names_its_licence() {
    let mut found = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let folder = path.parent().unwrap();
        for link in links(&text) {
            if let Some(fault) = fault(folder, &text, link) {
                found.push(format!("{}: {link}: {fault}", path.display()));
            }
        }
        if !text.starts_with("<!-- SPDX-License-Identifier: ") {
            found.push(format!("{}: no licence in its first line", path.display()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_readme_is_short_and_leads_to_every_page() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let lines = readme.lines().count();
    assert!(lines <= README_LINES, "README.md has {lines} lines");
    let files = fs::read_dir(root().join("docs")).unwrap();
    for file in files {
        let name = format!("docs/{}", file.unwrap().file_name().to_string_lossy());
        assert!(
            links(&readme).any(|link| link == name),
            "README.md does not lead to {name}"
        );
    }
}

#[test]
fn a_link_to_nowhere_is_found() {
    let folder = root();
    let text = "# A `title`\nSee [it](#a-title), [that](docs/PROMISES.md#recall) and [this](x.md).";
    let faults: Vec<_> = links(text).map(|link| fault(&folder, text, link)).collect();
    assert_eq!(faults, [None, None, Some("no such file")]);
    assert_eq!(fault(&folder, text, "#b"), Some("no such heading"));
}
