// SPDX-License-Identifier: GPL-2.0-only

//! Policies, and requests with their attributes, on a kernel whose `kernel` crate has none: as those of
//! `upstream/` are, as far as we need them.

mod policy;
mod request;

pub(crate) use policy::{
    max_attr,
    place,
    Policy, //
};
pub(crate) use request::{
    Attribute,
    Attributes,
    Request, //
};
