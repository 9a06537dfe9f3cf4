//! Orders and order sets: what a trader signs.

mod request;
mod sequence;

pub use request::{
    Delegate, InheritRequest, KeysRequest, NamedKey, Request, RequestParts, TransferRequest,
    WithdrawalRequest, key_hash,
};
pub use sequence::{COUNTER_BITS, SEQUENCE_STEP_BITS, epoch_of};

use crate::{
    babyjubjub::PublicKey,
    eddsa::{Signature, SignatureError},
    field::{FieldBytes, Fr},
    fixed::{Price, Rate},
    ids::{AccountIndex, Slot, VenueId},
    poseidon::{Domain, hash_list},
    shape::{
        ACCOUNT_BITS, AMOUNT_BITS, INSTRUMENT_BITS, ORDER_ID_BITS, PRICE_BITS, QUANTITY_BITS,
        Shape, TIME_BITS,
    },
    time::Millis,
    wide::pack,
};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use serde::{Deserialize, Serialize};

/// Direction of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(Encode, Decode, MaxEncodedLen, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Adds lots, pays quote.
    #[default]
    Buy,
    /// Gives lots, gets quote.
    Sell,
}

/// The time during which an order may be filled, within its set's validity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(Encode, Decode, MaxEncodedLen, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeInForce {
    /// As long as its set is valid.
    #[default]
    GoodTillTime,
    /// In one step only, the first that fills any of it.
    ImmediateOrCancel,
    /// Whole in one step, or not at all.
    FillOrKill,
}

/// On which side of a trigger's price the mark must be.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    MaxEncodedLen,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerSide {
    /// The mark is at the price or above it: a long's profit is taken, a short's loss stopped.
    AtOrAbove,
    /// The mark is at the price or below it: a long's loss is stopped, a short's profit taken.
    AtOrBelow,
}

/// A condition on the mark of the order's instrument: the order may be filled only in batches whose
/// snapshot's mark meets it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    MaxEncodedLen,
    Serialize,
    Deserialize
)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// The side on which the mark must be.
    pub mark: TriggerSide,
    /// 32.32 quote units per lot, not 0.
    pub price: Price,
}

impl Trigger {
    /// Returns true if a mark meets the condition.
    pub const fn is_met(&self, mark: Price) -> bool {
        match self.mark {
            TriggerSide::AtOrAbove => mark >= self.price,
            TriggerSide::AtOrBelow => mark <= self.price,
        }
    }
}

/// A limit order in a slot of an order set. `id` 0 marks an empty slot, all of whose fields are
/// zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(Encode, Decode, MaxEncodedLen, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Chosen by the trader; a slot that keeps its id keeps its filled quantity.
    pub id: u32,
    /// Instrument slot.
    pub instrument: Slot,
    /// Direction.
    pub side: Side,
    /// Lots in total, 1 to 2^48 - 1.
    pub quantity: u64,
    /// Worst acceptable price, 32.32. See [`Order::market_limit`] for a market order's.
    pub limit: Price,
    /// Steps that fill it leave the position no larger than before and not on the other side.
    #[serde(default)]
    pub reduce_only: bool,
    /// The time during which it may be filled.
    #[serde(default)]
    pub time_in_force: TimeInForce,
    /// Not filled any more once the other order of its pair of slots (0 and 1, 2 and 3, and so on)
    /// has been filled at all.
    #[serde(default)]
    pub one_cancels_other: bool,
    /// When it may be filled.
    #[serde(default)]
    pub trigger: Option<Trigger>,
}

impl Order {
    /// The bit layout of a packed order, low bits first: id, instrument, side, quantity, limit,
    /// reduce-only, immediate-or-cancel, fill-or-kill, one-cancels-other, trigger at or above,
    /// trigger at or below, trigger price.
    pub const LAYOUT: [usize; 12] = [
        ORDER_ID_BITS,
        INSTRUMENT_BITS,
        1,
        QUANTITY_BITS,
        PRICE_BITS,
        1,
        1,
        1,
        1,
        1,
        1,
        PRICE_BITS,
    ];

