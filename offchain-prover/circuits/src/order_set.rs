//! The order set of a step: opened, checked against its signature, and installed into the account's
//! slots.

use crate::{
    account::{AccountVars, SlotVars, epoch},
    gadgets::{
        bits::{alloc_bit, range},
        compare::enforce_ge_if,
        eddsa,
        edwards::Point,
        logic::{
            and, enforce_equal_if, enforce_implies, enforce_zero_if, is_equal, is_zero, or, select,
        },
        poseidon::{hash, hash_list},
    },
    header::HeaderVars,
    packing::pack,
    r1cs::{Bit, Cs, Num},
};
use ark_bn254::Fr;
use clearproof_primitives::{
    babyjubjub,
    order::{Order, OrderSet, SEQUENCE_STEP_BITS, SignedOrderSet},
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
    /// Reduce-only.
    pub reduces: Bit,
    /// Immediate-or-cancel.
    pub immediate: Bit,
    /// Fill-or-kill.
    pub whole: Bit,
    /// One-cancels-other.
    pub alone: Bit,
    /// Triggered by a mark at its price or above.
    above: Bit,
    /// Triggered by a mark at its price or below.
    below: Bit,
    /// The trigger's price, 64 bits.
    pub trigger: Num,
}

/// The order set in use. If `present` is clear its values have no meaning and nothing may depend on
/// them.
pub struct OrderSetVars {
    /// Set if the step has an order set.
    pub present: Bit,
    /// Set if it is signed: it is present, and the step is not the venue's own.
    pub signed: Bit,
    /// Set unless another key signed it: the owner did, or it is not signed.
    by_owner: Bit,
    /// Set if this step installs it: its sequence is higher than the account's.
    installs: Bit,
    /// The request's kind, low bit first.
    kind: [Bit; 2],
    /// First millisecond, 48 bits.
    pub valid_from: Num,
    /// Last millisecond, 48 bits.
    pub valid_until: Num,
    /// Highest fee rate accepted, 32 bits.
    pub max_fee: Num,
    /// R orders.
    pub orders: Vec<OrderVars>,
    /// Asset that the request moves, 8 bits.
    asset: Num,
    /// Amount that the request moves, 63 bits.
    pub amount: Num,
    /// The request's two field elements.
    pub payload: [Num; 2],
}

fn ranged(cs: &mut Cs, value: u64, bits: usize) -> Num {
    let number = cs.alloc(value);
    range(cs, &number, bits);
    number
}

impl OrderVars {
    fn load(cs: &mut Cs, order: Option<&Order>) -> Self {
        let parts = order.map_or([0; 12], Order::parts);
        let number = |cs: &mut Cs, i: usize| ranged(cs, parts[i], Order::LAYOUT[i]);
        let bit = |cs: &mut Cs, i: usize| alloc_bit(cs, parts[i] == 1);
        Self {
            id: number(cs, 0),
            instrument: number(cs, 1),
            sells: bit(cs, 2),
            quantity: number(cs, 3),
            limit: number(cs, 4),
            reduces: bit(cs, 5),
            immediate: bit(cs, 6),
            whole: bit(cs, 7),
            alone: bit(cs, 8),
            above: bit(cs, 9),
            below: bit(cs, 10),
            trigger: number(cs, 11),
        }
    }

    /// 1 if the mark must be at the trigger's price or above, −1 if at it or below, else 0: for an
    /// order without trigger, or with both, which no native order has.
    pub fn trigger_side(&self) -> Num {
        self.above.num() - self.below.num()
    }

    fn packed(&self) -> Num {
        // A part more than the layout has would not be signed: the length is checked.
        let parts: [&Num; Order::LAYOUT.len()] = [
            &self.id,
            &self.instrument,
            self.sells.num(),
            &self.quantity,
            &self.limit,
            self.reduces.num(),
            self.immediate.num(),
            self.whole.num(),
            self.alone.num(),
            self.above.num(),
            self.below.num(),
            &self.trigger,
        ];
        let parts: Vec<_> = parts.into_iter().zip(Order::LAYOUT).collect();
        pack(&parts)
    }
}

