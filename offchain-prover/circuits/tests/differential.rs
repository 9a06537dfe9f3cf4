//! Random batches through engine and circuits, and random fills through native code and circuit: both must agree.
#![allow(clippy::unwrap_used)]

mod common;

use clearproof_circuits::{
    chunk::chunk,
    closing::closing,
    r1cs::{Cs, Matrices, Synthesized},
};
use clearproof_engine::{ClosedBatch, MarketTerms, Venue};
use clearproof_primitives::{
    account::{OrderSlot, Position, account_key},
    batch::PriceEntry,
    eddsa::SecretKey,
    field::Fr,
    fixed::ONE,
    ids::AccountIndex,
    margin::Margin,
    order::{
        KeyRequest, Order, Request, Side, TimeInForce, TransferRequest, Trigger, TriggerSide,
        WithdrawalRequest,
    },
    rows::even_bands,
    shape::Shape,
    snapshot::InstrumentRow,
    step::{Fill, Forced},
    witness::BatchWitness,
};
use common::{
    START, Trader, request,
    scene::{ClosingScene, Scene},
    snapshot,
};
use proptest::{
    prelude::*,
    test_runner::{FileFailurePersistence, RngSeed},
};
use std::sync::OnceLock;

const SHAPE: Shape = Shape::TINY;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(20_261_123),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/differential.proptest-regressions",
        ))),
        ..ProptestConfig::default()
    }
}

#[derive(Clone, Debug)]
enum Action {
    Deposit {
        who: usize,
        asset: u8,
        amount: u64,
    },
    Orders {
        who: usize,
        orders: Vec<Option<Order>>,
    },
    Withdraw {
        who: usize,
        asset: u8,
        amount: u64,
    },
    Transfer {
        who: usize,
        to: usize,
        number: u16,
        amount: u64,
    },
    TradingKey {
        who: usize,
        seed: Option<u8>,
    },
    Owner {
        who: usize,
        seed: u8,
    },
    Auction,
    Close,
}

fn any_order() -> impl Strategy<Value = Option<Order>> {
    let parts = (
        1..12u32,
        prop::sample::select(vec![0u16, 2]),
        any::<bool>(),
        1..40u64,
        0..3 * ONE,
        prop::bool::weighted(0.06),
        prop::sample::select(vec![
            TimeInForce::GoodTillTime,
            TimeInForce::GoodTillTime,
            TimeInForce::GoodTillTime,
            TimeInForce::GoodTillTime,
            TimeInForce::GoodTillTime,
            TimeInForce::GoodTillTime,
            TimeInForce::GoodTillTime,
            TimeInForce::GoodTillTime,
            TimeInForce::GoodTillTime,
            TimeInForce::GoodTillTime,
            TimeInForce::ImmediateOrCancel,
            TimeInForce::FillOrKill,
        ]),
        prop::bool::weighted(0.06),
        prop::option::weighted(0.06, (any::<bool>(), 90 * ONE..110 * ONE)),
    );
    prop::option::weighted(
        0.9,
        parts.prop_map(
            |(
                id,
                instrument,
                sells,
                quantity,
                away,
                reduce_only,
                time_in_force,
                one_cancels_other,
                trigger,
            )| {
                let (side, limit) = if sells {
                    (Side::Sell, 101 * ONE - away)
                } else {
                    (Side::Buy, 99 * ONE + away)
                };
                Order {
                    id,
                    instrument,
                    side,
                    quantity,
                    limit,
                    reduce_only,
                    time_in_force,
                    one_cancels_other,
                    trigger: trigger.map(|(above, price)| Trigger {
                        mark: if above {
                            TriggerSide::AtOrAbove
                        } else {
                            TriggerSide::AtOrBelow
                        },
                        price,
                    }),
                }
            },
        ),
    )
}

