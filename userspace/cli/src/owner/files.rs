// SPDX-License-Identifier: GPL-2.0-only

//! What the files of runtimes tell of their containers, so that no daemon has to be asked. What is not there, or
//! not for this user to read, is not known.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use nix::fcntl::OFlag;
use nix::unistd::{geteuid, User};
use serde::de::DeserializeOwned;
use serde::Deserialize;

/// No file of theirs is as large as this.
const LARGE: u64 = 32 << 20;

/// Values by id or key.
type Map = HashMap<String, String>;

/// The files of runtimes, each read when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Files {
    root: PathBuf,
    pods: OnceCell<Map>,
    logs: OnceCell<Map>,
    stored: OnceCell<Map>,
    cni: OnceCell<Map>,
    docker: OnceCell<Vec<String>>,
}

/// What the administrator told docker.
#[derive(Deserialize)]
struct Daemon {
    /// Where it keeps its data.
    #[serde(rename = "data-root", alias = "graph")]
    data: String,
}

/// What docker keeps of a container.
#[derive(Deserialize)]
struct Docker {
    #[serde(rename = "Name")]
    name: String,
}

/// What a bundle of OCI's runtime specification tells.
#[derive(Deserialize)]
struct Bundle {
    #[serde(default)]
    annotations: Map,
    hostname: Option<String>,
}

/// What the library of CNI remembers of a network that it set up.
#[derive(Deserialize)]
struct Cni {
    netns: String,
    #[serde(default, rename = "cniArgs")]
    args: Vec<(String, String)>,
}

/// What podman and CRI-O store of a container.
#[derive(Deserialize)]
struct Stored {
    id: String,
    #[serde(default)]
    names: Vec<String>,
}

impl Files {
    /// Those below a directory.
    pub(super) fn below(root: impl Into<PathBuf>) -> Self {
        Files {
            root: root.into(),
            ..Files::default()
        }
    }

    /// Whether there is such a file.
    pub(super) fn has(&self, parts: &[&str]) -> bool {
        self.path(parts)
            .is_some_and(|path| path.symlink_metadata().is_ok())
    }

    /// The name of a container of docker.
    pub(super) fn docker(&self, id: &str) -> Option<String> {
        let roots = self.docker.get_or_init(|| self.docker_roots()).iter();
        let told = |root: &str| self.json::<Docker>(&[root, "containers", id, "config.v2.json"]);
        let told = roots.map(String::as_str).find_map(told)?;
        Some(told.name.trim_start_matches('/').to_owned())
    }

    /// Where docker may keep its data; with userns-remap that is in a directory UID.GID there.
    fn docker_roots(&self) -> Vec<String> {
        let files = ["etc/docker", "var/snap/docker/current/config"];
        let told = files.map(|place| self.json::<Daemon>(&[place, "daemon.json"]));
        let told = told.into_iter().flatten().map(|told| told.data);
        let usual = ["var/lib/docker", "var/snap/docker/common/var-lib-docker"];
        let is_id = |text: &str| text.parse::<u32>().is_ok();
        let remapped = |name: &String| {
            let ids = name.split_once('.');
            ids.is_some_and(|(uid, gid)| is_id(uid) && is_id(gid))
        };
        let all = told.chain(usual.map(str::to_owned)).flat_map(|root| {
            let names = self.names(&[&root]).into_iter().filter(remapped);
            let inside = names.map(|name| format!("{root}/{name}"));
            [root.clone()].into_iter().chain(inside).collect::<Vec<_>>()
        });
        all.collect()
    }

    /// The annotations of a container of containerd.
    pub(super) fn bundle(&self, namespace: &str, id: &str) -> Option<Map> {
        let tasks = "run/containerd/io.containerd.runtime.v2.task";
        let told: Bundle = self.json(&[tasks, namespace, id, "config.json"])?;
        Some(told.annotations)
    }

    /// The name of a container of podman or CRI-O. Those of other users are not read: they may have put
    /// anything there.
    pub(super) fn stored(&self, id: &str) -> Option<String> {
        let read = || {
            let places = stores();
            let files = ["containers.json", "volatile-containers.json"];
            let all = places
                .iter()
                .flat_map(|place| files.map(|file| (place, file)));
            let lists = all.filter_map(|(place, file)| self.json::<Vec<Stored>>(&[place, file]));
            let named = |one: Stored| Some((one.id, one.names.into_iter().next()?));
            lists.flatten().filter_map(named).collect()
        };
        self.stored.get_or_init(read).get(id).cloned()
    }

    /// The hostname of such a container. That of the one that holds the namespaces of a pod is the name of the
    /// pod, unless somebody wanted another one; no other file that is text has it.
    pub(super) fn stored_hostname(&self, id: &str) -> Option<String> {
        let of = |place: &String| self.json::<Bundle>(&[place, id, "userdata/config.json"]);
        stores().iter().find_map(of)?.hostname
    }

    /// The machine that a unit is, as systemd-machined remembers it by a link.
    pub(super) fn machine(&self, unit: &str) -> Option<String> {
        let link = self.path(&["run/systemd/machines", &format!("unit:{unit}")])?;
        fs::read_link(link).ok()?.to_str().map(str::to_owned)
    }

