//! Applies a batch to the money: deposits are consumed, withdrawals and the protocol fee are paid,
//! and nothing is overdrawn.

use crate::{
    Assets, Claimable, Config, Cursor, Deposits, Error, Event, Held, MAX_DEPOSITS_PER_BATCH,
    Pallet, Queues, Totals, VenueCustody, VenueId,
};
use alloc::collections::BTreeMap;
use clearproof_primitives::batch::Withdrawal;
use frame_support::{
    dispatch::DispatchResult,
    ensure,
    traits::{
        Get,
        fungible::{Inspect as _, Mutate as _},
        tokens::Preservation,
    },
};
use sp_runtime::{DispatchError, traits::Zero};

/// Index of the asset in which fees are charged.
const QUOTE: u8 = 0;

/// Totals of the assets that a batch touches.
type Touched = BTreeMap<u8, Held>;

impl<T: Config> Pallet<T> {
    fn touched(venue: VenueId, totals: &mut Touched, asset: u8) -> &mut Held {
        totals
            .entry(asset)
            .or_insert_with(|| Totals::<T>::get(venue, asset))
    }

    /// Moves the deposits `from..to` from queued to consumed.
    fn consume_deposits(
        venue: VenueId,
        from: u64,
        to: u64,
        totals: &mut Touched,
    ) -> DispatchResult {
        for index in from..to {
            let queued =
                Deposits::<T>::get(venue, index).ok_or(Error::<T>::DepositCursorMismatch)?;
            let (asset, amount) = (queued.deposit.asset, queued.deposit.amount);
            let held = Self::touched(venue, totals, asset);
            // Both hold by construction: each queued deposit was added to `queued`, and the sum of
            // all is bounded.
            held.queued = held
                .queued
                .checked_sub(amount)
                .ok_or(Error::<T>::Overdraw)?;
            held.consumed = held
                .consumed
                .checked_add(amount)
                .ok_or(Error::<T>::TotalTooLarge)?;
        }
        Ok(())
    }

    /// Deducts the withdrawals and the protocol fee from the consumed deposits.
    fn deduct(
        venue: VenueId,
        withdrawals: &[Withdrawal],
        protocol_fee: u64,
        totals: &mut Touched,
    ) -> DispatchResult {
        let withdrawn = withdrawals.iter().map(|w| (w.asset, w.amount));
        // Most batches of a quiet venue have no fee, and 0 is no valid amount.
        let fee = (protocol_fee > 0).then_some((QUOTE, protocol_fee));
        for (asset, amount) in withdrawn.chain(fee) {
            Self::ensure_amount(amount)?;
            let held = Self::touched(venue, totals, asset);
            held.consumed = held
                .consumed
                .checked_sub(amount)
                .ok_or(Error::<T>::Overdraw)?;
        }
        Ok(())
    }

    /// Pays a deducted amount to a recipient, or keeps it for a claim. Returns true if it was paid.
    fn pay_or_keep(
        venue: VenueId,
        recipient: &T::AccountId,
        asset: u8,
        amount: u64,
    ) -> Result<bool, DispatchError> {
        let paid = Assets::<T>::get(asset)
            .is_some_and(|info| Self::pay_out(venue, info.kind, recipient, amount).is_ok());
        if paid {
            return Ok(true);
        }
        Totals::<T>::try_mutate(venue, asset, |held| {
            held.claimable = held
                .claimable
                .checked_add(amount)
                .ok_or(Error::<T>::TotalTooLarge)?;
            Ok::<(), DispatchError>(())
        })?;
        Claimable::<T>::try_mutate((venue, recipient, asset), |owed| {
            *owed = owed.checked_add(amount).ok_or(Error::<T>::TotalTooLarge)?;
            Ok::<(), DispatchError>(())
        })?;
        Ok(false)
    }

    /// Pays one withdrawal, or keeps it for a claim. Returns true if it was paid.
    fn pay_withdrawal(venue: VenueId, withdrawal: &Withdrawal) -> Result<bool, DispatchError> {
        let Withdrawal {
            recipient,
            asset,
            amount,
        } = *withdrawal;
        let recipient = T::AccountId::from(recipient);
        let paid = Self::pay_or_keep(venue, &recipient, asset, amount)?;
        if !paid {
            Self::deposit_event(Event::WithdrawalKept {
                venue,
                recipient,
                asset,
                amount,
            });
        }
        Ok(paid)
    }

