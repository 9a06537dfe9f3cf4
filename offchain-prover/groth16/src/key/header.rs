//! The header of a key's file.
//!
//! | bytes | field |
//! | --- | --- |
//! | 5 | magic `CPKEY` |
//! | 2 | version of the format |
//! | 1 | development flag: 1 if the secrets are public |
//! | 32 | hash of the circuit's matrices |
//! | 2 + n | name of the circuit: length, ASCII |
//! | 2 + n | shape of the circuit: length, UTF-8 |
//! | 8 + 8 + 8 | instance columns, witness columns, constraints |
//! | 6 · (8 + 8 + 32) | for each part of the body: its offset, its bytes, their BLAKE3 |
//! | 32 | BLAKE3 of all of the above |
//!
//! Integers are little-endian. Parts begin at multiples of [`ALIGNMENT`], with zeros in between.
//! Their offsets and lengths follow from the fields before. A file with other offsets or lengths is
//! refused, so that parts can neither overlap nor lie outside of it. In version 1 the counts were
//! followed by a BLAKE2b-256 of header and body, and there were no gaps between the parts.

use super::{
    error::{KeyFileError, Part},
    origin::Origin,
    point::RawPoint,
};
use crate::{
    Matrices,
    circuit::CircuitId,
    matrices::domain_size,
    points::{G1Point, G2Point},
};

pub(super) const MAGIC: &[u8; 5] = b"CPKEY";
pub(super) const VERSION: u16 = 2;
/// The old version, which can still be read, to be rewritten as [`VERSION`].
pub(super) const FIRST_VERSION: u16 = 1;
pub(super) const DIGEST_BYTES: usize = 32;
/// A page on most machines: parts can be mapped, advised on and locked individually.
pub(super) const ALIGNMENT: u64 = 4096;
/// Parts of the body, in the order of the file.
pub(super) const PARTS: [Part; 6] = [
    Part::VerifyingKey,
    Part::A,
    Part::BG1,
    Part::BG2,
    Part::H,
    Part::L,
];

pub(super) type Digest = [u8; DIGEST_BYTES];

/// The fields before the points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub id: CircuitId,
    pub origin: Origin,
    pub counts: Counts,
}

/// The place of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub offset: u64,
    pub bytes: u64,
}

impl Place {
    pub fn end(&self) -> u64 {
        self.offset + self.bytes
    }
}

/// Dimensions of the circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub num_instance: usize,
    pub num_witness: usize,
    pub num_constraints: usize,
}

impl Counts {
    pub fn of(matrices: &Matrices) -> Self {
        Self {
            num_instance: matrices.num_instance,
            num_witness: matrices.num_witness,
            num_constraints: matrices.num_constraints(),
        }
    }

    /// In the order of the file.
    pub fn named(&self) -> [(Part, usize); 3] {
        [
            (Part::InstanceColumns, self.num_instance),
            (Part::WitnessColumns, self.num_witness),
            (Part::Constraints, self.num_constraints),
        ]
    }

    pub fn columns(&self) -> usize {
        self.num_instance + self.num_witness
    }

    /// Points of the query of the quotient.
    pub fn quotient_points(&self) -> usize {
        domain_size(self.num_constraints, self.num_instance) - 1
    }

    /// Bytes of each of [`PARTS`]. Each count is at most 2²⁸, so that nothing here can overflow.
    pub fn part_bytes(&self) -> [u64; 6] {
        let g1 = |count: usize| count as u64 * G1Point::BYTES;
        let g2 = |count: usize| count as u64 * G2Point::BYTES;
        [
            // alpha, beta and delta in G1; beta, gamma and delta in G2; the instance columns.
            g1(3) + g2(3) + g1(self.num_instance),
            g1(self.columns()),
            g1(self.columns()),
            g2(self.columns()),
            g1(self.quotient_points()),
            g1(self.num_witness),
        ]
    }

    /// Bytes of all parts, without the gaps between them.
    pub fn body_bytes(&self) -> u64 {
        self.part_bytes().iter().sum()
    }
}