fn any_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => (0..4usize, 0..2u8, 1..300u64).prop_map(|(who, asset, amount)| Action::Deposit { who, asset, amount }),
        24 => (0..4usize, prop::collection::vec(any_order(), 1..=2))
            .prop_map(|(who, orders)| Action::Orders { who, orders }),
        2 => (0..4usize, 0..2u8, 1..150u64).prop_map(|(who, asset, amount)| Action::Withdraw { who, asset, amount }),
        1 => (0..4usize, 0..4usize, 0..2u16, 1..60u64)
            .prop_map(|(who, to, number, amount)| Action::Transfer { who, to, number, amount }),
        1 => (0..4usize, prop::option::of(20..24u8)).prop_map(|(who, seed)| Action::TradingKey { who, seed }),
        1 => (0..4usize, 30..60u8).prop_map(|(who, seed)| Action::Owner { who, seed }),
        18 => Just(Action::Auction),
        5 => Just(Action::Close),
    ]
}

/// A venue with four traders, driven by actions; the engine may refuse any of them.
struct Run {
    venue: Venue,
    traders: Vec<Trader>,
    now: u64,
    closed: Vec<ClosedBatch>,
    /// Accounts settled without being asked.
    settled: usize,
    /// Transfers and changes of keys.
    asked: usize,
}

impl Run {
    fn new() -> Self {
        let traders = (1..5).map(Trader::new).collect();
        let mut run = Self {
            venue: common::venue(&SHAPE),
            traders,
            now: START,
            closed: Vec::new(),
            settled: 0,
            asked: 0,
        };
        run.open();
        for who in 0..4 {
            run.act(&Action::Deposit {
                who,
                asset: 0,
                amount: 330,
            });
        }
        run
    }

    fn open(&mut self) {
        self.now += 10;
        // The mark moves between batches, so that accounts fall below their margins, and some of them below zero.
        let moved = [0, -14, 12, -30, 20, -9][self.closed.len() % 6];
        let mark = ((100 + moved) * ONE as i64) as u64 + ONE / 3;
        let mut snapshot = snapshot(&SHAPE.market, mark);
        let bands = even_bands(&snapshot.rows, 1 << 29);
        // From the fourth batch on instrument 2 has expired; every other batch settles accounts unasked.
        let expired = self.closed.len() > 2;
        if expired {
            snapshot.rows[2] = InstrumentRow {
                mark: 101 * ONE + 7,
                expired: true,
                ..InstrumentRow::empty(&SHAPE.market)
            };
        }
        let terms = MarketTerms {
            halted: vec![false, false, expired, false],
            premium_caps: vec![2 * ONE; 4],
            funding_interval: 15,
            ..bands.into()
        };
        self.venue.open_batch(snapshot, terms, self.now).unwrap();
        if self.closed.len() % 2 == 1 {
            self.settled += self.venue.accrue_expired(3).unwrap();
        }
    }

    fn close(&mut self) {
        self.now += 10;
        let closed = self.venue.close_batch(&request(self.now)).unwrap();
        self.venue.audit(&closed.witness.snapshot).unwrap();
        self.closed.push(closed);
    }

