//! A small venue run by the engine, whose batches the circuits must accept.
#![allow(clippy::expect_used, clippy::unwrap_used, dead_code)]

pub mod scene;

use clearproof_engine::{BatchRequest, ClosedBatch, DepositReceived, Venue, VenueConfig};
use clearproof_primitives::{
    account::account_key,
    batch::{Deposit, genesis_field},
    eddsa::SecretKey,
    field::Fr,
    fixed::{Factor, ONE, Rate},
    ids::{AccountIndex, Slot, SnapshotNumber, VenueId},
    options::{DAY_MS, ScenarioSpec, VolatilityScaling},
    order::{InheritRequest, Order, OrderSet, Request, Side, SignedOrderSet, WithdrawalRequest},
    policy::{ChargeRates, Policy, TradingTerms, UnderlyingPolicy},
    rows::even_bands,
    shape::{MarketShape, Shape},
    snapshot::{InstrumentRow, Snapshot},
    time::Millis,
};

pub const GENESIS: [u8; 32] = [9; 32];
pub const START: Millis = Millis::new(1_000);

/// A policy whose shocks span ±10 %.
pub fn policy(market: &MarketShape) -> Policy {
    let scenarios = market.scenarios as i32;
    let scenarios = (0..scenarios)
        .map(|s| ScenarioSpec {
            price_shock: 6554 * (2 * s - (scenarios - 1)) / (scenarios - 1).max(1),
            volatility_shock: 0,
            weight: Factor::new(1 << 16),
        })
        .collect();
    let terms = TradingTerms {
        fee_rate: Rate::new(1 << 20),
        position_limit: 1 << 40,
        open_interest_cap: 1 << 50,
    };
    let underlying = UnderlyingPolicy {
        initial_factor: Factor::new(5 << 14),
        maintenance_factor: Factor::new(1 << 16),
        scenarios,
        option_charges: ChargeRates::default(),
        scaling: VolatilityScaling {
            short_power: Factor::new(0),
            long_power: Factor::new(0),
            floor_ms: DAY_MS,
        },
        charges: ChargeRates {
            initial_long: Rate::new(1 << 26),
            initial_short: Rate::new(1 << 26),
            maintenance_long: Rate::new(1 << 25),
            maintenance_short: Rate::new(1 << 25),
        },
        perpetual_terms: terms,
        option_terms: terms,
        jump_limit: Rate::new(1 << 29),
    };
    Policy {
        underlyings: vec![underlying; market.underlyings as usize],
        haircuts: vec![Rate::new(0); market.assets as usize],
        pegs: vec![None; market.assets as usize],
        protocol_share: Rate::new(1 << 30),
        liquidation_rate: Rate::new(1 << 25),
        price_band: Rate::new(1 << 29),
        option_band: Rate::new(1 << 29),
        funding_cap: Rate::new(1 << 26),
        funding_interval: DAY_MS / 24,
    }
}

/// A snapshot with a perpetual in the first slot of each underlying, all at one mark.
pub fn snapshot(market: &MarketShape, mark: u64) -> Snapshot {
    let policy = policy(market);
    policy.check(market).unwrap();
    let rows = market.slots().map(|slot| {
        if slot.place() % market.slots_per_underlying() == 0 {
            policy
                .perpetual_row(market.underlying_of(slot), mark)
                .unwrap()
        } else {
            InstrumentRow::empty(market)
        }
    });
    Snapshot {
        number: SnapshotNumber::new(1),
        taken_at: START - Millis::new(1),
        weights: vec![ONE; market.assets as usize],
        factors: policy.factors(),
        protocol_share: policy.protocol_share,
        liquidation_rate: policy.liquidation_rate,
        rows: rows.collect(),
    }
}

pub struct Trader {
    pub key: SecretKey,
    /// Signs order sets without requests, where there is one.
    pub trading_key: Option<SecretKey>,
    pub account: AccountIndex,
    pub sequence: u64,
}

impl Trader {
    pub fn new(seed: u8) -> Self {
        Self {
            key: SecretKey::new([seed; 32]),
            trading_key: None,
            account: AccountIndex::default(),
            sequence: 0,
        }
    }