impl Header {
    /// The fields that all versions have.
    pub fn encode(&self, version: u16) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(1024);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&version.to_le_bytes());
        bytes.push(u8::from(self.origin.is_development()));
        bytes.extend_from_slice(self.id.hash());
        for text in [self.id.name(), self.id.shape()] {
            // `CircuitId` bounds both far below 2^16.
            bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        for (_, count) in self.counts.named() {
            bytes.extend_from_slice(&(count as u64).to_le_bytes());
        }
        bytes
    }

    /// The whole header of a file whose parts have these digests.
    pub fn seal(&self, digests: &[Digest; 6]) -> Vec<u8> {
        let mut bytes = self.encode(VERSION);
        for (place, digest) in self.places().iter().zip(digests) {
            bytes.extend_from_slice(&place.offset.to_le_bytes());
            bytes.extend_from_slice(&place.bytes.to_le_bytes());
            bytes.extend_from_slice(digest);
        }
        let digest = blake3::hash(&bytes);
        bytes.extend_from_slice(digest.as_bytes());
        bytes
    }

    /// Length of the whole header in bytes.
    pub fn bytes(&self) -> u64 {
        let fields =
            MAGIC.len() + 2 + 1 + 32 + 2 + self.id.name().len() + 2 + self.id.shape().len();
        (fields + 3 * 8 + PARTS.len() * (16 + DIGEST_BYTES) + DIGEST_BYTES) as u64
    }

    /// The places of the parts.
    pub fn places(&self) -> [Place; 6] {
        let mut end = self.bytes();
        self.counts.part_bytes().map(|bytes| {
            let offset = end.next_multiple_of(ALIGNMENT);
            end = offset + bytes;
            Place { offset, bytes }
        })
    }

    /// Reads the fields that all versions have through `take`, which fills a buffer for the given
    /// part.
    pub fn decode(
        expected: u16,
        mut take: impl FnMut(&mut [u8], Part) -> Result<(), KeyFileError>,
    ) -> Result<Self, KeyFileError> {
        let mut magic = [0; 5];
        take(&mut magic, Part::Magic)?;
        if &magic != MAGIC {
            return Err(KeyFileError::NotAKey);
        }
        let mut version = [0; 2];
        take(&mut version, Part::Version)?;
        let found = u16::from_le_bytes(version);
        if found != expected {
            return Err(KeyFileError::Version { found, expected });
        }
        let mut flag = [0; 1];
        take(&mut flag, Part::DevelopmentFlag)?;
        let origin = match flag[0] {
            0 => Origin::SingleParty,
            1 => Origin::Development,
            found => return Err(too_large(Part::DevelopmentFlag, found.into(), 1)),
        };
        let mut hash = [0; 32];
        take(&mut hash, Part::CircuitHash)?;
        let mut text = |part, limit: usize| {
            let mut length = [0; 2];
            take(&mut length, part)?;
            let length = u16::from_le_bytes(length);
            if usize::from(length) > limit {
                return Err(too_large(part, length.into(), limit as u64));
            }
            let mut bytes = vec![0; length.into()];
            take(&mut bytes, part)?;
            String::from_utf8(bytes).map_err(|_| KeyFileError::Text { part })
        };
        let name = text(Part::Name, CircuitId::MAX_NAME)?;
        let shape = text(Part::Shape, CircuitId::MAX_SHAPE)?;
        let id = CircuitId::new(name, shape, hash)
            .map_err(|_| KeyFileError::Text { part: Part::Name })?;

        let mut count = |part| {
            let mut bytes = [0; 8];
            take(&mut bytes, part)?;
            let found = u64::from_le_bytes(bytes);
            match usize::try_from(found) {
                Ok(count) if count <= Matrices::LIMIT => Ok(count),
                _ => Err(too_large(part, found, Matrices::LIMIT as u64)),
            }
        };
        let counts = Counts {
            num_instance: count(Part::InstanceColumns)?,
            num_witness: count(Part::WitnessColumns)?,
            num_constraints: count(Part::Constraints)?,
        };
        Ok(Self { id, origin, counts })
    }

    /// Checks that this is the header of the requested key.
    pub fn expect(&self, wanted: &Self) -> Result<(), KeyFileError> {
        let differs = |part, found: &dyn ToString, expected: &dyn ToString| {
            let (found, expected) = (found.to_string(), expected.to_string());
            if found == expected {
                Ok(())
            } else {
                Err(KeyFileError::Differs {
                    part,
                    found,
                    expected,
                })
            }
        };
        differs(Part::DevelopmentFlag, &self.origin, &wanted.origin)?;
        differs(Part::Name, &self.id.name(), &wanted.id.name())?;
        differs(Part::Shape, &self.id.shape(), &wanted.id.shape())?;
        differs(
            Part::CircuitHash,
            &hex::encode(self.id.hash()),
            &hex::encode(wanted.id.hash()),
        )?;
        for ((part, found), (_, expected)) in
            self.counts.named().into_iter().zip(wanted.counts.named())
        {
            differs(part, &found, &expected)?;
        }
        Ok(())
    }
}

fn too_large(part: Part, found: u64, limit: u64) -> KeyFileError {
    KeyFileError::TooLarge { part, found, limit }
}
