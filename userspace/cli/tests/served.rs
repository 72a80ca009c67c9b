// SPDX-License-Identifier: GPL-2.0-only

//! `metrics --listen` as a process, with clients that ask for nothing and hold their connections open, and
//! with few descriptors.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server; killed when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// With so many descriptors. None where the module is loaded, as it may not answer us.
    fn start(descriptors: u32) -> Option<Self> {
        if Path::new("/sys/module/homeward").exists() {
            return None;
        }
        let line = format!("ulimit -n {descriptors}; exec \"$0\" metrics --listen 0");
        let mut child = Command::new("sh")
            .args(["-c", &line, env!("CARGO_BIN_EXE_homeward")])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = said.find_map(|line| {
            let line = line.unwrap();
            let (_, address) = line.split_once("serving http://")?;
            Some(address.strip_suffix("/metrics")?.to_owned())
        });
        let address = address.unwrap();
        Some(Server { child, address })
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        let long = Some(Duration::from_secs(60));
        stream.set_read_timeout(long).unwrap();
        stream
    }

    fn answer(&self) -> String {
        let mut stream = self.connect();
        stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn clients_that_hold_connections_open_keep_nobody_from_the_metrics() {
    let Some(server) = Server::start(40) else {
        return;
    };
    let idle: Vec<TcpStream> = (0..100).map(|_| server.connect()).collect();
    let answer = server.answer();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("\nhomeward_up 0\n"), "{answer}");
    drop(idle);
}

#[test]
fn it_goes_on_when_there_are_no_descriptors_for_a_while() {
    let Some(server) = Server::start(9) else {
        return;
    };
    let idle: Vec<TcpStream> = (0..50).map(|_| server.connect()).collect();
    // Whatever it says now.
    assert!(server.answer().starts_with("HTTP/1.1 "));
    drop(idle);
    let answer = server.answer();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}
