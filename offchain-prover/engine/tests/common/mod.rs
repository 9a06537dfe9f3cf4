//! A venue with traders, for the tests.
#![allow(clippy::unwrap_used, dead_code)]

use clearproof_engine::{BatchRequest, DepositReceived, Venue, VenueConfig};
use clearproof_primitives::{
    account::account_key,
    batch::{Deposit, genesis_field},
    eddsa::SecretKey,
    field::Fr,
    fixed::{ONE, Rate},
    ids::{AccountIndex, Slot, SnapshotNumber, VenueId},
    order::{Order, OrderSet, Request, Side, SignedOrderSet, WithdrawalRequest},
    policy::Policy,
    rows::even_bands,
    shape::Shape,
    snapshot::{InstrumentRow, Snapshot},
    time::Millis,
};

pub const GENESIS: [u8; 32] = [3; 32];
pub const START: Millis = Millis::new(10_000);
pub const MARK: u64 = 1_000 * ONE;

pub fn snapshot(shape: &Shape) -> Snapshot {
    let market = shape.market;
    let policy = Policy::development(&market);
    let row = |slot: Slot| match slot.place() % market.slots_per_underlying() {
        0 => policy
            .perpetual_row(market.underlying_of(slot), MARK)
            .unwrap(),
        _ => InstrumentRow::empty(&market),
    };
    Snapshot {
        number: SnapshotNumber::new(1),
        taken_at: START - Millis::new(1),
        weights: vec![ONE; market.assets as usize],
        factors: policy.factors(),
        protocol_share: policy.protocol_share,
        liquidation_rate: policy.liquidation_rate,
        rows: market.slots().map(row).collect(),
    }
}

pub fn bands(shape: &Shape) -> Vec<u64> {
    even_bands(&snapshot(shape).rows, Rate::new(1 << 29))
}

pub fn key(trader: u16) -> SecretKey {
    let mut seed = [1; 32];
    seed[..2].copy_from_slice(&trader.to_le_bytes());
    SecretKey::new(seed)
}

pub fn received(trader: u16, number: u64, amount: u64) -> DepositReceived {
    let owner = key(trader).public_key();
    let point = owner.point();
    let account_key = account_key((point.x, point.y), 0).into();
    DepositReceived {
        number,
        deposit: Deposit {
            account_key,
            asset: 0,
            amount,
        },
        owner,
    }
}

pub fn signed(
    shape: &Shape,
    trader: u16,
    sequence: u64,
    orders: Vec<Option<Order>>,
    withdraw: Option<u64>,
) -> SignedOrderSet {
    let withdrawal = withdraw.map(|amount| WithdrawalRequest {
        asset: 0,
        amount,
        recipient: [1; 32],
    });
    let set = OrderSet {
        venue: VenueId::new(1),
        account: AccountIndex::new(u32::from(trader) + 1),
        sequence,
        valid_from: Millis::ZERO,
        valid_until: Millis::new(1 << 40),
        max_fee: Rate::new(u32::MAX),
        orders,
        request: withdrawal.map(Request::Withdrawal),
    };
    resigned(shape, trader, set)
}

pub fn open_venue(shape: &Shape, traders: u16, amount: u64) -> Venue {
    let config = VenueConfig {
        shape: *shape,
        id: VenueId::new(1),
        genesis: genesis_field(&GENESIS),
    };
    let mut venue = Venue::new(config);
    venue
        .open_batch(snapshot(shape), bands(shape), START)
        .unwrap();
    for trader in 0..traders {
        venue
            .deposit(&received(trader, u64::from(trader) + 1, amount))
            .unwrap();
    }
    venue
}

pub fn request(time_to: Millis) -> BatchRequest {
    BatchRequest {
        time_to,
        genesis: GENESIS,
        submitter: [2; 32],
        salt_seed: Fr::from(time_to.get()),
    }
}

pub fn order(side: Side, quantity: u64, limit: u64) -> Option<Order> {
    Some(Order {
        id: 1,
        instrument: Slot::new(0),
        side,
        quantity,
        limit,
        ..Order::default()
    })
}

/// A changed order set, signed again by its trader.
pub fn resigned(shape: &Shape, trader: u16, set: OrderSet) -> SignedOrderSet {
    let signature = key(trader).sign(set.message(shape, genesis_field(&GENESIS)));
    SignedOrderSet {
        set,
        signature,
        trading_key: None,
    }
}
