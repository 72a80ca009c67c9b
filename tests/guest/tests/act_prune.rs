// SPDX-License-Identifier: GPL-2.0-only

//! The verb that removes names whose namespace is gone.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use homeward_guest_tests::verb::{as_nobody, homeward, json, says};
use homeward_guest_tests::{eventually, ip, run, run_fails, times, unload, Namespace, Unnamed};

/// A file in /run/netns; removed when dropped.
struct File(String);

impl File {
    fn new(name: &str, made: &str) -> Self {
        let path = format!("/run/netns/{name}");
        fs::write(&path, "").expect("a file");
        run("touch", &["-d", made, &path]);
        File(path)
    }

    fn is_there(&self) -> bool {
        fs::symlink_metadata(&self.0).is_ok()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

const OLD: &str = "2020-01-01 00:00:00";

#[test]
fn what_is_stale_is_shown_first_and_removed_with_yes() {
    unload();
    let red = Namespace::add("red");
    let old = File::new("old", OLD);
    let odd = File::new("a\x1b b", OLD);
    fs::write("/run/netns/young", "").expect("a file");
    let young = File("/run/netns/young".to_owned());
    let shown = homeward("prune");
    assert_eq!(shown.status, 0, "{shown:?}");
    assert!(
        shown
            .err
            .contains("nothing was removed: use --yes to remove them"),
        "{shown:?}"
    );
    let line = |name: &str| {
        let found = shown.out.lines().find(|line| line.starts_with(name));
        found
            .unwrap_or_else(|| panic!("no {name}: {shown:?}"))
            .to_owned()
    };
    assert!(line("old ").contains(" stale "));
    assert!(line("a\\u{1b} b").contains(" stale "));
    assert!(line("young ").contains("somebody may be creating it"));
    assert!(!shown.out.contains("red") && !shown.out.contains('\x1b'));
    assert!(old.is_there() && odd.is_there());

    let done = json("prune --yes");
    assert_eq!(done["removed"], true);
    let outcome = |name: &str| {
        let names = done["names"].as_array().expect("names");
        let found = names.iter().find(|one| one["name"] == name);
        found.map(|one| one["outcome"].as_str().unwrap().to_owned())
    };
    assert_eq!(outcome("old").as_deref(), Some("removed"));
    assert_eq!(outcome("a\x1b b").as_deref(), Some("removed"));
    assert_eq!(outcome("young").as_deref(), Some("kept"));
    assert!(!old.is_there() && !odd.is_there() && young.is_there());
    says("prune --yes --older-than 0 -q");
    assert!(!young.is_there());
    // What is in use is as it was.
    assert!(red.ip("link show").contains("lo"));
}

#[test]
fn nothing_but_empty_files_is_touched() {
    let _red = Namespace::add("red");
    let note = File("/run/netns/note".to_owned());
    fs::write(&note.0, "do not delete").expect("a file");
    let link = File("/run/netns/link".to_owned());
    std::os::unix::fs::symlink("/tmp/precious", &link.0).expect("a link");
    fs::write("/tmp/precious", "").expect("a file");
    fs::create_dir("/run/netns/folder").expect("a directory");
    fs::write("/run/netns/folder/inside", "").expect("a file");
    let device = File("/run/netns/pipe".to_owned());
    run("mkfifo", &[&device.0]);
    let text = says("prune --yes --older-than 0");
    assert_eq!(text, "NAME  AGE  OUTCOME  REASON\n");
    assert!(note.is_there() && link.is_there() && device.is_there());
    assert!(Path::new("/tmp/precious").exists());
    fs::remove_dir_all("/run/netns/folder").expect("still there");
}

#[test]
fn a_name_that_is_mounted_in_another_mount_namespace_only_is_in_use() {
    let _red = Namespace::add("red");
    let script = "mount --make-rprivate / && ip netns add hidden && echo ready && exec sleep 1000";
    let mut elsewhere = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", script])
        .stdout(Stdio::piped())
        .spawn()
        .expect("unshare");
    let hidden = File("/run/netns/hidden".to_owned());
    let pid = elsewhere.id().to_string();
    eventually("a namespace mounted elsewhere", || {
        fs::read_to_string(format!("/proc/{pid}/mountinfo"))
            .is_ok_and(|table| table.contains("net:[") && table.contains("/run/netns/hidden "))
    });
    run("touch", &["-d", OLD, &hidden.0]);
    let text = says("prune --yes");
    let expected =
        format!("a namespace is mounted on it in the mount namespace of process {pid} (");
    assert!(text.contains(&expected), "{text}");
    assert!(hidden.is_there());
    run("nsenter", &["-t", &pid, "-m", "ip", "-n", "hidden", "link"]);
    elsewhere.kill().expect("killed");
    elsewhere.wait().expect("an end");
    assert!(says("prune --yes").contains("removed"));
    assert!(!hidden.is_there());
}

#[test]
fn an_ordinary_user_sees_names_and_removes_none() {
    let _red = Namespace::add("red");
    let old = File::new("old", OLD);
    let shown = as_nobody("prune");
    assert_eq!(shown.status, 0, "{shown:?}");
    assert!(shown.out.contains("old "), "{shown:?}");
    // Everybody may read the mounts of every process.
    assert!(!shown.err.contains("run it as root"), "{shown:?}");
    let tried = as_nobody("prune --yes");
    assert_eq!(tried.status, 5, "{tried:?}");
    let why = "cannot remove /run/netns/old: Permission denied: run it as root";
    assert!(tried.err.contains(why), "{tried:?}");
    assert!(old.is_there());
}

#[test]
fn names_that_are_being_made_meanwhile_are_left_alone() {
    let _red = Namespace::add("red");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let old = File::new("old", OLD);
                says("prune --yes -q");
                assert!(!old.is_there());
            }
        });
        for _ in 0..times(40) {
            ip("netns add busy");
            ip("netns exec busy true");
            ip("netns del busy");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn without_a_directory_of_names_there_is_nothing_to_do() {
    let script =
        "umount -l /run/netns 2>/dev/null; mount -t tmpfs none /run && homeward prune --yes";
    let text = run("unshare", &["--mount", "sh", "-c", script]);
    assert_eq!(text, "NAME  AGE  OUTCOME  REASON\n");
}

#[test]
fn who_does_not_see_all_mounts_removes_nothing() {
    let _red = Namespace::add("red");
    let old = File::new("old", OLD);
    let confined = ["--pid", "--fork", "--mount-proc", "homeward", "prune"];
    assert!(run("unshare", &confined).contains("old "));
    let (status, said) = run_fails("unshare", &[&confined[..], &["--yes"]].concat());
    assert_eq!(status, 5, "{said}");
    let advice = "run it in the initial one, or 'homeward netns delete NAME' removes one that";
    assert!(said.contains(advice), "{said}");
    assert!(old.is_there());
    let told = ["--pid", "--fork", "--mount-proc", "homeward"];
    run(
        "unshare",
        &[&told[..], &["netns", "delete", "old"]].concat(),
    );
    assert!(!old.is_there());
}

/// A link in /run/netns; removed when dropped.
#[track_caller]
fn link(name: &str, target: &str, made: &str) -> File {
    let path = format!("/run/netns/{name}");
    run("ln", &["-s", target, &path]);
    run("touch", &["-h", "-d", made, &path]);
    File(path)
}

#[test]
fn links_that_lead_nowhere_go_and_those_that_lead_somewhere_stay() {
    let red = Namespace::add("red");
    let alive = Unnamed::new();
    let gone = Unnamed::new();
    let dead = format!("/proc/{}/ns/net", gone.pid());
    gone.kill();
    run("sh", &["-ec", "mkdir -p /run/docker/netns; touch /run/docker/netns/box; unshare --net=/run/docker/netns/box true"]);
    let living = [
        link("pid", &format!("/proc/{}/ns/net", alive.pid()), OLD),
        link(
            "thread",
            &format!("/proc/{0}/task/{0}/ns/net", alive.pid()),
            OLD,
        ),
        link("relative", "red", OLD),
        link("over", "relative", OLD),
        link("box", "/run/docker/netns/box", OLD),
        link("up", "../docker/netns/box", OLD),
    ];
    let lost = [
        link("exited", &dead, OLD),
        link("over-it", "exited", OLD),
        link("none", "/run/docker/netns/none", OLD),
        link("around", "around", OLD),
    ];
    let young = File("/run/netns/soon".to_owned());
    run("ln", &["-s", "/run/docker/netns/soon", &young.0]);
    let shown = says("prune");
    let names: Vec<&str> = shown
        .lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(
        names,
        ["around", "exited", "none", "over-it", "soon"],
        "{shown}"
    );
    says("prune --yes -q");
    for file in living.iter().chain([&young]) {
        assert!(file.is_there(), "{}", file.0);
    }
    for file in &lost {
        assert!(!file.is_there(), "{}", file.0);
    }
    run(
        "sh",
        &["-ec", "umount /run/docker/netns/box; rm -r /run/docker"],
    );
    drop(red);
}

#[test]
fn a_link_that_leads_somewhere_where_another_process_looks_stays() {
    let _red = Namespace::add("red");
    let file = link("inner", "/tmp/inner/net", OLD);
    let script = "mkdir -p /tmp/inner; mount -t tmpfs none /tmp/inner; touch /tmp/inner/net; exec sleep 1000";
    let mut elsewhere = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", script])
        .spawn()
        .expect("unshare");
    let pid = elsewhere.id();
    eventually("what is there only", || {
        fs::metadata(format!("/proc/{pid}/root/tmp/inner/net")).is_ok()
    });
    let text = says("prune --yes");
    let expected = format!("here, but is in use in the mount namespace of process {pid} (");
    assert!(text.contains(&expected), "{text}");
    assert!(file.is_there());
    elsewhere.kill().expect("killed");
    elsewhere.wait().expect("an end");
    says("prune --yes");
    assert!(!file.is_there());
}

#[test]
fn a_mount_of_one_thread_is_a_use() {
    let _red = Namespace::add("red");
    let file = File::new("held", OLD);
    let (tell, told) = std::sync::mpsc::channel();
    let (leave, stay) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        use nix::mount::{mount, MsFlags};
        const NONE: Option<&str> = None;
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNS).expect("unshare");
        let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(NONE, "/", NONE, private, NONE).expect("private");
        let own = Some("/proc/thread-self/ns/net");
        mount(own, "/run/netns/held", NONE, MsFlags::MS_BIND, NONE).expect("a mount");
        tell.send(nix::unistd::gettid()).expect("told");
        let _ = stay.recv();
    });
    let tid = told.recv().expect("a thread");
    let text = says("prune --yes");
    assert!(
        text.contains(&format!("in the mount namespace of process {tid} (")),
        "{text}"
    );
    assert!(file.is_there());
    drop(leave);
    thread.join().expect("an end");
    says("prune --yes -q");
    assert!(!file.is_there());
}

