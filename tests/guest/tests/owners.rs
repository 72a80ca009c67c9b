// SPDX-License-Identifier: GPL-2.0-only

//! Whose a namespace is: what control groups and mounts tell, with and without the module.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use homeward_guest_tests::verb::{as_nobody, homeward, json, says, words};
use homeward_guest_tests::{
    eventually, load, run, unload, with_and_without, Group, Inhabitant, Killed, Namespace,
    Namespaces, Pty, Unnamed,
};
use serde_json::Value;

const ID: &str = "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d";
const POD: &str = "0086d247-7fe3-4d93-a3fb-976a918797d7";

/// A file or folder that a runtime would keep; gone when dropped.
struct Kept(PathBuf);

impl Kept {
    #[track_caller]
    fn new(path: &str, text: &str) -> Self {
        let path = PathBuf::from(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        Kept(path)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A bind mount of a namespace; gone when dropped.
struct Bound(Kept);

impl Bound {
    #[track_caller]
    fn new(from: &str, path: &str) -> Self {
        let file = Kept::new(path, "");
        run("mount", &["--bind", from, path]);
        Bound(file)
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0 .0).output();
    }
}

fn inum(path: &str) -> u64 {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).expect("a namespace").ino()
}

fn net(pid: u32) -> String {
    format!("/proc/{pid}/ns/net")
}

/// What `ls` tells of a namespace.
#[track_caller]
fn listed(inum: u64) -> Value {
    let list = json("ls --quiet");
    let all = list["namespaces"].as_array().expect("a list");
    let found = all.iter().find(|one| one["inum"] == inum);
    found.expect("the namespace").clone()
}

/// The cell of OWNED-BY for a namespace.
#[track_caller]
fn cell(inum: u64) -> String {
    let text = says("ls --quiet -o inum,owned-by");
    let inum = inum.to_string();
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with(&inum));
    let line = line.expect("the namespace").trim_start();
    line[inum.len()..].trim().to_owned()
}

#[test]
fn the_control_group_of_the_first_process_tells_whose_a_namespace_is() {
    let _name = Kept::new(
        &format!("/var/lib/docker/containers/{ID}/config.v2.json"),
        r#"{"ID": "x", "Name": "/w\u001beb"}"#,
    );
    let _pod = Kept::new(&format!("/var/log/pods/default_nginx_{POD}/app/0.log"), "");
    let slice = format!("kubepods.slice/kubepods-pod{}.slice", POD.replace('-', "_"));
    let table = [
        (format!("docker/{ID}"), "docker:w\\u{1b}eb"),
        (
            format!("machine.slice/libpod-{ID}.scope/container"),
            "podman:9ec39b91f3d7",
        ),
        (
            format!("{slice}/cri-containerd-{ID}.scope"),
            "pod:default/nginx",
        ),
        ("lxc.payload.c1/init.scope".to_owned(), "lxc:c1"),
        ("lxc.payload.c1/system.slice/x.service".to_owned(), "lxc:c1"),
        (
            "machine.slice/machine-deb.scope/payload".to_owned(),
            "machine:deb",
        ),
        ("system.slice/web.service".to_owned(), "web.service"),
        (
            "user.slice/user-0.slice/session-1.scope".to_owned(),
            "sleep 1000",
        ),
    ];
    with_and_without(|_| {
        for (path, expected) in &table {
            let unnamed = Unnamed::new();
            let group = Group::with(path, unnamed.pid());
            let inum = inum(&net(unnamed.pid()));
            assert_eq!(cell(inum), *expected, "{path}");
            let told = listed(inum);
            assert_eq!(told["first_process"]["pid"], unnamed.pid(), "{told}");
            assert_eq!(told["first_process"]["command"], "sleep 1000", "{told}");
            let by = if *expected == "sleep 1000" {
                "process"
            } else {
                "cgroup"
            };
            assert_eq!(told["owned_by"]["source"], by, "{told}");
            unnamed.kill();
            drop(group);
        }
    });
}

