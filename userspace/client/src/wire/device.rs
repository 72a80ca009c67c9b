// SPDX-License-Identifier: MIT OR Apache-2.0

//! What belongs to a device only in an event.

use homeward_abi::dev;

use super::attr::attrs;
use crate::error::Malformed;
use crate::model::Return;

/// Reads how a device came home from the attributes of the device.
pub(super) fn return_of_device(bytes: &[u8]) -> Result<Option<Return>, Malformed> {
    for attr in attrs(bytes) {
        let attr = attr?;
        if attr.kind == dev::RETURN {
            return Return::read_all(attr.payload).map(Some);
        }
    }
    Ok(None)
}