#[test]
fn where_some_processes_cannot_be_read_only_what_they_may_use_stays() {
    let _red = Namespace::add("red");
    let old = File::new("old", OLD);
    let dead = link("dead", "/proc/4000000/ns/net", OLD);
    let confined = |hidepid: &str, words: &str| {
        let script = format!(
            "mount -t proc -o hidepid={hidepid},gid=4000 none /proc
            exec setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace homeward {words}"
        );
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-ec", &script]);
        homeward_guest_tests::verb::run(&mut command)
    };
    let shown = confined("noaccess", "prune");
    assert_eq!(shown.status, 0, "{shown:?}");
    assert!(
        shown.err.contains("the mounts of process 1 and of "),
        "{shown:?}"
    );
    let done = confined("noaccess", "prune --yes");
    assert_eq!(done.status, 6, "{done:?}");
    assert!(
        done.err
            .contains("cannot remove names: 'old' may be in use, as "),
        "{done:?}"
    );
    assert!(done.err.contains(" more cannot be read ("), "{done:?}");
    assert!(!done.err.contains("run it as root"), "{done:?}");
    assert!(old.is_there() && !dead.is_there(), "{done:?}");
    let hidden = confined("invisible", "prune --yes");
    assert_eq!(hidden.status, 5, "{hidden:?}");
    assert!(old.is_there(), "{hidden:?}");
    // It is known to be of no use, so it is done as that says.
    assert!(
        done.err
            .contains("'homeward netns delete NAME' removes one"),
        "{done:?}"
    );
    says("netns delete old");
    assert!(!old.is_there());
}