    /// Namespace and name of a pod, as the kubelet calls the directory of its logs: NAMESPACE_NAME_UID.
    pub(super) fn pod(&self, uid: &str) -> Option<String> {
        let read = || {
            let names = self.names(&["var/log/pods"]).into_iter();
            let pod = |name: String| {
                let (rest, uid) = name.rsplit_once('_')?;
                let (namespace, name) = rest.split_once('_')?;
                Some((uid.to_owned(), format!("{namespace}/{name}")))
            };
            names.filter_map(pod).collect()
        };
        self.pods.get_or_init(read).get(uid).cloned()
    }

    /// The name of a container of a pod, as the kubelet calls its log: POD_NAMESPACE_NAME-ID.log.
    pub(super) fn pod_container(&self, id: &str) -> Option<String> {
        let read = || {
            let names = self.names(&["var/log/containers"]).into_iter();
            let container = |name: String| {
                let (rest, id) = name.strip_suffix(".log")?.rsplit_once('-')?;
                let (_pod, name) = rest.rsplit_once('_')?;
                Some((id.to_owned(), name.to_owned()))
            };
            names.filter_map(container).collect()
        };
        self.logs.get_or_init(read).get(id).cloned()
    }

    /// Namespace and name of the pod for which CNI set up a network in the network namespace with this name.
    pub(super) fn cni(&self, name: &str) -> Option<String> {
        let read = || {
            let place = "var/lib/cni/results";
            let names = self.names(&[place]).into_iter();
            let pod = |file: String| {
                let told: Cni = self.json(&[place, &file])?;
                let args: Map = told.args.into_iter().collect();
                let (_, name) = told.netns.rsplit_once('/')?;
                let namespace = args.get("K8S_POD_NAMESPACE")?;
                let pod = format!("{namespace}/{}", args.get("K8S_POD_NAME")?);
                Some((name.to_owned(), pod))
            };
            names.filter_map(pod).collect()
        };
        self.cni.get_or_init(read).get(name).cloned()
    }

    /// A path below the root. None for a part that would lead elsewhere.
    fn path(&self, parts: &[&str]) -> Option<PathBuf> {
        let is_strange =
            |part: &&str| part.is_empty() || part.split('/').any(|one| one == "." || one == "..");
        let path = parts.iter().map(|part| part.trim_start_matches('/'));
        (!parts.iter().any(is_strange)).then(|| self.root.join(path.collect::<PathBuf>()))
    }

    fn names(&self, parts: &[&str]) -> Vec<String> {
        let entries = self.path(parts).and_then(|path| fs::read_dir(path).ok());
        let entries = entries.into_iter().flatten().flatten();
        let text = |entry: fs::DirEntry| entry.file_name().into_string().ok();
        entries.filter_map(text).collect()
    }

