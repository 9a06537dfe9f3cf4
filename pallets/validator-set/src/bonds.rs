//! The bonds: adding, requesting back, releasing, slashing.
//!
//! The amount that the pallet holds of an account is always its [`Bond`]'s total.

use crate::{
    BalanceOf, Bond, Bonds, Config, CreditOf, CurrentLimits, Error, HoldReason, Pallet, Unbonding,
};
use frame_support::{
    ensure,
    traits::{
        Get, Imbalance, OnUnbalanced,
        fungible::{BalancedHold, MutateHold},
        tokens::Precision,
    },
};
use sp_runtime::{
    DispatchError,
    traits::{CheckedSub, Saturating, Zero},
};
use sp_staking::SessionIndex;

impl<T: Config> Pallet<T> {
    /// Holds more of an account's funds as its bond.
    pub(crate) fn add_to_bond(
        who: &T::AccountId,
        amount: BalanceOf<T>,
    ) -> Result<(), DispatchError> {
        ensure!(!amount.is_zero(), Error::<T>::AmountZero);
        let known = Bonds::<T>::get(who);
        ensure!(
            known.is_some() || amount >= CurrentLimits::<T>::get().minimum_bond,
            Error::<T>::BelowMinimumBond
        );
        let mut bond = known.unwrap_or_default();
        T::NativeCurrency::hold(&HoldReason::Bond.into(), who, amount)?;
        // The total issuance bounds the sum.
        bond.active = bond.active.saturating_add(amount);
        Bonds::<T>::insert(who, bond);
        Ok(())
    }

    /// Starts the unbonding of a part of an account's bond. Returns the session from which on it
    /// can be withdrawn.
    pub(crate) fn start_unbonding(
        who: &T::AccountId,
        amount: BalanceOf<T>,
    ) -> Result<SessionIndex, DispatchError> {
        ensure!(!amount.is_zero(), Error::<T>::AmountZero);
        let mut bond = Bonds::<T>::get(who).ok_or(Error::<T>::NoBond)?;
        let left = bond
            .active
            .checked_sub(&amount)
            .ok_or(Error::<T>::MoreThanBonded)?;
        ensure!(
            left >= CurrentLimits::<T>::get().minimum_bond || !Self::serves(who),
            Error::<T>::BelowMinimumBond
        );
        let until = pallet_session::Pallet::<T>::current_index()
            .saturating_add(T::UnbondingSessions::get());
        bond.active = left;
        match bond.unbonding.last_mut() {
            Some(last) if last.until == until => last.amount = last.amount.saturating_add(amount),
            _ => bond
                .unbonding
                .try_push(Unbonding { amount, until })
                .map_err(|_| Error::<T>::TooManyRequests)?,
        }
        Bonds::<T>::insert(who, bond);
        Ok(until)
    }

    /// Releases the parts of a bond that are due. Returns the amount.
    pub(crate) fn release_due(who: &T::AccountId) -> Result<BalanceOf<T>, DispatchError> {
        let mut bond = Bonds::<T>::get(who).ok_or(Error::<T>::NoBond)?;
        let due = bond.take_due(pallet_session::Pallet::<T>::current_index());
        ensure!(!due.is_zero(), Error::<T>::NothingDue);
        T::NativeCurrency::release(&HoldReason::Bond.into(), who, due, Precision::Exact)?;
        Self::store_bond(who, bond);
        Ok(due)
    }

    /// Slashes an account by up to an amount, and passes the slashed funds on. Returns the amount
    /// that was slashed.
    pub(crate) fn slash(who: &T::AccountId, amount: BalanceOf<T>) -> BalanceOf<T> {
        let Some(mut bond) = Bonds::<T>::get(who).filter(|_| !amount.is_zero()) else {
            return Zero::zero();
        };
        let due = amount.min(bond.total());
        let (credit, _): (CreditOf<T>, _) =
            T::NativeCurrency::slash(&HoldReason::Bond.into(), who, due);
        let taken = credit.peek();
        bond.reduce(taken);
        Self::store_bond(who, bond);
        T::OnSlash::on_unbalanced(credit);
        taken
    }

    fn store_bond(who: &T::AccountId, bond: Bond<BalanceOf<T>>) {
        if bond.total().is_zero() {
            Bonds::<T>::remove(who);
        } else {
            Bonds::<T>::insert(who, bond);
        }
    }
}
