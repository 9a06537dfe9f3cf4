//! A key's file: header, then points as they lie in memory, so that a loaded key is the mapped file.
//!
//! The body has alpha, beta, delta in G1; beta, gamma, delta in G2; a point per instance column; then A, B in G1, B in G2, H and L.

use super::{
    header::{Counts, Header, ALIGNMENT, DIGEST_BYTES},
    Origin, ProvingKey,
};
use crate::{
    circuit::Circuit,
    points::{G1Point, G2Point, Points},
    progress::{Phase, Progress},
};
use ark_bn254::{Fq, G1Affine, G2Affine};
use ark_ff::{BigInt, PrimeField};
use ark_groth16::VerifyingKey;
use bytemuck::Pod;
use memmap2::Mmap;
use rayon::prelude::*;
use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
};
use thiserror::Error;

/// A part of a key's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first bytes.
    Magic,
    /// The version of the format.
    Version,
    /// Whether the secrets are public.
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
    /// The hash over header and body.
    Digest,
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
            Self::Digest => "digest",
            Self::VerifyingKey => "verifying key",
            Self::A => "A",
            Self::BG1 => "B in G1",
            Self::BG2 => "B in G2",
            Self::H => "H",
            Self::L => "L",
        })
    }
}

/// Why a key's file is refused.
#[derive(Debug, Error)]
pub enum KeyFileError {
    /// Reading or writing failed.
    #[error("input or output: {0}")]
    Io(#[from] io::Error),
    /// The file does not start like a key.
    #[error("magic: this is no proving key of ours; delete the file and make the key again")]
    NotAKey,
    /// The format is another one.
    #[error(
        "version: the file has format {found}, this program reads {expected}; \
             delete the file and make the key again"
    )]
    Version {
        /// Version in the file.
        found: u16,
        /// Version of this program.
        expected: u16,
    },
    /// The file ends early.
    #[error("{part}: the file ends here, it was cut short; delete it and make the key again")]
    Truncated {
        /// Where it ends.
        part: Part,
    },
    /// A field of the header is out of bounds.
    #[error("{part}: {found} is above the limit of {limit}; the file is damaged, delete it and make the key again")]
    TooLarge {
        /// The field.
        part: Part,
        /// Its value.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// A text is not what a circuit may have.
    #[error("{part}: not a text that a circuit may have; the file is damaged, delete it and make the key again")]
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
        /// Its value in the file.
        found: String,
        /// Its value for the circuit that a key is wanted for.
        expected: String,
    },
    /// The file is longer or shorter than its header says.
    #[error(
        "the file has {found} bytes, its header wants {expected}; delete it and make the key again"
    )]
    Size {
        /// Bytes of the file.
        found: u64,
        /// Bytes that it should have.
        expected: u64,
    },
    /// There is something between header and points.
    #[error("the bytes between header and points are not zero; the file is damaged, delete it and make the key again")]
    Padding,
    /// A coordinate is not below the modulus.
    #[error(
        "{part}, point {index}: a coordinate is not below the modulus; \
             the file is damaged, delete it and make the key again"
    )]
    Point {
        /// The list of points.
        part: Part,
        /// The point's place in it.
        index: usize,
    },
    /// The hash over header and body differs.
    #[error(
        "digest: the file has {found}, its content hashes to {computed}; \
             it is damaged, delete it and make the key again"
    )]
    Digest {
        /// Hash in the file.
        found: String,
        /// Hash of the content.
        computed: String,
    },
}

/// Bytes of the body that are hashed in one go.
const BLOCK: usize = 1 << 20;

#[cfg(not(target_endian = "little"))]
compile_error!(
    "a key's file has the limbs of its points as little-endian machines have them in memory"
);

