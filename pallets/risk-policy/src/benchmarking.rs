//! Benchmarks of the pallet's calls.

use super::*;
use alloc::boxed::Box;
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

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
