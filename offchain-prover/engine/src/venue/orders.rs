//! The acceptance of order sets.

use super::state::{Venue, live_orders::LiveOrderSet};
use crate::{config::VenueConfig, error::EngineError};
use clearproof_primitives::{
    babyjubjub::{PreparedKey, PublicKey},
    field::Fr,
    ids::AccountIndex,
    order::{Request, SignedOrderSet, epoch_of},
    step::{self, StepError},
};
use std::sync::Arc;

/// An accepted order set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its message, which a receipt names.
    pub message: Fr,
    /// Place in the order of arrival.
    pub arrival: u64,
    /// True if its withdrawal was carried out in the open batch.
    pub withdrawn: bool,
}

/// An order set for [`Venue::submit`]. Its signature may be checked on another thread, before it
/// reaches the venue.
#[derive(Clone, Debug)]
pub struct Candidate {
    signed: Arc<SignedOrderSet>,
    checked: Option<Checked>,
}

/// The record of a valid signature: of this owner, over this message, for this venue.
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
    /// Checks everything that does not depend on the venue's state, the owner's signature included.
    pub fn check(
        signed: SignedOrderSet,
        config: &VenueConfig,
        owner: &PublicKey,
    ) -> Result<Self, EngineError> {
        check_terms(&signed, config)?;
        let checked = Checked::new(&signed, config, owner)?;
        Ok(Self::with(signed, checked))
    }

    /// Checks as [`Candidate::check`] does, in half the time, for an owner whose key was prepared.
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
    match (&signed.set.request, signed.trading_key) {
        (Some(Request::Inherit(_)), None) => Err(StepError::NeedsHeir.into()),
        (Some(Request::Inherit(_)) | None, _) | (_, None) => Ok(()),
        _ => Err(StepError::NeedsOwner.into()),
    }
}

impl Venue {
    /// An account's live order set.
    pub fn live_set(&self, account: AccountIndex) -> Option<&SignedOrderSet> {
        self.orders.get(account).map(|live| &*live.signed)
    }

    /// All live order sets in order of arrival.
    pub fn live_sets(&self) -> Vec<&SignedOrderSet> {
        let sets = self.orders.by_arrival().into_iter();
        sets.map(|live| &*live.signed).collect()
    }

    /// Checks an order set, signature included, and makes it the account's live set. Its request,
    /// if any, is carried out at once or the set is refused.
    ///
    /// A set of a new epoch is installed at once as well, so that the trading key can go on in that
    /// epoch.
    pub fn submit(&mut self, set: impl Into<Candidate>) -> Result<Accepted, EngineError> {
        let Candidate { signed, checked } = set.into();
        let message = self.check_signed(&signed, checked)?;
        self.check_sequence(&signed)?;
        let account = signed.set.account;
        let request = signed.set.request;
        if request.is_some() || self.is_of_new_epoch(&signed) {
            self.carry_out(&signed)?;
        }
        self.switches.record_activity(account, self.now);
        let arrival = self.orders.count_arrival();
        if signed.set.inherits() {
            // The key that signed it is the owner's now, and it has no orders.
            self.orders.remove(account);
        } else {
            self.orders.insert(LiveOrderSet {
                signed,
                arrival,
                auctioned: false,
            });
        }
        Ok(Accepted {
            message,
            arrival,
            withdrawn: matches!(request, Some(Request::Withdrawal(_))),
        })
    }

    /// Checks the terms and the signature of an order set, and returns its message. A check that
    /// was made before counts if it was against the same owner and venue.
    ///
    /// Comes before all checks of the account: only its owner may learn its sequence.
    fn check_signed(
        &self,
        signed: &SignedOrderSet,
        checked: Option<Checked>,
    ) -> Result<Fr, EngineError> {
        check_terms(signed, &self.config)?;
        let unknown = || EngineError::NoAccount(signed.set.account);
        let account = self.account(signed.set.account).ok_or_else(unknown)?;
        // The insurance fund has no owner, so its orders cannot be signed.
        let owner = self
            .accounts
            .owner_of(signed.set.account)
            .ok_or_else(unknown)?;
        let of_this = |checked: &Checked| checked.owner == *owner && checked.config == self.config;
        let Checked { message, .. } = match checked.filter(of_this) {
            Some(checked) => checked,
            None => Checked::new(signed, &self.config, owner)?,
        };
        let mark = signed.trading_key.map(|key| signed.set.signer_mark(&key));
        if mark.is_some_and(|mark| mark != account.trading_key) {
            return Err(StepError::TradingKey.into());
        }
        Ok(message)
    }

    fn is_of_new_epoch(&self, signed: &SignedOrderSet) -> bool {
        let account = self.account(signed.set.account);
        account.is_some_and(|a| epoch_of(a.sequence) != epoch_of(signed.set.sequence))
    }

    /// Requires a sequence above all earlier ones of the account which a step may install, and a
    /// set that is still valid.
    fn check_sequence(&self, signed: &SignedOrderSet) -> Result<(), EngineError> {
        let set = &signed.set;
        let live = self.orders.get(set.account);
        let newest = live.map_or(0, |live| live.signed.set.sequence);
        let newest = match self.account(set.account) {
            Some(account) => newest.max(account.sequence),
            None => newest,
        };
        if set.sequence <= newest {
            return Err(EngineError::OldSequence(newest));
        }
        if let Some(account) = self.account(set.account) {
            step::check_sequence(signed, account.sequence)?;
        }
        if set.valid_until < self.now {
            return Err(EngineError::Expired(set.valid_until));
        }
        Ok(())
    }
}
