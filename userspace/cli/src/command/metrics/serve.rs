// SPDX-License-Identifier: GPL-2.0-only

//! Metrics by HTTP.

use std::net::{Ipv4Addr, SocketAddr};

use tiny_http::{Header, Method, Request, Response, Server};

use super::family::Format;
use crate::command::Context;
use crate::error::{Failure, Result};
use crate::exit::Status;

const PATH: &str = "/metrics";

/// Reads an address with a port, or a port of the loopback device.
pub(super) fn address(text: &str) -> std::result::Result<SocketAddr, String> {
    let port = text.parse().map(|port| (Ipv4Addr::LOCALHOST, port).into());
    port.or_else(|_| text.parse())
        .map_err(|_| "neither a port nor an address with one, as 127.0.0.1:9938".to_owned())
}

/// Answers requests, one after the other, for ever.
pub(super) fn serve(
    context: &Context,
    address: SocketAddr,
    metrics: impl Fn(Format) -> String,
) -> Result<Status> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("cannot serve metrics on {address}: {error}"))
    };
    let server = Server::http(address).map_err(|error| failed(&error))?;
    let own = server.server_addr();
    context
        .messages
        .note(&format!("serving http://{own}{PATH}"));
    loop {
        let request = server.recv().map_err(|error| failed(&error))?;
        if let Err(error) = answer(request, &metrics) {
            context.messages.detail(&format!("cannot answer: {error}"));
        }
    }
}

fn answer(request: Request, metrics: impl Fn(Format) -> String) -> std::io::Result<()> {
    let path = request
        .url()
        .split('?')
        .next()
        .unwrap_or_default()
        .to_owned();
    let (status, kind, text) = match (request.method(), path.as_str()) {
        (Method::Get | Method::Head, PATH) => {
            let format = format(&request);
            (200, content_type(format), metrics(format))
        }
        (Method::Get | Method::Head, "/") => (200, PLAIN, format!("metrics are in {PATH}\n")),
        (Method::Get | Method::Head, _) => (404, PLAIN, format!("see {PATH}\n")),
        _ => (405, PLAIN, "only GET and HEAD\n".to_owned()),
    };
    let mut response = Response::from_string(text).with_status_code(status);
    if let Ok(kind) = Header::from_bytes("Content-Type", kind) {
        response.add_header(kind);
    }
    request.respond(response)
}

const PLAIN: &str = "text/plain; charset=utf-8";

fn content_type(format: Format) -> &'static str {
    match format {
        Format::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
        Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
    }
}

/// OpenMetrics for those who say that they can read it.
fn format(request: &Request) -> Format {
    let accepts = |header: &Header| {
        header.field.equiv("Accept")
            && header
                .value
                .as_str()
                .contains("application/openmetrics-text")
    };
    match request.headers().iter().any(accepts) {
        true => Format::OpenMetrics,
        false => Format::Prometheus,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
