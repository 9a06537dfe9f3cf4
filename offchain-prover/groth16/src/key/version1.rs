//! Files of version 1, which are read once, to be rewritten.

use super::{
    ProvingKey,
    error::{KeyFileError, Part},
    file::{fill, same_digest},
    header::{Counts, DIGEST_BYTES, FIRST_VERSION, Header},
    origin::Origin,
    point::{Limbs, first_unreduced},
};
use crate::{
    circuit::Circuit,
    points::{G1Point, G2Point, Points},
    progress::{Phase, Progress},
};
use ark_bn254::G1Affine;
use ark_groth16::VerifyingKey;
use blake2::{
    Blake2b,
    digest::{Digest, consts::U32},
};
use bytemuck::Pod;
use std::{
    fs::File,
    io::{BufReader, Read},
};

/// Bytes that are read and hashed at a time.
const WINDOW: usize = 1 << 20;

struct Reader<'a, R> {
    source: R,
    hasher: Blake2b<U32>,
    progress: &'a dyn Progress,
}

/// Reads the key for `circuit` into memory. No memory is allocated for points before the header and
/// the file's size are found to be right for the circuit.
pub(super) fn read(
    circuit: &Circuit,
    origin: Origin,
    file: &File,
    progress: &dyn Progress,
) -> Result<ProvingKey, KeyFileError> {
    let mut reader = Reader {
        source: BufReader::new(file),
        hasher: Blake2b::new(),
        progress,
    };
    let header = Header::decode(FIRST_VERSION, |buffer, part| reader.take(buffer, part))?;
    let counts = header.counts;
    header.expect(&Header {
        id: circuit.id().clone(),
        origin,
        counts: Counts::of(circuit.matrices()),
    })?;
    let mut digest = [0; DIGEST_BYTES];
    fill(&mut reader.source, &mut digest, Part::Header)?;
    let header_bytes = header.encode(FIRST_VERSION).len() + DIGEST_BYTES;
    let expected = header_bytes as u64 + counts.body_bytes();
    let found = file.metadata()?.len();
    if found != expected {
        return Err(KeyFileError::Size { found, expected });
    }

    progress.begin(Phase::Read, counts.body_bytes());
    let key = reader.key(header)?;
    progress.end();
    same_digest(Part::File, &digest, &reader.hasher.finalize())?;
    Ok(key)
}

impl<R: Read> Reader<'_, R> {
    fn take(&mut self, buffer: &mut [u8], part: Part) -> Result<(), KeyFileError> {
        fill(&mut self.source, buffer, part)?;
        self.hasher.update(buffer);
        Ok(())
    }

    fn points<P: Pod>(&mut self, count: usize, part: Part) -> Result<Points<P>, KeyFileError> {
        let mut points = vec![P::zeroed(); count];
        for window in bytemuck::cast_slice_mut::<P, u8>(&mut points).chunks_mut(WINDOW) {
            self.take(window, part)?;
            self.progress.advance(window.len() as u64);
        }
        match first_unreduced(bytemuck::cast_slice::<P, Limbs>(&points)) {
            Some(index) => Err(KeyFileError::Coordinate { part, index }),
            None => Ok(points.into()),
        }
    }

    /// Reads the points of the body, in the order of the file.
    fn key(&mut self, header: Header) -> Result<ProvingKey, KeyFileError> {
        let counts = header.counts;
        let [alpha_g1, beta_g1, delta_g1] = *self
            .points::<G1Point>(3, Part::VerifyingKey)?
            .first_chunk()
            .ok_or(KeyFileError::Truncated {
                part: Part::VerifyingKey,
            })?;
        let [beta_g2, gamma_g2, delta_g2] = *self
            .points::<G2Point>(3, Part::VerifyingKey)?
            .first_chunk()
            .ok_or(KeyFileError::Truncated {
                part: Part::VerifyingKey,
            })?;
        let gamma_abc_g1 = self.points::<G1Point>(counts.num_instance, Part::VerifyingKey)?;
        Ok(ProvingKey {
            id: header.id,
            origin: header.origin,
            num_constraints: counts.num_constraints,
            vk: VerifyingKey {
                alpha_g1: (&alpha_g1).into(),
                beta_g2: (&beta_g2).into(),
                gamma_g2: (&gamma_g2).into(),
                delta_g2: (&delta_g2).into(),
                gamma_abc_g1: gamma_abc_g1.iter().map(G1Affine::from).collect(),
            },
            beta_g1: (&beta_g1).into(),
            delta_g1: (&delta_g1).into(),
            a: self.points(counts.columns(), Part::A)?,
            b_g1: self.points(counts.columns(), Part::BG1)?,
            b_g2: self.points(counts.columns(), Part::BG2)?,
            h: self.points(counts.quotient_points(), Part::H)?,
            l: self.points(counts.num_witness, Part::L)?,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{progress::Silent, setup::generate, testing::toy};
    use std::io::{Seek, Write};

    /// The file as programs with format 1 wrote it.
    pub(in crate::key) fn encode(key: &ProvingKey) -> Vec<u8> {
        let header = Header {
            id: key.id.clone(),
            origin: key.origin,
            counts: key.counts(),
        }
        .encode(FIRST_VERSION);
        let mut body = Vec::new();
        let g1 = |body: &mut Vec<u8>, points: &[G1Point]| {
            body.extend_from_slice(bytemuck::cast_slice(points));
        };
        let vk = &key.vk;
        g1(
            &mut body,
            &[&vk.alpha_g1, &key.beta_g1, &key.delta_g1].map(G1Point::from),
        );
        let in_g2 = [&vk.beta_g2, &vk.gamma_g2, &vk.delta_g2].map(G2Point::from);
        body.extend_from_slice(bytemuck::cast_slice(&in_g2));
        let columns: Vec<_> = vk.gamma_abc_g1.iter().map(G1Point::from).collect();
        g1(&mut body, &columns);
        g1(&mut body, &key.a);
        g1(&mut body, &key.b_g1);
        body.extend_from_slice(bytemuck::cast_slice(&key.b_g2));
        g1(&mut body, &key.h);
        g1(&mut body, &key.l);
        let digest = Blake2b::<U32>::new()
            .chain_update(&header)
            .chain_update(&body)
            .finalize();
        [&header[..], &digest, &body].concat()
    }

    #[test]
    fn keys_come_back_and_damage_is_found() {
        let (circuit, _) = toy();
        let key = generate(&circuit, Origin::Development, &Silent).unwrap();
        let bytes = encode(&key);
        let load = |bytes: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            file.rewind().unwrap();
            read(&circuit, Origin::Development, &file, &Silent)
        };
        assert_eq!(load(&bytes).unwrap(), key);
        let changed = |place: usize, byte: u8| {
            let mut bytes = bytes.clone();
            assert_ne!(bytes[place], byte);
            bytes[place] = byte;
            load(&bytes)
        };
        assert!(matches!(
            changed(7, 0),
            Err(KeyFileError::Differs {
                part: Part::DevelopmentFlag,
                ..
            })
        ));
        let last = bytes.len() - 1;
        assert!(matches!(
            changed(last - 31, bytes[last - 31] ^ 1),
            Err(KeyFileError::Digest {
                part: Part::File,
                ..
            })
        ));
        assert!(matches!(
            changed(last, 0xff),
            Err(KeyFileError::Coordinate { part: Part::L, .. })
        ));
        assert!(matches!(
            load(&bytes[..last]),
            Err(KeyFileError::Size { .. })
        ));
        assert!(matches!(
            load(&bytes[..30]),
            Err(KeyFileError::Truncated { .. })
        ));
    }
}