#[test]
fn show_tree_and_devices_tell_it_too() {
    load();
    let red = Namespace::add("red");
    let sleeper = Command::new("/usr/bin/ip")
        .args(["netns", "exec", "red", "sleep", "1000"])
        .spawn();
    let sleeper = Killed(sleeper.expect("ip"));
    let here = inum("/run/netns/red");
    eventually("it is inside", || inum(&net(sleeper.0.id())) == here);
    let _group = Group::with(&format!("docker/{ID}"), sleeper.0.id());
    let shown = says("show red");
    assert!(shown.contains("Owned by: docker:9ec39b91f3d7\n"), "{shown}");
    assert!(
        shown.contains(&format!("First process: {} sleep 1000\n", sleeper.0.id())),
        "{shown}"
    );
    let tree = says("tree red");
    assert!(tree.contains(", owned by docker:9ec39b91f3d7)"), "{tree}");
    assert_eq!(json("tree red")["namespaces"][0]["owned_by"]["id"], ID);
    let devices = json("devices red");
    assert_eq!(
        devices["devices"][0]["owned_by"]["kind"], "docker",
        "{devices}"
    );
    let devices = says("devices red -a -o +owned-by");
    assert!(
        devices
            .lines()
            .nth(1)
            .expect("lo")
            .contains("docker:9ec39b91f3d7"),
        "{devices}"
    );
    assert!(!says("devices red").contains("OWNED-BY"));
    let found = json("find 9ec39b91f3d7");
    let first = &found["found"][0];
    assert_eq!(
        (&first["by"], &first["namespace"]["name"]),
        (&"owner".into(), &"red".into())
    );
    // Nobody's is the host's own.
    assert!(json("show init")["owned_by"].is_null());
    drop(red);
}

#[test]
fn a_control_group_of_version_1_tells_it_too() {
    let place = "/tmp/cgroup1";
    fs::create_dir_all(place).expect("a folder");
    run(
        "mount",
        &["-t", "cgroup", "-o", "none,name=systemd", "none", place],
    );
    load();
    let unnamed = Unnamed::new();
    let group = Group::new(place, &format!("kubepods/besteffort/pod{POD}/{ID}"));
    group.add(unnamed.pid());
    let found = cell(inum(&net(unnamed.pid())));
    unnamed.kill();
    drop(group);
    run("umount", &[place]);
    assert_eq!(found, "pod:0086d247-7fe");
}

#[test]
fn a_mount_of_a_runtime_is_shown_can_be_selected_and_tells_whose_a_namespace_without_process_is() {
    let unnamed = Unnamed::new();
    let docker = Bound::new(&net(unnamed.pid()), "/run/docker/netns/1-abcdef");
    let podman = Bound::new(&net(unnamed.pid()), "/run/user/0/netns/netns-5a1c");
    let here = inum("/run/docker/netns/1-abcdef");
    with_and_without(|_| {
        let told = listed(here);
        let paths = ["/run/docker/netns/1-abcdef", "/run/user/0/netns/netns-5a1c"];
        assert_eq!(told["paths"], serde_json::json!(paths), "{told}");
        assert_eq!(told["owned_by"]["kind"], "docker", "{told}");
        let names = says("ls --quiet -o inum,names");
        assert!(
            names.contains("/run/docker/netns/1-abcdef,/run/user/0/netns/netns-5a1c"),
            "{names}"
        );
        for path in paths {
            says(&format!("exec {path} true"));
        }
    });
    // Nobody but the mount is left.
    load();
    unnamed.kill();
    drop(docker);
    let told = listed(here);
    assert_eq!(told["processes"], 0, "{told}");
    assert_eq!(told["owned_by"]["source"], "mount", "{told}");
    assert_eq!(cell(here), "podman:netns-5a1c of root");
    says("show /run/user/0/netns/netns-5a1c");
    drop(podman);
    eventually("it is gone", || {
        let list = json("ls");
        let all = list["namespaces"].as_array().expect("a list");
        all.iter().all(|one| one["inum"] != here)
    });
}

