//! The order set of a step: opened, checked against its signature, installed into the account's slots.

use crate::{
    account::{AccountVars, SlotVars},
    gadgets::{
        bits::{alloc_bit, range},
        compare::enforce_ge_if,
        eddsa,
        edwards::Point,
        logic::{and, enforce_equal_if, enforce_implies, is_equal, or, select},
        poseidon::hash_list,
    },
    header::HeaderVars,
    packing::pack,
    r1cs::{Bit, Cs, Num},
};
use ark_bn254::Fr;
use clearproof_primitives::{
    babyjubjub,
    field::bytes32_to_fields,
    order::{Order, OrderSet, Side, SignedOrderSet, WithdrawalRequest},
    poseidon::Domain,
    shape::{Shape, TIME_BITS},
};

/// An order of the set.
pub struct OrderVars {
    /// Id, 32 bits; 0 for an empty slot.
    pub id: Num,
    /// Instrument, 16 bits.
    pub instrument: Num,
    /// Set for a sell.
    pub sells: Bit,
    /// Lots, 48 bits.
    pub quantity: Num,
    /// Limit, 64 bits.
    pub limit: Num,
}

/// The order set in use. Where `present` is clear its values mean nothing and nothing may depend on them.
pub struct OrderSetVars {
    /// Whether the step has an order set.
    pub present: Bit,
    /// Whether its owner signed it: it is present, and the step is no liquidation.
    pub signed: Bit,
    /// Whether this step installs it: its sequence is higher than the account's.
    pub installs: Bit,
    /// First millisecond, 48 bits.
    pub valid_from: Num,
    /// Last millisecond, 48 bits.
    pub valid_until: Num,
    /// Highest fee rate accepted, 32 bits.
    pub max_fee: Num,
    /// R orders.
    pub orders: Vec<OrderVars>,
    /// Withdrawal's asset, 8 bits.
    pub asset: Num,
    /// Withdrawal's amount, 63 bits.
    pub amount: Num,
    /// Low half of the recipient.
    pub recipient_low: Num,
    /// High half of the recipient.
    pub recipient_high: Num,
}

fn ranged(cs: &mut Cs, value: u64, bits: usize) -> Num {
    let number = cs.alloc(value);
    range(cs, &number, bits);
    number
}

impl OrderVars {
    fn load(cs: &mut Cs, order: Option<&Order>) -> Self {
        let [id, instrument, _, quantity, limit, _] = Order::LAYOUT;
        Self {
            id: ranged(cs, order.map_or(0, |o| o.id as u64), id),
            instrument: ranged(cs, order.map_or(0, |o| o.instrument as u64), instrument),
            sells: alloc_bit(cs, order.is_some_and(|o| o.side == Side::Sell)),
            quantity: ranged(cs, order.map_or(0, |o| o.quantity), quantity),
            limit: ranged(cs, order.map_or(0, |o| o.limit), limit),
        }
    }

    fn packed(&self) -> Num {
        let [id, instrument, side, quantity, limit, _] = Order::LAYOUT;
        pack(&[
            (&self.id, id),
            (&self.instrument, instrument),
            (self.sells.num(), side),
            (&self.quantity, quantity),
            (&self.limit, limit),
        ])
    }
}

