// SPDX-License-Identifier: GPL-2.0-only

//! Who makes containers and the like, one row each: how a control group and a mount of theirs are recognised,
//! and where a file says what people call it. Both drivers of control groups are there: with systemd a container
//! is a scope, without it a directory.

use super::files::Files;
use super::pattern::Found;

/// What the words of a command line tell of a container.
pub(super) type Monitor = for<'w> fn(&[&'w str]) -> Option<Found<'w>>;

/// Who makes containers.
pub(super) struct Runtime {
    /// What it is called, in JSON and before the name of a container.
    pub(super) kind: &'static str,
    /// Patterns of its control groups, wherever they are in a path: the first that fits tells most.
    pub(super) groups: &'static [&'static str],
    /// Patterns of the files on which it mounts network namespaces.
    pub(super) mounts: &'static [&'static str],
    /// What the command line of a process tells that watches over a container; None where no such process does.
    pub(super) monitor: Option<Monitor>,
    /// What the command line of its first process tells, where nothing else does.
    pub(super) process: for<'w> fn(&'w str) -> Option<Found<'w>>,
    /// What files tell about what a pattern found. None: it is none of its own.
    pub(super) names: fn(&Files, Found<'_>) -> Option<Names>,
}

/// What people call a container, as far as it is known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Its name.
    pub(super) name: Option<String>,
    /// Its pod.
    pub(super) pod: Option<String>,
    /// It does nothing but hold the namespaces of that.
    pub(super) holds_pod: bool,
}

impl Names {
    fn of(name: Option<String>) -> Option<Self> {
        Some(Names {
            name,
            ..Names::default()
        })
    }
}

/// A row tells only what there is.
const NOTHING: Runtime = Runtime {
    kind: "",
    groups: &[],
    mounts: &[],
    monitor: None,
    process: |_| None,
    names: |_, _| None,
};

