// SPDX-License-Identifier: GPL-2.0-only

//! From a selector to the network namespace that it means.

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use homeward_client::model::{Device, Namespace};
use homeward_client::{By, Client};
use homeward_netns::{cookie, inum, open_id, open_path, open_pid, open_self};
use homeward_netns::{in_initial_pid_namespace, network_mounts, proc_hides, processes};
use homeward_netns::{Directory, Error as NetnsError, Links, Name};
use nix::errno::Errno;

use crate::book::INITIAL;
use crate::error::{to_see_all, Failure, Result, OUTSIDE};
use crate::exit::Status;
use crate::names::{nearest, refuse_other};
use crate::printable::shell_word;
use crate::selector::{DeviceName, DeviceSelector, Selector};

/// How long a name is at most that is no alternative one, in bytes.
const NAME: usize = 15;

/// The namespace that the module knows under a selector.
pub(crate) fn namespace(
    client: &mut Client,
    selector: &Selector,
    directory: &Directory,
) -> Result<Namespace> {
    check_ambiguity(selector, directory)?;
    let file;
    let by = match selector {
        Selector::Cookie(cookie) => By::Cookie(*cookie),
        Selector::Inum(inum) => By::Inum(*inum),
        Selector::Pid(pid) => By::Pid(*pid),
        // The family can be reached from the initial namespace only, so this is it.
        Selector::Init | Selector::Own => {
            file =
                open_self().map_err(|error| Failure::netns("cannot open own namespace", &error))?;
            By::Fd(file.as_fd().as_raw_fd())
        }
        Selector::Name(_) | Selector::Path(_) => {
            file = open(selector, directory)?;
            By::Fd(file.as_fd().as_raw_fd())
        }
    };
    client.namespace(by).map_err(|error| match error.errno() {
        Some(Errno::ENOENT) => absent(selector),
        Some(Errno::ESRCH) => no_process(selector),
        _ => Failure::client(&format!("cannot look up namespace {selector}"), &error),
    })
}

/// The device that the module knows under a selector.
pub(crate) fn device(
    client: &mut Client,
    selector: &DeviceSelector,
    directory: &Directory,
) -> Result<Device> {
    let place = namespace(client, &selector.namespace, directory)?.cookie;
    let found = match &selector.device {
        DeviceName::Name(name) if name.len() > NAME => {
            let ifindex = by_altname(client, place, selector, name)?;
            client.device(place, ifindex)
        }
        DeviceName::Name(name) => client.device_by_name(place, name),
        DeviceName::Ifindex(ifindex) => client.device(place, *ifindex),
    };
    found.map_err(|error| match error.errno() {
        Some(Errno::ENODEV) => no_device(client, selector, place),
        _ => Failure::client(&format!("cannot look up device {selector}"), &error),
    })
}

/// The index of a device with an alternative name that is longer than the module takes one.
fn by_altname(
    client: &mut Client,
    place: u64,
    selector: &DeviceSelector,
    name: &str,
) -> Result<u32> {
    let what = format!("cannot look up device {selector}");
    let file = client.open(place);
    let file = file.map_err(|error| Failure::client(&what, &error))?;
    let links = Links::of(file, &selector.namespace.to_string());
    let mut links = links.map_err(|error| Failure::netns(&what, &error))?;
    let found = links.by_name(name);
    let found = found.map_err(|error| Failure::link(&what, &error))?;
    found.map_or_else(
        || Err(no_device(client, selector, place)),
        |link| Ok(link.index),
    )
}

fn no_device(client: &mut Client, selector: &DeviceSelector, place: u64) -> Failure {
    let DeviceSelector { device, namespace } = selector;
    let devices = client.devices(None).unwrap_or_default();
    let here = devices.iter().filter(|device| device.namespace == place);
    let near = nearest(
        OsStr::new(&device.to_string()),
        here.map(|device| OsStr::new(&device.name)),
    );
    let elsewhere = devices
        .iter()
        .find(|other| matches!(device, DeviceName::Name(name) if *name == other.name));
    let hint = match (near, elsewhere) {
        (Some(near), _) => format!("did you mean '{near}'?"),
        (None, Some(other)) => format!("there is one in cookie:{}", other.namespace),
        (None, None) => format!("'homeward devices {namespace}' lists existing ones"),
    };
    Failure::not_found(format!("namespace {namespace} has no device '{device}'")).advise(hint)
}

/// Opens the namespace of a selector, with or without the module.
pub(crate) fn open(selector: &Selector, directory: &Directory) -> Result<OwnedFd> {
    check_ambiguity(selector, directory)?;
    refuse_other(selector, directory)?;
    open_whichever(selector, directory)
}

