//! Order sets on the wire.

use super::super::number::{Decimal, SignatureHex};
use clearproof_primitives::{
    order::{Order, OrderSet, Side, SignedOrderSet, WithdrawalRequest},
    serde_hex,
};
use serde::{Deserialize, Serialize};

/// An order: see [`Order`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderJson {
    /// Chosen by the trader, not 0.
    pub id: u32,
    /// Instrument slot.
    pub instrument: u16,
    /// `buy` or `sell`.
    pub side: Side,
    /// Lots in total, 1 to 2^48 - 1.
    pub quantity: u64,
    /// Worst acceptable price.
    pub limit: Decimal<u64>,
}

/// A withdrawal: see [`WithdrawalRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithdrawalJson {
    /// Asset index.
    pub asset: u8,
    /// Smallest units, 1 to 2^63 - 1.
    pub amount: Decimal<u64>,
    /// Account on the chain that is paid.
    #[serde(with = "serde_hex")]
    pub recipient: [u8; 32],
}

/// An order set: see [`OrderSet`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderSetJson {
    /// Venue that may use it.
    pub venue: u32,
    /// Account index, not 0.
    pub account: u32,
    /// Above the sequence of every earlier set.
    pub sequence: Decimal<u64>,
    /// First millisecond at which it may be used.
    pub valid_from: u64,
    /// Last millisecond at which it may be used.
    pub valid_until: u64,
    /// Highest fee rate accepted, as a fraction of 2^32.
    pub max_fee: u32,
    /// Orders by slot; `null` is an empty slot.
    pub orders: Vec<Option<OrderJson>>,
    /// Money to send to the chain.
    #[serde(default)]
    pub withdrawal: Option<WithdrawalJson>,
}

/// An order set with its owner's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedOrderSetJson {
    /// What was signed.
    pub set: OrderSetJson,
    /// The owner's signature over [`OrderSet::message`].
    pub signature: SignatureHex,
}

impl From<&Order> for OrderJson {
    fn from(order: &Order) -> Self {
        Self {
            id: order.id,
            instrument: order.instrument,
            side: order.side,
            quantity: order.quantity,
            limit: Decimal(order.limit),
        }
    }
}

impl From<OrderJson> for Order {
    fn from(order: OrderJson) -> Self {
        Self {
            id: order.id,
            instrument: order.instrument,
            side: order.side,
            quantity: order.quantity,
            limit: order.limit.0,
        }
    }
}

impl From<&SignedOrderSet> for SignedOrderSetJson {
    fn from(signed: &SignedOrderSet) -> Self {
        let set = &signed.set;
        let order = |order: &Option<Order>| order.as_ref().map(OrderJson::from);
        Self {
            set: OrderSetJson {
                venue: set.venue,
                account: set.account,
                sequence: Decimal(set.sequence),
                valid_from: set.valid_from,
                valid_until: set.valid_until,
                max_fee: set.max_fee,
                orders: set.orders.iter().map(order).collect(),
                withdrawal: set.withdrawal.map(|w| WithdrawalJson {
                    asset: w.asset,
                    amount: Decimal(w.amount),
                    recipient: w.recipient,
                }),
            },
            signature: SignatureHex(signed.signature),
        }
    }
}

impl From<SignedOrderSetJson> for SignedOrderSet {
    fn from(signed: SignedOrderSetJson) -> Self {
        let set = signed.set;
        let orders = set.orders.into_iter();
        Self {
            set: OrderSet {
                venue: set.venue,
                account: set.account,
                sequence: set.sequence.0,
                valid_from: set.valid_from,
                valid_until: set.valid_until,
                max_fee: set.max_fee,
                orders: orders.map(|order| order.map(Order::from)).collect(),
                withdrawal: set.withdrawal.map(|w| WithdrawalRequest {
                    asset: w.asset,
                    amount: w.amount.0,
                    recipient: w.recipient,
                }),
            },
            signature: signed.signature.0,
        }
    }
}