    /// The limit of a market order: every price is within it, and clearing prices stay inside the
    /// band around the mark.
    pub const fn market_limit(side: Side) -> Price {
        match side {
            Side::Buy => Price::MAX,
            Side::Sell => 1,
        }
    }

    /// The parts of the layout.
    pub fn parts(&self) -> [u64; Self::LAYOUT.len()] {
        let trigger = |side| self.trigger.is_some_and(|t| t.mark == side) as u64;
        [
            self.id as u64,
            self.instrument.get().into(),
            (self.side == Side::Sell) as u64,
            self.quantity,
            self.limit,
            self.reduce_only as u64,
            (self.time_in_force == TimeInForce::ImmediateOrCancel) as u64,
            (self.time_in_force == TimeInForce::FillOrKill) as u64,
            self.one_cancels_other as u64,
            trigger(TriggerSide::AtOrAbove),
            trigger(TriggerSide::AtOrBelow),
            self.trigger.map_or(0, |t| t.price),
        ]
    }

    fn packed(&self) -> Fr {
        let parts = self.parts();
        let place = |i: usize| (parts[i], Self::LAYOUT[i]);
        pack(&core::array::from_fn::<_, { Self::LAYOUT.len() }, _>(place))
    }
}

/// The slot that an order with [`Order::one_cancels_other`] is paired with.
pub const fn pair_of(slot: usize) -> usize {
    slot ^ 1
}

/// All live orders of one account, signed once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderSet {
    /// Venue that may use it.
    pub venue: VenueId,
    /// Account index; never 0.
    pub account: AccountIndex,
    /// Replaces every set with a lower sequence; at least 1. The bits from 48 on are its epoch,
    /// which only the owner raises: see [`epoch_of`].
    pub sequence: u64,
    /// First millisecond (Unix) at which it may be used.
    pub valid_from: Millis,
    /// Last millisecond at which it may be used.
    pub valid_until: Millis,
    /// Highest fee rate accepted, as a fraction of 2^32.
    pub max_fee: Rate,
    /// At most R orders by slot; `None` is an empty slot.
    pub orders: Vec<Option<Order>>,
    /// The request that it makes besides.
    #[serde(default)]
    pub request: Option<Request>,
}

/// The reason that an order set is malformed. Each variant names the field and its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderSetError {
    /// Account 0 is the insurance fund.
    #[error("account: 0 is the insurance fund and cannot trade")]
    InsuranceFund,
    /// The account index is beyond the tree.
    #[error("account: {0} is beyond the venue's capacity")]
    Account(AccountIndex),
    /// Sequences start at 1.
    #[error("sequence: must be at least 1")]
    Sequence,
    /// Times are below 2^48 and in order.
    #[error("valid_from, valid_until: must be below 2^48 ms and in order")]
    Validity,
    /// Too many orders.
    #[error("orders: {0} given, at most {1} fit")]
    TooManyOrders(usize, u16),
    /// Order ids are not zero.
    #[error("orders[{0}].id: must not be 0")]
    OrderId(usize),
    /// Instrument index is beyond the market.
    #[error("orders[{0}].instrument: beyond the market's instruments")]
    Instrument(usize),
    /// Quantity out of range.
    #[error("orders[{0}].quantity: must be 1 to 2^48 - 1 lots")]
    Quantity(usize),
    /// Limit out of range.
    #[error("orders[{0}].limit: must not be 0")]
    Limit(usize),
    /// Trigger price out of range.
    #[error("orders[{0}].trigger.price: must not be 0")]
    Trigger(usize),
    /// An order of the last slot of an odd number has no pair.
    #[error("orders[{0}].one_cancels_other: the slot has no pair")]
    Pair(usize),
    /// Asset is beyond the market.
    #[error("request.asset: beyond the market's assets")]
    Asset,
    /// Amount out of range.
    #[error("request.amount: must be 1 to 2^63 - 1")]
    Amount,
    /// Account key is no field element.
    #[error("request.to: must be below the modulus of BN254's scalar field")]
    Receiver,
    /// An heir signs no orders.
    #[error("orders: none go with an heir's request")]
    InheritWithOrders,
    /// The key is not a point of the subgroup.
    #[error("request.key: must be a point of Baby Jubjub's prime-order subgroup, not the identity")]
    Key,
    /// The viewing key is no field element, or 0 where that means to keep the account's own.
    #[error(
        "request.viewing_key: must be below the modulus of BN254's scalar field, and 0 only for an heir"
    )]
    ViewingKey,
}

