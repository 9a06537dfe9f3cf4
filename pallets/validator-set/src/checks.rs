//! The invariants of the configuration and of the state.

use crate::{Config, Pallet};
use frame_support::traits::Get;
use sp_runtime::traits::Zero;

impl<T: Config> Pallet<T> {
    /// Checks the constants of the configuration.
    ///
    /// # Panics
    ///
    /// If a constant makes no sense.
    pub(crate) fn check_constants() {
        let (least, largest) = T::MinimumBondRange::get();
        assert!(
            !least.is_zero() && least <= largest,
            "MinimumBondRange: must start above 0 and not end before it starts"
        );
        assert!(T::MaxValidators::get() >= 1, "MaxValidators: at least 1");
        assert!(
            T::UnbondingSessions::get() > T::ReportSessions::get(),
            "UnbondingSessions: must be more than ReportSessions, or an offence outlives its bond"
        );
        assert!(
            T::MaxSilentSessions::get() >= 1 && T::MaxSilentTurns::get() >= 1,
            "MaxSilentSessions, MaxSilentTurns: at least 1"
        );
    }

    /// Checks that the state is consistent. Returns the fault if it is not.
    #[cfg(any(test, feature = "try-runtime"))]
    pub(crate) fn check_state() -> Result<(), &'static str> {
        use crate::{
            ActiveKeys, Bonds, CurrentLimits, HoldReason, Members, Offenders, ReportingSilence,
        };
        use frame_support::{ensure, traits::fungible::InspectHold};
        use pallet_session::Pallet as Session;

        let limits = CurrentLimits::<T>::get();
        let members = Members::<T>::get();
        ensure!(
            Self::check_bounds(&limits).is_ok(),
            "CurrentLimits: out of bounds"
        );
        ensure!(
            members.is_sorted_by(|a, b| a < b),
            "Members: not sorted, or one twice"
        );
        let count = crate::members::size(&members);
        ensure!(
            count <= limits.maximum_validators,
            "Members: more than the largest size"
        );
        ensure!(
            count == 0 || count >= limits.minimum_validators,
            "Members: fewer than the smallest size"
        );
        for member in &members {
            ensure!(
                Session::<T>::load_keys(member).is_some(),
                "Members: one has no session keys"
            );
            let offender = Offenders::<T>::contains_key(member);
            ensure!(
                offender || Bonds::<T>::contains_key(member),
                "Members: one has no bond and no offence that could have cost it"
            );
        }
        let validators = Session::<T>::validators();
        ensure!(
            ActiveKeys::<T>::get()
                .iter()
                .map(|(who, _)| who)
                .eq(&validators),
            "ActiveKeys: not those of the validators in force"
        );
        for (who, bond) in Bonds::<T>::iter() {
            ensure!(!bond.total().is_zero(), "Bonds: an empty one");
            let held = T::NativeCurrency::balance_on_hold(&HoldReason::Bond.into(), &who);
            ensure!(held == bond.total(), "Bonds: one is not what is held");
        }
        ensure!(
            !ReportingSilence::<T>::exists(),
            "ReportingSilence: left behind"
        );
        Ok(())
    }
}
