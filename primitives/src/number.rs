//! The macro that declares numbers which cannot be mixed up: an account's index is no batch's
//! number.
//!
//! Each is a struct of one integer. It is encoded as the integer is, in SCALE, in JSON and in
//! metadata, and shown as it; only the compiler distinguishes them. Conversions are explicit, and a
//! type has the arithmetic that makes sense for it and no other.

/// Declares a number: `number! { /// Documentation. Name(u32) }`.
macro_rules! number {
    ($(#[$documentation:meta])* $name:ident($integer:ty)) => {
        $(#[$documentation])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(codec::Encode, codec::Decode, codec::DecodeWithMemTracking, codec::MaxEncodedLen)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name($integer);

        impl $name {
            /// From the bare integer.
            pub const fn new(value: $integer) -> Self {
                Self(value)
            }

            /// The bare integer.
            pub const fn get(self) -> $integer {
                self.0
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&self.0, f)
            }
        }

        impl core::str::FromStr for $name {
            type Err = core::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        // In metadata it is the bare integer, so that no client sees a difference.
        impl scale_info::TypeInfo for $name {
            type Identity = $integer;

            fn type_info() -> scale_info::Type {
                <$integer as scale_info::TypeInfo>::type_info()
            }
        }
    };
}

/// Declares a number as [`number!`] does, of things that are counted one by one.
macro_rules! ordinal {
    ($(#[$documentation:meta])* $name:ident($integer:ty)) => {
        $crate::number::number! { $(#[$documentation])* $name($integer) }

        impl $name {
            /// The one after it. The largest number has none, and stays.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }

            /// The one after it, unless it is the largest.
            pub const fn checked_next(self) -> Option<Self> {
                match self.0.checked_add(1) {
                    Some(value) => Some(Self(value)),
                    None => None,
                }
            }

            /// The one that is `count` before it, unless that is below 0.
            pub const fn earlier(self, count: $integer) -> Option<Self> {
                match self.0.checked_sub(count) {
                    Some(value) => Some(Self(value)),
                    None => None,
                }
            }

            /// Those from this one to `last`, both included; none if `last` is before it.
            pub fn through(self, last: Self) -> impl DoubleEndedIterator<Item = Self> {
                (self.0..=last.0).map(Self)
            }
        }
    };
}

pub(crate) use {number, ordinal};