#[test]
fn a_namespace_that_only_a_mount_leads_to_is_found_without_the_module() {
    let unnamed = Unnamed::new();
    let bound = Bound::new(&net(unnamed.pid()), "/run/docker/netns/alone");
    let here = inum("/run/docker/netns/alone");
    unnamed.kill();
    let path = "/run/docker/netns/alone";
    says(&format!("exec {path} ip link add lost0 type dummy"));
    with_and_without(|loaded| {
        assert_eq!(listed(here)["paths"][0], path);
        // All that is told can be typed.
        let cookie = listed(here)["cookie"].clone();
        for selector in [format!("inum:{here}"), format!("cookie:{cookie}")] {
            let inside = says(&format!("exec {selector} readlink /proc/self/ns/net"));
            assert_eq!(inside.trim(), format!("net:[{here}]"), "{selector}");
            says(&format!("holders --quiet {selector}"));
            says(&format!("tree --quiet {selector}"));
        }
        let found = json("find --quiet lost0");
        assert_eq!(found["found"][0]["namespace"]["inum"], here, "{found}");
        assert_eq!(found["found"][0]["owned_by"]["kind"], "docker", "{found}");
        assert_eq!(found["complete"], loaded, "{found}");
    });
    drop(bound);
}

#[test]
fn find_tells_whose_the_other_end_of_a_pair_is() {
    with_and_without(|_| {
        let unnamed = Unnamed::new();
        let _group = Group::with(&format!("docker/{ID}"), unnamed.pid());
        run(
            "ip",
            &[
                "link",
                "add",
                "vethab",
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                &unnamed.pid().to_string(),
            ],
        );
        // As `ip link` shows it, too.
        for query in ["vethab", "vethab@if2"] {
            let found = json(&format!("find --quiet {query}"));
            let found = &found["found"][0];
            assert_eq!(found["device"]["name"], "vethab", "{found}");
            assert_eq!(found["owned_by"], Value::Null, "{found}");
            assert_eq!(found["link_owned_by"]["kind"], "docker", "{found}");
        }
        let text = says("find --quiet vethab");
        assert!(text.contains("docker:9ec39b91f3d7"), "{text}");
    });
}

#[test]
fn processes_that_cannot_be_seen_are_not_counted_as_none() {
    let red = Namespace::add("red");
    let lonely = Namespace::add("lonely");
    let here = inum("/run/netns/red");
    let sleeper = Killed(
        Command::new("ip")
            .args(["netns", "exec", "red", "sleep", "inf"])
            .spawn()
            .expect("a process"),
    );
    eventually("it is there", || listed(here)["processes"] == 1);
    assert_eq!(listed(inum("/run/netns/lonely"))["processes"], 0);
    unload();
    let ran = as_nobody("ls --quiet --json");
    let list: Value = serde_json::from_str(&ran.out).expect("JSON");
    let mut all = list["namespaces"].as_array().expect("a list").iter();
    let seen = all.find(|one| one["inum"] == here).expect("red");
    assert_eq!(seen["processes"], Value::Null, "{seen}");
    drop((sleeper, red, lonely));
}

#[test]
fn a_thread_tells_it_where_its_process_is_elsewhere() {
    load();
    let red = Namespace::add("red");
    let here = inum("/run/netns/red");
    let thread = Inhabitant::new("red");
    let own = std::process::id();
    let told = listed(here);
    assert_eq!(told["first_process"]["pid"], own, "{told}");
    // One that is there as a whole tells more.
    let sleeper = Command::new("/usr/bin/ip")
        .args(["netns", "exec", "red", "sleep", "1000"])
        .spawn();
    let sleeper = Killed(sleeper.expect("ip"));
    eventually("it is inside", || {
        listed(here)["first_process"]["pid"] == sleeper.0.id()
    });
    thread.leave();
    drop(red);
}

#[test]
fn a_process_of_the_host_that_came_in_does_not_hide_the_container() {
    load();
    // Of a lower id than that of the container.
    let entering = Command::new("sh")
        .args(["-c", "read pid && exec nsenter -t $pid -n sleep 2000"])
        .stdin(Stdio::piped())
        .spawn();
    let mut entering = Killed(entering.expect("sh"));
    let unnamed = Unnamed::new();
    let group = Group::with("lxc.payload.c1/init.scope", unnamed.pid());
    let here = inum(&net(unnamed.pid()));
    assert!(entering.0.id() < unnamed.pid());
    let mut door = entering.0.stdin.take().expect("a pipe");
    writeln!(door, "{}", unnamed.pid()).expect("a line");
    eventually("it is inside", || inum(&net(entering.0.id())) == here);
    let told = listed(here);
    assert_eq!(told["first_process"]["pid"], entering.0.id(), "{told}");
    assert_eq!(cell(here), "lxc:c1");
    let found = json("find --quiet c1");
    assert_eq!(found["found"][0]["namespace"]["inum"], here, "{found}");
    drop(entering);
    unnamed.kill();
    drop(group);
}

