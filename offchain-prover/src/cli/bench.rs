//! `bench`: measures the numbers that the design promises, each beside its target, from real work.

use anyhow::{Context, Result};
use clearproof_engine::{BatchRequest, DepositReceived, Venue, VenueConfig};
use clearproof_groth16::{Bars, KeyStore, Origin};
use clearproof_primitives::{
    account::account_key,
    batch::{genesis_field, Deposit},
    eddsa::SecretKey,
    field::Fr,
    fixed::ONE,
    order::{Order, OrderSet, Side, SignedOrderSet},
    policy::Policy,
    shape::Shape,
    snapshot::{InstrumentRow, Snapshot, UnderlyingFactors},
};
use clearproof_prover::proving::{circuits, default_key_folder, BatchProver, ProvenBatch};
use std::time::{Duration, Instant};

/// Options of `bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Runs of each proof; the median is printed.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// Order sets for the confirmation latency.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    order_sets: u32,
}

const GENESIS: [u8; 32] = [1; 32];
const VENUE: u32 = 1;
const START: u64 = 1_000;
const MARK: u64 = 1_080_000 * ONE;

fn snapshot(shape: &Shape) -> Result<Snapshot> {
    let market = &shape.market;
    let policy = Policy::development(market);
    let rows = (0..market.instruments as usize).map(|i| match i % market.slots_per_underlying() {
        0 => policy.perpetual_row(market.underlying_of(i), MARK),
        _ => Ok(InstrumentRow::empty(market)),
    });
    let factors = policy.underlyings.iter().map(|u| UnderlyingFactors {
        initial: u.initial_factor,
        maintenance: u.maintenance_factor,
    });
    Ok(Snapshot {
        number: 1,
        taken_at: START - 1,
        weights: vec![ONE; market.assets as usize],
        factors: factors.collect(),
        fee_rate: policy.fee_rate,
        rows: rows.collect::<Result<_, _>>()?,
    })
}

/// A venue with an open batch and funded traders.
fn funded(shape: &Shape, traders: u32) -> Result<(Venue, Vec<SecretKey>)> {
    let config = VenueConfig {
        shape: *shape,
        id: VENUE,
        genesis: genesis_field(&GENESIS),
    };
    let mut venue = Venue::new(config);
    venue.open_batch(snapshot(shape)?, 1 << 28, Vec::new(), START)?;
    let keys: Vec<_> = (1..=traders)
        .map(|i| {
            let mut seed = [0; 32];
            seed[..4].copy_from_slice(&i.to_le_bytes());
            SecretKey::new(seed)
        })
        .collect();
    for (i, key) in keys.iter().enumerate() {
        let (owner, viewing_key) = (key.public_key(), Fr::from(i as u64));
        let point = owner.point();
        let account_key = account_key((point.x, point.y)).into();
        let deposit = Deposit {
            account_key,
            asset: 0,
            amount: 1 << 40,
        };
        venue.deposit(&DepositReceived {
            number: i as u64 + 1,
            deposit,
            owner,
            viewing_key,
        })?;
    }
    Ok((venue, keys))
}

