//! Moves funds between users' accounts and custody accounts.

use crate::{AssetInfo, AssetKind, Assets, Config, Error, Held, Pallet, Totals, VenueId};
use clearproof_primitives::shape::AMOUNT_BITS;
use frame_support::{
    dispatch::DispatchResult,
    ensure,
    storage::with_storage_layer,
    traits::{
        Get,
        fungible::{Inspect as _, Mutate as _},
        fungibles::{Inspect as _, Mutate as _},
        tokens::Preservation,
    },
};
use sp_runtime::{DispatchError, traits::AccountIdConversion};

/// Upper limit of amounts and totals, exclusive.
pub(crate) const AMOUNT_LIMIT: u64 = 1 << AMOUNT_BITS;

impl<T: Config> Pallet<T> {
    /// Returns the account that holds a venue's money.
    pub fn custody_account_of(venue: VenueId) -> T::AccountId {
        T::PalletId::get().into_sub_account_truncating(venue)
    }

    /// Returns a registered asset.
    pub(crate) fn registered(asset: u8) -> Result<AssetInfo, DispatchError> {
        Assets::<T>::get(asset).ok_or_else(|| Error::<T>::UnknownAsset.into())
    }

    /// Refuses an amount that is zero or has more than 63 bits.
    pub(crate) fn ensure_amount(amount: u64) -> DispatchResult {
        ensure!(
            (1..AMOUNT_LIMIT).contains(&amount),
            Error::<T>::AmountOutOfRange
        );
        Ok(())
    }

    /// Returns the amount that a custody account must hold on top of its debts. With less than the
    /// asset's minimum balance left, the ledger would burn the rest as dust. A token whose minimum
    /// is 1 leaves no dust.
    pub(crate) fn reserve(kind: AssetKind) -> u128 {
        match kind {
            AssetKind::Native => T::NativeCurrency::minimum_balance(),
            AssetKind::Token(id) => match T::Tokens::minimum_balance(id) {
                0 | 1 => 0,
                minimum => minimum,
            },
        }
    }

    /// Moves a deposit's funds into the custody account.
    pub(crate) fn collect(
        venue: VenueId,
        asset: u8,
        kind: AssetKind,
        from: &T::AccountId,
        amount: u64,
    ) -> DispatchResult {
        let account = Self::custody_account_of(venue);
        let held = Totals::<T>::try_mutate(venue, asset, |held| {
            ensure!(
                held.owed().saturating_add(amount.into()) < AMOUNT_LIMIT.into(),
                Error::<T>::TotalTooLarge
            );
            held.queued = held
                .queued
                .checked_add(amount)
                .ok_or(Error::<T>::TotalTooLarge)?;
            Ok::<Held, DispatchError>(*held)
        })?;
        let balance = match kind {
            AssetKind::Native => {
                T::NativeCurrency::transfer(from, &account, amount.into(), Preservation::Preserve)?;
                T::NativeCurrency::balance(&account)
            }
            AssetKind::Token(id) => {
                T::Tokens::transfer(id, from, &account, amount.into(), Preservation::Expendable)?;
                T::Tokens::balance(id, &account)
            }
        };
        ensure!(
            balance >= held.owed().saturating_add(Self::reserve(kind)),
            Error::<T>::ReserveMissing
        );
        Ok(())
    }

    /// Pays out of a custody account, all or nothing.
    pub(crate) fn pay_out(
        venue: VenueId,
        kind: AssetKind,
        to: &T::AccountId,
        amount: u64,
    ) -> DispatchResult {
        let account = Self::custody_account_of(venue);
        let preservation = match Self::reserve(kind) {
            0 => Preservation::Expendable,
            _ => Preservation::Preserve,
        };
        with_storage_layer(|| match kind {
            AssetKind::Native => {
                T::NativeCurrency::transfer(&account, to, amount.into(), preservation).map(|_| ())
            }
            AssetKind::Token(id) => {
                T::Tokens::transfer(id, &account, to, amount.into(), preservation).map(|_| ())
            }
        })
    }
}
