// SPDX-License-Identifier: GPL-2.0-only

//! What `homeward exec` and `homeward netns` have beyond `ip netns`.

use std::fs;
use std::os::unix::fs::{symlink, MetadataExt};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use homeward_client::By;
use homeward_guest_tests::{
    batch, born_of_a_socket, client, cookie_of, eventually, ip, load, run, unload, Listener,
    Namespace, Netdevsim, Unnamed,
};

/// Runs `homeward` with words separated by spaces, and a script for `sh -c` behind them.
fn homeward(words: &str, script: Option<&str>) -> Output {
    let mut command = Command::new("homeward");
    command.args(words.split(' '));
    if let Some(script) = script {
        command.args(["sh", "-c", script]);
    }
    command.stdin(Stdio::null()).output().expect("homeward")
}

#[track_caller]
fn says(words: &str, script: Option<&str>) -> String {
    let output = homeward(words, script);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "homeward {words}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// /etc with a link that is taken away again.
struct Link(&'static str);

impl Link {
    fn new(path: &'static str, target: &str) -> Self {
        let _ = fs::rename(path, format!("{path}.kept"));
        symlink(target, path).expect("a link");
        Link(path)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0);
        let _ = fs::rename(format!("{}.kept", self.0), self.0);
        let _ = fs::remove_dir_all("/etc/netns");
    }
}

fn files_of(name: &str, file: &str, text: &str) {
    let directory = format!("/etc/netns/{name}");
    fs::create_dir_all(&directory).expect("a directory");
    fs::write(format!("{directory}/{file}"), text).expect("a file");
}

#[test]
fn what_is_mounted_below_sys_stays_within_reach() {
    let _ = Command::new("mount")
        .args(["-t", "securityfs", "securityfs", "/sys/kernel/security"])
        .output();
    let below = "grep -o ' /sys/[^ ]* .* - [^ ]*' /proc/self/mountinfo |
        sed 's/ \\([^ ]*\\) .* - \\(.*\\)/\\1 \\2/' | sort";
    let outside = run("sh", &["-c", below]);
    for kind in ["cgroup2", "bpf", "debugfs"] {
        assert!(outside.contains(kind), "the guest lacks {kind}: {outside}");
    }
    let red = Namespace::add("red");
    for words in ["netns exec red", "exec red"] {
        assert_eq!(says(words, Some(below)), outside, "{words}");
        let inside = says(
            words,
            Some("cat /sys/fs/cgroup/cgroup.controllers; ls /sys/class/net"),
        );
        assert!(inside.contains("pids") && inside.contains("lo"), "{inside}");
        assert!(!inside.contains("eth0"), "{inside}");
    }
    // It is this that `ip` does not do.
    let hidden = run("/usr/bin/ip", &["netns", "exec", "red", "sh", "-c", below]);
    assert_eq!(hidden, "");
    red.delete();
    let _ = Command::new("umount").arg("/sys/kernel/security").output();
}

#[test]
fn a_resolv_conf_that_is_a_link_is_replaced_also_when_its_target_goes() {
    fs::create_dir_all("/run/resolve").expect("a directory");
    fs::write("/run/resolve/stub", "outside\n").expect("a file");
    let _link = Link::new("/etc/resolv.conf", "/run/resolve/stub");
    let red = Namespace::add("red");
    files_of("red", "resolv.conf", "inside\n");
    // As systemd-resolved does it, in the caller's mount namespace.
    let script = "cat /etc/resolv.conf
        nsenter -t 1 -m sh -c 'echo other >/run/resolve/new
            mv /run/resolve/new /run/resolve/stub'
        cat /etc/resolv.conf";
    for words in ["netns exec red", "exec red"] {
        assert_eq!(says(words, Some(script)), "inside\ninside\n", "{words}");
        assert_eq!(
            fs::read_to_string("/etc/resolv.conf").expect("a file"),
            "other\n"
        );
    }
    red.delete();
}

#[test]
fn a_resolv_conf_that_is_a_link_to_nothing_is_replaced() {
    let _link = Link::new("/etc/resolv.conf", "/run/nowhere/stub");
    let red = Namespace::add("red");
    files_of("red", "resolv.conf", "inside\n");
    for words in ["netns exec red", "exec red"] {
        let output = homeward(words, Some("cat /etc/resolv.conf"));
        assert_eq!(error(&output), "", "{words}");
        assert_eq!(output.stdout, b"inside\n", "{words}");
    }
    assert!(!Path::new("/etc/resolv.conf").exists());
    red.delete();
}

#[test]
fn sys_and_etc_stay_as_they_are_on_request() {
    let _sim = Netdevsim::new(1, &["sim0"]);
    let red = Namespace::add("red");
    files_of("red", "hosts", "by name\n");
    for place in ["/tmp/own", "/tmp/bare"] {
        fs::create_dir_all(place).expect("a directory");
    }
    fs::write("/tmp/own/hosts", "by option\n").expect("a file");
    let look = Some("ls /sys/class/net | grep -cx sim0; head -n 1 /etc/hosts");
    let outside = run("head", &["-n", "1", "/etc/hosts"]);
    for exec in ["netns exec", "exec"] {
        for (options, sim, hosts) in [
            ("", "0", "by name\n"),
            (" --no-sysfs", "1", "by name\n"),
            (" --etc=off", "0", outside.as_str()),
            (" --etc=/tmp/own", "0", "by option\n"),
            (" --etc=/tmp/bare", "0", outside.as_str()),
            (" --no-sysfs --etc=/tmp/own", "1", "by option\n"),
            (" --no-sysfs --etc=off", "1", outside.as_str()),
        ] {
            let words = format!("{exec}{options} red");
            assert_eq!(says(&words, look), format!("{sim}\n{hosts}"), "{words}");
        }
    }
    for (place, status) in [("", 2), ("/nowhere", 3), ("/tmp/own/hosts", 2)] {
        let bad = homeward(&format!("exec --etc={place} red true"), None);
        assert_eq!(bad.status.code(), Some(status), "{}", error(&bad));
    }
    red.delete();
    fs::remove_dir_all("/etc/netns").expect("cleaned up");
}

#[test]
fn a_namespace_has_the_files_of_its_name_however_it_is_selected() {
    load();
    let red = Namespace::add("red");
    files_of("red", "hosts", "by name\n");
    run("ln", &["-s", "red", "/run/netns/alias"]);
    run("ln", &["-sfn", "/run/netns", "/tmp/names"]);
    let process = Command::new("ip")
        .args(["netns", "exec", "red", "sleep", "1000"])
        .spawn();
    let mut process = process.expect("ip");
    let (pid, cookie) = (process.id(), red.cookie());
    eventually("a process there", || cookie_of(pid) == cookie);
    let inum = fs::metadata("/run/netns/red").expect("its name").ino();
    for selector in [
        "red".to_owned(),
        "/run/netns/red".to_owned(),
        "/tmp/names/red".to_owned(),
        format!("/proc/{pid}/ns/net"),
        format!("pid:{pid}"),
        format!("inum:{inum}"),
        format!("cookie:{cookie}"),
    ] {
        let seen = says(&format!("exec {selector} head -n 1 /etc/hosts"), None);
        assert_eq!(seen, "by name\n", "{selector}");
    }
    let outside = run("head", &["-n", "1", "/etc/hosts"]);
    // What somebody types as another name has the files of that.
    for selector in ["/run/netns/alias", "init", "self"] {
        let seen = says(&format!("exec {selector} head -n 1 /etc/hosts"), None);
        assert_eq!(seen, outside, "{selector}");
    }
    process.kill().expect("killed");
    process.wait().expect("an end");
    run("rm", &["/tmp/names", "/run/netns/alias"]);
    red.delete();
    fs::remove_dir_all("/etc/netns").expect("cleaned up");
}

#[test]
fn status_and_signal_of_the_command_pass_through() {
    let red = Namespace::add("red");
    for exec in ["netns exec red", "exec red"] {
        for status in [0, 1, 7, 126, 255] {
            let output = homeward(exec, Some(&format!("exit {status}")));
            assert_eq!(output.status.code(), Some(status), "{exec}");
        }
        for signal in [9, 13, 15] {
            let output = homeward(exec, Some(&format!("kill -{signal} $$")));
            assert_eq!(output.status.signal(), Some(signal), "{exec}");
        }
    }
    for (command, status) in [("/etc/passwd", 126), ("/no/such", 127)] {
        let output = homeward(&format!("exec red {command}"), None);
        assert_eq!(output.status.code(), Some(status), "{}", error(&output));
    }
    red.delete();
}

#[test]
fn several_namespaces_keep_going_and_all_failures_are_told() {
    let (_red, _blue, _pid) = (
        Namespace::add("red"),
        Namespace::add("blue"),
        Namespace::add("pid:1"),
    );
    let all = says("exec --all --no-legend", Some("readlink /proc/self/ns/net"));
    let mut inside: Vec<_> = all.lines().collect();
    inside.sort_unstable();
    inside.dedup();
    assert_eq!(inside.len(), 3, "{all}");
    let own = fs::read_link("/proc/self/ns/net").expect("own");
    assert!(!inside.contains(&own.to_string_lossy().as_ref()), "{all}");
    assert!(says("exec --all true", None).contains("==> red <==\n"));

    fs::write("/run/netns/plain", "").expect("a file");
    let script = "echo here; case $(ip netns identify) in red) exit 3;; blue) kill -9 $$;; esac";
    let output = homeward("exec --all --no-legend", Some(script));
    fs::remove_file("/run/netns/plain").expect("cleaned up");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"here\nhere\nhere\n");
    let told = error(&output);
    let last = told.lines().last().unwrap_or_default().to_owned();
    assert!(last.contains("failed in 3 of 4 namespaces"), "{told}");
    for part in ["red (status 3)", "blue (SIGKILL)", "plain (status "] {
        assert!(last.contains(part), "{part}: {told}");
    }

    let two = says(
        "exec --no-legend -n red --ns blue",
        Some("ip netns identify"),
    );
    assert_eq!(two, "red\nblue\n");
    let wrong = homeward("exec --all --ns red true", None);
    assert_eq!(wrong.status.code(), Some(2));
    assert_eq!(homeward("exec --all", None).status.code(), Some(2));
    assert_eq!(homeward("exec red", None).status.code(), Some(2));
}

