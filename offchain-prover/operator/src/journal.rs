//! What the venue's state follows from: every input of the engine, in order, and the state that they start from.

use clearproof_engine::{
    Accepted, AuctionReport, BatchRequest, DepositReceived, EngineError, LiveSets, SealedBatch,
    Venue,
};
use clearproof_primitives::{
    babyjubjub::{PointError, PublicKey},
    batch::Deposit,
    chain::SnapshotInfo,
    eddsa::{Signature, SignatureBytes},
    field::FieldBytes,
    order::{OrderSet, SignedOrderSet},
    snapshot::Snapshot,
};
use codec::{Decode, Encode};
use std::sync::Arc;

/// A call of the engine as it is written to disk. The engine is deterministic, so the same inputs give the same batches,
/// salts included.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Input {
    /// See [`Venue::open_batch`].
    #[codec(index = 0)]
    Open {
        /// The batch's snapshot.
        snapshot: Snapshot,
        /// What the chain says of it.
        info: SnapshotInfo,
        /// First millisecond.
        time_from: u64,
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
        /// Viewing key of the leaf, if the deposit opens one.
        viewing_key: FieldBytes,
    },
    /// See [`Venue::submit`].
    #[codec(index = 2)]
    OrderSet(StoredSet),
    /// See [`Venue::auction`].
    #[codec(index = 3)]
    Auction(u64),
    /// See [`Venue::seal_batch`].
    #[codec(index = 4)]
    Close {
        /// Last millisecond.
        time_to: u64,
        /// Account that will submit the batch.
        submitter: [u8; 32],
        /// Secret of the batch's salts.
        salt_seed: FieldBytes,
    },
    /// See [`Venue::discard_batch`].
    #[codec(index = 5)]
    Discard,
    /// See [`Venue::watch`].
    #[codec(index = 7)]
    Watch {
        /// Whom.
        account: u32,
        /// Milliseconds.
        silence: Option<u64>,
        /// When.
        now: u64,
    },
    /// See [`Venue::settle_expired`].
    #[codec(index = 6)]
    SettleExpired {
        /// The most accounts.
        limit: u32,
    },
}

/// What an input did.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A batch is open.
    Opened,
    /// A deposit reached this account.
    Deposited(u32),
    /// An order set is live.
    Accepted(Accepted),
    /// An auction ran.
    Auctioned(AuctionReport),
    /// A batch is closed, and to be built.
    Sealed(Arc<SealedBatch>),
    /// The empty batch is gone.
    Discarded,
    /// An account is listened to, or not any more.
    Watched,
    /// So many accounts' expired instruments turned into money.
    Settled(usize),
}

/// Why an input has no effect.
#[derive(Clone, Debug, thiserror::Error)]
pub enum InputError {
    /// The engine's rules.
    #[error("{0}")]
    Engine(#[from] EngineError),
    /// A deposit's owner is no key.
    #[error("deposit {number}: owner: {error}")]
    Owner {
        /// Position in the queue.
        number: u64,
        /// What is wrong with the key.
        error: PointError,
    },
}

impl Input {
    /// An order set as an input.
    pub fn order_set(signed: &SignedOrderSet) -> Self {
        Self::OrderSet(signed.into())
    }

    /// Carries the input out on a venue of the chain with this genesis hash. On an error the venue is as before.
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
                viewing_key,
            } => {
                let owner = PublicKey::from_compressed(&owner)
                    .map_err(|error| InputError::Owner { number, error })?;
                let viewing_key = viewing_key.to_fr().map_err(EngineError::from)?;
                Outcome::Deposited(venue.deposit(&DepositReceived {
                    number,
                    deposit,
                    owner,
                    viewing_key,
                })?)
            }
            Self::OrderSet(stored) => {
                Outcome::Accepted(venue.submit(SignedOrderSet::try_from(stored)?)?)
            }
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
            Self::SettleExpired { limit } => {
                Outcome::Settled(venue.settle_expired(limit as usize)?)
            }
            Self::Watch {
                account,
                silence,
                now,
            } => {
                venue.watch(account, silence, now)?;
                Outcome::Watched
            }
            Self::Discard => {
                venue.discard_batch()?;
                Outcome::Discarded
            }
        })
    }
}

/// A signed order set in storage's form.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct StoredSet {
    set: OrderSet,
    signature: SignatureBytes,
    /// The trading key, packed, if it signed.
    trading_key: Option<[u8; 32]>,
}

impl From<&SignedOrderSet> for StoredSet {
    fn from(signed: &SignedOrderSet) -> Self {
        Self {
            set: signed.set.clone(),
            signature: signed.signature.to_bytes(),
            trading_key: signed.trading_key.map(|key| key.compress()),
        }
    }
}

impl TryFrom<StoredSet> for SignedOrderSet {
    type Error = EngineError;
    fn try_from(stored: StoredSet) -> Result<Self, EngineError> {
        let account = stored.set.account;
        let key = stored
            .trading_key
            .map(|packed| PublicKey::from_compressed(&packed));
        let trading_key = key
            .transpose()
            .map_err(|error| EngineError::StoredOwner { account, error })?;
        Ok(Self {
            set: stored.set,
            signature: Signature::try_from(&stored.signature)?,
            trading_key,
        })
    }
}

/// Live order sets in storage's form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct StoredSets {
    sets: Vec<(u64, StoredSet)>,
    arrivals: u64,
    watched: Vec<(u32, u64, u64)>,
}

impl From<&LiveSets> for StoredSets {
    fn from(live: &LiveSets) -> Self {
        let stored =
            |(arrival, signed): &(u64, Arc<SignedOrderSet>)| (*arrival, (&**signed).into());
        Self {
            sets: live.sets.iter().map(stored).collect(),
            arrivals: live.arrivals,
            watched: live.watched.clone(),
        }
    }
}

impl TryFrom<StoredSets> for LiveSets {
    type Error = EngineError;
    fn try_from(stored: StoredSets) -> Result<Self, EngineError> {
        let signed = |(arrival, set): (u64, StoredSet)| {
            Ok::<_, EngineError>((arrival, Arc::new(SignedOrderSet::try_from(set)?)))
        };
        let sets = stored.sets.into_iter().map(signed);
        Ok(Self {
            sets: sets.collect::<Result<_, _>>()?,
            arrivals: stored.arrivals,
            watched: stored.watched,
        })
    }
}
