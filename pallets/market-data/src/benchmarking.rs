//! Benchmarks of the pallet's calls and of taking a snapshot, with all slots occupied.

use super::*;
use alloc::vec::Vec;
use clearproof_primitives::{
    fixed::ONE,
    ids::{Slot, SnapshotNumber},
    options::{DAY_MS, OptionKind, SviCurve, svi::SVI_ONE},
    policy::Policy,
    time::Millis,
};
use frame_benchmarking::v2::*;
use frame_support::traits::{EnsureOrigin, Get};
use frame_system::pallet_prelude::{BlockNumberFor, OriginFor};

/// A listing with the longest symbol, in the underlying that the slot belongs to.
fn listing<T: Config>(slot: Slot) -> Listing {
    Listing {
        slot,
        underlying: T::Market::get().underlying_of(slot) as u16,
        kind: InstrumentKind::Perpetual,
        symbol: Symbol::truncate_from(alloc::vec![b'X'; SYMBOL_LENGTH as usize]),
        units_per_lot: ONE,
    }
}

/// The time a day after the benchmark's.
fn expiry<T: Config>() -> Millis {
    Pallet::<T>::now().saturating_add(DAY_MS)
}

/// An option with the longest symbol. The number of different expiries is the number of slots.
fn option<T: Config>(slot: Slot) -> Listing {
    Listing {
        kind: InstrumentKind::Option(OptionTerms {
            kind: OptionKind::Put,
            strike: (1_000_000 + u128::from(slot.get()) * 10_000) << 32,
            expiry: expiry::<T>().saturating_add(Millis::new(slot.get().into())),
        }),
        ..listing::<T>(slot)
    }
}

/// A total variance of 4 % at the forward.
fn smile() -> SviCurve {
    SviCurve {
        a: SVI_ONE / 25,
        b: SVI_ONE as u64 / 50,
        rho: -SVI_ONE / 4,
        m: 0,
        sigma: SVI_ONE as u64 / 10,
    }
}

/// Lists everything but instrument slot 0, with a policy in force and a fresh price of every feed.
fn prepare<T: Config>() -> Result<(), BenchmarkError> {
    let market = T::Market::get();
    T::Policy::set_policy(Policy::development(&market));
    Instruments::<T>::kill();
    CollateralAssets::<T>::kill();
    // The first slot of each underlying is a perpetual, all others are options: the most expensive
    // case for a snapshot.
    for slot in market.slots().skip(1) {
        let first = slot.place().is_multiple_of(market.slots_per_underlying());
        let listing = if first {
            listing::<T>(slot)
        } else {
            option::<T>(slot)
        };
        Pallet::<T>::list(listing).map_err(|_| "slot")?;
    }
    for asset in 1..market.assets {
        Pallet::<T>::list_asset(Collateral {
            asset: asset as u8,
            decimals: 6,
        })
        .map_err(|_| "asset")?;
    }
    let feeds: Vec<_> = feeds::Listed::<T::Market>::read::<T>().feeds().collect();
    for feed in feeds {
        Feeds::<T>::mutate(|feeds| feeds.remove(&feed));
        let value = match feed {
            Feed::Volatility(_) => FeedValue::Curve(smile()),
            _ => FeedValue::Price(1_080_000 << 32),
        };
        let timestamp = Pallet::<T>::now();
        T::Oracle::set_latest(&feed, Observation { value, timestamp });
    }
    Ok(())
}

