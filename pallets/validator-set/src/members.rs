//! The set: entering, leaving, and the limits.

use crate::{
    BalanceOf, Bonds, Config, CurrentLimits, Error, Event, LimitsOf, MAX_CANDIDATES_LISTED,
    Members, Offender, Offenders, Pallet,
};
use alloc::vec::Vec;
use core::cmp::Reverse;
use frame_support::{ensure, traits::Get};
use pallet_session::Pallet as Session;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
    /// Returns true if an account is in the set, validates, or is queued.
    pub(crate) fn serves(who: &T::AccountId) -> bool {
        Members::<T>::get().binary_search(who).is_ok()
            || Session::<T>::validators().contains(who)
            || Session::<T>::queued_keys()
                .iter()
                .any(|(validator, _)| validator == who)
    }

    /// Puts an account into the set.
    pub(crate) fn insert_member(who: &T::AccountId) -> DispatchResult {
        let limits = CurrentLimits::<T>::get();
        let mut members = Members::<T>::get();
        let Err(place) = members.binary_search(who) else {
            return Err(Error::<T>::AlreadyInSet.into());
        };
        ensure!(
            size(&members) < limits.maximum_validators,
            Error::<T>::SetFull
        );
        ensure!(
            Session::<T>::load_keys(who).is_some(),
            Error::<T>::NoSessionKeys
        );
        Self::ensure_bonded(who)?;
        members
            .try_insert(place, who.clone())
            .map_err(|_| Error::<T>::SetFull)?;
        Members::<T>::put(members);
        Ok(())
    }

    fn ensure_bonded(who: &T::AccountId) -> DispatchResult {
        ensure!(
            Self::bond_of(who.clone()) >= CurrentLimits::<T>::get().minimum_bond,
            Error::<T>::BelowMinimumBond
        );
        Ok(())
    }

    /// Takes an account out of the set.
    ///
    /// Offenders leave first: an honest validator cannot, if the set would then have to keep one of
    /// them.
    pub(crate) fn remove_member(who: &T::AccountId) -> DispatchResult {
        let mut members = Members::<T>::get();
        let Ok(place) = members.binary_search(who) else {
            return Err(Error::<T>::NotInSet.into());
        };
        let goes_anyway = |member: &T::AccountId| Offenders::<T>::contains_key(member);
        let others = members.iter().filter(|member| *member != who);
        let staying = if goes_anyway(who) {
            others.count()
        } else {
            others.filter(|member| !goes_anyway(member)).count()
        };
        ensure!(
            staying >= CurrentLimits::<T>::get().minimum_validators as usize,
            Error::<T>::SetAtMinimum
        );
        members.remove(place);
        Members::<T>::put(members);
        Ok(())
    }

    /// Forgives an account its offences, and puts it into the set unless it is there. In both cases
    /// it must be bonded again.
    pub(crate) fn forgive(who: &T::AccountId) -> DispatchResult {
        ensure!(Offenders::<T>::contains_key(who), Error::<T>::NoOffender);
        if Members::<T>::get().binary_search(who).is_err() {
            Self::insert_member(who)?;
        } else {
            Self::ensure_bonded(who)?;
        }
        Offenders::<T>::remove(who);
        Ok(())
    }

    /// Takes offenders out of the set, the gravest first, as far as the minimum size allows. The
    /// others are marked.
    pub(crate) fn expel_offenders() {
        let mut members = Members::<T>::get();
        let mut offenders: Vec<(T::AccountId, Offender)> = members
            .iter()
            .filter_map(|member| Some((member.clone(), Offenders::<T>::get(member)?)))
            .collect();
        offenders.sort_by_key(|(_, offender)| (Reverse(offender.fraction), offender.session));
        let minimum = CurrentLimits::<T>::get().minimum_validators as usize;
        let spare = members.len().saturating_sub(minimum);
        for (rank, (who, mut offender)) in offenders.into_iter().enumerate() {
            if rank < spare {
                members.retain(|member| *member != who);
                offender.retained = false;
                Offenders::<T>::insert(&who, offender);
                Self::deposit_event(Event::Expelled { who });
            } else if !offender.retained {
                offender.retained = true;
                Offenders::<T>::insert(&who, offender);
                Self::deposit_event(Event::Retained { who });
            }
        }
        Members::<T>::put(members);
    }

    /// Checks that limits are within their bounds and fit the present set.
    pub(crate) fn check_limits(limits: &LimitsOf<T>) -> DispatchResult {
        let size = size(&Members::<T>::get());
        Self::check_bounds(limits)?;
        ensure!(
            limits.minimum_validators <= size,
            Error::<T>::MinimumValidatorsBounds
        );
        ensure!(
            limits.maximum_validators >= size,
            Error::<T>::MaximumValidatorsBounds
        );
        Ok(())
    }

    /// Checks that limits are within their bounds, whatever the set is.
    pub(crate) fn check_bounds(limits: &LimitsOf<T>) -> Result<(), Error<T>> {
        let (least, largest) = T::MinimumBondRange::get();
        ensure!(
            (least..=largest).contains(&limits.minimum_bond),
            Error::<T>::MinimumBondBounds
        );
        ensure!(
            limits.minimum_validators >= 1,
            Error::<T>::MinimumValidatorsBounds
        );
        ensure!(
            (limits.minimum_validators..=T::MaxValidators::get())
                .contains(&limits.maximum_validators),
            Error::<T>::MaximumValidatorsBounds
        );
        Ok(())
    }

    /// Builds the set at genesis. The session pallet checks at its start whether the validators
    /// have keys.
    pub(crate) fn build_genesis(
        validators: &[(T::AccountId, BalanceOf<T>)],
        limits: Option<LimitsOf<T>>,
    ) -> DispatchResult {
        let limits = limits.unwrap_or_else(CurrentLimits::<T>::get);
        Self::check_bounds(&limits)?;
        CurrentLimits::<T>::put(limits);
        let mut members: Vec<T::AccountId> =
            validators.iter().map(|(who, _)| who.clone()).collect();
        members.sort();
        ensure!(members.is_sorted_by(|a, b| a < b), Error::<T>::AlreadyInSet);
        // A state without validators is for tests. It never gets a block.
        let count = size(&members);
        ensure!(
            count == 0 || count >= limits.minimum_validators,
            Error::<T>::SetAtMinimum
        );
        ensure!(count <= limits.maximum_validators, Error::<T>::SetFull);
        for (who, bond) in validators {
            ensure!(*bond >= limits.minimum_bond, Error::<T>::BelowMinimumBond);
            Self::add_to_bond(who, *bond)?;
        }
        let members = members.try_into().map_err(|_| Error::<T>::SetFull)?;
        Members::<T>::put::<frame_support::BoundedVec<_, T::MaxValidators>>(members);
        Ok(())
    }

    /// See the view `candidates`.
    pub(crate) fn list_candidates(after: Option<T::AccountId>) -> Vec<T::AccountId> {
        let limits = CurrentLimits::<T>::get();
        let members = Members::<T>::get();
        let bonds = match after {
            Some(account) => Bonds::<T>::iter_from(Bonds::<T>::hashed_key_for(account)),
            None => Bonds::<T>::iter(),
        };
        bonds
            .filter(|(who, bond)| {
                bond.active >= limits.minimum_bond
                    && members.binary_search(who).is_err()
                    && Session::<T>::load_keys(who).is_some()
                    && !Offenders::<T>::contains_key(who)
            })
            .map(|(who, _)| who)
            .take(MAX_CANDIDATES_LISTED)
            .collect()
    }
}

/// Returns the number of validators.
pub(crate) fn size<A>(members: &[A]) -> u32 {
    u32::try_from(members.len()).unwrap_or(u32::MAX)
}
