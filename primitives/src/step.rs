//! The account step: all that happens to one account in one visit, as native code. The circuit mirrors it rule by rule.

use crate::{
    account::{Account, OrderSlot, Position},
    babyjubjub::PublicKey,
    batch::{PriceEntry, Withdrawal},
    eddsa::SignatureError,
    field::Fr,
    fixed::{mul_fraction, Rounding, FRACTION_BITS},
    funding::{basis, settle, OutOfRange},
    margin::{check_step, only_reduces, reduces_risk, Margin, MarginError, MarginRefusal},
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

/// What the venue does to an account unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forced {
    /// The account is below its maintenance margin. The step's order set is the venue's own: nobody signed it, and it is not
    /// installed. Its fills must reduce risk ([`reduces_risk`]), whatever they leave the account with. They pay no fee but
    /// `penalty` quote units to the insurance fund, at most the liquidation rate of each fill, rounded up.
    ///
    /// The insurance fund itself may be liquidated at any margin, even if it owes more than it has: that is how it gets rid of what it
    /// took over. Its fills must only reduce, and lose nothing against the marks but the rounding of each.
    Liquidation {
        /// Quote units.
        penalty: u64,
    },
    /// The account's equity is below zero: the insurance fund takes over all its balances and positions.
    Takeover,
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
    /// What the venue does unasked, if it does.
    pub forced: Option<Forced>,
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
    /// Penalty paid to the insurance fund.
    pub penalty: u64,
    /// The most that it could have been.
    pub penalty_limit: u128,
    /// What the insurance fund took over.
    pub taken: Option<Taken>,
    /// Withdrawal to pay on the chain.
    pub withdrawal: Option<Withdrawal>,
}

/// What the insurance fund takes over from a bankrupt account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// K balances.
    pub balances: Vec<i64>,
    /// Positions.
    pub positions: Vec<Position>,
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
    #[error(
        "forced: neither deposit nor withdrawal goes with it, and a takeover has no order set"
    )]
    ForcedWith,
    #[error("forced: the account's equity is not below its maintenance margin")]
    NotLiquidatable,
    #[error("forced: the account's equity is not below zero")]
    NotBankrupt,
    #[error("forced: the fills do not only reduce risk, or at a price worse than the account's zero price")]
    ForcedFills,
    #[error("forced.penalty: {given}, at most {limit}")]
    Penalty { given: u64, limit: u128 },
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

/// Applies a step, signature included. `before` is the account as loaded; where `exists` is false it is the fresh account that the
/// step's deposit opens.
pub fn apply(
    context: &StepContext<'_>,
    before: &Account,
    exists: bool,
    step: &Step,
) -> Result<(Account, StepEffects), StepError> {
    let result = apply_unsigned(context, before, exists, step)?;
    if let Some(signed) = step.set.as_ref().filter(|_| step.forced.is_none()) {
        let owner = crate::babyjubjub::Point {
            x: before.owner.0,
            y: before.owner.1,
        };
        let key = PublicKey::new(owner).map_err(|_| StepError::OwnerKey)?;
        signed.verify(context.shape, context.genesis, &key)?;
    }
    Ok(result)
}