/// The order set as the witness has it, every part range-checked.
struct Contents {
    present: Bit,
    signed: Bit,
    sequence: Num,
    /// The sequence's epoch, 16 bits.
    epoch: Num,
    max_fee: Num,
    valid_from: Num,
    valid_until: Num,
    asset: Num,
    amount: Num,
    kind: [Bit; 2],
    payload: [Num; 2],
    orders: Vec<OrderVars>,
}

impl Contents {
    fn load(
        cs: &mut Cs,
        shape: &Shape,
        liquidation: &Bit,
        native: Option<&SignedOrderSet>,
    ) -> Self {
        let set = native.map(|s| &s.set);
        let [_, _, _, fee_bits] = OrderSet::HEAD_LAYOUT;
        let [from_bits, until_bits, asset_bits, amount_bits, _] = OrderSet::TERMS_LAYOUT;
        let request = set.map(OrderSet::request_parts).unwrap_or_default();
        let present = alloc_bit(cs, set.is_some());
        let sequence = cs.alloc(set.map_or(0, |s| s.sequence));
        Self {
            signed: and(cs, &present, &liquidation.not()),
            present,
            epoch: epoch(cs, &sequence),
            sequence,
            max_fee: ranged(cs, set.map_or(0, |s| s.max_fee.get() as u64), fee_bits),
            valid_from: ranged(cs, set.map_or(0, |s| s.valid_from.get()), from_bits),
            valid_until: ranged(cs, set.map_or(0, |s| s.valid_until.get()), until_bits),
            asset: ranged(cs, request.asset.into(), asset_bits),
            amount: ranged(cs, request.amount, amount_bits),
            kind: [0, 1].map(|i| alloc_bit(cs, request.kind >> i & 1 == 1)),
            payload: [request.payload.0, request.payload.1].map(|part| cs.alloc(part)),
            orders: (0..shape.orders as usize)
                .map(|i| OrderVars::load(cs, set.and_then(|s| s.order(i))))
                .collect(),
        }
    }

    /// The message that is signed.
    fn message(&self, cs: &mut Cs, header: &HeaderVars, index: &Num) -> Num {
        let [venue_bits, account_bits, sequence_bits, fee_bits] = OrderSet::HEAD_LAYOUT;
        let [from_bits, until_bits, asset_bits, amount_bits, _] = OrderSet::TERMS_LAYOUT;
        let head = [
            (&header.venue, venue_bits),
            (index, account_bits),
            (&self.sequence, sequence_bits),
            (&self.max_fee, fee_bits),
        ];
        let terms = [
            (&self.valid_from, from_bits),
            (&self.valid_until, until_bits),
            (&self.asset, asset_bits),
            (&self.amount, amount_bits),
            (self.kind[0].num(), 1),
            (self.kind[1].num(), 1),
        ];
        let mut fields = vec![header.genesis.clone(), pack(&head), pack(&terms)];
        fields.extend(self.orders.iter().map(OrderVars::packed));
        fields.extend(self.payload.iter().cloned());
        hash_list(cs, Domain::OrderSet, &fields)
    }

