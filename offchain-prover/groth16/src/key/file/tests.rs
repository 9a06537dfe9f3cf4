#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    progress::Silent,
    setup::generate,
    testing::{edit, random_circuit, toy},
};
use proptest::prelude::*;
use std::{io::Write, sync::OnceLock};

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

fn read_for(circuit: &Circuit, origin: Origin, bytes: &[u8]) -> Result<ProvingKey, KeyFileError> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    // SAFETY: nobody else has this file.
    let map = unsafe { Mmap::map(&file) }.unwrap();
    read(circuit, origin, map, &Silent)
}

fn read_bytes(bytes: &[u8]) -> Result<ProvingKey, KeyFileError> {
    read_for(&fixture().0, Origin::Development, bytes)
}

/// The file with `change` made to a copy.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Result<ProvingKey, KeyFileError> {
    let mut bytes = fixture().2.clone();
    change(&mut bytes);
    assert_ne!(bytes, fixture().2);
    read_bytes(&bytes)
}

/// Where the parts of the header begin, in the order of the format's table.
fn offsets() -> [usize; 10] {
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
    ]
}

/// Where the body begins.
fn body() -> usize {
    (offsets()[9] + 32).next_multiple_of(64)
}

#[test]
fn a_key_comes_back() {
    let (_, key, bytes) = fixture();
    assert_eq!(&read_bytes(bytes).unwrap(), key);
    assert_eq!(bytes.len() as u64, body() as u64 + counts(key).body_bytes());
}

#[test]
fn each_field_of_the_header_is_bound() {
    let [magic, version, flag, hash, name, shape, instance, witness, constraints, digest] =
        offsets();
    assert!(matches!(
        changed(|b| b[magic] = b'X'),
        Err(KeyFileError::NotAKey)
    ));
    assert!(matches!(
        changed(|b| b[version] = 1),
        Err(KeyFileError::Version {
            found: 1,
            expected: 2
        })
    ));
    assert!(matches!(
        changed(|b| b[flag] = 0),
        Err(KeyFileError::Differs {
            part: Part::DevelopmentFlag,
            ..
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
        changed(|b| b[hash + 31] ^= 1),
        Err(KeyFileError::Differs {
            part: Part::CircuitHash,
            ..
        })
    ));
    assert!(matches!(
        changed(|b| b[name + 2] = b'z'),
        Err(KeyFileError::Differs {
            part: Part::Name,
            ..
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
        changed(|b| b[shape + 2] ^= 1),
        Err(KeyFileError::Differs {
            part: Part::Shape,
            ..
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
    for (offset, part) in [
        (instance, Part::InstanceColumns),
        (witness, Part::WitnessColumns),
        (constraints, Part::Constraints),
    ] {
        assert!(
            matches!(changed(|b| b[offset] ^= 1), Err(KeyFileError::Differs { part: p, .. }) if p == part)
        );
        for byte in 4..8 {
            assert!(matches!(
                changed(|b| b[offset + byte] = 0xff),
                Err(KeyFileError::TooLarge { part: p, limit: 0x1000_0000, .. }) if p == part
            ));
        }
    }
    assert!(matches!(
        changed(|b| b[digest] ^= 1),
        Err(KeyFileError::Digest { .. })
    ));
    // In the body: the lowest byte of a coordinate leaves it below the modulus, the highest does not.
    assert!(matches!(
        changed(|b| b[digest + 32] = 1),
        Err(KeyFileError::Padding)
    ));
    let body = body();
    assert!(matches!(
        changed(|b| b[body] ^= 1),
        Err(KeyFileError::Digest { .. })
    ));
    assert!(matches!(
        changed(|b| b[body + 31] = 0xff),
        Err(KeyFileError::Point {
            part: Part::VerifyingKey,
            index: 0
        })
    ));
    assert!(matches!(
        changed(|b| *b.last_mut().unwrap() = 0xff),
        Err(KeyFileError::Point { part: Part::L, .. })
    ));
}

#[test]
fn a_key_is_for_one_circuit_and_origin() {
    let (circuit, _, bytes) = fixture();
    assert!(matches!(
        read_for(circuit, Origin::SingleParty, bytes),
        Err(KeyFileError::Differs {
            part: Part::DevelopmentFlag,
            ..
        })
    ));
    let (other, _) = random_circuit(9, 77, 1, 20);
    assert!(read_for(&other, Origin::Development, bytes).is_err());
    let mut matrices = circuit.matrices().clone();
    edit(&mut matrices.b, |rows| {
        rows[7][0].0 += ark_bn254::Fr::from(1u64)
    });
    let tweaked = Circuit::new(circuit.id().name(), circuit.id().shape(), matrices).unwrap();
    let error = read_for(&tweaked, Origin::Development, bytes).unwrap_err();
    assert!(matches!(
        &error,
        KeyFileError::Differs {
            part: Part::CircuitHash,
            ..
        }
    ));
    assert!(error
        .to_string()
        .contains(&hex::encode(tweaked.id().hash())));
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
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn damage_to_the_header_is_refused(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let header = offsets()[9] + 32;
        let mut bytes = fixture().2.clone();
        let place = place.index(header);
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        prop_assert!(read_bytes(&bytes).is_err());
    }

    #[test]
    fn damage_to_the_body_is_refused(place in any::<prop::sample::Index>(), mask in 1u8..) {
        let mut bytes = fixture().2.clone();
        let header = offsets()[9] + 32;
        let place = header + place.index(bytes.len() - header);
        bytes[place] ^= mask;
        prop_assert!(read_bytes(&bytes).is_err());
    }

    #[test]
    fn cut_files_are_refused(length in any::<prop::sample::Index>()) {
        let bytes = &fixture().2;
        prop_assert!(read_bytes(&bytes[..length.index(bytes.len())]).is_err());
    }

    #[test]
    fn noise_after_the_magic_is_refused(noise in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = b"CPKEY\x02\x00\x01".to_vec();
        bytes.extend(noise);
        prop_assert!(read_bytes(&bytes).is_err());
    }
}
