//! Accepting order sets.

use crate::{
    error::EngineError,
    venue::{Live, Venue, VenueConfig},
};
use clearproof_primitives::{
    babyjubjub::{PreparedKey, PublicKey},
    field::Fr,
    order::{KeyRequest, Request, SignedOrderSet, key_hash},
    step::StepError,
};
use std::sync::Arc;

/// An accepted order set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its message, which a receipt is about.
    pub message: Fr,
    /// Place in the order of arrival.
    pub arrival: u64,
    /// Whether its withdrawal was carried out in the open batch.
    pub withdrawn: bool,
}

/// An order set for [`Venue::submit`]. Its signature may be checked before the venue sees it, on another thread.
#[derive(Clone, Debug)]
pub struct Candidate {
    signed: Arc<SignedOrderSet>,
    checked: Option<Checked>,
}

/// That a signature holds: of this owner, over this message, for this venue.
#[derive(Clone, Debug)]
struct Checked {
    config: VenueConfig,
    owner: PublicKey,
    message: Fr,
}

impl From<SignedOrderSet> for Candidate {
    fn from(signed: SignedOrderSet) -> Self {
        Arc::new(signed).into()
    }
}

impl From<Arc<SignedOrderSet>> for Candidate {
    fn from(signed: Arc<SignedOrderSet>) -> Self {
        Self {
            signed,
            checked: None,
        }
    }
}

impl Candidate {
    /// Checks all that does not depend on the venue's state, the owner's signature included.
    pub fn check(
        signed: SignedOrderSet,
        config: &VenueConfig,
        owner: &PublicKey,
    ) -> Result<Self, EngineError> {
        check_terms(&signed, config)?;
        let checked = Checked::new(&signed, config, owner)?;
        Ok(Self::with(signed, checked))
    }

    /// As [`Candidate::check`], in half the time, for an owner whose key was prepared.
    pub fn check_prepared(
        signed: SignedOrderSet,
        config: &VenueConfig,
        owner: &PreparedKey,
    ) -> Result<Self, EngineError> {
        if signed.trading_key.is_some() {
            return Self::check(signed, config, &owner.key());
        }
        check_terms(&signed, config)?;
        let message = signed.set.message(&config.shape, config.genesis);
        owner.verify(message, &signed.signature)?;
        let checked = Checked {
            config: config.clone(),
            owner: owner.key(),
            message,
        };
        Ok(Self::with(signed, checked))
    }

    fn with(signed: SignedOrderSet, checked: Checked) -> Self {
        Self {
            signed: Arc::new(signed),
            checked: Some(checked),
        }
    }

    /// The order set.
    pub fn signed(&self) -> &SignedOrderSet {
        &self.signed
    }
}

impl Checked {
    fn new(
        signed: &SignedOrderSet,
        config: &VenueConfig,
        owner: &PublicKey,
    ) -> Result<Self, EngineError> {
        let message = signed.set.message(&config.shape, config.genesis);
        let key = signed.trading_key.as_ref().unwrap_or(owner);
        key.verify(message, &signed.signature)?;
        Ok(Self {
            config: config.clone(),
            owner: *owner,
            message,
        })
    }
}

fn check_terms(signed: &SignedOrderSet, config: &VenueConfig) -> Result<(), EngineError> {
    signed.set.check(&config.shape)?;
    if signed.set.venue != config.id {
        return Err(EngineError::OtherVenue(signed.set.venue));
    }
    if signed.trading_key.is_some() && signed.set.request.is_some() {
        return Err(StepError::NeedsOwner.into());
    }
    Ok(())
}

impl Venue {
    /// An account's live order set.
    pub fn live_set(&self, account: u32) -> Option<&SignedOrderSet> {
        self.live.get(&account).map(|live| &*live.signed)
    }

    /// All live order sets in order of arrival.
    pub fn live_sets(&self) -> Vec<&SignedOrderSet> {
        let mut sets: Vec<_> = self.live.values().collect();
        sets.sort_by_key(|live| live.arrival);
        sets.into_iter().map(|live| &*live.signed).collect()
    }

    /// Checks an order set, signature included, and makes it the account's live set. Its request, if any, is carried
    /// out at once or the set is refused.
    pub fn submit(&mut self, set: impl Into<Candidate>) -> Result<Accepted, EngineError> {
        let Candidate { signed, checked } = set.into();
        let set = &signed.set;
        check_terms(&signed, &self.config)?;
        let account = self
            .account(set.account)
            .ok_or(EngineError::NoAccount(set.account))?;
        // The insurance fund has no owner, so nobody signs for it.
        let owner = (set.account as usize).checked_sub(1);
        let owner = owner
            .and_then(|i| self.owners.get(i))
            .ok_or(EngineError::NoAccount(set.account))?;
        // Before anything is said of the account: only its owner may learn its sequence.
        let of_this = |checked: &Checked| checked.owner == *owner && checked.config == self.config;
        let Checked { message, .. } = match checked.filter(of_this) {
            Some(checked) => checked,
            None => Checked::new(&signed, &self.config, owner)?,
        };
        let named = signed.trading_key.map(|key| key.point());
        if named.is_some_and(|key| key_hash((key.x, key.y)) != account.trading_key) {
            return Err(StepError::TradingKey.into());
        }
        let newest = self
            .live
            .get(&set.account)
            .map_or(0, |live| live.signed.set.sequence)
            .max(account.sequence);
        if set.sequence <= newest {
            return Err(EngineError::OldSequence(newest));
        }
        if set.valid_until < self.now {
            return Err(EngineError::Expired(set.valid_until));
        }
        let index = set.account;
        let request = set.request;
        if let Some(request) = request {
            self.carry_out(&signed, &request)?;
        }
        self.hear(index);
        self.arrivals += 1;
        if matches!(request, Some(Request::Key(KeyRequest::Owner(_)))) {
            // Its signature is not the owner's any more, and it has no orders.
            self.live.remove(&index);
        } else {
            let live = Live {
                signed,
                arrival: self.arrivals,
                auctioned: false,
            };
            self.live.insert(index, live);
        }
        Ok(Accepted {
            message,
            arrival: self.arrivals,
            withdrawn: matches!(request, Some(Request::Withdrawal(_))),
        })
    }
}
