// SPDX-License-Identifier: GPL-2.0-only

//! All that can be set of a link: each thing is put back, or docs/PROMISES.md says that it is not.
//!
//! What there is comes from the kernel: its specification of rtnetlink, the files of the device, the
//! flags that it lets be changed. Something new makes a test fail until it is decided about.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use homeward_client::model::{setting, Mark, Settings};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::{client, dies, ip, load, look, run, Namespace, Netdevsim, Nic};

const PROMISES: &str = include_str!("../../../docs/PROMISES.md");
const SPEC: &str = "/ynl/specs/rt-link.yaml";

/// What becomes of something that can be set.
#[derive(Clone, Copy)]
enum Fate {
    /// It belongs to this setting.
    Setting(&'static str),
    /// These words of docs/PROMISES.md say that it is not put back.
    Named(&'static str),
    /// The kernel sets it, or it is part of another request.
    NotSet,
}

use Fate::{Named, NotSet, Setting};

/// Each attribute of a link.
const ATTRIBUTES: [(&str, Fate); 69] = [
    ("address", Setting("address")),
    ("broadcast", Setting("broadcast")),
    ("ifname", Setting("name")),
    ("mtu", Setting("mtu")),
    ("link", NotSet),
    ("qdisc", Named("queueing disciplines")),
    ("stats", NotSet),
    ("cost", NotSet),
    ("priority", NotSet),
    ("master", Named("IFLA_MASTER")),
    ("wireless", NotSet),
    ("protinfo", NotSet),
    ("txqlen", Setting("txqlen")),
    ("map", Named("IFLA_MAP")),
    ("weight", NotSet),
    ("operstate", Named("IFLA_OPERSTATE")),
    ("linkmode", Setting("link-mode")),
    ("linkinfo", Named("IFLA_LINKINFO")),
    ("net-ns-pid", NotSet),
    ("ifalias", Setting("alias")),
    ("num-vf", NotSet),
    ("vfinfo-list", Setting("vf-vlan")),
    ("stats64", NotSet),
    ("vf-ports", Named("IFLA_VF_PORTS")),
    ("port-self", Named("IFLA_PORT_SELF")),
    ("af-spec", Named("IFLA_AF_SPEC")),
    ("group", Setting("group")),
    ("net-ns-fd", NotSet),
    ("ext-mask", NotSet),
    ("promiscuity", NotSet),
    ("num-tx-queues", NotSet),
    ("num-rx-queues", NotSet),
    ("carrier", Named("IFLA_CARRIER")),
    ("phys-port-id", NotSet),
    ("carrier-changes", NotSet),
    ("phys-switch-id", NotSet),
    ("link-netnsid", NotSet),
    ("phys-port-name", NotSet),
    ("proto-down", Setting("proto-down")),
    ("gso-max-segs", Setting("gso-max-segs")),
    ("gso-max-size", Setting("gso-max-size")),
    ("pad", NotSet),
    ("xdp", Setting("xdp")),
    ("event", NotSet),
    ("new-netnsid", NotSet),
    ("target-netnsid", NotSet),
    ("carrier-up-count", NotSet),
    ("carrier-down-count", NotSet),
    ("new-ifindex", Named("IFLA_NEW_IFINDEX")),
    ("min-mtu", NotSet),
    ("max-mtu", NotSet),
    ("prop-list", Setting("altnames")),
    ("alt-ifname", Setting("altnames")),
    ("perm-address", NotSet),
    ("proto-down-reason", Setting("proto-down")),
    ("parent-dev-name", NotSet),
    ("parent-dev-bus-name", NotSet),
    ("gro-max-size", Setting("gro-max-size")),
    ("tso-max-size", NotSet),
    ("tso-max-segs", NotSet),
    ("allmulti", NotSet),
    ("devlink-port", NotSet),
    ("gso-ipv4-max-size", Setting("gso-ipv4-max-size")),
    ("gro-ipv4-max-size", Setting("gro-ipv4-max-size")),
    ("dpll-pin", NotSet),
    ("max-pacing-offload-horizon", NotSet),
    ("netns-immutable", NotSet),
    ("headroom", NotSet),
    ("tailroom", NotSet),
];

/// Each file of a device that can be written, N for a number in its path.
const FILES: [(&str, Fate); 23] = [
    ("netdev_group", Setting("group")),
    ("ifalias", Setting("alias")),
    ("mtu", Setting("mtu")),
    ("flags", Setting("promisc")),
    ("tx_queue_len", Setting("txqlen")),
    ("gro_flush_timeout", Setting("gro-flush-timeout")),
    ("napi_defer_hard_irqs", Setting("napi-defer-hard-irqs")),
    ("proto_down", Setting("proto-down")),
    ("carrier", Named("`carrier`")),
    ("threaded", Named("`threaded`")),
    ("queues/rx-N/rps_cpus", Named("`rps_cpus`")),
    ("queues/rx-N/rps_flow_cnt", Named("`rps_flow_cnt`")),
    ("queues/tx-N/tx_maxrate", Named("`tx_maxrate`")),
    ("queues/tx-N/xps_cpus", Named("`xps_cpus`")),
    ("queues/tx-N/xps_rxqs", Named("`xps_rxqs`")),
    (
        "queues/tx-N/byte_queue_limits/hold_time",
        Named("`byte_queue_limits`"),
    ),
    (
        "queues/tx-N/byte_queue_limits/limit",
        Named("`byte_queue_limits`"),
    ),
    (
        "queues/tx-N/byte_queue_limits/limit_max",
        Named("`byte_queue_limits`"),
    ),
    (
        "queues/tx-N/byte_queue_limits/limit_min",
        Named("`byte_queue_limits`"),
    ),
    (
        "queues/tx-N/byte_queue_limits/stall_max",
        Named("`byte_queue_limits`"),
    ),
    (
        "queues/tx-N/byte_queue_limits/stall_thrs",
        Named("`byte_queue_limits`"),
    ),
    ("uevent", NotSet),
    ("power", Named("`power`")),
];

/// Files that only tell, and that may tell something else afterwards.
const TELLING: [(&str, Fate); 4] = [
    ("ifindex", Named("IFLA_NEW_IFINDEX")),
    ("iflink", Named("IFLA_NEW_IFINDEX")),
    ("name_assign_type", Named("`name_assign_type`")),
    ("operstate", Named("IFLA_OPERSTATE")),
];

fn is_decided(what: &str, fate: Fate) {
    match fate {
        Setting(name) => assert!(Settings::from_name(name).is_some(), "{what}: {name}"),
        Named(words) => assert!(
            PROMISES.contains(words),
            "{what}: no {words} in PROMISES.md"
        ),
        NotSet => {}
    }
}

#[track_caller]
fn fate_of(all: &[(&str, Fate)], what: &str) -> Fate {
    let found = all.iter().find(|(name, _)| *name == what);
    let Some((_, fate)) = found else {
        panic!("'{what}' is new: is it put back, or does docs/PROMISES.md say that it is not?");
    };
    is_decided(what, *fate);
    *fate
}

#[test]
fn every_attribute_of_a_link_is_put_back_or_named_in_the_promises() {
    let spec = fs::read_to_string(SPEC).expect(SPEC);
    let lines = spec
        .lines()
        .skip_while(|line| *line != "    name: link-attrs");
    let set = lines
        .skip(1)
        .take_while(|line| !line.starts_with("    name: "));
    let names: Vec<&str> = set
        .filter_map(|line| line.strip_prefix("        name: "))
        .collect();
    assert!(names.len() > 60, "{names:?}");
    for name in names {
        fate_of(&ATTRIBUTES, name);
    }
}

/// The files of a device, by their path with N for a number, and their own paths.
fn files(dir: &Path, below: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir.join(below)).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("UTF-8");
        let path = format!("{below}{name}");
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() && name != "power" && name != "statistics" {
            found.extend(files(dir, &format!("{path}/")));
        } else if kind.is_file() || name == "power" {
            let (rx, tx) = (path.find("/rx-"), path.find("/tx-"));
            let mut general = path.clone();
            if let Some(at) = rx.or(tx) {
                let rest = path[at + 4..]
                    .find('/')
                    .map_or("", |end| &path[at + 4 + end..]);
                general = format!("{}N{rest}", &path[..at + 4]);
            }
            found.push((general, path));
        }
    }
    found
}

