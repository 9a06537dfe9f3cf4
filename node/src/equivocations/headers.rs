//! The headers of recent blocks, with which later ones are compared.

use clearproof_runtime::Header;
use codec::Encode;
use sp_consensus_babe::{AuthorityId, EquivocationProof, Slot};
use std::collections::{BTreeMap, btree_map::Entry};

/// Number of recent slots, the newest included, for which headers are kept: as many as BABE looks
/// at, fifty minutes.
pub const RECENT_SLOTS: u64 = 1_000;
/// Length of the largest header that is kept, bytes. The largest header that the runtime makes
/// names the next validators to BABE and to GRANDPA: 9 kB for a hundred of them. A block with a
/// larger header fails its execution.
pub const MAX_HEADER_BYTES: usize = 64 << 10;
/// Largest total length of all kept headers, bytes. Beyond it the oldest slots are forgotten.
/// Headers usually have less than 400 bytes, so only authors who make them large reach this limit.
pub const MAX_BYTES: usize = 8 << 20;

/// The blocks of an author in a slot.
enum Authored {
    /// One block.
    One(Box<Header>),
    /// Two blocks or more, which were proved.
    Several,
}

impl Authored {
    fn bytes(&self) -> usize {
        match self {
            Self::One(header) => header.encoded_size(),
            Self::Several => 0,
        }
    }
}

/// The first header of each author in each of the recent slots. It knows nothing of the time before
/// the program was started.
#[derive(Default)]
pub struct Headers {
    slots: BTreeMap<Slot, BTreeMap<AuthorityId, Authored>>,
    bytes: usize,
}

impl Headers {
    /// Records a header with its seal. Returns a proof if the author had another header in that
    /// slot. For an author and a slot it returns one proof only: an author who makes three blocks
    /// has committed one offence.
    ///
    /// Headers differ if their hashes with the seals differ, as they do for the runtime: one header
    /// that was sealed twice is two blocks, and only the key's holder can seal.
    pub fn note(
        &mut self,
        slot: Slot,
        author: &AuthorityId,
        header: Header,
    ) -> Option<EquivocationProof<Header>> {
        let bytes = header.encoded_size();
        if bytes > MAX_HEADER_BYTES || !self.advance(slot) {
            return None;
        }
        let proof = match self.slots.entry(slot).or_default().entry(author.clone()) {
            Entry::Vacant(place) => {
                place.insert(Authored::One(header.into()));
                self.bytes += bytes;
                None
            }
            Entry::Occupied(mut known) => match known.get() {
                Authored::One(first) if first.hash() != header.hash() => {
                    let proof = EquivocationProof {
                        offender: author.clone(),
                        slot,
                        first_header: (**first).clone(),
                        second_header: header,
                    };
                    self.bytes -= known.insert(Authored::Several).bytes();
                    Some(proof)
                }
                Authored::One(_) | Authored::Several => None,
            },
        };
        while self.bytes > MAX_BYTES {
            let Some((_, oldest)) = self.slots.pop_first() else {
                break;
            };
            self.forget(oldest);
        }
        proof
    }

    /// Forgets the slots that are too old once `slot` has come. Returns true if the slot itself is
    /// recent.
    fn advance(&mut self, slot: Slot) -> bool {
        let newest = self.slots.last_key_value();
        let newest = newest.map_or(slot, |(newest, _)| slot.max(*newest));
        let first = Slot::from((*newest).saturating_sub(RECENT_SLOTS - 1));
        let recent = self.slots.split_off(&first);
        for old in std::mem::replace(&mut self.slots, recent).into_values() {
            self.forget(old);
        }
        slot >= first
    }

    fn forget(&mut self, slot: BTreeMap<AuthorityId, Authored>) {
        self.bytes -= slot.values().map(Authored::bytes).sum::<usize>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clearproof_runtime::Hash;
    use sp_consensus_babe::{
        check_equivocation_proof,
        digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest},
    };
    use sp_keyring::Sr25519Keyring::{self, Alice, Bob};
    use sp_runtime::{Digest, DigestItem, traits::Header as _};

    fn id(author: Sr25519Keyring) -> AuthorityId {
        author.public().into()
    }

