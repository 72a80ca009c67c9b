// SPDX-License-Identifier: GPL-2.0-only

//! Names beside those of other programs, wherever /run/netns lies: nobody's name may be lost.

use std::collections::BTreeMap;

use homeward_client::By;
use homeward_guest_tests::{client, load, Mounts, SURROUNDINGS};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};

/// The ways in which programs delete names, each from where it is done.
const WAYS: [(&str, &str); 6] = [
    ("here", "umount -l /run/netns/NAME && rm /run/netns/NAME"),
    ("here", "ip netns delete NAME"),
    ("here", "homeward netns delete NAME"),
    ("slave", "umount -l /run/netns/NAME; rm /run/netns/NAME"),
    ("slave", "ip netns delete NAME"),
    ("slave", "homeward netns delete NAME"),
];

/// The cookies of the namespaces that names have in a mount namespace.
#[track_caller]
fn cookies(place: &Mounts, names: Vec<String>) -> BTreeMap<String, u64> {
    let told = place.does(&format!("cd /run/netns; stat -L -c %i {}", names.join(" ")));
    let mut client = client();
    let mut cookie = |inum: &str| {
        let inum = inum.parse().expect("an inode number");
        client.namespace(By::Inum(inum)).expect("it").cookie
    };
    let cookies: Vec<u64> = told.lines().map(&mut cookie).collect();
    assert_eq!(cookies.len(), names.len(), "{told}");
    names.into_iter().zip(cookies).collect()
}

#[track_caller]
fn are_gone(what: &str, cookies: &BTreeMap<String, u64>) {
    let mut client = client();
    let mut lives = |cookie| {
        let found = client.namespace(By::Cookie(cookie));
        !found.is_err_and(|error| error.errno() == Some(Errno::ENOENT))
    };
    let mut left = Vec::new();
    let mut done = || {
        left = cookies
            .iter()
            .filter(|(_, cookie)| lives(**cookie))
            .map(|(name, _)| name.clone())
            .collect();
        left.is_empty()
    };
    for _ in 0..100 {
        if done() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("{what}: {left:?} live on");
}

#[test]
fn whoever_deletes_a_name_wherever_it_goes_with_its_namespace() {
    load();
    for (called, setup) in SURROUNDINGS {
        let place = Mounts::new(setup);
        let names = |maker: &'static str| -> Vec<String> {
            let name = |way| format!("{maker}{way}");
            (0..WAYS.len()).map(name).collect()
        };
        place.make_all(&names("old"));
        let (slave, peer) = (place.copy("slave"), place.copy("unchanged"));
        let add = |name: String| format!("homeward netns add {name}\n");
        place.does(&names("own").into_iter().map(add).collect::<String>());
        // What others mount later is seen as before, too.
        place.make_all(&names("new"));
        let cookies = cookies(&place, ["old", "own", "new"].map(names).concat());
        place.does("ip netns exec own0 true; homeward netns exec old0 true");
        for (way, (from, line)) in WAYS.iter().enumerate() {
            let from = if *from == "here" { &place } else { &slave };
            let lines = ["old", "own", "new"].map(|maker| {
                let name = format!("{maker}{way}");
                format!(
                    "({}) || {{ echo {name}; exit 1; }}\n",
                    line.replace("NAME", &name)
                )
            });
            let ran = from.sh(&lines.concat());
            assert_eq!(ran.status, 0, "{called}: {line}: {ran:?}\n{}", from.table());
        }
        are_gone(called, &cookies);
        drop((slave, peer));
    }
}

/// For the names of each mount that is one: whether it is shared, and has a master.
fn relations(table: &str) -> BTreeMap<String, (bool, bool)> {
    let relation = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let optional: Vec<&&str> = words[6..].iter().take_while(|word| **word != "-").collect();
        let has = |what: &str| optional.iter().any(|word| word.starts_with(what));
        (words[4].to_owned(), (has("shared:"), has("master:")))
    };
    let run = |line: &&str| {
        line.split(' ')
            .nth(4)
            .is_some_and(|point| point.starts_with("/run"))
    };
    table.lines().filter(run).map(relation).collect()
}