    fn json<T: DeserializeOwned>(&self, parts: &[&str]) -> Option<T> {
        // To open something else than a file may take for ever, or do something.
        let flags = OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW | OFlag::O_NOCTTY;
        let path = self.path(parts)?;
        let mut how = OpenOptions::new();
        let file = how.read(true).custom_flags(flags.bits()).open(path).ok()?;
        file.metadata().ok().filter(|file| file.is_file())?;
        let mut text = Vec::new();
        file.take(LARGE).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// Where podman and CRI-O store containers, those of other users left out.
fn stores() -> Vec<String> {
    let own = User::from_uid(geteuid()).ok().flatten();
    let home = own.and_then(|own| Some(format!("{}/.local/share", own.dir.to_str()?)));
    let places = ["var/lib".to_owned()].into_iter().chain(home);
    let drivers = ["overlay", "vfs", "btrfs", "zfs"];
    let of =
        |place| drivers.map(|driver| format!("{place}/containers/storage/{driver}-containers"));
    places.flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &std::path::Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn names_are_found_where_each_runtime_writes_them() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        let id = "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d";
        write(
            root,
            &format!("var/lib/docker/containers/{id}/config.v2.json"),
            r#"{"ID": "x", "Name": "/web"}"#,
        );
        let stored =
            format!(r#"[{{"id": "{id}", "names": ["db", "x"], "layer": "y"}}, {{"id": "2"}}]"#);
        write(
            root,
            "var/lib/containers/storage/overlay-containers/volatile-containers.json",
            &stored,
        );
        write(
            root,
            "var/log/pods/default_nginx-7d9f_0086d247-7fe3-4d93-a3fb-976a918797d7/app/0.log",
            "",
        );
        write(
            root,
            &format!("var/log/containers/nginx-7d9f_default_my-app-{id}.log"),
            "",
        );
        let bundle =
            format!("run/containerd/io.containerd.runtime.v2.task/default/{id}/config.json");
        write(
            root,
            &bundle,
            r#"{"ociVersion": "1", "annotations": {"nerdctl/name": "cache"}}"#,
        );
        write(
            root,
            "var/lib/cni/results/cbr0-3f6940ab-eth0",
            r#"{"kind": "cniCacheV1", "netns": "/var/run/netns/cni-5a1c", "cniArgs":
                [["IgnoreUnknown", "true"], ["K8S_POD_NAMESPACE", "default"], ["K8S_POD_NAME", "nginx"]]}"#,
        );
        write(
            root,
            "var/lib/cni/results/other",
            r#"{"netns": "/run/netns/x"}"#,
        );
        write(
            root,
            &format!("var/lib/containers/storage/overlay-containers/{id}/userdata/config.json"),
            r#"{"ociVersion": "1", "hostname": "shop"}"#,
        );
        let machines = root.join("run/systemd/machines");
        fs::create_dir_all(&machines).unwrap();
        std::os::unix::fs::symlink("deb", machines.join("unit:n1.service")).unwrap();
        let files = Files::below(root);
        assert_eq!(files.stored_hostname(id).as_deref(), Some("shop"));
        assert_eq!(files.stored_hostname("2"), None);
        assert_eq!(files.machine("n1.service").as_deref(), Some("deb"));
        assert_eq!(files.machine("n2.service"), None);
        assert_eq!(files.cni("cni-5a1c").as_deref(), Some("default/nginx"));
        assert_eq!(files.cni("x"), None);
        assert_eq!(files.docker(id).as_deref(), Some("web"));
        assert_eq!(files.stored(id).as_deref(), Some("db"));
        assert_eq!(files.stored("2"), None);
        let pod = files.pod("0086d247-7fe3-4d93-a3fb-976a918797d7");
        assert_eq!(pod.as_deref(), Some("default/nginx-7d9f"));
        assert_eq!(files.pod_container(id).as_deref(), Some("my-app"));
        assert_eq!(
            files.bundle("default", id).unwrap()["nerdctl/name"],
            "cache"
        );
        assert_eq!(files.bundle("default", "no"), None);
    }

    #[test]
    fn a_container_of_docker_is_found_wherever_that_keeps_its_data() {
        for (folder, settings) in [
            ("var/lib/docker", "{}"),
            ("var/lib/docker/231072.231072", "no JSON"),
            ("var/snap/docker/common/var-lib-docker", "{}"),
            ("srv/docker", r#"{"data-root": "/srv/docker"}"#),
            ("srv/docker/100000.100000", r#"{"graph": "/srv/docker"}"#),
        ] {
            let place = tempfile::tempdir().unwrap();
            write(place.path(), "etc/docker/daemon.json", settings);
            let file = format!("{folder}/containers/abc/config.v2.json");
            write(place.path(), &file, r#"{"Name": "/web"}"#);
            let files = Files::below(place.path());
            assert_eq!(files.docker("abc").as_deref(), Some("web"), "{folder}");
            assert_eq!(files.docker("abd"), None);
        }
    }

    #[test]
    fn other_folders_of_docker_have_no_containers() {
        let place = tempfile::tempdir().unwrap();
        for folder in ["var/lib/docker/volumes", "var/lib/docker/1.x"] {
            let file = format!("{folder}/containers/abc/config.v2.json");
            write(place.path(), &file, r#"{"Name": "/web"}"#);
        }
        let root = r#"{"data-root": "/var/lib/docker/../docker/volumes"}"#;
        write(place.path(), "etc/docker/daemon.json", root);
        assert_eq!(Files::below(place.path()).docker("abc"), None);
    }

    #[test]
    fn a_stored_container_is_found_whichever_driver_stores_it() {
        for driver in ["overlay", "vfs", "btrfs", "zfs"] {
            let place = tempfile::tempdir().unwrap();
            let folder = format!("var/lib/containers/storage/{driver}-containers");
            let list = r#"[{"id": "abc", "names": ["web"]}]"#;
            write(place.path(), &format!("{folder}/containers.json"), list);
            let config = format!("{folder}/abc/userdata/config.json");
            write(place.path(), &config, r#"{"hostname": "shop"}"#);
            let files = Files::below(place.path());
            assert_eq!(files.stored("abc").as_deref(), Some("web"), "{driver}");
            let hostname = files.stored_hostname("abc");
            assert_eq!(hostname.as_deref(), Some("shop"), "{driver}");
        }
    }

    #[test]
    fn what_is_no_file_or_elsewhere_is_not_opened() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        let folder = "var/lib/docker/containers/abc";
        fs::create_dir_all(root.join(folder)).unwrap();
        let pipe = root.join(folder).join("config.v2.json");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let files = Files::below(root);
        assert_eq!(files.docker("abc"), None);
        fs::remove_file(&pipe).unwrap();
        write(root, "elsewhere.json", r#"{"Name": "x"}"#);
        std::os::unix::fs::symlink(root.join("elsewhere.json"), &pipe).unwrap();
        assert_eq!(files.docker("abc"), None);
        write(root, "var/lib/x/config.v2.json", r#"{"Name": "x"}"#);
        assert_eq!(files.docker("../../x"), None);
        for part in ["../lib", ".", ""] {
            assert!(!files.has(&["var/lib", part]), "{part}");
        }
    }
}
