// SPDX-License-Identifier: GPL-2.0-only

//! The verbs `metrics` and `check`: what monitoring is told.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use homeward_guest_tests::verb::{as_nobody, homeward, json, says, words, Ran};
use homeward_guest_tests::{
    dies, eventually, ip, leak, load, nic_in_red, slow, times, unload, Namespace, Namespaces,
};
use serde_json::Value;

/// The value of a metric, with its labels if it has some.
#[track_caller]
fn value(text: &str, metric: &str) -> f64 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("no {metric} in\n{text}"));
    line.parse().expect("a number")
}

#[test]
fn metrics_tell_the_counts_and_what_is_stuck_or_dying() {
    let (_sim, red, _) = nic_in_red();
    assert_eq!(value(&says("metrics"), "homeward_devices_away"), 1.0);
    dies(red);
    let text = says("metrics");
    let stats = json("stats");
    for (metric, key) in [
        ("homeward_namespaces", "namespaces"),
        ("homeward_born_total", "born"),
        ("homeward_returned_total", "returned"),
        ("homeward_restored_total", "restored"),
        ("homeward_memory_bytes", "memory_bytes"),
    ] {
        assert_eq!(Some(value(&text, metric)), stats[key].as_f64(), "{metric}");
    }
    assert_eq!(value(&text, "homeward_up"), 1.0);
    assert!(
        value(&text, "homeward_longest_teardown_seconds") > 0.0,
        "{text}"
    );
    let live = value(&text, "homeward_namespace_states{state=\"live\"}");
    assert_eq!(live, value(&text, "homeward_namespaces"));
    // A line of stats each, and what this adds of its own, twice at most: the same for any number.
    let series = |args: &str| {
        says(args)
            .lines()
            .filter(|line| !line.starts_with('#'))
            .count()
    };
    let few = series("metrics");
    let _many = Namespaces::add("n", 20);
    assert_eq!(series("metrics"), few);
    let each = series("metrics --per-namespace=5");
    // Three for each, and how many are left out.
    assert_eq!(each, few + 3 * 5 + 1);
    let text = says("metrics --per-namespace");
    assert!(
        value(&text, "homeward_namespace_devices{namespace=\"n7\"}") >= 1.0,
        "{text}"
    );
    assert_eq!(value(&text, "homeward_namespaces_left_out"), 0.0);
}

#[test]
fn a_file_of_metrics_is_replaced_as_a_whole_for_anybody_to_read() {
    load();
    let file = "/tmp/homeward.prom";
    let _ = fs::remove_file(file);
    says(&format!("metrics --output {file}"));
    let first = fs::metadata(file).expect("a file");
    assert_eq!(first.permissions().mode() & 0o777, 0o644);
    let kept = fs::File::open(file).expect("a file");
    says(&format!("metrics --output {file}"));
    assert_ne!(fs::metadata(file).expect("a file").ino(), first.ino());
    drop(kept);
    let text = fs::read_to_string(file).expect("text");
    assert!(text.ends_with("# EOF\n"), "{text}");
    // Without the module it says so, and nothing else.
    unload();
    let ran = homeward(&format!("metrics --output {file}"));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.err.contains("only homeward_up is told"), "{ran:?}");
    let text = fs::read_to_string(file).expect("text");
    assert_eq!(value(&text, "homeward_up"), 0.0);
    assert!(!text.contains("homeward_born"), "{text}");
    fs::remove_file(file).expect("the file");
    load();
    assert_eq!(as_nobody("metrics").status, 5);
}

/// A server; killed when dropped.
struct Server {
    child: Child,
    port: String,
}

impl Server {
    #[track_caller]
    fn start() -> Self {
        Server::of(&mut Command::new("homeward"))
    }

    /// By somebody without any privilege.
    #[track_caller]
    fn start_as_nobody() -> Self {
        let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
        Server::of(Command::new("setpriv").args(nobody).arg("homeward"))
    }

