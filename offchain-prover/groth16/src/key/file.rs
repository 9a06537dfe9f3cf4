//! A key's file: header, then points.

use super::{
    header::{Counts, Header, DIGEST_BYTES},
    point::RawPoint,
    Origin, ProvingKey,
};
use crate::{
    circuit::Circuit,
    progress::{Phase, Progress},
};
use ark_bn254::Bn254;
use ark_groth16::VerifyingKey;
use blake2::{
    digest::{consts::U32, Digest},
    Blake2b,
};
use std::{
    fmt,
    io::{self, Read, Write},
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

/// Points that are converted, written or read in one go.
const CHUNK: usize = 1 << 13;

struct Writer<'a, W> {
    sink: W,
    progress: &'a dyn Progress,
}

/// Writes a key: once through the points for the digest, once to write them.
pub(super) fn write(
    key: &ProvingKey,
    sink: &mut impl Write,
    progress: &dyn Progress,
) -> io::Result<()> {
    let counts = counts(key);
    let header = Header {
        id: key.id.clone(),
        origin: key.origin,
        counts,
    }
    .encode();
    progress.begin(Phase::Write, 2 * counts.body_bytes());
    let mut hasher = Blake2b::<U32>::new();
    hasher.update(&header);
    Writer {
        sink: HashSink(&mut hasher),
        progress,
    }
    .body(key)?;
    sink.write_all(&header)?;
    sink.write_all(&hasher.finalize())?;
    Writer { sink, progress }.body(key)?;
    progress.end();
    Ok(())
}

fn counts(key: &ProvingKey) -> Counts {
    Counts {
        num_instance: key.points.vk.gamma_abc_g1.len(),
        num_witness: key.points.l_query.len(),
        num_constraints: key.num_constraints,
    }
}

struct HashSink<'a>(&'a mut Blake2b<U32>);

impl Write for HashSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Writer<'_, W> {
    fn body(&mut self, key: &ProvingKey) -> io::Result<()> {
        let points = &key.points;
        self.points(&[points.vk.alpha_g1, points.beta_g1, points.delta_g1])?;
        self.points(&[points.vk.beta_g2, points.vk.gamma_g2, points.vk.delta_g2])?;
        self.points(&points.vk.gamma_abc_g1)?;
        self.points(&points.a_query)?;
        self.points(&points.b_g1_query)?;
        self.points(&points.b_g2_query)?;
        self.points(&points.h_query)?;
        self.points(&points.l_query)
    }

    fn points<P: RawPoint>(&mut self, points: &[P]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(CHUNK.min(points.len()) * P::BYTES);
        for chunk in points.chunks(CHUNK) {
            bytes.clear();
            chunk.iter().for_each(|point| point.write(&mut bytes));
            self.sink.write_all(&bytes)?;
            self.progress.advance(bytes.len() as u64);
        }
        Ok(())
    }
}

struct Reader<'a, R> {
    source: R,
    hasher: Blake2b<U32>,
    taken: u64,
    progress: &'a dyn Progress,
}

/// Reads the key for `circuit` from a file of `size` bytes.
///
/// Nothing is allocated for points before header and size are what the circuit wants. Points are not checked for
/// lying on the curve: the digest vouches that they are those that were written, and no proof leaves unverified.
pub(super) fn read(
    circuit: &Circuit,
    origin: Origin,
    source: &mut impl Read,
    size: u64,
    progress: &dyn Progress,
) -> Result<ProvingKey, KeyFileError> {
    let mut reader = Reader {
        source,
        hasher: Blake2b::new(),
        taken: 0,
        progress,
    };
    let header = Header::decode(|buffer, part| reader.take(buffer, part))?;
    let counts = Counts::of(circuit.matrices());
    header.expect(&Header {
        id: circuit.id().clone(),
        origin,
        counts,
    })?;
    let mut digest = [0; DIGEST_BYTES];
    reader.fill(&mut digest, Part::Digest)?;

    let expected = reader.taken + counts.body_bytes();
    if size != expected {
        return Err(KeyFileError::Size {
            found: size,
            expected,
        });
    }
    progress.begin(Phase::Read, counts.body_bytes());
    let points = reader.body(&counts)?;
    let computed = reader.hasher.finalize();
    progress.end();
    if computed[..] != digest {
        return Err(KeyFileError::Digest {
            found: hex::encode(digest),
            computed: hex::encode(computed),
        });
    }
    Ok(ProvingKey {
        id: header.id,
        origin: header.origin,
        num_constraints: counts.num_constraints,
        points,
    })
}

impl<R: Read> Reader<'_, R> {
    fn fill(&mut self, buffer: &mut [u8], part: Part) -> Result<(), KeyFileError> {
        self.source
            .read_exact(buffer)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => KeyFileError::Truncated { part },
                _ => error.into(),
            })?;
        self.taken += buffer.len() as u64;
        Ok(())
    }

    fn take(&mut self, buffer: &mut [u8], part: Part) -> Result<(), KeyFileError> {
        self.fill(buffer, part)?;
        self.hasher.update(buffer);
        Ok(())
    }

    fn body(&mut self, counts: &Counts) -> Result<ark_groth16::ProvingKey<Bn254>, KeyFileError> {
        let [alpha_g1, beta_g1, delta_g1] = self.array(Part::VerifyingKey)?;
        let [beta_g2, gamma_g2, delta_g2] = self.array(Part::VerifyingKey)?;
        let gamma_abc_g1 = self.points(counts.num_instance, Part::VerifyingKey)?;
        Ok(ark_groth16::ProvingKey {
            vk: VerifyingKey {
                alpha_g1,
                beta_g2,
                gamma_g2,
                delta_g2,
                gamma_abc_g1,
            },
            beta_g1,
            delta_g1,
            a_query: self.points(counts.columns(), Part::A)?,
            b_g1_query: self.points(counts.columns(), Part::BG1)?,
            b_g2_query: self.points(counts.columns(), Part::BG2)?,
            h_query: self.points(counts.quotient_points(), Part::H)?,
            l_query: self.points(counts.num_witness, Part::L)?,
        })
    }

    fn array<P: RawPoint, const N: usize>(&mut self, part: Part) -> Result<[P; N], KeyFileError> {
        self.points(N, part)?
            .try_into()
            .map_err(|_| KeyFileError::Truncated { part })
    }

    fn points<P: RawPoint>(&mut self, count: usize, part: Part) -> Result<Vec<P>, KeyFileError> {
        let mut points = Vec::with_capacity(count);
        let mut bytes = vec![0; CHUNK.min(count) * P::BYTES];
        while points.len() < count {
            let bytes = &mut bytes[..CHUNK.min(count - points.len()) * P::BYTES];
            self.take(bytes, part)?;
            for chunk in bytes.chunks_exact(P::BYTES) {
                points.push(P::read(chunk).ok_or(KeyFileError::Point {
                    part,
                    index: points.len(),
                })?);
            }
            self.progress.advance(bytes.len() as u64);
        }
        Ok(points)
    }
}

#[cfg(test)]
mod tests;
