//! Poseidon as a host function: a snapshot's hash takes 54 permutations, which cost a runtime's
//! wasm several times what they cost the node.
//!
//! A function once released never changes: a different behaviour is a new `#[version]`.

#[cfg(any(substrate_runtime, test))]
use crate::field::FieldError;
use crate::field::{FieldBytes, Fr};
use alloc::vec::Vec;
use sp_runtime_interface::{
    pass_by::{PassFatPointerAndRead, PassFatPointerAndWrite},
    runtime_interface,
};

/// Bytes of an element.
const ELEMENT: usize = 32;

/// Hashing on the node, exported as `ext_clearproof_poseidon_hash_version_1`.
#[runtime_interface]
pub trait ClearproofPoseidon {
    /// Poseidon of 1 to 5 or 14 elements, each in 32 bytes, little-endian and canonical, to 32
    /// bytes of `out`.
    ///
    /// Returns 0, or 1 for any other input; `out` holds zeros then.
    fn hash(inputs: PassFatPointerAndRead<&[u8]>, out: PassFatPointerAndWrite<&mut [u8]>) -> u32 {
        u32::from(on_the_host(inputs, out).is_none())
    }
}

/// The host's side: bytes to elements, checked, and back.
#[cfg(not(substrate_runtime))]
fn on_the_host(inputs: &[u8], out: &mut [u8]) -> Option<()> {
    let (chunks, rest) = inputs.as_chunks::<ELEMENT>();
    if !rest.is_empty() || out.len() != ELEMENT {
        return None;
    }
    let elements = chunks.iter().map(|bytes| FieldBytes(*bytes).to_fr().ok());
    let elements: Vec<Fr> = elements.collect::<Option<_>>()?;
    let hash = super::hash_elements(&elements)?;
    out.copy_from_slice(&FieldBytes::from(hash).0);
    Some(())
}

/// The runtime's side. None where the host refuses, which it does for no input of [`super::hash`].
#[cfg(substrate_runtime)]
pub(super) fn from_the_host(inputs: &[Fr]) -> Option<Fr> {
    let bytes: Vec<u8> = inputs
        .iter()
        .flat_map(|input| FieldBytes::from(*input).0)
        .collect();
    let mut out = [0; ELEMENT];
    match clearproof_poseidon::hash(&bytes, &mut out) {
        0 => FieldBytes(out).to_fr().ok(),
        _ => None,
    }
}

/// See [`super::hash_encoded_list`].
#[cfg(any(substrate_runtime, test))]
pub(super) fn hash_encoded_list(
    domain: super::Domain,
    items: impl ExactSizeIterator<Item = FieldBytes>,
) -> Result<Fr, FieldError> {
    let mut chain = FieldBytes::from(domain.tag()).0;
    let mut block = Vec::with_capacity(BLOCK);
    let mut left = items.len().max(1);
    let mut items = items;
    while left > 0 {
        block.clear();
        block.extend_from_slice(&chain);
        for item in items.by_ref().take(super::LIST_RATE) {
            block.extend_from_slice(&item.0);
        }
        block.resize(BLOCK, 0);
        if clearproof_poseidon::hash(&block, &mut chain) != 0 {
            return Err(FieldError::NotCanonical);
        }
        left = left.saturating_sub(super::LIST_RATE);
    }
    FieldBytes(chain).to_fr()
}

/// Bytes of a list's block with the chain in front.
#[cfg(any(substrate_runtime, test))]
const BLOCK: usize = ELEMENT * (super::LIST_RATE + 1);

#[cfg(not(substrate_runtime))]
pub use clearproof_poseidon::HostFunctions;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::poseidon::hash;
    use proptest::prelude::*;

    #[test]
    fn the_host_hashes_as_the_library_does() {
        let inputs = [1u64, 2, 3].map(Fr::from);
        let bytes: Vec<u8> = inputs.iter().flat_map(|x| FieldBytes::from(*x).0).collect();
        let mut out = [0; ELEMENT];
        assert_eq!(clearproof_poseidon::hash(&bytes, &mut out), 0);
        assert_eq!(FieldBytes(out), hash(&inputs).into());
    }

    #[test]
    fn other_lengths_and_elements_that_are_not_canonical_are_refused() {
        let refused = |bytes: &[u8], out: usize| {
            let mut out = vec![0; out];
            clearproof_poseidon::hash(bytes, &mut out) == 1 && out.iter().all(|b| *b == 0)
        };
        for elements in [0, 6, 13, 15] {
            assert!(refused(&vec![0; elements * ELEMENT], ELEMENT), "{elements}");
        }
        assert!(refused(&[0; 33], ELEMENT));
        assert!(refused(&[0; ELEMENT], ELEMENT - 1));
        assert!(refused(&[0xff; ELEMENT], ELEMENT));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
            clearproof_poseidon::hash(&bytes, &mut [0; ELEMENT]);
        }
    }
}
