// SPDX-License-Identifier: GPL-2.0-only

//! `doctor`: whether everything is in place, and what to do if not.

mod config;
mod names;
mod told;

use std::fs;
use std::path::Path;

use homeward_client::{Client, Error, FAMILY_VERSION};
use homeward_netns::in_initial_user_namespace;
use nix::sys::utsname::uname;

use super::Context;
use crate::error::{LOAD, OUTSIDE};
use crate::view::{Check, Checks};

/// The oldest kernel that the module is made for.
const OLDEST: (u32, u32) = (7, 2);
const MODULE: &str = "/sys/module/homeward";
const CAP_NET_ADMIN: u32 = 12;

/// Makes all checks.
pub(crate) fn run(context: &Context) -> Checks {
    let release = release();
    let loaded = Path::new(MODULE).exists();
    let (family, client) = family();
    let mut checks = vec![kernel(&release)];
    // Where it is loaded, the kernel has what it takes.
    checks.extend((!loaded).then(|| config::check(&release)));
    checks.push(module(loaded));
    checks.extend(loaded.then(module_version));
    checks.extend([permission(), family]);
    if let Some(mut client) = client {
        checks.push(family_version(&client));
        checks.extend(told::checks(&mut client, context));
    }
    checks.extend(names::checks(&context.directory));
    Checks { checks }
}

fn release() -> String {
    match uname() {
        Ok(system) => system.release().to_string_lossy().into_owned(),
        Err(_) => "unknown release".to_owned(),
    }
}

fn kernel(release: &str) -> Check {
    let name = "kernel";
    let found = format!("Linux {release}");
    let (major, minor) = OLDEST;
    match numbers(release) {
        Some(version) if version >= OLDEST => Check::ok(name, found),
        _ => Check::warn(
            name,
            found,
            format!("the module is made for Linux {major}.{minor} and newer"),
        ),
    }
}

fn module(loaded: bool) -> Check {
    if loaded {
        Check::ok("module", "homeward is loaded")
    } else {
        Check::fail("module", "homeward is not loaded", LOAD)
    }
}

fn module_version() -> Check {
    let name = "module version";
    let own = env!("CARGO_PKG_VERSION");
    match fs::read_to_string(Path::new(MODULE).join("version")) {
        Ok(version) if version.trim() == own => Check::ok(name, own),
        Ok(version) => Check::warn(
            name,
            format!("{}, but this command is of version {own}", version.trim()),
            "install both from one release",
        ),
        Err(_) => Check::warn(
            name,
            "unknown",
            format!("make sure that the module is of version {own}"),
        ),
    }
}

fn permission() -> Check {
    let name = "permission";
    let advice = "run it as root, or give it CAP_NET_ADMIN";
    let Ok(status) = fs::read_to_string("/proc/self/status") else {
        let found = "cannot be told, as /proc/self/status cannot be read";
        return Check::warn(name, found, "make sure that /proc is mounted");
    };
    if !has_net_admin(&status) {
        return Check::fail(name, "CAP_NET_ADMIN is not there", advice);
    }
    match in_initial_user_namespace() {
        true => Check::ok(name, "CAP_NET_ADMIN in the initial user namespace"),
        false => Check::fail(
            name,
            "CAP_NET_ADMIN is there, but not in the initial user namespace",
            "run it outside of the container",
        ),
    }
}

fn family() -> (Check, Option<Client>) {
    let name = "family";
    let (found, advice) = match Client::connect() {
        Ok(mut client) => match client.namespaces_now() {
            Ok(dump) => {
                let count = dump.items.len();
                let check = Check::ok(name, format!("answers, {count} network namespaces"));
                return (check, Some(client));
            }
            Err(error) => (error.to_string(), "see the check of the permission"),
        },
        Err(error @ Error::NotInitial) => (error.to_string(), OUTSIDE),
        Err(Error::NotLoaded) => ("is not there".to_owned(), "load the module first"),
        Err(error) => (error.to_string(), "look into the kernel's log"),
    };
    (Check::fail(name, found, advice), None)
}

fn family_version(client: &Client) -> Check {
    let name = "family version";
    let (theirs, own) = (client.family_version(), u32::from(FAMILY_VERSION));
    if theirs == own {
        Check::ok(name, theirs.to_string())
    } else {
        Check::warn(
            name,
            format!("{theirs}, but this command speaks {own}"),
            "install both from one release",
        )
    }
}

/// The first two numbers of a version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version
        .trim()
        .split(|letter: char| !letter.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Whether a /proc/PID/status has CAP_NET_ADMIN among the effective capabilities.
fn has_net_admin(status: &str) -> bool {
    status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask >> CAP_NET_ADMIN & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_first_two_numbers() {
        assert_eq!(numbers("7.3.4-amd64"), Some((7, 3)));
        assert_eq!(numbers("7.3-rc1"), Some((7, 3)));
        assert_eq!(numbers("7"), None);
        assert_eq!(numbers(""), None);
    }

    #[test]
    fn the_capability_is_bit_12() {
        assert!(has_net_admin("Name:\tx\nCapEff:\t0000000000001000\n"));
        assert!(!has_net_admin("CapEff:\tffffffffffffefff\n"));
        assert!(!has_net_admin("CapPrm:\t0000000000001000\n"));
    }
}
