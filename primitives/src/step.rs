//! The account step: all that happens to one account in one visit, as native code. The circuit mirrors it rule by rule.

mod error;
mod fills;
mod forced;
mod install;

pub use error::StepError;
pub use forced::holds_suspended;

use crate::{
    account::{Account, Position},
    babyjubjub::{Point, PublicKey},
    batch::{PriceEntry, Withdrawal, transfer_hash},
    field::Fr,
    fixed::Factor,
    funding::{funding_basis, settle},
    margin::{Margin, check_step, only_reduces},
    order::{OrderSetError, Request, SignedOrderSet},
    shape::{AMOUNT_BITS, Shape},
    snapshot::Snapshot,
};
use alloc::vec::Vec;
use fills::{apply_fill, check_orders, check_position_limits};
use forced::{check_forced, take_over};
use install::install;

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

/// Money that an account gets: the next deposit of the queue, or a transfer that was sent and is not received yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepositStep {
    /// It comes from another account, not from the chain.
    pub transferred: bool,
    /// Asset index.
    pub asset: u8,
    /// Smallest units.
    pub amount: u64,
    /// The key that the queue or the transfer names.
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
    ///
    /// An account that has half of its maintenance margin left keeps half of each position in each such step.
    Liquidation {
        /// Quote units.
        penalty: u64,
    },
    /// The insurance fund owes more than it has. Its positions are closed against those of accounts on the other side, whether they
    /// want or not, at one price per instrument and batch that leaves the fund nothing. The step is one of the fund's, or of such an
    /// account; its fills are at entries that say so, and reduce risk as a liquidation's. The account is as leveraged as the header's
    /// rank says, or more; nobody gains by it.
    Deleverage,
    /// The account's equity is below zero: the insurance fund takes over all its balances and positions.
    Takeover,
}

/// One visit to one account. Each begins with [`settle`]; without deposit and order set that is all, and pads a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Index of the account's leaf.
    pub account: u32,
    /// Money that it gets.
    pub deposit: Option<DepositStep>,
    /// Order set in use; fills and a withdrawal need one.
    pub set: Option<SignedOrderSet>,
    /// At most F fills.
    pub fills: Vec<Fill>,
    /// Carries out the set's withdrawal or transfer; only in the step that installs the set.
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
    /// The batch's deleverage rank, 16.16.
    pub deleverage_rank: Factor,
    /// The transfer that was sent and is not received yet, as [`transfer_hash`]; 0 for none.
    pub transfer: Fr,
}

/// What a step does to the transfer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// There is one now.
    Sent(Fr),
    /// There is none any more.
    Received,
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
    /// What it does to the transfer on its way.
    pub transfer: Option<Transfer>,
}

/// What the insurance fund takes over from a bankrupt account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// K balances.
    pub balances: Vec<i64>,
    /// Positions.
    pub positions: Vec<Position>,
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
        let owner = Point {
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
    let market = context.snapshot;
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
    let left_alone = step.forced.is_some() && step.account != 0;
    let held = left_alone && holds_suspended(market, before);
    require(!held, StepError::Suspended)?;
    let mut before = before.clone();
    let mut effects = StepEffects {
        remainder: settle(&mut before, market, context.funding)?,
        ..StepEffects::default()
    };
    let before = &before;
    let mut after = before.clone();
    if let Some(deposit) = &step.deposit {
        if deposit.account_key != before.key() {
            return Err(StepError::DepositKey);
        }
        if deposit.transferred {
            let hash = transfer_hash(deposit.account_key, deposit.asset, deposit.amount);
            if context.transfer != hash {
                return Err(StepError::NoTransfer);
            }
            effects.transfer = Some(Transfer::Received);
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
            trade(context, step, signed, before, &mut after, &mut effects)?;
            match forced {
                None => check_margin(context, step, before, &after)?,
                Some(forced) => check_forced(context, step, forced, before, &after)?,
            }
        }
    }
    Ok((after, effects))
}

fn require(ok: bool, error: StepError) -> Result<(), StepError> {
    if ok { Ok(()) } else { Err(error) }
}

/// Installs the order set unless it is the venue's own, fills it, and carries out its withdrawal.
fn trade(
    context: &StepContext<'_>,
    step: &Step,
    signed: &SignedOrderSet,
    before: &Account,
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
    let slots_before = after.slots.clone();
    for (i, fill) in step.fills.iter().enumerate() {
        apply_fill(context, step, signed, i, fill, after, effects)?;
    }
    check_orders(step, set, &slots_before, before, after)?;
    check_position_limits(context.snapshot, before, after)?;
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
    after.funding_basis = funding_basis(after, context.funding);
    if step.withdraw {
        require(installs, StepError::NoWithdrawal)?;
        require(signed.trading_key.is_none(), StepError::NeedsOwner)?;
        let (asset, amount) = match set.request {
            Some(Request::Withdrawal(request)) => {
                effects.withdrawal = Some(Withdrawal {
                    recipient: request.recipient,
                    asset: request.asset,
                    amount: request.amount,
                });
                (request.asset, request.amount)
            }
            Some(Request::Transfer(request)) => {
                let free = context.transfer == Fr::default() && step.deposit.is_none();
                require(free, StepError::TransferPending)?;
                let to = request.to.to_fr().map_err(|_| OrderSetError::Receiver)?;
                let hash = transfer_hash(to, request.asset, request.amount);
                effects.transfer = Some(Transfer::Sent(hash));
                (request.asset, request.amount)
            }
            Some(Request::Key(_)) | None => return Err(StepError::NoWithdrawal),
        };
        let balance = &mut after.balances[asset as usize];
        *balance = amount_in_range(*balance as i128 - amount as i128)?;
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

fn amount_in_range(value: i128) -> Result<i64, StepError> {
    i64::try_from(value)
        .ok()
        .filter(|v| v.unsigned_abs() < 1 << AMOUNT_BITS)
        .ok_or(StepError::Range("balance"))
}
