//! Venues: founding, operators, pausing, closing.

use crate::{
    BalanceOf, Batches, CircuitId, Config, Error, Event, HoldReason, NextCircuit, NextVenue,
    Operators, Pallet, Pauses, Venue, VenueOf, Venues,
};
use clearproof_primitives::{
    ids::{BatchNumber, SnapshotNumber},
    time::Millis,
};
use frame_support::{
    dispatch::DispatchResult,
    ensure,
    traits::{EnsureOrigin, Get, UnixTime, fungible::MutateHold as _, tokens::Precision},
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use pallet_clearproof_custody::{VenueCustody, VenueId, VenueInspect};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
    /// Returns the present block's time, milliseconds since the Unix epoch.
    pub(crate) fn now() -> Millis {
        Millis::of(T::Time::now())
    }

    /// Returns a venue's state.
    pub(crate) fn known(id: VenueId) -> Result<VenueOf<T>, DispatchError> {
        Venues::<T>::get(id).ok_or_else(|| Error::<T>::UnknownVenue.into())
    }

    /// Returns the state of a venue that belongs to `who`.
    fn owned(id: VenueId, who: &T::AccountId) -> Result<VenueOf<T>, DispatchError> {
        let venue = Self::known(id)?;
        Self::ensure_owner(&venue, who)?;
        Ok(venue)
    }

    fn ensure_owner(venue: &VenueOf<T>, who: &T::AccountId) -> DispatchResult {
        ensure!(venue.owner == *who, Error::<T>::NotOwner);
        Ok(())
    }

    pub(crate) fn found(
        owner: T::AccountId,
        operators: Operators<T::AccountId>,
        circuit: CircuitId,
    ) -> Result<VenueId, DispatchError> {
        let state_root = Self::registered(circuit)?.genesis_root;
        Self::ensure_takes_venues(circuit)?;
        let id = NextVenue::<T>::get();
        let next = id.checked_next();
        let next = next.ok_or(Error::<T>::VenueNumbersExhausted)?;
        let deposit: BalanceOf<T> = T::VenueDeposit::get();
        T::Currency::hold(&HoldReason::VenueDeposit.into(), &owner, deposit)?;
        T::Custody::open(id, &owner)?;
        NextVenue::<T>::put(next);
        Self::count_venue(None, Some(circuit));
        let venue = Venue {
            owner,
            operators,
            circuit,
            next_circuit: None,
            state_root,
            batches: BatchNumber::new(0),
            snapshot: SnapshotNumber::new(0),
            time_to: Self::now(),
            pauses: Pauses::default(),
            deposit,
        };
        Venues::<T>::insert(id, venue);
        Ok(id)
    }

    /// Changes a venue on behalf of its owner.
    pub(crate) fn as_owner(
        id: VenueId,
        who: &T::AccountId,
        change: impl FnOnce(&mut VenueOf<T>),
    ) -> DispatchResult {
        let mut venue = Self::owned(id, who)?;
        change(&mut venue);
        Venues::<T>::insert(id, venue);
        Ok(())
    }

    /// Sets or lifts the pause that belongs to an origin.
    pub(crate) fn pause(origin: OriginFor<T>, id: VenueId, paused: bool) -> DispatchResult {
        let mut venue = Self::known(id)?;
        match T::AdminOrigin::try_origin(origin).map_err(T::EmergencyOrigin::try_origin) {
            Ok(_) => venue.pauses.admin = paused,
            Err(Ok(_)) => venue.pauses.deposits = paused,
            Err(Err(origin)) => {
                Self::ensure_owner(&venue, &ensure_signed(origin)?)?;
                venue.pauses.owner = paused;
            }
        }
        let pauses = venue.pauses;
        Venues::<T>::insert(id, venue);
        Self::deposit_event(Event::PausesChanged { venue: id, pauses });
        Ok(())
    }

    /// Sets the batch from which on a venue proves with another circuit, or keeps the present one.
    pub(crate) fn change_circuit(
        id: VenueId,
        who: &T::AccountId,
        next: Option<NextCircuit>,
    ) -> DispatchResult {
        let mut venue = Self::owned(id, who)?;
        if let Some(next) = next {
            let present = Self::registered(venue.circuit)?;
            let other = Self::registered(next.circuit)?;
            ensure!(other.succeeds(&present), Error::<T>::CircuitOfOtherShape);
            Self::ensure_takes_venues(next.circuit)?;
            ensure!(
                next.from_batch > venue.batches,
                Error::<T>::BatchAlreadySettled
            );
        }
        venue.next_circuit = next;
        Venues::<T>::insert(id, venue);
        Ok(())
    }

    /// Removes a venue that owes nothing and returns its deposit. Its number is never used again.
    pub(crate) fn wind_up(id: VenueId, who: &T::AccountId) -> DispatchResult {
        let venue = Self::owned(id, who)?;
        T::Custody::close(id)?;
        let reason = HoldReason::VenueDeposit.into();
        T::Currency::release(&reason, who, venue.deposit, Precision::BestEffort)?;
        let _ = Batches::<T>::clear_prefix(id, T::RootHistory::get(), None);
        Self::remove_market(id);
        Self::count_venue(Some(venue.circuit), None);
        Venues::<T>::remove(id);
        Ok(())
    }
}

impl<T: Config> VenueInspect for Pallet<T> {
    fn ensure_accepts_deposits(id: VenueId) -> DispatchResult {
        let venue = Self::known(id)?;
        ensure!(venue.pauses.accepts_deposits(), Error::<T>::VenuePaused);
        Self::ensure_settles(venue.due_circuit())
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn benchmark_venue() -> VenueId {
        crate::benchmarking::venue::<T>().0
    }
}
