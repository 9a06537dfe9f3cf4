//! Retirement of circuits: the time from which on nothing is proven with one, and which circuit
//! takes its place.

use crate::{CircuitId, CircuitVenues, Config, Error, Pallet, Retirement, Retirements};
use clearproof_primitives::time::Millis;
use frame_support::{
    dispatch::DispatchResult,
    ensure,
    traits::{EnsureOrigin, Get},
};
use frame_system::pallet_prelude::OriginFor;
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
    /// Accepts the origins that retire circuits. Returns true for the urgent one.
    pub(crate) fn ensure_may_retire(origin: OriginFor<T>) -> Result<bool, DispatchError> {
        match T::UrgentCircuitOrigin::try_origin(origin) {
            Ok(_) => Ok(true),
            Err(origin) => {
                T::CircuitOrigin::ensure_origin(origin)?;
                Ok(false)
            }
        }
    }

    /// Announces a circuit's retirement, or changes one that has not come yet.
    pub(crate) fn retire(
        id: CircuitId,
        at: Millis,
        successor: Option<CircuitId>,
        urgent: bool,
    ) -> Result<Retirement, DispatchError> {
        let circuit = Self::registered(id)?;
        Self::ensure_settles(id)?;
        if let Some(other) = successor {
            let fits = Self::registered(other)?.succeeds(&circuit);
            ensure!(fits, Error::<T>::CircuitOfOtherShape);
            let stays = other != id && !Retirements::<T>::contains_key(other);
            ensure!(stays, Error::<T>::CircuitRetired);
        }
        let announced = Self::now();
        if !urgent {
            let notice = at.saturating_sub(announced);
            ensure!(
                notice >= T::RetirementNotice::get(),
                Error::<T>::RetirementTooSoon
            );
            ensure!(
                successor.is_some() || CircuitVenues::<T>::get(id) == 0,
                Error::<T>::CircuitInUse
            );
        }
        let retirement = Retirement {
            at: at.max(announced),
            announced,
            successor,
        };
        Retirements::<T>::insert(id, retirement);
        Ok(retirement)
    }

    /// Refuses a circuit that is retired. The time of the present block decides.
    pub(crate) fn ensure_settles(id: CircuitId) -> DispatchResult {
        let retired = Retirements::<T>::get(id).is_some_and(|it| it.at <= Self::now());
        ensure!(!retired, Error::<T>::CircuitRetired);
        Ok(())
    }

    /// Refuses a circuit that no venue may begin with or change to: one that is retired, or is
    /// about to be without a successor for those venues.
    pub(crate) fn ensure_takes_venues(id: CircuitId) -> DispatchResult {
        Self::ensure_settles(id)?;
        let trap = Retirements::<T>::get(id).is_some_and(|it| it.successor.is_none());
        ensure!(!trap, Error::<T>::CircuitRetired);
        Ok(())
    }

    /// Counts a venue that leaves a circuit, comes to one, or both.
    pub(crate) fn count_venue(from: Option<CircuitId>, to: Option<CircuitId>) {
        if from == to {
            return;
        }
        if let Some(id) = from {
            CircuitVenues::<T>::mutate(id, |count| *count = count.saturating_sub(1));
        }
        if let Some(id) = to {
            CircuitVenues::<T>::mutate(id, |count| *count = count.saturating_add(1));
        }
    }

    /// Invariants of the storage: the counts are those of the venues, and the runtime encodes the
    /// version of every circuit that is not retired.
    #[cfg(any(test, feature = "try-runtime"))]
    pub(crate) fn check_circuits() -> DispatchResult {
        use crate::{Circuits, Venues};
        use alloc::vec::Vec;
        use clearproof_primitives::batch::BatchHeader;

        let venues: Vec<_> = Venues::<T>::iter_values().collect();
        for (id, circuit) in Circuits::<T>::iter() {
            let on_it = venues.iter().filter(|venue| venue.circuit == id).count();
            ensure!(
                usize::try_from(CircuitVenues::<T>::get(id)) == Ok(on_it),
                "CircuitVenues: not the number of venues on a circuit"
            );
            ensure!(
                BatchHeader::encodes(circuit.version) || Self::ensure_settles(id).is_err(),
                "Circuits: a circuit that is not retired has a version unknown to the runtime"
            );
        }
        Ok(())
    }
}