impl OrderSetVars {
    /// Opens the set. Unless the step is a liquidation, verifies its owner's signature, then checks sequence and validity and
    /// installs it: writes sequence and slots of `account`. A liquidation's set is the venue's own, and changes neither.
    ///
    /// Sound: every part is range-checked, so the signed message determines it; the message contains this venue, this
    /// account's index and this chain's genesis. A lower sequence is refused; at the same sequence every slot must
    /// have the same id. A slot's filled quantity survives only under the same id.
    pub fn open(
        cs: &mut Cs,
        shape: &Shape,
        header: &HeaderVars,
        index: &Num,
        account: &mut AccountVars,
        liquidation: &Bit,
        native: Option<&SignedOrderSet>,
    ) -> Self {
        let set = native.map(|s| &s.set);
        let [venue_bits, account_bits, sequence_bits, fee_bits] = OrderSet::HEAD_LAYOUT;
        let [from_bits, until_bits, asset_bits, amount_bits] = OrderSet::TERMS_LAYOUT;
        let nothing = WithdrawalRequest {
            asset: 0,
            amount: 0,
            recipient: [0; 32],
        };
        let withdrawal = set.and_then(|s| s.withdrawal).unwrap_or(nothing);
        let present = alloc_bit(cs, set.is_some());
        let signed = and(cs, &present, &liquidation.not());
        let sequence = ranged(cs, set.map_or(0, |s| s.sequence), sequence_bits);
        let max_fee = ranged(cs, set.map_or(0, |s| s.max_fee as u64), fee_bits);
        let valid_from = ranged(cs, set.map_or(0, |s| s.valid_from), from_bits);
        let valid_until = ranged(cs, set.map_or(0, |s| s.valid_until), until_bits);
        let asset = ranged(cs, withdrawal.asset as u64, asset_bits);
        let amount = ranged(cs, withdrawal.amount, amount_bits);
        let (low, high) = bytes32_to_fields(&withdrawal.recipient);
        let (recipient_low, recipient_high) = (cs.alloc(low), cs.alloc(high));
        let orders: Vec<_> = (0..shape.orders as usize)
            .map(|i| OrderVars::load(cs, set.and_then(|s| s.order(i))))
            .collect();

        let head = [
            (&header.venue, venue_bits),
            (index, account_bits),
            (&sequence, sequence_bits),
            (&max_fee, fee_bits),
        ];
        let terms = [
            (&valid_from, from_bits),
            (&valid_until, until_bits),
            (&asset, asset_bits),
            (&amount, amount_bits),
        ];
        let mut fields = vec![header.genesis.clone(), pack(&head), pack(&terms)];
        fields.extend(orders.iter().map(OrderVars::packed));
        fields.extend([recipient_low.clone(), recipient_high.clone()]);
        let message = hash_list(cs, Domain::OrderSet, &fields);
        cs.part("signature", |cs| {
            verify(cs, &signed, &account.owner, &message, native)
        });

        enforce_ge_if(cs, &signed, &sequence, &account.sequence, sequence_bits);
        let same_sequence = is_equal(cs, &sequence, &account.sequence);
        let installs = and(cs, &signed, &same_sequence.not());
        let keeps_set = and(cs, &signed, &same_sequence);
        account.sequence = select(cs, &signed, &sequence, &account.sequence);
        enforce_ge_if(cs, &signed, &header.time_to, &valid_from, TIME_BITS);
        enforce_ge_if(cs, &signed, &valid_until, &header.time_from, TIME_BITS);
        for (slot, order) in account.slots.iter_mut().zip(&orders) {
            let same_id = is_equal(cs, &slot.id, &order.id);
            enforce_implies(cs, &keeps_set, &same_id);
            let keeps_filled = or(cs, &signed.not(), &same_id);
            *slot = SlotVars {
                id: select(cs, &signed, &order.id, &slot.id),
                filled: cs.mul(keeps_filled.num(), &slot.filled),
            };
        }
        Self {
            present,
            signed,
            installs,
            valid_from,
            valid_until,
            max_fee,
            orders,
            asset,
            amount,
            recipient_low,
            recipient_high,
        }
    }

    /// Requires that a withdrawal happens only where this step installs the set.
    pub fn enforce_withdrawal_allowed(&self, cs: &mut Cs, withdraws: &Bit) {
        enforce_implies(cs, withdraws, &self.installs);
    }

    /// Requires the rate that the step's fills are charged at to be acceptable where it fills anything. A liquidation's set accepts
    /// what the venue writes in it.
    pub fn enforce_fee_accepted(&self, cs: &mut Cs, fills_any: &Bit, rate: &Num) {
        enforce_ge_if(cs, fills_any, &self.max_fee, rate, 32);
    }

    /// Requires `asset` to be the selected one where the step withdraws.
    pub fn enforce_asset(&self, cs: &mut Cs, withdraws: &Bit, selected: &Num) {
        enforce_equal_if(cs, withdraws, &self.asset, selected);
    }
}

fn verify(
    cs: &mut Cs,
    enabled: &Bit,
    owner: &Point,
    message: &Num,
    native: Option<&SignedOrderSet>,
) {
    let identity = babyjubjub::Point {
        x: Fr::from(0u64),
        y: Fr::from(1u64),
    };
    let (r8, s) = native.map_or((identity, Fr::from(0u64)), |s| {
        (s.signature.r8, s.signature.s_as_field())
    });
    let r8 = Point::alloc(cs, r8.x, r8.y);
    let s = cs.alloc(s);
    eddsa::verify(cs, enabled, owner, &r8, &s, message);
}