fn open_whichever(selector: &Selector, directory: &Directory) -> Result<OwnedFd> {
    let opened = match selector {
        Selector::Name(name) => {
            return directory.open(name).map_err(|error| match error.errno() {
                Some(Errno::ENOENT | Errno::ENOTDIR) => no_name(name, directory),
                _ => Failure::netns(&format!("cannot open namespace '{name}'"), &error),
            });
        }
        Selector::Path(path) => open_path(path),
        Selector::Pid(pid) => open_pid(*pid),
        Selector::Init => return open_initial(),
        Selector::Own => open_self(),
        Selector::Inum(number) => return open_inum(selector, *number, directory),
        Selector::Cookie(wanted) => {
            // The module opens also one that only a socket holds; without it, the kernel opens one
            // by its id, as far as it has ids and one may; else one must look everywhere.
            return match Client::connect() {
                Ok(mut client) => open_cookie(&mut client, selector, *wanted),
                Err(_) => {
                    open_id(*wanted).or_else(|_| search(selector, 0, directory, Some(*wanted)))
                }
            };
        }
    };
    opened.map_err(|error| match error.errno() {
        Some(Errno::ESRCH) => no_process(selector),
        _ => Failure::netns(&format!("cannot open namespace {selector}"), &error),
    })
}

/// The initial one is that of the machine's first process. Process 1 of a container is another.
fn open_initial() -> Result<OwnedFd> {
    let failed = |error| Failure::netns("cannot open namespace init", &error);
    let own = open_self().map_err(failed)?;
    // The family can be reached from the initial namespace only.
    if inum(&own).is_ok_and(|inum| inum == INITIAL) || Client::connect().is_ok() {
        return Ok(own);
    }
    if !in_initial_pid_namespace() {
        let text = "the initial network namespace cannot be reached from here: process 1 is not the machine's";
        return Err(Failure::failed(text.to_owned()).advise(OUTSIDE));
    }
    open_pid(1).map_err(failed)
}

/// With the module also one that only a mount elsewhere, a descriptor or a socket holds.
fn open_inum(selector: &Selector, number: u32, directory: &Directory) -> Result<OwnedFd> {
    let told = Client::connect().and_then(|mut client| {
        let cookie = client.namespace(By::Inum(number))?.cookie;
        client.open(cookie)
    });
    match told {
        Ok(file) => Ok(file),
        Err(error) if error.errno() == Some(Errno::ENOENT) => Err(absent(selector)),
        // Without it, one must look everywhere.
        Err(_) => search(selector, u64::from(number), directory, None),
    }
}

fn open_cookie(client: &mut Client, selector: &Selector, cookie: u64) -> Result<OwnedFd> {
    client.open(cookie).map_err(|error| match error.errno() {
        Some(Errno::ENOENT) => absent(selector),
        Some(Errno::EBUSY) => Failure::not_found(format!(
            "namespace {selector} is dead and can no longer be entered"
        )),
        _ => Failure::client(&format!("cannot open namespace {selector}"), &error),
    })
}

/// Looks through names, processes and mounts for a namespace with an inode number (0 means any) and, if given,
/// a cookie.
fn search(
    selector: &Selector,
    number: u64,
    directory: &Directory,
    wanted: Option<u64>,
) -> Result<OwnedFd> {
    let fits = |found: Option<u64>| found.is_some_and(|found| number == 0 || found == number);
    let failed = |error| Failure::netns(&format!("cannot look for namespace {selector}"), &error);
    // Those that may be the one, and cannot be looked at.
    let mut hidden = 0_usize;
    let mut accept = |file: homeward_netns::Result<OwnedFd>| {
        // What was found a moment ago may be another by now.
        let same = file.and_then(|file| {
            let same = fits(Some(inum(&file)?));
            let same = same && wanted.map_or(Ok(true), |wanted| Ok(cookie(&file)? == wanted))?;
            Ok(same.then_some(file))
        });
        same.unwrap_or_else(|error| {
            let gone = [Errno::ENOENT, Errno::ESRCH, Errno::EINVAL].map(Some);
            let other = matches!(error, NetnsError::NoNamespace { .. });
            hidden += usize::from(!other && !gone.contains(&error.errno()));
            None
        })
    };
    for entry in directory.list().map_err(failed)? {
        if fits(entry.inum) {
            if let Some(file) = accept(directory.open(&entry.name)) {
                return Ok(file);
            }
        }
    }
    let processes = processes().map_err(failed)?;
    for process in &processes {
        if fits(process.inum) {
            if let Some(file) = accept(open_path(&process.path())) {
                return Ok(file);
            }
        }
    }
    for (number, path) in network_mounts() {
        if fits(Some(number)) {
            if let Some(file) = accept(open_path(&path)) {
                return Ok(file);
            }
        }
    }
    hidden += processes.iter().filter(|one| one.inum.is_none()).count();
    Err(unreachable(selector, hidden))
}