/// What each file says; None where it cannot be read.
fn said(dir: &Path, files: &[(String, String)]) -> BTreeMap<String, Option<String>> {
    let read = |path: &str| fs::read_to_string(dir.join(path)).ok();
    files
        .iter()
        .map(|(_, path)| (path.clone(), read(path)))
        .collect()
}

/// Tries to change each of the files, and prints those that say something else then.
const SPOIL: &str = r#"
cd /sys/class/net/ct0 || exit 1
for f in "$@"; do
  read -r was 2>/dev/null <$f
  case $f in
    flags) values=$(printf %#x $((was ^ 0xfffe))) ;; # all but IFF_UP
    mtu) values=1400 ;;
    *) values="1 2 3 77 200000" ;;
  esac
  for value in $values; do
    { echo $value >$f; } 2>/dev/null
    is=; read -r is 2>/dev/null <$f
    [ "$is" = "$was" ] || { echo $f; break; }
  done
done"#;

/// Spoils all that can be written of a device in a container, and brings it home; gives what was spoilt.
fn spoil(name: &str) -> BTreeSet<String> {
    // No move brings a queueing discipline back: none that an earlier test left is to be missed.
    let red = Namespace::add("red");
    ip(&format!("link set {name} netns red"));
    dies(red);
    let dir = Path::new("/sys/class/net").join(name);
    let all = files(&dir, "");
    let writable = |path: &str| {
        let mode = fs::metadata(dir.join(path))
            .expect("a file")
            .permissions()
            .mode();
        path == "power" || mode & 0o200 != 0
    };
    let (written, told): (Vec<_>, Vec<_>) =
        all.iter().cloned().partition(|(_, path)| writable(path));
    let before = said(&dir, &all);
    let looked = look(ip, name);
    let red = Namespace::add("red");
    ip(&format!("link set {name} netns red"));
    red.ip(&format!("link set {name} name ct0"));
    red.ip("link set ct0 address 02:00:00:00:00:88");
    // Written to a NIC that is down, `threaded` hangs the kernel (7.3.4), also without us.
    let not = |path: &&(String, String)| !["uevent", "power", "threaded"].contains(&&*path.1);
    let paths: Vec<&str> = written
        .iter()
        .filter(not)
        .map(|(_, path)| &**path)
        .collect();
    let spoilt = run(
        "/usr/bin/ip",
        &[
            &["netns", "exec", "red", "sh", "-c", SPOIL, "sh"],
            &paths[..],
        ]
        .concat(),
    );
    dies(red);

    let after = said(&dir, &all);
    let differs = |path: &str| before[path] != after[path];
    for (general, path) in &written {
        let fate = fate_of(&FILES, general);
        if differs(path) {
            let (was, is) = (&before[path], &after[path]);
            assert!(
                matches!(fate, Named(_)),
                "{name}: {path}: {was:?}, then {is:?}"
            );
            let back = before[path].clone().unwrap_or_default();
            // What cannot be written now is of no importance here.
            let _ = fs::write(dir.join(path), back);
        }
    }
    for (_, path) in told.iter().filter(|(_, path)| differs(path)) {
        let (was, is) = (&before[path], &after[path]);
        let known = TELLING.iter().find(|(told, _)| told == path);
        let (_, fate) = known.unwrap_or_else(|| panic!("{name}: {path}: {was:?}, then {is:?}"));
        is_decided(path, *fate);
    }
    assert_eq!(look(ip, name), looked);
    spoilt.lines().map(str::to_owned).collect()
}