fn admin<T: Config>() -> Result<OriginFor<T>, BenchmarkError> {
    T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn list_instrument() -> Result<(), BenchmarkError> {
        prepare::<T>()?;
        // Snapshots are being taken, and the underlying has no price yet, so the oracle is read.
        LatestNumber::<T>::put(SnapshotNumber::new(1));
        let (origin, listing) = (admin::<T>()?, option::<T>(Slot::new(0)));
        let of_expiry = listing.expiry().into_iter();
        let feeds = of_expiry.flat_map(|e| [Feed::Forward(e), Feed::Volatility(e)]);
        for feed in feeds {
            let value = match feed {
                Feed::Volatility(_) => FeedValue::Curve(smile()),
                _ => FeedValue::Price(1_080_000 << 32),
            };
            let timestamp = Pallet::<T>::now();
            T::Oracle::set_latest(&feed, Observation { value, timestamp });
        }

        #[extrinsic_call]
        _(origin, listing);

        assert!(Instruments::<T>::get().contains_key(&Slot::new(0)));
        Ok(())
    }

    #[benchmark]
    fn delist_instrument() -> Result<(), BenchmarkError> {
        prepare::<T>()?;
        let slot = Slot::new(T::Market::get().instruments - 1);
        let origin = admin::<T>()?;
        Pallet::<T>::set_halted(origin.clone(), slot, true)?;

        #[extrinsic_call]
        _(origin, slot);

        assert!(!Instruments::<T>::get().contains_key(&slot));
        Ok(())
    }

    #[benchmark]
    fn set_halted() -> Result<(), BenchmarkError> {
        prepare::<T>()?;
        let slot = Slot::new(T::Market::get().instruments - 1);
        let origin = admin::<T>()?;

        #[extrinsic_call]
        _(origin, slot, true);

        assert!(Instruments::<T>::get()[&slot].halted);
        Ok(())
    }

    #[benchmark]
    fn list_collateral() -> Result<(), BenchmarkError> {
        prepare::<T>()?;
        CollateralAssets::<T>::mutate(|assets| assets.remove(&1));
        let origin = admin::<T>()?;

        #[extrinsic_call]
        _(
            origin,
            Collateral {
                asset: 1,
                decimals: 6,
            },
        );

        assert!(CollateralAssets::<T>::get().contains_key(&1));
        Ok(())
    }

    #[benchmark]
    fn delist_collateral() -> Result<(), BenchmarkError> {
        prepare::<T>()?;
        let origin = admin::<T>()?;

        #[extrinsic_call]
        _(origin, 1);

        assert!(!CollateralAssets::<T>::get().contains_key(&1));
        Ok(())
    }

    #[benchmark]
    fn accept_range() -> Result<(), BenchmarkError> {
        prepare::<T>()?;
        let origin = admin::<T>()?;

        #[extrinsic_call]
        _(origin, Feed::Underlying(0), 1, 2);

        assert!(
            Pallet::<T>::feed_state(&Feed::Underlying(0))
                .expected
                .is_some()
        );
        Ok(())
    }

    #[benchmark]
    fn take_snapshot() -> Result<(), BenchmarkError> {
        prepare::<T>()?;
        Pallet::<T>::list(listing::<T>(Slot::new(0))).map_err(|_| "slot")?;
        LatestNumber::<T>::kill();
        Pallet::<T>::take_snapshot();
        // All feeds trade again and all marks are held back, so there is an event for each of both.
        Feeds::<T>::mutate(|feeds| {
            for state in feeds.iter_mut().map(|(_, state)| state) {
                state.marked = state.marked.map(|price| price / 2);
                state.halt = Some(HaltReason::Stale);
            }
        });
        // The next snapshot drops number 1.
        let latest = SnapshotNumber::new(T::RetainedSnapshots::get().into());
        LatestNumber::<T>::put(latest);
        let block = BlockNumberFor::<T>::from(0u32);

        #[block]
        {
            <Pallet<T> as frame_support::traits::Hooks<_>>::on_finalize(block);
        }

        assert!(!Snapshots::<T>::contains_key(SnapshotNumber::new(1)));
        let snapshot = Pallet::<T>::snapshot(latest.next());
        assert!(snapshot.is_some_and(|s| s.rows.iter().all(|row| row.suspended)));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::new_test_ext(), crate::mock::Test);
}
