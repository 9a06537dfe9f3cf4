//! The invariants of the pallet's state.

use crate::{AssetKind, Assets, Config, Deposits, Held, Pallet, Queues, Totals};
use alloc::collections::BTreeMap;
use clearproof_primitives::ids::VenueId;
use frame_support::{
    ensure,
    traits::{fungible::Inspect as _, fungibles::Inspect as _},
};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
    /// Checks that queues have no gaps and their sums are recorded, and that custody accounts hold
    /// their debts and reserves.
    pub(crate) fn check_state() -> Result<(), TryRuntimeError> {
        for (venue, queue) in Queues::<T>::iter() {
            let mut queued = BTreeMap::<u8, u128>::new();
            for index in queue.consumed.count..queue.made.count {
                let entry =
                    Deposits::<T>::get(venue, index).ok_or("a deposit of the queue is missing")?;
                let sum = queued.entry(entry.deposit.asset).or_default();
                *sum = sum.saturating_add(entry.deposit.amount.into());
            }
            let stored = Deposits::<T>::iter_prefix(venue).count() as u64;
            ensure!(
                queue.consumed.count.checked_add(stored) == Some(queue.made.count),
                "a deposit outside the queue"
            );
            let recorded = Totals::<T>::iter_prefix(venue)
                .all(|(asset, held)| queued.remove(&asset).unwrap_or(0) == held.queued.into());
            ensure!(recorded && queued.is_empty(), "queued totals are wrong");
        }
        for (venue, asset, held) in Totals::<T>::iter() {
            Self::check_holdings(venue, asset, &held)?;
        }
        Ok(())
    }

    fn check_holdings(venue: VenueId, asset: u8, held: &Held) -> Result<(), TryRuntimeError> {
        let info = Assets::<T>::get(asset).ok_or("totals of an unregistered asset")?;
        let account = Self::custody_account_of(venue);
        let balance = match info.kind {
            AssetKind::Native => T::NativeCurrency::balance(&account),
            AssetKind::Token(id) => T::Tokens::balance(id, &account),
        };
        ensure!(
            balance >= held.owed().saturating_add(Self::reserve(info.kind)),
            "a custody account holds less than it owes"
        );
        Ok(())
    }
}
