// SPDX-License-Identifier: GPL-2.0-only

//! Examples, as the help and the man pages show them.

/// Of the command as a whole, and its exit statuses.
pub(super) fn all() -> String {
    format!("{ALL}\n\n{}", crate::exit::help())
}

const ALL: &str = "\
Examples:
  homeward ls
      All network namespaces, also those without a name.
  homeward plan red
      What would happen to the devices of 'red' if it died now.
  homeward help exec
      The help of one verb, as 'homeward exec --help'.";

/// Of `ls`.
pub(super) const LS: &str = "\
Examples:
  homeward ls
      All network namespaces, with state, age, devices and who made them.
  homeward ls --json | jq '.namespaces[] | select(.away > 0).cookie'
      Cookies of those that have devices whose home is elsewhere.";

/// Of `show`.
pub(super) const SHOW: &str = "\
Examples:
  homeward show red
      All that is known about the namespace with the name 'red'.
  homeward show pid:4711
      The same about the namespace that process 4711 is in.";
