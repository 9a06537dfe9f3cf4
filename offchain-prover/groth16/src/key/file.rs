//! A key's file: a header, then the points in the form in which they are used, so that the file can
//! be mapped and no point need be copied.
//!
//! Each load reads the whole file once, in all threads. It checks the digests of the parts, and
//! that every coordinate lies below the modulus, so that no backend needs to handle one that does
//! not. It reads into a small buffer and not through the map, so that the check leaves nothing of
//! the key resident. It does not check that points lie on the curve: the digests show that the
//! points are those that were written, no proof is released unverified, and
//! [`ProvingKey::check_points`] checks them on request.

use super::{
    ProvingKey,
    error::{KeyFileError, Part},
    header::{Counts, DIGEST_BYTES, Digest, Header, PARTS, VERSION},
    map,
    origin::Origin,
    point::{Limbs, first_unreduced},
};
use crate::{
    circuit::Circuit,
    points::{G1Point, G2Point, Points},
    progress::{Phase, Progress},
};
use ark_bn254::{G1Affine, G2Affine};
use ark_groth16::VerifyingKey;
use bytemuck::Pod;
use memmap2::Mmap;
use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufReader, Read, Write},
    sync::Arc,
};

#[cfg(target_endian = "big")]
compile_error!("keys are used as they lie in their files, which are little-endian");

/// Bytes that are read, hashed or written at a time: enough for all threads, and little memory.
const WINDOW: usize = 1 << 22;

/// The parts' bytes, in the order of the file.
fn body(key: &ProvingKey) -> [Cow<'_, [u8]>; 6] {
    let vk = &key.vk;
    let mut first = Vec::new();
    for point in [&vk.alpha_g1, &key.beta_g1, &key.delta_g1] {
        first.extend_from_slice(bytemuck::bytes_of(&G1Point::from(point)));
    }
    for point in [&vk.beta_g2, &vk.gamma_g2, &vk.delta_g2] {
        first.extend_from_slice(bytemuck::bytes_of(&G2Point::from(point)));
    }
    for point in &vk.gamma_abc_g1 {
        first.extend_from_slice(bytemuck::bytes_of(&G1Point::from(point)));
    }
    [
        Cow::Owned(first),
        Cow::Borrowed(bytemuck::cast_slice(&key.a)),
        Cow::Borrowed(bytemuck::cast_slice(&key.b_g1)),
        Cow::Borrowed(bytemuck::cast_slice(&key.b_g2)),
        Cow::Borrowed(bytemuck::cast_slice(&key.h)),
        Cow::Borrowed(bytemuck::cast_slice(&key.l)),
    ]
}

/// Writes a key: once through the points for the digests, once to write them.
pub(super) fn write(
    key: &ProvingKey,
    sink: &mut impl Write,
    progress: &dyn Progress,
) -> io::Result<()> {
    let header = Header {
        id: key.id.clone(),
        origin: key.origin,
        counts: key.counts(),
    };
    progress.begin(Phase::Write, 2 * header.counts.body_bytes());
    let body = body(key);
    let digests = body.each_ref().map(|bytes| {
        let mut hasher = blake3::Hasher::new();
        for window in bytes.chunks(WINDOW) {
            hasher.update(window);
            progress.advance(window.len() as u64);
        }
        hasher.finalize().into()
    });
    sink.write_all(&header.seal(&digests))?;
    let mut end = header.bytes();
    for (place, bytes) in header.places().iter().zip(&body) {
        io::copy(&mut io::repeat(0).take(place.offset - end), sink)?;
        for window in bytes.chunks(WINDOW) {
            sink.write_all(window)?;
            progress.advance(window.len() as u64);
        }
        end = place.end();
    }
    progress.end();
    Ok(())
}

/// Fills `buffer`. If the file ends early, the error names `part`.
pub(super) fn fill(
    source: &mut impl Read,
    buffer: &mut [u8],
    part: Part,
) -> Result<(), KeyFileError> {
    source
        .read_exact(buffer)
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => KeyFileError::Truncated { part },
            _ => error.into(),
        })
}

/// Checks a file and maps the key for `circuit` from it.
///
/// The points are those of the file for the lifetime of the key: see [`map`](mod@super::map).
pub(super) fn load(
    circuit: &Circuit,
    origin: Origin,
    file: &File,
    progress: &dyn Progress,
) -> Result<ProvingKey, KeyFileError> {
    let mut source = BufReader::new(file);
    let (header, digests) = read_header(circuit, origin, &mut source)?;
    let places = header.places();
    let (found, expected) = (file.metadata()?.len(), places[5].end());
    if found != expected {
        return Err(KeyFileError::Size { found, expected });
    }
    progress.begin(Phase::Read, header.counts.body_bytes());
    let mut scan = Scan {
        source,
        place: header.bytes(),
        buffer: vec![[0; 4]; WINDOW / size_of::<Limbs>()],
    };
    for ((part, place), digest) in PARTS.into_iter().zip(&places).zip(&digests) {
        scan.gap(place.offset, part)?;
        scan.part(place.bytes, part, digest, progress)?;
    }
    progress.end();

    let map = map::map(file)?;
    let counts = &header.counts;
    let g1 =
        |index: usize, count| mapped::<G1Point>(&map, PARTS[index], places[index].offset, count);
    let (vk, beta_g1, delta_g1) = verifying_key(&map, places[0].offset, counts)?;
    Ok(ProvingKey {
        num_constraints: counts.num_constraints,
        vk,
        beta_g1,
        delta_g1,
        a: g1(1, counts.columns())?,
        b_g1: g1(2, counts.columns())?,
        b_g2: mapped(&map, PARTS[3], places[3].offset, counts.columns())?,
        h: g1(4, counts.quotient_points())?,
        l: g1(5, counts.num_witness)?,
        id: header.id,
        origin: header.origin,
    })
}

