//! The reasons that steps are refused.

use crate::{
    eddsa::SignatureError,
    funding::OutOfRange,
    ids::Slot,
    margin::{MarginError, MarginRefusal},
    order::OrderSetError,
    shape::AMOUNT_BITS,
};

/// The reason that a step is refused: each names the rule that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages are the documentation
pub enum StepError {
    #[error("account: 0 is the insurance fund; only the closing circuit touches it")]
    InsuranceFund,
    #[error("deposit: the account's key is not the one that the queue names")]
    DepositKey,
    #[error("deposit.asset: beyond the market's assets")]
    DepositAsset,
    #[error("forced: neither deposit nor withdrawal goes with it, and a takeover has no order set")]
    ForcedWith,
    #[error("deposit: no such transfer is on its way")]
    NoTransfer,
    #[error("withdraw: another transfer is on its way, or a deposit goes with this one")]
    TransferPending,
    #[error("forced: the fills change a position in a suspended instrument")]
    Suspended,
    #[error(
        "forced: the account holds an instrument that has expired and is not turned into quote yet"
    )]
    Unsettled,
    #[error(
        "forced: the account has half of its maintenance margin left and would keep less than half of a position"
    )]
    NotPartial,
    #[error(
        "forced: the account was liquidated in part at this snapshot, and has half of its maintenance margin left: its next part waits for the next snapshot"
    )]
    PartialAgain,
    #[error(
        "forced: the insurance fund does not owe more than it has, with the benefit of the doubt"
    )]
    FundSolvent,
    #[error(
        "forced: the account is less leveraged than the deleverage rank, with the benefit of the doubt"
    )]
    NotRanked,
    #[error("forced: the price leaves the account better off")]
    DeleveragePrice,
    #[error("forced: the slack is more than what the insurance fund lacks of its positions' worth")]
    Slack,
    #[error(
        "forced: the account's equity is not below its maintenance margin, with the benefit of the doubt"
    )]
    NotLiquidatable,
    #[error("forced: the account's equity is not below zero, with the benefit of the doubt")]
    NotBankrupt,
    #[error(
        "forced: the fills do not only reduce risk, or at a price worse than the account's zero price"
    )]
    ForcedFills,
    #[error("forced: a fill closes no position: others net it out")]
    Netted,
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
    #[error("account: opens empty, with viewing key 0, and under a number below 32,768")]
    NotNew,
    #[error(
        "order set: the key that signed is not the owner's, and not the one that the account names for this"
    )]
    TradingKey,
    #[error("request: only the owner's own signature will do")]
    NeedsOwner,
    #[error("request: only the signature of the account's heir will do")]
    NeedsHeir,
    #[error("request: the heir's set is used in the step that installs it and in no other")]
    InheritedBefore,
    #[error("order set: sequence {given} is older than {current}")]
    OldSequence { given: u64, current: u64 },
    #[error("order set: sequence {given} is above {current} by 2^56 or more")]
    SequenceTooHigh { given: u64, current: u64 },
    #[error(
        "order set: sequence is of epoch {given}, the account's is {current}: only the owner's signature raises it"
    )]
    Epoch { given: u16, current: u16 },
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
    #[error("fills[{0}]: deleveraging closes the insurance fund's positions on the other side")]
    FillSide(usize),
    #[error("fills[{0}]: the order is for another instrument")]
    FillInstrument(usize),
    #[error(
        "fills[{0}]: quantity must be 1 to 2^48 - 1 lots and fit the order's remaining quantity"
    )]
    FillQuantity(usize),
    #[error("fills[{0}]: the mark does not meet the order's trigger")]
    FillTrigger(usize),
    #[error("fills[{0}]: the order only reduces, and the position grows or changes sides")]
    FillGrows(usize),
    #[error("orders[{0}]: immediate-or-cancel, and was filled in an earlier step")]
    FilledBefore(usize),
    #[error("orders[{0}]: fill-or-kill, and is not filled whole")]
    FilledInPart(usize),
    #[error("orders[{0}]: the other order of its pair has been filled")]
    PairFilled(usize),
    #[error("positions[{instrument}]: grows to {lots} lots, beyond the limit of {limit}")]
    PositionLimit {
        instrument: Slot,
        lots: u64,
        limit: u64,
    },
    #[error("fills[{0}]: price is worse than the order's limit")]
    FillLimit(usize),
    #[error("fills[{0}]: auction is outside the order set's validity")]
    FillTime(usize),
    #[error(
        "withdraw: the order set has no withdrawal and no transfer, or does not install in this step"
    )]
    NoWithdrawal,
    #[error("order set: asks for a withdrawal or transfer, which the step does not carry out")]
    NotCarriedOut,
    #[error("{0}: result is out of range")]
    Range(&'static str),
    #[error("{0}")]
    Funding(#[from] OutOfRange),
    #[error("balances[{0}]: would fall below zero")]
    NegativeBalance(usize),
    #[error("positions: more than fit the account")]
    TooManyPositions,
    #[error("margin: {0}")]
    Margin(#[from] MarginError),
    #[error("margin: {0}")]
    MarginRefused(#[from] MarginRefusal),
}

/// Refuses a step unless `ok`.
pub(super) fn require(ok: bool, error: StepError) -> Result<(), StepError> {
    if ok { Ok(()) } else { Err(error) }
}

/// A balance after a movement, if its magnitude is below 2^63.
pub(super) fn amount_in_range(value: i128) -> Result<i64, StepError> {
    i64::try_from(value)
        .ok()
        .filter(|v| v.unsigned_abs() < 1 << AMOUNT_BITS)
        .ok_or(StepError::Range("balance"))
}