/// Writes a key: once through the points for the digest, once to write them.
pub(super) fn write(
    key: &ProvingKey,
    sink: &mut impl Write,
    progress: &dyn Progress,
) -> io::Result<()> {
    let counts = counts(key);
    let mut header = Header {
        id: key.id.clone(),
        origin: key.origin,
        counts,
    }
    .encode();
    let vk = &key.vk;
    let g1: Vec<G1Point> = [vk.alpha_g1, key.beta_g1, key.delta_g1]
        .iter()
        .map(G1Point::from)
        .collect();
    let g2: Vec<G2Point> = [vk.beta_g2, vk.gamma_g2, vk.delta_g2]
        .iter()
        .map(G2Point::from)
        .collect();
    let instance: Vec<G1Point> = vk.gamma_abc_g1.iter().map(G1Point::from).collect();
    let parts: [&[u8]; 8] = [
        bytemuck::cast_slice(&g1),
        bytemuck::cast_slice(&g2),
        bytemuck::cast_slice(&instance),
        bytemuck::cast_slice(&key.a),
        bytemuck::cast_slice(&key.b_g1),
        bytemuck::cast_slice(&key.b_g2),
        bytemuck::cast_slice(&key.h),
        bytemuck::cast_slice(&key.l),
    ];
    progress.begin(Phase::Write, 2 * counts.body_bytes());
    let mut blocks = Blocks::default();
    for part in parts {
        for piece in part.chunks(BLOCK) {
            blocks.update(piece);
            progress.advance(piece.len() as u64);
        }
    }
    let digest = digest(&header, &blocks.finish());
    header.extend_from_slice(&digest);
    header.resize(header.len().next_multiple_of(ALIGNMENT), 0);
    sink.write_all(&header)?;
    for part in parts {
        for piece in part.chunks(BLOCK) {
            sink.write_all(piece)?;
            progress.advance(piece.len() as u64);
        }
    }
    progress.end();
    Ok(())
}

fn counts(key: &ProvingKey) -> Counts {
    Counts {
        num_instance: key.vk.gamma_abc_g1.len(),
        num_witness: key.l.len(),
        num_constraints: key.num_constraints,
    }
}

fn digest(header: &[u8], blocks: &[[u8; DIGEST_BYTES]]) -> [u8; DIGEST_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"clearproof proving key v2");
    hasher.update(header);
    for block in blocks {
        hasher.update(block);
    }
    hasher.finalize().into()
}

/// Hashes of the blocks of a body that comes piece by piece.
#[derive(Default)]
struct Blocks {
    done: Vec<[u8; DIGEST_BYTES]>,
    hasher: blake3::Hasher,
    filled: usize,
}

impl Blocks {
    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.filled));
            self.hasher.update(now);
            self.filled += now.len();
            bytes = later;
            if self.filled == BLOCK {
                self.end();
            }
        }
    }

    fn end(&mut self) {
        self.done.push(self.hasher.finalize().into());
        self.hasher.reset();
        self.filled = 0;
    }

    fn finish(mut self) -> Vec<[u8; DIGEST_BYTES]> {
        if self.filled > 0 {
            self.end();
        }
        self.done
    }
}

