//! The deposit queue: appending deposits, and finding cursors.

use crate::{Config, Cursor, Deposits, Error, Pallet, QueuedDeposit, Queues, VenueId};
use clearproof_primitives::{
    account::account_key, babyjubjub::PublicKey, batch::Deposit, field::Fr, ledger::DepositCursor,
};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
    /// Returns the key of the account that a deposit names, from the owner's compressed key.
    pub(crate) fn named_account(owner: &[u8; 32]) -> Result<Fr, DispatchError> {
        let point = PublicKey::from_compressed(owner)
            .map_err(|_| Error::<T>::InvalidOwnerKey)?
            .point();
        Ok(account_key((point.x, point.y), 0))
    }

    /// Appends a deposit. Returns its index and the entry of the queue.
    pub(crate) fn enqueue(
        venue: VenueId,
        owner: [u8; 32],
        account_key: Fr,
        asset: u8,
        amount: u64,
    ) -> Result<(u64, QueuedDeposit), DispatchError> {
        let mut queue = Queues::<T>::get(venue);
        let index = queue.made.count;
        let accumulator = queue
            .made
            .accumulator
            .to_fr()
            .map_err(|_| Error::<T>::NonCanonicalField)?;
        let end = DepositCursor {
            count: index,
            accumulator,
        }
        .after(account_key, asset, amount);
        queue.made = Cursor {
            count: end.count,
            accumulator: end.accumulator.into(),
        };
        let queued = QueuedDeposit {
            owner,
            deposit: Deposit {
                account_key: account_key.into(),
                asset,
                amount,
            },
            accumulator: queue.made.accumulator,
        };
        Deposits::<T>::insert(venue, index, queued);
        Queues::<T>::insert(venue, queue);
        Ok((index, queued))
    }

    /// Returns the cursor after the first `count` deposits, as long as the queue still knows it.
    pub(crate) fn cursor_at(venue: VenueId, count: u64) -> Option<Cursor> {
        let queue = Queues::<T>::get(venue);
        if count == queue.consumed.count {
            return Some(queue.consumed);
        }
        let last = Deposits::<T>::get(venue, count.checked_sub(1)?)?;
        Some(Cursor {
            count,
            accumulator: last.accumulator,
        })
    }
}