#[test]
fn no_mount_loses_its_peers_or_its_master_by_the_first_name() {
    for (called, setup) in SURROUNDINGS {
        let place = Mounts::new(setup);
        for name in ["old", "older"] {
            place.make(name);
        }
        let (slave, peer) = (place.copy("slave"), place.copy("unchanged"));
        let before = [&place, &slave, &peer].map(|one| relations(&one.table()));
        place.does("homeward netns add own");
        let after = [&place, &slave, &peer].map(|one| relations(&one.table()));
        for (before, after) in before.iter().zip(&after) {
            for (point, (shared, master)) in before {
                let now = after
                    .get(point)
                    .unwrap_or_else(|| panic!("{called}: {point} is gone"));
                assert!(
                    now.0 >= *shared && now.1 >= *master,
                    "{called}: {point}: {now:?}"
                );
            }
        }
        // Each name is mounted once: nothing is hidden below.
        let own = place.table();
        for name in ["old", "older", "own"] {
            let end = format!("/{name} ");
            let count = own.lines().filter(|line| line.contains(&end)).count();
            assert_eq!(count, 1, "{called}: {name}\n{own}");
        }
    }
}

#[test]
fn a_new_name_is_seen_in_the_mount_namespaces_that_are_there_where_ips_would_be() {
    for (called, setup) in SURROUNDINGS {
        let seen = |program: &str| {
            let place = Mounts::new(setup);
            place.make("old");
            let others = ["slave", "unchanged"].map(|how| place.copy(how));
            // As containers and daemons have it.
            let bound = place.copy("slave");
            bound.does("mkdir -p /tmp/bound; mount --rbind /run/netns /tmp/bound");
            place.does(&format!("{program} netns add own"));
            let kind =
                |one: &Mounts, path: &str| one.does(&format!("stat -f -c %T {path}/own || :"));
            let later = place.copy("slave");
            [
                kind(&others[0], "/run/netns"),
                kind(&others[1], "/run/netns"),
                kind(&bound, "/tmp/bound"),
                kind(&later, "/run/netns"),
            ]
        };
        assert_eq!(seen("homeward"), seen("ip"), "{called}");
    }
}

#[test]
fn who_keeps_the_lock_keeps_nobody_from_making_names() {
    for setup in ["mkdir", "mount --make-private /run; mkdir"] {
        let place = Mounts::new(&format!("{setup} /run/netns"));
        // Anybody can take it who can read the directory.
        let directory = format!("/proc/{}/root/run/netns", place.pid());
        let directory = std::fs::File::open(directory).expect("the directory");
        let _kept = Flock::lock(directory, FlockArg::LockExclusive).expect("the lock");
        place.does(
            "timeout 20 homeward netns add red; timeout 20 homeward netns attach blue $$
            homeward netns exec red true; homeward netns exec blue true",
        );
        let ran = place.sh("touch -d 2020-01-01 /run/netns/old; timeout 20 homeward prune --yes");
        let told = "homeward: cannot remove names: somebody holds the lock on /run/netns: ";
        assert!(ran.status == 1 && ran.err.starts_with(told), "{ran:?}");
    }
}

#[test]
fn a_first_name_that_is_there_already_changes_nothing() {
    for (called, setup) in SURROUNDINGS {
        let place = Mounts::new(setup);
        place.does("touch /run/netns/red");
        let before = place.table();
        for verb in ["add red", "attach red 1"] {
            let ran = place.sh(&format!("homeward netns {verb}"));
            let told = "Cannot create namespace file \"/run/netns/red\": File exists\n";
            assert_eq!(
                (ran.status, ran.err.as_str()),
                (1, told),
                "{called}: {verb}"
            );
        }
        assert_eq!(place.table(), before, "{called}");
    }
}

/// What the newest `ip netns add` does first (iproute2 7.0 to 7.3).
const NEWEST: &str = "mount --rbind /run/netns /run/netns; mount --make-rprivate /run/netns;
    mount --make-rshared /run/netns";

