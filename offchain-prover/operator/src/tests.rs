//! Properties of the operator that hold whatever happens to its process.
#![allow(clippy::unwrap_used)]

mod building;
mod journal;
mod owners;
mod restart;
mod roll_back;
mod scheduler;
mod stored_bytes;
mod task;

use super::{
    config::{SnapshotTiming, Timing},
    core::{Closed, Core, Stage},
    error::OperatorError,
    scheduler::Scheduler,
    store::Store,
    views::FinalBatch,
};
use clearproof_client::Identity;
use clearproof_engine::ClosedBatch;
use clearproof_primitives::{
    account::account_key,
    batch::{Deposit, genesis_field},
    chain::{Pauses, Queue, QueuedDeposit, SnapshotInfo, SnapshotView, VenueView},
    eddsa::SecretKey,
    field::FieldBytes,
    fixed::{ONE, Rate},
    ids::{AccountIndex, BatchNumber, CircuitId, Slot, SnapshotNumber, VenueId},
    ledger::genesis_state_root,
    order::{Order, OrderSet, Request, Side, SignedOrderSet, WithdrawalRequest},
    policy::Policy,
    rows::even_bands,
    shape::Shape,
    snapshot::{InstrumentRow, Snapshot},
    time::Millis,
};
use std::{path::Path, sync::Arc};

const SHAPE: Shape = Shape::TINY;
const IDENTITY: Identity = Identity {
    genesis: [3; 32],
    venue: VenueId::new(1),
    shape: SHAPE,
};
const START: Millis = Millis::new(1_700_000_000_000);
const MARK: u64 = 1_000 * ONE;
const DEPOSIT: u64 = 1_000_000;

/// Returns the chain's view of a venue that has settled nothing.
fn new_venue() -> VenueView<[u8; 32]> {
    VenueView {
        owner: [1; 32],
        operators: vec![[2; 32]],
        circuit: CircuitId::new(1),
        next_circuit: None,
        retires_at: None,
        shape: SHAPE,
        development: true,
        state_root: genesis_state_root(&SHAPE).into(),
        batches: BatchNumber::new(0),
        time_to: START - Millis::new(1_000),
        pauses: Pauses::default(),
        custody_account: [9; 32],
        queue: Queue::default(),
        totals: Vec::new(),
        funding: Vec::new(),
        open_interest: Vec::new(),
    }
}

fn snapshot(number: u64, taken_at: Millis) -> SnapshotView {
    let market = SHAPE.market;
    let policy = Policy::development(&market);
    let row = |slot: Slot| match slot.place() % market.slots_per_underlying() {
        0 => policy
            .perpetual_row(market.underlying_of(slot), MARK)
            .unwrap(),
        _ => InstrumentRow::empty(&market),
    };
    let snapshot = Snapshot {
        number: SnapshotNumber::new(number),
        taken_at,
        weights: vec![ONE; market.assets as usize],
        factors: policy.factors(),
        protocol_share: policy.protocol_share,
        liquidation_rate: policy.liquidation_rate,
        rows: market.slots().map(row).collect(),
    };
    let info = SnapshotInfo {
        hash: snapshot.hash().into(),
        taken_at,
        next_taken_at: None,
        marks: snapshot.rows.iter().map(|row| row.mark).collect(),
        bands: even_bands(&snapshot.rows, Rate::new(1 << 29)),
        premium_caps: even_bands(&snapshot.rows, policy.funding_cap),
        funding_interval: policy.funding_interval,
        open_interest_caps: vec![u64::MAX; market.instruments.into()],
        protocol_share: policy.protocol_share,
    };
    SnapshotView { snapshot, info }
}

fn key(trader: u8) -> SecretKey {
    SecretKey::new([trader + 1; 32])
}

/// Returns a trader's deposit as the queue records it.
fn queued(index: u64, trader: u8) -> (u64, QueuedDeposit) {
    let owner = key(trader).public_key();
    let point = owner.point();
    let deposit = Deposit {
        account_key: account_key((point.x, point.y), 0).into(),
        asset: 0,
        amount: DEPOSIT,
    };
    let queued = QueuedDeposit {
        owner: owner.compress(),
        deposit,
        accumulator: FieldBytes::default(),
    };
    (index, queued)
}

/// Returns a signed set of one order, with a withdrawal if an amount is given.
fn signed(trader: u8, sequence: u64, side: Side, withdraw: Option<u64>) -> SignedOrderSet {
    let order = Order {
        id: sequence as u32,
        instrument: Slot::new(0),
        side,
        quantity: 10,
        limit: MARK,
        ..Order::default()
    };
    let set = OrderSet {
        venue: IDENTITY.venue,
        account: AccountIndex::new(u32::from(trader) + 1),
        sequence,
        valid_from: Millis::ZERO,
        valid_until: START + Millis::new(1_000_000),
        max_fee: Rate::new(u32::MAX),
        orders: vec![Some(order)],
        request: withdraw.map(|amount| {
            Request::Withdrawal(WithdrawalRequest {
                asset: 0,
                amount,
                recipient: [7; 32],
            })
        }),
    };
    let signature = key(trader).sign(set.message(&SHAPE, genesis_field(&IDENTITY.genesis)));
    SignedOrderSet {
        set,
        signature,
        trading_key: None,
    }
}

/// The constants of this workspace's runtime.
const SNAPSHOTS: SnapshotTiming = SnapshotTiming {
    interval_ms: Millis::new(30_000),
    grace_ms: Millis::new(15_000),
};

fn restore(folder: &Path, chain: &VenueView<[u8; 32]>) -> Result<Core, OperatorError> {
    let store = Store::open(folder, &IDENTITY)?;
    Core::restore(IDENTITY, [2; 32], store, chain)
}

fn scheduler(folder: &Path, chain: &VenueView<[u8; 32]>) -> Scheduler {
    let core = restore(folder, chain).unwrap();
    Scheduler::new(core, Timing::default(), SNAPSHOTS, chain.time_to)
}

/// Returns a venue with two funded traders in an open batch at the first snapshot, on disk.
fn trading(folder: &Path) -> Scheduler {
    let mut scheduler = scheduler(folder, &new_venue());
    scheduler.on_snapshot(snapshot(1, START));
    scheduler.on_deposits(vec![queued(0, 0), queued(1, 1)]);
    scheduler
        .advance(START + Millis::new(1_000), false)
        .unwrap();
    assert_eq!(scheduler.core.venue.open_steps(), 2);
    scheduler.core.commit().unwrap();
    scheduler
}

/// Closes the open batch and builds it.
fn close(scheduler: &mut Scheduler) {
    scheduler.core.close().unwrap();
    scheduler.core.build().unwrap();
}

/// Returns the batch to prove, while a closed batch is not proven.
fn unproven(closed: &Closed) -> Option<&Arc<ClosedBatch>> {
    match &closed.stage {
        Stage::Built(batch) => Some(batch),
        _ => None,
    }
}

/// Lets a buyer and a seller trade in an auction.
fn trade(scheduler: &mut Scheduler, sequence: u64, now: Millis) {
    for (trader, side) in [(0, Side::Buy), (1, Side::Sell)] {
        let set = signed(trader, sequence, side, None);
        scheduler.submit(set, now).unwrap().unwrap();
    }
    scheduler.advance(now, true).unwrap();
    scheduler.core.commit().unwrap();
    let auctions = scheduler.take_auctions();
    assert_eq!(auctions.last().unwrap().trades.len(), 2);
}
