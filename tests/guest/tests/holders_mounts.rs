// SPDX-License-Identifier: GPL-2.0-only

//! Bind mounts in all mount namespaces: each is found, those that go together are told as one, and the
//! commands told, one after the other, release the namespace.

use std::fs;
use std::path::Path;
use std::process::Command;

use homeward_guest_tests::{
    eventually, explained, homeward, ip, load, only, release, run, said, verb, Keeper, Killed,
    Listener, Namespace,
};
use serde_json::Value;

/// A process in a mount namespace of its own, after a script in there.
fn elsewhere(options: &[&str], script: &str) -> Killed {
    let ready = "/tmp/elsewhere";
    let _ = fs::remove_file(ready);
    let script = format!("set -e; {script}\ntouch {ready}; exec sleep 1000");
    let mut command = Command::new("unshare");
    let child = command.args(options).args(["sh", "-c", &script]).spawn();
    let child = Killed(child.expect("unshare"));
    eventually("a mount namespace", || fs::exists(ready).unwrap_or(false));
    child
}

/// What the command tells in that mount namespace.
fn told_in(process: &Killed, words: &str) -> Value {
    let pid = process.0.id().to_string();
    let mut command = Command::new("nsenter");
    command.args(["-t", &pid, "-m", "homeward"]);
    let words = format!("{words} --json");
    said(verb::run(command.args(words.split(' '))), &words).data
}

fn releases(holders: &[Value]) -> Vec<&str> {
    let all = holders.iter();
    all.map(|one| one["release"].as_str().expect("words"))
        .collect()
}

#[test]
fn a_mount_of_one_thread_is_found_and_the_command_told_releases_it() {
    load();
    for state in ["mounts", "mounts-ended", "private"] {
        // What a shell takes for something else, and what is no text.
        let target = "/tmp/it's\n$(a) b%\\";
        fs::write(target, "").expect("a file");
        let mut events = Listener::new();
        let red = Namespace::add("red");
        let (cookie, inum) = (red.cookie(), red.inum());
        let keeper = Keeper::new("red", state, &[&format!("mount={target}")]);
        // Its copy of the name would go with the name.
        run("umount", &["/run/netns/red"]);
        let holders = explained(&format!("cookie:{cookie}"));
        let thread = keeper.tid != keeper.pid;
        let tid = if thread {
            Value::from(keeper.tid)
        } else {
            Value::Null
        };
        for one in &holders {
            assert_eq!(one["kind"], "mount");
            assert_eq!(one["process"]["pid"], keeper.pid, "{state}: {one:#}");
            assert_eq!(one["tid"], tid, "{state}: {one:#}");
        }
        assert_eq!(holders.len(), 2, "{state}: {holders:#?}");
        let way = match thread {
            true => format!("/proc/{}/task/{}/ns/mnt", keeper.pid, keeper.tid),
            false => keeper.pid.to_string(),
        };
        let octal = r"/tmp/it\047s\012\044\050a\051\040b\045\134";
        let expected = [
            format!("homeward umount -N {way} inum:{inum} \"$(printf '{octal}')\""),
            "homeward netns delete red".to_owned(),
        ];
        assert_eq!(releases(&holders), expected, "{state}: {holders:#?}");
        release(&holders, &[]);
        events.until_gone(cookie);
        fs::remove_file(target).expect("the file");
        drop(red);
    }
}

/// Mount namespaces that have copies of all mounts: of a slave, a peer, apart, and in a user namespace,
/// where they cannot be unmounted.
fn copies() -> [Killed; 4] {
    [
        ["--mount", "--propagation=slave"],
        ["--mount", "--propagation=unchanged"],
        ["--mount", "--propagation=private"],
        ["--mount", "--map-root-user"],
    ]
    .map(|options| elsewhere(&options, ":"))
}

#[test]
fn copies_of_a_name_are_one_holder_and_go_with_the_name() {
    load();
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let _copies = copies();
    let holder = only(cookie, "mount");
    assert_eq!(holder["copies"], 4, "{holder:#}");
    assert_eq!(
        holder["what"],
        "bind mount /run/netns/red, and 4 copies of it"
    );
    assert_eq!(holder["release"], "homeward netns delete red");
    assert_eq!(holder["process"], Value::Null);
    let each = run("homeward", &["holders", "-v", "--json", "red"]);
    let each: Value = serde_json::from_str(&each).expect("JSON");
    let each = each["holders"].as_array().expect("a list");
    let copies: Vec<_> = each.iter().filter(|one| one["kind"] == "copy").collect();
    assert_eq!(copies.len(), 4, "{copies:#?}");
    for copy in copies {
        assert_eq!(copy["release"], "goes with /run/netns/red");
        assert!(copy["process"]["pid"].is_u64(), "{copy:#}");
    }
    // Also when it is mounted elsewhere only.
    run("umount", &["/run/netns/red"]);
    let holder = only(cookie, "mount");
    assert_eq!(holder["copies"], 1, "{holder:#}");
    assert_eq!(holder["release"], "homeward netns delete red");
    release(&[holder], &[]);
    events.until_gone(cookie);
    std::mem::forget(red);
}

