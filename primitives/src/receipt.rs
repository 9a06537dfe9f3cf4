//! Messages that are signed outside batches: an operator's receipt for an order set, and a trader's
//! request to see their own account.

use crate::{
    field::{FieldBytes, Fr},
    ids::{AccountIndex, VenueId},
    poseidon::{Domain, hash_list},
    time::Millis,
};

/// Milliseconds that a signed request to see an account may differ from the operator's clock,
/// either way.
pub const ACCESS_WINDOW: Millis = Millis::new(30_000);

/// Starts every receipt's message, so that a signature over one is a signature over nothing else.
pub const RECEIPT_TAG: [u8; 18] = *b"clearproof.receipt";
/// Bytes of a receipt's message.
pub const RECEIPT_BYTES: usize = RECEIPT_TAG.len() + 32 + 4 + 3 * 8;

/// The message of a receipt: [`RECEIPT_TAG`]; the order set's own message (32 bytes), which binds
/// chain, venue and all terms; account (4); sequence, place in the order of arrival, and time of
/// acceptance in milliseconds since the Unix epoch (8 each); all integers little-endian.
///
/// Operators sign it with Ed25519 (RFC 8032): no circuit reads a receipt, and browsers, wallets and
/// the chain's host functions verify Ed25519 as it is.
pub fn receipt_message(
    order_set: Fr,
    account: AccountIndex,
    sequence: u64,
    arrival: u64,
    accepted: Millis,
) -> [u8; RECEIPT_BYTES] {
    let mut message = [0; RECEIPT_BYTES];
    let numbers = [sequence, arrival, accepted.get()].map(u64::to_le_bytes);
    let parts: [&[u8]; 6] = [
        &RECEIPT_TAG,
        &FieldBytes::from(order_set).0,
        &account.get().to_le_bytes(),
        &numbers[0],
        &numbers[1],
        &numbers[2],
    ];
    let bytes = parts.into_iter().flatten();
    message
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = *from);
    message
}

/// The message of a request to see the signer's account at `time`, in milliseconds since the Unix
/// epoch. `genesis` is the chain's genesis field: see [`crate::batch::genesis_field`].
pub fn access_message(genesis: Fr, venue: VenueId, time: Millis) -> Fr {
    hash_list(
        Domain::Access,
        &[genesis, Fr::from(venue.get()), Fr::from(time.get())],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_has_the_documented_bytes() {
        let message = receipt_message(Fr::from(1u64), AccountIndex::new(2), 3, 4, Millis::new(5));
        assert_eq!(message[..18], *b"clearproof.receipt");
        assert_eq!((message[18], message[50], message[54]), (1, 2, 3));
        assert_eq!((message[62], message[70], message.len()), (4, 5, 78));
    }

    #[test]
    fn every_field_of_a_receipt_counts() {
        let set = Fr::from(9u64);
        let base = receipt_message(set, AccountIndex::new(1), 2, 3, Millis::new(4));
        let others = [
            receipt_message(
                set + Fr::from(1u64),
                AccountIndex::new(1),
                2,
                3,
                Millis::new(4),
            ),
            receipt_message(set, AccountIndex::new(2), 2, 3, Millis::new(4)),
            receipt_message(set, AccountIndex::new(1), 3, 3, Millis::new(4)),
            receipt_message(set, AccountIndex::new(1), 2, 4, Millis::new(4)),
            receipt_message(set, AccountIndex::new(1), 2, 3, Millis::new(5)),
            receipt_message(set, AccountIndex::new(2), 1, 3, Millis::new(4)),
        ];
        for (i, other) in others.iter().enumerate() {
            assert_ne!(base, *other, "{i}");
        }
    }

    #[test]
    fn every_field_of_an_access_counts_and_no_other_message_is_one() {
        let genesis = Fr::from(7u64);
        let base = access_message(genesis, VenueId::new(1), Millis::new(1_000));
        assert_ne!(
            base,
            access_message(
                genesis + Fr::from(1u64),
                VenueId::new(1),
                Millis::new(1_000)
            )
        );
        assert_ne!(
            base,
            access_message(genesis, VenueId::new(2), Millis::new(1_000))
        );
        assert_ne!(
            base,
            access_message(genesis, VenueId::new(1), Millis::new(1_001))
        );
        let same = [genesis, Fr::from(1u64), Fr::from(1_000u64)];
        for domain in [Domain::OrderSet, Domain::Boundary, Domain::Header] {
            assert_ne!(base, hash_list(domain, &same));
        }
    }
}