/// In the order in which they are tried.
pub(super) const RUNTIMES: [Runtime; 17] = [
    // Whatever runs the containers of a pod, the kubelet makes its group and its logs.
    Runtime {
        kind: "pod",
        groups: &[
            "*pod{pod}.slice/cri-containerd-{id}.scope",
            "*pod{pod}.slice/crio-{id}.scope",
            "*pod{pod}.slice/docker-{id}.scope",
            "*pod{pod}.slice/{id}",
            "*pod{pod}.slice",
            "pod{pod}/crio-{id}",
            "pod{pod}/{id}",
            "pod{pod}",
        ],
        names: |files, found| {
            let uid = found.pod.map(|uid| uid.replace('_', "-"))?;
            let bundle = found.id.and_then(|id| files.bundle("k8s.io", id));
            let name = found.id.and_then(|id| files.pod_container(id));
            let pod = files.pod(&uid);
            Some(Names {
                name: name.or_else(|| {
                    bundle
                        .as_ref()?
                        .get("io.kubernetes.cri.container-name")
                        .cloned()
                }),
                pod: pod.or_else(|| {
                    let get = |key: &str| bundle.as_ref()?.get(key);
                    let namespace = get("io.kubernetes.cri.sandbox-namespace")?;
                    Some(format!(
                        "{namespace}/{}",
                        get("io.kubernetes.cri.sandbox-name")?
                    ))
                }),
                holds_pod: false,
            })
        },
        ..NOTHING
    },
    // One that has no process any more, by what CNI remembers.
    Runtime {
        kind: "pod",
        mounts: &["/run/netns/{name}"],
        names: |files, found| {
            let pod = Some(files.cni(found.name?)?);
            Some(Names {
                pod,
                ..Names::default()
            })
        },
        ..NOTHING
    },
    Runtime {
        kind: "docker",
        groups: &["docker-{id}.scope", "docker/{id}"],
        mounts: &["/run/docker/netns/{name}", "/run/snap.docker/netns/{name}"],
        names: |files, found| {
            let docker = found.id.and_then(|id| files.docker(id));
            Names::of(docker.or_else(|| found.name.map(str::to_owned)))
        },
        ..NOTHING
    },
    Runtime {
        kind: "podman",
        groups: &[
            "machine-libpod_pod_{pod}.slice/libpod-{id}.scope",
            "user-libpod_pod_{pod}.slice/libpod-{id}.scope",
            "libpod_parent/{pod}/libpod-{id}",
            "libpod-payload-{id}",
            "libpod-{id}.scope",
            "libpod-{id}",
        ],
        mounts: &[
            "/run/netns/netns-{name}",
            "/run/user/{user}/netns/{name}",
            "/run/user/{user}/containers/networks/rootless-netns/{name}",
        ],
        monitor: Some(conmon),
        process: |_| None,
        names: |files, found| {
            let stored = found.id.and_then(|id| files.stored(id));
            let name = stored.or_else(|| found.name.map(str::to_owned));
            if !name.as_ref().is_some_and(|name| is_infra(name, found.pod)) {
                return Names::of(name);
            }
            Some(Names {
                name: None,
                pod: found.id.and_then(|id| files.stored_hostname(id)),
                holds_pod: true,
            })
        },
    },
    Runtime {
        kind: "cri-o",
        groups: &["crio-{id}.scope", "crio-{id}"],
        names: |files, found| Names::of(files.stored(found.id?)),
        ..NOTHING
    },
    Runtime {
        kind: "containerd",
        groups: &["nerdctl-{id}.scope", "cri-containerd-{id}.scope"],
        names: |files, found| {
            let id = found.id?;
            let mut bundles = ["default", "k8s.io"].into_iter();
            let bundle = bundles.find_map(|namespace| files.bundle(namespace, id));
            let keys = ["nerdctl/name", "io.kubernetes.cri.container-name"];
            Names::of(
                keys.iter()
                    .find_map(|key| bundle.as_ref()?.get(*key).cloned()),
            )
        },
        ..NOTHING
    },
    // What `ctr` starts has any name, below a group with the name of containerd's namespace.
    Runtime {
        kind: "containerd",
        groups: &["default/{name}"],
        names: |files, found| {
            let bundle = files.bundle("default", found.name?)?;
            let name = bundle.get("nerdctl/name").map(String::as_str);
            Names::of(name.or(found.name).map(str::to_owned))
        },
        ..NOTHING
    },
    Runtime {
        kind: "cni",
        mounts: &["/run/netns/cni-{name}"],
        names: |_, found| Names::of(found.name.map(|name| format!("cni-{name}"))),
        ..NOTHING
    },
    // Incus and LXD have LXC make the group: their own files tell whose it is.
    Runtime {
        kind: "incus",
        groups: &["lxc.payload.{name}", "lxc.payload/{name}"],
        names: |files, found| of_lxc(files, found.name?, "incus"),
        ..NOTHING
    },
    Runtime {
        kind: "lxd",
        groups: &["lxc.payload.{name}", "lxc.payload/{name}"],
        names: |files, found| of_lxc(files, found.name?, "lxd"),
        ..NOTHING
    },
    Runtime {
        kind: "lxc",
        groups: &["lxc.payload.{name}", "lxc.payload/{name}", "lxc/{name}"],
        names: |files, found| of_lxc(files, found.name?, "lxc"),
        ..NOTHING
    },
    // Those of systemd-nspawn, and of libvirt.
    Runtime {
        kind: "machine",
        groups: &["machine-{name}.scope", "systemd-nspawn@{name}.service"],
        names: |_, found| Names::of(found.name.map(unescape)),
        ..NOTHING
    },
    // One for which nobody made a unit has that of who started it.
    Runtime {
        kind: "machine",
        groups: &["{name}.service", "{name}.scope"],
        names: |files, found| {
            let mut units = ["service", "scope"].into_iter();
            let unit = |kind| files.machine(&format!("{}.{kind}", found.name?));
            Some(Names {
                name: Some(units.find_map(unit)?),
                ..Names::default()
            })
        },
        ..NOTHING
    },
    Runtime {
        kind: "crun",
        groups: &["crun-{name}.scope"],
        names: |_, found| Some(own_name(found)),
        ..NOTHING
    },
    Runtime {
        kind: "runc",
        groups: &["runc-{name}.scope"],
        names: |_, found| Some(own_name(found)),
        ..NOTHING
    },
    Runtime {
        kind: "youki",
        groups: &["youki-{name}.scope"],
        names: |_, found| Some(own_name(found)),
        ..NOTHING
    },
    // A host or a switch is a shell with a word of its own at the end.
    Runtime {
        kind: "mininet",
        process: |command| {
            let name = command.rsplit(' ').next()?.strip_prefix("mininet:");
            name.filter(|name| !name.is_empty()).map(|name| Found {
                name: Some(name),
                ..Found::default()
            })
        },
        names: |_, found| Names::of(found.name.map(str::to_owned)),
        ..NOTHING
    },
];

