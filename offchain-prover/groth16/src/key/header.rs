//! The header of a key's file.
//!
//! | bytes | field |
//! | --- | --- |
//! | 5 | magic `CPKEY` |
//! | 2 | version of the format |
//! | 1 | development flag: 1 if anybody can know the secrets |
//! | 32 | hash of the circuit's matrices |
//! | 2 + n | name of the circuit: length, ASCII |
//! | 2 + n | shape of the circuit: length, UTF-8 |
//! | 8 + 8 + 8 | instance columns, witness columns, constraints |
//! | 32 | digest of all of the above and of the body |
//! | 0 to 63 | zeros, so that the body begins at a multiple of 64 |
//!
//! Integers are little-endian. The lengths of the body's parts follow from the three counts. The digest is BLAKE3 of a tag, the header before
//! it, and BLAKE3 of each MiB of the body, which can be computed side by side.

use super::{
    file::{KeyFileError, Part},
    Origin,
};
use crate::{
    circuit::CircuitId,
    matrices::domain_size,
    points::{G1Point, G2Point},
    Matrices,
};

pub(super) const MAGIC: &[u8; 5] = b"CPKEY";
pub(super) const VERSION: u16 = 2;
pub(super) const DIGEST_BYTES: usize = 32;
/// The body begins at a multiple of it, as memory is read in lines of so many bytes.
pub(super) const ALIGNMENT: usize = 64;

/// Bytes up to the version, it included.
pub(super) const HEADER_START: usize = MAGIC.len() + 2;

/// The version of what begins like a key.
pub(super) fn version(start: &[u8]) -> Option<u16> {
    let version = start.strip_prefix(MAGIC)?.get(..2)?;
    Some(u16::from_le_bytes(version.try_into().ok()?))
}

/// What is in front of the points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub id: CircuitId,
    pub origin: Origin,
    pub counts: Counts,
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

    /// Bytes of the body. The counts are at most 2²⁸ each, so that nothing here can overflow.
    pub fn body_bytes(&self) -> u64 {
        // alpha, beta, delta and the instance columns; A and B; L; H.
        let g1 =
            3 + self.num_instance + 2 * self.columns() + self.num_witness + self.quotient_points();
        // beta, gamma and delta; B.
        let g2 = 3 + self.columns();
        (g1 * size_of::<G1Point>() + g2 * size_of::<G2Point>()) as u64
    }
}

impl Header {
    /// All but the digest.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
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

    /// Reads a header through `take`, which fills a buffer for the part that is named.
    pub fn decode(
        mut take: impl FnMut(&mut [u8], Part) -> Result<(), KeyFileError>,
    ) -> Result<Self, KeyFileError> {
        let mut magic = [0; 5];
        take(&mut magic, Part::Magic)?;
        if &magic != MAGIC {
            return Err(KeyFileError::NotAKey);
        }
        let mut version = [0; 2];
        take(&mut version, Part::Version)?;
        let version = u16::from_le_bytes(version);
        if version != VERSION {
            return Err(KeyFileError::Version {
                found: version,
                expected: VERSION,
            });
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

    /// Whether this is the header of the key that is wanted.
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
