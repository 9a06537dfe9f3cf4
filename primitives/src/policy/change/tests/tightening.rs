//! The promise of a change that tightens: no account has less margin or more equity after it.

use super::*;
use crate::{
    account::Position,
    fixed::ONE as UNIT,
    ids::{Slot, SnapshotNumber},
    margin::margin,
    options::{DAY_MS, OptionKind, Product},
    snapshot::{InstrumentRow, Snapshot},
    time::Millis,
};

/// Instruments on the first underlying: a perpetual and options of several strikes, volatilities
/// and times.
fn products() -> Vec<Product> {
    let option = |(kind, strike, volatility, days): (OptionKind, u128, u64, u64)| {
        let strike = strike * u128::from(UNIT);
        Product::European {
            kind,
            strike,
            volatility: UNIT / 100 * volatility,
            time_ms: DAY_MS * days,
            discount: UNIT,
        }
    };
    let options = [
        (OptionKind::Call, 3_000, 60, 7),
        (OptionKind::Call, 3_600, 90, 90),
        (OptionKind::Put, 2_400, 80, 30),
        (OptionKind::Put, 3_100, 55, 2),
        (OptionKind::Call, 2_000, 70, 30),
    ];
    let mut products = vec![Product::Perpetual];
    products.extend(options.map(option));
    products
}

/// The chain's snapshot under the policy at fixed prices.
fn snapshot(policy: &Policy) -> Snapshot {
    let forward = 3_000 * u128::from(UNIT);
    let mut rows = vec![InstrumentRow::empty(&MARKET); usize::from(MARKET.instruments)];
    for (slot, product) in products().iter().enumerate() {
        rows[slot] = match product {
            Product::Perpetual => policy.perpetual_row(0, 3_000 * UNIT).unwrap(),
            _ => policy.option_row_of(0, product, forward, UNIT).unwrap().0,
        };
    }
    let weights = (0..usize::from(MARKET.assets))
        .map(|asset| policy.collateral_weight(asset, 950_000 << 32, 6).unwrap());
    Snapshot {
        number: SnapshotNumber::new(1),
        taken_at: Millis::ZERO,
        weights: weights.collect(),
        factors: policy.factors(),
        protocol_share: policy.protocol_share,
        liquidation_rate: policy.liquidation_rate,
        rows,
    }
}

/// A list of changes that each go the way that tightens, by a random part of what one change may
/// do, and sometimes one that goes another.
fn mostly_tightening() -> impl Strategy<Value = Vec<PolicyChange>> {
    let tight: Vec<_> = Parameter::all(&MARKET)
        .filter(|p| p.descriptor().tightens != Tightening::Neither)
        // Most of what the first underlying's rows depend on.
        .filter(|p| !p.to_string().starts_with("underlyings") || p.to_string().contains("[0]"))
        .collect();
    let one = (0..tight.len(), 0.0..1.0f64);
    let stray = proptest::option::weighted(0.1, some_changes());
    (proptest::collection::vec(one, 1..12), stray).prop_map(move |(picks, stray)| {
        let (before, mut policy) = (base(), base());
        for change in stray.into_iter().flatten() {
            change.write(&mut policy);
        }
        for (index, at) in picks {
            let parameter = tight[index];
            let present = parameter.read(&before).unwrap();
            let (low, high) = parameter.descriptor().reach(present);
            let end = match parameter.descriptor().tightens {
                Tightening::Up => high,
                _ => low,
            };
            let value = present + ((end - present) as f64 * at) as i128;
            if let Some(change) = setting(&policy, parameter, value) {
                change.write(&mut policy);
            }
        }
        before.changes_to(&policy)
    })
}

/// The largest loss of a lot over the scenarios.
fn scan(row: &InstrumentRow, side: i64) -> i64 {
    row.scenario_values
        .iter()
        .map(|d| -side * d)
        .max()
        .unwrap()
        .max(0)
}

fn positions(lots: &[i64]) -> Vec<Position> {
    let held = lots.iter().zip(0..).filter(|(lots, _)| **lots != 0);
    held.map(|(lots, instrument)| Position {
        instrument: Slot::new(instrument),
        quantity: *lots,
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        max_global_rejects: 5_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_261_125),
        ..Default::default()
    })]

    #[test]
    fn what_tightens_lowers_no_margin_and_raises_no_equity(
        changes in mostly_tightening(),
        lots in proptest::collection::vec(-1_000i64..1_000, 6),
        balances in proptest::collection::vec(0i64..1_000_000_000, 3),
        quote in -1_000_000_000i64..1_000_000_000,
    ) {
        let before = base();
        let changed = before.with_changes(&changes, &MARKET);
        prop_assume!(changed.as_ref().is_ok_and(|changed| changed.direction == Direction::Tightens));
        let changed = changed.unwrap();
        let (old, new) = (snapshot(&before), snapshot(&changed.policy));
        for (old, new) in old.rows.iter().zip(&new.rows) {
            prop_assert_eq!(old.mark, new.mark);
            prop_assert!(scan(old, 1) <= scan(new, 1) && scan(old, -1) <= scan(new, -1));
            prop_assert!(old.initial_long <= new.initial_long);
            prop_assert!(old.initial_short <= new.initial_short);
            prop_assert!(old.maintenance_long <= new.maintenance_long);
            prop_assert!(old.maintenance_short <= new.maintenance_short);
            prop_assert!(old.position_limit >= new.position_limit);
            prop_assert_eq!(old.fee_rate, new.fee_rate);
        }
        let all: Vec<_> = core::iter::once(quote).chain(balances).collect();
        let of = |snapshot| margin(&MARKET, snapshot, &all, &positions(&lots)).unwrap();
        let (old, new) = (of(&old), of(&new));
        prop_assert!(new.equity <= old.equity);
        // Deltas are rounded down by row: by less than one unit of 2^-32 for each lot, before the
        // factor, which is 15 at most.
        let rounded = u128::from(lots.iter().map(|l| l.unsigned_abs()).sum::<u64>()) * (15 << 16);
        prop_assert!(new.initial + rounded >= old.initial);
        prop_assert!(new.maintenance + rounded >= old.maintenance);
    }
}

/// The reason that shocks have no direction: where the price goes twice as far, this account has
/// almost all back that it loses on the way.
#[test]
fn a_wider_shock_may_ask_less() {
    let worst = |shock: i32| {
        let mut policy = base();
        for spec in &mut policy.underlyings[0].scenarios {
            spec.price_shock = shock * spec.price_shock.signum();
            (spec.volatility_shock, spec.weight) = (0, Factor::new(ONE));
        }
        let loss = |(strike, lots): (u128, i64)| {
            let call = Product::European {
                kind: OptionKind::Call,
                strike: strike * u128::from(UNIT),
                volatility: UNIT / 10,
                time_ms: DAY_MS,
                discount: UNIT,
            };
            let forward = 3_000 * u128::from(UNIT);
            let (row, _) = policy.option_row_of(0, &call, forward, UNIT).unwrap();
            row.scenario_values
                .into_iter()
                .map(move |delta| -lots * delta)
        };
        let [low, middle, high] = [(2_900, -1), (3_300, 2), (3_700, -1)].map(loss);
        let losses = low.zip(middle).zip(high).map(|((a, b), c)| a + b + c);
        losses.max().unwrap() / UNIT as i64
    };
    let (near, far) = (worst((ONE / 10) as i32), worst((ONE / 5) as i32));
    assert!(near > 250 && far == 0, "{near} {far}");
}