#[test]
fn root_of_a_user_namespace_sees_enough() {
    let _red = Namespace::add("red");
    let old = File::new("old", OLD);
    let text = run(
        "unshare",
        &["--user", "--map-root-user", "homeward", "prune", "--yes"],
    );
    assert!(text.contains("removed"), "{text}");
    assert!(!old.is_there());
}

#[test]
fn a_mount_namespace_without_a_process_uses_its_names() {
    // As snapd does and unshare --mount=FILE: a mount keeps it, then a descriptor does alone.
    let _red = Namespace::add("red");
    let script = "
        mkdir -p /run/keeper; mount --bind /run/keeper /run/keeper
        mount --make-private /run/keeper; touch /run/keeper/file
        unshare --mount --propagation private sh -ec '
            touch /run/netns/svc; unshare --net=/run/netns/svc true; exec sleep 1000' &
        until grep -q /run/netns/svc /proc/$!/mountinfo; do sleep 0.02; done
        mount --bind /proc/$!/ns/mnt /run/keeper/file
        touch -d 2020-01-01 /run/netns/svc
        exec 8</proc/$!/root/run/netns/svc; kill $!; wait $! || :
        homeward prune --yes; homeward doctor || :; homeward exec svc true || echo status $?
        homeward holders /proc/self/fd/8 --json; exec 8<&-
        exec 7</run/keeper/file; umount -l /run/keeper/file
        homeward prune --yes
        exec 7<&-; umount /run/keeper; rm -r /run/keeper
        homeward prune --yes";
    let said = homeward_guest_tests::verb::run(Command::new("sh").args(["-ec", script]));
    let kept = "a namespace is mounted on it in the mount namespace that /run/keeper/file keeps";
    // Of `prune` and `doctor`, and the same of `exec`.
    assert_eq!(said.out.matches(kept).count(), 2, "{said:?}");
    assert!(
        said.err.contains(kept) && said.out.contains("status 3"),
        "{said:?}"
    );
    assert!(said.out.contains("/fd/7 keeps"), "{said:?}");
    assert!(said.out.contains("removed"), "{said:?}");
    assert!(!Path::new("/run/netns/svc").exists());
    assert!(said.out.contains("\"complete\": false"), "{said:?}");
    assert!(
        said.out.contains("mount namespace without a process"),
        "{said:?}"
    );
}

