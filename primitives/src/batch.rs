//! Batches: price entries, deposits, withdrawals, boundaries, the header, and each proof's one public input.

use crate::{
    account::Account,
    field::{FieldBytes, FieldError, Fr, bytes32_to_fields, fr_from_i128},
    fixed::{FRACTION_BITS, Factor, Price, Rate},
    ledger::DepositCursor,
    poseidon::{Domain, hash, hash_list},
    shape::{AMOUNT_BITS, INSTRUMENT_BITS, PRICE_BITS, Shape, TIME_BITS},
    step::{Forced, Step, StepEffects, Transfer},
    wide::{pack, power_of_two},
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Version of the protocol that headers name.
pub const PROTOCOL_VERSION: u16 = 3;

/// One uniform price: of an auction's auction, or of an instrument's deleveraging. Ordered by instrument, time, and auctions first.
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
    pub instrument: u16,
    /// Time of the auction, milliseconds since the Unix epoch, below 2^48.
    pub time: u64,
    /// Not an auction's: the price at which the insurance fund's positions are closed against others' without asking them.
    pub deleverages: bool,
    /// Clearing price, 32.32, never 0.
    pub price: Price,
}

impl PriceEntry {
    /// Bit layout of a packed entry: instrument, time, price, deleverages.
    pub const LAYOUT: [usize; 4] = [INSTRUMENT_BITS, TIME_BITS, PRICE_BITS, 1];

