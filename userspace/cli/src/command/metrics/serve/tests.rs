// SPDX-License-Identifier: GPL-2.0-only

//! Over the loopback device, with clients that behave and some that do not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::spawn;

use super::super::http::MOST;
use super::*;

/// By then whatever is awaited has come, also on a busy machine; and no deadline of a test is later.
const LONG: Duration = Duration::from_secs(60);

const GET: &str = "GET /metrics HTTP/1.1\r\n\r\n";

fn limits(places: usize, patience: Duration, crowded: Duration) -> Limits {
    Limits {
        places,
        patience,
        crowded,
    }
}

/// No client reaches them.
const NONE: Limits = Limits {
    places: 100,
    patience: LONG,
    crowded: LONG,
};

fn listen(limits: Limits) -> (Server, SocketAddr) {
    let server = Server::listen(address("0").unwrap(), limits).unwrap();
    let own = server.listener.local_addr().unwrap();
    (server, own)
}

/// Serves for as long as the tests run.
fn run(server: Server, metrics: impl Fn(Format) -> Result<String> + Send + 'static) {
    spawn(move || server.run(Messages::new(true, false), metrics));
}

fn start(
    limits: Limits,
    metrics: impl Fn(Format) -> Result<String> + Send + 'static,
) -> SocketAddr {
    let (server, own) = listen(limits);
    run(server, metrics);
    own
}

fn both(format: Format) -> Result<String> {
    let text = match format {
        Format::Prometheus => "text\n",
        Format::OpenMetrics => "openmetrics\n",
    };
    Ok(text.to_owned())
}

fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

