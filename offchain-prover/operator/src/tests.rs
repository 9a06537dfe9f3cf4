//! What must hold of the operator whatever happens to its process.
#![allow(clippy::unwrap_used)]

mod building;
mod desk;
mod journal;
mod owners;
mod restart;
mod roll_back;
mod task;

use super::{
    config::{SnapshotTiming, Timing},
    core::{Closed, Core, Stage},
    desk::Desk,
    error::OperatorError,
    store::Store,
};
use clearproof_client::Identity;
use clearproof_engine::ClosedBatch;
use clearproof_primitives::{
    account::account_key,
    batch::{Deposit, genesis_field},
    chain::{Pauses, Queue, QueuedDeposit, SnapshotInfo, SnapshotView, VenueView},
    eddsa::SecretKey,
    field::FieldBytes,
    fixed::ONE,
    ids::{BatchNumber, CircuitId, SnapshotNumber, VenueId},
    ledger::genesis_state_root,
    order::{Order, OrderSet, Request, Side, SignedOrderSet, WithdrawalRequest},
    policy::Policy,
    rows::even_bands,
    shape::Shape,
    snapshot::{InstrumentRow, Snapshot},
};
use std::{path::Path, sync::Arc};

const SHAPE: Shape = Shape::TINY;
const IDENTITY: Identity = Identity {
    genesis: [3; 32],
    venue: VenueId::new(1),
    shape: SHAPE,
};
const START: u64 = 1_700_000_000_000;
const MARK: u64 = 1_000 * ONE;
const DEPOSIT: u64 = 1_000_000;

/// The chain's view of a venue that has settled nothing.
fn new_venue() -> VenueView<[u8; 32]> {
    VenueView {
        owner: [1; 32],
        operators: vec![[2; 32]],
        circuit: CircuitId::new(1),
        next_circuit: None,
        shape: SHAPE,
        development: true,
        state_root: genesis_state_root(&SHAPE).into(),
        batches: BatchNumber::new(0),
        time_to: START - 1_000,
        pauses: Pauses::default(),
        custody_account: [9; 32],
        queue: Queue::default(),
        totals: Vec::new(),
        funding: Vec::new(),
        open_interest: Vec::new(),
    }
}

fn snapshot(number: u64, taken_at: u64) -> SnapshotView {
    let market = SHAPE.market;
    let policy = Policy::development(&market);
    let row = |i| match i % market.slots_per_underlying() {
        0 => policy.perpetual_row(market.underlying_of(i), MARK).unwrap(),
        _ => InstrumentRow::empty(&market),
    };
    let snapshot = Snapshot {
        number: SnapshotNumber::new(number),
        taken_at,
        weights: vec![ONE; market.assets as usize],
        factors: policy.factors(),
        protocol_share: policy.protocol_share,
        liquidation_rate: policy.liquidation_rate,
        rows: (0..market.instruments as usize).map(row).collect(),
    };
    let info = SnapshotInfo {
        hash: snapshot.hash().into(),
        taken_at,
        next_taken_at: None,
        marks: snapshot.rows.iter().map(|row| row.mark).collect(),
        bands: even_bands(&snapshot.rows, 1 << 29),
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

/// A deposit of a trader's, as the queue has it.
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

/// A signed set of one order, and a withdrawal if an amount is given.
fn signed(trader: u8, sequence: u64, side: Side, withdraw: Option<u64>) -> SignedOrderSet {
    let order = Order {
        id: sequence as u32,
        instrument: 0,
        side,
        quantity: 10,
        limit: MARK,
        ..Order::default()
    };
    let set = OrderSet {
        venue: IDENTITY.venue,
        account: u32::from(trader) + 1,
        sequence,
        valid_from: 0,
        valid_until: START + 1_000_000,
        max_fee: u32::MAX,
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

/// As the runtime of this workspace has them.
const SNAPSHOTS: SnapshotTiming = SnapshotTiming {
    interval_ms: 30_000,
    grace_ms: 15_000,
};

fn restore(folder: &Path, chain: &VenueView<[u8; 32]>) -> Result<Core, OperatorError> {
    let store = Store::open(folder, &IDENTITY)?;
    Core::restore(IDENTITY, [2; 32], store, chain)
}

fn desk(folder: &Path, chain: &VenueView<[u8; 32]>) -> Desk {
    let core = restore(folder, chain).unwrap();
    Desk::new(core, Timing::default(), SNAPSHOTS, chain.time_to)
}

/// Two funded traders in an open batch at the first snapshot, on disk.
fn trading(folder: &Path) -> Desk {
    let mut desk = desk(folder, &new_venue());
    desk.snapshot(snapshot(1, START));
    desk.deposits(vec![queued(0, 0), queued(1, 1)]);
    desk.advance(START + 1_000, false).unwrap();
    assert_eq!(desk.core.venue.open_steps(), 2);
    desk.core.commit().unwrap();
    desk
}

/// Closes the open batch and builds it.
fn close(desk: &mut Desk) {
    desk.core.close().unwrap();
    desk.core.build().unwrap();
}

/// What is to be proven of a closed batch, while it is.
fn unproven(closed: &Closed) -> Option<&Arc<ClosedBatch>> {
    match &closed.stage {
        Stage::Built(batch) => Some(batch),
        _ => None,
    }
}

/// Buyer and seller meet in an auction.
fn trade(desk: &mut Desk, sequence: u64, now: u64) {
    for (trader, side) in [(0, Side::Buy), (1, Side::Sell)] {
        let set = signed(trader, sequence, side, None);
        desk.submit(set, now).unwrap().unwrap();
    }
    desk.advance(now, true).unwrap();
    desk.core.commit().unwrap();
    let auctions = desk.take_auctions();
    assert_eq!(auctions.last().unwrap().trades.len(), 2);
}
