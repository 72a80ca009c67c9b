// SPDX-License-Identifier: GPL-2.0-only

//! All that can be set of a link: each thing becomes what docs/SURVIVES.md says.
//!
//! What there is comes from the kernel: its specification of rtnetlink, the files of the device, the
//! flags that it lets be changed. Something new makes a test fail until it is decided about.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use homeward_client::model::{setting, Mark};
use homeward_client::{DeviceChange, Which};
use homeward_guest_tests::sysfs::{contents, files};
use homeward_guest_tests::{
    client, dies, ip, load, look, outcome, outcomes, run, Namespace, Netdevsim, Nic, Outcome,
};

const SPEC: &str = "/ynl/specs/rt-link.yaml";

#[test]
fn every_attribute_of_a_link_has_its_outcome() {
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
    let told = outcomes("Attributes of a link");
    for name in names {
        let _ = outcome(&told, name);
    }
}

/// Files that only tell, and that tell something else afterwards.
const TELLING: [&str; 4] = ["ifindex", "iflink", "name_assign_type", "operstate"];

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
fn spoil(name: &str, told_of: &[Outcome]) -> BTreeSet<String> {
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
    let before = contents(&dir, &all);
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

    let after = contents(&dir, &all);
    let differs = |path: &str| before[path] != after[path];
    for (general, path) in &written {
        let outcome = outcome(told_of, general);
        if differs(path) {
            let (was, is) = (&before[path], &after[path]);
            assert!(outcome.is_lost, "{name}: {path}: {was:?}, then {is:?}");
            let back = before[path].clone().unwrap_or_default();
            // What cannot be written now is of no importance here.
            let _ = fs::write(dir.join(path), back);
        }
    }
    for (_, path) in told.iter().filter(|(_, path)| differs(path)) {
        let (was, is) = (&before[path], &after[path]);
        assert!(
            TELLING.contains(&&**path),
            "{name}: {path}: {was:?}, then {is:?}"
        );
    }
    assert_eq!(look(ip, name), looked);
    spoilt.lines().map(str::to_owned).collect()
}

#[test]
fn every_file_of_a_device_becomes_what_is_said_of_it() {
    load();
    let _sim = Netdevsim::new(1, &["sim0"]);
    let (virtio, e1000) = (Nic::driven_by("virtio_net"), Nic::driven_by("e1000"));
    let told = outcomes("Files of a device");
    let mut spoilt = BTreeSet::new();
    for name in ["sim0", virtio.name(), e1000.name()] {
        spoilt.extend(spoil(name, &told));
    }
    // Or it would prove nothing.
    for one in told.iter().filter(|one| !one.settings.is_empty()) {
        let changed = spoilt.contains(one.what) || one.what == "proto_down";
        assert!(changed, "{} could not be changed: {spoilt:?}", one.what);
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
