//! Benchmarks: every call at the largest set, an offence, and the counting of a block.

use crate::{
    BalanceOf, Bond, Bonds, Call, Config, CurrentLimits, Limits, LoosestLimits, MAX_UNBONDING,
    Members, Offender, Offenders, Pallet, Unbonding,
};
use alloc::{vec, vec::Vec};
use codec::Decode;
use frame_benchmarking::v2::*;
use frame_support::{
    BoundedVec,
    traits::{
        EnsureOrigin, Get,
        fungible::{Inspect, Mutate, MutateHold},
    },
};
use frame_system::RawOrigin;
use pallet_authorship::EventHandler;
use pallet_session::{KeyOwner, NextKeys, QueuedKeys, Validators};
use sp_runtime::{
    Perbill,
    traits::{OpaqueKeys, Saturating, TrailingZeroInput},
};
use sp_staking::offence::{OffenceDetails, OnOffenceHandler};

type SessionCurrency<T> = <T as pallet_session::Config>::Currency;

fn minimum_bond<T: Config>() -> BalanceOf<T> {
    CurrentLimits::<T>::get().minimum_bond
}

fn keys<T: Config>() -> T::Keys {
    T::Keys::decode(&mut TrailingZeroInput::zeroes()).expect("zeros are keys")
}

/// An account that can afford several bonds.
fn rich<T: Config>(index: u32) -> T::AccountId {
    let who: T::AccountId = account("validator", index, 0);
    let existential = T::NativeCurrency::minimum_balance();
    let plenty = minimum_bond::<T>()
        .saturating_add(existential)
        .saturating_mul(100u32.into());
    T::NativeCurrency::mint_into(&who, plenty).expect("issuance is far below its limit");
    who
}

/// An account with keys and three times the minimum bond.
fn bonded<T: Config>(index: u32) -> T::AccountId {
    let who = rich::<T>(index);
    let amount = minimum_bond::<T>().saturating_mul(3u32.into());
    Pallet::<T>::add_to_bond(&who, amount).expect("the account is rich");
    NextKeys::<T>::insert(&who, keys::<T>());
    who
}

/// Sets up `size` validators, all of them in force and queued, and the loosest limits.
fn set_of<T: Config>(size: u32) -> Vec<T::AccountId> {
    CurrentLimits::<T>::put(LoosestLimits::<T>::get());
    let mut members: Vec<_> = (0..size).map(bonded::<T>).collect();
    members.sort();
    let queued: Vec<_> = members
        .iter()
        .map(|member| (member.clone(), keys::<T>()))
        .collect();
    Validators::<T>::put(members.clone());
    QueuedKeys::<T>::put(queued);
    Members::<T>::put(BoundedVec::truncate_from(members.clone()));
    members
}

fn offender() -> Offender {
    Offender {
        session: 0,
        fraction: Perbill::one(),
        retained: false,
    }
}

/// Requests a bond back in as many parts as possible. The first `due` of them can be withdrawn.
fn unbonding<T: Config>(who: &T::AccountId, due: u32) {
    Bonds::<T>::mutate(who, |bond| {
        let Bond { active, unbonding } = bond.as_mut().expect("it is bonded");
        let one: BalanceOf<T> = 1u32.into();
        *unbonding = BoundedVec::truncate_from(
            (0..MAX_UNBONDING)
                .map(|n| Unbonding {
                    amount: one,
                    until: if n < due { 0 } else { u32::MAX },
                })
                .collect(),
        );
        *active = active.saturating_sub(MAX_UNBONDING.into());
    });
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn bond() {
        let who = rich::<T>(0);
        let amount = minimum_bond::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), amount);
        assert_eq!(Pallet::<T>::bond_of(who), amount);
    }

    #[benchmark]
    fn request_unbond() {
        let members = set_of::<T>(T::MaxValidators::get());
        let who = members.last().cloned().expect("the set is not empty");
        let amount = minimum_bond::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()), amount);
        assert_eq!(Pallet::<T>::unbonding(who).len(), 1);
    }

    #[benchmark]
    fn withdraw_unbonded() {
        let who = bonded::<T>(0);
        unbonding::<T>(&who, MAX_UNBONDING - 1);
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()));
        assert_eq!(Pallet::<T>::unbonding(who).len(), 1);
    }

    #[benchmark]
    fn add_validator() -> Result<(), BenchmarkError> {
        set_of::<T>(T::MaxValidators::get().saturating_sub(1));
        let who = bonded::<T>(T::MaxValidators::get());
        let origin =
            T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, who.clone());
        assert!(Pallet::<T>::members().contains(&who));
        Ok(())
    }

    #[benchmark]
    fn remove_validator() -> Result<(), BenchmarkError> {
        let who = set_of::<T>(T::MaxValidators::get()).remove(0);
        let origin =
            T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, who.clone());
        assert!(!Pallet::<T>::members().contains(&who));
        Ok(())
    }

    #[benchmark]
    fn leave() {
        let who = set_of::<T>(T::MaxValidators::get()).remove(0);
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()));
        assert!(!Pallet::<T>::members().contains(&who));
    }

    #[benchmark]
    fn reinstate() -> Result<(), BenchmarkError> {
        set_of::<T>(T::MaxValidators::get().saturating_sub(1));
        let who = bonded::<T>(T::MaxValidators::get());
        Offenders::<T>::insert(&who, offender());
        let origin =
            T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, who.clone());
        assert!(Pallet::<T>::members().contains(&who));
        Ok(())
    }

    #[benchmark]
    fn set_limits() -> Result<(), BenchmarkError> {
        set_of::<T>(T::MaxValidators::get());
        let limits = Limits {
            minimum_bond: T::MinimumBondRange::get().1,
            ..LoosestLimits::<T>::get()
        };
        let origin =
            T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, limits);
        assert_eq!(CurrentLimits::<T>::get(), limits);
        Ok(())
    }

    #[benchmark]
    fn purge_keys() {
        set_of::<T>(T::MaxValidators::get());
        let who = bonded::<T>(T::MaxValidators::get());
        // The state in which the session pallet leaves an account that sets keys.
        let deposit = T::KeyDeposit::get();
        SessionCurrency::<T>::mint_into(&who, deposit.saturating_mul(2u32.into()))
            .expect("issuance is far below its limit");
        SessionCurrency::<T>::hold(&pallet_session::HoldReason::Keys.into(), &who, deposit)
            .expect("the account has that much");
        for id in T::Keys::key_ids() {
            KeyOwner::<T>::insert((*id, keys::<T>().get_raw(*id)), &who);
        }
        frame_system::Pallet::<T>::inc_consumers(&who).expect("the account exists");
        #[extrinsic_call]
        _(RawOrigin::Signed(who.clone()));
        assert!(NextKeys::<T>::get(&who).is_none());
    }

    /// One offender, disabled and slashed while all of its bond is being unbonded.
    #[benchmark]
    fn on_offence() {
        let who = set_of::<T>(T::MaxValidators::get()).remove(0);
        unbonding::<T>(&who, 0);
        let offenders = [OffenceDetails {
            offender: (who.clone(), ()),
            reporters: vec![],
        }];
        #[block]
        {
            Pallet::<T>::on_offence(&offenders, &[Perbill::from_percent(50)], 0);
        }
        assert!(Offenders::<T>::contains_key(&who));
    }

    #[benchmark]
    fn note_author() {
        let who: T::AccountId = account("validator", 0, 0);
        #[block]
        {
            Pallet::<T>::note_author(who.clone());
        }
        assert_eq!(crate::Authored::<T>::get(&who), 1);
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
