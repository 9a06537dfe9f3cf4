//! Errors of key files.

use std::{fmt, io};
use thiserror::Error;

/// A part of a key's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first bytes.
    Magic,
    /// The version of the format.
    Version,
    /// The flag that the secrets are public.
    DevelopmentFlag,
    /// The circuit's hash.
    CircuitHash,
    /// The circuit's name.
    Name,
    /// The circuit's shape.
    Shape,
    /// The number of instance columns.
    InstanceColumns,
    /// The number of witness columns.
    WitnessColumns,
    /// The number of constraints.
    Constraints,
    /// The places of the body's parts.
    Table,
    /// Everything before the body.
    Header,
    /// The whole of a file of version 1.
    File,
    /// The points of the verifying key, and beta and delta in G1.
    VerifyingKey,
    /// The query of A.
    A,
    /// The query of B in G1.
    BG1,
    /// The query of B in G2.
    BG2,
    /// The query of the quotient.
    H,
    /// The query of the witness columns.
    L,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Magic => "magic",
            Self::Version => "version",
            Self::DevelopmentFlag => "development flag",
            Self::CircuitHash => "circuit hash",
            Self::Name => "circuit name",
            Self::Shape => "circuit shape",
            Self::InstanceColumns => "instance columns",
            Self::WitnessColumns => "witness columns",
            Self::Constraints => "constraints",
            Self::Table => "table of parts",
            Self::Header => "header",
            Self::File => "file",
            Self::VerifyingKey => "verifying key",
            Self::A => "A",
            Self::BG1 => "B in G1",
            Self::BG2 => "B in G2",
            Self::H => "H",
            Self::L => "L",
        })
    }
}

/// The reason why a key's file is refused.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// Reading or writing failed.
    #[error("input or output: {0}")]
    Io(#[from] io::Error),
    /// The file does not begin like a key.
    #[error(
        "magic: this is not one of our proving keys; restore the file from a copy, or delete it and make the key again"
    )]
    NotAKey,
    /// The format has another version.
    #[error(
        "version: the file has format {found}, this program reads {expected}; use the program that wrote it, \
             or delete the file and make the key again"
    )]
    Version {
        /// Version in the file.
        found: u16,
        /// Version of this program.
        expected: u16,
    },
    /// The file ends early.
    #[error(
        "{part}: the file ends here, it was cut short; restore it from a copy, or delete it and make the key again"
    )]
    Truncated {
        /// The part in which it ends.
        part: Part,
    },
    /// A field of the header is out of bounds.
    #[error(
        "{part}: {found} is above the limit of {limit}; the file is damaged, restore it from a copy, \
             or delete it and make the key again"
    )]
    TooLarge {
        /// The field.
        part: Part,
        /// Its value.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// The text is not allowed in a circuit.
    #[error(
        "{part}: not a text that a circuit may have; the file is damaged, restore it from a copy, \
             or delete it and make the key again"
    )]
    Text {
        /// The field.
        part: Part,
    },
    /// The key is for another circuit, or of another origin.
    #[error(
        "{part}: the file has {found}, wanted is {expected}; \
             use the matching program or delete the file and make the key again"
    )]
    Differs {
        /// The field.
        part: Part,
        /// The value in the file.
        found: String,
        /// The value for the requested key.
        expected: String,
    },
    /// A part is not in its place.
    #[error(
        "{part}: {bytes} bytes from {offset} on, the circuit wants {expected_bytes} from {expected_offset} on; \
             the file is damaged, restore it from a copy, or delete it and make the key again"
    )]
    Place {
        /// The part.
        part: Part,
        /// The offset in the header.
        offset: u64,
        /// The length in the header.
        bytes: u64,
        /// The right offset.
        expected_offset: u64,
        /// The right length.
        expected_bytes: u64,
    },
    /// The file is longer or shorter than its header says.
    #[error(
        "the file has {found} bytes, its header wants {expected}; restore it from a copy, \
             or delete it and make the key again"
    )]
    Size {
        /// Bytes of the file.
        found: u64,
        /// Bytes that it should have according to its header.
        expected: u64,
    },
    /// The gap before a part is not all zeros.
    #[error(
        "{part}: the gap before it is not all zeros; the file is damaged, \
             restore it from a copy, or delete it and make the key again"
    )]
    Gap {
        /// The part after the gap.
        part: Part,
    },
    /// A coordinate is not below the modulus.
    #[error(
        "{part}, coordinate {index}: not below the modulus; \
             the file is damaged, restore it from a copy, or delete it and make the key again"
    )]
    Coordinate {
        /// The list of points.
        part: Part,
        /// The index of the coordinate in its part.
        index: usize,
    },
    /// A point is not in its group, although the file is undamaged.
    #[error(
        "{part}, point {index}: not on the curve or not in its subgroup, although the file is as it was written; \
             the set-up that made this key is faulty; delete it and make the key again"
    )]
    Point {
        /// The list of points.
        part: Part,
        /// The index of the point in its list.
        index: usize,
    },
    /// The hash of a part differs.
    #[error(
        "{part}: the file has digest {found}, its content hashes to {computed}; \
             it is damaged, restore it from a copy, or delete it and make the key again"
    )]
    Digest {
        /// The part.
        part: Part,
        /// Hash in the file.
        found: String,
        /// Hash of the content.
        computed: String,
    },
    /// The machine cannot address the file.
    #[error("{part}: cannot be mapped on this machine; use one with 64-bit addresses")]
    Unmappable {
        /// The part.
        part: Part,
    },
}