/// Takes the key for `circuit` from a mapped file.
///
/// Everything is looked at: header, size, digest, and that all coordinates are below the modulus. Points are not checked for lying on
/// the curve: the digest vouches that they are those that were written, and no proof leaves unverified.
pub(super) fn read(
    circuit: &Circuit,
    origin: Origin,
    map: Mmap,
    progress: &dyn Progress,
) -> Result<ProvingKey, KeyFileError> {
    let mut taken = 0;
    let header = Header::decode(|buffer, part| take(&map, &mut taken, buffer, part))?;
    let counts = Counts::of(circuit.matrices());
    header.expect(&Header {
        id: circuit.id().clone(),
        origin,
        counts,
    })?;
    let before_digest = taken;
    let mut expected_digest = [0; DIGEST_BYTES];
    take(&map, &mut taken, &mut expected_digest, Part::Digest)?;

    let start = taken.next_multiple_of(ALIGNMENT);
    let (found, expected) = (map.len() as u64, start as u64 + counts.body_bytes());
    if found != expected {
        return Err(KeyFileError::Size { found, expected });
    }
    if map[taken..start].iter().any(|byte| *byte != 0) {
        return Err(KeyFileError::Padding);
    }
    progress.begin(Phase::Read, counts.body_bytes());
    let blocks: Vec<[u8; DIGEST_BYTES]> = map[start..]
        .par_chunks(BLOCK)
        .map(|block| {
            let hash = blake3::hash(block).into();
            progress.advance(block.len() as u64);
            hash
        })
        .collect();
    let computed = digest(&map[..before_digest], &blocks);
    progress.end();
    let mut parts = Parts {
        map: Arc::new(map),
        place: start,
    };
    // Before the digest: a coordinate that is too large says more.
    let g1 = parts.g1(3, Part::VerifyingKey)?;
    let g2 = parts.g2(3, Part::VerifyingKey)?;
    let instance = parts.g1(counts.num_instance, Part::VerifyingKey)?;
    let key = ProvingKey {
        id: header.id,
        origin: header.origin,
        num_constraints: counts.num_constraints,
        vk: VerifyingKey {
            alpha_g1: G1Affine::from(&g1[0]),
            beta_g2: G2Affine::from(&g2[0]),
            gamma_g2: G2Affine::from(&g2[1]),
            delta_g2: G2Affine::from(&g2[2]),
            gamma_abc_g1: instance.iter().map(G1Affine::from).collect(),
        },
        beta_g1: G1Affine::from(&g1[1]),
        delta_g1: G1Affine::from(&g1[2]),
        a: parts.g1(counts.columns(), Part::A)?,
        b_g1: parts.g1(counts.columns(), Part::BG1)?,
        b_g2: parts.g2(counts.columns(), Part::BG2)?,
        h: parts.g1(counts.quotient_points(), Part::H)?,
        l: parts.g1(counts.num_witness, Part::L)?,
    };
    if computed != expected_digest {
        return Err(KeyFileError::Digest {
            found: hex::encode(expected_digest),
            computed: hex::encode(computed),
        });
    }
    Ok(key)
}

/// Fills a buffer from the file's next bytes.
fn take(map: &[u8], taken: &mut usize, buffer: &mut [u8], part: Part) -> Result<(), KeyFileError> {
    let end = *taken + buffer.len();
    let bytes = map
        .get(*taken..end)
        .ok_or(KeyFileError::Truncated { part })?;
    buffer.copy_from_slice(bytes);
    *taken = end;
    Ok(())
}

/// Parts of a body, one after the other.
struct Parts {
    map: Arc<Mmap>,
    place: usize,
}

impl Parts {
    fn g1(&mut self, count: usize, part: Part) -> Result<Points<G1Point>, KeyFileError> {
        self.points(count, part, |point: &G1Point| {
            below_modulus(&point.x) && below_modulus(&point.y)
        })
    }

    fn g2(&mut self, count: usize, part: Part) -> Result<Points<G2Point>, KeyFileError> {
        self.points(count, part, |point: &G2Point| {
            [&point.x, &point.y]
                .into_iter()
                .flatten()
                .all(below_modulus)
        })
    }

    fn points<P: Pod + Sync>(
        &mut self,
        count: usize,
        part: Part,
        canonical: impl Fn(&P) -> bool + Sync,
    ) -> Result<Points<P>, KeyFileError> {
        let points = Points::mapped(self.map.clone(), self.place, count)
            .ok_or(KeyFileError::Truncated { part })?;
        self.place += count * size_of::<P>();
        let outside = points.par_iter().position_first(|point| !canonical(point));
        match outside {
            None => Ok(points),
            Some(index) => Err(KeyFileError::Point { part, index }),
        }
    }
}

fn below_modulus(limbs: &[u64; 4]) -> bool {
    BigInt(*limbs) < Fq::MODULUS
}

#[cfg(test)]
mod tests;