#[test]
fn exec_by_cookie_enters_what_has_neither_name_nor_process() {
    load();
    let mut events = Listener::new();
    let (cookie, socket) = born_of_a_socket(&mut events);
    let port = socket.local_addr().expect("an address").port();
    let words = format!("exec cookie:{cookie} ss -Hanu");
    let sockets = says(&words, None);
    assert!(sockets.contains(&format!(":{port} ")), "{sockets}");
    // By its number it is found by the module, too.
    let found = client().namespace(By::Cookie(cookie)).expect("a namespace");
    let inum = found.inum.expect("a number");
    assert_eq!(says(&format!("exec inum:{inum} ss -Hanu"), None), sockets);
    drop(socket);
    events.until_gone(cookie);
    let output = homeward(&words, None);
    assert_eq!(output.status.code(), Some(3), "{}", error(&output));
}

#[test]
fn delete_waits_until_the_namespace_is_really_gone() {
    load();
    for number in 0..10 {
        let red = Namespace::add("red");
        ip("link add dummy7 type dummy");
        ip("link set dummy7 netns red");
        let cookie = red.cookie();
        let words = ["netns delete --wait red", "netns delete red --wait=20"][number % 2];
        assert_eq!(says(words, None), "");
        let gone = client().namespace(By::Cookie(cookie));
        assert!(gone.is_err(), "{gone:?}");
    }
    let (red, blue) = (Namespace::add("red"), Namespace::add("blue"));
    let cookies = [red.cookie(), blue.cookie()];
    says("netns -all delete --wait", None);
    for cookie in cookies {
        assert!(client().namespace(By::Cookie(cookie)).is_err());
    }
    let absent = homeward("netns delete --wait absent", None);
    assert_eq!(absent.status.code(), Some(1));
    assert!(error(&absent).starts_with("Cannot remove namespace file"));
}