    /// The entry as one field element; an unused slot of a list is 0.
    pub fn packed(&self) -> Fr {
        let [instrument, time, price, deleverages] = Self::LAYOUT;
        pack(&[
            (self.instrument as u64, instrument),
            (self.time, time),
            (self.price, price),
            (self.deleverages as u64, deleverages),
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
    /// The withdrawals' hash chain after this one: `Poseidon(chain, recipient low, high, asset and amount)`.
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

/// Where the number of withdrawals begins in a boundary's counts.
pub const WITHDRAWALS_SHIFT: usize = 64;
/// Where the number of fills begins there.
pub const FILLS_SHIFT: usize = 128;
/// Where the lots of deleveraging begin in a boundary's lots.
pub const DELEVERAGED_SHIFT: usize = 65;
/// Where the open interest begins there.
pub const INTEREST_SHIFT: usize = 130;
/// Where the lots that the insurance fund took over begin there.
pub const TAKEN_LOTS_SHIFT: usize = 192;
/// Where the penalties begin in a boundary's charges.
pub const PENALTY_SHIFT: usize = 100;
/// Where the balances that the insurance fund took over begin in what went out of the accounts.
pub const TAKEN_AMOUNT_SHIFT: usize = 100;

/// The state between two chunks of a batch. Sums start at zero with the batch; signed sums are field elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Blinds the commitment.
    pub salt: Fr,
    /// Root of the accounts tree.
    pub accounts_root: Fr,
    /// Deposits taken.
    pub deposits: DepositCursor,
    /// Withdrawals so far in the batch.
    pub withdrawal_count: u64,
    /// Hash chain over them.
    pub withdrawals: Fr,
    /// Σ quote received less quote paid in fills, fees aside; never positive over a whole batch.
    pub quote_sum: i128,
    /// Σ fees.
    pub fee_sum: u128,
    /// Number of fills.
    pub fill_count: u64,
    /// Σ what settling accounts rounded off, in 2^-32 quote units.
    pub remainder_sum: u128,
    /// M sums of signed filled lots; all zero over a whole batch.
    pub net: Vec<i128>,
    /// M sums of those of them that deleveraging filled; all zero over a whole batch.
    pub deleveraged: Vec<i128>,
    /// M sums of what |quantity| changed by.
    pub open_interest: Vec<i128>,
    /// K sums of deposits taken in the batch.
    pub deposited: Vec<u128>,
    /// K sums of withdrawals in the batch.
    pub withdrawn: Vec<u128>,
    /// Σ penalties.
    pub penalty_sum: u128,
    /// M sums of lots that the insurance fund took over.
    pub taken: Vec<i128>,
    /// K sums of balances that it took over.
    pub taken_balances: Vec<i128>,
    /// Money on its way from one account to another: [`transfer_hash`]; 0 for none.
    pub transfer: Fr,
}

/// What an account that receives a transfer must show: `Poseidon(0, account key, asset and amount)`.
pub fn transfer_hash(to: Fr, asset: u8, amount: u64) -> Fr {
    hash::<3>(&[Fr::default(), to, pack_asset_amount(asset, amount)])
}

impl Boundary {
    /// The first boundary of a batch.
    pub fn start(shape: &Shape, salt: Fr, accounts_root: Fr, deposits: DepositCursor) -> Self {
        Self {
            salt,
            accounts_root,
            deposits,
            withdrawal_count: 0,
            withdrawals: Fr::default(),
            quote_sum: 0,
            fee_sum: 0,
            fill_count: 0,
            remainder_sum: 0,
            net: alloc::vec![0; shape.market.instruments as usize],
            deleveraged: alloc::vec![0; shape.market.instruments as usize],
            open_interest: alloc::vec![0; shape.market.instruments as usize],
            deposited: alloc::vec![0; shape.market.assets as usize],
            withdrawn: alloc::vec![0; shape.market.assets as usize],
            penalty_sum: 0,
            taken: alloc::vec![0; shape.market.instruments as usize],
            taken_balances: alloc::vec![0; shape.market.assets as usize],
            transfer: Fr::default(),
        }
    }

    /// Committed field elements: salt, accounts root, counts (deposits, withdrawals, fills), deposit accumulator, withdrawals, transfer,
    /// quote sum, charges (fees and penalties), remainder sum; per instrument lots (net, deleveraged, open interest, taken); per asset
    /// deposited; per asset what went out (withdrawn, taken).
    ///
    /// Sums that are only added to share an element, `first + 2^shift · second`: steps then add to both at once, and only the
    /// closing circuit takes them apart. A batch has fewer than 2^12 steps; each fills at most 2^51 lots, changes what is held of an
    /// instrument by 2^48, and moves 2^63 units and 2^66 in charges: so no sum reaches its neighbour, and all of them stay within
    /// ±2^253.
    pub fn fields(&self) -> Vec<Fr> {
        let signed = fr_from_i128;
        let mut fields = alloc::vec![
            self.salt,
            self.accounts_root,
            Fr::from(self.deposits.count)
                + Fr::from(self.withdrawal_count) * power_of_two(WITHDRAWALS_SHIFT)
                + Fr::from(self.fill_count) * power_of_two(FILLS_SHIFT),
            self.deposits.accumulator,
            self.withdrawals,
            self.transfer,
            signed(self.quote_sum),
            Fr::from(self.fee_sum) + Fr::from(self.penalty_sum) * power_of_two(PENALTY_SHIFT),
            Fr::from(self.remainder_sum),
        ];
        let lots = self.net.iter().zip(&self.deleveraged);
        let lots = lots.zip(&self.open_interest).zip(&self.taken);
        fields.extend(lots.map(|(((net, deleveraged), open_interest), taken)| {
            signed(*net)
                + signed(*deleveraged) * power_of_two(DELEVERAGED_SHIFT)
                + signed(*open_interest) * power_of_two(INTEREST_SHIFT)
                + signed(*taken) * power_of_two(TAKEN_LOTS_SHIFT)
        }));
        fields.extend(self.deposited.iter().map(|v| Fr::from(*v)));
        let out = self.withdrawn.iter().zip(&self.taken_balances);
        fields.extend(out.map(|(withdrawn, taken)| {
            Fr::from(*withdrawn) + signed(*taken) * power_of_two(TAKEN_AMOUNT_SHIFT)
        }));
        fields
    }

    /// Adds a step that led from one account to another.
    pub fn advance(
        &mut self,
        step: &Step,
        before: &Account,
        after: &Account,
        effects: &StepEffects,
    ) {
        match &effects.transfer {
            Some(Transfer::Sent(hash)) => self.transfer = *hash,
            Some(Transfer::Received) => self.transfer = Fr::default(),
            None => {}
        }
        if let Some(deposit) = step.deposit.as_ref().filter(|d| !d.transferred) {
            self.deposits = self
                .deposits
                .after(deposit.account_key, deposit.asset, deposit.amount);
            self.deposited[deposit.asset as usize] += deposit.amount as u128;
        }
        if let Some(withdrawal) = &effects.withdrawal {
            self.withdrawal_count += 1;
            self.withdrawals = withdrawal.chain(self.withdrawals);
            self.withdrawn[withdrawal.asset as usize] += withdrawal.amount as u128;
        }
        self.quote_sum += effects.quote;
        self.fee_sum += effects.fee;
        self.fill_count += effects.net.len() as u64;
        self.remainder_sum += u128::from(effects.remainder);
        self.penalty_sum += u128::from(effects.penalty);
        if let Some(taken) = &effects.taken {
            for (sum, balance) in self.taken_balances.iter_mut().zip(&taken.balances) {
                *sum += i128::from(*balance);
            }
            for position in &taken.positions {
                self.taken[position.instrument as usize] += i128::from(position.quantity);
            }
        }
        for (instrument, lots) in &effects.net {
            self.net[*instrument as usize] += *lots as i128;
            if step.forced == Some(Forced::Deleverage) {
                self.deleveraged[*instrument as usize] += *lots as i128;
            }
        }
        for (account, sign) in [(before, -1), (after, 1)] {
            for position in &account.positions {
                let lots = i128::from(position.quantity.unsigned_abs());
                self.open_interest[position.instrument as usize] += sign * lots;
            }
        }
    }

    /// The salted commitment that chunk proofs name.
    pub fn commitment(&self) -> Fr {
        hash_list(Domain::Boundary, &self.fields())
    }
}

/// The dust that the insurance fund gets at the end of a batch, and the remainder that the ledger keeps: all that fills
/// (`quote_sum`) and settlements (`remainder_sum`) rounded off, with the remainder of the batches before, in whole quote units and
/// 2^-32 of them. None if fills paid out more than they took in.
pub fn dust(quote_sum: i128, remainder_sum: u128, remainder: u32) -> Option<(i64, u32)> {
    let fills = u128::try_from(quote_sum.checked_neg()?).ok()?;
    let sum = fills
        .checked_mul(1 << FRACTION_BITS)?
        .checked_add(remainder_sum)?
        .checked_add(remainder.into())?;
    Some((i64::try_from(sum >> FRACTION_BITS).ok()?, sum as u32))
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
    /// [`PROTOCOL_VERSION`].
    pub version: u16,
    /// Hash of the chain's genesis block.
    pub genesis: [u8; 32],
    /// Venue.
    pub venue: u32,
    /// Batch number, counting from 1.
    pub number: u64,
    /// State root before.
    pub old_root: FieldBytes,
    /// State root after.
    pub new_root: FieldBytes,
    /// Snapshot that margin was checked at.
    pub snapshot_number: u64,
    /// Its hash.
    pub snapshot_hash: FieldBytes,
    /// First millisecond of the batch's auctions.
    pub time_from: u64,
    /// Last millisecond of the batch's auctions.
    pub time_to: u64,
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
    /// Account on the chain that submits: nobody else can submit the same proofs.
    pub submitter: [u8; 32],
    /// [`funding_hash`](crate::funding::funding_hash) of the indices that account steps apply: those after the last batch.
    pub funding_hash: FieldBytes,
    /// [`open_interest_hash`](crate::ledger::open_interest_hash) of the open interest after the batch.
    pub open_interest_hash: FieldBytes,
    /// What the chain's treasury gets of the batch's fees: [`protocol_fee`].
    pub protocol_fee: u64,
    /// The share that it is, as a fraction of 2^32: the snapshot's.
    pub protocol_share: Rate,
    /// Maintenance margin over equity, 16.16, that every account had at least whose positions the batch deleveraged.
    pub deleverage_rank: Factor,
}

/// What the chain's treasury gets of a batch's fees, rounded down; none if that is no 63-bit amount.
pub fn protocol_fee(fees: u128, share: Rate) -> Option<u64> {
    let product = fees.checked_mul(share.into())?;
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
    /// Layout of the packed terms: protocol fee, protocol share, deleverage rank.
    pub const TERMS_LAYOUT: [usize; 3] = [AMOUNT_BITS, 32, 32];

    /// The 18 hashed field elements, in the order that the circuits rebuild: identity, genesis, old root, new
    /// root, snapshot number, snapshot hash, times, prices hash, counts, accumulator before, accumulator after,
    /// withdrawals hash, data hash, submitter low, submitter high,
    /// funding hash, open interest hash, terms. Refuses non-canonical elements.
    pub fn fields(&self) -> Result<[Fr; 18], FieldError> {
        let [fee, share, rank] = Self::TERMS_LAYOUT;
        let [version, venue, number, chunks] = Self::IDENTITY_LAYOUT;
        let [from, to] = Self::TIMES_LAYOUT;
        let [before, after, withdrawals] = Self::COUNTS_LAYOUT;
        let (low, high) = bytes32_to_fields(&self.submitter);
        Ok([
            pack(&[
                (self.version as u64, version),
                (self.venue as u64, venue),
                (self.number, number),
                (self.chunk_count as u64, chunks),
            ]),
            genesis_field(&self.genesis),
            self.old_root.to_fr()?,
            self.new_root.to_fr()?,
            Fr::from(self.snapshot_number),
            self.snapshot_hash.to_fr()?,
            pack(&[(self.time_from, from), (self.time_to, to)]),
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
                (self.protocol_share.into(), share),
                (self.deleverage_rank.into(), rank),
            ]),
        ])
    }

    /// The header's hash. Times must be below 2^48 and the protocol fee below 2^63: check them before hashing.
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