#[test]
fn copies_of_a_mount_elsewhere_go_as_they_are_told_to() {
    load();
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let (cookie, inum) = (red.cookie(), red.inum());
    let place = "/tmp/shared place";
    fs::create_dir_all(place).expect("a directory");
    run("mount", &["-t", "tmpfs", "none", place]);
    run("mount", &["--make-shared", place]);
    fs::write(format!("{place}/f"), "").expect("a file");
    run(
        "mount",
        &["--bind", "/run/netns/red", &format!("{place}/f")],
    );
    red.delete();
    let copies = copies();
    let holders = explained(&format!("cookie:{cookie}"));
    let pid = copies[2].0.id();
    let expected = [
        format!("umount '{place}/f'"),
        format!("homeward umount -N {pid} inum:{inum} '{place}/f'"),
        format!("[ ! -s '{place}/f' ] && rm '{place}/f'"),
    ];
    assert_eq!(releases(&holders), expected, "{holders:#?}");
    let counts: Vec<_> = holders.iter().map(|one| one["copies"].clone()).collect();
    assert_eq!(counts, [2, 0, 0].map(Value::from));
    release(&holders, &[]);
    events.until_gone(cookie);
    drop(copies);
    run("umount", &[place]);
}

/// Names of another tool, then those of `ip`, which covers /run/netns by itself; and a copy of all that.
#[test]
fn a_name_that_is_covered_by_the_directory_of_names_is_told_and_released() {
    load();
    for (propagation, outside) in [("private", false), ("shared", false), ("private", true)] {
        let mut events = Listener::new();
        let own = elsewhere(
            &["--mount", "--propagation=private"],
            &format!(
                "mount -t tmpfs none /run; mount --make-{propagation} /run; mkdir /run/netns
                 touch /run/netns/cni-1; unshare --net=/run/netns/cni-1 true
                 mount --rbind /run/netns /run/netns
                 mount --make-private /run/netns; mount --make-shared /run/netns
                 touch /run/netns/red; unshare --net=/run/netns/red true"
            ),
        );
        let pid = own.0.id().to_string();
        let inside = ["nsenter", "-t", &pid, "-m"];
        let copy = ["unshare", "-m", "--propagation=private", "sleep", "1000"];
        let copy = Command::new("nsenter")
            .args(&inside[1..])
            .args(copy)
            .spawn();
        let copy = Killed(copy.expect("nsenter"));
        let comm = format!("/proc/{}/comm", copy.0.id());
        eventually("a copy", || {
            fs::read_to_string(&comm).is_ok_and(|comm| comm == "sleep\n")
        });
        let cookie = told_in(&own, "show cni-1")["cookie"]
            .as_u64()
            .expect("a cookie");
        let selector = format!("cookie:{cookie}");
        let holders = match outside {
            true => explained(&selector),
            false => {
                let data = told_in(&own, &format!("holders {selector}"));
                assert_eq!(data["references"]["unexplained"], 0, "{data:#}");
                data["holders"].as_array().expect("holders").clone()
            }
        };
        assert_eq!(holders.len(), 1, "{propagation}: {holders:#?}");
        assert_eq!(holders[0]["copies"], 3, "{propagation}: {holders:#?}");
        let what = holders[0]["what"].as_str().expect("words");
        assert!(
            what.contains(", covered by /run/netns, and 3 copies"),
            "{what}"
        );
        release(&holders, if outside { &[] } else { &inside });
        events.until_gone(cookie);
        // No other name was harmed, and the file has gone.
        let names = run(inside[0], &[&inside[1..], &["ls", "/run/netns"]].concat());
        assert_eq!(names, "red\n", "{propagation}");
        assert_eq!(told_in(&own, "show red")["state"], "live");
    }
}

#[test]
fn what_is_on_top_of_another_is_released_before_it() {
    load();
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    let (cookie, inum) = (red.cookie(), red.inum());
    let bind = |from: &str, to: &str| run("mount", &["--bind", from, to]);
    // Twice under its own name, once more elsewhere, below another one there.
    bind("/run/netns/red", "/run/netns/red");
    fs::write("/tmp/f", "").expect("a file");
    bind("/run/netns/red", "/tmp/f");
    // Or else the next one would be seen on all mounts of the first.
    run("mount", &["--make-private", "/tmp/f"]);
    bind("/run/netns/blue", "/tmp/f");
    let holders = explained(&format!("cookie:{cookie}"));
    let expected = [
        &format!("homeward umount inum:{inum} /tmp/f"),
        "umount /run/netns/red",
        "homeward netns delete red",
    ];
    assert_eq!(releases(&holders), expected, "{holders:#?}");
    release(&holders, &[]);
    events.until_gone(cookie);
    std::mem::forget(red);
    blue.delete();
}