#[test]
fn delete_says_what_it_waits_for_and_gives_up_in_time() {
    load();
    let ns = Unnamed::new();
    ip(&format!("netns attach held {}", ns.pid()));
    let start = Instant::now();
    let output = homeward("netns delete --wait=2 held", None);
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(2), "{took:?}");
    assert_eq!(output.status.code(), Some(1));
    let told = error(&output);
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(
        lines[0].starts_with("homeward: waiting: namespace held (cookie:"),
        "{told}"
    );
    assert!(
        lines[1].contains("something else keeps it alive after 2.0s"),
        "{told}"
    );
    assert!(lines[1].contains("homeward holders cookie:"), "{told}");

    // The holder ends while it waits.
    ip(&format!("netns attach held {}", ns.pid()));
    let waiting = Command::new("homeward")
        .args(["netns", "delete", "--wait", "held"])
        .spawn()
        .expect("homeward");
    eventually("the name is deleted", || {
        !Path::new("/run/netns/held").exists()
    });
    ns.kill();
    let output = waiting.wait_with_output().expect("its end");
    assert!(output.status.success());
}

#[test]
fn without_the_module_names_and_exec_work_and_waiting_says_that_it_cannot_know() {
    unload();
    says("netns add red", None);
    says("netns set red 3", None);
    assert_eq!(says("netns list", None), "red (id: 3)\n");
    assert_eq!(
        says("netns list-id", None),
        "nsid 3 (iproute2 netns name: red)\n"
    );
    assert_eq!(says("-n red netns identify", None), "red\n");
    assert_eq!(
        says("netns exec red", Some("ls /sys/class/net | grep -c lo")),
        "1\n"
    );
    assert_eq!(says("exec red", Some("ip netns identify")), "red\n");
    assert_eq!(
        says("exec --all --no-legend", Some("ip netns identify")),
        "red\n"
    );
    let ns = Unnamed::new();
    says(&format!("netns attach held {}", ns.pid()), None);
    assert_eq!(
        says(&format!("netns identify {}", ns.pid()), None),
        "held\n"
    );
    assert_eq!(says("netns pids held", None), format!("{}\n", ns.pid()));
    let cookie = says("exec held", Some("true"));
    assert_eq!(cookie, "");
    says("netns delete held", None);

    for words in ["netns delete --wait red", "netns -all delete --wait"] {
        let output = homeward(words, None);
        assert_eq!(output.status.code(), Some(4));
        let told = error(&output);
        assert_eq!(told.lines().count(), 1, "{told}");
        for part in ["did not delete red", "cannot tell", "modprobe homeward"] {
            assert!(told.contains(part), "{told}");
        }
        says("netns exec red true", None);
    }
    // There is nothing to wait for.
    fs::write("/run/netns/old", "").expect("a file");
    says("netns delete --wait old", None);
    says("netns delete red", None);
    assert_eq!(says("netns", None), "");
}

