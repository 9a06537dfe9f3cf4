//! Messages that are signed outside batches: an operator's receipt for an order set, and a trader's request to see their
//! own account. Both are signed with EdDSA-Poseidon, as order sets are.

use crate::{
    field::Fr,
    poseidon::{hash_list, Domain},
};

/// Milliseconds that a signed request to see an account may differ from the operator's clock, either way.
pub const ACCESS_WINDOW: u64 = 30_000;

/// The message of a receipt: the order set's own message, which binds chain, venue and all terms, then account, sequence,
/// place in the order of arrival, and the time of acceptance in milliseconds since the Unix epoch.
pub fn receipt_message(
    order_set: Fr,
    account: u32,
    sequence: u64,
    arrival: u64,
    accepted: u64,
) -> Fr {
    let fields = [
        order_set,
        Fr::from(account),
        Fr::from(sequence),
        Fr::from(arrival),
        Fr::from(accepted),
    ];
    hash_list(Domain::Receipt, &fields)
}

/// The message of a request to see the signer's account at `time`, in milliseconds since the Unix epoch. `genesis` is the
/// chain's genesis field: see [`crate::batch::genesis_field`].
pub fn access_message(genesis: Fr, venue: u32, time: u64) -> Fr {
    hash_list(Domain::Access, &[genesis, Fr::from(venue), Fr::from(time)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_receipt_counts() {
        let set = Fr::from(9u64);
        let base = receipt_message(set, 1, 2, 3, 4);
        let others = [
            receipt_message(set + Fr::from(1u64), 1, 2, 3, 4),
            receipt_message(set, 2, 2, 3, 4),
            receipt_message(set, 1, 3, 3, 4),
            receipt_message(set, 1, 2, 4, 4),
            receipt_message(set, 1, 2, 3, 5),
            receipt_message(set, 2, 1, 3, 4),
        ];
        for (i, other) in others.iter().enumerate() {
            assert_ne!(base, *other, "{i}");
        }
    }

    #[test]
    fn every_field_of_an_access_counts_and_no_other_message_is_one() {
        let genesis = Fr::from(7u64);
        let base = access_message(genesis, 1, 1_000);
        assert_ne!(base, access_message(genesis + Fr::from(1u64), 1, 1_000));
        assert_ne!(base, access_message(genesis, 2, 1_000));
        assert_ne!(base, access_message(genesis, 1, 1_001));
        let same = [genesis, Fr::from(1u64), Fr::from(1_000u64)];
        for domain in [Domain::OrderSet, Domain::Receipt, Domain::Header] {
            assert_ne!(base, hash_list(domain, &same));
        }
    }
}
