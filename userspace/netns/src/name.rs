// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names of network namespaces.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

const NAME_MAX: usize = 255;

/// A name that can be that of a file in /run/netns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(OsString);

/// The text that was to be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid netns name \"{}\"", Path::new(.0).display())]
pub struct InvalidName(pub OsString);

impl Name {
    /// Refuses what could not be the name of a file, or of one elsewhere.
    pub fn new(text: &OsStr) -> Result<Self, InvalidName> {
        let bytes = text.as_bytes();
        let invalid = bytes.is_empty()
            || bytes.len() > NAME_MAX
            || bytes.contains(&b'/')
            || bytes.contains(&0)
            || bytes == b"."
            || bytes == b"..";
        if invalid {
            Err(InvalidName(text.to_owned()))
        } else {
            Ok(Name(text.to_owned()))
        }
    }

    /// The name as it is.
    pub fn as_os_str(&self) -> &OsStr {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Path::new(&self.0).display().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valid(text: &str) -> bool {
        Name::new(OsStr::new(text)).is_ok()
    }

    #[test]
    fn names_of_files_are_valid() {
        for text in ["red", "a b", "...", ".x", "-all", &"x".repeat(255)] {
            assert!(valid(text), "{text}");
        }
    }

    #[test]
    fn names_of_no_file_or_of_one_elsewhere_are_not() {
        for text in ["", ".", "..", "a/b", "/", "../x", "a\0b", &"x".repeat(256)] {
            assert!(!valid(text), "{text}");
        }
    }

    #[test]
    fn the_message_is_that_of_ip_netns() {
        let error = Name::new(OsStr::new("a/b")).unwrap_err();
        assert_eq!(error.to_string(), "Invalid netns name \"a/b\"");
    }
}