impl OrderSet {
    /// Bits of venue, account, sequence and fee in the first packed field.
    pub const HEAD_LAYOUT: [usize; 4] = [32, ACCOUNT_BITS, 64, 32];
    /// Bits of both times, and the request's asset, amount and kind (0 none or a withdrawal, 1
    /// transfer, 2 other keys, 3 another owner) in the second packed field.
    pub const TERMS_LAYOUT: [usize; 5] = [TIME_BITS, TIME_BITS, 8, AMOUNT_BITS, 2];

    /// Checks every field against its limit.
    pub fn check(&self, shape: &Shape) -> Result<(), OrderSetError> {
        use OrderSetError as E;
        let require = |ok: bool, error: E| if ok { Ok(()) } else { Err(error) };
        require(!self.account.is_insurance_fund(), E::InsuranceFund)?;
        require(
            u64::from(self.account.get()) < shape.capacity(),
            E::Account(self.account),
        )?;
        require(self.sequence != 0, E::Sequence)?;
        require(
            self.valid_from <= self.valid_until && self.valid_until.get() < 1 << TIME_BITS,
            E::Validity,
        )?;
        require(
            self.orders.len() <= shape.orders as usize,
            E::TooManyOrders(self.orders.len(), shape.orders),
        )?;
        for (i, order) in self.orders.iter().enumerate() {
            let Some(order) = order else { continue };
            require(order.id != 0, E::OrderId(i))?;
            require(
                order.instrument.get() < shape.market.instruments,
                E::Instrument(i),
            )?;
            require(
                order.quantity != 0 && order.quantity < 1 << QUANTITY_BITS,
                E::Quantity(i),
            )?;
            require(order.limit != 0, E::Limit(i))?;
            require(order.trigger.is_none_or(|t| t.price != 0), E::Trigger(i))?;
            let paired = pair_of(i) < shape.orders as usize;
            require(paired || !order.one_cancels_other, E::Pair(i))?;
        }
        self.check_request(shape)
    }

    fn check_request(&self, shape: &Shape) -> Result<(), OrderSetError> {
        use OrderSetError as E;
        let require = |ok: bool, error: E| if ok { Ok(()) } else { Err(error) };
        let require_key =
            |key: Option<NamedKey>| require(key.is_none_or(|key| key.key().is_some()), E::Key);
        let require_movement = |asset: u8, amount: u64| {
            require(u16::from(asset) < shape.market.assets, E::Asset)?;
            require(amount != 0 && amount < 1 << AMOUNT_BITS, E::Amount)
        };
        match &self.request {
            None => Ok(()),
            Some(Request::Withdrawal(w)) => require_movement(w.asset, w.amount),
            Some(Request::Transfer(t)) => {
                require(t.to.to_fr().is_ok(), E::Receiver)?;
                require_movement(t.asset, t.amount)
            }
            Some(Request::Keys(request)) => {
                require_key(request.delegate.map(|delegate| delegate.key()))?;
                let is_one = |key: FieldBytes| key.to_fr().is_ok_and(|key| key != Fr::default());
                require(request.viewing_key.is_none_or(is_one), E::ViewingKey)
            }
            Some(Request::Inherit(request)) => {
                // An heir signs nothing else before it is the owner.
                let orders = self.orders.iter().flatten().count();
                require(orders == 0, E::InheritWithOrders)?;
                require_key(request.trading_key)?;
                require(request.viewing_key.to_fr().is_ok(), E::ViewingKey)
            }
        }
    }

