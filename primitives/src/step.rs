//! The account step: all that happens to one account in one visit, as native code. The circuit mirrors it rule by rule.

use crate::{
    account::{Account, OrderSlot, Position},
    babyjubjub::PublicKey,
    batch::{PriceEntry, Withdrawal},
    eddsa::SignatureError,
    field::Fr,
    fixed::{mul_fraction, Rounding},
    funding::{basis, settle, OutOfRange},
    margin::{check_step, only_reduces, Margin, MarginError, MarginRefusal},
    order::{OrderSetError, Side, SignedOrderSet},
    shape::{Shape, AMOUNT_BITS, QUANTITY_BITS},
    snapshot::Snapshot,
};
use alloc::vec::Vec;

/// A fill: part of an order, at a price entry of the chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Slot of the order in its set.
    pub slot: usize,
    /// Index of the price entry in the chunk's list.
    pub entry: usize,
    /// Lots, 1 to 2^48 - 1.
    pub quantity: u64,
}

/// A deposit taken from the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepositStep {
    /// Asset index.
    pub asset: u8,
    /// Smallest units.
    pub amount: u64,
    /// The key that the queue names.
    pub account_key: Fr,
}

/// One visit to one account. Each begins with [`settle`]; without deposit and order set that is all, and pads a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Index of the account's leaf.
    pub account: u32,
    /// Next deposit of the queue.
    pub deposit: Option<DepositStep>,
    /// Order set in use; fills and a withdrawal need one.
    pub set: Option<SignedOrderSet>,
    /// At most F fills.
    pub fills: Vec<Fill>,
    /// Carries out the set's withdrawal; only in the step that installs the set.
    pub withdraw: bool,
}

/// What every step of a chunk shares.
#[derive(Clone, Copy, Debug)]
pub struct StepContext<'a> {
    /// Shape of the venue's circuits.
    pub shape: &'a Shape,
    /// Snapshot that margin is checked at.
    pub snapshot: &'a Snapshot,
    /// Funding indices in force, M of them.
    pub funding: &'a [i64],
    /// Genesis field that order sets are bound to.
    pub genesis: Fr,
    /// Venue that order sets are bound to.
    pub venue: u32,
    /// First millisecond of the batch.
    pub time_from: u64,
    /// Last millisecond of the batch.
    pub time_to: u64,
    /// The chunk's price entries.
    pub entries: &'a [PriceEntry],
}

/// What a step adds to the batch's running sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepEffects {
    /// Signed filled lots by instrument, in the order of the fills.
    pub net: Vec<(u16, i64)>,
    /// Quote received less quote paid, fees aside.
    pub quote: i128,
    /// Fees paid.
    pub fee: u128,
    /// What settling the account rounded off, in 2^-32 quote units.
    pub remainder: u32,
    /// Withdrawal to pay on the chain.
    pub withdrawal: Option<Withdrawal>,
}

