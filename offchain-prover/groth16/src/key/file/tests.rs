#![allow(clippy::unwrap_used)]

use super::{super::header::Place, *};
use crate::{
    progress::Silent,
    setup::generate,
    testing::{edit, random_circuit, toy},
};
use proptest::prelude::*;
use std::{io::Seek, sync::OnceLock};

fn fixture() -> &'static (Circuit, ProvingKey, Vec<u8>) {
    static FIXTURE: OnceLock<(Circuit, ProvingKey, Vec<u8>)> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let (circuit, _) = toy();
        let key = generate(&circuit, Origin::Development, &Silent).unwrap();
        let mut bytes = Vec::new();
        write(&key, &mut bytes, &Silent).unwrap();
        (circuit, key, bytes)
    })
}

fn load_for(circuit: &Circuit, origin: Origin, bytes: &[u8]) -> Result<ProvingKey, KeyFileError> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    load(circuit, origin, &file, &Silent)
}

fn load_bytes(bytes: &[u8]) -> Result<ProvingKey, KeyFileError> {
    load_for(&fixture().0, Origin::Development, bytes)
}

/// Loads a copy of the file that `change` has changed.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Result<ProvingKey, KeyFileError> {
    let mut bytes = fixture().2.clone();
    change(&mut bytes);
    assert_ne!(bytes, fixture().2);
    load_bytes(&bytes)
}

/// As [`changed`], with the header's digest corrected.
fn resealed(change: impl FnOnce(&mut Vec<u8>)) -> Result<ProvingKey, KeyFileError> {
    changed(|bytes| {
        change(bytes);
        let end = header().bytes() as usize - DIGEST_BYTES;
        let digest = blake3::hash(&bytes[..end]);
        bytes[end..][..DIGEST_BYTES].copy_from_slice(digest.as_bytes());
    })
}

fn header() -> Header {
    let key = &fixture().1;
    Header {
        id: key.id.clone(),
        origin: key.origin,
        counts: key.counts(),
    }
}

/// Offsets of the header's parts, in the order of the format's table.
fn offsets() -> [usize; 11] {
    let id = fixture().0.id();
    let name = 40;
    let shape = name + 2 + id.name().len();
    let counts = shape + 2 + id.shape().len();
    [
        0,
        5,
        7,
        8,
        name,
        shape,
        counts,
        counts + 8,
        counts + 16,
        counts + 24,
        counts + 24 + 6 * 48,
    ]
}

/// Offsets in the table for a part: its place, its length and its digest.
fn entry(index: usize) -> [usize; 3] {
    let start = offsets()[9] + 48 * index;
    [start, start + 8, start + 16]
}

