// SPDX-License-Identifier: GPL-2.0-only

//! What there is of HTTP: the head of a request, and the answer to it.

use httparse::{Error, Header, Request, Status, EMPTY_HEADER};

use super::family::Format;
use crate::error::Result;
use crate::printable::printable;

/// Where the metrics are.
pub(super) const PATH: &str = "/metrics";
/// No head has more bytes.
pub(super) const MOST: usize = 8192;
/// Nor more headers.
const HEADERS: usize = 64;

const PLAIN: &str = "text/plain; charset=utf-8";
/// What every answer says. Only those who try something else need to be told the methods.
const ALWAYS: &str = "Allow: GET, HEAD\r\nConnection: close\r\n";

/// An answer.
struct Answer {
    status: &'static str,
    kind: &'static str,
    text: String,
}

impl Answer {
    fn plain(status: &'static str, text: impl Into<String>) -> Self {
        Answer {
            status,
            kind: PLAIN,
            text: text.into(),
        }
    }

    /// As it is sent; to HEAD, all but the text.
    fn bytes(&self, head_only: bool) -> Vec<u8> {
        let Answer { status, kind, text } = self;
        let length = text.len();
        let text = match head_only {
            true => "",
            false => text,
        };
        let head = format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n{ALWAYS}");
        format!("HTTP/1.1 {status}\r\n{head}\r\n{text}").into_bytes()
    }
}

/// Answers a request whose head begins so; nothing while it is not whole. What comes after it is of no
/// interest.
pub(super) fn answer(head: &[u8], metrics: impl Fn(Format) -> Result<String>) -> Option<Vec<u8>> {
    let mut headers = [EMPTY_HEADER; HEADERS];
    let mut request = Request::new(&mut headers);
    let answer = match request.parse(head) {
        Ok(Status::Complete(_)) => find(&request, metrics),
        Ok(Status::Partial) if head.len() < MOST => return None,
        Ok(Status::Partial) | Err(Error::TooManyHeaders) => Answer::plain(
            "431 Request Header Fields Too Large",
            format!("at most {MOST} bytes and {HEADERS} headers\n"),
        ),
        Err(error) => Answer::plain("400 Bad Request", format!("{error}\n")),
    };
    Some(answer.bytes(request.method == Some("HEAD")))
}

fn find(request: &Request<'_, '_>, metrics: impl Fn(Format) -> Result<String>) -> Answer {
    let path = request.path.unwrap_or_default().split('?').next();
    match (request.method, path) {
        (Some("GET" | "HEAD"), Some(PATH)) => {
            let format = format(request.headers);
            match metrics(format) {
                Ok(text) => Answer {
                    status: "200 OK",
                    kind: content_type(format),
                    text,
                },
                Err(failure) => {
                    let why = printable(&failure.to_string());
                    Answer::plain("503 Service Unavailable", format!("{why}\n"))
                }
            }
        }
        (Some("GET" | "HEAD"), Some("/")) => {
            Answer::plain("200 OK", format!("metrics are in {PATH}\n"))
        }
        (Some("GET" | "HEAD"), _) => Answer::plain("404 Not Found", format!("see {PATH}\n")),
        _ => Answer::plain("405 Method Not Allowed", "only GET and HEAD\n"),
    }
}

fn content_type(format: Format) -> &'static str {
    match format {
        Format::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
    }
}

/// OpenMetrics for those who say that they can read it.
fn format(headers: &[Header<'_>]) -> Format {
    let accepts = |header: &Header<'_>| {
        header.name.eq_ignore_ascii_case("Accept")
            && String::from_utf8_lossy(header.value).contains("application/openmetrics-text")
    };
    match headers.iter().any(accepts) {
        true => Format::OpenMetrics,
        false => Format::Prometheus,
    }
}
