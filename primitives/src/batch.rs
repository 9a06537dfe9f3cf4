//! Batches: price entries, deposits, withdrawals, the header, and each proof's one public input.
//!
//! The running sums between a batch's chunks are in [`boundary`](crate::boundary).

use crate::{
    field::{FieldBytes, FieldError, Fr, bytes32_to_fields},
    fixed::{FRACTION_BITS, Factor, Price, Rate},
    ids::{BatchNumber, Slot, SnapshotNumber, VenueId},
    ledger::DepositCursor,
    poseidon::{Domain, hash, hash_list},
    shape::{AMOUNT_BITS, INSTRUMENT_BITS, PRICE_BITS, Shape, TIME_BITS},
    time::Millis,
    wide::pack,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Version of the protocol that headers name. It is a constant of both circuits, so a proof holds
/// for no header of another version.
pub const PROTOCOL_VERSION: u16 = 4;

/// One uniform price: of one auction, or of an instrument's deleveraging. Ordered by
/// instrument, time, auctions first, and deleveraging in which the insurance fund buys before
/// that in which it sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub struct PriceEntry {
    /// Instrument slot.
    pub instrument: Slot,
    /// Time of the auction, milliseconds since the Unix epoch, below 2^48.
    pub time: Millis,
    /// Not an auction's: the price at which the insurance fund's positions are closed against
    /// others' without asking them.
    pub deleverages: bool,
    /// The insurance fund sells at this price, and the other accounts buy; where it is clear, the
    /// fund buys and they sell. Clear in an auction's entry.
    pub fund_sells: bool,
    /// Clearing price, 32.32, never 0.
    pub price: Price,
}

impl PriceEntry {
    /// Bit layout of a packed entry: instrument, time, price, deleverages, fund sells.
    pub const LAYOUT: [usize; 5] = [INSTRUMENT_BITS, TIME_BITS, PRICE_BITS, 1, 1];

    /// The entry as one field element; an unused slot of a list is 0.
    pub fn packed(&self) -> Fr {
        let [instrument, time, price, deleverages, fund_sells] = Self::LAYOUT;
        pack(&[
            (self.instrument.get().into(), instrument),
            (self.time.get(), time),
            (self.price, price),
            (self.deleverages as u64, deleverages),
            (self.fund_sells as u64, fund_sells),
        ])
    }
}

/// Hash of a chunk's price entries, padded with zeros to the shape's E. At most E entries.
pub fn price_list_hash(shape: &Shape, entries: &[PriceEntry]) -> Fr {
    let mut fields: Vec<_> = entries.iter().map(PriceEntry::packed).collect();
    fields.resize(shape.entries as usize, Fr::default());
    hash_list(Domain::PriceList, &fields)
}

/// Hash of all chunks' price-list hashes, their number first.
pub fn prices_hash(lists: &[Fr]) -> Fr {
    let mut fields = alloc::vec![Fr::from(lists.len() as u64)];
    fields.extend_from_slice(lists);
    hash_list(Domain::Prices, &fields)
}

/// A deposit as the queue records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "camelCase")]
pub struct Deposit {
    /// Which account it is for: [`crate::account::account_key`].
    pub account_key: FieldBytes,
    /// Asset index, below K.
    pub asset: u8,
    /// Smallest units, 1 to 2^63 - 1.
    pub amount: u64,
}

/// Bit layout of an asset and an amount packed together.
pub const ASSET_AMOUNT_LAYOUT: [usize; 2] = [8, AMOUNT_BITS];

/// An asset index and an amount in one field element.
pub fn pack_asset_amount(asset: u8, amount: u64) -> Fr {
    let [a, b] = ASSET_AMOUNT_LAYOUT;
    pack(&[(asset as u64, a), (amount, b)])
}

impl DepositCursor {
    /// The cursor after one more deposit: `Poseidon(accumulator, account key, asset and amount)`.
    pub fn after(&self, account_key: Fr, asset: u8, amount: u64) -> Self {
        Self {
            count: self.count + 1,
            accumulator: hash::<3>(&[
                self.accumulator,
                account_key,
                pack_asset_amount(asset, amount),
            ]),
        }
    }
}

