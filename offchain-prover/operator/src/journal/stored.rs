//! Order sets and dead man's switches in their stored form.

use clearproof_engine::{ArmedSwitch, ArrivedSet, Candidate, EngineError, LiveSets};
use clearproof_primitives::{
    babyjubjub::PublicKey,
    eddsa::{Signature, SignatureBytes},
    ids::AccountIndex,
    order::{OrderSet, SignedOrderSet},
    time::Millis,
};
use codec::{Decode, Encode};
use std::sync::Arc;

/// A signed order set as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(Encode, Decode)]
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

/// An order set as an input of the engine. In memory its signature may have been checked already;
/// on disk it is a [`StoredSet`].
#[derive(Clone, Debug)]
pub struct SubmittedSet(pub Candidate);

impl PartialEq for SubmittedSet {
    fn eq(&self, other: &Self) -> bool {
        self.0.signed() == other.0.signed()
    }
}

impl Eq for SubmittedSet {}

impl Encode for SubmittedSet {
    fn encode_to<T: codec::Output + ?Sized>(&self, dest: &mut T) {
        StoredSet::from(self.0.signed()).encode_to(dest);
    }
}

impl Decode for SubmittedSet {
    fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
        let signed = SignedOrderSet::try_from(StoredSet::decode(input)?);
        let signed = signed
            .map_err(|_| codec::Error::from("the order set's signature or trading key is invalid"));
        Ok(Self(signed?.into()))
    }
}

/// Live order sets and dead man's switches as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[derive(Encode, Decode)]
pub struct StoredSets {
    sets: Vec<StoredArrival>,
    arrivals: u64,
    switches: Vec<StoredSwitch>,
}

/// A live order set as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(Encode, Decode)]
struct StoredArrival {
    /// Place in the order of arrival.
    arrival: u64,
    set: StoredSet,
}

/// An armed dead man's switch as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(Encode, Decode)]
struct StoredSwitch {
    account: AccountIndex,
    /// Milliseconds of inactivity after which the account's orders are cancelled.
    timeout_ms: Millis,
    /// Time of the account's last activity, milliseconds since the Unix epoch.
    last_active: Millis,
}

impl From<&LiveSets> for StoredSets {
    fn from(live: &LiveSets) -> Self {
        Self {
            sets: live.sets.iter().map(StoredArrival::from).collect(),
            arrivals: live.arrivals,
            switches: live.switches.iter().map(StoredSwitch::from).collect(),
        }
    }
}

impl From<&ArrivedSet> for StoredArrival {
    fn from(arrived: &ArrivedSet) -> Self {
        Self {
            arrival: arrived.arrival,
            set: (&*arrived.signed).into(),
        }
    }
}

impl From<&ArmedSwitch> for StoredSwitch {
    fn from(switch: &ArmedSwitch) -> Self {
        Self {
            account: switch.account,
            timeout_ms: switch.timeout_ms,
            last_active: switch.last_active,
        }
    }
}

impl TryFrom<StoredSets> for LiveSets {
    type Error = EngineError;
    fn try_from(stored: StoredSets) -> Result<Self, EngineError> {
        let sets = stored.sets.into_iter().map(ArrivedSet::try_from);
        let switches = stored.switches.into_iter().map(ArmedSwitch::from);
        Ok(Self {
            sets: sets.collect::<Result<_, _>>()?,
            arrivals: stored.arrivals,
            switches: switches.collect(),
        })
    }
}

impl TryFrom<StoredArrival> for ArrivedSet {
    type Error = EngineError;
    fn try_from(stored: StoredArrival) -> Result<Self, EngineError> {
        let signed = SignedOrderSet::try_from(stored.set)?;
        Ok(Self {
            arrival: stored.arrival,
            signed: Arc::new(signed),
        })
    }
}

impl From<StoredSwitch> for ArmedSwitch {
    fn from(stored: StoredSwitch) -> Self {
        Self {
            account: stored.account,
            timeout_ms: stored.timeout_ms,
            last_active: stored.last_active,
        }
    }
}