fn order_set(
    shape: &Shape,
    key: &SecretKey,
    account: u32,
    sequence: u64,
    side: Side,
) -> SignedOrderSet {
    let order = |slot: u16| {
        let limit = match side {
            Side::Buy => MARK + (MARK >> 8),
            Side::Sell => MARK - (MARK >> 8),
        };
        let instrument =
            slot % shape.market.underlyings * shape.market.slots_per_underlying() as u16;
        Some(Order {
            id: u32::from(slot) + 1,
            instrument,
            side,
            quantity: 10,
            limit,
        })
    };
    let set = OrderSet {
        venue: VENUE,
        account,
        sequence,
        valid_from: 0,
        valid_until: 1 << 40,
        max_fee: u32::MAX,
        orders: (0..shape.orders).map(order).collect(),
        withdrawal: None,
    };
    let signature = key.sign(set.message(shape, genesis_field(&GENESIS)));
    SignedOrderSet { set, signature }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Latencies of accepting order sets, signature checks included, in arrival order on one core.
fn confirmations(shape: &Shape, count: u32) -> Result<(Duration, Duration)> {
    let (mut venue, keys) = funded(shape, 16)?;
    let sets: Vec<_> = (0..count)
        .map(|i| {
            let trader = i as usize % keys.len();
            let side = if trader.is_multiple_of(2) {
                Side::Buy
            } else {
                Side::Sell
            };
            order_set(
                shape,
                &keys[trader],
                trader as u32 + 1,
                u64::from(i) + 1,
                side,
            )
        })
        .collect();
    let mut latencies = Vec::with_capacity(sets.len());
    let started = Instant::now();
    for set in sets {
        let began = Instant::now();
        venue.submit(set)?;
        latencies.push(began.elapsed());
    }
    let total = started.elapsed();
    latencies.sort_unstable();
    let p99 = latencies[latencies.len() * 99 / 100];
    Ok((p99, total / count))
}

pub fn run(args: Args) -> Result<()> {
    let shape = Shape::REFERENCE;
    let pair = circuits(&shape)?;
    let mut table = comfy_table::Table::new();
    table.set_header(["what", "measured", "target"]);
    let chunk = &pair.chunk.info;
    let per_step = chunk
        .constraints_per_step
        .context("the chunk circuit has steps")?;
    table.add_row([
        "constraints per account step",
        &format!("{per_step:.0}"),
        "40,000",
    ]);
    table.add_row([
        "constraints of a chunk",
        &chunk.constraints.to_string(),
        "524,288",
    ]);
    drop(pair);

    let (p99, mean) = confirmations(&shape, args.order_sets)?;
    table.add_row([
        "order set accepted, p99 (engine, one core)",
        &format!("{p99:.1?}"),
        "5 ms",
    ]);
    table.add_row([
        "order set accepted, mean",
        &format!("{mean:.1?}"),
        "500 µs (2,000/s)",
    ]);

    let prover = BatchProver::load(
        &shape,
        &KeyStore::new(default_key_folder()),
        Origin::Development,
        &Bars::new("keys"),
    )?;
    let (mut venue, keys) = funded(&shape, u32::from(shape.steps) - 1)?;
    for (i, key) in keys.iter().enumerate() {
        let side = if i.is_multiple_of(2) {
            Side::Buy
        } else {
            Side::Sell
        };
        venue.submit(order_set(&shape, key, i as u32 + 1, 1, side))?;
    }
    venue.tick(START + 100)?;
    let request = BatchRequest {
        time_to: START + 200,
        genesis: GENESIS,
        submitter: [0; 32],
        salt_seed: Fr::from(1u64),
    };
    let closed = venue.close_batch(&request)?;
    eprintln!(
        "{} steps, {} fills, {} chunks",
        closed.steps,
        closed.fills,
        closed.witness.chunks.len()
    );
    let runs = (0..args.runs)
        .map(|_| prover.prove(&closed, |_, _| ()))
        .collect::<Result<Vec<ProvenBatch>>>()?;
    let chunk_reports = || {
        runs.iter()
            .flat_map(|run| &run.reports)
            .filter(|r| r.circuit == "chunk")
    };
    let proving = median(
        chunk_reports()
            .map(|r| r.proving.as_secs_f64() * 1e6 / r.constraints as f64)
            .collect(),
    );
    let witness = median(
        chunk_reports()
            .map(|r| r.witness.as_secs_f64() / r.proving.as_secs_f64())
            .collect(),
    );
    table.add_row([
        "proving and verifying, reference backend",
        &format!("{proving:.1} µs per constraint"),
        "25",
    ]);
    table.add_row([
        "witness, share of proving",
        &format!("{:.1} %", witness * 100.0),
        "10 %",
    ]);
    println!("{table}");
    Ok(())
}
