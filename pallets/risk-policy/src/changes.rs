//! Changes of the policy. They are judged when they are proposed, and again when they are due.

use crate::{
    BoundedPolicy, ChangesOf, Config, CurrentPolicy, Error, Event, History, LastEmergency,
    NextChange, Pallet, Pending, Version, WeightInfo,
};
use alloc::vec::Vec;
use clearproof_primitives::{
    policy::{
        Assessment, ChangeError, Changed, Direction, DropReason, PendingChange, Policy,
        PolicyChange, PolicyError, PolicyVersion,
    },
    time::Millis,
};
use frame_support::{
    dispatch::DispatchResult,
    ensure,
    traits::{Get, Time},
    weights::Weight,
};

/// A pending change in storage.
pub type PendingOf<T> = PendingChange<ChangesOf<T>>;

/// Places among the pending changes that are reserved for an emergency, however many lists voters
/// have scheduled.
pub(crate) const RESERVED: u32 = 1;

impl<T: Config> Pallet<T> {
    /// Returns the time of the present block.
    pub(crate) fn now() -> Millis {
        Millis::new(T::Clock::now())
    }

    /// Checks and stores a policy, and returns its version. It is in force from the next snapshot
    /// on.
    pub fn store(policy: Policy) -> Result<u32, PolicyError> {
        let policy = BoundedPolicy::<T::Market>::try_from(policy)?;
        let version = Version::<T>::get().saturating_add(1);
        let since = if frame_system::Pallet::<T>::block_number() == Default::default() {
            Millis::ZERO
        } else {
            Self::now()
        };
        CurrentPolicy::<T>::put(policy.clone());
        Version::<T>::put(version);
        History::<T>::insert(version, PolicyVersion { policy, since });
        Ok(version)
    }

    /// Returns the policy after every pending change that is due at `until` or before. Changes that
    /// no longer fit leave it as it is, as they will when they are due.
    fn policy_at(current: Policy, until: Millis) -> Policy {
        let due = Pending::<T>::get().into_iter();
        let due = due.filter(|change| change.effective_at <= until);
        due.fold(current, |policy, change| {
            match Self::judge(&policy, &change) {
                Ok(changed) => changed.policy,
                Err(_) => policy,
            }
        })
    }

    /// Applies a pending change to a policy.
    fn judge(policy: &Policy, change: &PendingOf<T>) -> Result<Changed, DropReason> {
        let changed = policy.with_changes(&change.changes, &T::Market::get())?;
        match (change.direction, changed.direction) {
            (Direction::Tightens, Direction::Loosens) => Err(DropReason::NoLongerTightens),
            _ => Ok(changed),
        }
    }

    /// Returns the effect of a list of changes that is proposed now and takes effect after a delay.
    ///
    /// The list must fit the policy of that time, and leave no parameter further than a step from
    /// the policy in force now. Otherwise lists that wait together would take several steps within
    /// as many snapshots.
    fn assess_after(delay: Millis, changes: &[PolicyChange]) -> Result<Assessment, ChangeError> {
        let most = T::MaxChanges::get();
        let given = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        if given > most {
            return Err(ChangeError::TooMany { given, most });
        }
        let effective_at = Self::now().saturating_add(delay);
        let current = Self::policy().ok_or(ChangeError::NoPolicy)?;
        let policy = Self::policy_at(current.clone(), effective_at);
        let changed = policy.with_changes(changes, &T::Market::get())?;
        current.within_a_step(changes, &changed.policy)?;
        Ok(Assessment {
            direction: changed.direction,
            effective_at,
            policy: changed.policy,
        })
    }

    /// Returns the effect of scheduling a list of changes now: its direction, the time when it
    /// takes effect, and the policy then.
    ///
    /// A change that tightens the policy of the time after the short delay gets the short delay;
    /// any other gets the long one.
    pub(crate) fn assess(changes: &[PolicyChange]) -> Result<Assessment, ChangeError> {
        match Self::assess_after(T::TightenDelay::get(), changes) {
            Ok(soon) if soon.direction == Direction::Tightens => Ok(soon),
            _ => Self::assess_after(T::LoosenDelay::get(), changes).map(|later| Assessment {
                direction: Direction::Loosens,
                ..later
            }),
        }
    }