/// Returns the header and the digests of the parts, if the header is undamaged and belongs to the
/// requested key.
fn read_header(
    circuit: &Circuit,
    origin: Origin,
    source: &mut impl Read,
) -> Result<(Header, [Digest; 6]), KeyFileError> {
    let mut hasher = blake3::Hasher::new();
    let mut take = |buffer: &mut [u8], part| {
        fill(source, buffer, part)?;
        hasher.update(buffer);
        Ok(())
    };
    let header = Header::decode(VERSION, &mut take)?;
    let mut table = [([0; 8], [0; 8], [0; DIGEST_BYTES]); 6];
    for (offset, bytes, digest) in &mut table {
        take(offset, Part::Table)?;
        take(bytes, Part::Table)?;
        take(digest, Part::Table)?;
    }
    let computed = hasher.finalize();
    let mut found = [0; DIGEST_BYTES];
    fill(source, &mut found, Part::Header)?;
    same_digest(Part::Header, &found, computed.as_bytes())?;

    header.expect(&Header {
        id: circuit.id().clone(),
        origin,
        counts: Counts::of(circuit.matrices()),
    })?;
    for ((part, place), (offset, bytes, _)) in PARTS.into_iter().zip(header.places()).zip(&table) {
        let (offset, bytes) = (u64::from_le_bytes(*offset), u64::from_le_bytes(*bytes));
        if (offset, bytes) != (place.offset, place.bytes) {
            return Err(KeyFileError::Place {
                part,
                offset,
                bytes,
                expected_offset: place.offset,
                expected_bytes: place.bytes,
            });
        }
    }
    Ok((header, table.map(|(_, _, digest)| digest)))
}

pub(super) fn same_digest(part: Part, found: &[u8], computed: &[u8]) -> Result<(), KeyFileError> {
    if found == computed {
        Ok(())
    } else {
        Err(KeyFileError::Digest {
            part,
            found: hex::encode(found),
            computed: hex::encode(computed),
        })
    }
}

/// Reads a body from front to end and checks it.
struct Scan<R> {
    source: R,
    place: u64,
    buffer: Vec<Limbs>,
}

impl<R: Read> Scan<R> {
    /// Reads the gap up to `offset`, where `part` begins.
    fn gap(&mut self, offset: u64, part: Part) -> Result<(), KeyFileError> {
        // A gap is shorter than the alignment.
        let length = (offset - self.place) as usize;
        let gap = &mut bytemuck::cast_slice_mut(&mut self.buffer)[..length];
        fill(&mut self.source, gap, part)?;
        self.place = offset;
        if gap.iter().all(|byte| *byte == 0) {
            Ok(())
        } else {
            Err(KeyFileError::Gap { part })
        }
    }

    fn part(
        &mut self,
        bytes: u64,
        part: Part,
        digest: &Digest,
        progress: &dyn Progress,
    ) -> Result<(), KeyFileError> {
        let mut hasher = blake3::Hasher::new();
        let mut left = bytes;
        while left > 0 {
            // At most the window's size. Parts consist of whole coordinates, and so does the
            // window.
            let length = left.min(WINDOW as u64) as usize;
            let window = &mut self.buffer[..length / size_of::<Limbs>()];
            fill(&mut self.source, bytemuck::cast_slice_mut(window), part)?;
            if let Some(index) = first_unreduced(window) {
                let before = (bytes - left) as usize / size_of::<Limbs>();
                return Err(KeyFileError::Coordinate {
                    part,
                    index: before + index,
                });
            }
            hasher.update(bytemuck::cast_slice(window));
            left -= length as u64;
            progress.advance(length as u64);
        }
        self.place += bytes;
        same_digest(part, digest, hasher.finalize().as_bytes())
    }
}

fn mapped<P: Pod>(
    map: &Arc<Mmap>,
    part: Part,
    offset: u64,
    count: usize,
) -> Result<Points<P>, KeyFileError> {
    usize::try_from(offset)
        .ok()
        .and_then(|start| Points::mapped(map.clone(), start, count))
        .ok_or(KeyFileError::Unmappable { part })
}

/// The verifying key, and beta and delta in G1.
fn verifying_key(
    map: &Arc<Mmap>,
    offset: u64,
    counts: &Counts,
) -> Result<(VerifyingKey<ark_bn254::Bn254>, G1Affine, G1Affine), KeyFileError> {
    let part = Part::VerifyingKey;
    let (g1, g2) = (size_of::<G1Point>() as u64, size_of::<G2Point>() as u64);
    let first = mapped::<G1Point>(map, part, offset, 3)?;
    let second = mapped::<G2Point>(map, part, offset + 3 * g1, 3)?;
    let third = mapped::<G1Point>(map, part, offset + 3 * g1 + 3 * g2, counts.num_instance)?;
    let vk = VerifyingKey {
        alpha_g1: (&first[0]).into(),
        beta_g2: G2Affine::from(&second[0]),
        gamma_g2: (&second[1]).into(),
        delta_g2: (&second[2]).into(),
        gamma_abc_g1: third.iter().map(G1Affine::from).collect(),
    };
    Ok((vk, (&first[1]).into(), (&first[2]).into()))
}

#[cfg(test)]
mod tests;
