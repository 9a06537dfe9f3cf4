//! The set as the session pallet's session manager.
//!
//! The session pallet plans one session ahead: when session `n` begins, the set of session `n + 1`
//! is fixed. A change during session `n`, new session keys included, therefore takes effect from
//! session `n + 2` on. A validator that leaves still validates for the rest of session `n` and all
//! of session `n + 1`.
//!
//! A set is announced only if it or one of its keys differs from the queued set, or if a validator
//! is disabled. GRANDPA starts a new authority set whenever one is announced, and the historical
//! root against which equivocations are checked commits to the keys. A disabled validator is
//! admitted again when the next announced set begins, if it is still in it.

use crate::{ActiveKeys, Config, Members, Pallet, Punishments};
use alloc::vec::Vec;
use frame_support::traits::Get;
use pallet_session::{
    Pallet as Session,
    historical::{self, Pallet as Historical},
};
use sp_runtime::traits::Convert;
use sp_staking::SessionIndex;

impl<T: Config> Pallet<T> {
    /// Returns the set with its keys, as a session that is planned now gets it.
    ///
    /// A member without keys is left out, because the session pallet would do so. It cannot happen:
    /// keys are required to enter, and stay.
    fn with_keys() -> Vec<(T::AccountId, T::Keys)> {
        Members::<T>::get()
            .into_iter()
            .filter_map(|member| Session::<T>::load_keys(&member).map(|keys| (member, keys)))
            .collect()
    }

    fn plan() -> Option<Vec<T::AccountId>> {
        Self::expel_offenders();
        let next = Self::with_keys();
        let is_new = next != Session::<T>::queued_keys();
        let anyone_disabled = !Session::<T>::disabled_validators().is_empty();
        // Without validators there would be no more blocks.
        ((is_new || anyone_disabled) && !next.is_empty())
            .then(|| next.into_iter().map(|(member, _)| member).collect())
    }

    fn plan_genesis() -> Vec<T::AccountId> {
        let members = Members::<T>::get().into_inner();
        // A wrong genesis is refused when it is built, as in other pallets.
        assert!(
            members.len() == Self::with_keys().len(),
            "genesis: session.keys: every validator of validatorSet.validators needs keys"
        );
        members
    }

    /// Removes the records of offences that are too old to be reported.
    fn prune(index: SessionIndex) {
        let Some(oldest) = index
            .checked_sub(T::ReportSessions::get())
            .filter(|&oldest| oldest > 0)
        else {
            return;
        };
        Historical::<T>::prune_up_to(oldest);
        // At most one entry per account that validated then. The entries of a session are removed
        // when it is the first one that is too old.
        let _ = Punishments::<T>::clear_prefix(oldest.saturating_sub(1), u32::MAX, None);
    }
}

impl<T: Config> pallet_session::SessionManager<T::AccountId> for Pallet<T> {
    fn new_session(_: SessionIndex) -> Option<Vec<T::AccountId>> {
        Self::plan()
    }

    fn new_session_genesis(_: SessionIndex) -> Option<Vec<T::AccountId>> {
        Some(Self::plan_genesis())
    }

    fn start_session(index: SessionIndex) {
        // The session pallet has not yet queued the next session's keys.
        ActiveKeys::<T>::put(Session::<T>::queued_keys());
        Self::prune(index);
    }

    fn end_session(index: SessionIndex) {
        Self::judge_silence(index);
    }
}

impl<T: Config> historical::SessionManager<T::AccountId, ()> for Pallet<T> {
    fn new_session(index: SessionIndex) -> Option<Vec<(T::AccountId, ())>> {
        <Self as pallet_session::SessionManager<_>>::new_session(index).map(with_unit)
    }

    fn new_session_genesis(index: SessionIndex) -> Option<Vec<(T::AccountId, ())>> {
        <Self as pallet_session::SessionManager<_>>::new_session_genesis(index).map(with_unit)
    }

    fn start_session(index: SessionIndex) {
        <Self as pallet_session::SessionManager<_>>::start_session(index);
    }

    fn end_session(index: SessionIndex) {
        <Self as pallet_session::SessionManager<_>>::end_session(index);
    }
}

fn with_unit<A>(accounts: Vec<A>) -> Vec<(A, ())> {
    accounts.into_iter().map(|account| (account, ())).collect()
}

/// The full identification of a validator, which is empty beyond its account.
pub struct AccountOnly;

impl<A> Convert<A, Option<()>> for AccountOnly {
    fn convert(_: A) -> Option<()> {
        Some(())
    }
}