fn said_by(program: &str, words: &str) -> (String, String) {
    let output = Command::new(program).args(words.split(' ')).output();
    let output = output.expect(program);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Names with ids that are deleted in the end; all in one process each, as they are many.
struct Named(Vec<String>);

impl Named {
    fn add(names: Vec<String>, ids: &[(usize, u32)]) -> Self {
        let add = names.iter().map(|name| format!("netns add {name}\n"));
        let set = ids
            .iter()
            .map(|(n, id)| format!("netns set {} {id}\n", names[*n]));
        batch(&add.chain(set).collect::<String>());
        Named(names)
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let delete = self.0.iter().map(|name| format!("netns delete {name}\n"));
        batch(&delete.collect::<String>());
    }
}

fn ids() -> Vec<u32> {
    client().nsids().unwrap().iter().map(|one| one.id).collect()
}

#[test]
fn ids_of_many_names_are_those_that_ip_tells_with_the_module_and_without() {
    let mut expected: Vec<(usize, u32)> = (0..40).step_by(3).zip((50..90).rev()).collect();
    let _named = Named::add((0..40).map(|n| format!("many{n}")).collect(), &expected);
    expected.reverse();
    // No network namespace, and so without an id.
    fs::write("/run/netns/uts", "").expect("a file");
    run("mount", &["--bind", "/proc/self/ns/uts", "/run/netns/uts"]);
    let same = |loaded: bool| {
        for words in [
            "netns list",
            "-j netns list",
            "netns list-id",
            "netns list-id nsid 80",
        ] {
            let (theirs, _) = said_by("ip", words);
            let (ours, complaint) = said_by("homeward", words);
            assert_eq!(theirs, ours, "{words}, the module loaded: {loaded}");
            assert!(ours.contains("80"), "{words}: {ours}");
            // About the one that is no network namespace; ip, which asks twice, says it twice.
            assert_eq!(
                complaint, "Error: Peer netns reference is invalid.\n",
                "{words}"
            );
        }
    };
    unload();
    same(false);
    load();
    same(true);
    // Once those of earlier tests are gone.
    eventually("only these ids are left", || {
        ids().iter().eq(expected.iter().map(|(_, id)| id))
    });
    for one in client().nsids().unwrap() {
        let known = client().namespace(By::Cookie(one.namespace)).unwrap();
        assert_eq!(known.inum, Some(one.inum));
    }
    run("umount", &["/run/netns/uts"]);
    fs::remove_file("/run/netns/uts").expect("the file");
}

#[test]
fn ids_are_told_once_and_in_order_while_others_come_and_go() {
    load();
    // More than one datagram has room for.
    let steady: Vec<(usize, u32)> = (0..200).zip((1000..).step_by(7)).collect();
    let _named = Named::add((0..200).map(|n| format!("steady{n}")).collect(), &steady);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let churn = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                batch("netns add brief\nnetns set brief auto\nnetns delete brief\n");
            }
        });
        let wrong = (0..100).map(|_| ids()).find(|told| {
            let once = told.windows(2).all(|pair| pair[0] < pair[1]);
            !once || !steady.iter().all(|(_, id)| told.contains(id))
        });
        done.store(true, Ordering::Relaxed);
        churn.join().expect("the churn");
        assert_eq!(wrong, None);
    });
}
