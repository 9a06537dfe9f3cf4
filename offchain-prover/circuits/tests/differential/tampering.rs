//! Random steps that may break any rule about fills.

use crate::{common::scene::Scene, config::SHAPE};
use clearproof_primitives::{
    account::{Account, OrderSlot, Position},
    batch::PriceEntry,
    fixed::{Factor, ONE, Rate},
    ids::{AccountIndex, Slot},
    order::{Order, Side, TimeInForce, Trigger, TriggerSide},
    snapshot::InstrumentRow,
    step::{Fill, Forced},
    time::Millis,
};
use proptest::prelude::*;

/// A step to be tampered with: its fills, and the account before them.
#[derive(Clone, Debug)]
pub struct Tampering {
    fills: Vec<Fill>,
    /// Trades against the first position rather than with it.
    against: bool,
    price: u64,
    equity: i64,
    positions: [i64; 2],
    filled: u64,
    /// Funding indices of instruments 0 and 2.
    funding: [i64; 2],
    funding_basis: i64,
    /// Instrument 2 has expired.
    expired: bool,
    /// The step is forced: a liquidation with this penalty.
    penalty: Option<u64>,
    conditions: Conditions,
}

/// Conditions of the order and of the market.
#[derive(Clone, Debug)]
struct Conditions {
    reduce_only: bool,
    time_in_force: TimeInForce,
    /// The order is one that cancels the other, of which this many lots are filled.
    pair: Option<u64>,
    /// A trigger at this distance from the mark; true if it is met at or above its price.
    trigger: Option<(bool, i64)>,
    position_limit: u64,
    suspended: bool,
    /// A forced step deleverages, where every account has this rank or more.
    rank: Option<u32>,
    /// The first entry says that the fund sells.
    fund_sells: bool,
    /// It does so even if it is an auction's.
    sided_auction: bool,
    /// A step that deleverages is the fund's, which owes more than it has, at most.
    of_fund: bool,
    slack: u32,
}

fn any_conditions() -> impl Strategy<Value = Conditions> {
    let time_in_force = prop_oneof![
        8 => Just(TimeInForce::GoodTillTime),
        1 => Just(TimeInForce::ImmediateOrCancel),
        1 => Just(TimeInForce::FillOrKill),
    ];
    (
        prop::bool::weighted(0.15),
        time_in_force,
        prop::option::weighted(0.2, 0..2u64),
        prop::option::weighted(0.12, (any::<bool>(), -2..3i64)),
        prop_oneof![7 => Just(1u64 << 40), 1 => 0..60u64],
        prop::bool::weighted(0.05),
        prop::option::weighted(0.5, prop_oneof![2 => Just(0u32), 1 => 0..20u32 << 16]),
        (
            any::<bool>(),
            prop::bool::weighted(0.03),
            any::<bool>(),
            prop_oneof![1 => Just(0u32), 6 => 0..1u32 << 28],
        ),
    )
        .prop_map(
            |(
                reduce_only,
                time_in_force,
                pair,
                trigger,
                position_limit,
                suspended,
                rank,
                (fund_sells, sided_auction, of_fund, slack),
            )| {
                Conditions {
                    reduce_only,
                    time_in_force,
                    pair,
                    trigger,
                    position_limit: if suspended { 0 } else { position_limit },
                    suspended,
                    rank,
                    fund_sells,
                    sided_auction,
                    of_fund,
                    slack,
                }
            },
        )
}

const ONE_INDEX: i64 = ONE as i64;

pub fn any_tampering() -> impl Strategy<Value = Tampering> {
    let quantity = prop_oneof![8 => 0..45u64, 1 => (1u64 << 48) - 2..(1u64 << 48) + 2];
    let fill = (
        prop_oneof![4 => Just(0usize), 1 => Just(1usize)],
        prop_oneof![8 => Just(0usize), 1 => 1..3usize],
        quantity,
    )
        .prop_map(|(slot, entry, quantity)| Fill {
            slot,
            entry,
            quantity,
        });
    (
        prop::collection::vec(fill, 0..=2),
        prop::bool::weighted(0.8),
        98 * ONE..103 * ONE,
        -50i64..600,
        (-50i64..50, prop_oneof![2 => Just(0i64), 1 => -20i64..20]).prop_map(|(a, b)| [a, b]),
        0..5u64,
        (
            -ONE_INDEX..ONE_INDEX,
            -ONE_INDEX..ONE_INDEX,
            -5 * ONE_INDEX..5 * ONE_INDEX,
            prop::bool::weighted(0.3),
            prop::option::weighted(0.5, 0..20u64),
        ),
        any_conditions(),
    )
        .prop_map(
            |(
                fills,
                against,
                price,
                equity,
                positions,
                filled,
                (f0, f2, funding_basis, expired, penalty),
                conditions,
            )| {
                Tampering {
                    funding: [f0, f2],
                    funding_basis,
                    expired,
                    penalty,
                    conditions,
                    fills,
                    against,
                    price,
                    equity,
                    positions,
                    filled,
                }
            },
        )
}