fn unreachable(selector: &Selector, hidden: usize) -> Failure {
    let what = format!("cannot reach a network namespace {selector}: no name, mount or process");
    // One of those that are hidden may.
    match (proc_hides(), hidden) {
        (true, _) => unseen(format!(
            "{what} that can be seen leads to it, and /proc hides those of others"
        )),
        (false, 0) => {
            let unsearched =
                "mounts in other mount namespaces, open files and sockets were not searched";
            Failure::not_found(format!("{what} leads to it ({unsearched})"))
        }
        (false, _) => unseen(format!(
            "{what} that can be examined leads to it, and {hidden} cannot be"
        )),
    }
}

/// Something may be there, and the caller may not see it.
fn unseen(text: String) -> Failure {
    Failure::new(Status::Denied, text).advise(to_see_all())
}

fn absent(selector: &Selector) -> Failure {
    Failure::not_found(format!("there is no network namespace {selector}"))
        .advise("'homeward ls' lists existing ones")
}

fn no_process(selector: &Selector) -> Failure {
    if proc_hides() {
        return unseen(format!(
            "cannot see {selector}: /proc hides the processes of others"
        ));
    }
    Failure::not_found(format!(
        "there is no process with a network namespace behind {selector}"
    ))
}

fn no_name(name: &Name, directory: &Directory) -> Failure {
    if let Some(hint) = number_hint(&name.to_string()) {
        return no_such(name, &hint);
    }
    let place = directory.path().display();
    let names = directory.list().unwrap_or_default();
    let names = names.iter().map(|entry| entry.name.as_os_str());
    let hint = match nearest(name.as_os_str(), names) {
        Some(near) => format!("did you mean '{near}'? (names are in {place})"),
        None if directory.path().exists() && !directory.path().is_dir() => {
            format!(
                "names are in {place}, which is not a directory: 'homeward doctor' says what to do"
            )
        }
        None => format!(
            "names are in {place}, 'homeward ls' lists all, {} looks for a container, a pod or a device",
            shell_word(name.as_os_str(), |name| format!("'homeward find {name}'"))
        ),
    };
    no_such(name, &hint)
}

fn no_such(name: &Name, hint: &str) -> Failure {
    Failure::not_found(format!("there is no network namespace '{name}'")).advise(hint)
}

/// What a bare number may have been meant as.
fn number_hint(typed: &str) -> Option<String> {
    let number: u64 = typed.parse().ok()?;
    let mut meant = Vec::new();
    let processes = processes().unwrap_or_default();
    if processes.iter().any(|one| u64::from(one.pid) == number) {
        meant.push(format!("pid:{number}"));
    }
    if processes.iter().any(|one| one.inum == Some(number)) {
        meant.push(format!("inum:{number}"));
    }
    let by = By::Cookie(number);
    if Client::connect().is_ok_and(|mut client| client.namespace(by).is_ok()) {
        meant.push(format!("cookie:{number}"));
    }
    Some(match meant.as_slice() {
        [] => format!("a number needs a prefix: pid:{number}, inum:{number} or cookie:{number}"),
        [one] => format!("did you mean '{one}'?"),
        [first @ .., last] => format!(
            "a number alone is ambiguous, there is {} and {last}",
            first.join(", ")
        ),
    })
}

/// Refuses a word with a meaning of its own that is a name, too.
fn check_ambiguity(selector: &Selector, directory: &Directory) -> Result<()> {
    let word = match selector {
        Selector::Init => "init",
        Selector::Own => "self",
        _ => return Ok(()),
    };
    let file = directory.path().join(word);
    if !file.exists() {
        return Ok(());
    }
    let inode = |file: OwnedFd| inum(&file).ok();
    let meant = open_whichever(selector, directory).ok().and_then(inode);
    if meant.is_some() && meant == open_path(&file).ok().and_then(inode) {
        return Ok(());
    }
    let file = file.display();
    Err(Failure::usage(format!(
        "'{word}' is ambiguous: it stands for a namespace, and is the name of another one; use \
             '{file}' for the one with that name{}",
        match selector {
            Selector::Init if in_initial_pid_namespace() => ", 'pid:1' for the initial one",
            Selector::Init => "",
            _ => ", '/proc/self/ns/net' for your own",
        }
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_also_the_name_of_another_is_refused() {
        let place = std::env::temp_dir().join(format!("homeward-names-{}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        let directory = Directory::at(&place);
        assert!(open(&Selector::Own, &directory).is_ok());
        std::fs::write(place.join("self"), "").unwrap();
        let failure = open(&Selector::Own, &directory).unwrap_err();
        std::fs::remove_dir_all(&place).unwrap();
        assert_eq!(failure.status, Status::Usage);
        assert!(failure.text.contains("'self' is ambiguous"), "{failure:?}");
    }

    #[test]
    fn a_bare_number_is_explained() {
        let own = std::process::id();
        let hint = number_hint(&own.to_string()).unwrap();
        assert!(hint.contains(&format!("pid:{own}")), "{hint}");
        let hint = number_hint("18446744073709551615").unwrap();
        assert!(hint.starts_with("a number needs a prefix"), "{hint}");
        assert_eq!(number_hint("red"), None);
    }
}
