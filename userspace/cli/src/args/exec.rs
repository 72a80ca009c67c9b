// SPDX-License-Identifier: GPL-2.0-only

//! What is typed after `exec`.

use std::ffi::OsString;

use clap::Args as ClapArgs;

use crate::selector::{help, HELP as NS};

/// Run a command in a network namespace, or in several.
#[derive(Debug, ClapArgs)]
#[command(
    override_usage = "homeward exec [OPTIONS] <NS> <CMD>...\n       \
                      homeward exec [OPTIONS] --ns <NS> [--ns <NS>]... <CMD>...\n       \
                      homeward exec [OPTIONS] --all <CMD>...",
    after_help = "The command sees a /sys of the namespace, with everything that is mounted below it (cgroup,\n\
                  bpf, tracing, ...), and the files of /etc/netns/NAME over those of /etc, also where /etc\n\
                  has a symbolic link. It leaves the VRF of its caller, and inherits all else. A '--'\n\
                  may stand before it.\n\n\
                  Exit status: that of the command; killed by a signal, it ends by that signal. 126: the\n\
                  command cannot be run; 127: it is not there. With --ns or --all: 0 if every command\n\
                  ended with 0, else 1.\n\n\
                  Examples:\n  \
                  homeward exec red ip address\n  \
                  homeward exec pid:4711 ss -tlnp\n  \
                  homeward exec cookie:73 ip link      (also without any name or process)\n  \
                  homeward exec --all ip -br link\n  \
                  homeward exec --ns red --ns blue ping -c 1 192.0.2.1\n  \
                  homeward exec --etc=/srv/red/etc --no-sysfs red wget https://example.org"
)]
pub(crate) struct Exec {
    /// Run the command in every network namespace that has a name, one after the other.
    #[arg(short, long, conflicts_with = "places")]
    pub(crate) all: bool,
    /// Run the command in this network namespace; may be given several times.
    #[arg(short = 'n', long = "ns", value_name = "NS", help = help("Run the command in this network namespace; may be given several times"))]
    pub(crate) places: Vec<OsString>,
    /// Leave /sys as it is: it goes on showing the devices of the caller's namespace.
    #[arg(long)]
    pub(crate) no_sysfs: bool,
    /// Bind the files of this directory over those of /etc, not those of /etc/netns/NAME; 'off': none.
    #[arg(long, value_name = "DIR|off", require_equals = true)]
    pub(crate) etc: Option<OsString>,
    /// The network namespace (without --ns and --all), the command and its arguments.
    #[arg(
        help = format!("The command and its arguments, without --ns and --all after the namespace:\n{NS}"),
        value_name = "NS CMD",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) words: Vec<OsString>,
}