#[test]
fn every_file_of_a_device_is_put_back_or_named_in_the_promises() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let (virtio, e1000) = (Nic::driven_by("virtio_net"), Nic::driven_by("e1000"));
    let mut spoilt = BTreeSet::new();
    for name in ["sim0", virtio.name(), e1000.name()] {
        spoilt.extend(spoil(name));
    }
    // Or it would prove nothing.
    for (file, fate) in FILES {
        if matches!(fate, Setting(_)) && file != "proto_down" {
            assert!(
                spoilt.contains(file),
                "{file} could not be changed: {spoilt:?}"
            );
        }
    }
}

/// A macvlan can be held down by a protocol; a physical device of this machine cannot.
#[test]
fn a_kept_macvlan_is_no_longer_held_down_by_a_protocol() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    ip("link add mac0 link sim0 type macvlan");
    let before = look(ip, "mac0");
    let red = Namespace::add("red");
    ip("link set mac0 netns red");
    let keep = DeviceChange {
        mark: Some(Mark::Keep),
        ..DeviceChange::default()
    };
    let marked = client().set_device(red.cookie(), Which::Name("mac0"), &keep);
    let reason = marked.expect("marked").homes[0].number(setting::PROTO_DOWN_REASON);
    assert_eq!(reason, Some(0));
    red.ip("link set dev mac0 protodown on");
    red.ip("link set dev mac0 protodown_reason 3 on");
    assert!(red.ip("-d link show mac0").contains("protodown on"));
    dies(red);
    assert_eq!(look(ip, "mac0"), before);
    ip("link del mac0");
}
