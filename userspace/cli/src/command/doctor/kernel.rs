// SPDX-License-Identifier: GPL-2.0-only

//! Whether the module can be loaded into this kernel.

use std::fs::{self, File};
use std::io::Read;

use flate2::read::GzDecoder;
use nix::sys::utsname::uname;

use super::{Check, Outcome};

/// The oldest kernel that the module is made for.
const OLDEST: (u32, u32) = (7, 2);

const NAME: &str = "kernel configuration";
/// What the module needs, and what for.
const NEEDED: [(&str, &str); 3] = [
    ("CONFIG_MODULES", "to load modules"),
    ("CONFIG_NET_NS", "to have network namespaces"),
    ("CONFIG_RUST", "to load modules written in Rust"),
];
/// Far more than any configuration has.
const LIMIT: u64 = 16 << 20;

/// The release of the kernel that runs.
pub(super) fn release() -> String {
    match uname() {
        Ok(system) => system.release().to_string_lossy().into_owned(),
        Err(_) => "unknown release".to_owned(),
    }
}

/// Whether it is new enough.
pub(super) fn version(release: &str) -> Check {
    let name = "kernel";
    let found = format!("Linux {release}");
    let (major, minor) = OLDEST;
    match numbers(release) {
        Some(version) if version >= OLDEST => Check::ok(name, found),
        _ => Check::warn(
            name,
            found,
            format!("the module needs Linux {major}.{minor} or newer"),
        ),
    }
}

/// Whether a check of the kernel says that it cannot load the module.
pub(super) fn is_unfit(check: &Check) -> bool {
    let least = match check.name {
        // Of what cannot be read nothing is known.
        NAME => Outcome::Fail,
        _ => Outcome::Warn,
    };
    check.outcome >= least
}

/// The first two numbers of a version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version
        .trim()
        .split(|letter: char| !letter.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Whether it was configured such that the module can be loaded.
pub(super) fn config(release: &str) -> Check {
    match read(release) {
        Some((place, config)) => judge(&place, &config),
        None => Check::warn(
            NAME,
            "cannot be read",
            "if the module does not load, see whether the kernel was built with CONFIG_RUST=y",
        ),
    }
}

/// Where distributions leave it.
fn read(release: &str) -> Option<(String, String)> {
    let running = "/proc/config.gz";
    let unpack = |file: File| {
        let mut text = String::new();
        let mut reader = GzDecoder::new(file).take(LIMIT);
        reader.read_to_string(&mut text).ok().map(|_| text)
    };
    if let Some(text) = File::open(running).ok().and_then(unpack) {
        return Some((running.to_owned(), text));
    }
    [
        format!("/boot/config-{release}"),
        format!("/lib/modules/{release}/config"),
        format!("/lib/modules/{release}/build/.config"),
    ]
    .into_iter()
    .find_map(|path| fs::read_to_string(&path).ok().map(|text| (path, text)))
}

fn judge(place: &str, config: &str) -> Check {
    let set = |name: &str| {
        let is_it = |line: &str| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with("=y"))
        };
        config.lines().any(is_it)
    };
    let missing: Vec<String> = NEEDED
        .iter()
        .filter(|(name, _)| !set(name))
        .map(|(name, what)| format!("{name} is not set (needed {what})"))
        .collect();
    if missing.is_empty() {
        return Check::ok(NAME, format!("{place} has all that the module needs"));
    }
    Check::fail(
        NAME,
        format!("{place}: {}", missing.join(", ")),
        "use a kernel that was built with it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::Outcome;

    #[test]
    fn versions_are_compared_by_their_first_two_numbers() {
        assert_eq!(numbers("7.3.4-amd64"), Some((7, 3)));
        assert_eq!(numbers("7.3-rc1"), Some((7, 3)));
        assert_eq!(numbers("7"), None);
        assert_eq!(numbers(""), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        let whole = "CONFIG_NET_NS=y\nCONFIG_RUST=y\nCONFIG_MODULES=y\n";
        assert_eq!(judge("x", whole).outcome, Outcome::Ok);
        let config = "CONFIG_NET_NS=y\n# CONFIG_RUST is not set\nCONFIG_RUST_IS_AVAILABLE=y\n";
        let check = judge("x", config);
        assert_eq!(check.outcome, Outcome::Fail);
        assert!(check
            .found
            .contains("CONFIG_RUST is not set (needed to load"));
        assert!(check.found.contains("CONFIG_MODULES is not set"));
        assert!(!check.found.contains("NET_NS"));
    }
}
