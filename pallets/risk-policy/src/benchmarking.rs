//! Benchmarks of the pallet's calls.

use super::*;
use alloc::{boxed::Box, vec::Vec};
use clearproof_primitives::policy::{PolicyChange, ProductKind};
use frame_benchmarking::v2::*;
use frame_support::traits::{EnsureOrigin, Get};

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn set_policy() -> Result<(), BenchmarkError> {
        let origin =
            T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        let version = Version::<T>::get();
        let policy = Box::new(Policy::development(&T::Market::get()));

        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, policy);

        assert_eq!(Version::<T>::get(), version + 1);
        Ok(())
    }

    /// Fills all places but the last `free` with changes of `MaxChanges` parameters each; the very
    /// last place is an emergency's.
    fn fill_pending<T: Config>(free: u32) -> Result<(), BenchmarkError> {
        for _ in free.max(RESERVED)..T::MaxPending::get() {
            Pallet::<T>::schedule(tightening::<T>())?;
        }
        for _ in free..RESERVED {
            Pallet::<T>::schedule_emergency(tightening::<T>())?;
        }
        Ok(())
    }

    /// Returns as many changes as fit into one list, each of which tightens.
    fn tightening<T: Config>() -> Vec<PolicyChange> {
        let policy = CurrentPolicy::<T>::get().expect("set").into_inner();
        let pending = Pending::<T>::get().len() as u32;
        let limits = policy.underlyings.iter().zip(0u16..);
        let kinds = ProductKind::ALL;
        let all = limits.flat_map(|(of, underlying)| {
            kinds.into_iter().flat_map(move |kind| {
                let terms = of.terms(kind);
                let step = u64::from(pending) + 1;
                [
                    PolicyChange::PositionLimit {
                        underlying,
                        kind,
                        value: terms.position_limit - step,
                    },
                    PolicyChange::OpenInterestCap {
                        underlying,
                        kind,
                        value: terms.open_interest_cap - step,
                    },
                ]
            })
        });
        all.take(T::MaxChanges::get() as usize).collect()
    }

    fn start<T: Config>() -> Result<(), BenchmarkError> {
        let policy = Policy::development(&T::Market::get());
        Pallet::<T>::store(policy).map_err(|_| BenchmarkError::Weightless)?;
        Pending::<T>::kill();
        LastEmergency::<T>::kill();
        Ok(())
    }

    #[benchmark]
    fn schedule_change() -> Result<(), BenchmarkError> {
        start::<T>()?;
        fill_pending::<T>(RESERVED + 1)?;
        let origin =
            T::ChangeOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        let changes = tightening::<T>();
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, changes);

        let free = T::MaxPending::get() - Pending::<T>::get().len() as u32;
        assert_eq!(free, RESERVED);
        Ok(())
    }

    #[benchmark]
    fn tighten() -> Result<(), BenchmarkError> {
        start::<T>()?;
        fill_pending::<T>(RESERVED)?;
        let origin =
            T::TightenOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        let changes = tightening::<T>();
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, changes);

        assert_eq!(Pending::<T>::get().len() as u32, T::MaxPending::get());
        Ok(())
    }

    #[benchmark]
    fn cancel_change() -> Result<(), BenchmarkError> {
        start::<T>()?;
        fill_pending::<T>(0)?;
        let origin =
            T::CancelOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        let id = Pending::<T>::get()[0].id;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, id);

        assert!(Pending::<T>::get().iter().all(|change| change.id != id));
        Ok(())
    }

    #[benchmark]
    fn advance() -> Result<(), BenchmarkError> {
        start::<T>()?;
        fill_pending::<T>(0)?;
        let version = Version::<T>::get();
        let due = Pending::<T>::get()[0].effective_at;
        #[block]
        {
            Pallet::<T>::advance(due);
        }

        assert_eq!(Version::<T>::get(), version + 1);
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