/// Applies a step whose signature was already checked, accounts as for [`apply`].
pub fn apply_unsigned(
    context: &StepContext<'_>,
    before: &Account,
    exists: bool,
    step: &Step,
) -> Result<(Account, StepEffects), StepError> {
    let signed = step.set.is_some() && step.forced.is_none();
    let taken_over = step.forced == Some(Forced::Takeover);
    if step.account == 0 && (step.deposit.is_some() || signed || taken_over) {
        return Err(StepError::InsuranceFund);
    }
    if !exists && step.deposit.is_none() {
        return Err(StepError::NoAccount);
    }
    if step.forced.is_some()
        && (step.deposit.is_some() || step.withdraw || (taken_over && step.set.is_some()))
    {
        return Err(StepError::ForcedWith);
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
    match (step.forced, &step.set) {
        (None, None) if step.fills.is_empty() && !step.withdraw => {}
        (Some(Forced::Takeover), None) if step.fills.is_empty() => {
            take_over(context, &mut after, &mut effects)?;
        }
        (_, None) => return Err(StepError::NoOrderSet),
        (forced, Some(signed)) => {
            trade(context, step, signed, &mut after, &mut effects)?;
            match forced {
                None => check_margin(context, step, before, &after)?,
                Some(_) => check_liquidation(context, step, before, &after)?,
            }
        }
    }
    Ok((after, effects))
}

/// Installs the order set unless it is the venue's own, fills it, and carries out its withdrawal.
fn trade(
    context: &StepContext<'_>,
    step: &Step,
    signed: &SignedOrderSet,
    after: &mut Account,
    effects: &mut StepEffects,
) -> Result<(), StepError> {
    let set = &signed.set;
    let forced = step.forced.is_some();
    let mut installs = false;
    if !forced {
        set.check(context.shape)?;
        installs = install(context, step, after)?;
    }
    if step.fills.len() > context.shape.fills as usize {
        return Err(StepError::TooManyFills(
            step.fills.len(),
            context.shape.fills,
        ));
    }
    if !forced && !step.fills.is_empty() && set.max_fee < context.snapshot.fee_rate {
        return Err(StepError::FeeAboveMaximum);
    }
    for (i, fill) in step.fills.iter().enumerate() {
        apply_fill(context, signed, i, fill, forced, after, effects)?;
    }
    if let Some(Forced::Liquidation { penalty }) = step.forced {
        let limit = effects.penalty_limit;
        if u128::from(penalty) > limit || penalty >= 1 << AMOUNT_BITS {
            return Err(StepError::Penalty {
                given: penalty,
                limit,
            });
        }
        after.balances[0] = amount_in_range(after.balances[0] as i128 - penalty as i128)?;
        effects.penalty = penalty;
    }
    if after.positions.len() > context.shape.positions as usize {
        return Err(StepError::TooManyPositions);
    }
    after.basis = basis(after, context.funding);
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
    match (1..after.balances.len()).find(|k| after.balances[*k] < 0) {
        Some(k) => Err(StepError::NegativeBalance(k)),
        None => Ok(()),
    }
}

/// The margin rule of an account's own steps.
fn check_margin(
    context: &StepContext<'_>,
    step: &Step,
    before: &Account,
    after: &Account,
) -> Result<(), StepError> {
    if step.fills.is_empty() && !step.withdraw {
        return Ok(());
    }
    let market = &context.shape.market;
    let margin_before = Margin::of(market, context.snapshot, before)?;
    let margin_after = Margin::of(market, context.snapshot, after)?;
    check_step(
        &margin_before,
        &margin_after,
        only_reduces(before, after),
        step.withdraw,
    )?;
    Ok(())
}

/// The rules of a liquidation.
fn check_liquidation(
    context: &StepContext<'_>,
    step: &Step,
    before: &Account,
    after: &Account,
) -> Result<(), StepError> {
    let market = &context.shape.market;
    let margin_before = Margin::of(market, context.snapshot, before)?;
    if step.account != 0 && !margin_before.is_liquidatable() {
        return Err(StepError::NotLiquidatable);
    }
    let margin_after = Margin::of(market, context.snapshot, after)?;
    let reduces = only_reduces(before, after);
    let allowed = if step.account == 0 {
        let roundings = (step.fills.len() as i128) << FRACTION_BITS;
        reduces && margin_after.equity + roundings >= margin_before.equity
    } else {
        reduces_risk(&margin_before, &margin_after, reduces)
    };
    if step.fills.is_empty() || allowed {
        Ok(())
    } else {
        Err(StepError::ForcedFills)
    }
}

/// Leaves the account with nothing.
fn take_over(
    context: &StepContext<'_>,
    after: &mut Account,
    effects: &mut StepEffects,
) -> Result<(), StepError> {
    let margin = Margin::of(&context.shape.market, context.snapshot, after)?;
    if margin.equity >= 0 {
        return Err(StepError::NotBankrupt);
    }
    let nothing = alloc::vec![0; after.balances.len()];
    effects.taken = Some(Taken {
        balances: core::mem::replace(&mut after.balances, nothing),
        positions: core::mem::take(&mut after.positions),
    });
    after.basis = 0;
    Ok(())
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
    forced: bool,
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
    if !forced {
        // The slots count what their own orders got, and no more than those want.
        let slot = &mut after.slots[fill.slot];
        slot.filled += fill.quantity;
        require(slot.filled <= order.quantity, StepError::FillQuantity(i))?;
    }
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
    let rate = match forced {
        true => context.snapshot.liquidation_rate,
        false => context.snapshot.fee_rate,
    };
    let fee = mul_fraction(quote, rate.into(), Rounding::Up).ok_or(StepError::Range("fee"))?;
    let change = -(sign as i128) * quote as i128;
    // A liquidation's fills make up its penalty's limit; the penalty itself is charged once.
    let (fee, limit) = if forced { (0, fee) } else { (fee, 0) };
    effects.penalty_limit += u128::from(limit);
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
