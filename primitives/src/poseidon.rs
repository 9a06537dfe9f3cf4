//! Poseidon x⁵ over BN254 with circomlib's constants, for widths 2 to 6 and 15.
//!
//! Source: Grassi, Khovratovich, Rechberger, Roy, Schofnegger, "Poseidon", USENIX Security 2021;
//! instances of circomlib (8 full rounds; 56, 57, 56, 60, 60 and 60 partial ones for these widths;
//! capacity 0 in front). Width 15 hashes long lists: 13 new elements per permutation cost about
//! half of what width 6 would in a circuit.
//!
//! The constants are the output of the reference's Grain generator
//! (`examples/poseidon_constants.rs`, which writes the files beside this module; a test generates
//! them again and compares). Native hashing runs the partial rounds as a linear recurrence and
//! multiplies matrices with half the multiplications (`permutation.rs`, `dot.rs`); circuits use the
//! plain rounds or the sparse form (the paper's appendix B). All compute the same permutation.

mod constants;
mod dot;
#[cfg(feature = "std")]
pub mod grain;
#[cfg(feature = "host")]
pub mod host;
mod permutation;

pub use constants::{Parameters, WIDTHS, parameters};

use crate::field::{FieldBytes, FieldError, Fr};
use alloc::vec::Vec;
use ark_ff::Zero;

/// Full rounds of every instance.
pub const FULL_ROUNDS: usize = 8;
/// Width of the permutation behind [`hash_list`].
pub const LIST_WIDTH: usize = 15;
/// Elements that one permutation of [`hash_list`] takes in.
pub const LIST_RATE: usize = LIST_WIDTH - 2;

/// The kind of list that is hashed; its tag starts the chain, so lists of different kinds never
/// hash alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// An account's leaf.
    AccountLeaf,
    /// An order set.
    OrderSet,
    /// A snapshot.
    Snapshot,
    /// One chunk's price entries.
    PriceList,
    /// All chunks' price lists.
    Prices,
    /// A batch header.
    Header,
    /// A boundary between chunks.
    Boundary,
    /// A venue's ledger.
    Ledger,
    /// Funding indices of a venue by instrument.
    Funding,
    /// Open interest of a venue by instrument.
    OpenInterest,
    /// A request to see one's own account.
    Access,
    /// An owner's viewing key.
    ViewingKey,
}

impl Domain {
    /// The tag: the ASCII name as a little-endian integer.
    pub fn tag(self) -> Fr {
        let name: &[u8] = match self {
            Self::AccountLeaf => b"clearproof.leaf",
            Self::OrderSet => b"clearproof.orderset",
            Self::Snapshot => b"clearproof.snapshot",
            Self::PriceList => b"clearproof.pricelist",
            Self::Prices => b"clearproof.prices",
            Self::Header => b"clearproof.header",
            Self::Boundary => b"clearproof.boundary",
            Self::Ledger => b"clearproof.ledger",
            Self::Funding => b"clearproof.funding",
            Self::OpenInterest => b"clearproof.interest",
            Self::Access => b"clearproof.access",
            Self::ViewingKey => b"clearproof.viewing",
        };
        name.iter().rev().fold(Fr::zero(), |tag, byte| {
            tag * Fr::from(256u64) + Fr::from(*byte)
        })
    }
}

/// circomlib's Poseidon of N inputs, N being 1 to 5 or 14.
pub fn hash<const N: usize>(inputs: &[Fr; N]) -> Fr {
    const {
        assert!(
            N >= 1 && (N <= 5 || N == LIST_WIDTH - 1),
            "no constants for this number of inputs"
        );
    };
    #[cfg(all(feature = "host", substrate_runtime))]
    if let Some(hash) = host::from_the_host(inputs) {
        return hash;
    }
    match N {
        1 => hash_wide::<2>(inputs),
        2 => hash_wide::<3>(inputs),
        3 => hash_wide::<4>(inputs),
        4 => hash_wide::<5>(inputs),
        5 => hash_wide::<6>(inputs),
        _ => hash_wide::<LIST_WIDTH>(inputs),
    }
}

