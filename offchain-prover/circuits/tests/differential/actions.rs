//! Random actions of traders and venue.

use clearproof_primitives::{
    fixed::ONE,
    ids::Slot,
    order::{Order, Side, TimeInForce, Trigger, TriggerSide},
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub enum Action {
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
        prop::sample::select(vec![0, 2]),
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
                    instrument: Slot::new(instrument),
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

pub fn any_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => (0..4usize, 0..2u8, 1..300u64)
            .prop_map(|(who, asset, amount)| Action::Deposit { who, asset, amount }),
        24 => (0..4usize, prop::collection::vec(any_order(), 1..=2))
            .prop_map(|(who, orders)| Action::Orders { who, orders }),
        2 => (0..4usize, 0..2u8, 1..150u64)
            .prop_map(|(who, asset, amount)| Action::Withdraw { who, asset, amount }),
        1 => (0..4usize, 0..4usize, 0..2u16, 1..60u64)
            .prop_map(|(who, to, number, amount)| Action::Transfer { who, to, number, amount }),
        1 => (0..4usize, prop::option::of(20..24u8))
            .prop_map(|(who, seed)| Action::TradingKey { who, seed }),
        1 => (0..4usize, 30..60u8)
            .prop_map(|(who, seed)| Action::Owner { who, seed }),
        18 => Just(Action::Auction),
        5 => Just(Action::Close),
    ]
}
