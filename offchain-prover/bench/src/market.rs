//! The market of all measurements: development policy, one perpetual per underlying, funded
//! traders.

use anyhow::Result;
use clearproof_engine::{DepositReceived, Venue, VenueConfig};
use clearproof_primitives::{
    account::account_key,
    batch::{Deposit, genesis_field},
    eddsa::SecretKey,
    fixed::{ONE, Price, Rate},
    ids::{AccountIndex, Slot, SnapshotNumber, VenueId},
    order::{Order, OrderSet, Side, SignedOrderSet},
    policy::Policy,
    rows::even_bands,
    shape::Shape,
    snapshot::{InstrumentRow, Snapshot},
    time::Millis,
};

/// Hash of the chain's genesis block.
pub const GENESIS: [u8; 32] = [1; 32];
/// The venue.
pub const VENUE: VenueId = VenueId::new(1);
/// Largest distance of a clearing price from the mark, as a fraction of 2^32.
pub const PRICE_BAND: Rate = Rate::new(1 << 28);
/// Mark of every perpetual.
const MARK: Price = 1_080_000 * ONE;
/// Deposit of each trader, in smallest quote units.
const DEPOSIT: u64 = 1 << 40;

/// Returns the snapshot, taken at this millisecond.
pub fn snapshot(shape: &Shape, taken_at: Millis) -> Result<Snapshot> {
    let market = &shape.market;
    let policy = Policy::development(market);
    let rows = market
        .slots()
        .map(|slot| match slot.place() % market.slots_per_underlying() {
            0 => policy.perpetual_row(market.underlying_of(slot), MARK),
            _ => Ok(InstrumentRow::empty(market)),
        });
    Ok(Snapshot {
        number: SnapshotNumber::new(1),
        taken_at,
        weights: vec![ONE; market.assets as usize],
        factors: policy.factors(),
        protocol_share: policy.protocol_share,
        liquidation_rate: policy.liquidation_rate,
        rows: rows.collect::<Result<_, _>>()?,
    })
}

/// Returns a trader's key; traders count from 0.
pub fn key(trader: u32) -> SecretKey {
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&(trader + 1).to_le_bytes());
    SecretKey::new(seed)
}

/// Returns a trader's deposit.
pub fn deposit(key: &SecretKey) -> Deposit {
    let point = key.public_key().point();
    Deposit {
        account_key: account_key((point.x, point.y), 0).into(),
        asset: 0,
        amount: DEPOSIT,
    }
}

/// Returns a venue with funded traders and a batch that opened at `time`.
pub fn funded(shape: &Shape, traders: u32, time: Millis) -> Result<(Venue, Vec<SecretKey>)> {
    let config = VenueConfig {
        shape: *shape,
        id: VENUE,
        genesis: genesis_field(&GENESIS),
    };
    let mut venue = Venue::new(config);
    let snapshot = snapshot(shape, time - Millis::new(1))?;
    let bands = even_bands(&snapshot.rows, PRICE_BAND);
    venue.open_batch(snapshot, bands, time)?;
    let keys: Vec<_> = (0..traders).map(key).collect();
    for (number, key) in (1..).zip(&keys) {
        venue.deposit(&DepositReceived {
            number,
            deposit: deposit(key),
            owner: key.public_key(),
        })?;
    }
    Ok((venue, keys))
}

/// Returns a trader's side: even traders buy, odd ones sell.
pub fn side(trader: u32) -> Side {
    match trader % 2 {
        0 => Side::Buy,
        _ => Side::Sell,
    }
}

/// Returns a trader's signed order set with an order in every slot. Orders that cross can all trade
/// with each other; others rest.
pub fn order_set(
    shape: &Shape,
    key: &SecretKey,
    trader: u32,
    sequence: u64,
    crosses: bool,
) -> SignedOrderSet {
    let side = side(trader);
    let limit = match (side == Side::Buy) == crosses {
        true => MARK + (MARK >> 8),
        false => MARK - (MARK >> 8),
    };
    let order = |slot: u16| {
        let instrument =
            slot % shape.market.underlyings * shape.market.slots_per_underlying() as u16;
        Some(Order {
            // Each set has new order ids, so that it replaces the orders of the set before it.
            id: (sequence as u32)
                .wrapping_mul(u32::from(shape.orders))
                .wrapping_add(u32::from(slot))
                .max(1),
            instrument: Slot::new(instrument),
            side,
            quantity: 10,
            limit,
            ..Order::default()
        })
    };
    let set = OrderSet {
        venue: VENUE,
        account: AccountIndex::new(trader + 1),
        sequence,
        valid_from: Millis::ZERO,
        valid_until: Millis::new((1 << 48) - 1),
        max_fee: Rate::new(u32::MAX),
        orders: (0..shape.orders).map(order).collect(),
        request: None,
    };
    let signature = key.sign(set.message(shape, genesis_field(&GENESIS)));
    SignedOrderSet {
        set,
        signature,
        trading_key: None,
    }
}