    /// Whether the venue does what an order set asks for.
    fn ask(&mut self, who: usize, request: Request) -> bool {
        let set = self.traders[who].request(&SHAPE, request);
        let done = self.venue.submit(set).is_ok();
        self.asked += usize::from(done);
        done
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Deposit { who, asset, amount } => {
                let trader = &mut self.traders[*who];
                let mut received = trader.deposit(self.venue.deposits_taken() + 1, *asset, *amount);
                // Another one each time: only the first may count.
                received.viewing_key += Fr::from(received.number);
                trader.account = self.venue.deposit(&received).unwrap();
            }
            Action::Orders { who, orders } => {
                let mut orders = orders.clone();
                if orders.len() == 2 && orders[0].map(|o| o.id) == orders[1].map(|o| o.id) {
                    orders.truncate(1);
                }
                let set = self.traders[*who].set(&SHAPE, orders, None);
                self.venue.submit(set).unwrap();
            }
            Action::Withdraw { who, asset, amount } => {
                let request = WithdrawalRequest {
                    asset: *asset,
                    amount: *amount,
                    recipient: [*who as u8 + 1; 32],
                };
                let set = self.traders[*who].set(&SHAPE, vec![], Some(request));
                // Refused where margin does not allow it.
                let _ = self.venue.submit(set);
            }
            Action::Transfer {
                who,
                to,
                number,
                amount,
            } => {
                let point = self.traders[*to].key.public_key().point();
                // A number of somebody else's that is not there yet is refused.
                let request = TransferRequest {
                    asset: 0,
                    amount: *amount,
                    to: account_key((point.x, point.y), *number).into(),
                };
                self.ask(*who, Request::Transfer(request));
            }
            Action::TradingKey { who, seed } => {
                let key = seed.map(|seed| SecretKey::new([seed; 32]));
                let named = key.as_ref().map(|key| key.public_key().into());
                if self.ask(*who, Request::Key(KeyRequest::Trading(named))) {
                    self.traders[*who].trading_key = key;
                }
            }
            Action::Owner { who, seed } => {
                let key = SecretKey::new([*seed; 32]);
                let named = key.public_key().into();
                if self.ask(*who, Request::Key(KeyRequest::Owner(named))) {
                    self.traders[*who].key = key;
                    self.traders[*who].trading_key = None;
                }
            }
            Action::Auction => {
                self.now += 10;
                self.venue.run_auction(self.now).unwrap();
            }
            Action::Close => {
                self.close();
                self.open();
            }
        }
    }
}

fn run_of(actions: &[Action]) -> Run {
    let mut run = Run::new();
    actions.iter().for_each(|action| run.act(action));
    run.close();
    run
}

fn synthesized(mut cs: Cs, build: impl Fn(&mut Cs)) -> Result<Synthesized, TestCaseError> {
    build(&mut cs);
    cs.finish().map_err(|e| TestCaseError::fail(e.to_string()))
}

fn accept(witness: &BatchWitness) -> Result<(), TestCaseError> {
    for part in &witness.chunks {
        synthesized(Cs::witness_only(), |cs| {
            chunk(cs, &SHAPE, &witness.header, &witness.snapshot, part).unwrap();
        })?;
    }
    synthesized(Cs::witness_only(), |cs| {
        closing(cs, &SHAPE, &witness.header, &witness.closing).unwrap()
    })?;
    Ok(())
}

/// The matrices of the busy batch's chunk and closing.
fn reference() -> &'static (Matrices, Matrices) {
    static MATRICES: OnceLock<(Matrices, Matrices)> = OnceLock::new();
    MATRICES.get_or_init(|| {
        let of = |build: &dyn Fn(&mut Cs)| {
            synthesized(Cs::recording(), build)
                .unwrap()
                .matrices
                .unwrap()
        };
        let (chunk, closing) = (Scene::busy(1), ClosingScene::busy());
        (of(&|cs| chunk.build(cs)), of(&|cs| closing.build(cs)))
    })
}

/// Both modes give the same assignment, and the matrices do not depend on it.
fn same_in_both_modes(matrices: &Matrices, build: impl Fn(&mut Cs)) -> Result<(), TestCaseError> {
    let recorded = synthesized(Cs::recording(), &build)?;
    let light = synthesized(Cs::witness_only(), &build)?;
    prop_assert!(
        recorded.assignment() == light.assignment(),
        "assignments differ between modes"
    );
    prop_assert_eq!(recorded.parts, light.parts);
    prop_assert!(
        recorded.matrices.as_ref() == Some(matrices),
        "matrices depend on values"
    );
    Ok(())
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn circuits_accept_what_the_engine_builds(actions in prop::collection::vec(any_action(), 50..170)) {
        let batches = run_of(&actions).closed;
        for batch in &batches {
            accept(&batch.witness)?;
        }
        let last = &batches[batches.len() - 1].witness;
        let (of_chunk, of_closing) = reference();
        same_in_both_modes(of_chunk, |cs| {
            chunk(cs, &SHAPE, &last.header, &last.snapshot, &last.chunks[last.chunks.len() - 1]).unwrap();
        })?;
        same_in_both_modes(of_closing, |cs| closing(cs, &SHAPE, &last.header, &last.closing).unwrap())?;
    }
}

