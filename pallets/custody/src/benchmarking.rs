//! Benchmarks. Every call uses a token, which is more expensive than the native currency.

use crate::{
    AssetInfo, AssetKind, Assets, BenchmarkHelper, Call, Claimable, Config, Cursor, Deposits, Held,
    Pallet, Queues, Totals, VenueId, VenueInspect,
};
use clearproof_primitives::{babyjubjub::BASE8, batch::Withdrawal, field::Fr};
use frame_benchmarking::v2::*;
use frame_support::traits::{
    EnsureOrigin,
    fungible::{Inspect as _, Mutate as _},
    fungibles::Mutate as _,
};
use frame_system::RawOrigin;

const TOKEN: u32 = 1_000_001;
const PLENTY: u128 = 1 << 60;
const ASSET: u8 = 0;

fn token_asset<T: Config>() -> AssetInfo {
    T::BenchmarkHelper::create_token(TOKEN);
    let info = AssetInfo {
        kind: AssetKind::Token(TOKEN),
        minimum_deposit: 1,
    };
    Assets::<T>::insert(ASSET, info);
    info
}

fn rich<T: Config>(account: &T::AccountId) {
    let native = T::NativeCurrency::minimum_balance().saturating_mul(1_000);
    T::NativeCurrency::mint_into(account, native).expect("issuance is far below its limit");
    T::Tokens::mint_into(TOKEN, account, PLENTY).expect("issuance is far below its limit");
}

impl<T: Config> Pallet<T> {
    /// See [`VenueCustody::benchmark_prepare`].
    pub(crate) fn prepare_for_benchmark(
        venue: VenueId,
        deposits: u32,
        withdrawals: &[Withdrawal],
        protocol_fee: u64,
    ) -> (Cursor, Cursor) {
        let info = token_asset::<T>();
        let account = Self::custody_account_of(venue);
        rich::<T>(&account);
        for index in 0..deposits {
            let amount = 10u64;
            Totals::<T>::mutate(venue, ASSET, |held| {
                held.queued = held.queued.saturating_add(amount);
            });
            Self::enqueue(venue, BASE8.compress(), Fr::from(index), ASSET, amount)
                .expect("the queue is canonical");
        }
        Totals::<T>::mutate(venue, ASSET, |held| {
            held.consumed = held.consumed.saturating_add(protocol_fee);
        });
        for withdrawal in withdrawals {
            Assets::<T>::insert(withdrawal.asset, info);
            Totals::<T>::mutate(venue, withdrawal.asset, |held| {
                held.consumed = held.consumed.saturating_add(withdrawal.amount);
            });
        }
        let queue = Queues::<T>::get(venue);
        (queue.consumed, queue.made)
    }
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn register_asset() -> Result<(), BenchmarkError> {
        T::BenchmarkHelper::create_token(TOKEN);
        let _ = Assets::<T>::clear(u32::MAX, None);
        let origin =
            T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        #[extrinsic_call]
        _(
            origin as T::RuntimeOrigin,
            ASSET,
            AssetKind::Token(TOKEN),
            1,
        );

        assert!(Assets::<T>::contains_key(ASSET));
        Ok(())
    }

    #[benchmark]
    fn deposit() {
        token_asset::<T>();
        let venue = T::Venues::benchmark_venue();
        let caller: T::AccountId = whitelisted_caller();
        rich::<T>(&caller);
        rich::<T>(&Pallet::<T>::custody_account_of(venue));
        let owner = BASE8.compress();
        #[extrinsic_call]
        _(RawOrigin::Signed(caller), venue, ASSET, 100, owner);

        assert!(Deposits::<T>::contains_key(venue, 0));
    }

    #[benchmark]
    fn claim() {
        token_asset::<T>();
        let venue = T::Venues::benchmark_venue();
        let caller: T::AccountId = whitelisted_caller();
        rich::<T>(&Pallet::<T>::custody_account_of(venue));
        let held = Held {
            claimable: 100,
            ..Default::default()
        };
        Totals::<T>::insert(venue, ASSET, held);
        Claimable::<T>::insert((venue, &caller, ASSET), 100);
        let to: T::AccountId = account("recipient", 0, 0);
        #[extrinsic_call]
        _(RawOrigin::Signed(caller), venue, ASSET, to);

        assert_eq!(Totals::<T>::get(venue, ASSET).claimable, 0);
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