/// Step 0 of chunk 2 of the busy batch, tampered with.
pub fn tampered(t: &Tampering) -> Scene {
    let mut scene = Scene::busy(2);
    tamper_market(&mut scene, t);
    if t.of_fund() {
        let fund = scene.chunk.steps[1].before.clone();
        scene.chunk.steps[0].before = fund;
        scene.step(0).account = AccountIndex::INSURANCE_FUND;
    }
    scene.reload(0, |account| tamper_account(account, t));
    tamper_order_set(&mut scene, t);
    let rank = t.rank();
    let step = scene.step(0);
    step.fills.clone_from(&t.fills);
    if let Some(penalty) = t.penalty {
        step.forced = Some(match rank {
            Some(_) => Forced::Deleverage,
            None => Forced::Liquidation { penalty },
        });
        step.set.as_mut().unwrap().set.max_fee = Rate::new(u32::MAX);
    }
    scene.replay();
    scene
}

impl Tampering {
    /// The rank, if the step deleverages.
    fn rank(&self) -> Option<u32> {
        self.penalty.and(self.conditions.rank)
    }

    /// The step deleverages the insurance fund.
    fn of_fund(&self) -> bool {
        self.rank().is_some() && self.conditions.of_fund
    }
}

fn tamper_market(scene: &mut Scene, t: &Tampering) {
    let (c, rank) = (&t.conditions, t.rank());
    scene.header.deleverage_rank = rank.map(Factor::new).unwrap_or_default();
    scene.header.slack = Rate::new(c.slack);
    let entry = scene.chunk.entries[0];
    scene.chunk.entries = vec![
        PriceEntry {
            price: t.price,
            deleverages: rank.is_some(),
            fund_sells: c.fund_sells && (rank.is_some() || c.sided_auction),
            ..entry
        },
        PriceEntry {
            time: entry.time + Millis::new(50),
            ..entry
        },
        PriceEntry {
            instrument: Slot::new(2),
            ..entry
        },
    ];
    scene.remarket(|snapshot, funding| {
        (funding[0], funding[2]) = (t.funding[0], t.funding[1]);
        snapshot.rows[0].position_limit = c.position_limit;
        snapshot.rows[0].suspended = c.suspended;
        if t.expired {
            snapshot.rows[2] = InstrumentRow {
                mark: 101 * ONE + 7,
                expired: true,
                ..InstrumentRow::empty(&SHAPE.market)
            };
        }
    });
}

fn tamper_account(account: &mut Account, t: &Tampering) {
    account.funding_basis = t.funding_basis.into();
    // Equity near the margin that is required.
    let lots = t.positions.iter().sum::<i64>();
    let lacking = if t.of_fund() { 400 } else { 0 };
    account.balances[0] = t.equity - 100 * lots - lacking;
    account.sequence = 1;
    account.slots[0].id = 21;
    account.slots[0].filled = t.filled;
    if let Some(filled) = t.conditions.pair {
        account.slots[1] = OrderSlot { id: 22, filled };
    }
    account.positions = [(0, t.positions[0]), (2, t.positions[1])]
        .map(|(instrument, quantity)| Position {
            instrument: Slot::new(instrument),
            quantity,
        })
        .to_vec();
    account.positions.retain(|p| p.quantity != 0);
}

fn tamper_order_set(scene: &mut Scene, t: &Tampering) {
    let c = &t.conditions;
    let mark = scene.snapshot.rows[0].mark;
    let time = scene.chunk.entries[0].time;
    scene.resign(0, |set| {
        set.valid_until = time + Millis::new(20);
        let (side, limit) = if t.against == (t.positions[0] > 0) {
            (Side::Sell, 99 * ONE)
        } else {
            (Side::Buy, 102 * ONE)
        };
        set.orders = vec![Some(Order {
            id: 21,
            instrument: Slot::new(0),
            side,
            quantity: 40,
            limit,
            reduce_only: c.reduce_only,
            time_in_force: c.time_in_force,
            one_cancels_other: c.pair.is_some(),
            trigger: c.trigger.map(|(above, away)| Trigger {
                mark: if above {
                    TriggerSide::AtOrAbove
                } else {
                    TriggerSide::AtOrBelow
                },
                price: mark.saturating_add_signed(away),
            }),
        })];
        if c.pair.is_some() {
            let other = set.orders[0].map(|order| Order { id: 22, ..order });
            set.orders.push(other);
        }
    });
}
