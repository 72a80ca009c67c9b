// SPDX-License-Identifier: GPL-2.0-only

use rustix::fs::getxattr;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_is_replaced_as_a_whole_and_keeps_its_mode() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let place = Place::File(path.clone());
    assert_eq!(place.present(), Ok(None));
    place.write("one", 0o600).unwrap();
    assert_eq!(
        (place.read().unwrap().as_str(), mode(&path)),
        ("one", 0o600)
    );
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let old = File::open(&path).unwrap();
    place.write("two", 0o600).unwrap();
    assert_eq!(
        (place.read().unwrap().as_str(), mode(&path)),
        ("two", 0o640)
    );
    // Who has it open still reads the old one: it was not written over.
    assert_eq!(io::read_to_string(old).unwrap(), "one");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
}

#[test]
fn what_may_be_missing_is_and_what_is_broken_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let read = |name: &str| Place::File(at(name)).read_if_there();
    assert_eq!(read("file"), Ok(None));
    assert_eq!(read("nowhere/file"), Ok(None));
    fs::write(at("file"), "text").unwrap();
    assert_eq!(read("file"), Ok(Some("text".to_owned())));
    std::os::unix::fs::symlink("nothing", at("link")).unwrap();
    fs::create_dir(at("directory")).unwrap();
    fs::write(at("bytes"), b"\xff").unwrap();
    for name in ["link", "directory", "bytes", "file/below"] {
        let failure = read(name).unwrap_err();
        assert!(failure.to_string().contains(name), "{failure}");
    }
}

#[test]
fn a_link_stays_a_link() {
    let directory = tempfile::tempdir().unwrap();
    let (file, link) = (directory.path().join("file"), directory.path().join("link"));
    fs::write(&file, "one").unwrap();
    std::os::unix::fs::symlink("file", &link).unwrap();
    Place::File(link.clone()).write("two", 0o600).unwrap();
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), "two");
}

#[test]
fn a_link_to_nothing_stays_a_link_and_gets_its_target() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name| directory.path().join(name);
    fs::create_dir(at("below")).unwrap();
    std::os::unix::fs::symlink("below/other", at("link")).unwrap();
    std::os::unix::fs::symlink("../file", at("below/other")).unwrap();
    Place::File(at("link")).write("one", 0o640).unwrap();
    assert!(at("link").is_symlink() && at("below/other").is_symlink());
    assert_eq!(fs::read_to_string(at("file")).unwrap(), "one");
    assert_eq!(mode(&at("file")), 0o640);
    std::os::unix::fs::symlink("round", at("round")).unwrap();
    assert!(Place::File(at("round")).write("x", 0o600).is_err());
}

#[test]
fn a_link_that_somebody_laid_out_in_a_directory_of_all_is_not_followed() {
    if !geteuid().is_root() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(&directory, Permissions::from_mode(0o1777)).unwrap();
    let (file, link) = (directory.path().join("file"), directory.path().join("link"));
    std::os::unix::fs::symlink(&file, &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(65534), None).unwrap();
    assert!(Place::File(link).write("x", 0o600).is_err());
    assert!(!file.exists());
}

#[test]
fn a_file_or_pipe_that_somebody_laid_out_in_a_directory_of_all_is_left_alone() {
    if !geteuid().is_root() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = |name| directory.path().join(name);
    fs::write(at("file"), "").unwrap();
    nix::unistd::mkfifo(&at("pipe"), nix::sys::stat::Mode::from_bits_truncate(0o666)).unwrap();
    // A link of several names is not replaced, but written into.
    fs::write(at("one"), "").unwrap();
    fs::hard_link(at("one"), at("two")).unwrap();
    for name in ["file", "pipe", "one"] {
        std::os::unix::fs::chown(at(name), Some(65534), None).unwrap();
    }
    for shared in [0o1777, 0o1770] {
        fs::set_permissions(&directory, Permissions::from_mode(shared)).unwrap();
        for name in ["file", "pipe", "one"] {
            let failure = Place::File(at(name)).write("x", 0o600).unwrap_err();
            assert_eq!(failure.status, Status::Denied);
            assert!(
                failure.text.contains("belongs to user 65534"),
                "{failure:?}"
            );
        }
        for name in ["file", "one"] {
            assert_eq!(fs::read_to_string(at(name)).unwrap(), "");
        }
    }
    // One's own may be written there, and others' where nobody else can put any.
    Place::File(at("own")).write("x", 0o600).unwrap();
    Place::File(at("own")).write("y", 0o600).unwrap();
    fs::set_permissions(&directory, Permissions::from_mode(0o1755)).unwrap();
    Place::File(at("file")).write("x", 0o600).unwrap();
}

#[test]
fn a_file_keeps_its_owner_its_attributes_and_its_other_names() {
    let directory = tempfile::tempdir().unwrap();
    let (file, other) = (
        directory.path().join("file"),
        directory.path().join("other"),
    );
    fs::write(&file, "a longer text").unwrap();
    let owner = match geteuid().is_root() {
        true => (1234, 4321),
        false => (geteuid().as_raw(), nix::unistd::getegid().as_raw()),
    };
    std::os::unix::fs::chown(&file, Some(owner.0), Some(owner.1)).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o4640)).unwrap();
    let labelled = rustix::fs::setxattr(&file, "user.x", b"y", XattrFlags::empty()).is_ok();
    Place::File(file.clone()).write("two", 0o600).unwrap();
    let now = fs::metadata(&file).unwrap();
    assert_eq!(
        (now.uid(), now.gid(), now.mode() & 0o7777),
        (owner.0, owner.1, 0o4640)
    );
    let mut value = Vec::with_capacity(8);
    let _ = getxattr(&file, "user.x", spare_capacity(&mut value));
    assert!(!labelled || value == b"y");

    fs::hard_link(&file, &other).unwrap();
    Place::File(file.clone()).write("three", 0o600).unwrap();
    assert_eq!(fs::read_to_string(&other).unwrap(), "three");
    assert_eq!(fs::metadata(&file).unwrap().uid(), owner.0);
}

#[test]
fn an_open_file_goes_by_its_number_also_without_a_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let file = File::create_new(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let number = std::os::fd::AsRawFd::as_raw_fd(&file);
    let place = Place::File(format!("/proc/self/fd/{number}").into());
    place.write("one", 0o600).unwrap();
    assert_eq!(place.read().unwrap(), "one");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
}

#[test]
fn an_open_file_with_a_name_is_written_into_and_not_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let mut file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .unwrap();
    let number = std::os::fd::AsRawFd::as_raw_fd(&file);
    let place = Place::File(format!("/proc/self/fd/{number}").into());
    place.write("one", 0o600).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "one");
}

#[test]
fn a_device_is_written_to_and_not_replaced() {
    Place::File("/dev/null".into()).write("x", 0o600).unwrap();
    assert!(!Path::new("/dev/null").is_file());
}

#[test]
fn failures_name_the_file_and_the_reason() {
    let failure = Place::File("/nonexistent/x".into()).write("x", 0o600);
    let expected = "cannot write '/nonexistent/x': No such file or directory";
    assert_eq!(failure.unwrap_err().text, expected);
    let failure = Place::File("/".into()).read().unwrap_err();
    assert_eq!(failure.text, "cannot read '/': Is a directory");
}
