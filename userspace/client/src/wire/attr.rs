// SPDX-License-Identifier: MIT OR Apache-2.0

//! Netlink attributes.

pub(crate) use homeward_netlink::{attribute, attrs, Attr, NESTED};
