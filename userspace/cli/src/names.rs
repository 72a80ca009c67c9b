// SPDX-License-Identifier: GPL-2.0-only

//! What a name is that no network namespace is behind, and what to do about it, in words: the same for
//! `prune`, `doctor` and whoever uses such a name.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use homeward_netns::{in_initial_pid_namespace, in_initial_user_namespace, open_path};
use homeward_netns::{seen_elsewhere, YOUNG};
use homeward_netns::{Blind, Directory, Error as NetnsError, Kind, Name, Sight, Viewer};
use nix::unistd::geteuid;
use rustix::fs::{statx, AtFlags, StatxFlags, CWD};

use crate::error::{Failure, Result};
use crate::printable::shell_word;
use crate::selector::Selector;

/// Names farther from what was typed than this are no help.
const NEAR: usize = 2;

/// The words for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    /// What it is.
    pub(crate) what: String,
    /// What to do.
    pub(crate) advice: Option<String>,
}

/// The words for a name; None for that of a network namespace.
pub(crate) fn words(
    name: &Name,
    kind: &Kind,
    blind: &Blind,
    directory: &Directory,
) -> Option<Words> {
    let link = kind.remnant().and_then(|remnant| remnant.link.as_ref());
    let nothing = match link {
        Some(link) => format!("it is a dangling link to {}", link.display()),
        None => "nothing is mounted on it".to_owned(),
    };
    let file = directory.file(name);
    let remove = match link {
        // With `ip netns delete`, what it leads to would be unmounted.
        Some(_) => shell_word(&file, |file| format!("rm {file}")),
        None => shell_word(name.as_os_str(), |name| {
            format!("homeward netns delete {name}")
        }),
    };
    let (what, advice) = match kind {
        Kind::Namespace(_) => return None,
        Kind::Stale(_) => {
            let advice = "'homeward prune --yes' removes such names";
            (nothing, Some(advice.to_owned()))
        }
        Kind::Young(_) => {
            let what = format!("{nothing}, but it is so new that somebody may be creating it");
            let advice = format!("try again, and if nobody is, {} removes it", told(&remove));
            (what, Some(advice))
        }
        Kind::Elsewhere(_, sight) => {
            let who = place(sight);
            let what = match link {
                Some(link) if file.exists() => {
                    let link = link.display();
                    format!(
                        "it is a link to {link}, where a namespace is mounted {who}, but not here"
                    )
                }
                Some(_) => format!("{nothing} here, but is in use {who}"),
                None => format!("a namespace is mounted on it {who}, but not here"),
            };
            (what, way_there(sight))
        }
        Kind::Covered(..) => {
            let what = "a namespace is mounted on it, below another mount, so no path leads there";
            let advice = format!("{} removes it", told(&remove));
            (what.to_owned(), Some(advice))
        }
        Kind::Unseen(_) => {
            let what = format!(
                "{nothing} here, but it may be in use: {}",
                self::blind(blind)
            );
            (what, Some(look_further(blind)))
        }
        Kind::Reused(_, pid) => {
            let link = link.map_or_else(String::new, |link| link.display().to_string());
            let what = format!(
                "it is a link to {link} that was made before process {pid} began, so for another one, \
                 unless the clock was set forward since"
            );
            let remove = told(&remove);
            let advice = format!(
                "if process {pid} is meant, select it by 'pid:{pid}'; if not, {remove} removes the link"
            );
            (what, Some(advice))
        }
        Kind::Hollow(remnant) => {
            let link = remnant.link.as_deref().unwrap_or(Path::new(""));
            let link = link.display();
            let what = format!("it is a link to {link}, an empty file on which nothing is mounted");
            let remove = shell_word(&file, |file| format!("rm {file}"));
            // Somebody may see a namespace there who is not seen.
            let advice = blind
                .nothing()
                .then(|| format!("{} removes it", told(&remove)));
            (what, advice)
        }
        Kind::Own(link) => {
            let what = format!(
                "it is a link to {}, which leads each process to its own network namespace",
                link.display()
            );
            let remove = shell_word(&file, |file| format!("rm {file}"));
            (what, Some(format!("{} removes the link", told(&remove))))
        }
        Kind::Foreign(what) => (format!("it is {what}"), None),
        Kind::Unreadable(errno) => (format!("it cannot be examined: {}", errno.desc()), None),
        _ => ("it is of an unknown kind".to_owned(), None),
    };
    Some(Words { what, advice })
}

/// Refuses a name or a path of something that is there, but no network namespace.
pub(crate) fn refuse_other(selector: &Selector, directory: &Directory) -> Result<()> {
    let name = match selector {
        Selector::Name(name) => name.clone(),
        Selector::Path(path) => match name_of(path, directory) {
            Some(name) => name,
            None => return refuse_path(selector, path),
        },
        _ => return Ok(()),
    };
    match directory.kind(&name, YOUNG) {
        Ok(None | Some((Kind::Namespace(_) | Kind::Unreadable(_), _))) | Err(_) => Ok(()),
        Ok(Some((kind, blind))) => Err(no_namespace(&name, &kind, &blind, directory)),
    }
}

fn refuse_path(selector: &Selector, path: &Path) -> Result<()> {
    match open_path(path) {
        Err(error @ NetnsError::NoNamespace { .. }) => {
            let what = format!("cannot open namespace {selector}");
            let empty = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0);
            match empty.then(|| seen_elsewhere(path)).flatten() {
                Some(sight) => {
                    let (who, way) = (place(&sight), way_there(&sight));
                    let way = way.map(|way| format!(": {way}")).unwrap_or_default();
                    let text = format!("a namespace is mounted on it {who}, but not here{way}");
                    Err(Failure::not_found(format!("{what}: {text}")))
                }
                None => Err(Failure::netns(&what, &error)),
            }
        }
        _ => Ok(()),
    }
}

