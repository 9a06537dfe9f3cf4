//! Validators that author nothing.
//!
//! Blocks are counted by author. At the end of a session, every validator that has authored none of
//! its blocks and is not disabled has been silent for that session. One block ends a silence. A
//! session counts only if it had at least one block for each validator on average: a validator is
//! not to blame for blocks that the chain as a whole did not produce.
//!
//! A silence is too long when it has lasted `MaxSilentSessions` sessions and `MaxSilentTurns`
//! turns. The turns are the number of blocks that each validator authored meanwhile on average.
//! They rule out bad luck: authors are drawn by lot, and where there are many validators, some get
//! no block in a session.
//!
//! A validator that is silent for too long is reported as [`Unresponsive`] and leaves the set. If
//! many are silent at the same time, it loses a part of its bond. If more are silent for too long
//! than consensus tolerates, `(n - 1) / 3` of `n`, then the network had an outage: none is
//! reported, and their silences begin again.

use crate::{
    Authored, Config, Event, Pallet, ReportingSilence, Silence, Silences, WeightInfo, members::size,
};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{BoundedVec, dispatch::DispatchClass, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use pallet_session::Pallet as Session;
use sp_runtime::{Perbill, traits::Saturating};
use sp_staking::{
    SessionIndex,
    offence::{Kind, Offence, ReportOffence},
};

/// The offence of validators that have authored nothing for too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresponsive<Offender> {
    /// The session at whose end it was noticed.
    pub session: SessionIndex,
    /// Number of validators in that session.
    pub validators: u32,
    /// The silent validators.
    pub offenders: Vec<Offender>,
}

impl<Offender: Clone> Offence<Offender> for Unresponsive<Offender> {
    const ID: Kind = *b"clearproof:silen";
    type Slot = SessionIndex;

    fn offenders(&self) -> Vec<Offender> {
        self.offenders.clone()
    }

    fn session_index(&self) -> SessionIndex {
        self.session
    }

    fn validator_set_count(&self) -> u32 {
        self.validators
    }

    fn slot(&self) -> SessionIndex {
        self.session
    }

    /// Returns zero while at most a tenth of the validators and one more are silent. Beyond that
    /// the fraction grows with their share, by 0.21 % of the bond for each further per cent, to at
    /// most 7 %: `7 % · min(1, 3 (k - n/10 - 1) / n)`, the formula of the SDK's im-online pallet.
    fn slash_fraction(&self, offenders: u32) -> Perbill {
        let tolerated = (self.validators / 10).saturating_add(1);
        let beyond = offenders.saturating_sub(tolerated);
        let share = Perbill::from_rational(beyond.saturating_mul(3), self.validators.max(1));
        Perbill::from_percent(7).saturating_mul(share)
    }
}

impl<T: Config> pallet_authorship::EventHandler<T::AccountId, BlockNumberFor<T>> for Pallet<T> {
    fn note_author(author: T::AccountId) {
        Authored::<T>::mutate(author, |blocks| *blocks = blocks.saturating_add(1));
        frame_system::Pallet::<T>::register_extra_weight_unchecked(
            <T as Config>::WeightInfo::note_author(),
            DispatchClass::Mandatory,
        );
    }
}

impl<T: Config> Pallet<T> {
    /// Returns the duration for which a validator has authored nothing.
    pub(crate) fn silence(who: &T::AccountId) -> Silence {
        let silences = Silences::<T>::get().into_iter();
        let mut found =
            silences.filter_map(|(silent, silence)| (silent == *who).then_some(silence));
        found.next().unwrap_or_default()
    }

    /// Counts a session's silences when it ends, and reports those that have become too long.
    ///
    /// The session pallet rotates afterwards, so its validators are still those of the session that
    /// ends.
    pub(crate) fn judge_silence(session: SessionIndex) {
        let silences = Self::silences_after_session();
        let validators = size(&Session::<T>::validators());
        let is_too_long = |silence: &Silence| {
            silence.sessions >= T::MaxSilentSessions::get()
                && silence.turns >= T::MaxSilentTurns::get()
        };
        let (too_long, going_on): (Vec<_>, Vec<_>) = silences
            .into_iter()
            .partition(|(_, silence)| is_too_long(silence));
        Silences::<T>::put(BoundedVec::<_, T::MaxValidators>::truncate_from(going_on));
        let silent = size(&too_long);
        if silent == 0 {
            return;
        }
        if silent > tolerated_faults(validators) {
            Self::deposit_event(Event::OutageNoted { session, silent });
            return;
        }
        let offence = Unresponsive {
            session,
            validators,
            offenders: too_long.into_iter().map(|(who, _)| (who, ())).collect(),
        };
        ReportingSilence::<T>::put(());
        let outcome = T::Offences::report_offence(Vec::new(), offence);
        ReportingSilence::<T>::kill();
        if let Err(error) = outcome {
            log::error!("silent validators of session {session} could not be reported: {error:?}");
        }
    }

    /// Returns the silences at the end of the present session, and clears its block counts.
    fn silences_after_session() -> Vec<(T::AccountId, Silence)> {
        let authored: BTreeMap<T::AccountId, u32> = Authored::<T>::drain().collect();
        let blocks = authored
            .values()
            .fold(0u32, |sum, n| sum.saturating_add(*n));
        let validators = Session::<T>::validators();
        let turns = blocks.checked_div(size(&validators)).unwrap_or(0);
        let before: BTreeMap<T::AccountId, Silence> = Silences::<T>::get().into_iter().collect();
        let disabled = Session::<T>::disabled_validators();
        (0u32..)
            .zip(validators)
            .filter(|(index, who)| !disabled.contains(index) && !authored.contains_key(who))
            .map(|(_, who)| {
                let mut silence = before.get(&who).copied().unwrap_or_default();
                if turns > 0 {
                    silence.sessions = silence.sessions.saturating_add(1);
                    silence.turns = silence.turns.saturating_add(turns);
                }
                (who, silence)
            })
            .filter(|(_, silence)| silence.sessions > 0)
            .collect()
    }
}

/// Returns the number of `validators` that can fail without consensus failing.
fn tolerated_faults(validators: u32) -> u32 {
    validators.saturating_sub(1) / 3
}