    /// The withdrawal that it asks for, if it does.
    pub fn withdrawal(&self) -> Option<WithdrawalRequest> {
        match self.request {
            Some(Request::Withdrawal(withdrawal)) => Some(withdrawal),
            _ => None,
        }
    }

    /// The transfer that it asks for, if it does.
    pub fn transfer(&self) -> Option<TransferRequest> {
        match self.request {
            Some(Request::Transfer(transfer)) => Some(transfer),
            _ => None,
        }
    }

    /// True if it asks for money to leave the account.
    pub fn moves_money(&self) -> bool {
        self.withdrawal().is_some() || self.transfer().is_some()
    }

    /// True if the account's heir takes it over with it.
    pub const fn inherits(&self) -> bool {
        matches!(self.request, Some(Request::Inherit(_)))
    }

    /// The mark that the account's leaf must have for a key other than the owner's to sign this
    /// set: see [`Delegate::mark`].
    pub fn signer_mark(&self, key: &PublicKey) -> Fr {
        let named = NamedKey::from(*key);
        match self.inherits() {
            true => Delegate::Heir(named).mark(),
            false => Delegate::Trader(named).mark(),
        }
    }

    /// The request as it is signed.
    pub fn request_parts(&self) -> RequestParts {
        RequestParts::of(self.request)
    }

    /// The orders with their slots.
    pub fn placed(&self) -> impl Iterator<Item = (usize, &Order)> {
        let orders = self.orders.iter().enumerate();
        orders.filter_map(|(slot, order)| Some((slot, order.as_ref()?)))
    }

    /// The order in a slot, if any.
    pub fn order(&self, slot: usize) -> Option<&Order> {
        self.orders.get(slot).and_then(Option::as_ref)
    }

    /// The signed field elements: genesis, head, terms, R packed orders, and the request's two: the
    /// halves of a withdrawal's recipient; the receiver's account key and 0; the mark of another
    /// delegate, or 0, and another viewing key, or 0; the new owner's trading key, as its mark or
    /// 0, and its viewing key.
    pub fn fields(&self, shape: &Shape, genesis: Fr) -> Vec<Fr> {
        let [venue, account, sequence, fee] = Self::HEAD_LAYOUT;
        let [from, until, asset_bits, amount_bits, kind_bits] = Self::TERMS_LAYOUT;
        let RequestParts {
            kind,
            asset,
            amount,
            payload: (low, high),
        } = self.request_parts();
        let head = pack(&[
            (self.venue.get().into(), venue),
            (self.account.get().into(), account),
            (self.sequence, sequence),
            (self.max_fee.get() as u64, fee),
        ]);
        let terms = pack(&[
            (self.valid_from.get(), from),
            (self.valid_until.get(), until),
            (asset.into(), asset_bits),
            (amount, amount_bits),
            (kind, kind_bits),
        ]);
        let mut fields = alloc::vec![genesis, head, terms];
        fields.extend(
            (0..shape.orders as usize)
                .map(|i| self.order(i).map_or_else(Fr::default, Order::packed)),
        );
        fields.extend([low, high]);
        fields
    }

    /// The message that the owner signs, bound to the chain by its `genesis` field.
    pub fn message(&self, shape: &Shape, genesis: Fr) -> Fr {
        hash_list(Domain::OrderSet, &self.fields(shape, genesis))
    }
}

/// An order set with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOrderSet {
    /// The order set that was signed.
    pub set: OrderSet,
    /// EdDSA-Poseidon signature over [`OrderSet::message`].
    pub signature: Signature,
    /// The key that signed, if it is not the owner's: the account's trading key, or its heir's.
    pub trading_key: Option<PublicKey>,
}

impl SignedOrderSet {
    /// Checks the signature against the key that it names, or else the owner's.
    pub fn verify(
        &self,
        shape: &Shape,
        genesis: Fr,
        owner: &PublicKey,
    ) -> Result<(), SignatureError> {
        let key = self.trading_key.as_ref().unwrap_or(owner);
        key.verify(self.set.message(shape, genesis), &self.signature)
    }
}
