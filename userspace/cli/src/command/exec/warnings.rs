// SPDX-License-Identifier: GPL-2.0-only

//! What to say of the files that a command finds in /etc: of those that have no place there, and of a
//! resolv.conf that is not asked.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use homeward_netns::Warning;
use nix::errno::Errno;

const ETC: &str = "/etc";
/// Where systemd-resolved answers programs that have 'resolve' in nsswitch.conf, from any network namespace.
const RESOLVED: &str = "run/systemd/resolve/io.systemd.Resolve";
/// Where nscd answers all programs, before they look at nsswitch.conf.
const NSCD: &str = "run/nscd/socket";

/// A warning with what to do about it, if that is known.
pub(super) fn with_advice(warning: &Warning) -> String {
    let Warning::Bind { from, to, errno } = warning else {
        return warning.to_string();
    };
    // Of a link to nothing, it is the file of the namespace that is missing.
    match fs::metadata(from) {
        Ok(file) if *errno == Errno::ENOENT && is_absent(to) => {
            let (what, command) = match file.is_dir() {
                true => ("directory", "mkdir"),
                false => ("file", "touch"),
            };
            let advice = match is_plain(to) {
                true => format!("'{command} {}' makes a place for it", to.display()),
                false => "an empty one is a place for it".to_owned(),
            };
            format!("{warning}: {ETC} has no such {what}: {advice}")
        }
        _ => warning.to_string(),
    }
}

fn is_absent(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Whether a shell reads it as it is.
fn is_plain(path: &Path) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@".contains(&byte);
    path.to_str().is_some_and(|path| path.bytes().all(plain))
}

/// Who of the host answers for names, whatever a namespace has in resolv.conf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Resolvers {
    /// systemd-resolved, as nsswitch.conf says.
    resolved: bool,
    /// nscd.
    nscd: bool,
}

impl Resolvers {
    /// Those of the host; to be found before /etc is another one.
    pub(super) fn find() -> Self {
        Resolvers::below(Path::new("/"))
    }

    fn below(root: &Path) -> Self {
        let read = |name| fs::read(root.join(name)).unwrap_or_default();
        let read = |name| String::from_utf8_lossy(&read(name)).into_owned();
        let answers = |socket| root.join(socket).exists();
        Resolvers {
            resolved: answers(RESOLVED) && asks_resolved(&read("etc/nsswitch.conf")),
            nscd: answers(NSCD) && !leaves_names(&read("etc/nscd.conf")),
        }
    }

    /// Says so where a namespace has a resolv.conf of its own in `directory`; `failed`: what could not be
    /// put into /etc.
    pub(super) fn warning(self, directory: &Path, failed: &[Warning]) -> Option<String> {
        let own = |name| {
            let file = directory.join(name);
            let has_failed =
                |one: &Warning| matches!(one, Warning::Bind { from, .. } if *from == file);
            (file.exists() && !failed.iter().any(has_failed)).then_some(file)
        };
        let resolv: PathBuf = own("resolv.conf")?;
        let mut ways = Vec::new();
        if self.resolved && own("nsswitch.conf").is_none() {
            let copy = directory.join("nsswitch.conf");
            ways.push(format!(
                "'resolve' in /etc/nsswitch.conf has them ask its systemd-resolved: make '{}' a copy of that file with \
                 'hosts: files dns'",
                copy.display()
            ));
        }
        if self.nscd {
            ways.push(format!(
                "nscd answers them at /{NSCD}: stop it, or put 'enable-cache hosts no' into /etc/nscd.conf and \
                 restart it"
            ));
        }
        let resolv = resolv.display();
        (!ways.is_empty()).then(|| {
            format!(
                "programs may look up names on the host, and not as '{resolv}' says: {}",
                ways.join("; and ")
            )
        })
    }
}

/// The lines of a file, without comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default())
}

/// Whether a nsswitch.conf has nss-resolve look up names of hosts; of several lines the last counts.
fn asks_resolved(nsswitch: &str) -> bool {
    let hosts = |line| -> Option<&str> {
        let (database, services) = str::split_once(line, ':')?;
        (database.trim() == "hosts").then_some(services)
    };
    let services = lines(nsswitch).filter_map(hosts).last();
    // What to do next, in brackets, may follow without a blank.
    let services = services.unwrap_or_default().split(['[', ']']).step_by(2);
    services
        .flat_map(str::split_whitespace)
        .any(|service| service == "resolve")
}