    /// Pays a batch's protocol fee to the treasury, or keeps it for the treasury's claim.
    fn pay_protocol_fee(venue: VenueId, amount: u64) -> DispatchResult {
        if amount.is_zero() {
            return Ok(());
        }
        let treasury = T::Treasury::get();
        let paid = Self::pay_or_keep(venue, &treasury, QUOTE, amount)?;
        Self::deposit_event(if paid {
            Event::ProtocolFeePaid { venue, amount }
        } else {
            Event::ProtocolFeeKept { venue, amount }
        });
        Ok(())
    }

    /// Pays the caller's claim on a venue to an account that can receive it. Returns the amount.
    pub(crate) fn pay_claim(
        venue: VenueId,
        asset: u8,
        claimant: &T::AccountId,
        to: &T::AccountId,
    ) -> Result<u64, DispatchError> {
        let info = Self::registered(asset)?;
        let amount = Claimable::<T>::take((venue, claimant, asset));
        ensure!(!amount.is_zero(), Error::<T>::NothingToClaim);
        Totals::<T>::try_mutate(venue, asset, |held| {
            held.claimable = held
                .claimable
                .checked_sub(amount)
                .ok_or(Error::<T>::Overdraw)?;
            Ok::<(), DispatchError>(())
        })?;
        Self::pay_out(venue, info.kind, to, amount)?;
        Ok(amount)
    }
}

impl<T: Config> VenueCustody<T::AccountId> for Pallet<T> {
    fn open(venue: VenueId, founder: &T::AccountId) -> DispatchResult {
        let account = Self::custody_account_of(venue);
        let minimum = T::NativeCurrency::minimum_balance();
        T::NativeCurrency::transfer(founder, &account, minimum, Preservation::Preserve)?;
        Ok(())
    }

    fn close(venue: VenueId) -> DispatchResult {
        let owes = Totals::<T>::iter_prefix(venue).any(|(_, held)| !held.owed().is_zero());
        ensure!(!owes, Error::<T>::VenueNotEmpty);
        // There is at most one entry per asset index, and there are at most 256 of those.
        let _ = Totals::<T>::clear_prefix(venue, 1 << u8::BITS, None);
        Queues::<T>::remove(venue);
        Ok(())
    }

    fn check_batch(
        venue: VenueId,
        before: &Cursor,
        after: &Cursor,
        withdrawals: &[Withdrawal],
        protocol_fee: u64,
    ) -> DispatchResult {
        let queue = Queues::<T>::get(venue);
        ensure!(*before == queue.consumed, Error::<T>::DepositCursorMismatch);
        let new = after
            .count
            .checked_sub(before.count)
            .ok_or(Error::<T>::DepositCursorMismatch)?;
        ensure!(new <= MAX_DEPOSITS_PER_BATCH, Error::<T>::TooManyDeposits);
        ensure!(
            Self::cursor_at(venue, after.count) == Some(*after),
            Error::<T>::DepositCursorMismatch
        );
        let mut totals = Touched::new();
        Self::consume_deposits(venue, before.count, after.count, &mut totals)?;
        Self::deduct(venue, withdrawals, protocol_fee, &mut totals)
    }

    fn apply_batch(
        venue: VenueId,
        count: u64,
        withdrawals: &[Withdrawal],
        protocol_fee: u64,
    ) -> Result<u32, DispatchError> {
        let mut queue = Queues::<T>::get(venue);
        let from = queue.consumed.count;
        let after = Self::cursor_at(venue, count).ok_or(Error::<T>::DepositCursorMismatch)?;
        let mut totals = Touched::new();
        Self::consume_deposits(venue, from, count, &mut totals)?;
        Self::deduct(venue, withdrawals, protocol_fee, &mut totals)?;

        queue.consumed = after;
        Queues::<T>::insert(venue, queue);
        (from..count).for_each(|index| Deposits::<T>::remove(venue, index));
        totals
            .into_iter()
            .for_each(|(asset, held)| Totals::<T>::insert(venue, asset, held));
        let mut kept = 0u32;
        for withdrawal in withdrawals {
            if !Self::pay_withdrawal(venue, withdrawal)? {
                kept = kept.saturating_add(1);
            }
        }
        Self::pay_protocol_fee(venue, protocol_fee)?;
        Ok(kept)
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn benchmark_prepare(
        venue: VenueId,
        deposits: u32,
        withdrawals: &[Withdrawal],
        protocol_fee: u64,
    ) -> (Cursor, Cursor) {
        Self::prepare_for_benchmark(venue, deposits, withdrawals, protocol_fee)
    }
}