    /// Checks sequence and validity, and writes sequence and slots of the account. Returns the bit
    /// that is set if the step installs the set.
    ///
    /// Both sequences have 64 bits, so their difference lies in `[0, 2^56)` exactly if it has 56.
    fn install(
        &self,
        cs: &mut Cs,
        header: &HeaderVars,
        by_owner: &Bit,
        account: &mut AccountVars,
    ) -> Bit {
        let (signed, sequence) = (&self.signed, &self.sequence);
        enforce_ge_if(cs, signed, sequence, &account.sequence, SEQUENCE_STEP_BITS);
        enforce_equal_if(cs, &by_owner.not(), &self.epoch, &account.loaded_epoch);
        let same_sequence = is_equal(cs, sequence, &account.sequence);
        let installs = and(cs, signed, &same_sequence.not());
        let keeps_set = and(cs, signed, &same_sequence);
        account.sequence = select(cs, signed, sequence, &account.sequence);
        enforce_ge_if(cs, signed, &header.time_to, &self.valid_from, TIME_BITS);
        enforce_ge_if(cs, signed, &self.valid_until, &header.time_from, TIME_BITS);
        for (slot, order) in account.slots.iter_mut().zip(&self.orders) {
            let same_id = is_equal(cs, &slot.id, &order.id);
            enforce_implies(cs, &keeps_set, &same_id);
            let keeps_filled = or(cs, &signed.not(), &same_id);
            *slot = SlotVars {
                id: select(cs, signed, &order.id, &slot.id),
                filled: cs.mul(keeps_filled.num(), &slot.filled),
            };
        }
        installs
    }

    /// Writes the keys of the account where a set that is installed asks for it.
    ///
    /// Sound: kinds 2 and 3 are those with the high bit. Of a set that is installed, the owner
    /// signs the former and not the latter. A set of kind 3 is used in the step that installs it
    /// alone, and its orders have no ids, so the heir's key trades for no account but its own. The
    /// ids of R orders add up to less than 2^38, so their sum is 0 only if each of them is. An
    /// order without an id can still be filled, if the heir signed a quantity for it: in that step
    /// alone, which makes the heir the owner.
    fn change_keys(&self, cs: &mut Cs, installs: &Bit, signer: &Signer, account: &mut AccountVars) {
        let [low, high] = &self.kind;
        let changes = and(cs, installs, high);
        enforce_equal_if(cs, &changes, signer.by_owner.num(), low.not().num());
        let inherits = and(cs, &self.signed, &signer.of_heirs_kind);
        enforce_implies(cs, &inherits, installs);
        let ids = Num::sum(self.orders.iter().map(|order| &order.id));
        enforce_zero_if(cs, &inherits, &ids);

        let [mark, viewing_key] = &self.payload;
        account.trading_key = select(cs, &changes, mark, &account.trading_key);
        // In kind 2, 0 stands for the account's own.
        let none = is_zero(cs, viewing_key);
        let keeps = Bit::from_num_unchecked(cs.mul(none.num(), &(changes.num() - inherits.num())));
        let rekeys = Bit::from_num_unchecked(changes.num() - keeps.num());
        account.viewing_key = select(cs, &rekeys, viewing_key, &account.viewing_key);
        account.hand_over(cs, &inherits, &signer.key);
    }
}

impl OrderSetVars {
    /// Opens the set. Unless the step is the venue's own, verifies its signature, then checks
    /// sequence and validity and installs it: writes sequence, slots and keys of `account`. A
    /// liquidation's set is the venue's own, and changes none of them.
    ///
    /// Sound: every part is range-checked, so the signed message determines it; the message
    /// contains this venue, this account's index and this chain's genesis. The key that signed is
    /// the owner's, or the one whose mark is in the leaf. A lower sequence is refused, and one of
    /// another epoch unless the owner signed it; at the same sequence every slot must have the same
    /// id. A slot's filled quantity survives only under the same id. Keys change in the step that
    /// installs the set, always: by the owner's own signature, and the owner by the heir's.
    pub fn open(
        cs: &mut Cs,
        shape: &Shape,
        header: &HeaderVars,
        index: &Num,
        account: &mut AccountVars,
        liquidation: &Bit,
        native: Option<&SignedOrderSet>,
    ) -> Self {
        let contents = Contents::load(cs, shape, liquidation, native);
        let message = contents.message(cs, header, index);
        let signer = cs.part("signature", |cs| {
            Signer::verify(cs, &contents, account, &message, native)
        });
        let installs = contents.install(cs, header, &signer.by_owner, account);
        cs.part("keys", |cs| {
            contents.change_keys(cs, &installs, &signer, account);
        });
        Self {
            present: contents.present,
            signed: contents.signed,
            by_owner: signer.by_owner,
            installs,
            kind: contents.kind,
            valid_from: contents.valid_from,
            valid_until: contents.valid_until,
            max_fee: contents.max_fee,
            orders: contents.orders,
            asset: contents.asset,
            amount: contents.amount,
            payload: contents.payload,
        }
    }