#[test]
fn a_mount_below_a_root_of_its_own_is_told_from_the_root_of_its_mount_namespace() {
    load();
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let (cookie, inum) = (red.cookie(), red.inum());
    let jailed = elsewhere(
        &["--mount", "--propagation=private"],
        "mkdir -p /tmp/jail; mount --rbind / /tmp/jail; touch /tmp/jail/tmp/g
         mount --bind /run/netns/red /tmp/jail/tmp/g; touch /tmp/elsewhere
         exec chroot /tmp/jail sleep 1000",
    );
    eventually("a root of its own", || {
        let root = fs::read_link(format!("/proc/{}/root", jailed.0.id()));
        root.is_ok_and(|root| root.as_os_str() == "/tmp/jail")
    });
    run("umount", &["/run/netns/red"]);
    ip("netns del red");
    std::mem::forget(red);
    let holder = only(cookie, "mount");
    let pid = jailed.0.id();
    assert_eq!(holder["path"], "/tmp/jail/tmp/g");
    assert_eq!(
        holder["release"],
        format!("homeward umount -N {pid} inum:{inum} /tmp/jail/tmp/g")
    );
    release(&[holder], &[]);
    events.until_gone(cookie);
    let _ = homeward("ls");
}

/// A container: other processes in its /proc, or no /proc, and programs of its own under every name.
#[test]
fn a_mount_of_a_container_is_released_and_none_of_its_programs_is_run() {
    load();
    for proc in ["mount -t proc proc /proc", "umount -l /proc"] {
        let mut events = Listener::new();
        let red = Namespace::add("red");
        let cookie = red.cookie();
        let trap = "/tmp/was-run";
        let _ = fs::remove_file(trap);
        let inside = format!(
            "touch /tmp/n; mount --bind /run/netns/red /tmp/n; umount /run/netns/red
             mkdir -p /tmp/prog /tmp/trap
             for one in sh sleep touch mount umount; do cp /bin/busybox /tmp/prog/$one; done
             for one in umount unshare sh rm nsenter homeward; do
                 printf '#!/tmp/prog/sh\\n/tmp/prog/touch {trap}\\n' >/tmp/trap/$one; done
             chmod 755 /tmp/trap/*; PATH=/tmp/prog; {proc}
             for bin in /bin /sbin /usr/bin /usr/sbin; do
                 if [ -d $bin ]; then mount --bind /tmp/trap $bin; fi; done"
        );
        let options = [
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--propagation=private",
        ];
        let container = elsewhere(&options, &inside);
        ip("netns del red");
        std::mem::forget(red);
        let holder = only(cookie, "mount");
        let told = holder["release"].as_str().expect("words").to_owned();
        assert!(told.starts_with("homeward umount -N "), "{told}");
        assert!(told.ends_with(" /tmp/n"), "{told}");
        release(&[holder], &[]);
        events.until_gone(cookie);
        assert!(!Path::new(trap).exists(), "{told}");
        drop(container);
    }
}

/// As whoever has built it and not installed it runs it.
#[test]
fn a_command_that_is_told_is_found_by_a_shell_that_finds_no_homeward() {
    load();
    let mut events = Listener::new();
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let _other = elsewhere(
        &["--mount", "--propagation=private"],
        "touch /tmp/n; mount --bind /run/netns/red /tmp/n; umount /run/netns/red",
    );
    red.delete();
    let built = "/tmp/it is built/homeward";
    fs::create_dir_all("/tmp/it is built").expect("a directory");
    let own = run("sh", &["-c", "command -v homeward"]);
    fs::copy(own.trim(), built).expect("a copy");
    let mut command = Command::new(built);
    let selector = format!("cookie:{cookie}");
    command.args(["holders", "--json", &selector]);
    let holders = said(verb::run(command.env("PATH", "/bin:/sbin")), "holders").data;
    let told = holders["holders"][0]["release"].as_str().expect("words");
    assert!(
        told.starts_with("'/tmp/it is built/homeward' umount -N "),
        "{told}"
    );
    run("env", &["PATH=/bin:/sbin", "/bin/sh", "-c", told]);
    events.until_gone(cookie);
}

#[test]
fn what_is_no_mount_of_the_namespace_is_not_unmounted() {
    load();
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    let refused = |words: &str, status| {
        let said = verb::run(Command::new("homeward").args(words.split(' ')));
        assert_eq!(said.status, status, "{said:?}");
        said.err
    };
    let told = refused("umount red /run/netns/blue", 3);
    assert!(
        told.contains("no network namespace is mounted at /run/netns/blue"),
        "{told}"
    );
    refused("umount red /nonexistent", 3);
    refused("umount -N /nonexistent red /run/netns/red", 1);
    refused("umount -N /run/netns/red red /run/netns/red", 1);
    let told = run("homeward", &["umount", "red", "/run/netns/red"]);
    assert_eq!(told, "/run/netns/red unmounted\n");
    refused("umount inum:4026531840 /run/netns/red", 3);
    drop((red, blue));
}
