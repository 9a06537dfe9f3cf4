//! The batch header as variables.

use crate::{
    gadgets::{bits::range, poseidon::hash_list},
    packing::pack,
    r1cs::{Cs, Num},
};
use ark_bn254::Fr;
use clearproof_primitives::{
    account::STAMP_BITS,
    batch::{BatchHeader, PROTOCOL_VERSION},
    field::FieldError,
    poseidon::Domain,
};

/// The fields of a header that the circuits use; all others are only hashed.
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
    /// Snapshot number, 32 bits.
    pub snapshot_number: Num,
    /// Snapshot hash.
    pub snapshot_hash: Num,
    /// First millisecond, 48 bits.
    pub time_from: Num,
    /// Last millisecond, 48 bits.
    pub time_to: Num,
    /// Deposits consumed before, 64 bits.
    pub deposits_before: Num,
    /// Deposits consumed after, 64 bits.
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
    /// Fee for the chain's treasury, 63 bits.
    pub protocol_fee: Num,
    /// Its share of the fees, a fraction of 2^32.
    pub protocol_share: Num,
    /// Deleverage rank, 32 bits.
    pub deleverage_rank: Num,
    /// Slack of deleveraging, a fraction of 2^32.
    pub slack: Num,
}

/// A packed field of the header with its parts.
struct PackedField<const N: usize> {
    parts: [Num; N],
    packed: Num,
}

impl<const N: usize> PackedField<N> {
    /// Allocates the parts, each range-checked.
    fn open(cs: &mut Cs, values: [u64; N], layout: [usize; N]) -> Self {
        let parts: [Num; N] = std::array::from_fn(|i| {
            let part = cs.alloc(Fr::from(values[i]));
            range(cs, &part, layout[i]);
            part
        });
        let packed = pack(&parts.iter().zip(layout).collect::<Vec<_>>());
        Self { parts, packed }
    }
}

impl HeaderVars {
    /// Allocates and hashes a header; the packed fields are unpacked with range checks, so the hash
    /// determines the parts. The version is a constant: no header of another version has a proof.
    /// The snapshot's number is one that a leaf can be stamped with. Refuses a header with
    /// non-canonical field elements.
    pub fn open(cs: &mut Cs, header: &BatchHeader) -> Result<Self, FieldError> {
        let native = header.fields()?;
        let id = [
            header.venue.get().into(),
            header.number.get(),
            header.chunk_count as u64,
        ];
        let [version_bits, id_layout @ ..] = BatchHeader::IDENTITY_LAYOUT;
        let id = PackedField::open(cs, id, id_layout);
        let version = Num::from(u64::from(PROTOCOL_VERSION));
        let identity = pack(&[
            (&version, version_bits),
            (&id.packed, id_layout.iter().sum()),
        ]);
        let span = [header.time_from.get(), header.time_to.get()];
        let times = PackedField::open(cs, span, BatchHeader::TIMES_LAYOUT);
        let counted = [
            header.deposits_before,
            header.deposits_after,
            header.withdrawal_count as u64,
        ];
        let counts = PackedField::open(cs, counted, BatchHeader::COUNTS_LAYOUT);
        let agreed = [
            header.protocol_fee,
            header.protocol_share.get().into(),
            header.deleverage_rank.get().into(),
            header.slack.get().into(),
        ];
        let terms = PackedField::open(cs, agreed, BatchHeader::TERMS_LAYOUT);
        let mut fields = cs.alloc_all(&native);
        for (at, packed) in [
            (0, identity),
            (6, times.packed),
            (8, counts.packed),
            (17, terms.packed),
        ] {
            cs.enforce_equal(&fields[at], &packed);
            fields[at] = packed;
        }
        range(cs, &fields[4], STAMP_BITS);
        let hash = hash_list(cs, Domain::Header, &fields);
        let [venue, _, chunk_count] = id.parts;
        let [time_from, time_to] = times.parts;
        let [deposits_before, deposits_after, withdrawal_count] = counts.parts;
        let [protocol_fee, protocol_share, deleverage_rank, slack] = terms.parts;
        Ok(Self {
            hash,
            venue,
            chunk_count,
            genesis: fields[1].clone(),
            old_root: fields[2].clone(),
            new_root: fields[3].clone(),
            snapshot_number: fields[4].clone(),
            snapshot_hash: fields[5].clone(),
            time_from,
            time_to,
            deposits_before,
            deposits_after,
            withdrawal_count,
            accumulator_before: fields[9].clone(),
            accumulator_after: fields[10].clone(),
            withdrawals_hash: fields[11].clone(),
            funding_hash: fields[15].clone(),
            open_interest_hash: fields[16].clone(),
            protocol_fee,
            protocol_share,
            deleverage_rank,
            slack,
        })
    }
}
