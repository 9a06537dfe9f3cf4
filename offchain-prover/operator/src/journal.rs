//! The inputs of the engine, as the journal stores them. The venue's state follows from the state
//! at the journal's start and these inputs, in order.

mod stored;

pub use stored::{StoredSet, StoredSets, SubmittedSet};

use clearproof_engine::{
    Accepted, AuctionReport, BatchRequest, Candidate, DepositReceived, EngineError, SealedBatch,
    Venue,
};
use clearproof_primitives::{
    babyjubjub::{PointError, PublicKey},
    batch::Deposit,
    chain::SnapshotInfo,
    field::FieldBytes,
    ids::AccountIndex,
    snapshot::Snapshot,
    time::Millis,
};
use codec::{Decode, Encode};
use std::sync::Arc;

/// A call of the engine as it is written to disk. The engine is deterministic, so the same inputs
/// give the same batches, salts included.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(Encode, Decode)]
pub enum Input {
    /// See [`Venue::open_batch`].
    #[codec(index = 0)]
    Open {
        /// The batch's snapshot.
        snapshot: Snapshot,
        /// The chain's information about the snapshot.
        info: SnapshotInfo,
        /// First millisecond.
        time_from: Millis,
    },
    /// See [`Venue::deposit`].
    #[codec(index = 1)]
    Deposit {
        /// Position in the queue, counting from 1.
        number: u64,
        /// The queue's record.
        deposit: Deposit,
        /// Owner's compressed key.
        owner: [u8; 32],
    },
    /// See [`Venue::submit`].
    #[codec(index = 2)]
    OrderSet(SubmittedSet),
    /// See [`Venue::run_auction`].
    #[codec(index = 3)]
    Auction(Millis),
    /// See [`Venue::seal_batch`].
    #[codec(index = 4)]
    Close {
        /// Last millisecond.
        time_to: Millis,
        /// Account that will submit the batch.
        submitter: [u8; 32],
        /// Secret of the batch's salts.
        salt_seed: FieldBytes,
    },
    /// See [`Venue::discard_batch`].
    #[codec(index = 5)]
    Discard,
    /// See [`Venue::set_dead_mans_switch`].
    #[codec(index = 7)]
    SetDeadMansSwitch {
        /// The account.
        account: AccountIndex,
        /// Milliseconds of inactivity after which its orders are cancelled; `None` turns the switch
        /// off.
        timeout_ms: Option<Millis>,
        /// Time of the request, milliseconds since the Unix epoch.
        now: Millis,
    },
    /// See [`Venue::accrue_expired`].
    #[codec(index = 6)]
    AccrueExpired {
        /// Largest number of accounts.
        limit: u32,
    },
}

/// The result of an input.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A batch is open.
    Opened,
    /// A deposit reached this account.
    Deposited(AccountIndex),
    /// An order set is live.
    Accepted(Accepted),
    /// An auction ran.
    Auctioned(AuctionReport),
    /// A batch is closed, and to be built.
    Sealed(Arc<SealedBatch>),
    /// The empty batch is discarded.
    Discarded,
    /// A dead man's switch is set or off.
    SwitchSet,
    /// The expired instruments of this number of accounts were turned into money.
    ExpiredAccrued(usize),
}

/// The reason that an input has no effect.
#[derive(Clone, Debug, thiserror::Error)]
pub enum InputError {
    /// The engine's rules.
    #[error("{0}")]
    Engine(#[from] EngineError),
    /// A deposit's owner is not a valid key.
    #[error("deposit {number}: owner: {error}")]
    Owner {
        /// Position in the queue.
        number: u64,
        /// The problem with the key.
        error: PointError,
    },
    /// An input had the result of another kind of input: a mistake in the program.
    #[error("the engine did not do what the input is for, which is a mistake in the program")]
    OtherOutcome,
}

impl Input {
    /// Returns an order set as an input.
    pub fn order_set(set: impl Into<Candidate>) -> Self {
        Self::OrderSet(SubmittedSet(set.into()))
    }

    /// Carries the input out on a venue of the chain with this genesis hash. On an error the venue
    /// is unchanged.
    pub fn apply(self, venue: &mut Venue, genesis: [u8; 32]) -> Result<Outcome, InputError> {
        Ok(match self {
            Self::Open {
                snapshot,
                info,
                time_from,
            } => {
                venue.open_batch(snapshot, &info, time_from)?;
                Outcome::Opened
            }
            Self::Deposit {
                number,
                deposit,
                owner,
            } => {
                let owner = PublicKey::from_compressed(&owner)
                    .map_err(|error| InputError::Owner { number, error })?;
                Outcome::Deposited(venue.deposit(&DepositReceived {
                    number,
                    deposit,
                    owner,
                })?)
            }
            Self::OrderSet(SubmittedSet(candidate)) => Outcome::Accepted(venue.submit(candidate)?),
            Self::Auction(time) => Outcome::Auctioned(venue.run_auction(time)?),
            Self::Close {
                time_to,
                submitter,
                salt_seed,
            } => {
                let request = BatchRequest {
                    time_to,
                    genesis,
                    submitter,
                    salt_seed: salt_seed.to_fr().map_err(EngineError::from)?,
                };
                Outcome::Sealed(venue.seal_batch(&request)?)
            }
            Self::AccrueExpired { limit } => {
                Outcome::ExpiredAccrued(venue.accrue_expired(limit as usize)?)
            }
            Self::SetDeadMansSwitch {
                account,
                timeout_ms,
                now,
            } => {
                venue.set_dead_mans_switch(account, timeout_ms, now)?;
                Outcome::SwitchSet
            }
            Self::Discard => {
                venue.discard_batch()?;
                Outcome::Discarded
            }
        })
    }
}