/// [`hash`] of a number of inputs that is known only now; none for a number that it does not take.
#[cfg(all(feature = "host", not(substrate_runtime)))]
fn hash_elements(inputs: &[Fr]) -> Option<Fr> {
    match inputs.len() {
        1 => Some(hash_wide::<2>(inputs)),
        2 => Some(hash_wide::<3>(inputs)),
        3 => Some(hash_wide::<4>(inputs)),
        4 => Some(hash_wide::<5>(inputs)),
        5 => Some(hash_wide::<6>(inputs)),
        14 => Some(hash_wide::<LIST_WIDTH>(inputs)),
        _ => None,
    }
}

fn hash_wide<const T: usize>(inputs: &[Fr]) -> Fr {
    let mut state = [Fr::zero(); T];
    state[1..].copy_from_slice(inputs);
    let native = constants::native::<T>();
    let boxed = permutation::before_last_matrix(native, state);
    native.mds.first(&boxed)
}

/// Hash of a list: a chain of 14-input hashes that starts with the domain's tag and takes in 13
/// elements at a time, the last block filled with zeros. At least one block. Lists of one domain
/// have one length, or begin with it.
pub fn hash_list(domain: Domain, items: &[Fr]) -> Fr {
    let block = |chain: Fr, items: &[Fr]| {
        let mut inputs = [Fr::zero(); LIST_WIDTH - 1];
        inputs[0] = chain;
        inputs[1..=items.len()].copy_from_slice(items);
        hash(&inputs)
    };
    if items.is_empty() {
        return block(domain.tag(), &[]);
    }
    items.chunks(LIST_RATE).fold(domain.tag(), block)
}