#[test]
fn a_link_to_a_file_that_is_mounted_on_elsewhere_is_in_use_there() {
    let _red = Namespace::add("red");
    let script = "
        mkdir -p /run/docker; touch /run/docker/box /run/docker/none
        ln -s /run/docker/box /run/netns/box; ln -s /run/docker/none /run/netns/none
        unshare --mount --propagation private sh -ec '
            unshare --net=/run/docker/box true; exec sleep 1000' &
        until grep -q /run/docker/box /proc/$!/mountinfo; do sleep 0.02; done
        for one in box none /run/docker/box /run/docker/none; do
            homeward exec $one true || echo status $?
        done
        homeward prune --yes
        rm /run/netns/none; ls /run/docker
        kill $!; rm -r /run/docker /run/netns/box";
    let said = homeward_guest_tests::verb::run(Command::new("sh").args(["-ec", script]));
    let line = |part: &str| {
        said.err
            .lines()
            .find(|line| line.contains(part))
            .expect(part)
    };
    let link = line("'box'");
    let mounted = "a link to /run/docker/box, where a namespace is mounted in the mount namespace of process ";
    assert!(link.contains(mounted), "{said:?}");
    assert!(
        link.contains("/root/run/docker/box' for that one"),
        "{said:?}"
    );
    // The file is the runtime's, and stays.
    let none = "an empty file on which nothing is mounted: 'rm /run/netns/none' removes it";
    assert!(line("'none'").contains(none), "{said:?}");
    assert!(said.out.ends_with("box\nnone\n"), "{said:?}");
    let path = line("namespace /run/docker/box:");
    assert!(
        path.contains("a namespace is mounted on it in the mount namespace of process "),
        "{said:?}"
    );
    assert!(
        line("namespace /run/docker/none:").contains("not a network namespace"),
        "{said:?}"
    );
    assert!(
        said.out
            .lines()
            .any(|line| line.starts_with("box ") && line.contains(" kept ")),
        "{said:?}"
    );
}

#[test]
fn an_old_name_on_an_overlay_of_several_file_systems_is_removed() {
    let script = "mkdir -p /mnt && mount -t tmpfs lower /mnt && mkdir -p /run/netns && mount -t tmpfs upper /tmp &&
        mkdir /tmp/upper /tmp/work && touch -d 2020-01-01 /mnt/old /mnt/used &&
        mount -t overlay -o lowerdir=/mnt,upperdir=/tmp/upper,workdir=/tmp/work,xino=off none /run/netns &&
        mount --bind /mnt/used /run/netns/used && homeward prune --yes >/dev/null && ls /run/netns";
    let words = ["--mount", "--propagation", "private", "sh", "-ec", script];
    assert_eq!(run("unshare", &words), "used\n");
}
