//! The engine's refusals.

use clearproof_primitives::{
    babyjubjub::PointError,
    eddsa::SignatureError,
    field::FieldError,
    ids::{AccountIndex, BatchNumber, VenueId},
    insurance_fund::FundError,
    order::OrderSetError,
    snapshot::SnapshotError,
    step::StepError,
    time::Millis,
};

/// The reason that a call is refused; the state is then unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// No batch is open.
    #[error("no batch is open: open one at a snapshot first")]
    NoOpenBatch,
    /// A batch is open already.
    #[error("a batch is open already: close it first")]
    BatchOpen,
    /// Only an empty batch can be given up.
    #[error("the open batch has {0} account steps: close it instead")]
    NotEmpty(usize),
    /// Time went backwards.
    #[error("time {given} ms is before {current} ms, where the venue is")]
    Time {
        /// The time that was given.
        given: Millis,
        /// The venue's time.
        current: Millis,
    },
    /// No such account.
    #[error("account: {0} does not exist")]
    NoAccount(AccountIndex),
    /// Every leaf of the tree is in use.
    #[error("accounts: all {0} leaves are taken")]
    Full(u64),
    /// The deposit's key is not that of the owner given.
    #[error("deposit: the account key in the queue is not the owner's")]
    DepositKey,
    /// Deposits must come in the queue's order.
    #[error("deposit: number {given} given, {expected} is next")]
    DepositOrder {
        /// The number that was given.
        given: u64,
        /// The number that is next.
        expected: u64,
    },
    /// A malformed order set.
    #[error("order set: {0}")]
    OrderSet(#[from] OrderSetError),
    /// No account has the key that a transfer names.
    #[error("request.to: no account has this key, and it is none of the owner's first 64")]
    UnknownReceiver,
    /// Two accounts with the same owner and number cannot be distinguished.
    #[error("request: the new owner has taken over an account of this number here already")]
    OwnerHasAccount,
    /// A timeout of a dead man's switch that is too short or too long.
    #[error("timeout: {0} ms, must be 1,000 to 86,400,000 (a second to a day)")]
    SwitchTimeout(Millis),
    /// A sequence that was used.
    #[error("order set: sequence must be above {0}")]
    OldSequence(u64),
    /// The set is for another venue.
    #[error("order set: signed for venue {0}")]
    OtherVenue(VenueId),
    /// The set is not valid any more.
    #[error("order set: valid until {0} ms, which is past")]
    Expired(Millis),
    /// A bad signature.
    #[error("order set: {0}")]
    Signature(#[from] SignatureError),
    /// The step that this would need breaks a rule.
    #[error("{0}")]
    Step(#[from] StepError),
    /// The snapshot does not fit.
    #[error("snapshot: {0}")]
    Snapshot(#[from] SnapshotError),
    /// A field element is not canonical.
    #[error("{0}")]
    Field(#[from] FieldError),
    /// The open batch has no room for it.
    #[error("open batch: at most {limit} {what} fit: close the batch first, then try again")]
    BatchFull {
        /// The input that has no room.
        what: &'static str,
        /// The most that the chain accepts in one batch.
        limit: u64,
    },
    /// The venue does not hold that much, as losers have yet to pay what winners would withdraw.
    #[error(
        "withdrawal.amount: the venue holds {held} of asset {asset}: withdraw at most that for now"
    )]
    Overdraw {
        /// The asset.
        asset: u8,
        /// The amount that all accounts and fees hold together.
        held: u128,
    },
    /// An owner in stored books whose key is not valid.
    #[error("stored books: the owner of account {account} is not a valid key: {error}")]
    StoredOwner {
        /// The account.
        account: AccountIndex,
        /// The problem with the key.
        error: PointError,
    },
    /// More chunks than the chain accepts.
    #[error("batch: {0} chunks, at most 256 fit")]
    TooManyChunks(usize),
    /// The insurance fund cannot receive the result of a batch.
    #[error("{0}")]
    Fund(#[from] FundError),
    /// An amount left its range.
    #[error("{0}: out of range")]
    Range(&'static str),
    /// A batch was settled that is not the one that the engine expects.
    #[error("batch {given} is not the oldest open one, {expected:?}")]
    NotPending {
        /// The batch that was given.
        given: BatchNumber,
        /// The oldest closed and not settled batch.
        expected: Option<BatchNumber>,
    },
    /// A batch must be built first.
    #[error("batch {0} is sealed, but not built yet")]
    NotBuilt(BatchNumber),
    /// A batch was built that is not the one that the engine expects: it is not the oldest sealed
    /// one, or it was rolled back.
    #[error("built batch {given} is not the oldest sealed one, {expected:?}")]
    NotSealed {
        /// The batch that was given.
        given: BatchNumber,
        /// The oldest sealed and not built batch.
        expected: Option<BatchNumber>,
    },
    /// A batch can only be built on the books right before it.
    #[error("batch {batch} cannot be built on the books of batch {books}")]
    OtherBooks {
        /// The batch.
        batch: BatchNumber,
        /// Last batch of the books given.
        books: BatchNumber,
    },
    /// A sealed batch does not build: a mistake in the program.
    #[error(
        "batch {batch} does not come out as it was sealed, which is a mistake in the program: \
         {problem}"
    )]
    BuiltOtherwise {
        /// The batch.
        batch: BatchNumber,
        /// The difference.
        problem: String,
    },
}
