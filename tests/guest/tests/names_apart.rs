// SPDX-License-Identifier: GPL-2.0-only

//! Names whose network namespace another path leads to, or that another process took over.

use std::process::Command;

use homeward_guest_tests::verb::{self, quoted};
use homeward_guest_tests::{Mounts, Namespace};

#[test]
fn a_name_that_another_path_leads_to_is_told_with_that_path() {
    let setup = "mkdir -p /run/netns /run/other; touch /run/netns/red";
    let view = "mount --bind /run/netns /run/other; mount --make-private /run/other";
    // A process has it as its /run, in a root of its own.
    let chroot = "mount --bind / /run/other; mount --make-private /run/other
        mount --bind /run /run/other/run; mount --make-private /run/other/run
        chroot /run/other sleep 20 >/dev/null 2>&1 & sleep 0.1";
    for (mounts, path) in [
        (view, "/run/other/red"),
        (chroot, "/run/other/run/netns/red"),
    ] {
        let place = Mounts::new(setup);
        place.does(&format!("{mounts}; unshare --net={path} true"));
        let ran = place.sh("homeward exec red true");
        let what = "a namespace is mounted on it elsewhere in this mount namespace, but not here";
        assert!(ran.status == 3 && ran.err.contains(what), "{ran:?}");
        assert_eq!(quoted(&ran.err, "/"), path, "{ran:?}");
        let inside = place.does(&format!("homeward exec {path} readlink /proc/self/ns/net"));
        let mounted = place.does(&format!("stat -c %i {path}"));
        assert_eq!(inside, format!("net:[{}]\n", mounted.trim()));
    }
    // With another mount on the directory no path leads there.
    let place = Mounts::new("mkdir /run/netns");
    place.make("red");
    place.does("mount --bind /run/netns /run/netns");
    let ran = place.sh("homeward exec red true");
    assert!(ran.err.contains("no path leads there"), "{ran:?}");
    let delete = quoted(&ran.err, "homeward netns delete");
    place.does(&format!("{delete}; ! ls /run/netns/red 2>/dev/null"));
}

/// What is run there is not run in the namespace of the caller, as nobody means it.
#[test]
fn a_link_to_ones_own_namespace_is_told_and_no_namespace() {
    let place = Mounts::new("mkdir -p /run/netns; ln -s /proc/self/ns/net /run/netns/vpn");
    let what = "a link to /proc/self/ns/net, which leads each process to its own network namespace";
    let ran = place.sh("homeward exec vpn touch /run/was-run");
    assert!(ran.status == 3 && ran.err.contains(what), "{ran:?}");
    // As with ip, but not in silence.
    let ran = place.sh("homeward netns exec vpn true");
    assert!(ran.status == 0 && ran.err.contains(what), "{ran:?}");
    let doctor = place.sh("homeward doctor");
    assert!(doctor.out.contains(what), "{doctor:?}");
    assert!(!place.does("homeward ls --json").contains("vpn"));
    let remove = quoted(&doctor.out, "rm ");
    place.does(&format!(
        "{remove}; ! test -e /run/was-run; ! test -h /run/netns/vpn"
    ));
}

#[test]
fn a_link_to_a_process_whose_number_another_one_has_is_no_namespace() {
    let _red = Namespace::add("red");
    // In a pid namespace of its own it is known who will have a number. The clock is set, rather than waited for.
    let script = "cd /run/netns; ln -s /proc/60/ns/net lost; ln -s lost over
        date -s @$(($(date +%s) + 25)) >/dev/null
        until [ ${pid:-0} -ge 60 ]; do sleep 1000 >/dev/null 2>&1 & pid=$!; done
        ln -s /proc/60/ns/net now; ln -s /proc/1/ns/net first; touch -h -d 2020-01-01 now
        for name in lost over now first; do
            homeward exec $name true || echo $name: $?
            homeward netns exec $name true
        done
        homeward doctor; homeward prune --yes --older-than 0
        ls; rm lost over now first
        date -s @$(($(date +%s) - 25)) >/dev/null";
    let confined = ["--pid", "--fork", "--mount-proc", "bash", "-c", script];
    let said = verb::run(Command::new("unshare").args(confined));
    assert!(said.out.starts_with("lost: 3\nover: 3\n"), "{said:?}");
    assert!(
        !said.out.contains("now: ") && !said.out.contains("first: "),
        "{said:?}"
    );
    let what = "a link to /proc/60/ns/net that was made before process 60 began";
    let advice = "if process 60 is meant, select it by 'pid:60'; if not, 'rm /run/netns/lost' removes the link";
    // Of both, each told to `exec` and to `netns exec`, and of one by `doctor` and by `prune`.
    assert!(said.err.contains(advice), "{said:?}");
    assert_eq!(
        said.err.matches("made before process 60 began").count(),
        4,
        "{said:?}"
    );
    let told = said.out.lines().filter(|line| line.contains(what));
    let told: Vec<&str> = told.collect();
    assert!(
        told[0].contains("'lost' is not a network namespace here: "),
        "{told:?}"
    );
    assert!(
        told[1].starts_with("lost ") && told[1].contains(" kept "),
        "{told:?}"
    );
    assert!(
        said.out.ends_with("first\nlost\nnow\nover\nred\n"),
        "{said:?}"
    );
}
