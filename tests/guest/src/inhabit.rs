// SPDX-License-Identifier: GPL-2.0-only

//! Things that are made in a network namespace, and stay when who made them has left.

use std::fs::File;
use std::net::UdpSocket;
use std::process::Child;
use std::sync::mpsc::{channel, Sender};
use std::thread::{spawn, JoinHandle};

use homeward_client::model::EventKind;
use nix::sched::{setns, unshare, CloneFlags};
use nix::unistd::gettid;

use crate::events::Listener;
use crate::namespace::Namespace;

fn enter(name: &str) {
    let file = File::open(format!("/run/netns/{name}")).expect("a name");
    setns(file, CloneFlags::CLONE_NEWNET).expect("setns");
}

/// Makes something inside of a namespace, by a thread that is gone afterwards.
#[track_caller]
pub fn inside<T: Send + 'static>(name: &str, make: impl FnOnce() -> T + Send + 'static) -> T {
    let name = name.to_owned();
    let made = spawn(move || {
        enter(&name);
        make()
    });
    made.join().expect("made")
}

/// A thread of this process that is in a namespace.
#[derive(Debug)]
pub struct Inhabitant {
    /// Its id.
    pub tid: i32,
    leave: Sender<()>,
    thread: JoinHandle<()>,
}

impl Inhabitant {
    #[track_caller]
    /// Goes in.
    pub fn new(name: &str) -> Self {
        let name = name.to_owned();
        let (tell, told) = channel();
        let (leave, wait) = channel();
        let thread = spawn(move || {
            enter(&name);
            tell.send(gettid().as_raw()).expect("told");
            let _ = wait.recv();
        });
        Inhabitant {
            tid: told.recv().expect("a thread"),
            leave,
            thread,
        }
    }

    /// Lets it end.
    pub fn leave(self) {
        drop(self.leave);
        self.thread.join().expect("it left");
    }
}

/// Kills a process when dropped.
#[derive(Debug)]
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A namespace whose name is gone, and what it made before that.
#[track_caller]
pub fn left_with<T: Send + 'static>(make: impl FnOnce() -> T + Send + 'static) -> (u64, T) {
    let red = Namespace::add("red");
    let cookie = red.cookie();
    let made = inside("red", make);
    red.delete();
    (cookie, made)
}

/// A namespace that has neither name nor process, only a socket: its cookie, and the socket.
#[track_caller]
pub fn born_of_a_socket(events: &mut Listener) -> (u64, UdpSocket) {
    let made = spawn(|| {
        unshare(CloneFlags::CLONE_NEWNET).expect("unshare");
        UdpSocket::bind("0.0.0.0:0").expect("a socket")
    });
    let socket = made.join().expect("a socket");
    match events.wait().kind {
        EventKind::NamespaceBorn(born) => (born.cookie, socket),
        other => panic!("no birth: {other:?}"),
    }
}
