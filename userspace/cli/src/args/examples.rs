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

/// Of `devices`.
pub(super) const DEVICES: &str = "\
Examples:
  homeward devices
      All devices of all namespaces.
  homeward devices red
      Those in 'red': where they have been, and what would become of them.
  homeward devices --json cookie:42
      The same about a namespace without a name, for programs.";

/// Of `plan`.
pub(super) const PLAN: &str = "\
Examples:
  homeward plan red
      Where each device of 'red' would go if it died now, and why.
  homeward plan pid:4711
      The same for the container that process 4711 is in.";