/// A withdrawal that a batch pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub struct Withdrawal {
    /// Account on the chain that is paid.
    pub recipient: [u8; 32],
    /// Asset index, below K.
    pub asset: u8,
    /// Smallest units, 1 to 2^63 - 1.
    pub amount: u64,
}

impl Withdrawal {
    /// The withdrawals' hash chain after this one: `Poseidon(chain, recipient low, high, asset and
    /// amount)`.
    pub fn chain(&self, chain: Fr) -> Fr {
        let (low, high) = bytes32_to_fields(&self.recipient);
        hash::<4>(&[chain, low, high, pack_asset_amount(self.asset, self.amount)])
    }
}

/// Hash chain over a batch's withdrawals, starting from 0.
pub fn withdrawals_hash(withdrawals: &[Withdrawal]) -> Fr {
    withdrawals
        .iter()
        .fold(Fr::default(), |chain, w| w.chain(chain))
}

/// The hash that an account must show to receive a transfer: `Poseidon(0, account key, asset and
/// amount)`.
pub fn transfer_hash(to: Fr, asset: u8, amount: u64) -> Fr {
    hash::<3>(&[Fr::default(), to, pack_asset_amount(asset, amount)])
}

/// A batch's header. Field elements are canonical little-endian bytes; the chain refuses others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub struct BatchHeader {
    /// The version of the circuits that the batch is proven with: [`PROTOCOL_VERSION`] for those of
    /// this code.
    pub version: u16,
    /// Hash of the chain's genesis block.
    pub genesis: [u8; 32],
    /// Venue.
    pub venue: VenueId,
    /// Batch number, counting from 1.
    pub number: BatchNumber,
    /// State root before.
    pub old_root: FieldBytes,
    /// State root after.
    pub new_root: FieldBytes,
    /// Snapshot that margin was checked at.
    pub snapshot_number: SnapshotNumber,
    /// Its hash.
    pub snapshot_hash: FieldBytes,
    /// First millisecond of the batch's auctions.
    pub time_from: Millis,
    /// Last millisecond of the batch's auctions.
    pub time_to: Millis,
    /// [`prices_hash`] over the chunks' lists.
    pub prices_hash: FieldBytes,
    /// Deposits taken before the batch.
    pub deposits_before: u64,
    /// Accumulator before the batch.
    pub deposits_accumulator_before: FieldBytes,
    /// Deposits taken after the batch.
    pub deposits_after: u64,
    /// Accumulator after the batch.
    pub deposits_accumulator_after: FieldBytes,
    /// Number of withdrawals.
    pub withdrawal_count: u32,
    /// [`withdrawals_hash`].
    pub withdrawals_hash: FieldBytes,
    /// Hash of the batch's encrypted data; 0 while leaves are not yet published.
    pub data_hash: FieldBytes,
    /// Chunks in the batch, at least 1.
    pub chunk_count: u16,
    /// Account on the chain that submits: no other account can submit the same proofs.
    pub submitter: [u8; 32],
    /// [`funding_hash`](crate::funding::funding_hash) of the indices that account steps apply:
    /// those after the last batch.
    pub funding_hash: FieldBytes,
    /// [`open_interest_hash`](crate::ledger::open_interest_hash) of the open interest after the
    /// batch.
    pub open_interest_hash: FieldBytes,
    /// The part of the batch's fees that the chain's treasury gets: [`protocol_fee`].
    pub protocol_fee: u64,
    /// The share that it is, as a fraction of 2^32: the snapshot's.
    pub protocol_share: Rate,
    /// Maintenance margin over equity, 16.16, that every account had at least whose positions the
    /// batch deleveraged.
    pub deleverage_rank: Factor,
    /// The distance of each price of deleveraging from the mark, as a fraction of 2^32 of the
    /// mark: [`deleverage_price`](crate::liquidation::deleverage_price). The proof shows that, of
    /// all that the insurance fund's positions are worth, this fraction is at most what it lacks.
    pub slack: Rate,
}

/// The part of a batch's fees that the chain's treasury gets, rounded down; none if that is no
/// 63-bit amount.
pub fn protocol_fee(fees: u128, share: Rate) -> Option<u64> {
    let product = fees.checked_mul(share.get().into())?;
    let fee = u64::try_from(product >> FRACTION_BITS).ok()?;
    Some(fee).filter(|fee| *fee < 1 << AMOUNT_BITS)
}

