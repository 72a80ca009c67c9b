// SPDX-License-Identifier: GPL-2.0-only

//! What is done while something else is.

use std::io::Read;
use std::process::{Child, Stdio};

use homeward_guest_tests::{eventually, run};
use nix::pty::openpty;

use crate::program::Program;
use crate::script::Line;
use crate::world::{clean, mounts, World};

/// What `monitor` prints while names come and go. On a terminal, as `ip` holds back what goes
/// elsewhere.
pub(crate) fn monitor(program: Program) -> String {
    let world = World::new();
    let pty = openpty(None, None).expect("a terminal");
    let mut child = program
        .command(&Line::parse("| monitor"))
        .stdout(Stdio::from(pty.slave))
        .spawn()
        .expect("a program");
    eventually("monitor watches", || {
        std::fs::read_dir(format!("/proc/{}/fd", child.id())).is_ok_and(|fds| {
            fds.flatten().any(|fd| {
                std::fs::read_link(fd.path()).is_ok_and(|link| {
                    let number = fd.file_name();
                    let info = format!("/proc/{}/fdinfo/{}", child.id(), number.to_string_lossy());
                    link.to_string_lossy().contains("inotify")
                        && std::fs::read_to_string(info).is_ok_and(|i| i.contains("inotify wd"))
                })
            })
        })
    });
    for line in ["netns add red", "netns add blue", "netns del red"] {
        run("/usr/bin/ip", &line.split(' ').collect::<Vec<_>>());
    }
    run(
        "sh",
        &[
            "-ec",
            "touch /run/netns/plain; chmod 644 /run/netns/plain; rm /run/netns/plain",
        ],
    );
    let mut terminal = std::fs::File::from(pty.master);
    let mut seen = Vec::new();
    // The last line ends it; without it, the guest's limit does.
    while !String::from_utf8_lossy(&seen).contains("delete plain\r\n") {
        let mut buffer = [0; 256];
        let len = terminal.read(&mut buffer).expect("output");
        seen.extend_from_slice(&buffer[..len]);
    }
    end(&mut child);
    drop(world);
    String::from_utf8(seen).expect("text").replace('\r', "")
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Twenty processes that add, all at once, and half of them the same name.
pub(crate) fn add(programs: [Program; 2]) {
    clean();
    let children: Vec<_> = (0..20)
        .map(|number| {
            let name = if number % 2 == 0 {
                "same".to_owned()
            } else {
                format!("ns{number}")
            };
            let line = Line::parse(&format!("| add {name}"));
            let program = programs[(number / 2) % 2];
            let mut command = program.command(&line);
            command.stderr(Stdio::null()).spawn().expect("a program")
        })
        .collect();
    let good = children
        .into_iter()
        .map(|mut child| child.wait().expect("its end").success())
        .filter(|good| *good)
        .count();
    assert_eq!(good, 11, "ten names and one winner");
    let mounts = mounts();
    assert_eq!(
        mounts.lines().count(),
        12,
        "one for each name and the directory:\n{mounts}"
    );
    assert!(
        mounts.lines().all(|line| line.contains(" shared:")),
        "{mounts}"
    );
    clean();
}