    /// Requires that a withdrawal or a transfer is the set's request, and has the owner's own
    /// signature; and that a step which installs a set carries out what it asks for, and no other
    /// step does. Returns the bit that is set if the step moves anything.
    ///
    /// Sound: the kind's low bit excludes one of `withdraws` and `sends`, so their sum is a bit. It
    /// equals "installs, and the amount is not 0". Another key's request with an amount, or a
    /// trading key's set with one, is therefore never installed.
    pub fn enforce_request(&self, cs: &mut Cs, withdraws: &Bit, sends: &Bit) -> Bit {
        let [low, high] = &self.kind;
        enforce_implies(cs, withdraws, &low.not());
        enforce_implies(cs, sends, low);
        let moves = Bit::from_num_unchecked(withdraws.num() + sends.num());
        let nothing = is_zero(cs, &self.amount);
        let asks = and(cs, &self.installs, &nothing.not());
        cs.enforce_equal(moves.num(), asks.num());
        enforce_implies(cs, &moves, &high.not());
        enforce_implies(cs, &moves, &self.by_owner);
        moves
    }

    /// Requires the request's asset to be the selected one where the step moves money.
    pub fn enforce_asset(&self, cs: &mut Cs, moves: &Bit, selected: &Num) {
        enforce_equal_if(cs, moves, &self.asset, selected);
    }
}

/// The key that signed the set.
struct Signer {
    key: Point,
    /// Set if it is the owner's, or nothing is signed.
    by_owner: Bit,
    /// Set if the set is of kind 3, which only an heir's key signs.
    of_heirs_kind: Bit,
}

impl Signer {
    /// Verifies the signature of the owner, of the trading key or of the heir.
    ///
    /// Sound: where `by_owner` is set the key is the owner's. Elsewhere something is signed, and
    /// the mark in the leaf is the key's hash, or its hash + 1 if the set is of kind 3. So a
    /// trading key signs no set of kind 3, and an heir's key no other: that needs two keys whose
    /// hashes differ by 1. In a leaf that names no key the mark is 0, which belongs to no known
    /// key.
    fn verify(
        cs: &mut Cs,
        set: &Contents,
        account: &AccountVars,
        message: &Num,
        native: Option<&SignedOrderSet>,
    ) -> Self {
        let identity = babyjubjub::Point {
            x: Fr::from(0u64),
            y: Fr::from(1u64),
        };
        let (r8, s) = native.map_or((identity, Fr::from(0u64)), |s| {
            (s.signature.r8, s.signature.s_as_field())
        });
        let r8 = Point::alloc(cs, r8.x, r8.y);
        let s = cs.alloc(s);
        let named = native.and_then(|signed| signed.trading_key);
        let by_owner = alloc_bit(cs, named.is_none());
        let owner = &account.owner;
        let key = match named.map(|key| key.point()) {
            Some(point) => Point::alloc(cs, point.x, point.y),
            None => Point::alloc(cs, owner.x.value(), owner.y.value()),
        };
        // If nothing is signed, the bit has one value only.
        enforce_implies(cs, &set.signed.not(), &by_owner);
        enforce_equal_if(cs, &by_owner, &key.x, &owner.x);
        enforce_equal_if(cs, &by_owner, &key.y, &owner.y);
        let hashed = hash(cs, &[key.x.clone(), key.y.clone()]);
        let of_heirs_kind = and(cs, &set.kind[0], &set.kind[1]);
        let mark = hashed + of_heirs_kind.num();
        enforce_equal_if(cs, &by_owner.not(), &mark, &account.trading_key);
        eddsa::verify(cs, &set.signed, &key, &r8, &s, message);
        Self {
            key,
            by_owner,
            of_heirs_kind,
        }
    }
}