/// [`hash_list`] of elements as bytes, canonical ones. In a runtime with the host function nothing
/// of them is converted in wasm, where that costs more than the hash.
pub fn hash_encoded_list(
    domain: Domain,
    items: impl ExactSizeIterator<Item = FieldBytes>,
) -> Result<Fr, FieldError> {
    #[cfg(all(feature = "host", substrate_runtime))]
    let hash = host::hash_encoded_list(domain, items);
    #[cfg(not(all(feature = "host", substrate_runtime)))]
    let hash = {
        let items = items.map(|bytes| bytes.to_fr());
        let items: Vec<_> = items.collect::<Result<_, _>>()?;
        Ok(hash_list(domain, &items))
    };
    hash
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::field::to_decimal;
    use ark_ff::Field;

    fn counting<const N: usize>() -> [Fr; N] {
        core::array::from_fn(|i| Fr::from(i as u64 + 1))
    }

    /// go-iden3-crypto, poseidon_test.go, and circomlib, test/poseidoncircuit.js.
    #[test]
    fn hashes_match_published_vectors() {
        let published = [
            (
                hash(&counting::<1>()),
                "18586133768512220936620570745912940619677854269274689475585506675881198879027",
            ),
            (
                hash(&counting::<2>()),
                "7853200120776062878684798364095072458815029376092732009249414926327459813530",
            ),
            (
                hash(&counting::<4>()),
                "18821383157269793795438455681495246036402687001665670618754263018637548127333",
            ),
            (
                hash(&counting::<5>()),
                "6183221330272524995739186171720101788151706631170188140075976616310159254464",
            ),
            (
                hash(&counting::<14>()),
                "8354478399926161176778659061636406690034081872658507739535256090879947077494",
            ),
        ];
        for (value, expected) in published {
            assert_eq!(to_decimal(&value), expected);
        }
    }

    #[test]
    fn committed_constants_are_what_the_generator_gives() {
        for (width, partial_rounds) in WIDTHS {
            let generated = grain::generate(width, partial_rounds).unwrap();
            // Tests run in their package's folder. A path fixed at compile time would be another
            // checkout's, where several share a target directory.
            let committed = std::fs::read(format!("src/poseidon/width_{width}.bin")).unwrap();
            let generated = grain::to_bytes(&generated);
            assert!(committed == generated, "width {width}");
        }
    }

    /// The rounds as the paper's figure has them, once with dense matrices and once in the sparse
    /// form.
    #[test]
    fn all_forms_compute_one_permutation() {
        fn sbox(x: &mut Fr) {
            *x = x.pow([5]);
        }
        fn times(matrix: &[Fr], state: &[Fr]) -> Vec<Fr> {
            let row = |row: &[Fr]| row.iter().zip(state).map(|(m, x)| *m * x).sum();
            matrix.chunks(state.len()).map(row).collect()
        }
        fn check<const T: usize>() {
            let p = parameters(T).unwrap();
            let start: [Fr; T] = core::array::from_fn(|i| Fr::from((i * i + 7) as u64));
            let half = FULL_ROUNDS / 2;
            let mut plain = start.to_vec();
            for (round, constants) in p.round_constants.chunks_exact(T).enumerate() {
                plain.iter_mut().zip(constants).for_each(|(x, c)| *x += c);
                let is_full = round < half || round >= half + p.partial_rounds;
                let boxes = if is_full { T } else { 1 };
                plain[..boxes].iter_mut().for_each(sbox);
                plain = times(p.mds, &plain);
            }
            let mut sparse = start.to_vec();
            let full = |state: &mut Vec<Fr>, constants: &[Fr], matrix: &[Fr]| {
                state.iter_mut().zip(constants).for_each(|(x, c)| *x += c);
                state.iter_mut().for_each(sbox);
                *state = times(matrix, state);
            };
            for (round, constants) in p.first_constants.chunks(T).enumerate() {
                let last = round + 1 == half;
                full(
                    &mut sparse,
                    constants,
                    if last { p.pre_sparse } else { p.mds },
                );
            }
            for (constant, round) in p.partial_constants.iter().zip(p.sparse.chunks(2 * T - 1)) {
                sparse[0] += constant;
                sbox(&mut sparse[0]);
                let first = sparse[0];
                sparse[0] = times(&round[..T], &sparse)[0];
                sparse[1..]
                    .iter_mut()
                    .zip(&round[T..])
                    .for_each(|(x, m)| *x += *m * first);
            }
            for constants in p.last_constants.chunks(T) {
                full(&mut sparse, constants, p.mds);
            }
            assert_eq!(plain, sparse);
            let native = constants::native::<T>();
            let boxed = permutation::before_last_matrix(native, start);
            assert_eq!(plain, native.mds.times(&boxed));
        }
        check::<2>();
        check::<3>();
        check::<4>();
        check::<5>();
        check::<6>();
        check::<15>();
    }

    #[test]
    fn encoded_lists_hash_as_their_elements_do() {
        for count in [0, 1, 13, 14, 700] {
            let items: Vec<_> = (0..count).map(|i| Fr::from(i as u64 * 3 + 1)).collect();
            let encoded = items.iter().map(|item| FieldBytes::from(*item));
            let hash = hash_encoded_list(Domain::Snapshot, encoded);
            assert_eq!(hash, Ok(hash_list(Domain::Snapshot, &items)), "{count}");
            #[cfg(feature = "host")]
            {
                let encoded = items.iter().map(|item| FieldBytes::from(*item));
                let by_host = host::hash_encoded_list(Domain::Snapshot, encoded);
                assert_eq!(by_host, hash, "{count}");
            }
        }
        let beyond = hash_encoded_list(Domain::Snapshot, [FieldBytes([255; 32])].into_iter());
        assert_eq!(beyond, Err(FieldError::NotCanonical));
    }

    #[test]
    fn list_hashes_differ_by_domain_and_content() {
        let items: Vec<_> = (0..14u64).map(Fr::from).collect();
        assert_ne!(
            hash_list(Domain::Header, &items),
            hash_list(Domain::Ledger, &items)
        );
        assert_ne!(
            hash_list(Domain::Header, &items),
            hash_list(Domain::Header, &items[..13])
        );
        assert_ne!(hash_list(Domain::Header, &[]), Domain::Header.tag());
    }
}
