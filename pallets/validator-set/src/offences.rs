//! The penalties for offences.
//!
//! The bond is slashed by the offence's fraction of all that is bonded, including the parts that
//! are being unbonded. The validator is disabled until the next announced set begins, if the
//! session pallet's strategy agrees. It is marked, to leave the set at the next planning.
//!
//! Several offences of one session are punished once, by the gravest. A later report counts only as
//! far as its fraction exceeds the earlier ones, as a fraction of the bond at the time of the first
//! report.

use crate::{
    BalanceOf, Bonds, Config, Event, Offender, Offenders, Pallet, Punishment, Punishments,
    ReportingSilence, WeightInfo,
};
use frame_support::weights::Weight;
use pallet_session::{Pallet as Session, historical::IdentificationTuple};
use sp_runtime::{Perbill, traits::Saturating};
use sp_staking::{
    SessionIndex,
    offence::{OffenceDetails, OffenceSeverity, OnOffenceHandler},
};

impl<T: Config> OnOffenceHandler<T::AccountId, IdentificationTuple<T>, Weight> for Pallet<T> {
    fn on_offence(
        offenders: &[OffenceDetails<T::AccountId, IdentificationTuple<T>>],
        slash_fraction: &[Perbill],
        session: SessionIndex,
    ) -> Weight {
        offenders
            .iter()
            .zip(slash_fraction)
            .fold(Weight::zero(), |weight, (details, fraction)| {
                Self::punish(&details.offender.0, *fraction, session);
                weight.saturating_add(<T as Config>::WeightInfo::on_offence())
            })
    }
}

impl<T: Config> Pallet<T> {
    fn punish(who: &T::AccountId, fraction: Perbill, session: SessionIndex) {
        let known = Punishments::<T>::get(session, who);
        if known.is_some_and(|punishment| punishment.fraction >= fraction) {
            // It is punished already. The offences pallet names earlier offenders again with every
            // new one.
            return;
        }
        let (base, before) = match known {
            Some(punishment) => (punishment.base, punishment.fraction),
            None => (
                Bonds::<T>::get(who).unwrap_or_default().total(),
                Perbill::zero(),
            ),
        };
        Punishments::<T>::insert(session, who, Punishment { fraction, base });
        let part = |fraction: Perbill| -> BalanceOf<T> { fraction.mul_ceil(base) };
        let slashed = Self::slash(who, part(fraction).saturating_sub(part(before)));
        Self::mark(who, fraction, session);
        // A silent validator need not be stopped, and its place among the disabled would be missing
        // for others.
        if !ReportingSilence::<T>::exists() {
            Session::<T>::report_offence(who.clone(), OffenceSeverity(fraction));
        }
        Self::deposit_event(Event::OffenceNoted {
            who: who.clone(),
            session,
            fraction,
            slashed,
        });
    }

    /// Stores an account's gravest offence.
    fn mark(who: &T::AccountId, fraction: Perbill, session: SessionIndex) {
        Offenders::<T>::mutate(who, |known| {
            let retained = known.is_some_and(|offender| offender.retained);
            if known.is_none_or(|offender| offender.fraction < fraction) {
                *known = Some(Offender {
                    session,
                    fraction,
                    retained,
                });
            }
        });
    }
}
