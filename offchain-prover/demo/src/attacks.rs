//! Batches that must be refused: each is an honest batch with one thing changed, sent to the real
//! chain, whose answer must be one named error.

use super::report::Refusal;
use anyhow::{Context, Result, ensure};
use clearproof_client::chain::{Chain, ChainError, calls};
use clearproof_primitives::{
    field::{FieldBytes, fr_from_i128},
    ids::VenueId,
    submission::Batch,
};
use subxt_signer::sr25519::Keypair;

/// Bytes of a proof's points in G1, of which it has two, the first and the last.
const G1_BYTES: usize = 64;

/// Sends a batch that must be refused and notes what came of it.
///
/// # Errors
/// The node was lost.
pub async fn attempt(
    chain: &Chain,
    signer: &Keypair,
    attempt: &'static str,
    expected: &'static str,
    batch: &Batch,
) -> Result<Refusal> {
    let (got, held) = match chain.submit(signer, &calls::submit_batch(batch)).await {
        Ok(included) => (format!("accepted in block {}", included.block), false),
        Err(ChainError::Refused { pallet, error, .. }) => {
            let held = pallet == "Settlement" && error == expected;
            (error, held)
        }
        Err(error @ ChainError::Node(_)) => return Err(error).context(attempt),
        Err(error) => (error.to_string(), false),
    };
    tracing::info!(expected, got, "{attempt}");
    Ok(Refusal {
        attempt,
        by: "chain",
        expected,
        got,
        held,
    })
}

/// The same batch as the next one of its venue: only the root that it starts from is old.
pub fn on_a_stale_root(settled: &Batch) -> Batch {
    let mut batch = settled.clone();
    batch.header.number = batch.header.number.next();
    batch
}

/// The closing proof's last point replaced by its first one: well-formed points, but no proof of
/// this.
pub fn with_swapped_point(honest: &Batch) -> Batch {
    let mut batch = honest.clone();
    let (start, end) = (batch.closing_proof, batch.closing_proof.len() - G1_BYTES);
    batch.closing_proof[end..].copy_from_slice(&start[..G1_BYTES]);
    batch
}

/// One bit of the closing proof flipped: its first point leaves the curve.
pub fn with_flipped_bit(honest: &Batch) -> Batch {
    let mut batch = honest.clone();
    batch.closing_proof[0] ^= 1;
    batch
}

/// The batch of one venue submitted to another one in the same state.
pub fn at_another_venue(honest: &Batch, venue: VenueId) -> Batch {
    let mut batch = honest.clone();
    batch.header.venue = venue;
    batch
}

/// The new state root written as the same residue, but above the modulus.
///
/// # Errors
/// None for a canonical root: twice the modulus is below 2^256.
pub fn with_non_canonical_root(honest: &Batch) -> Result<Batch> {
    let mut batch = honest.clone();
    // The modulus is one more than the largest element.
    let largest = FieldBytes::from(fr_from_i128(-1)).0;
    let mut carry = 1u16;
    for (byte, add) in batch.header.new_root.0.iter_mut().zip(largest) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    ensure!(carry == 0, "the root is not canonical already");
    Ok(batch)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clearproof_primitives::fixed::Factor;
    use clearproof_primitives::fixed::Rate;
    use clearproof_primitives::ids::BatchNumber;
    use clearproof_primitives::ids::SnapshotNumber;
    use clearproof_primitives::time::Millis;
    use clearproof_primitives::{batch::BatchHeader, field::Fr};

    fn batch(new_root: Fr) -> Batch {
        let zero = FieldBytes::default();
        let header = BatchHeader {
            version: 3,
            genesis: [0; 32],
            venue: VenueId::new(1),
            number: BatchNumber::new(4),
            old_root: zero,
            new_root: new_root.into(),
            snapshot_number: SnapshotNumber::new(1),
            snapshot_hash: zero,
            time_from: Millis::new(1),
            time_to: Millis::new(2),
            prices_hash: zero,
            deposits_before: 0,
            deposits_accumulator_before: zero,
            deposits_after: 0,
            deposits_accumulator_after: zero,
            withdrawal_count: 0,
            withdrawals_hash: zero,
            data_hash: zero,
            chunk_count: 0,
            submitter: [0; 32],
            funding_hash: zero,
            open_interest_hash: zero,
            protocol_fee: 0,
            protocol_share: Rate::new(0),
            deleverage_rank: Factor::new(0),
            slack: Rate::new(0),
        };
        let mut closing_proof = [0; 256];
        for (i, byte) in closing_proof.iter_mut().enumerate() {
            *byte = i as u8;
        }
        Batch {
            header,
            first_boundary: zero,
            chunks: Vec::new().try_into().unwrap(),
            withdrawals: Vec::new().try_into().unwrap(),
            closing_proof,
            open_interest: Vec::new().try_into().unwrap(),
        }
    }

    #[test]
    fn a_non_canonical_root_is_the_same_residue_and_does_not_decode() {
        for root in [Fr::from(0u64), Fr::from(5u64), fr_from_i128(-1)] {
            let honest = batch(root);
            let forged = with_non_canonical_root(&honest).unwrap().header.new_root;
            assert_ne!(forged, honest.header.new_root);
            assert!(forged.to_fr().is_err());
        }
        let five = with_non_canonical_root(&batch(Fr::from(5u64))).unwrap();
        let zero = with_non_canonical_root(&batch(Fr::from(0u64))).unwrap();
        assert_eq!(five.header.new_root.0[0] - zero.header.new_root.0[0], 5);
    }

    #[test]
    fn each_change_is_the_only_one() {
        let honest = batch(Fr::from(5u64));
        let swapped = with_swapped_point(&honest);
        assert_eq!(swapped.closing_proof[192..], honest.closing_proof[..64]);
        assert_eq!(swapped.closing_proof[..192], honest.closing_proof[..192]);
        assert_eq!(
            with_flipped_bit(&honest).closing_proof[1..],
            honest.closing_proof[1..]
        );
        let restored = |mut b: Batch, change: fn(&mut Batch)| {
            change(&mut b);
            b
        };
        assert_eq!(
            restored(on_a_stale_root(&honest), |b| b.header.number =
                BatchNumber::new(4)),
            honest
        );
        assert_eq!(
            restored(at_another_venue(&honest, VenueId::new(9)), |b| b
                .header
                .venue =
                VenueId::new(1)),
            honest
        );
    }
}