/// Connects and asks this.
fn send(server: SocketAddr, request: &str) -> TcpStream {
    let mut stream = connect(server);
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// The head and the text of the answer.
#[track_caller]
fn answered(mut stream: TcpStream) -> (String, String) {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\nConnection: close"), "{head}");
    (head.to_owned(), text.to_owned())
}

#[track_caller]
fn ask(server: SocketAddr, request: &str) -> (String, String) {
    answered(send(server, request))
}

#[test]
fn metrics_are_in_the_format_that_is_asked_for() {
    let server = start(NONE, both);
    let (head, text) = ask(server, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        head.contains("\r\nContent-Type: text/plain; version=0.0.4;"),
        "{head}"
    );
    assert!(head.contains("\r\nContent-Length: 5\r\n"), "{head}");
    assert_eq!(text, "text\n");
    let accept = "aCCept: text/plain;q=0.5,application/openmetrics-text;version=1.0.0";
    let (head, text) = ask(
        server,
        &format!("GET /metrics?x HTTP/1.0\r\n{accept}\r\n\r\n"),
    );
    assert!(
        head.contains(" application/openmetrics-text; version=1.0.0;"),
        "{head}"
    );
    assert_eq!(text, "openmetrics\n");
    let (head, text) = ask(server, "HEAD /metrics HTTP/1.1\r\n\r\n");
    assert!(head.contains("\r\nContent-Length: 5\r\n"), "{head}");
    assert_eq!(text, "");
}

#[test]
fn whatever_else_is_asked_has_an_answer_that_says_why() {
    let server = start(NONE, both);
    let long = format!("GET /metrics HTTP/1.1\r\nLong: {}", "x".repeat(2 * MOST));
    let many = format!("GET /metrics HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(65));
    // What is sent after the head does not keep the client from seeing the answer.
    let body = format!("POST /metrics HTTP/1.1\r\n\r\n{}", "x".repeat(16 << 20));
    let large = (
        "431 Request Header Fields Too Large",
        "at most 8192 bytes and 64 headers\n",
    );
    for (request, (status, text)) in [
        (
            "GET / HTTP/1.1\r\n\r\n",
            ("200 OK", "metrics are in /metrics\n"),
        ),
        (
            "GET /other HTTP/1.1\r\n\r\n",
            ("404 Not Found", "see /metrics\n"),
        ),
        ("HEAD /other HTTP/1.1\r\n\r\n", ("404 Not Found", "")),
        (&body, ("405 Method Not Allowed", "only GET and HEAD\n")),
        (
            "GET / HTTP/2.0\r\n\r\n",
            ("400 Bad Request", "invalid HTTP version\n"),
        ),
        ("\x16\x03\x01", ("400 Bad Request", "invalid token\n")),
        (&long, large),
        (&many, large),
    ] {
        let (head, found) = ask(server, request);
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{head}"
        );
        assert_eq!(found, text);
    }
}

#[test]
fn what_fails_is_told_with_its_reason_and_the_next_one_may_succeed() {
    let asked = AtomicUsize::new(0);
    let server = start(NONE, move |format| {
        match asked.fetch_add(1, Ordering::Relaxed) {
            0 => Err(Failure::failed("cannot\n").advise("do")),
            _ => both(format),
        }
    });
    let (head, text) = ask(server, GET);
    assert!(
        head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
        "{head}"
    );
    assert!(
        head.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"),
        "{head}"
    );
    assert_eq!(text, "cannot\\n: do\n");
    assert_eq!(ask(server, GET).1, "text\n");
}

#[test]
fn a_request_may_come_in_pieces_with_pauses() {
    let server = start(NONE, both);
    let mut stream = connect(server);
    for piece in ["GET /me", "trics HTTP/1.1\r", "\n\r", "\n"] {
        stream.write_all(piece.as_bytes()).unwrap();
        sleep(Duration::from_millis(20));
    }
    assert_eq!(answered(stream).1, "text\n");
}

/// Sends a byte now and then, until the connection is closed, but not for ever.
fn dawdle(stream: &mut TcpStream, end: Instant) {
    stream
        .set_read_timeout(Some(Duration::from_millis(20)))
        .unwrap();
    while Instant::now() < end {
        match stream.read(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            _ => break,
        }
        if stream.write_all(b"x").is_err() {
            break;
        }
    }
}

#[test]
fn who_does_not_come_to_an_end_is_dropped_and_others_are_served_meanwhile() {
    let patience = Duration::from_secs(2);
    let server = start(limits(100, patience, LONG), both);
    let start = Instant::now();
    let mut idle = connect(server);
    let mut slow = send(server, "GET /metrics HTTP/1.1\r\nX: ");
    assert_eq!(ask(server, GET).1, "text\n");
    assert!(start.elapsed() < patience, "it waited for others");
    dawdle(&mut slow, start + LONG / 2);
    assert!(start.elapsed() >= patience, "{:?}", start.elapsed());
    assert!(start.elapsed() < LONG / 2, "{:?}", start.elapsed());
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
}

#[test]
fn who_does_not_take_the_answer_is_dropped() {
    // More than the kernel keeps for a connection.
    const SIZE: usize = 64 << 20;
    let server = start(limits(100, Duration::from_millis(500), LONG), |_| {
        Ok("x".repeat(SIZE))
    });
    let mut stream = send(server, GET);
    sleep(Duration::from_secs(2));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.len() < SIZE, "it was all there after two seconds");
    // To who takes it, it is sent as a whole.
    let server = start(NONE, |_| Ok("x".repeat(SIZE)));
    assert_eq!(ask(server, GET).1.len(), SIZE);
}

#[test]
fn idle_clients_keep_nobody_waiting_although_they_have_all_places() {
    let server = start(limits(4, LONG, Duration::from_millis(50)), both);
    let idle: Vec<TcpStream> = (0..60).map(|_| connect(server)).collect();
    let start = Instant::now();
    assert_eq!(ask(server, GET).1, "text\n");
    assert!(start.elapsed() < LONG / 2, "{:?}", start.elapsed());
    drop(idle);
}

#[test]
fn who_asks_at_once_is_served_however_many_do_and_however_long_it_takes() {
    let (server, own) = listen(limits(4, LONG, Duration::from_millis(50)));
    let clients: Vec<TcpStream> = (0..20).map(|_| send(own, GET)).collect();
    run(server, |format| {
        sleep(Duration::from_millis(40));
        both(format)
    });
    for client in clients {
        assert_eq!(answered(client).1, "text\n");
    }
}

#[test]
fn a_port_is_one_of_the_loopback_device() {
    for (text, found) in [
        ("9938", "127.0.0.1:9938"),
        ("0.0.0.0:1", "0.0.0.0:1"),
        ("[::1]:9938", "[::1]:9938"),
    ] {
        assert_eq!(address(text), Ok(found.parse().unwrap()));
    }
    for text in ["", "70000", "localhost:1", "127.0.0.1", ":9938"] {
        assert!(address(text).is_err(), "{text}");
    }
}