fn own_name(found: Found<'_>) -> Names {
    Names {
        name: found.name.map(str::to_owned),
        ..Names::default()
    }
}

/// Where those who have LXC make a group keep something by the name of a container.
const OF_LXC: [(&str, &str); 4] = [
    ("incus", "run/incus"),
    ("lxd", "var/snap/lxd/common/lxd/logs"),
    ("lxd", "var/log/lxd"),
    ("lxc", "var/lib/lxc"),
];

/// The name of a container by that of its group. None: it is of another kind. Where LXC finds the group taken,
/// as after an unclean end, it makes NAME-1, NAME-2 and so on.
fn of_lxc(files: &Files, group: &str, kind: &str) -> Option<Names> {
    let is_count = |text: &str| text.parse::<u32>().is_ok();
    let counted = group.rsplit_once('-').filter(|(_, count)| is_count(count));
    let names = [Some(group), counted.map(|(name, _)| name)];
    let mut known = names.into_iter().flatten().flat_map(|name| {
        let places = OF_LXC
            .iter()
            .filter(move |(_, place)| files.has(&[*place, name]));
        places.map(move |(whose, _)| (*whose, name))
    });
    let (whose, name) = known.next().unwrap_or(("lxc", group));
    Names::of(Some(name.to_owned())).filter(|_| whose == kind)
}

/// Whether podman calls that container so which does nothing but hold the namespaces of this pod.
pub(super) fn is_infra(name: &str, pod: Option<&str>) -> bool {
    let short = pod.and_then(|pod| pod.get(..12));
    short.is_some_and(|short| name.strip_suffix("-infra") == Some(short))
}

/// A container of podman by who watches over it: without systemd a user who is not root may make no group.
fn conmon<'w>(words: &[&'w str]) -> Option<Found<'w>> {
    let is = |word: &&str, program| word.rsplit('/').next() == Some(program);
    // That of CRI-O has other commands for its end.
    let ours = is(words.first()?, "conmon") && words.iter().any(|word| is(word, "podman"));
    let after = |option| {
        let mut words = words.iter().skip_while(move |word| **word != option);
        words.nth(1).copied()
    };
    ours.then(|| Found {
        id: after("-c"),
        name: after("-n"),
        ..Found::default()
    })
}

/// Undoes how systemd writes what may not be in the name of a unit: `a\x2db` is a-b.
fn unescape(name: &str) -> String {
    let mut pieces = name.split("\\x");
    let first = pieces.next().unwrap_or_default().as_bytes().to_vec();
    let bytes = pieces.fold(first, |mut bytes, piece| {
        let digits = piece.get(..2);
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend(&piece.as_bytes()[2..]);
            }
            None => bytes.extend([b"\\x", piece.as_bytes()].concat()),
        }
        bytes
    });
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unescaped_as_systemd_escapes_them() {
        let table = [
            ("deb\\x2d13", "deb-13"),
            ("\\xc3\\xa4", "\u{e4}"),
            ("a\\xzz\\x2", "a\\xzz\\x2"),
            ("\\xff", "\u{fffd}"),
        ];
        for (escaped, name) in table {
            assert_eq!(unescape(escaped), name);
        }
    }
}