    pub fn deposit(&self, number: u64, asset: u8, amount: u64) -> DepositReceived {
        let owner = self.key.public_key();
        let point = owner.point();
        let key = account_key((point.x, point.y), 0);
        DepositReceived {
            number,
            deposit: Deposit {
                account_key: key.into(),
                asset,
                amount,
            },
            owner,
        }
    }

    pub fn set(
        &mut self,
        shape: &Shape,
        orders: Vec<Option<Order>>,
        withdrawal: Option<WithdrawalRequest>,
    ) -> SignedOrderSet {
        self.next_set(shape, orders, withdrawal.map(Request::Withdrawal))
    }

    pub fn request(&mut self, shape: &Shape, request: Request) -> SignedOrderSet {
        self.next_set(shape, vec![], Some(request))
    }

    /// The set with which an heir takes the account over.
    pub fn inherited_by(&mut self, shape: &Shape, heir: &SecretKey) -> SignedOrderSet {
        let request = Request::Inherit(InheritRequest {
            trading_key: None,
            viewing_key: Fr::from(self.sequence).into(),
        });
        let set = self.request(shape, request).set;
        SignedOrderSet {
            signature: heir.sign(set.message(shape, genesis_field(&GENESIS))),
            trading_key: Some(heir.public_key()),
            set,
        }
    }

    fn next_set(
        &mut self,
        shape: &Shape,
        orders: Vec<Option<Order>>,
        request: Option<Request>,
    ) -> SignedOrderSet {
        self.sequence += 1;
        let set = OrderSet {
            venue: VenueId::new(7),
            account: self.account,
            sequence: self.sequence,
            valid_from: Millis::ZERO,
            valid_until: Millis::new(1 << 40),
            max_fee: Rate::new(1 << 24),
            orders,
            request,
        };
        self.sign(shape, set)
    }

    pub fn sign(&self, shape: &Shape, set: OrderSet) -> SignedOrderSet {
        let trading_key = self.trading_key.as_ref().filter(|_| set.request.is_none());
        let key = trading_key.unwrap_or(&self.key);
        SignedOrderSet {
            signature: key.sign(set.message(shape, genesis_field(&GENESIS))),
            trading_key: trading_key.map(SecretKey::public_key),
            set,
        }
    }
}

pub fn order(id: u32, side: Side, quantity: u64, limit: u64) -> Option<Order> {
    Some(Order {
        id,
        instrument: Slot::new(0),
        side,
        quantity,
        limit,
        ..Order::default()
    })
}

pub fn venue(shape: &Shape) -> Venue {
    Venue::new(VenueConfig {
        shape: *shape,
        id: VenueId::new(7),
        genesis: genesis_field(&GENESIS),
    })
}

pub fn request(time_to: Millis) -> BatchRequest {
    BatchRequest {
        time_to,
        genesis: GENESIS,
        submitter: [5; 32],
        salt_seed: Fr::from(77u64),
    }
}

/// Two traders deposit, trade one lot size with each other, and one withdraws.
pub fn busy_batch(shape: &Shape) -> (Venue, ClosedBatch) {
    let mark = 100 * ONE + ONE / 3;
    let mut venue = venue(shape);
    let snapshot = snapshot(&shape.market, mark);
    let bands = even_bands(&snapshot.rows, Rate::new(1 << 29));
    venue.open_batch(snapshot, bands, START).unwrap();
    let mut traders = [Trader::new(1), Trader::new(2)];
    for (i, trader) in traders.iter_mut().enumerate() {
        trader.account = venue
            .deposit(&trader.deposit(i as u64 + 1, 0, 100_000))
            .unwrap();
    }
    let buy = traders[0].set(shape, vec![order(11, Side::Buy, 30, 101 * ONE)], None);
    let sell = traders[1].set(shape, vec![order(21, Side::Sell, 20, 99 * ONE)], None);
    venue.submit(buy).unwrap();
    venue.submit(sell).unwrap();
    let report = venue.run_auction(START + Millis::new(100)).unwrap();
    assert_eq!(report.trades.len(), 2);
    let withdrawal = WithdrawalRequest {
        asset: 0,
        amount: 500,
        recipient: [8; 32],
    };
    let set = traders[0].set(
        shape,
        vec![order(11, Side::Buy, 30, 101 * ONE)],
        Some(withdrawal),
    );
    venue.submit(set).unwrap();
    let closed = venue
        .close_batch(&request(START + Millis::new(200)))
        .unwrap();
    (venue, closed)
}
