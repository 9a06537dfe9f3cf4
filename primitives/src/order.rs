//! Orders and order sets: what a trader signs.

use crate::{
    babyjubjub::PublicKey,
    eddsa::{Signature, SignatureError},
    field::{bytes32_to_fields, Fr},
    fixed::{Price, Rate},
    poseidon::{hash_list, Domain},
    shape::{
        Shape, ACCOUNT_BITS, AMOUNT_BITS, INSTRUMENT_BITS, ORDER_ID_BITS, PRICE_BITS,
        QUANTITY_BITS, TIME_BITS,
    },
    wide::pack,
};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use serde::{Deserialize, Serialize};

/// Direction of an order.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Adds lots, pays quote.
    Buy,
    /// Gives lots, gets quote.
    Sell,
}

/// A limit order in a slot of an order set. `id` 0 marks an empty slot, all of whose fields are zero.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Chosen by the trader; a slot that keeps its id keeps its filled quantity.
    pub id: u32,
    /// Instrument slot.
    pub instrument: u16,
    /// Direction.
    pub side: Side,
    /// Lots in total, 1 to 2^48 - 1.
    pub quantity: u64,
    /// Worst acceptable price, 32.32.
    pub limit: Price,
}

impl Order {
    /// The bit layout of a packed order, low bits first: id, instrument, side, quantity, limit, and two bits (reduce-only,
    /// has-trigger) that are zero in this version.
    pub const LAYOUT: [usize; 6] = [
        ORDER_ID_BITS,
        INSTRUMENT_BITS,
        1,
        QUANTITY_BITS,
        PRICE_BITS,
        2,
    ];

    fn packed(&self) -> Fr {
        let [id, instrument, side, quantity, limit, _] = Self::LAYOUT;
        pack(&[
            (self.id as u64, id),
            (self.instrument as u64, instrument),
            (matches!(self.side, Side::Sell) as u64, side),
            (self.quantity, quantity),
            (self.limit, limit),
        ])
    }
}

/// A withdrawal that is part of a signed order set; it is carried out in the step that installs the set, or never.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalRequest {
    /// Asset index, below K.
    pub asset: u8,
    /// Smallest units, 1 to 2^63 - 1.
    pub amount: u64,
    /// Account on the chain that is paid.
    pub recipient: [u8; 32],
}

/// All live orders of one account, signed once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderSet {
    /// Venue that may use it.
    pub venue: u32,
    /// Account index; never 0.
    pub account: u32,
    /// Replaces every set with a lower sequence; at least 1.
    pub sequence: u64,
    /// First millisecond (Unix) at which it may be used.
    pub valid_from: u64,
    /// Last millisecond at which it may be used.
    pub valid_until: u64,
    /// Highest fee rate accepted, as a fraction of 2^32.
    pub max_fee: Rate,
    /// At most R orders by slot; `None` is an empty slot.
    pub orders: Vec<Option<Order>>,
    /// Money to send to the chain.
    pub withdrawal: Option<WithdrawalRequest>,
}

/// Why an order set is malformed. Each variant names the field and its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderSetError {
    /// Account 0 is the insurance fund.
    #[error("account: 0 is the insurance fund and cannot trade")]
    InsuranceFund,
    /// The account index is beyond the tree.
    #[error("account: {0} is beyond the venue's capacity")]
    Account(u32),
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
    /// Asset is beyond the market.
    #[error("withdrawal.asset: beyond the market's assets")]
    Asset,
    /// Amount out of range.
    #[error("withdrawal.amount: must be 1 to 2^63 - 1")]
    Amount,
}

impl OrderSet {
    /// Bits of venue, account, sequence and fee in the first packed field.
    pub const HEAD_LAYOUT: [usize; 4] = [32, ACCOUNT_BITS, 64, 32];
    /// Bits of both times, the withdrawal's asset and its amount in the second packed field.
    pub const TERMS_LAYOUT: [usize; 4] = [TIME_BITS, TIME_BITS, 8, AMOUNT_BITS];

    /// Checks every field against its limit.
    pub fn check(&self, shape: &Shape) -> Result<(), OrderSetError> {
        use OrderSetError as E;
        let require = |ok: bool, error: E| if ok { Ok(()) } else { Err(error) };
        require(self.account != 0, E::InsuranceFund)?;
        require(
            (self.account as u64) < shape.capacity(),
            E::Account(self.account),
        )?;
        require(self.sequence != 0, E::Sequence)?;
        require(
            self.valid_from <= self.valid_until && self.valid_until < 1 << TIME_BITS,
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
                order.instrument < shape.market.instruments,
                E::Instrument(i),
            )?;
            require(
                order.quantity != 0 && order.quantity < 1 << QUANTITY_BITS,
                E::Quantity(i),
            )?;
            require(order.limit != 0, E::Limit(i))?;
        }
        if let Some(withdrawal) = &self.withdrawal {
            require((withdrawal.asset as u16) < shape.market.assets, E::Asset)?;
            require(
                withdrawal.amount != 0 && withdrawal.amount < 1 << AMOUNT_BITS,
                E::Amount,
            )?;
        }
        Ok(())
    }

    /// The order in a slot, if any.
    pub fn order(&self, slot: usize) -> Option<&Order> {
        self.orders.get(slot).and_then(Option::as_ref)
    }

    /// The signed field elements: genesis, head, terms, R packed orders, both halves of the recipient.
    pub fn fields(&self, shape: &Shape, genesis: Fr) -> Vec<Fr> {
        let [venue, account, sequence, fee] = Self::HEAD_LAYOUT;
        let [from, until, asset, amount] = Self::TERMS_LAYOUT;
        let withdrawal = self.withdrawal.unwrap_or(WithdrawalRequest {
            asset: 0,
            amount: 0,
            recipient: [0; 32],
        });
        let head = pack(&[
            (self.venue as u64, venue),
            (self.account as u64, account),
            (self.sequence, sequence),
            (self.max_fee as u64, fee),
        ]);
        let terms = pack(&[
            (self.valid_from, from),
            (self.valid_until, until),
            (withdrawal.asset as u64, asset),
            (withdrawal.amount, amount),
        ]);
        let (low, high) = bytes32_to_fields(&withdrawal.recipient);
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

/// An order set with its owner's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOrderSet {
    /// What was signed.
    pub set: OrderSet,
    /// EdDSA-Poseidon signature over [`OrderSet::message`].
    pub signature: Signature,
}

impl SignedOrderSet {
    /// Checks the signature against the owner's key.
    pub fn verify(
        &self,
        shape: &Shape,
        genesis: Fr,
        owner: &PublicKey,
    ) -> Result<(), SignatureError> {
        owner.verify(self.set.message(shape, genesis), &self.signature)
    }
}