    /// Schedules a list of changes after the delay of its direction.
    pub(crate) fn schedule(changes: Vec<PolicyChange>) -> DispatchResult {
        let assessment = Self::assess(&changes).map_err(Error::<T>::from)?;
        let waiting = Pending::<T>::decode_len().unwrap_or(0);
        let places = T::MaxPending::get().saturating_sub(RESERVED) as usize;
        ensure!(waiting < places, Error::<T>::TooManyPending);
        Self::enqueue(changes, &assessment)
    }

    /// Returns the time from which on the emergency origin may tighten again, in milliseconds since
    /// the Unix epoch; 0 if it never has.
    pub(crate) fn next_emergency() -> Millis {
        let last = LastEmergency::<T>::get();
        last.map_or(Millis::ZERO, |last| {
            last.saturating_add(T::EmergencyInterval::get())
        })
    }

    /// Schedules a list of changes that must tighten after the emergency's delay, if the last
    /// emergency is long enough ago.
    pub(crate) fn schedule_emergency(changes: Vec<PolicyChange>) -> DispatchResult {
        let now = Self::now();
        let wait = Self::next_emergency().saturating_sub(now);
        if wait > Millis::ZERO {
            let seconds = u16::try_from(wait.get().div_ceil(1_000)).unwrap_or(u16::MAX);
            return Err(Error::<T>::EmergencyTooSoon { seconds }.into());
        }
        let assessment = Self::assess_after(T::EmergencyDelay::get(), &changes);
        let assessment = assessment.map_err(Error::<T>::from)?;
        ensure!(
            assessment.direction == Direction::Tightens,
            Error::<T>::WouldLoosen
        );
        Self::enqueue(changes, &assessment)?;
        LastEmergency::<T>::put(now);
        Ok(())
    }

    fn enqueue(changes: Vec<PolicyChange>, assessment: &Assessment) -> DispatchResult {
        let Assessment {
            direction,
            effective_at,
            ..
        } = *assessment;
        let changes = ChangesOf::<T>::try_from(changes).map_err(|_| Error::<T>::TooManyChanges)?;
        let id = NextChange::<T>::get();
        let next = id.checked_add(1).ok_or(Error::<T>::TooManyPending)?;
        let change = PendingChange {
            id,
            changes,
            direction,
            proposed_at: Self::now(),
            effective_at,
        };
        Pending::<T>::try_mutate(|pending| {
            // In the order in which they take effect. Of two that are due together, the older comes
            // first.
            let place = pending.partition_point(|other| other.effective_at <= effective_at);
            pending
                .try_insert(place, change)
                .map_err(|_| Error::<T>::TooManyPending)
        })?;
        NextChange::<T>::put(next);
        Self::deposit_event(Event::ChangeScheduled {
            id,
            direction,
            effective_at,
        });
        Ok(())
    }

    /// Cancels a pending change.
    pub(crate) fn cancel(id: u32) -> DispatchResult {
        Pending::<T>::try_mutate(|pending| {
            let place = pending.iter().position(|change| change.id == id);
            pending.remove(place.ok_or(Error::<T>::NoSuchChange)?);
            Ok::<_, Error<T>>(())
        })?;
        Self::deposit_event(Event::ChangeCancelled { id });
        Ok(())
    }

    /// Returns the weight of [`Self::advance`].
    pub fn advance_weight() -> Weight {
        match Pending::<T>::decode_len() {
            Some(1..) => T::WeightInfo::advance(),
            _ => T::DbWeight::get().reads(1),
        }
    }

    /// Puts the first pending change that is due into force. It is called when a snapshot is about
    /// to be taken, and by nothing else, so that a policy never changes between two snapshots. At
    /// most one change takes effect per snapshot; others that are due follow at the next.
    pub fn advance(now: Millis) {
        let mut pending = Pending::<T>::get();
        let Some(change) = pending.first().filter(|c| c.effective_at <= now).cloned() else {
            return;
        };
        pending.remove(0);
        Pending::<T>::put(pending);
        let Some(current) = CurrentPolicy::<T>::get() else {
            return;
        };
        let id = change.id;
        let judged = Self::judge(&current.into_inner(), &change);
        let stored = judged.and_then(|changed| {
            Self::store(changed.policy).map_err(|error| DropReason::Refused(error.into()))
        });
        Self::deposit_event(match stored {
            Ok(version) => Event::ChangeInForce { id, version },
            Err(reason) => Event::ChangeDropped { id, reason },
        });
    }
}