#[test]
fn a_name_that_is_hidden_below_another_mount_is_deleted_with_its_namespace() {
    load();
    for (called, setup) in SURROUNDINGS {
        let place = Mounts::new(setup);
        place.make("old");
        place.does("homeward netns add own");
        let slave = place.copy("slave");
        let cookies = cookies(&place, vec!["old".to_owned(), "own".to_owned()]);
        place.does(NEWEST);
        // Twice upon itself, as well.
        place.does("mount --bind /run/netns/own /run/netns/own");
        let table = place.table();
        for name in ["old", "own"] {
            let ran = place.sh(&format!("homeward netns delete {name}"));
            assert_eq!(ran.status, 0, "{called}: {name}: {ran:?}\n{table}");
        }
        are_gone(called, &cookies);
        drop(slave);
    }
}

#[test]
fn a_name_that_is_another_file_below_is_left_alone() {
    let place = Mounts::new("mkdir /run/netns");
    place.make("red");
    place.does("mount -t tmpfs none /run/netns");
    place.make("red");
    place.does("mount --bind /run/netns/red /run/netns/red");
    place.does("homeward netns delete red; ! ls /run/netns/red 2>/dev/null");
    place.does("umount /run/netns; ip netns exec red true");
}

#[test]
fn what_a_link_leads_to_stays_when_the_link_is_deleted() {
    let place = Mounts::new("mkdir -p /run/netns /run/docker");
    place.make("red");
    place.does(
        "touch /run/docker/box; unshare --net=/run/docker/box true
        cd /run/netns; ln -s red link; ln -s ../docker/box box; ln -s nowhere lost
        homeward netns delete link; homeward netns delete box; homeward netns delete lost
        [ \"$(ls)\" = red ]; ip netns exec red true; nsenter --net=/run/docker/box true",
    );
}

#[test]
fn a_name_that_cannot_be_removed_keeps_its_namespace() {
    let place = Mounts::new("mkdir /run/netns");
    place.make("red");
    let fails = |line: &str, why: &str| {
        let ran = place.sh(line);
        let told = format!("Cannot remove namespace file \"/run/netns/red\": {why}\n");
        assert_eq!((ran.status, ran.err.as_str()), (1, told.as_str()), "{line}");
        place.does("ip netns exec red true");
    };
    // Such a user can unmount.
    let user =
        "setpriv --reuid 65534 --clear-groups --inh-caps +sys_admin --ambient-caps +sys_admin";
    let delete = "homeward netns delete red";
    fails(&format!("{user} {delete}"), "Permission denied");
    place.does("mount -o remount,ro /run");
    fails(delete, "Read-only file system");
    place.does(&format!("mount -o remount,rw /run; {delete}"));
}

#[test]
fn while_others_make_names_the_first_one_of_ours_hides_none() {
    for _ in 0..homeward_guest_tests::times(10) {
        let place = Mounts::new("mount --make-private /run; mkdir /run/netns");
        let makes = "for n in 1 2 3 4 5 6 7 8 9; do touch /run/netns/c$n; unshare --net=/run/netns/c$n true; done";
        place.does(&format!(
            "({makes}) & homeward netns add own; homeward netns add two; wait"
        ));
        let table = place.table();
        let ran = place.sh("cd /run/netns; for n in 1 2 3 4 5 6 7 8 9; do
                umount -l c$n && rm c$n || exit 1
            done");
        assert_eq!(ran.status, 0, "{ran:?}\n{table}");
    }
}

#[test]
fn doctor_advises_where_names_do_not_propagate_and_that_puts_it_right() {
    for (called, setup) in SURROUNDINGS {
        let place = Mounts::new(setup);
        let names = |place: &Mounts| {
            let out = place.sh("homeward doctor --json").out;
            let all: serde_json::Value = serde_json::from_str(&out).expect("JSON");
            let all = all["checks"].as_array().expect("checks").clone();
            all.into_iter()
                .find(|one| one["name"] == "names")
                .expect("the check")
        };
        let before = names(&place);
        if before["outcome"] == "ok" {
            continue;
        }
        let advice = before["advice"].as_str().expect("advice");
        match advice.strip_prefix("mount ") {
            Some(rest) => drop(place.does(&format!("mount {rest}"))),
            None => {
                assert_eq!(advice, "'homeward netns add NAME' fixes that", "{called}");
                place.does("homeward netns add NAME");
            }
        }
        let after = names(&place);
        assert_eq!(after["outcome"], "ok", "{called}: {after}");
    }
}
