// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names of attributes and operations, for error messages.

use homeward_abi::{cmd, dev, ns};

/// Name of an operation.
pub(super) fn operation(command: u8) -> &'static str {
    match command {
        cmd::NS_GET => "ns-get",
        cmd::DEV_GET => "dev-get",
        _ => "request",
    }
}

/// Name of an attribute in a request.
pub(super) fn attribute(command: u8, number: u16) -> Option<&'static str> {
    match command {
        cmd::NS_GET => namespace(number),
        cmd::DEV_GET => device(number),
        _ => None,
    }
}

fn namespace(number: u16) -> Option<&'static str> {
    Some(match number {
        ns::COOKIE => "cookie",
        ns::INUM => "inum",
        ns::PID => "pid",
        ns::FD => "fd",
        _ => return None,
    })
}

fn device(number: u16) -> Option<&'static str> {
    Some(match number {
        dev::NS_COOKIE => "ns-cookie",
        dev::IFINDEX => "ifindex",
        dev::NAME => "name",
        _ => return None,
    })
}
