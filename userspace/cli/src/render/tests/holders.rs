// SPDX-License-Identifier: GPL-2.0-only

//! Holders and sockets.

use super::*;
use crate::view::{
    AwayView, FoundView, HolderView, HoldersView, InFlightView, ProcessView, RangeView,
    ReferencesView, SocketHolderView, SocketList, SocketView, Whereabouts,
};

fn red() -> Whereabouts {
    Whereabouts {
        cookie: Some(4711),
        inum: Some(4026532281),
        name: Some("red".to_owned()),
        initial: false,
    }
}

fn init() -> Whereabouts {
    Whereabouts {
        cookie: Some(7),
        inum: Some(4026531833),
        name: None,
        initial: true,
    }
}

fn process(pid: u32, command: &str) -> ProcessView {
    ProcessView {
        pid,
        command: command.to_owned(),
        uid: Some(1000),
        user: (pid < 900).then(|| "bob".to_owned()),
    }
}

fn holder(kind: &'static str, pid: u32, what: &str, release: &str) -> HolderView {
    HolderView {
        kind,
        process: Some(process(pid, "sle\x1bep")),
        tid: None,
        fd: None,
        path: None,
        inode: None,
        what: what.to_owned(),
        release: release.to_owned(),
        others: Vec::new(),
        copies: None,
    }
}

fn range(min: u32, max: u32) -> RangeView {
    RangeView { min, max }
}

fn holders() -> HoldersView {
    let found = FoundView {
        total: range(3, 4),
        tasks: range(1, 2),
        files: range(1, 1),
        sockets: range(1, 1),
        ..FoundView::default()
    };
    HoldersView {
        namespace: red(),
        state: Some("live"),
        complete: true,
        holders: vec![
            holder("task", 812, "process in it", "end process 812"),
            holder("task", 813, "process in it", "end process 813"),
            HolderView {
                fd: Some(7),
                inode: Some(99),
                others: vec![crate::view::OtherView {
                    process: process(901, "nc"),
                    tid: Some(902),
                    fd: 3,
                }],
                ..holder(
                    "socket",
                    900,
                    "inet tcp 127.0.0.1:80 (process is elsewhere)",
                    "close fd 7 of 900, fd 3 of 901, or end them",
                )
            },
            HolderView {
                process: None,
                path: Some("/run/netns/red".to_owned()),
                copies: Some(2),
                ..holder(
                    "mount",
                    1,
                    "bind mount /run/netns/red",
                    "homeward netns delete red",
                )
            },
        ],
        away: vec![AwayView {
            name: "net0".to_owned(),
            ifindex: 4,
            namespace: init(),
            recall: "homeward recall net0@init".to_owned(),
        }],
        in_flight: vec![InFlightView {
            process: process(812, "passer"),
            tid: None,
            fd: 5,
            count: 2,
        }],
        references: ReferencesView {
            counted: Some(3),
            unknown_because: None,
            found,
            unexplained: Some(0),
            unseen: Vec::new(),
        },
    }
}

fn counted(counted: u32) -> HoldersView {
    let mut view = holders();
    view.references.counted = Some(counted);
    view
}

#[test]
fn holders_as_text_and_json() {
    golden("holders.txt", &TEXT.holders(&holders()).unwrap());
    golden("holders.json", &JSON.holders(&holders()).unwrap());
}

#[test]
fn the_summary_says_no_more_than_is_known() {
    let mut unexplained = counted(6);
    unexplained.in_flight = vec![InFlightView {
        process: process(77, "broker"),
        tid: None,
        fd: 5,
        count: 2,
    }];
    unexplained.references.unseen = vec!["2 processes that this user may not look into".to_owned()];
    let mut unknown = holders();
    unknown.references.counted = None;
    unknown.references.unknown_because = Some("the module is not loaded".to_owned());
    let mut dead = counted(0);
    dead.state = Some("dying");
    let summaries: String = [
        counted(3),
        counted(4),
        unexplained,
        counted(2),
        unknown,
        dead,
    ]
    .iter()
    .map(|view| {
        let text = TEXT.holders(view).unwrap();
        format!("{}\n", text.lines().last().unwrap())
    })
    .collect();
    golden("holders-summaries.txt", &summaries);
}

#[test]
fn nothing_found_is_said() {
    let view = HoldersView {
        holders: Vec::new(),
        ..holders()
    };
    let look = Look {
        header: false,
        footer: false,
        ..TEXT
    };
    assert_eq!(
        look.holders(&view).unwrap(),
        "Nothing was found that holds it.\n"
    );
}

fn sockets() -> SocketList {
    let holder = |pid, namespace| SocketHolderView {
        process: process(pid, "nc"),
        tid: None,
        fd: 3,
        namespace,
    };
    let stray = SocketView {
        inode: 4242,
        namespace: red(),
        strays: Some(true),
        family: Some("inet".to_owned()),
        kind: Some("stream".to_owned()),
        protocol: Some("tcp".to_owned()),
        local: Some("127.0.0.1:80".to_owned()),
        peer: None,
        holders: vec![holder(812, red()), holder(900, init())],
    };
    let usual = SocketView {
        inode: 4243,
        namespace: init(),
        strays: Some(false),
        family: Some("unix".to_owned()),
        protocol: None,
        local: Some("/run/a\x1bb".to_owned()),
        holders: vec![holder(1, init())],
        ..stray.clone()
    };
    SocketList {
        complete: true,
        unseen: Vec::new(),
        sockets: vec![stray, usual],
    }
}

#[test]
fn sockets_as_text_and_json() {
    golden("sockets.txt", &TEXT.sockets(&sockets()).unwrap());
    golden("sockets.json", &JSON.sockets(&sockets()).unwrap());
}
