// SPDX-License-Identifier: GPL-2.0-only

//! What `homeward exec` says of the files of /etc/netns/NAME, and that what it advises helps.

use std::fs;
use std::path::{Path, PathBuf};

use homeward_guest_tests::verb::{homeward, says};
use homeward_guest_tests::{run, Namespace};

const OWN: &str = "/etc/netns/red";

/// A file that gets another text, or is made, until this is dropped.
struct Other(PathBuf, Option<String>);

impl Other {
    fn new(path: &str, text: &str) -> Self {
        let path = PathBuf::from(path);
        let old = fs::read_to_string(&path).ok();
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(&path, text).expect("a file");
        Other(path, old)
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let Some(old) = &self.1 else {
            let _ = fs::remove_file(&self.0);
            // Of the directories those that were made for it.
            for directory in self.0.ancestors().skip(1).take(2) {
                let _ = fs::remove_dir(directory);
            }
            return;
        };
        let _ = fs::write(&self.0, old);
    }
}

/// What `exec` says on standard error; `netns exec` says it as `ip netns exec` does.
#[track_caller]
fn told() -> String {
    let ran = homeward("exec red true");
    assert_eq!(ran.status, 0, "{}", ran.err);
    let ip = std::process::Command::new("/usr/bin/ip")
        .args(["netns", "exec", "red", "true"])
        .output()
        .expect("ip");
    let ip = String::from_utf8_lossy(&ip.stderr);
    assert_eq!(homeward("netns exec red true").err, ip);
    ran.err
}

#[test]
fn a_file_without_a_place_in_etc_gets_one_as_advised() {
    let _red = Namespace::add("red");
    for (make, command, place) in [
        ("touch", "touch", "/etc/only.conf"),
        ("mkdir", "mkdir", "/etc/only.d"),
    ] {
        assert!(!Path::new(place).exists());
        fs::create_dir_all(OWN).expect("a directory");
        run(make, &[&place.replace("/etc", OWN)]);
        let said = told();
        assert!(
            said.starts_with("homeward: warning: Bind /etc/netns/red/only."),
            "{said}"
        );
        let advice = said.split('\'').nth(1).expect("advice");
        assert_eq!(advice, format!("{command} {place}"));
        run("sh", &["-c", advice]);
        assert_eq!(told(), "");
        run("rm", &["-r", "/etc/netns", place]);
    }
}

#[test]
fn a_resolver_of_the_host_that_answers_in_spite_of_a_resolv_conf_is_warned_of() {
    let _red = Namespace::add("red");
    let _nsswitch = Other::new(
        "/etc/nsswitch.conf",
        "hosts: files resolve [!UNAVAIL=return] dns\n",
    );
    let _resolv = Other::new("/etc/resolv.conf", "nameserver 192.0.2.1\n");
    let resolved = Other::new("/run/systemd/resolve/io.systemd.Resolve", "");
    assert_eq!(told(), "");
    let own = Other::new("/etc/netns/red/resolv.conf", "nameserver 198.51.100.1\n");
    let said = told();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("not as '/etc/netns/red/resolv.conf' says: 'resolve' in"),
        "{said}"
    );
    assert_eq!(homeward("--quiet exec red true").err, "");
    assert_eq!(homeward("exec --etc=off red true").err, "");
    // By a copy, as advised.
    let copy = said
        .split('\'')
        .find(|word| word.ends_with("/nsswitch.conf"));
    let copy = copy.filter(|word| word.starts_with(OWN)).expect("a place");
    let hosts = said.split('\'').find(|word| word.starts_with("hosts: "));
    fs::write(copy, hosts.expect("a line")).expect("a file");
    assert_eq!(told(), "");
    assert_eq!(says("exec red cat /etc/nsswitch.conf"), "hosts: files dns");
    fs::remove_file(copy).expect("removed");
    drop(resolved);
    assert_eq!(told(), "");

    let _nscd = Other::new("/run/nscd/socket", "");
    let said = told();
    assert!(
        said.contains("says: nscd answers them at /run/nscd/socket: stop it, or put "),
        "{said}"
    );
    let _conf = Other::new("/etc/nscd.conf", "enable-cache hosts no\n");
    assert_eq!(told(), "");
    drop(own);
    assert!(!Path::new(OWN).exists());
}