/// The test above is worth something only if its batches are busy.
#[test]
fn random_batches_trade_and_withdraw() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::new(config(1));
    let (mut fills, mut withdrawals, mut batches) = (0, 0, 0);
    let (mut settled, mut funded, mut rounded) = (0, 0, 0);
    let (mut liquidated, mut penalties, mut taken, mut closed) = (0, 0, 0, 0);
    let (mut deleveraged, mut asked) = (0, 0);
    for _ in 0..24 {
        let actions = prop::collection::vec(any_action(), 50..170)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let run = run_of(&actions);
        settled += run.settled;
        asked += run.asked;
        let steps = run.closed.iter().flat_map(|b| &b.witness.chunks);
        for step in steps.flat_map(|chunk| &chunk.steps) {
            match step.step.forced {
                Some(Forced::Liquidation { .. })
                    if step.step.account == AccountIndex::INSURANCE_FUND =>
                {
                    closed += 1
                }
                Some(Forced::Liquidation { penalty }) => {
                    liquidated += 1;
                    penalties += usize::from(penalty > 0);
                }
                Some(Forced::Deleverage) => deleveraged += 1,
                Some(Forced::Takeover) => taken += 1,
                None => {}
            }
        }
        for batch in run.closed {
            let chunks = &batch.witness.chunks;
            funded += usize::from(chunks[0].funding.iter().any(|f| *f != 0));
            rounded += usize::from(batch.witness.closing.last.remainder > 0);
            fills += batch.fills;
            withdrawals += batch.withdrawals.len();
            batches += 1;
        }
    }
    println!("{batches} batches, {fills} fills, {withdrawals} withdrawals");
    println!("{settled} settled, {funded} batches with funding, {rounded} with roundings");
    assert!(batches > 24 && fills > 50 && withdrawals > 5);
    assert!(settled > 5 && funded > 5 && rounded > 5);
    println!(
        "{liquidated} liquidated, {penalties} with a penalty, {taken} taken over, {closed} closed by the fund"
    );
    println!("{deleveraged} deleveraged, {asked} transfers and changes of keys");
    assert!(deleveraged > 1 && asked > 20);
    assert!(liquidated > 3 && penalties > 0 && taken > 3 && closed > 0);
}

/// What a fill could say, and the account that it meets.
#[derive(Clone, Debug)]
struct Tampering {
    fills: Vec<(usize, usize, u64)>,
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

/// What the order and the market say besides.
#[derive(Clone, Debug)]
struct Conditions {
    reduce_only: bool,
    time_in_force: TimeInForce,
    /// The order is one that cancels the other, of which so much is filled.
    pair: Option<u64>,
    /// A trigger so far from the mark.
    trigger: Option<(bool, i64)>,
    position_limit: u64,
    suspended: bool,
    /// A forced step deleverages, where every account has this rank or more.
    rank: Option<u32>,
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
    )
        .prop_map(
            |(reduce_only, time_in_force, pair, trigger, position_limit, suspended, rank)| {
                Conditions {
                    reduce_only,
                    time_in_force,
                    pair,
                    trigger,
                    position_limit: if suspended { 0 } else { position_limit },
                    suspended,
                    rank,
                }
            },
        )
}

const ONE_INDEX: i64 = ONE as i64;