    #[track_caller]
    fn of(command: &mut Command) -> Self {
        let mut child = command
            .args(["metrics", "--listen", "0"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("homeward");
        let error = BufReader::new(child.stderr.take().expect("standard error"));
        let port = error.lines().find_map(|line| {
            let line = line.expect("text");
            let port = line.strip_prefix("homeward: serving http://127.0.0.1:")?;
            Some(port.strip_suffix("/metrics")?.to_owned())
        });
        let port = port.expect("where it serves");
        Server { child, port }
    }

    /// The answer to a request, with its header.
    #[track_caller]
    fn answers(&self, request: &str, header: &str) -> String {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", self.port)).expect("it");
        let text = format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n");
        stream.write_all(text.as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
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
fn metrics_are_served_in_either_format_to_the_loopback_device() {
    load();
    ip("link set lo up");
    let server = Server::start();
    let text = server.answers("GET /metrics", "");
    assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    assert!(text.contains("text/plain; version=0.0.4"), "{text}");
    assert!(
        text.contains("\n# TYPE homeward_born_total counter\n"),
        "{text}"
    );
    let accept = "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n";
    let text = server.answers("GET /metrics", accept);
    assert!(
        text.contains("application/openmetrics-text; version=1.0.0"),
        "{text}"
    );
    assert!(text.contains("\n# TYPE homeward_born counter\n"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(server
        .answers("GET /other", "")
        .starts_with("HTTP/1.1 404 "));
    assert!(server
        .answers("DELETE /metrics", "")
        .starts_with("HTTP/1.1 405 "));
    assert!(!server.answers("HEAD /metrics", "").contains("# EOF"));
    // It outlives the module, and sees the next one.
    unload();
    assert_eq!(
        value(&server.answers("GET /metrics", ""), "homeward_up"),
        0.0
    );
    load();
    assert_eq!(
        value(&server.answers("GET /metrics", ""), "homeward_up"),
        1.0
    );
}

#[test]
fn who_may_not_ask_the_module_serves_the_reason_and_not_that_there_is_none() {
    load();
    ip("link set lo up");
    let refused = as_nobody("metrics --listen 0");
    assert_eq!(refused.status, 5, "{refused:?}");
    unload();
    let server = Server::start_as_nobody();
    let text = server.answers("GET /metrics", "");
    assert_eq!(value(&text, "homeward_up"), 0.0);
    load();
    let text = server.answers("GET /metrics", "");
    assert!(text.starts_with("HTTP/1.1 503 "), "{text}");
    assert!(text.contains("CAP_NET_ADMIN"), "{text}");
    assert!(!text.contains("homeward_up"), "{text}");
}

#[track_caller]
fn check(args: &str) -> Ran {
    let ran = homeward(&format!("check{args}"));
    assert_eq!(
        (ran.out.lines().count(), ran.err.as_str()),
        (1, ""),
        "{ran:?}"
    );
    ran
}

#[test]
fn check_says_in_a_line_and_a_status_what_is_wrong() {
    load();
    let fine = check("");
    assert_eq!(fine.status, 0, "{fine:?}");
    assert!(
        fine.out
            .starts_with("HOMEWARD OK - nothing is wrong | namespaces="),
        "{fine:?}"
    );
    let red = Namespace::add("red");
    red.ip("link add stuck0 type dummy");
    leak(&red, "stuck0", 6000);
    red.delete();
    eventually("it is stuck", || check("").status == 2);
    let bad = check("");
    assert!(
        bad.out.contains("CRITICAL - stuck devices: stuck0@"),
        "{bad:?}"
    );
    assert!(bad.out.contains(" stuck=1;"), "{bad:?}");
    let text = says("metrics");
    assert_eq!(value(&text, "homeward_stuck_devices"), 1.0);
    assert!(value(&text, "homeward_teardown_seconds") > 0.0, "{text}");
    let said: Value = serde_json::from_str(&homeward("check --json").out).expect("JSON");
    assert_eq!(said["state"], "critical");
    // Without that, nothing is.
    let ignored = words(&["check", "--ignore", "stuck devices"]);
    assert_eq!(ignored.status, 0, "{ignored:?}");
    eventually("it is free", || check("").status == 0);
    let nobody = as_nobody("check");
    assert_eq!(nobody.status, 3, "{nobody:?}");
    assert!(nobody.out.starts_with("HOMEWARD UNKNOWN - "), "{nobody:?}");
    unload();
    let gone = check("");
    assert_eq!(gone.status, 2, "{gone:?}");
    assert!(
        gone.out.starts_with("HOMEWARD CRITICAL - module: "),
        "{gone:?}"
    );
}

#[test]
fn metrics_and_check_take_little_longer_than_a_list() {
    load();
    let _many = Namespaces::add("n", times(1000));
    let time = |args: &str| {
        let start = Instant::now();
        says(args);
        start.elapsed()
    };
    // The best of some: other guests want the processors, too.
    let best = |args: &str| (0..5).map(|_| time(args)).min().expect("a time");
    let (list, metrics, check) = (best("ls"), best("metrics"), best("check"));
    println!("ls {list:?}, metrics {metrics:?}, check {check:?}");
    let most = list * 3 / 2 + Duration::from_millis(if slow() { 300 } else { 0 });
    assert!(
        metrics < most && check < most,
        "{list:?}, {metrics:?}, {check:?}"
    );
}
