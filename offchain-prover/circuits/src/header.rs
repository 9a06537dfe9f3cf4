//! The batch header as variables.

use crate::{
    gadgets::{bits::range, poseidon::hash_list},
    packing::pack,
    r1cs::{Cs, Num},
};
use ark_bn254::Fr;
use clearproof_primitives::{batch::BatchHeader, field::FieldError, poseidon::Domain};

/// What the circuits use of a header; everything else is only hashed.
pub struct HeaderVars {
    /// Hash of the header.
    pub hash: Num,
    /// Venue, 32 bits.
    pub venue: Num,
    /// Chunks, 16 bits.
    pub chunk_count: Num,
    /// Genesis field.
    pub genesis: Num,
    /// State root before.
    pub old_root: Num,
    /// State root after.
    pub new_root: Num,
    /// Snapshot hash.
    pub snapshot_hash: Num,
    /// First millisecond, 48 bits.
    pub time_from: Num,
    /// Last millisecond, 48 bits.
    pub time_to: Num,
    /// Deposits taken before, 64 bits.
    pub deposits_before: Num,
    /// Deposits taken after, 64 bits.
    pub deposits_after: Num,
    /// Withdrawals, 32 bits.
    pub withdrawal_count: Num,
    /// Deposit accumulator before.
    pub accumulator_before: Num,
    /// Deposit accumulator after.
    pub accumulator_after: Num,
    /// Withdrawals' hash chain.
    pub withdrawals_hash: Num,
    /// Hash of the funding indices in force.
    pub funding_hash: Num,
    /// Hash of the open interest after the batch.
    pub open_interest_hash: Num,
    /// What the chain's treasury gets, 63 bits.
    pub protocol_fee: Num,
    /// The share that it is, a fraction of 2^32.
    pub protocol_share: Num,
    /// Deleverage rank, 32 bits.
    pub deleverage_rank: Num,
}

impl HeaderVars {
    /// Allocates and hashes a header; the packed fields are unpacked with range checks, so the hash determines the
    /// parts. Refuses a header with non-canonical field elements.
    pub fn open(cs: &mut Cs, header: &BatchHeader) -> Result<Self, FieldError> {
        let native = header.fields()?;
        let mut parts = |values: &[u64], layout: &[usize]| -> Vec<Num> {
            let allocate = |(value, bits): (&u64, &usize)| {
                let part = cs.alloc(Fr::from(*value));
                range(cs, &part, *bits);
                part
            };
            values.iter().zip(layout).map(allocate).collect()
        };
        let (identity, times, counts) = (
            BatchHeader::IDENTITY_LAYOUT,
            BatchHeader::TIMES_LAYOUT,
            BatchHeader::COUNTS_LAYOUT,
        );
        let id = [
            header.version as u64,
            header.venue.get().into(),
            header.number.get(),
            header.chunk_count as u64,
        ];
        let identity_parts = parts(&id, &identity);
        let time_parts = parts(&[header.time_from, header.time_to], &times);
        let count_parts = parts(
            &[
                header.deposits_before,
                header.deposits_after,
                header.withdrawal_count as u64,
            ],
            &counts,
        );
        let terms = BatchHeader::TERMS_LAYOUT;
        let term_parts = parts(
            &[
                header.protocol_fee,
                header.protocol_share.into(),
                header.deleverage_rank.into(),
            ],
            &terms,
        );
        let packed = |parts: &[Num], layout: &[usize]| {
            pack(&parts.iter().zip(layout.iter().copied()).collect::<Vec<_>>())
        };
        let mut fields = cs.alloc_all(&native);
        for (at, value) in [
            (0, packed(&identity_parts, &identity)),
            (6, packed(&time_parts, &times)),
            (8, packed(&count_parts, &counts)),
            (17, packed(&term_parts, &terms)),
        ] {
            cs.enforce_equal(&fields[at], &value);
            fields[at] = value;
        }
        let hash = hash_list(cs, Domain::Header, &fields);
        Ok(Self {
            hash,
            venue: identity_parts[1].clone(),
            chunk_count: identity_parts[3].clone(),
            genesis: fields[1].clone(),
            old_root: fields[2].clone(),
            new_root: fields[3].clone(),
            snapshot_hash: fields[5].clone(),
            time_from: time_parts[0].clone(),
            time_to: time_parts[1].clone(),
            deposits_before: count_parts[0].clone(),
            deposits_after: count_parts[1].clone(),
            withdrawal_count: count_parts[2].clone(),
            accumulator_before: fields[9].clone(),
            accumulator_after: fields[10].clone(),
            withdrawals_hash: fields[11].clone(),
            funding_hash: fields[15].clone(),
            open_interest_hash: fields[16].clone(),
            protocol_fee: term_parts[0].clone(),
            protocol_share: term_parts[1].clone(),
            deleverage_rank: term_parts[2].clone(),
        })
    }
}