/// Why a step is refused: each names the rule that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum StepError {
    #[error("account: 0 is the insurance fund; only the closing circuit touches it")]
    InsuranceFund,
    #[error("deposit: the account's key is not the one that the queue names")]
    DepositKey,
    #[error("deposit.asset: beyond the market's assets")]
    DepositAsset,
    #[error("account: does not exist, and only a deposit opens one")]
    NoAccount,
    #[error("fills, withdraw: need an order set")]
    NoOrderSet,
    #[error("order set: {0}")]
    OrderSet(#[from] OrderSetError),
    #[error("order set: venue or account is not the one it was signed for")]
    WrongTarget,
    #[error("order set: {0}")]
    Signature(#[from] SignatureError),
    #[error("order set: owner's key is not valid")]
    OwnerKey,
    #[error("order set: sequence {given} is older than {current}")]
    OldSequence { given: u64, current: u64 },
    #[error("order set: same sequence with other order ids")]
    SameSequenceOtherOrders,
    #[error("order set: not valid during the batch")]
    NotValid,
    #[error("order set: max_fee is below the fee rate in force")]
    FeeAboveMaximum,
    #[error("fills: {0} given, at most {1} fit")]
    TooManyFills(usize, u16),
    #[error("fills[{0}]: no such order or price entry")]
    FillTarget(usize),
    #[error("fills[{0}]: the order is for another instrument")]
    FillInstrument(usize),
    #[error(
        "fills[{0}]: quantity must be 1 to 2^48 - 1 lots and fit the order's remaining quantity"
    )]
    FillQuantity(usize),
    #[error("fills[{0}]: price is worse than the order's limit")]
    FillLimit(usize),
    #[error("fills[{0}]: tick is outside the order set's validity")]
    FillTime(usize),
    #[error("withdraw: the order set has no withdrawal, or does not install in this step")]
    NoWithdrawal,
    #[error("{0}: result is out of range")]
    Range(&'static str),
    #[error("{0}")]
    Settlement(#[from] OutOfRange),
    #[error("balances[{0}]: would fall below zero")]
    NegativeBalance(usize),
    #[error("positions: more than fit the account")]
    TooManyPositions,
    #[error("margin: {0}")]
    Margin(#[from] MarginError),
    #[error("margin: {0}")]
    MarginRefused(#[from] MarginRefusal),
}

/// Applies a step, signature included. `before` is `None` for an empty leaf, and then `opens` is the account to open.
pub fn apply(
    context: &StepContext<'_>,
    before: &Account,
    exists: bool,
    step: &Step,
) -> Result<(Account, StepEffects), StepError> {
    let result = apply_unsigned(context, before, exists, step)?;
    if let Some(signed) = &step.set {
        let owner = crate::babyjubjub::Point {
            x: before.owner.0,
            y: before.owner.1,
        };
        let key = PublicKey::new(owner).map_err(|_| StepError::OwnerKey)?;
        signed.verify(context.shape, context.genesis, &key)?;
    }
    Ok(result)
}

/// Applies a step whose signature was already checked. `before` is the account as loaded; where `exists` is false
/// it is the fresh account that the step's deposit opens.
pub fn apply_unsigned(
    context: &StepContext<'_>,
    before: &Account,
    exists: bool,
    step: &Step,
) -> Result<(Account, StepEffects), StepError> {
    if step.account == 0 && (step.deposit.is_some() || step.set.is_some()) {
        return Err(StepError::InsuranceFund);
    }
    if !exists && step.deposit.is_none() {
        return Err(StepError::NoAccount);
    }
    let mut before = before.clone();
    let mut effects = StepEffects {
        remainder: settle(&mut before, context.snapshot, context.funding)?,
        ..StepEffects::default()
    };
    let before = &before;
    let mut after = before.clone();
    if let Some(deposit) = &step.deposit {
        if deposit.account_key != before.key() {
            return Err(StepError::DepositKey);
        }
        let balance = after
            .balances
            .get_mut(deposit.asset as usize)
            .ok_or(StepError::DepositAsset)?;
        *balance = amount_in_range(*balance as i128 + deposit.amount as i128)?;
    }
    let Some(signed) = &step.set else {
        return if step.fills.is_empty() && !step.withdraw {
            Ok((after, effects))
        } else {
            Err(StepError::NoOrderSet)
        };
    };
    let set = &signed.set;
    set.check(context.shape)?;
    let installs = install(context, step, &mut after)?;
    if step.fills.len() > context.shape.fills as usize {
        return Err(StepError::TooManyFills(
            step.fills.len(),
            context.shape.fills,
        ));
    }
    if !step.fills.is_empty() && set.max_fee < context.snapshot.fee_rate {
        return Err(StepError::FeeAboveMaximum);
    }
    for (i, fill) in step.fills.iter().enumerate() {
        apply_fill(context, signed, i, fill, &mut after, &mut effects)?;
    }
    if after.positions.len() > context.shape.positions as usize {
        return Err(StepError::TooManyPositions);
    }
    after.basis = basis(&after, context.funding);
    if step.withdraw {
        let request = set
            .withdrawal
            .filter(|_| installs)
            .ok_or(StepError::NoWithdrawal)?;
        let balance = &mut after.balances[request.asset as usize];
        *balance = amount_in_range(*balance as i128 - request.amount as i128)?;
        effects.withdrawal = Some(Withdrawal {
            recipient: request.recipient,
            asset: request.asset,
            amount: request.amount,
        });
    }
    if let Some(k) = (1..after.balances.len()).find(|k| after.balances[*k] < 0) {
        return Err(StepError::NegativeBalance(k));
    }
    if !step.fills.is_empty() || step.withdraw {
        let market = &context.shape.market;
        let margin_before = Margin::of(market, context.snapshot, before)?;
        let margin_after = Margin::of(market, context.snapshot, &after)?;
        check_step(
            &margin_before,
            &margin_after,
            only_reduces(before, &after),
            step.withdraw,
        )?;
    }
    Ok((after, effects))
}

/// Checks target, sequence and validity, and brings the slots in line with the set. True if the set is new.
fn install(context: &StepContext<'_>, step: &Step, after: &mut Account) -> Result<bool, StepError> {
    let Some(signed) = &step.set else {
        return Ok(false);
    };
    let set = &signed.set;
    if set.venue != context.venue || set.account != step.account {
        return Err(StepError::WrongTarget);
    }
    if set.sequence < after.sequence {
        return Err(StepError::OldSequence {
            given: set.sequence,
            current: after.sequence,
        });
    }
    if set.valid_from > context.time_to || set.valid_until < context.time_from {
        return Err(StepError::NotValid);
    }
    let installs = set.sequence > after.sequence;
    after.sequence = set.sequence;
    for (i, slot) in after.slots.iter_mut().enumerate() {
        let id = set.order(i).map_or(0, |order| order.id);
        if id != slot.id {
            if !installs {
                return Err(StepError::SameSequenceOtherOrders);
            }
            *slot = OrderSlot { id, filled: 0 };
        }
    }
    Ok(installs)
}

fn apply_fill(
    context: &StepContext<'_>,
    signed: &SignedOrderSet,
    i: usize,
    fill: &Fill,
    after: &mut Account,
    effects: &mut StepEffects,
) -> Result<(), StepError> {
    let order = signed
        .set
        .order(fill.slot)
        .ok_or(StepError::FillTarget(i))?;
    let entry = context
        .entries
        .get(fill.entry)
        .ok_or(StepError::FillTarget(i))?;
    let require = |ok: bool, error: StepError| if ok { Ok(()) } else { Err(error) };
    require(entry.price != 0, StepError::FillTarget(i))?;
    require(
        entry.instrument == order.instrument,
        StepError::FillInstrument(i),
    )?;
    require(
        fill.quantity != 0 && fill.quantity < 1 << QUANTITY_BITS,
        StepError::FillQuantity(i),
    )?;
    let slot = &mut after.slots[fill.slot];
    slot.filled += fill.quantity;
    require(slot.filled <= order.quantity, StepError::FillQuantity(i))?;
    require(
        entry.time >= signed.set.valid_from && entry.time <= signed.set.valid_until,
        StepError::FillTime(i),
    )?;
    let (within_limit, rounding, sign) = match order.side {
        Side::Buy => (entry.price <= order.limit, Rounding::Up, 1),
        Side::Sell => (entry.price >= order.limit, Rounding::Down, -1),
    };
    require(within_limit, StepError::FillLimit(i))?;
    let quote =
        mul_fraction(fill.quantity, entry.price, rounding).ok_or(StepError::Range("fill quote"))?;
    let fee = mul_fraction(quote, context.snapshot.fee_rate as u64, Rounding::Up)
        .ok_or(StepError::Range("fee"))?;
    let change = -(sign as i128) * quote as i128;
    after.balances[0] = amount_in_range(after.balances[0] as i128 + change - fee as i128)?;
    let lots = sign * fill.quantity as i64;
    add_position(&mut after.positions, order.instrument, lots)?;
    effects.net.push((order.instrument, lots));
    effects.quote += change;
    effects.fee += fee as u128;
    Ok(())
}

/// Adds lots to a position, keeping the list sorted and free of empty positions.
fn add_position(
    positions: &mut Vec<Position>,
    instrument: u16,
    lots: i64,
) -> Result<(), StepError> {
    match positions.binary_search_by_key(&instrument, |p| p.instrument) {
        Ok(at) => {
            positions[at].quantity += lots;
            if positions[at].quantity == 0 {
                positions.remove(at);
            } else if positions[at].quantity.unsigned_abs() >= 1 << QUANTITY_BITS {
                return Err(StepError::Range("position"));
            }
        }
        Err(at) => positions.insert(
            at,
            Position {
                instrument,
                quantity: lots,
            },
        ),
    }
    Ok(())
}

fn amount_in_range(value: i128) -> Result<i64, StepError> {
    i64::try_from(value)
        .ok()
        .filter(|v| v.unsigned_abs() < 1 << AMOUNT_BITS)
        .ok_or(StepError::Range("balance"))
}