    /// A header without its seal. The `salt` distinguishes it from others.
    fn bare(slot: u64, index: u32, salt: u8, logs: usize) -> Header {
        let claim = PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
            authority_index: index,
            slot: slot.into(),
        });
        let mut logs = vec![DigestItem::Other(vec![0; logs])];
        logs.insert(0, DigestItem::babe_pre_digest(claim));
        let root = Hash::repeat_byte(salt);
        Header::new(2, root, root, root, Digest { logs })
    }

    /// Seals a header as its author does: each time with another signature.
    fn seal(author: Sr25519Keyring, mut header: Header) -> Header {
        let seal = author.sign(header.hash().as_ref());
        header.digest_mut().push(DigestItem::babe_seal(seal.into()));
        header
    }

    fn sealed(slot: u64, author: Sr25519Keyring, salt: u8) -> Header {
        seal(author, bare(slot, author as u32, salt, 0))
    }

    impl Headers {
        fn see(
            &mut self,
            slot: u64,
            author: Sr25519Keyring,
            header: &Header,
        ) -> Option<EquivocationProof<Header>> {
            let proof = self.note(slot.into(), &id(author), header.clone());
            let kept = self.slots.values().flat_map(BTreeMap::values);
            assert_eq!(kept.map(Authored::bytes).sum::<usize>(), self.bytes);
            proof
        }
    }

    #[test]
    fn two_headers_are_a_proof_that_the_runtime_accepts_and_more_are_no_second_one() {
        let mut headers = Headers::default();
        let [first, second, third] = [1, 2, 3].map(|salt| sealed(7, Bob, salt));
        assert_eq!(headers.see(7, Bob, &first), None);
        let proof = headers.see(7, Bob, &second).expect("two blocks");
        assert_eq!((&proof.offender, *proof.slot), (&id(Bob), 7));
        assert_eq!(
            (&proof.first_header, &proof.second_header),
            (&first, &second)
        );
        assert!(check_equivocation_proof(proof));
        for known in [first, second, third] {
            assert_eq!(headers.see(7, Bob, &known), None);
        }
        assert_eq!(headers.bytes, 0);
    }

    #[test]
    fn what_babe_compares_proves_nothing() {
        let mut headers = Headers::default();
        let [first, second] = [1, 2].map(|salt| bare(7, 1, salt, 0));
        assert_eq!(headers.see(7, Bob, &first), None);
        let proof = headers.see(7, Bob, &second).expect("they differ");
        assert!(!check_equivocation_proof(proof), "no seal, no signature");
    }

    #[test]
    fn one_header_sealed_twice_is_two_blocks() {
        let mut headers = Headers::default();
        let once = bare(7, 1, 1, 0);
        let [first, second] = [(); 2].map(|()| seal(Bob, once.clone()));
        assert_eq!(headers.see(7, Bob, &first), None);
        let proof = headers.see(7, Bob, &second).expect("two seals");
        assert!(check_equivocation_proof(proof));
    }

    #[test]
    fn the_same_header_again_another_author_and_another_slot_prove_nothing() {
        let mut headers = Headers::default();
        let header = sealed(7, Bob, 1);
        assert_eq!(headers.see(7, Bob, &header), None);
        assert_eq!(headers.see(7, Bob, &header), None);
        assert_eq!(headers.see(7, Alice, &sealed(7, Alice, 2)), None);
        assert_eq!(headers.see(8, Bob, &sealed(8, Bob, 2)), None);
        // None of these hides a second header.
        assert!(headers.see(7, Bob, &sealed(7, Bob, 3)).is_some());
    }

    #[test]
    fn old_slots_are_forgotten() {
        let mut headers = Headers::default();
        let last = 10 + RECENT_SLOTS;
        for slot in [10, 11, last - 1] {
            assert_eq!(headers.see(slot, Bob, &sealed(slot, Bob, 1)), None);
        }
        assert_eq!(headers.slots.len(), 3, "all of them are recent");
        assert_eq!(headers.see(last, Bob, &sealed(last, Bob, 1)), None);
        assert_eq!(headers.slots.len(), 3, "slot 10 is not any more");
        for salt in [2, 3] {
            assert_eq!(headers.see(10, Bob, &sealed(10, Bob, salt)), None);
        }
        assert!(headers.see(11, Bob, &sealed(11, Bob, 2)).is_some());
        // Far ahead, all earlier slots are forgotten.
        assert_eq!(headers.see(9_999, Bob, &sealed(9_999, Bob, 1)), None);
        assert_eq!(headers.slots.len(), 1);
    }

    #[test]
    fn memory_is_bounded_in_slots_and_in_bytes() {
        let mut headers = Headers::default();
        let large = |slot, author: Sr25519Keyring, salt| {
            seal(
                author,
                bare(slot, author as u32, salt, MAX_HEADER_BYTES - 1_000),
            )
        };
        let fit = (MAX_BYTES / large(1, Bob, 1).encoded_size()) as u64;
        for slot in 1..=fit {
            assert_eq!(headers.see(slot, Bob, &large(slot, Bob, 1)), None);
        }
        assert_eq!(headers.slots.len() as u64, fit);
        let next = fit + 1;
        assert_eq!(headers.see(next, Bob, &large(next, Bob, 1)), None);
        assert!(headers.bytes <= MAX_BYTES);
        assert_eq!(headers.slots.len() as u64, fit, "the oldest made room");
        assert_eq!(headers.see(1, Bob, &sealed(1, Bob, 2)), None);
        assert!(headers.see(next, Bob, &sealed(next, Bob, 2)).is_some());

        let too_large = seal(Alice, bare(next, 0, 1, MAX_HEADER_BYTES));
        assert_eq!(headers.see(next, Alice, &too_large), None);
        assert!(!headers.slots[&next.into()].contains_key(&id(Alice)));

        let mut headers = Headers::default();
        for slot in 0..3 * RECENT_SLOTS {
            assert_eq!(headers.see(slot, Bob, &sealed(slot, Bob, 1)), None);
        }
        assert_eq!(headers.slots.len() as u64, RECENT_SLOTS);
    }
}
