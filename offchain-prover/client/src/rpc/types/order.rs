//! Order sets on the wire.

use super::super::number::{Decimal, KeyHex, SignatureHex};
use clearproof_primitives::{
    field::FieldBytes,
    fixed::Rate,
    ids::{AccountIndex, Slot, VenueId},
    order::{
        Delegate, InheritRequest, KeysRequest, Order, OrderSet, Request, Side, SignedOrderSet,
        TimeInForce, TransferRequest, Trigger, TriggerSide, WithdrawalRequest,
    },
    serde_hex,
    time::Millis,
};
use serde::{Deserialize, Serialize};

/// An order: see [`Order`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderJson {
    /// Chosen by the trader, not 0.
    pub id: u32,
    /// Instrument slot.
    pub instrument: Slot,
    /// `buy` or `sell`.
    pub side: Side,
    /// Lots in total, 1 to 2^48 - 1.
    pub quantity: u64,
    /// Worst acceptable price. A market order's: 1 to sell, 2^64 - 1 to buy.
    pub limit: Decimal<u64>,
    /// Fills only make the position smaller.
    #[serde(default)]
    pub reduce_only: bool,
    /// `good-till-time`, `immediate-or-cancel` or `fill-or-kill`.
    #[serde(default)]
    pub time_in_force: TimeInForce,
    /// Ends when the other order of its pair of slots (0 and 1, 2 and 3, and so on) is filled at
    /// all.
    #[serde(default)]
    pub one_cancels_other: bool,
    /// The condition under which it may be filled.
    #[serde(default)]
    pub trigger: Option<TriggerJson>,
}

/// A trigger: see [`Trigger`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TriggerJson {
    /// `at-or-above` or `at-or-below`.
    pub mark: TriggerSide,
    /// The price that the mark is compared with.
    pub price: Decimal<u64>,
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

/// A transfer: see [`TransferRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransferJson {
    /// Asset index.
    pub asset: u8,
    /// Smallest units, 1 to 2^63 - 1.
    pub amount: Decimal<u64>,
    /// Account key of the receiver, a field element.
    pub to: FieldBytes,
}

/// The request of a set besides its orders: see [`Request`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestJson {
    /// Money to send to the chain.
    Withdrawal(WithdrawalJson),
    /// Money to send to another account of the venue.
    Transfer(TransferJson),
    /// Other keys.
    Keys(KeysJson),
    /// The signer, who is the account's heir, for its owner.
    Inherit(InheritJson),
}

/// The key besides the owner's that an account names, packed: see [`Delegate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DelegateJson {
    /// A trading key.
    Trader(KeyHex),
    /// The heir's key.
    Heir(KeyHex),
}

/// Other keys: see [`KeysRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeysJson {
    /// The key besides the owner's; `null` for none any more.
    pub delegate: Option<DelegateJson>,
    /// The viewing key, not 0; `null` or left out for the present one.
    #[serde(default)]
    pub viewing_key: Option<FieldBytes>,
}

/// A new owner's keys: see [`InheritRequest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InheritJson {
    /// The trading key, packed; `null` or left out for none.
    #[serde(default)]
    pub trading_key: Option<KeyHex>,
    /// The viewing key.
    pub viewing_key: FieldBytes,
}

/// An order set: see [`OrderSet`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderSetJson {
    /// Venue that may use it.
    pub venue: VenueId,
    /// Account index, not 0.
    pub account: AccountIndex,
    /// Above the sequence of every earlier set.
    pub sequence: Decimal<u64>,
    /// First millisecond at which it may be used.
    pub valid_from: Millis,
    /// Last millisecond at which it may be used.
    pub valid_until: Millis,
    /// Highest fee rate accepted, as a fraction of 2^32.
    pub max_fee: Rate,
    /// Orders by slot; `null` is an empty slot.
    pub orders: Vec<Option<OrderJson>>,
    /// The set's request besides its orders.
    #[serde(default)]
    pub request: Option<RequestJson>,
}

/// An order set with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedOrderSetJson {
    /// The set that was signed.
    pub set: OrderSetJson,
    /// The signature over [`OrderSet::message`].
    pub signature: SignatureHex,
    /// The key that signed, packed, if it is not the owner's: the trading key or the heir's.
    #[serde(default)]
    pub trading_key: Option<KeyHex>,
}

impl From<&Order> for OrderJson {
    fn from(order: &Order) -> Self {
        Self {
            id: order.id,
            instrument: order.instrument,
            side: order.side,
            quantity: order.quantity,
            limit: Decimal(order.limit),
            reduce_only: order.reduce_only,
            time_in_force: order.time_in_force,
            one_cancels_other: order.one_cancels_other,
            trigger: order.trigger.map(|trigger| TriggerJson {
                mark: trigger.mark,
                price: Decimal(trigger.price),
            }),
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
            reduce_only: order.reduce_only,
            time_in_force: order.time_in_force,
            one_cancels_other: order.one_cancels_other,
            trigger: order.trigger.map(|trigger| Trigger {
                mark: trigger.mark,
                price: trigger.price.0,
            }),
        }
    }
}

impl RequestJson {
    /// A request on the wire; none of a key that is no key, which no checked order set has.
    fn of(request: &Request) -> Option<Self> {
        Some(match request {
            Request::Withdrawal(w) => Self::Withdrawal(WithdrawalJson {
                asset: w.asset,
                amount: Decimal(w.amount),
                recipient: w.recipient,
            }),
            Request::Transfer(t) => Self::Transfer(TransferJson {
                asset: t.asset,
                amount: Decimal(t.amount),
                to: t.to,
            }),
            Request::Keys(keys) => Self::Keys(KeysJson {
                delegate: match keys.delegate {
                    None => None,
                    Some(Delegate::Trader(key)) => Some(DelegateJson::Trader(KeyHex(key.key()?))),
                    Some(Delegate::Heir(key)) => Some(DelegateJson::Heir(KeyHex(key.key()?))),
                },
                viewing_key: keys.viewing_key,
            }),
            Request::Inherit(new) => Self::Inherit(InheritJson {
                trading_key: match new.trading_key {
                    None => None,
                    Some(key) => Some(KeyHex(key.key()?)),
                },
                viewing_key: new.viewing_key,
            }),
        })
    }
}

impl From<RequestJson> for Request {
    fn from(request: RequestJson) -> Self {
        match request {
            RequestJson::Withdrawal(w) => Self::Withdrawal(WithdrawalRequest {
                asset: w.asset,
                amount: w.amount.0,
                recipient: w.recipient,
            }),
            RequestJson::Transfer(t) => Self::Transfer(TransferRequest {
                asset: t.asset,
                amount: t.amount.0,
                to: t.to,
            }),
            RequestJson::Keys(keys) => Self::Keys(KeysRequest {
                delegate: keys.delegate.map(|delegate| match delegate {
                    DelegateJson::Trader(key) => Delegate::Trader(key.0.into()),
                    DelegateJson::Heir(key) => Delegate::Heir(key.0.into()),
                }),
                viewing_key: keys.viewing_key,
            }),
            RequestJson::Inherit(new) => Self::Inherit(InheritRequest {
                trading_key: new.trading_key.map(|key| key.0.into()),
                viewing_key: new.viewing_key,
            }),
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
                request: set.request.as_ref().and_then(RequestJson::of),
            },
            signature: SignatureHex(signed.signature),
            trading_key: signed.trading_key.map(KeyHex),
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
                request: set.request.map(Request::from),
            },
            signature: signed.signature.0,
            trading_key: signed.trading_key.map(|key| key.0),
        }
    }
}