/// The genesis hash as the field element that order sets and headers are bound to.
pub fn genesis_field(genesis: &[u8; 32]) -> Fr {
    let (low, high) = bytes32_to_fields(genesis);
    hash::<2>(&[low, high])
}

impl BatchHeader {
    /// Layout of the first packed field: version, venue, number, chunk count.
    pub const IDENTITY_LAYOUT: [usize; 4] = [16, 32, 64, 16];
    /// Layout of the packed time span.
    pub const TIMES_LAYOUT: [usize; 2] = [TIME_BITS, TIME_BITS];
    /// Layout of the packed counts: deposits before, deposits after, withdrawals.
    pub const COUNTS_LAYOUT: [usize; 3] = [64, 64, 32];
    /// Layout of the packed terms: protocol fee, protocol share, deleverage rank, slack.
    pub const TERMS_LAYOUT: [usize; 4] = [AMOUNT_BITS, 32, 32, 32];

    /// True if [`Self::fields`] is the encoding that a version's circuits bind. A runtime that
    /// accepts two versions at a time has both here.
    pub const fn encodes(version: u16) -> bool {
        version == PROTOCOL_VERSION
    }

    /// The 18 hashed field elements, in the order that the circuits rebuild: identity, genesis, old
    /// root, new root, snapshot number, snapshot hash, times, prices hash, counts, accumulator
    /// before, accumulator after, withdrawals hash, data hash, submitter low, submitter high,
    /// funding hash, open interest hash, terms. Refuses non-canonical elements.
    pub fn fields(&self) -> Result<[Fr; 18], FieldError> {
        let [fee, share, rank, slack] = Self::TERMS_LAYOUT;
        let [version, venue, number, chunks] = Self::IDENTITY_LAYOUT;
        let [from, to] = Self::TIMES_LAYOUT;
        let [before, after, withdrawals] = Self::COUNTS_LAYOUT;
        let (low, high) = bytes32_to_fields(&self.submitter);
        Ok([
            pack(&[
                (self.version as u64, version),
                (self.venue.get().into(), venue),
                (self.number.get(), number),
                (self.chunk_count as u64, chunks),
            ]),
            genesis_field(&self.genesis),
            self.old_root.to_fr()?,
            self.new_root.to_fr()?,
            Fr::from(self.snapshot_number.get()),
            self.snapshot_hash.to_fr()?,
            pack(&[(self.time_from.get(), from), (self.time_to.get(), to)]),
            self.prices_hash.to_fr()?,
            pack(&[
                (self.deposits_before, before),
                (self.deposits_after, after),
                (self.withdrawal_count as u64, withdrawals),
            ]),
            self.deposits_accumulator_before.to_fr()?,
            self.deposits_accumulator_after.to_fr()?,
            self.withdrawals_hash.to_fr()?,
            self.data_hash.to_fr()?,
            low,
            high,
            self.funding_hash.to_fr()?,
            self.open_interest_hash.to_fr()?,
            pack(&[
                (self.protocol_fee, fee),
                (self.protocol_share.get().into(), share),
                (self.deleverage_rank.get().into(), rank),
                (self.slack.get().into(), slack),
            ]),
        ])
    }

    /// The header's hash. Times must be below 2^48 and the protocol fee below 2^63: check them
    /// before hashing.
    pub fn hash(&self) -> Result<Fr, FieldError> {
        Ok(hash_list(Domain::Header, &self.fields()?))
    }
}

/// The one public input of chunk `index`'s proof.
pub fn chunk_public_input(
    header_hash: Fr,
    index: u16,
    before: Fr,
    after: Fr,
    price_list: Fr,
) -> Fr {
    hash::<5>(&[header_hash, Fr::from(index), before, after, price_list])
}

/// The one public input of the closing proof.
pub fn closing_public_input(header_hash: Fr, chunk_count: u16, first: Fr, last: Fr) -> Fr {
    hash::<4>(&[header_hash, Fr::from(chunk_count), first, last])
}