/// Whether a nscd.conf leaves names of hosts alone.
fn leaves_names(nscd: &str) -> bool {
    let words = |line| -> Vec<&str> { str::split_whitespace(line).collect() };
    let hosts = lines(nscd).map(words).filter_map(|words| match words[..] {
        ["enable-cache", "hosts", value] => Some(value),
        _ => None,
    });
    hosts.last() == Some("no")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind(from: &Path, to: &str, errno: Errno) -> Warning {
        Warning::Bind {
            from: from.to_owned(),
            to: to.into(),
            errno,
        }
    }

    #[test]
    fn a_file_without_a_place_is_told_how_to_get_one() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::write(at("only.conf"), "").unwrap();
        fs::create_dir(at("only.d")).unwrap();
        std::os::unix::fs::symlink("nothing", at("link.conf")).unwrap();
        let said = |name: &str, to: &str, errno| {
            let warning = bind(&at(name), to, errno);
            let said = with_advice(&warning);
            let bare = warning.to_string();
            said.strip_prefix(&bare).expect("the warning").to_owned()
        };
        let none = Errno::ENOENT;
        assert_eq!(
            said("only.conf", "/etc/homeward-only.conf", none),
            ": /etc has no such file: 'touch /etc/homeward-only.conf' makes a place for it"
        );
        assert_eq!(
            said("only.d", "/etc/homeward-only.d", none),
            ": /etc has no such directory: 'mkdir /etc/homeward-only.d' makes a place for it"
        );
        assert_eq!(
            said("only.conf", "/etc/homeward only;conf", none),
            ": /etc has no such file: an empty one is a place for it"
        );
        // There is a place, or none would help.
        assert_eq!(said("only.conf", "/etc/passwd", none), "");
        assert_eq!(said("link.conf", "/etc/homeward-link.conf", none), "");
        assert_eq!(
            said("only.conf", "/etc/homeward-only.conf", Errno::EPERM),
            ""
        );
    }

    #[test]
    fn only_the_last_line_of_hosts_says_who_is_asked() {
        for (text, asks) in [
            ("", false),
            ("hosts: files dns\n", false),
            ("hosts: files resolve dns\n", true),
            (" hosts :\tfiles resolve[!UNAVAIL=return] dns\n", true),
            ("hosts: mymachines [NOTFOUND=continue] resolve\n", true),
            ("hosts: files [resolve=return] dns\n", false),
            ("hosts: files dns # resolve\n", false),
            ("#hosts: resolve\nhosts: files\n", false),
            ("hosts: resolve\nhosts: files\n", false),
            ("networks: resolve\npasswd: resolve\n", false),
            ("hosts: resolved\n", false),
        ] {
            assert_eq!(asks_resolved(text), asks, "{text}");
        }
    }

    #[test]
    fn a_resolv_conf_that_is_not_asked_is_warned_of() {
        let root = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let found = || Resolvers::below(root.path());
        assert_eq!(found(), Resolvers::default());
        put(
            "etc/nsswitch.conf",
            "hosts: files resolve [!UNAVAIL=return] dns\n",
        );
        assert_eq!(found(), Resolvers::default());
        put(RESOLVED, "");
        let resolved = found();
        assert!(resolved.resolved && !resolved.nscd);
        put(NSCD, "");
        assert!(found().resolved && found().nscd);
        put(
            "etc/nscd.conf",
            "enable-cache passwd no\n enable-cache hosts yes\n",
        );
        assert!(found().nscd);
        put("etc/nscd.conf", "\tenable-cache\thosts\tno # here\n");
        assert_eq!(found(), resolved);

        let both = Resolvers {
            resolved: true,
            nscd: true,
        };
        let own = root.path().join("red");
        let said = |resolvers: Resolvers, failed: &[Warning]| resolvers.warning(&own, failed);
        assert_eq!(said(both, &[]), None);
        put("red/resolv.conf", "");
        assert_eq!(said(Resolvers::default(), &[]), None);
        let text = said(resolved, &[]).unwrap();
        let copy = format!(
            "make '{}' a copy of that file with 'hosts: files dns'",
            own.join("nsswitch.conf").display()
        );
        assert!(
            text.contains("red/resolv.conf' says: 'resolve' in") && text.ends_with(&copy),
            "{text}"
        );
        let text = said(both, &[]).unwrap();
        assert!(
            text.contains(&copy) && text.contains("; and nscd answers"),
            "{text}"
        );
        // One that could not be put into /etc is not there.
        let failed = |name| bind(&own.join(name), "/etc/x", Errno::EPERM);
        assert_eq!(said(both, &[failed("resolv.conf")]), None);
        put("red/nsswitch.conf", "hosts: files dns\n");
        assert_eq!(said(resolved, &[]), None);
        assert!(said(resolved, &[failed("nsswitch.conf")]).is_some());
        // nscd is asked before anybody looks at nsswitch.conf.
        let text = said(both, &[]).unwrap();
        assert!(
            text.contains("says: nscd answers them at /run/nscd/socket"),
            "{text}"
        );
    }
}
