// SPDX-License-Identifier: GPL-2.0-only

//! Whose a control group is, by paths as they were seen.

use super::*;

fn owners() -> (tempfile::TempDir, Owners) {
    let place = tempfile::tempdir().unwrap();
    let owners = Owners::below(place.path());
    (place, owners)
}

fn write(place: &tempfile::TempDir, path: &str, text: &str) {
    let path = place.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn text(owners: &mut Owners, groups: &str, mounts: &[&str]) -> String {
    let mounts: Vec<_> = mounts.iter().map(PathBuf::from).collect();
    let owner = owners.find(
        Some(groups),
        &mounts,
        || None,
        || Some("sleep 1000".to_owned()),
    );
    owner.map_or_else(|| "-".to_owned(), |owner| owner.text())
}

const ID: &str = "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d";
const UID: &str = "0086d247_7fe3_4d93_a3fb_976a918797d7";
const POD: &str = "0a7c8532b5e0fb5064b894cc1381a62b53253dd450ad088ef0822ce37efceb04";

/// Without files of a runtime; ID, UID and POD stand for those above.
const SEEN: &[(&str, &str)] = &[
    // docker, by systemd and not, also of old, rootless, and in a machine.
    ("0::/system.slice/docker-ID.scope", "docker:9ec39b91f3d7"),
    ("0::/docker/ID", "docker:9ec39b91f3d7"),
    ("10:devices:/system.slice/docker-ID.scope\n1:name=systemd:/system.slice/docker-ID.scope", "docker:9ec39b91f3d7"),
    ("4:memory:/docker/ID\n1:name=systemd:/docker/ID\n0::/system.slice/containerd.service", "docker:9ec39b91f3d7"),
    ("0::/user.slice/user-4000000001.slice/user@4000000001.service/user.slice/docker-ID.scope", "docker:9ec39b91f3d7 of 4000000001"),
    ("0::/machine.slice/machine-deb\\x2d13.scope/payload/system.slice/docker-ID.scope", "docker:9ec39b91f3d7 in machine:deb-13"),
    ("0::/../docker-ID.scope", "docker:9ec39b91f3d7"),
    ("0::/docker/ID (deleted)", "docker:9ec39b91f3d7"),
    // podman: alone, in a pod, not by systemd, in a unit of its own, rootless.
    ("0::/machine.slice/libpod-ID.scope/container", "podman:9ec39b91f3d7"),
    ("0::/machine.slice/machine-libpod_pod_POD.slice/libpod-ID.scope", "podman:0a7c8532b5e0/9ec39b91f3d7"),
    ("0::/libpod_parent/libpod-ID", "podman:9ec39b91f3d7"),
    ("0::/libpod_parent/POD/libpod-ID", "podman:0a7c8532b5e0/9ec39b91f3d7"),
    ("0::/system.slice/web.service/libpod-payload-ID", "podman:9ec39b91f3d7"),
    ("0::/user.slice/user-4000000001.slice/user@4000000001.service/user.slice/libpod-ID.scope/container", "podman:9ec39b91f3d7 of 4000000001"),
    ("0::/user.slice/user-4000000001.slice/user@4000000001.service/user.slice/user-libpod_pod_POD.slice/libpod-ID.scope", "podman:0a7c8532b5e0/9ec39b91f3d7 of 4000000001"),
    // Pods of Kubernetes, by containerd, CRI-O and docker.
    ("0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podUID.slice/cri-containerd-ID.scope", "pod:0086d247-7fe"),
    ("0::/kubepods.slice/kubepods-podUID.slice/crio-ID.scope/container", "pod:0086d247-7fe"),
    ("4:memory:/kubepods/besteffort/pod0086d247-7fe3-4d93-a3fb-976a918797d7/ID\n1:name=systemd:/kubepods/besteffort/pod0086d247-7fe3-4d93-a3fb-976a918797d7/ID", "pod:0086d247-7fe"),
    ("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/docker-ID.scope", "pod:0086d247-7fe"),
    ("11:devices:/system.slice/containerd.service/kubepods-burstable-podUID.slice:cri-containerd:ID", "pod:0086d247-7fe"),
    // For systemd, but without it.
    ("0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podUID.slice:crio:ID", "pod:0086d247-7fe"),
    ("0::/kubepods-podUID.slice:docker:ID", "pod:0086d247-7fe"),
    ("0::/system.slice:docker:ID", "docker:9ec39b91f3d7"),
    ("0::/system.slice:nerdctl:ID", "containerd:9ec39b91f3d7"),
    ("0::/system.slice:crio:ID", "cri-o:9ec39b91f3d7"),
    ("0::/machine.slice:libpod:ID", "podman:9ec39b91f3d7"),
    ("0::/machine-libpod_pod_POD.slice:libpod:ID/container", "podman:0a7c8532b5e0/9ec39b91f3d7"),
    ("0::/system.slice:runc:c1", "runc:c1"),
    ("0::/docker/ID/system.slice:cri-containerd:ID", "containerd:9ec39b91f3d7 in docker:9ec39b91f3d7"),
    ("0::/kubepods.slice/kubepods-podUID.slice", "pod:0086d247-7fe"),
    ("0::/system.slice/docker-ID.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podUID.slice/cri-containerd-ID.scope", "pod:0086d247-7fe in docker:9ec39b91f3d7"),
    // The same two without Kubernetes.
    ("0::/machine.slice/crio-ID.scope", "cri-o:9ec39b91f3d7"),
    ("0::/system.slice/nerdctl-ID.scope", "containerd:9ec39b91f3d7"),
    // LXC of now and of old.
    ("0::/lxc.payload.c1/init.scope", "lxc:c1"),
    ("12:pids:/lxc.payload/c1\n1:name=systemd:/lxc.payload/c1/init.scope", "lxc:c1"),
    ("1:name=systemd:/lxc/c1", "lxc:c1"),
    ("0::/lxc.payload.c1/system.slice/docker-ID.scope", "docker:9ec39b91f3d7 in lxc:c1"),
    ("0::/lxc.payload.c1/system.slice/cron.service", "lxc:c1"),
    // Machines of systemd-nspawn and libvirt.
    ("0::/machine.slice/machine-deb.scope/payload/init.scope", "machine:deb"),
    ("0::/machine.slice/systemd-nspawn@deb.service/payload", "machine:deb"),
    ("0::/machine.slice/machine-qemu\\x2d6\\x2dvm1.scope/libvirt/emulator", "machine:qemu-6-vm1"),
    // Runtimes of OCI without anybody above them.
    ("0::/system.slice/crun-c1.scope", "crun:c1"),
    ("0::/system.slice/runc-c1.scope", "runc:c1"),
    ("0::/system.slice/youki-c1.scope", "youki:c1"),
    // Units.
    ("0::/system.slice/nginx.service", "nginx.service"),
    ("0::/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"),
    ("0::/user.slice/user-4000000001.slice/user@4000000001.service/app.slice/app-x-12.scope", "app-x-12.scope of 4000000001"),
    ("3:cpu:/\n1:name=systemd:/system.slice/sshd.service\n0::/system.slice/sshd.service", "sshd.service"),
    // What says nothing.
    ("0::/user.slice/user-0.slice/session-1.scope", "sleep 1000"),
    ("0::/init.scope", "sleep 1000"),
    ("0::/", "sleep 1000"),
    ("0::/default/c1", "sleep 1000"),
    ("0::/system.slice", "sleep 1000"),
    ("0::/system.slice:x:y", "sleep 1000"),
    ("", "sleep 1000"),
    ("no line of a cgroup file", "sleep 1000"),
];

#[test]
fn each_control_group_that_was_seen_has_its_owner() {
    let (_place, mut owners) = owners();
    let mut wrong = Vec::new();
    for (groups, expected) in SEEN {
        let groups = groups
            .replace("UID", UID)
            .replace("ID", ID)
            .replace("POD", POD);
        let got = text(&mut owners, &groups, &[]);
        if got != *expected {
            wrong.push(format!("{groups}\n  {got}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_runtime_is_in_the_list_of_what_was_seen_or_has_a_mount() {
    for runtime in &RUNTIMES {
        let before = format!("{}:", runtime.kind);
        let seen = SEEN.iter().any(|(_, text)| text.contains(&before));
        // Those that only files or a command tell apart have a test of their own.
        let otherwise = ["incus", "lxd", "mininet"].contains(&runtime.kind);
        assert!(
            seen || otherwise || !runtime.mounts.is_empty(),
            "{}",
            runtime.kind
        );
    }
}

#[test]
fn a_host_of_mininet_is_called_as_in_its_topology() {
    let (_place, mut owners) = owners();
    let mut owner = |groups, command: &str| {
        let owner = owners.find(Some(groups), &[], || None, || Some(command.to_owned()));
        owner.expect("an owner")
    };
    const SHELL: &str = "bash --norc --noediting -is mininet:";
    let host = owner(
        "0::/user.slice/user-0.slice/session-1.scope",
        &format!("{SHELL}h1"),
    );
    assert_eq!(host.text(), "mininet:h1");
    assert!(host.is_called("h1") && host.is_called("mininet:h1") && !host.is_called("h2"));
    // What is known of a unit is more than that.
    let host = owner("0::/system.slice/lab.service", &format!("{SHELL}h1"));
    assert_eq!(host.text(), "lab.service");
    assert_eq!(owner("0::/", SHELL).kind, "process");
    assert_eq!(owner("0::/", "vi mininet:h1 notes").kind, "process");
}

#[test]
fn mounts_of_runtimes_tell_whose_a_namespace_without_process_is() {
    let (_place, mut owners) = owners();
    let table = [
        ("/run/docker/netns/1-abcdefghij", "docker:1-abcdefghij"),
        ("/run/snap.docker/netns/default", "docker:default"),
        ("/run/netns/netns-5a1c", "podman:5a1c"),
        (
            "/run/user/4000000001/netns/netns-5a1c",
            "podman:netns-5a1c of 4000000001",
        ),
        ("/run/netns/cni-5a1c", "cni:cni-5a1c"),
        ("/run/netns/red", "-"),
        ("/srv/run/docker/netns/x", "-"),
    ];
    for (path, expected) in table {
        let found = owners.find(None, &[path.into()], || None, || None);
        let found = found.map_or_else(|| "-".to_owned(), |owner| owner.text());
        assert_eq!(found, expected, "{path}");
    }
    // A process tells more than a mount, and that more than the unit from which a process was started.
    let docker = format!("0::/docker/{ID}");
    assert_eq!(
        text(&mut owners, &docker, &["/run/netns/cni-1"]),
        "docker:9ec39b91f3d7"
    );
    let unit = "0::/system.slice/x.service";
    assert_eq!(text(&mut owners, unit, &["/run/netns/cni-1"]), "cni:cni-1");
}

#[test]
fn files_of_the_runtimes_tell_names() {
    let (place, mut owners) = owners();
    let tasks = "run/containerd/io.containerd.runtime.v2.task";
    write(
        &place,
        &format!("var/lib/docker/containers/{ID}/config.v2.json"),
        r#"{"Name": "/we\u001bb"}"#,
    );
    write(
        &place,
        &format!("{tasks}/default/c1/config.json"),
        r#"{"annotations": {}}"#,
    );
    write(
        &place,
        &format!("var/log/containers/nginx_default_app-{ID}.log"),
        "",
    );
    write(
        &place,
        "var/log/pods/default_nginx_0086d247-7fe3-4d93-a3fb-976a918797d7/app/0.log",
        "",
    );
    write(&place, "run/incus/c1/lxc.conf", "");
    write(&place, "var/log/lxd/c2/lxc.conf", "");
    let pod = format!("0::/kubepods.slice/kubepods-pod{UID}.slice/cri-containerd-{ID}.scope");
    let pause = pod.replace("9ec39b91", "00000000");
    let table = [
        // A name that was chosen to do something to a terminal does not.
        (format!("0::/docker/{ID}"), "docker:we\\u{1b}b"),
        ("0::/default/c1".to_owned(), "containerd:c1"),
        (pod, "pod:default/nginx/app"),
        (pause, "pod:default/nginx"),
        ("0::/lxc.payload.c1".to_owned(), "incus:c1"),
        ("0::/lxc.payload.c2".to_owned(), "lxd:c2"),
        ("0::/lxc.payload.c3".to_owned(), "lxc:c3"),
    ];
    for (groups, expected) in table {
        assert_eq!(text(&mut owners, &groups, &[]), expected, "{groups}");
    }
}

#[test]
fn a_group_that_lxc_found_taken_does_not_change_the_name_of_a_container() {
    let (place, mut owners) = owners();
    write(&place, "run/incus/c1/lxc.conf", "");
    write(&place, "var/snap/lxd/common/lxd/logs/c2/lxc.conf", "");
    write(&place, "var/lib/lxc/c3/config", "");
    write(&place, "var/lib/lxc/c1-7/config", "");
    let table = [
        ("lxc.payload.c1-1", "incus:c1"),
        ("lxc.payload/c1-12/init.scope", "incus:c1"),
        ("lxc.payload.c2-1", "lxd:c2"),
        ("lxc.payload.c3-2", "lxc:c3"),
        ("lxc/c3-2", "lxc:c3"),
        // Names that end so themselves, and such of which nothing is known.
        ("lxc.payload.c1-7", "lxc:c1-7"),
        ("lxc.payload.c1-7-1", "lxc:c1-7"),
        ("lxc.payload.c4-1", "lxc:c4-1"),
        ("lxc.payload.c1-x", "lxc:c1-x"),
        ("lxc.payload.c1-", "lxc:c1-"),
        ("lxc.payload.-1", "lxc:-1"),
        ("lxc.payload..", "lxc:."),
    ];
    for (group, expected) in table {
        assert_eq!(text(&mut owners, &format!("0::/{group}"), &[]), expected);
    }
}

#[test]
fn a_pod_of_which_only_the_namespace_is_left_is_known_by_what_cni_remembers() {
    let (place, mut owners) = owners();
    let cache = r#"{"netns": "/var/run/netns/cni-5a1c",
        "cniArgs": [["K8S_POD_NAMESPACE", "default"], ["K8S_POD_NAME", "nginx"]]}"#;
    write(&place, "var/lib/cni/results/cbr0-3f6940ab-eth0", cache);
    let mut of = |path: &str| {
        owners
            .find(None, &[path.into()], || None, || None)
            .unwrap()
            .text()
    };
    assert_eq!(of("/run/netns/cni-5a1c"), "pod:default/nginx");
    assert_eq!(of("/run/netns/cni-5a1d"), "cni:cni-5a1d");
}

#[test]
fn a_pod_that_the_kubelet_does_not_know_has_the_names_that_its_bundle_tells() {
    let (place, mut owners) = owners();
    let bundle = r#"{"annotations": {"io.kubernetes.cri.sandbox-namespace": "default",
        "io.kubernetes.cri.sandbox-name": "nginx", "io.kubernetes.cri.container-name": "app"}}"#;
    let tasks = "run/containerd/io.containerd.runtime.v2.task";
    write(&place, &format!("{tasks}/k8s.io/{ID}/config.json"), bundle);
    let pod = format!("0::/kubepods/pod0086d247-7fe3-4d93-a3fb-976a918797d7/{ID}");
    assert_eq!(text(&mut owners, &pod, &[]), "pod:default/nginx/app");
}

#[test]
fn hostile_names_act_on_nothing() {
    let (_place, mut owners) = owners();
    for groups in [
        "0::/lxc.payload.\u{1b}[2J\u{202e}",
        "0::/machine.slice/machine-\\x1b\\xff\\x.scope",
        "0::/system.slice/a\u{7f}.service",
        "0::/lxc.payload...",
    ] {
        let text = text(&mut owners, groups, &[]);
        assert!(text.chars().all(crate::printable::is_visible), "{text:?}");
    }
    let long = owners.find(None, &[], || None, || Some("\u{e4}\u{1b}".repeat(1000)));
    let text = long.unwrap().text();
    assert!(text.chars().count() < 40 && text.ends_with("..."), "{text}");
}

#[test]
fn an_owner_is_called_by_its_name_its_id_its_pod_and_what_is_shown() {
    let owner = fixture();
    for name in [
        "we\x1bb",
        "9ec39b91f3d7",
        "deb",
        "docker:we\\u{1b}b in machine:deb",
    ] {
        assert!(owner.is_called(name), "{name}");
    }
    for name in ["", "we", "9ec39b", "docker"] {
        assert!(!owner.is_called(name), "{name}");
    }
    let pod = Owner {
        kind: "pod",
        pod: Some("default/nginx".to_owned()),
        ..Owner::default()
    };
    assert!(pod.is_called("nginx") && pod.is_called("default/nginx") && !pod.is_called("default"));
    let process = Owner {
        kind: "process",
        name: Some("sleep".to_owned()),
        ..Owner::default()
    };
    assert!(!process.is_called("sleep"));
}

/// Whose the process in these groups is whose parent has this command line.
fn watched(owners: &mut Owners, groups: &str, uid: u32, line: &str) -> Owner {
    let words = line.replace("ID", ID);
    let words = words.split(' ').map(str::to_owned).collect();
    let parent = || Some(Parent { words, uid });
    let owner = owners.find(Some(groups), &[], parent, || Some("sleep".to_owned()));
    owner.expect("an owner")
}

const CONMON: &str = "/usr/bin/conmon --api-version 1 -c ID -u ID -r /usr/bin/crun -n blog --exit-command /usr/bin/podman";

#[test]
fn a_container_without_a_name_in_a_file_has_the_one_that_its_monitor_knows() {
    let (_place, mut owners) = owners();
    let mut of = |groups: &str, line: &str| {
        let groups = groups.replace("ID", ID).replace("POD", POD);
        watched(&mut owners, &groups, 4000000001, line)
    };
    let rootless = "0::/user.slice/user-4000000001.slice/user@4000000001.service/user.slice/libpod-ID.scope/container";
    let owner = of(rootless, CONMON);
    assert_eq!(owner.text(), "podman:blog of 4000000001");
    assert!(owner.is_called("blog") && owner.is_called("9ec39b91f3d7"));
    assert_eq!(owner.source, "cgroup");
    // Of another container, and of another runtime.
    let other = CONMON.replace("ID", POD);
    assert_eq!(of("0::/libpod-ID", &other).text(), "podman:9ec39b91f3d7");
    assert_eq!(of("0::/docker/ID", CONMON).text(), "docker:9ec39b91f3d7");
    // The one that holds a pod is called as the pod is.
    let infra = CONMON.replace("blog", "0a7c8532b5e0-infra");
    let pod = "0::/machine.slice/machine-libpod_pod_POD.slice/libpod-ID.scope";
    assert_eq!(of(pod, &infra).text(), "podman:0a7c8532b5e0");
    assert_eq!(of(pod, CONMON).text(), "podman:0a7c8532b5e0/blog");
}

#[test]
fn whoever_watches_over_a_container_tells_whose_it_is_where_no_group_does() {
    let (_place, mut owners) = owners();
    let mut of = |groups: &str, uid, line: &str| watched(&mut owners, groups, uid, line).text();
    let unit = "0::/system.slice/x.service";
    assert_eq!(of(unit, 0, CONMON), "podman:blog");
    assert_eq!(of(unit, 4000000001, CONMON), "podman:blog of 4000000001");
    let unnamed = "conmon -c ID --exit-command /usr/bin/podman";
    assert_eq!(of(unit, 0, unnamed), "podman:9ec39b91f3d7");
    // Of somebody else, cut short, and where a group tells more.
    for other in [
        "conmon -c ID -n k8s_x",
        "/bin/sh -c podman -n x",
        "podman",
        "",
        "conmon -c",
    ] {
        assert_eq!(of(unit, 0, other), "x.service", "{other}");
    }
    assert_eq!(
        of("0::/docker/9ec39b91f3d7", 0, CONMON),
        "docker:9ec39b91f3d7"
    );
}

#[test]
fn a_pod_of_podman_is_called_by_the_hostname_of_what_holds_it() {
    let (place, mut owners) = owners();
    let stored = "var/lib/containers/storage/overlay-containers";
    write(
        &place,
        &format!("{stored}/containers.json"),
        &format!(r#"[{{"id": "{ID}", "names": ["{}-infra"]}}]"#, &POD[..12]),
    );
    let group = format!("0::/machine.slice/machine-libpod_pod_{POD}.slice/libpod-{ID}.scope");
    assert_eq!(
        text(&mut owners, &group, &[]),
        format!("podman:{}", &POD[..12])
    );
    write(
        &place,
        &format!("{stored}/{ID}/userdata/config.json"),
        r#"{"hostname": "shop"}"#,
    );
    assert_eq!(text(&mut owners, &group, &[]), "podman:shop");
}

#[test]
fn a_machine_in_the_unit_of_who_started_it_is_the_machine_of_that_unit() {
    let (place, mut owners) = owners();
    let group = "0::/system.slice/n1.service/payload";
    assert_eq!(text(&mut owners, group, &[]), "n1.service");
    let machines = place.path().join("run/systemd/machines");
    std::fs::create_dir_all(&machines).unwrap();
    std::os::unix::fs::symlink("de\x1bb", machines.join("unit:n1.service")).unwrap();
    assert!(text(&mut owners, group, &[]).starts_with("machine:de"));
    assert_eq!(
        text(&mut owners, "0::/system.slice/n2.service", &[]),
        "n2.service"
    );
}