#[test]
fn what_cannot_be_read_is_not_invented() {
    load();
    let unnamed = Unnamed::new();
    let _group = Group::with(&format!("docker/{ID}"), unnamed.pid());
    let here = inum(&net(unnamed.pid()));
    // A user without permissions sees only his own namespace, and is told so.
    let ran = as_nobody("ls --json");
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.err.contains("incomplete"), "{ran:?}");
    assert!(
        !ran.out.contains(ID) && !ran.out.contains(&here.to_string()),
        "{ran:?}"
    );
    // Neither does it matter if /proc hides all others.
    let hidden = "mount -t proc -o hidepid=2 proc /proc && \
                  setpriv --reuid 65534 --regid 65534 --clear-groups homeward ls --json";
    let ran = Command::new("unshare")
        .args(["--mount", "sh", "-c", hidden])
        .output();
    let ran = ran.expect("unshare");
    assert!(ran.status.success(), "{ran:?}");
    // In a pid namespace of its own one sees its processes only.
    let inside = [
        "--pid",
        "--fork",
        "--mount-proc",
        "homeward",
        "ls",
        "--json",
        "--quiet",
    ];
    let list: Value = serde_json::from_str(&run("unshare", &inside)).expect("JSON");
    let all = list["namespaces"].as_array().expect("a list");
    let found = all.iter().find(|one| one["inum"] == here).expect("it");
    // Nor that there are none.
    assert!(
        found["owned_by"].is_null() && found["processes"].is_null(),
        "{found}"
    );
}

#[test]
fn processes_that_vanish_meanwhile_do_not_matter() {
    load();
    let script = "while :; do unshare -n true; done";
    let _busy: Vec<Killed> = (0..3)
        .map(|_| Killed(Command::new("sh").args(["-c", script]).spawn().expect("sh")))
        .collect();
    for _ in 0..10 {
        let list = json("ls --quiet");
        assert!(!list["namespaces"].as_array().expect("a list").is_empty());
        says("tree --quiet");
    }
}

#[test]
fn columns_are_chosen_listed_and_sorted_by() {
    load();
    let red = Namespace::add("red");
    let blue = Namespace::add("blue");
    red.ip("link add dum0 type dummy");
    let text = says("ls -o names,devices --sort devices");
    let names = |text: &str| {
        let lines = text
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().next());
        lines.flatten().map(str::to_owned).collect::<Vec<_>>()
    };
    let order = names(&text);
    let at = |name: &str| order.iter().position(|one| one == name).expect("a name");
    assert!(at("blue") < at("red"), "{text}");
    let reversed = names(&says("ls -o names,devices --sort DEVICES -r"));
    assert!(reversed.iter().rev().eq(&order), "{order:?} {reversed:?}");
    let header = says("ls -o +pid,command");
    let header = header.lines().next().expect("a header");
    assert!(
        header.starts_with("COOKIE ") && header.ends_with("PID  COMMAND"),
        "{header}"
    );
    let columns = says("ls --list-columns");
    assert!(
        columns.contains("OWNED-BY") && columns.contains("first_process.pid"),
        "{columns}"
    );
    let wrong = words(&["devices", "-o", "x"]);
    assert_eq!(wrong.status, 2, "{wrong:?}");
    assert!(
        wrong
            .err
            .contains("there is no column 'x': there are NAMESPACE"),
        "{wrong:?}"
    );
    assert!(Path::new("/run/netns/blue").exists());
    drop(blue);
    let _ = homeward("ls");
}

#[test]
fn of_very_many_a_terminal_is_told_that_it_is_not_shown() {
    load();
    let _many = Namespaces::add("many", 251);
    let pty = Pty::run("ls --no-pager --sort cookie");
    pty.shows(&["OWNED-BY not shown", "-o +owned-by shows it"]);
    let pty = Pty::run("ls --no-pager -o cookie,owned-by");
    pty.shows(&["namespaces listed"]);
    assert!(!pty.text().contains("not shown"));
    let text = says("ls");
    assert!(!text.contains("OWNED-BY"), "{text}");
}
