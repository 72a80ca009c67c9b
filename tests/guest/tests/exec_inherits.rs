// SPDX-License-Identifier: GPL-2.0-only

//! What a command in a namespace gets from whoever called, and what not; where it cannot get all, what
//! is told to do helps.

use std::fs;
use std::process::{Command, Output, Stdio};

use homeward_guest_tests::{eventually, ip, load, run, Namespace};

/// All the ways to run a command in the only namespace that has a name.
const WAYS: [&str; 6] = [
    "/usr/bin/ip netns exec red",
    "homeward netns exec red",
    "homeward exec red",
    "homeward exec red --",
    "homeward exec --no-legend --all",
    "homeward exec --no-legend --ns red --",
];

/// Runs a line of shell, with words as its `"$@"`.
fn shell(line: &str, words: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", line, "sh"]).args(words);
    command.stdin(Stdio::null()).output().expect("a shell")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_command_inherits_what_the_caller_of_ip_would_hand_on() {
    let red = Namespace::add("red");
    let signals = ["grep", "-E", "^(Sig|Shd)(Ign|Blk|Pnd)", "/proc/self/status"];
    // Numbers of pipes differ from run to run. No pipe of the shell's own, of which it may have an end yet.
    let look =
        "nice; ulimit -a; umask; pwd; env | sort; cat /proc/self/oom_score_adj /proc/self/cgroup
        cd /proc/$$/fd; stat -c %N * >/tmp/open; sed 's/[0-9]\\{3,\\}//g' /tmp/open";
    let rest = ["sh", "-c", look];
    for caller in [
        "exec \"$@\"",
        "exec env --default-signal \"$@\"",
        "exec env --ignore-signal=PIPE \"$@\"",
        "exec env --ignore-signal=PIPE,INT,USR1,SEGV,CHLD --block-signal=USR2,HUP,PIPE \"$@\"",
        "ulimit -n 77; umask 27; cd /etc; A=b exec nice -n 5 \"$@\"",
        "exec 7</etc/passwd \"$@\"",
        "exec <&- \"$@\"",
        "exec 2>&- \"$@\"",
        "exec <&- 2>&- 8>/dev/null \"$@\"",
    ] {
        for command in [&signals[..], &rest] {
            let [theirs, ours @ ..] = WAYS.map(|way| {
                let words: Vec<&str> = way.split(' ').chain(command.iter().copied()).collect();
                text(&shell(caller, &words).stdout)
            });
            assert!(theirs.lines().count() >= 2, "{caller}: {theirs}");
            for (way, ours) in WAYS[1..].iter().zip(ours) {
                assert_eq!(theirs, ours, "{caller}: {way}");
            }
        }
    }
    red.delete();
}

#[test]
fn a_pipe_that_nobody_reads_ends_a_command_as_it_would_without_us() {
    let red = Namespace::add("red");
    for way in WAYS {
        let line = "(trap - PIPE; \"$@\" 2>/tmp/said; echo $? >/tmp/status) | true; cat /tmp/said";
        let words: Vec<&str> = way
            .split(' ')
            .chain(["sh", "-c", "sleep 0.1; echo x; echo x >&2"])
            .collect();
        let said = text(&shell(line, &words).stdout);
        assert_eq!(
            said.lines().filter(|line| *line == "x").count(),
            0,
            "{way}: {said}"
        );
    }
    red.delete();
}

#[test]
fn a_program_that_was_replaced_meanwhile_goes_on() {
    let (red, blue) = (Namespace::add("red"), Namespace::add("blue"));
    for exec in ["exec --all", "netns -all exec"] {
        let program = run("sh", &["-c", "command -v homeward"]);
        fs::copy(program.trim(), "/tmp/homeward-old").expect("a copy");
        let words: Vec<&str> = exec.split(' ').collect();
        let script = "rm -f /tmp/homeward-old; ip netns identify";
        let output = Command::new("/tmp/homeward-old")
            .args(&words)
            .args(["sh", "-c", script])
            .output()
            .expect("homeward");
        let (out, error) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{exec}: {error}");
        for name in ["red", "blue"] {
            assert!(out.lines().any(|line| line == name), "{exec}: {out}{error}");
        }
    }
    red.delete();
    blue.delete();
}

#[test]
fn a_command_leaves_the_vrf_that_it_was_started_in() {
    let red = Namespace::add("red");
    fs::create_dir_all("/sys/fs/cgroup/vrf/blue/child").expect("groups");
    for group in ["vrf/blue", "vrf/blue/child"] {
        for way in WAYS {
            let script = format!(
                "echo $$ >/sys/fs/cgroup/{group}/cgroup.procs; {way} cat /proc/self/cgroup"
            );
            assert_eq!(run("sh", &["-ec", &script]), "0::/vrf\n", "{group}: {way}");
        }
        // Where the groups cannot be seen, and where only part of them can.
        for hide in [
            "umount -l /sys",
            "mount --bind /sys/fs/cgroup/vrf /mnt; umount -l /sys",
            "mount --bind /sys/fs/cgroup/vrf/blue /mnt; umount -l /sys",
        ] {
            let script = format!(
                "echo $$ >/sys/fs/cgroup/{group}/cgroup.procs; mkdir -p /mnt
                exec unshare -m sh -ec '{hide}; homeward exec --no-sysfs red cat /proc/self/cgroup'"
            );
            assert_eq!(run("sh", &["-ec", &script]), "0::/vrf\n", "{group}: {hide}");
        }
    }
    red.delete();
    for group in ["/blue/child", "/blue", ""] {
        let group = format!("/sys/fs/cgroup/vrf{group}");
        eventually("an empty group", || fs::remove_dir(&group).is_ok());
    }
}

/// A root directory that has all but /sys: a mount of its own, or a mere directory.
fn without_sys(root: &str, way_in: &str, words: &str) -> Output {
    let line = format!(
        "mkdir -p {root}; {way_in}; for d in /*; do
            [ $d = /sys ] || [ $d = /tmp ] || [ ! -e $d ] && continue
            if [ -d $d ]; then mkdir -p {root}$d; mount --rbind $d {root}$d; else cp $d {root}$d; fi
        done; exec chroot {root} homeward {words}"
    );
    let script = [
        "unshare",
        "-m",
        "--propagation",
        "private",
        "sh",
        "-c",
        &line,
    ];
    shell("exec \"$@\"", &script)
}

/// A case, and a way to run `homeward` with these words in it.
type Way<'a> = (&'a str, &'a dyn Fn(&str) -> Output);

/// The options that a message says to use.
fn advised(message: &str) -> String {
    let (_, advice) = message.rsplit_once(": use ").unwrap_or_default();
    let options = advice
        .split_whitespace()
        .filter(|word| word.starts_with("--"));
    let options = options.map(|word| word.trim_end_matches([',', ':', '\'', ';']));
    options.collect::<Vec<_>>().join(" ")
}

#[test]
fn where_a_mount_fails_the_options_that_are_told_do_without_it() {
    let red = Namespace::add("red");
    let inside = text(&shell("readlink /run/netns/red /proc/self/ns/net; ip netns exec red readlink /proc/self/ns/net", &[]).stdout);
    let inside = inside.lines().last().unwrap_or_default().to_owned() + "\n";
    let limit = "/proc/sys/user/max_mnt_namespaces";
    let most = fs::read_to_string(limit).expect("a limit");
    let here = |words: &str| shell(&format!("exec homeward {words}"), &[]);
    let tight = |words: &str| {
        fs::write(limit, "0").expect("a limit");
        let output = here(words);
        fs::write(limit, &most).expect("a limit");
        output
    };
    let own = |words: &str| without_sys("/tmp/own", "mount -t tmpfs none /tmp/own", words);
    let bare = |words: &str| without_sys("/tmp/bare", ":", words);
    let ways: [Way<'_>; 3] = [
        ("no /sys", &own),
        ("no mount point", &bare),
        ("no mount namespace", &tight),
    ];
    for (case, way) in ways {
        let output = way("exec red readlink /proc/self/ns/net");
        let told = text(&output.stderr);
        assert!(!output.status.success(), "{case}");
        let options = advised(&told);
        assert!(options.contains("--no-sysfs"), "{case}: {told}");
        let output = way(&format!("exec {options} red readlink /proc/self/ns/net"));
        assert_eq!(
            text(&output.stdout),
            inside,
            "{case}: {options}: {}",
            text(&output.stderr)
        );
    }
    // What a command mounts then is seen outside.
    fs::create_dir_all("/tmp/seen").expect("a directory");
    run(
        "homeward",
        &[
            "exec",
            "--no-sysfs",
            "--etc=off",
            "red",
            "mount",
            "-t",
            "tmpfs",
            "seen",
            "/tmp/seen",
        ],
    );
    let mounts = fs::read_to_string("/proc/mounts").expect("mounts");
    assert!(mounts.contains("seen /tmp/seen "), "{mounts}");
    run("umount", &["/tmp/seen"]);
    red.delete();
}

#[test]
fn from_another_namespace_the_way_that_is_told_leads_to_the_module() {
    load();
    let red = Namespace::add("red");
    let inside = |line: &str| shell(&format!("exec /usr/bin/ip netns exec red {line}"), &[]);
    let output = inside("homeward stats");
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{told}");
    let way = told.split('\'').find(|part| part.starts_with("nsenter"));
    let way = way
        .unwrap_or_else(|| panic!("{told}"))
        .replace("...", "stats");
    let output = inside(&way);
    assert!(output.status.success(), "{way}: {}", text(&output.stderr));
    red.delete();
}

/// LXC mounts a part of sysfs once more; systemd-nspawn has a tmpfs with parts of sysfs for /sys.
#[test]
fn parts_of_the_callers_sysfs_do_not_cover_that_of_the_namespace() {
    let red = Namespace::add("red");
    ip("link add host7 type dummy");
    red.ip("link add red7 type dummy");
    let lxc = "net=/sys/devices/virtual/net
        mount -t sysfs none $net
        mount --bind $net/devices/virtual/net $net";
    let nspawn = "mkdir -p /tmp/sys
        mount -t tmpfs none /tmp/sys
        mkdir -p /tmp/sys/class /tmp/sys/devices /tmp/sys/fs/cgroup
        mount --bind /sys/class /tmp/sys/class
        mount --bind /sys/devices /tmp/sys/devices
        mount --bind /sys/fs/cgroup /tmp/sys/fs/cgroup
        mount --move /tmp/sys /sys";
    let look = "ls /sys/class/net /sys/devices/virtual/net | grep 7
        cat /sys/class/net/red7/mtu
        grep -c pids /sys/fs/cgroup/cgroup.controllers";
    for container in [lxc, nspawn] {
        for words in ["netns exec red", "exec red"] {
            let script = format!("set -e; {container}; homeward {words} sh -c '{look}'");
            let seen = run("unshare", &["-m", "sh", "-c", &script]);
            assert_eq!(seen, "red7\nred7\n1500\n1\n", "{words} in {container}");
        }
    }
    ip("link del host7");
    red.delete();
}

/// In a user namespace there is a new sysfs only as long as another one can be seen.
#[test]
fn a_container_without_root_has_a_sys_of_the_namespace() {
    let inside = "set -e; new=/tmp/rootless; mkdir -p $new
        mount -t tmpfs none $new
        for it in /*; do case $it in
            /proc|/sys|/run|/tmp|/dev) mkdir $new$it ;;
            *) if [ -L $it ]; then cp -a $it $new; elif [ -d $it ]; then
                mkdir $new$it; mount --rbind $it $new$it; fi ;;
        esac; done
        mount --rbind /dev $new/dev
        mount -t proc proc $new/proc; mount -t sysfs -o $1 sysfs $new/sys
        mkdir $new/old; cd $new; pivot_root . old; umount -l /old
        homeward netns add red
        homeward netns exec red ls /sys/class/net | grep -v bonding
        homeward exec red ls /sys/class/net | grep -v bonding
        grep -c ' - sysfs red ' /proc/mounts || true";
    for option in ["rw", "ro"] {
        let options = ["-Urmnpf", "--propagation", "private", "sh", "-c", inside];
        let seen = run("unshare", &[&options[..], &["sh", option]].concat());
        assert_eq!(seen, "lo\nlo\n0\n", "{option}");
    }
}