/// The name that a path is written out of, also by another way to the directory, such as /var/run.
pub(crate) fn name_of(path: &Path, directory: &Directory) -> Option<Name> {
    let (parent, own) = (path.parent()?, directory.path());
    let here = parent == own || place_of(own).is_some_and(|own| place_of(parent) == Some(own));
    path.file_name()
        .filter(|_| here)
        .and_then(|name| Name::new(name).ok())
}

/// A directory, by its mount and its number there (Linux 5.8): the way to it by the root of a process may lead to the
/// same directory in another mount namespace, where other namespaces are mounted.
fn place_of(directory: &Path) -> Option<(u64, u64)> {
    let wanted = StatxFlags::MNT_ID | StatxFlags::INO;
    let found = statx(CWD, directory, AtFlags::empty(), wanted).ok()?;
    let told = StatxFlags::from_bits_retain(found.stx_mask).contains(wanted);
    told.then_some((found.stx_mnt_id, found.stx_ino))
}

/// A name that is there, but not that of a network namespace.
fn no_namespace(name: &Name, kind: &Kind, blind: &Blind, directory: &Directory) -> Failure {
    let place = directory.path().display();
    let text = format!("'{name}' in {place} is not a network namespace");
    match words(name, kind, blind, directory) {
        Some(Words { what, advice }) => Failure::not_found(format!("{text}: {what}")).advise(
            advice
                .as_deref()
                .unwrap_or("'homeward ls' lists network namespaces"),
        ),
        None => Failure::not_found(text),
    }
}

/// Where something is seen.
fn place(sight: &Sight) -> String {
    match &sight.viewer {
        Viewer::Task { pid, command } => {
            format!("in the mount namespace of process {pid} ('{command}')")
        }
        Viewer::Own => "elsewhere in this mount namespace".to_owned(),
        Viewer::Vacant(path) => {
            format!("in the mount namespace that {} keeps", path.display())
        }
    }
}

/// What leads to that from here.
fn way_there(sight: &Sight) -> Option<String> {
    let path = sight.path.as_ref()?.display();
    Some(format!("use '{path}' for that one"))
}

/// Who could not be seen, and why.
pub(crate) fn blind(blind: &Blind) -> String {
    match blind.hidden.split_first() {
        Some(((pid, errno), rest)) => {
            let more = match rest.len() {
                0 => String::new(),
                more => format!(" and of {more} more"),
            };
            let why = errno.desc();
            format!("the mounts of process {pid}{more} cannot be read ({why})")
        }
        None => match blind.unread.first() {
            Some((path, errno)) => {
                let (path, why) = (path.display(), errno.desc());
                format!("the mount namespace that {path} keeps cannot be read ({why})")
            }
            None => "not all processes can be seen from this pid namespace".to_owned(),
        },
    }
}

/// How to see more.
pub(crate) fn look_further(blind: &Blind) -> String {
    if !geteuid().is_root() {
        return "run it as root".to_owned();
    }
    let delete = "'homeward netns delete NAME' removes one that you know is unused";
    if !in_initial_user_namespace() {
        format!("run it in the initial user namespace, or {delete}")
    } else if blind.confined && !in_initial_pid_namespace() {
        format!("run it in the initial one, or {delete}")
    } else {
        delete.to_owned()
    }
}

/// The name that is most like what was typed.
pub(crate) fn nearest<'a>(typed: &OsStr, names: impl Iterator<Item = &'a OsStr>) -> Option<String> {
    let typed = typed.to_string_lossy();
    names
        .map(|name| name.to_string_lossy().into_owned())
        .map(|name| (strsim::damerau_levenshtein(&typed, &name), name))
        // A name of two letters is near to each of two letters.
        .filter(|(distance, name)| *distance <= NEAR && *distance < name.chars().count())
        .min()
        .map(|(_, name)| name)
}

/// A command in a text, in quotes if it has none.
fn told(command: &str) -> String {
    match command.contains('\'') {
        true => command.to_owned(),
        false => format!("'{command}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(typed: &str, names: &[&str]) -> Option<String> {
        nearest(OsStr::new(typed), names.iter().map(OsStr::new))
    }

    #[test]
    fn a_path_is_that_of_a_name_by_each_way_to_the_directory() {
        let place = std::env::temp_dir().join(format!("homeward-ways-{}", std::process::id()));
        fs::create_dir_all(place.join("netns")).unwrap();
        std::os::unix::fs::symlink("netns", place.join("link")).unwrap();
        let directory = Directory::at(place.join("netns"));
        let of = |path: &str| name_of(&place.join(path), &directory);
        let found = [
            "netns/red",
            "link/red",
            "link/../netns/red",
            "red",
            "none/red",
        ]
        .map(of);
        fs::remove_dir_all(&place).unwrap();
        let red = Name::new(OsStr::new("red")).unwrap();
        let red = || Some(red.clone());
        assert_eq!(found, [red(), red(), red(), None, None]);
    }

    #[test]
    fn the_name_with_the_smallest_slip_is_meant() {
        assert_eq!(near("blu", &["red", "blue"]).as_deref(), Some("blue"));
        assert_eq!(near("bleu", &["blue"]).as_deref(), Some("blue"));
        assert_eq!(near("x", &["y", "ab"]), None);
        assert_eq!(near("green", &["red", "blue"]), None);
    }
}
