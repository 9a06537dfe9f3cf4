//! Keeps an account's order sets in the order of their sequences while their signatures are checked
//! in parallel.
//!
//! Requests run in tasks of their own, so a newer set could reach the venue first, and the older
//! one would be refused. A set only waits while signatures are checked that are due anyway: a set
//! is on its way from the first step of its task until its own check and the checks of older sets
//! are done. A set whose check fails does not wait.

use clearproof_primitives::ids::AccountIndex;
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::watch;

/// Largest number of older sets that one set waits for. Anyone can send sets in an account's name,
/// even if they are then refused.
const MAX_AWAITED: usize = 64;

/// The place of a set: sets are ordered by account, then by sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    account: AccountIndex,
    sequence: u64,
    /// Distinguishes sets of the same sequence.
    entered: u64,
}

/// Order sets on their way to the venue.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// Each receiver ends, without a value, when its set has left.
    on_the_way: Mutex<BTreeMap<Place, watch::Receiver<()>>>,
    entered: AtomicU64,
}

/// A set on its way, until this is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    place: Place,
    _left: watch::Sender<()>,
}

impl Turns {
    /// Enters a set.
    pub fn enter(&self, account: AccountIndex, sequence: u64) -> Turn<'_> {
        let place = Place {
            account,
            sequence,
            entered: self.entered.fetch_add(1, Ordering::Relaxed),
        };
        let (left, leaves) = watch::channel(());
        self.lock().insert(place, leaves);
        Turn {
            turns: self,
            place,
            _left: left,
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Place, watch::Receiver<()>>> {
        let locked = self.on_the_way.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Waits until the account's older sets that are on their way now have left.
    pub async fn wait(&self) {
        let first_of = |sequence| Place {
            account: self.place.account,
            sequence,
            entered: 0,
        };
        let older: Vec<_> = {
            let on_the_way = self.turns.lock();
            let older = on_the_way.range(first_of(0)..first_of(self.place.sequence));
            let nearest = older.rev().take(MAX_AWAITED);
            nearest.map(|(_, leaves)| leaves.clone()).collect()
        };
        for mut leaves in older {
            // Nothing is ever sent: this ends with the sender.
            let _ = leaves.changed().await;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.lock().remove(&self.place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    const ONE: AccountIndex = AccountIndex::new(1);
    const TWO: AccountIndex = AccountIndex::new(2);

    #[test]
    fn a_set_waits_for_the_older_ones_of_its_account_and_for_nothing_else() {
        let turns = Turns::default();
        let newest = turns.enter(ONE, 9);
        assert_eq!(
            newest.wait().now_or_never(),
            Some(()),
            "no other set is there"
        );
        let oldest = turns.enter(ONE, 3);
        let same = turns.enter(ONE, 9);
        let other = turns.enter(TWO, 1);
        let mut waiting = Box::pin(newest.wait());
        assert_eq!(waiting.as_mut().now_or_never(), None);
        assert_eq!(oldest.wait().now_or_never(), Some(()));
        assert_eq!(other.wait().now_or_never(), Some(()));
        // One that sets out later is not waited for.
        let late = turns.enter(ONE, 5);
        drop(oldest);
        assert_eq!(waiting.as_mut().now_or_never(), Some(()));
        assert_eq!(same.wait().now_or_never(), None);
        drop(late);
        assert_eq!(same.wait().now_or_never(), Some(()));
        drop((waiting, same, other));
        drop(newest);
        assert!(turns.lock().is_empty());
    }

    #[test]
    fn a_crowd_of_older_sets_is_not_waited_for_as_a_whole() {
        let turns = Turns::default();
        let mut crowd: Vec<_> = (1..1_000)
            .map(|sequence| turns.enter(ONE, sequence))
            .collect();
        let newest = turns.enter(ONE, 1_000);
        assert_eq!(newest.wait().now_or_never(), None);
        crowd.truncate(crowd.len() - MAX_AWAITED);
        let mut waiting = Box::pin(newest.wait());
        assert_eq!(waiting.as_mut().now_or_never(), None);
        crowd.truncate(crowd.len() - MAX_AWAITED);
        assert_eq!(waiting.as_mut().now_or_never(), Some(()));
    }
}