fn put(bytes: &mut [u8], at: usize, value: u64) {
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn a_key_comes_back_mapped() {
    let (_, key, bytes) = fixture();
    let loaded = load_bytes(bytes).unwrap();
    assert_eq!(&loaded, key);
    assert_eq!(loaded.to_arkworks(), key.to_arkworks());
    let places = header().places();
    assert_eq!(bytes.len() as u64, places[5].end());
    assert!(places.iter().all(|place| place.offset % 4096 == 0));
    assert_eq!(offsets()[10] as u64 + 32, header().bytes());
    // The points are those of the file itself, at the places in the table.
    assert_eq!(
        bytemuck::cast_slice::<_, u8>(&loaded.b_g2),
        &bytes[places[3].offset as usize..places[3].end() as usize]
    );
    let mut again = Vec::new();
    write(&loaded, &mut again, &Silent).unwrap();
    assert_eq!(&again, bytes);
    loaded.check_points(&Silent).unwrap();
}

#[test]
fn malformed_fields_of_the_header_are_refused() {
    let [magic, version, flag, _, name, shape, ..] = offsets();
    assert!(matches!(
        changed(|b| b[magic] = b'X'),
        Err(KeyFileError::NotAKey)
    ));
    assert!(matches!(
        changed(|b| b[version] = 3),
        Err(KeyFileError::Version {
            found: 3,
            expected: 2
        })
    ));
    assert!(matches!(
        changed(|b| b[flag] = 2),
        Err(KeyFileError::TooLarge {
            part: Part::DevelopmentFlag,
            found: 2,
            limit: 1
        })
    ));
    assert!(matches!(
        changed(|b| b[name + 2] = b'/'),
        Err(KeyFileError::Text { part: Part::Name })
    ));
    assert!(matches!(
        changed(|b| b[name] = 65),
        Err(KeyFileError::TooLarge {
            part: Part::Name,
            found: 65,
            limit: 64
        })
    ));
    assert!(matches!(
        changed(|b| b[shape + 2] = 0xff),
        Err(KeyFileError::Text { part: Part::Shape })
    ));
    assert!(matches!(
        changed(|b| b[shape + 1] = 0xff),
        Err(KeyFileError::TooLarge {
            part: Part::Shape,
            limit: 4096,
            ..
        })
    ));
}

#[test]
fn each_field_of_the_header_is_bound() {
    let [
        _,
        _,
        flag,
        hash,
        name,
        shape,
        instance,
        witness,
        constraints,
        table,
        digest,
    ] = offsets();
    // The header's digest finds a change to a valid value. If the digest is corrected too, the
    // value is not the one of the requested key.
    for (place, wanted) in [
        (flag, Part::DevelopmentFlag),
        (hash + 31, Part::CircuitHash),
        (name + 2, Part::Name),
        (shape + 2, Part::Shape),
        (instance, Part::InstanceColumns),
        (witness, Part::WitnessColumns),
        (constraints, Part::Constraints),
    ] {
        assert!(matches!(
            changed(|b| b[place] ^= 1),
            Err(KeyFileError::Digest {
                part: Part::Header,
                ..
            })
        ));
        assert!(
            matches!(resealed(|b| b[place] ^= 1), Err(KeyFileError::Differs { part, .. }) if part == wanted),
            "{wanted}"
        );
    }
    for (offset, wanted) in [
        (instance, Part::InstanceColumns),
        (witness, Part::WitnessColumns),
        (constraints, Part::Constraints),
    ] {
        for byte in 4..8 {
            assert!(matches!(
                resealed(|b| b[offset + byte] = 0xff),
                Err(KeyFileError::TooLarge { part, limit: 0x1000_0000, .. }) if part == wanted
            ));
        }
    }
    for place in [table, digest] {
        assert!(matches!(
            changed(|b| b[place] ^= 1),
            Err(KeyFileError::Digest {
                part: Part::Header,
                ..
            })
        ));
    }
}

/// The header is consistent, but offsets are not aligned, overlap, lie past the end or overflow, or
/// lengths do.
#[test]
fn parts_lie_where_they_belong() {
    let places = header().places();
    for (index, part) in PARTS.into_iter().enumerate() {
        let [offset, bytes, digest] = entry(index);
        let Place {
            offset: at,
            bytes: length,
        } = places[index];
        let wrong_offsets = [at + 1, at + 64, at - 4096, at + 4096, 0, 1 << 40, u64::MAX];
        let wrong_lengths = [0, length - 64, length + 64, length + 1, 1 << 58, u64::MAX];
        for (place, value) in wrong_offsets
            .map(|value| (offset, value))
            .into_iter()
            .chain(wrong_lengths.map(|value| (bytes, value)))
        {
            let error = resealed(|b| put(b, place, value)).unwrap_err();
            assert!(
                matches!(&error, KeyFileError::Place { part: p, .. } if *p == part),
                "{part}, {value}: {error}"
            );
            assert!(error.to_string().starts_with(&part.to_string()));
        }
        assert!(
            matches!(resealed(|b| b[digest] ^= 1), Err(KeyFileError::Digest { part: p, .. }) if p == part)
        );
    }
}

#[test]
fn damaged_points_are_named() {
    for (part, place) in PARTS.into_iter().zip(header().places()) {
        let (first, last) = (place.offset as usize, place.end() as usize - 1);
        let coordinates = (place.bytes / 32) as usize;
        // With its lowest byte changed a coordinate is still below the modulus, with its highest
        // byte changed it is not.
        for byte in [first, last - 31] {
            assert!(
                matches!(changed(|b| b[byte] ^= 1), Err(KeyFileError::Digest { part: p, .. }) if p == part)
            );
        }
        for (byte, wanted) in [(first + 31, 0), (last, coordinates - 1)] {
            let error = changed(|b| b[byte] = 0xff).unwrap_err();
            assert!(
                matches!(&error, KeyFileError::Coordinate { part: p, index } if *p == part && *index == wanted),
                "{error}"
            );
        }
        assert!(
            matches!(changed(|b| b[first - 1] = 1), Err(KeyFileError::Gap { part: p }) if p == part)
        );
    }
}

/// A key with right digests that no set-up made can be loaded; only the check of the points finds
/// it.
#[test]
fn points_outside_of_their_groups_are_found_by_the_check() {
    let (_, key, _) = fixture();
    let mut wrong = key.clone();
    let mut points = key.b_g2.to_vec();
    points[17].y[1][0] ^= 1;
    wrong.b_g2 = points.into();
    let mut bytes = Vec::new();
    write(&wrong, &mut bytes, &Silent).unwrap();
    let error = load_bytes(&bytes)
        .unwrap()
        .check_points(&Silent)
        .unwrap_err();
    assert!(matches!(
        error,
        KeyFileError::Point {
            part: Part::BG2,
            index: 17
        }
    ));
    let mut wrong = key.clone();
    wrong.vk.gamma_abc_g1[1].x += ark_bn254::Fq::from(1u64);
    assert!(matches!(
        wrong.check_points(&Silent),
        Err(KeyFileError::Point {
            part: Part::VerifyingKey,
            index: 7
        })
    ));
}

#[test]
fn a_key_is_for_one_circuit_and_origin() {
    let (circuit, _, bytes) = fixture();
    assert!(matches!(
        load_for(circuit, Origin::SingleParty, bytes),
        Err(KeyFileError::Differs {
            part: Part::DevelopmentFlag,
            ..
        })
    ));
    let (other, _) = random_circuit(9, 77, 1, 20);
    assert!(load_for(&other, Origin::Development, bytes).is_err());
    let mut matrices = circuit.matrices().clone();
    edit(&mut matrices.b, |rows| {
        rows[7][0].0 += ark_bn254::Fr::from(1u64);
    });
    let tweaked = Circuit::new(circuit.id().name(), circuit.id().shape(), matrices).unwrap();
    let error = load_for(&tweaked, Origin::Development, bytes).unwrap_err();
    assert!(matches!(
        &error,
        KeyFileError::Differs {
            part: Part::CircuitHash,
            ..
        }
    ));
    assert!(
        error
            .to_string()
            .contains(&hex::encode(tweaked.id().hash()))
    );
}

#[test]
fn files_of_a_wrong_size_are_refused() {
    assert!(matches!(
        changed(|b| b.push(0)),
        Err(KeyFileError::Size { .. })
    ));
    assert!(matches!(
        changed(|b| b.truncate(b.len() - 1)),
        Err(KeyFileError::Size { .. })
    ));
    let [.., table, digest] = offsets();
    for (length, wanted) in [
        (6, Part::Version),
        (table + 7, Part::Table),
        (digest + 31, Part::Header),
    ] {
        assert!(
            matches!(changed(|b| b.truncate(length)), Err(KeyFileError::Truncated { part }) if part == wanted)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Includes circuits without inputs, without constraints or without free witnesses.
    #[test]
    fn keys_come_back(seed in any::<u64>(), constraints in 0usize..40, inputs in 0usize..4, free in 1usize..20) {
        let (circuit, _) = random_circuit(seed, constraints, inputs, free);
        let key = generate(&circuit, Origin::SingleParty, &Silent).unwrap();
        let mut bytes = Vec::new();
        write(&key, &mut bytes, &Silent).unwrap();
        prop_assert_eq!(load_for(&circuit, Origin::SingleParty, &bytes).unwrap(), key);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn damage_to_the_header_is_refused(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = fixture().2.clone();
        let place = place.index(header().bytes() as usize);
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        prop_assert!(load_bytes(&bytes).is_err());
    }

    #[test]
    fn damage_to_the_body_is_refused(place in any::<prop::sample::Index>(), mask in 1u8..) {
        let mut bytes = fixture().2.clone();
        let header = header().bytes() as usize;
        let place = header + place.index(bytes.len() - header);
        bytes[place] ^= mask;
        prop_assert!(load_bytes(&bytes).is_err());
    }

    #[test]
    fn cut_files_are_refused(length in any::<prop::sample::Index>()) {
        let bytes = &fixture().2;
        prop_assert!(load_bytes(&bytes[..length.index(bytes.len())]).is_err());
    }

    #[test]
    fn noise_after_the_magic_is_refused(noise in proptest::collection::vec(any::<u8>(), 0..800)) {
        let mut bytes = b"CPKEY\x02\x00\x01".to_vec();
        bytes.extend(noise);
        prop_assert!(load_bytes(&bytes).is_err());
    }
}