fn any_tampering() -> impl Strategy<Value = Tampering> {
    let quantity = prop_oneof![8 => 0..45u64, 1 => (1u64 << 48) - 2..(1u64 << 48) + 2];
    let fill = (
        prop_oneof![4 => Just(0usize), 1 => Just(1usize)],
        prop_oneof![8 => Just(0usize), 1 => 1..3usize],
        quantity,
    );
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

fn tampered(t: &Tampering) -> Scene {
    let mut scene = Scene::busy(2);
    let c = &t.conditions;
    let rank = t.penalty.and(c.rank);
    scene.header.deleverage_rank = rank.unwrap_or(0);
    let entry = scene.chunk.entries[0];
    scene.chunk.entries = vec![
        PriceEntry {
            price: t.price,
            deleverages: rank.is_some(),
            ..entry
        },
        PriceEntry {
            time: entry.time + 50,
            ..entry
        },
        PriceEntry {
            instrument: 2,
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
    let mark = scene.snapshot.rows[0].mark;
    scene.reload(0, |account| {
        account.funding_basis = t.funding_basis.into();
        // Equity near what margin asks for.
        let lots = t.positions.iter().sum::<i64>();
        account.balances[0] = t.equity - 100 * lots;
        account.sequence = 1;
        account.slots[0].id = 21;
        account.slots[0].filled = t.filled;
        if let Some(filled) = c.pair {
            account.slots[1] = OrderSlot { id: 22, filled };
        }
        account.positions = [(0, t.positions[0]), (2, t.positions[1])]
            .map(|(instrument, quantity)| Position {
                instrument,
                quantity,
            })
            .to_vec();
        account.positions.retain(|p| p.quantity != 0);
    });
    scene.resign(0, |set| {
        set.valid_until = entry.time + 20;
        let (side, limit) = if t.against == (t.positions[0] > 0) {
            (Side::Sell, 99 * ONE)
        } else {
            (Side::Buy, 102 * ONE)
        };
        set.orders = vec![Some(Order {
            id: 21,
            instrument: 0,
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
    scene.step(0).fills = t
        .fills
        .iter()
        .map(|(slot, entry, quantity)| Fill {
            slot: *slot,
            entry: *entry,
            quantity: *quantity,
        })
        .collect();
    if let Some(penalty) = t.penalty {
        let step = scene.step(0);
        step.forced = Some(match rank {
            Some(_) => Forced::Deleverage,
            None => Forced::Liquidation { penalty },
        });
        step.set.as_mut().unwrap().set.max_fee = u32::MAX;
    }
    scene.replay();
    scene
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn native_code_and_circuit_refuse_the_same_fills(tampering in any_tampering()) {
        let scene = tampered(&tampering);
        let native = scene.native(0);
        prop_assert_eq!(native.is_ok(), scene.satisfied(), "native: {:?}", native.map(|(after, _)| after));
    }
}

/// The differential test above is worth something only if both answers are common.
#[test]
fn tampered_fills_meet_acceptance_and_refusal() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::new(config(1));
    let (mut accepted, mut reducing, mut forced) = (0, 0, 0);
    let mut conditional = [0; 5];
    for _ in 0..2_000 {
        let scene = tampered(&any_tampering().new_tree(&mut runner).unwrap().current());
        if let Ok((after, effects)) = scene.native(0) {
            accepted += 1;
            let step = &scene.chunk.steps[0].step;
            forced += usize::from(step.forced.is_some());
            let order = step.set.as_ref().unwrap().set.orders[0].unwrap();
            let filled = !step.fills.is_empty();
            for (count, with) in conditional.iter_mut().zip([
                order.reduce_only,
                order.time_in_force != TimeInForce::GoodTillTime,
                order.one_cancels_other,
                order.trigger.is_some(),
                step.forced == Some(Forced::Deleverage),
            ]) {
                *count += usize::from(filled && with);
            }
            let margin = Margin::of(&SHAPE.market, &scene.snapshot, &after).unwrap();
            reducing += usize::from(!margin.is_free() && !effects.net.is_empty());
        }
    }
    println!(
        "of 2,000 tampered steps {accepted} accepted, {reducing} of them below initial margin, {forced} forced"
    );
    println!("{conditional:?} fills with conditions");
    assert!((200..1_800).contains(&accepted) && reducing > 10 && forced > 10);
    assert!(conditional.iter().all(|count| *count > 1));
}
