// SPDX-License-Identifier: GPL-2.0-only

//! Devices that say nothing: each network namespace has a loopback device and, where the modules of tunnels
//! are loaded, fallback tunnels, which hardly anybody uses.

use homeward_client::model::{Device, Mark};
use homeward_netns::Link;

/// Kind and name of each fallback tunnel: those that the kernel makes in every namespace for which
/// net_has_fallback_tunnels() (include/linux/netdevice.h) says so. They cannot be moved, unlike all other
/// tunnels of their kinds.
const FALLBACK_TUNNELS: [(&str, &str); 9] = [
    ("ipip", "tunl0"),
    ("gre", "gre0"),
    ("gretap", "gretap0"),
    ("erspan", "erspan0"),
    ("vti", "ip_vti0"),
    ("sit", "sit0"),
    ("ip6tnl", "ip6tnl0"),
    ("ip6gre", "ip6gre0"),
    ("vti6", "ip6_vti0"),
];

const IFF_UP: u32 = 1;
const IFF_LOOPBACK: u32 = 1 << 3;

/// Whether this device says nothing, as far as the module tells: whether it has addresses is not known.
pub(crate) fn is_silent<N>(device: &Device<N>) -> bool {
    let touched = !device.homes.is_empty()
        || device.mark != Mark::None
        || device.home_name.is_some()
        || device.stuck.is_some();
    let flags = device.flags.unwrap_or_default();
    let kind = device.kind.as_deref();
    !touched && says_nothing(&device.name, kind, flags, device.immovable)
}

/// The same as rtnetlink tells it, with IP addresses or without.
pub(crate) fn is_silent_link(link: &Link, has_addresses: bool) -> bool {
    let touched = has_addresses || link.master.is_some();
    // Before 6.15 the kernel does not tell whether it can be moved.
    let immovable = link.immovable != Some(false);
    let silent = says_nothing(&link.name, link.kind.as_deref(), link.flags, immovable);
    silent && (!touched || is_loopback(link.flags))
}

/// Whether it is a loopback device.
pub(crate) fn is_loopback(flags: u32) -> bool {
    flags & IFF_LOOPBACK != 0
}

/// A fallback tunnel that has another name, or is up, is somebody's.
fn says_nothing(name: &str, kind: Option<&str>, flags: u32, immovable: bool) -> bool {
    let is_fallback = kind.is_some_and(|kind| FALLBACK_TUNNELS.contains(&(kind, name)));
    is_loopback(flags) || (is_fallback && immovable && flags & IFF_UP == 0)
}

/// The line below a table that lacks so many of them; nothing for none.
pub(crate) fn legend(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "1 device not shown (lo or an unused fallback tunnel): -a shows it.\n".to_owned(),
        _ => {
            format!("{count} devices not shown (lo and unused fallback tunnels): -a shows them.\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::nic;

    fn tunnel() -> Link {
        Link {
            name: "sit0".to_owned(),
            kind: Some("sit".to_owned()),
            immovable: Some(true),
            ..Link::default()
        }
    }

    #[test]
    fn an_unused_fallback_tunnel_says_nothing_and_each_use_makes_it_speak() {
        assert!(is_silent_link(&tunnel(), false));
        let old = Link {
            immovable: None,
            ..tunnel()
        };
        assert!(is_silent_link(&old, false));
        assert!(!is_silent_link(&tunnel(), true));
        let used = [
            Link {
                flags: IFF_UP,
                ..tunnel()
            },
            Link {
                master: Some(7),
                ..tunnel()
            },
            Link {
                name: "six".to_owned(),
                ..tunnel()
            },
            // Somebody made it, and so it can be moved.
            Link {
                immovable: Some(false),
                ..tunnel()
            },
            // A name is nothing without its kind.
            Link {
                kind: Some("dummy".to_owned()),
                ..tunnel()
            },
            Link {
                kind: None,
                ..tunnel()
            },
        ];
        for link in used {
            assert!(!is_silent_link(&link, false), "{link:?}");
        }
    }

    #[test]
    fn a_loopback_device_says_nothing_whatever_its_name_and_addresses() {
        let lo = Link {
            name: "loop".to_owned(),
            flags: IFF_UP | IFF_LOOPBACK,
            ..Link::default()
        };
        assert!(is_silent_link(&lo, true));
        let named = Link {
            name: "lo".to_owned(),
            kind: Some("dummy".to_owned()),
            ..Link::default()
        };
        assert!(!is_silent_link(&named, false));
    }

    #[test]
    fn the_module_tells_the_same_and_what_became_of_it() {
        let tunnel = || Device {
            kind: Some("sit".to_owned()),
            immovable: true,
            flags: Some(0),
            ..Device::new(7, 2, "sit0")
        };
        assert!(is_silent(&tunnel()) && !is_silent(&nic()));
        let used = [
            Device {
                homes: nic().homes,
                ..tunnel()
            },
            Device {
                mark: Mark::Keep,
                ..tunnel()
            },
            Device {
                home_name: Some("six".to_owned()),
                ..tunnel()
            },
            Device {
                flags: None,
                stuck: Some(Default::default()),
                ..tunnel()
            },
            Device {
                immovable: false,
                ..tunnel()
            },
        ];
        for device in used {
            assert!(!is_silent(&device), "{device:?}");
        }
    }
}
