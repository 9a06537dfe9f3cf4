//! Who validates: the accounts whose session keys the genesis registers, and nobody else.
//!
//! A validator may change its keys (`session.set_keys`); they come into force two sessions later. Other accounts may
//! register keys too, but that does not make them validators. Purging keys is refused (see
//! [`crate::configs::system::KeepsValidators`]), so the set never changes.

use crate::{constants::time::REPORT_SESSIONS, AccountId, Historical, Runtime, Session};
use alloc::vec::Vec;
use pallet_session::{historical, NextKeys};
use sp_runtime::traits::Convert;
use sp_staking::SessionIndex;

/// The session manager of the fixed set.
///
/// It names the set anew only when a key has changed: the historical root of the next session, against which reports
/// of equivocations are checked, commits to the keys, and GRANDPA starts a new authority set only then.
pub struct FixedValidators;

impl FixedValidators {
    fn at_genesis() -> Vec<AccountId> {
        let mut validators: Vec<AccountId> = NextKeys::<Runtime>::iter_keys().collect();
        validators.sort();
        validators
    }

    fn if_keys_changed() -> Option<Vec<AccountId>> {
        let queued = Session::queued_keys();
        queued
            .iter()
            .any(|(validator, keys)| Session::load_keys(validator).as_ref() != Some(keys))
            .then(|| queued.into_iter().map(|(validator, _)| validator).collect())
    }
}

impl pallet_session::SessionManager<AccountId> for FixedValidators {
    fn new_session(_: SessionIndex) -> Option<Vec<AccountId>> {
        Self::if_keys_changed()
    }

    fn new_session_genesis(_: SessionIndex) -> Option<Vec<AccountId>> {
        Some(Self::at_genesis())
    }

    fn start_session(index: SessionIndex) {
        // The report system accepts nothing older, so the roots can go.
        if let Some(oldest) = index
            .checked_sub(REPORT_SESSIONS)
            .filter(|&oldest| oldest > 0)
        {
            Historical::prune_up_to(oldest);
        }
    }

    fn end_session(_: SessionIndex) {}
}

impl historical::SessionManager<AccountId, ()> for FixedValidators {
    fn new_session(index: SessionIndex) -> Option<Vec<(AccountId, ())>> {
        <Self as pallet_session::SessionManager<_>>::new_session(index).map(with_unit)
    }

    fn new_session_genesis(index: SessionIndex) -> Option<Vec<(AccountId, ())>> {
        <Self as pallet_session::SessionManager<_>>::new_session_genesis(index).map(with_unit)
    }

    fn start_session(index: SessionIndex) {
        <Self as pallet_session::SessionManager<_>>::start_session(index);
    }

    fn end_session(index: SessionIndex) {
        <Self as pallet_session::SessionManager<_>>::end_session(index);
    }
}

fn with_unit(validators: Vec<AccountId>) -> Vec<(AccountId, ())> {
    validators
        .into_iter()
        .map(|validator| (validator, ()))
        .collect()
}

/// A validator's full identification: it has none beyond its account.
pub struct AccountOf;

impl Convert<AccountId, Option<()>> for AccountOf {
    fn convert(_: AccountId) -> Option<()> {
        Some(())
    }
}
