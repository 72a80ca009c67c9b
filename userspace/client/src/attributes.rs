// SPDX-License-Identifier: MIT OR Apache-2.0

//! One definition for each type of the model: what it is, and by which attribute of `homeward.yaml` each
//! part of it comes.

use std::time::Duration;

use homeward_netlink::Attr;
use nix::errno::Errno;

use crate::error::Malformed;
use crate::model::Settings;

/// What an attribute can carry.
pub(crate) trait Read: Sized {
    /// Reads it.
    fn read(attr: &Attr<'_>) -> Result<Self, Malformed>;

    /// Reads it, after those that came before it.
    fn take(slot: &mut Option<Self>, attr: &Attr<'_>) -> Result<(), Malformed> {
        *slot = Some(Self::read(attr)?);
        Ok(())
    }
}

/// What stands for an attribute that was not sent.
pub(crate) trait Absent: Read {
    /// It.
    fn absent() -> Self;
}

macro_rules! read {
    ($($type:ty: $attr:ident => $read:expr, $absent:expr;)*) => {
        $(impl Read for $type {
            fn read($attr: &Attr<'_>) -> Result<Self, Malformed> {
                $read
            }
        }
        impl Absent for $type {
            fn absent() -> Self {
                $absent
            }
        })*
    };
}

read! {
    u32: attr => attr.u32(), 0;
    u64: attr => attr.uint(), 0;
    String: attr => Ok(attr.string()), String::new();
    bool: _attr => Ok(true), false;
    Settings: attr => attr.uint().map(Settings::from), Settings::default();
    Duration: attr => attr.uint().map(Duration::from_nanos), Duration::ZERO;
    // A positive one. One that nobody knows becomes `UnknownErrno`.
    Errno: attr => Ok(Errno::from_raw(i32::try_from(attr.u32()?).unwrap_or_default())), Errno::UnknownErrno;
}

impl<T: Read> Read for Option<T> {
    fn read(attr: &Attr<'_>) -> Result<Self, Malformed> {
        T::read(attr).map(Some)
    }
}

impl<T: Read> Absent for Option<T> {
    fn absent() -> Self {
        None
    }
}

/// An attribute that may come several times.
impl<T: Read> Read for Vec<T> {
    fn read(attr: &Attr<'_>) -> Result<Self, Malformed> {
        T::read(attr).map(|one| vec![one])
    }

    fn take(slot: &mut Option<Self>, attr: &Attr<'_>) -> Result<(), Malformed> {
        slot.get_or_insert_default().push(T::read(attr)?);
        Ok(())
    }
}

impl<T: Read> Absent for Vec<T> {
    fn absent() -> Self {
        Vec::new()
    }
}

/// A type of the model, and how it is read from the attributes of a set. A part is `name: type = NUMBER`,
/// then `or "..."` if it is an error that it is not there, or `else VALUE` for what stands for it then.
macro_rules! attributes {
    (
        $set:ident;
        $(#[$meta:meta])*
        pub struct $name:ident $(<$n:ident>)? {
            $($(#[$doc:meta])* $field:ident: $type:ty = $number:ident $(or $missing:literal)? $(else $value:expr)?,)*
        }
    ) => {
        $(#[$meta])*
        pub struct $name $(<$n = u64>)? {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $name {
            /// Reads it from attributes; others than those that it has are passed over.
            pub(crate) fn read_all(bytes: &[u8]) -> Result<Self, $crate::error::Malformed> {
                $(type $n = u64;)?
                $(let mut $field: Option<$type> = None;)*
                for attr in homeward_netlink::attrs(bytes) {
                    let attr = attr?;
                    match attr.kind {
                        $(homeward_abi::$set::$number => $crate::attributes::Read::take(&mut $field, &attr)?,)*
                        _ => {}
                    }
                }
                Ok($name {
                    $($field: attributes!(@value $field $(or $missing)? $(else $value)?),)*
                })
            }
        }

        impl $crate::attributes::Read for $name {
            fn read(attr: &homeward_netlink::Attr<'_>) -> Result<Self, $crate::error::Malformed> {
                Self::read_all(attr.payload)
            }
        }
    };
    (@value $field:ident or $missing:literal) => {
        $field.ok_or($crate::error::Malformed($missing))?
    };
    (@value $field:ident else $value:expr) => {
        $field.unwrap_or($value)
    };
    (@value $field:ident) => {
        $field.unwrap_or_else($crate::attributes::Absent::absent)
    };
}

/// An enumeration of the specification, each value with its number there, from which it has its name.
macro_rules! enumeration {
    (
        $set:ident;
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$doc:meta])* $value:ident = $number:ident,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$doc])* $value,)*
            /// Not known to this crate.
            Other(u32),
        }

        impl $name {
            /// All that this crate knows.
            pub const ALL: &[$name] = &[$($name::$value),*];

            /// Its name in the specification of the family.
            pub fn name(self) -> &'static str {
                let number = u32::from(self);
                let known = homeward_abi::$set::NAMES.iter().find(|(known, _)| *known == number);
                known.map_or("unknown", |(_, name)| name)
            }
        }

        impl From<u32> for $name {
            fn from(number: u32) -> Self {
                match number {
                    $(homeward_abi::$set::$number => $name::$value,)*
                    other => $name::Other(other),
                }
            }
        }

        impl From<$name> for u32 {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$value => homeward_abi::$set::$number,)*
                    $name::Other(other) => other,
                }
            }
        }

        impl $crate::attributes::Read for $name {
            fn read(attr: &homeward_netlink::Attr<'_>) -> Result<Self, $crate::error::Malformed> {
                attr.u32().map($name::from)
            }
        }

        impl $crate::attributes::Absent for $name {
            fn absent() -> Self {
                $name::from(0)
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}
