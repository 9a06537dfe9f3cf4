//! The leaf of an account as variables.

use crate::{
    gadgets::{
        bits::{alloc_bit, pack as pack_bits, range, to_bits},
        compare::enforce_gt_if,
        edwards::Point,
        logic::{enforce_implies, is_zero, select, select_bit},
        one_hot::{index_of, one_hot},
        poseidon::{hash, hash_list},
        signed::{Signed, signed_split},
    },
    packing::pack,
    r1cs::{Bit, Cs, Num},
};
use clearproof_primitives::{
    account::{
        Account, BALANCES_PER_FIELD, FUNDING_BASIS_BITS, HANDED_OVER, HEAD_LAYOUT, NUMBER_BITS,
        POSITIONS_PER_FIELD, SLOTS_PER_FIELD, STAMP_BITS,
    },
    field::fr_from_i128,
    order::COUNTER_BITS,
    poseidon::Domain,
    shape::{AMOUNT_BITS, INSTRUMENT_BITS, ORDER_ID_BITS, QUANTITY_BITS, Shape},
};

/// Progress of one order slot.
#[derive(Clone)]
pub struct SlotVars {
    /// Order id, 32 bits.
    pub id: Num,
    /// Lots filled, 48 bits.
    pub filled: Num,
}

/// One position. An empty one has no bit of `instrument` set and quantity 0.
#[derive(Clone)]
pub struct PositionVars {
    /// One bit per instrument of the market.
    pub instrument: Vec<Bit>,
    /// Set if there is a position.
    pub active: Bit,
    /// Signed lots.
    pub quantity: Num,
    /// Its sign and magnitude.
    pub signed: Signed,
}

/// The leaf's contents.
#[derive(Clone)]
pub struct AccountVars {
    /// Owner's key.
    pub owner: Point,
    /// Number among the owner's accounts, 16 bits.
    pub number: Num,
    /// The number's highest bit: set in an account that was handed over.
    pub handed_over: Bit,
    /// Mark of the key that may sign besides the owner's; 0 for none.
    pub trading_key: Num,
    /// Viewing key.
    pub viewing_key: Num,
    /// Sequence of the current order set, 64 bits.
    pub sequence: Num,
    /// Epoch of the sequence in the leaf that was loaded; a step does not bring it up to date.
    pub loaded_epoch: Num,
    /// R slots.
    pub slots: Vec<SlotVars>,
    /// K signed balances in `[−2^63, 2^63)`.
    pub balances: Vec<Num>,
    /// P positions.
    pub positions: Vec<PositionVars>,
    /// Σ quantity · funding index, signed, in `[−2^116, 2^116)` in a leaf that is loaded.
    pub funding_basis: Num,
    /// Number of the snapshot of its last step, 32 bits.
    pub stamp: Num,
    /// Set if a step at that snapshot liquidated it in part.
    pub kept: Bit,
}

impl PositionVars {
    /// Allocates P positions, each with unique parts. Costs M + QUANTITY_BITS + 4 each.
    ///
    /// Sound: `active` is "quantity is not zero" and the instrument's bits add up to it, so an
    /// empty position has one form only; quantity lies in `[−2^48, 2^48)`.
    pub fn load_all(cs: &mut Cs, shape: &Shape, account: &Account) -> Vec<Self> {
        (0..shape.positions as usize)
            .map(|i| {
                let native = account.positions.get(i);
                let quantity = cs.alloc(fr_from_i128(native.map_or(0, |p| p.quantity as i128)));
                let signed = signed_split(cs, &quantity, QUANTITY_BITS);
                let active = is_zero(cs, &quantity).not();
                let index = native.map(|p| p.instrument.place());
                let instrument =
                    one_hot(cs, index, shape.market.instruments as usize, active.num());
                Self {
                    instrument,
                    active,
                    quantity,
                    signed,
                }
            })
            .collect()
    }

    /// Requires positions strictly ascending by instrument, empty ones last. Costs 17 per pair.
    ///
    /// Sound: with [`PositionVars::load_all`] this leaves one list for each vector of quantities by
    /// instrument.
    pub fn enforce_canonical(cs: &mut Cs, positions: &[Self]) {
        for pair in positions.windows(2) {
            enforce_implies(cs, &pair[1].active, &pair[0].active);
            let (left, right) = (index_of(&pair[0].instrument), index_of(&pair[1].instrument));
            enforce_gt_if(cs, &pair[1].active, &right, &left, INSTRUMENT_BITS);
        }
    }

    fn parts(&self) -> [(Num, usize); 2] {
        let quantity = &self.quantity + Num::power_of_two(QUANTITY_BITS);
        [
            (index_of(&self.instrument), INSTRUMENT_BITS),
            (quantity, QUANTITY_BITS + 1),
        ]
    }
}

/// Requires K balances to be in the ranges that an account may hold after a step: the quote in
/// `[−2^63, 2^63)`, all others in `[0, 2^63)`, since they cannot be borrowed.
pub fn enforce_balances(cs: &mut Cs, balances: &[Num]) {
    for (k, balance) in balances.iter().enumerate() {
        match k {
            0 => range(
                cs,
                &(balance + Num::power_of_two(AMOUNT_BITS)),
                AMOUNT_BITS + 1,
            ),
            _ => range(cs, balance, AMOUNT_BITS),
        }
    }
}

/// Requires a sequence to have 64 bits, and returns the upper ones, its epoch. Costs 64.
pub fn epoch(cs: &mut Cs, sequence: &Num) -> Num {
    let [sequence_bits, ..] = HEAD_LAYOUT;
    pack_bits(&to_bits(cs, sequence, sequence_bits)[COUNTER_BITS..])
}

impl AccountVars {
    /// Allocates a leaf's contents with unique parts: every packed value is range-checked, so that
    /// the leaf's hash determines all of them.
    pub fn load(cs: &mut Cs, shape: &Shape, account: &Account) -> Self {
        let owner = Point::alloc(cs, account.owner.0, account.owner.1);
        let number = cs.alloc(u64::from(account.number));
        let handed_over = to_bits(cs, &number, NUMBER_BITS).swap_remove(NUMBER_BITS - 1);
        let trading_key = cs.alloc(account.trading_key);
        let viewing_key = cs.alloc(account.viewing_key);
        let sequence = cs.alloc(account.sequence);
        let loaded_epoch = epoch(cs, &sequence);
        let slots = account
            .slots
            .iter()
            .map(|slot| {
                let vars = SlotVars {
                    id: cs.alloc(slot.id as u64),
                    filled: cs.alloc(slot.filled),
                };
                range(cs, &vars.id, ORDER_ID_BITS);
                range(cs, &vars.filled, QUANTITY_BITS);
                vars
            })
            .collect();
        let balances = account
            .balances
            .iter()
            .map(|balance| {
                let balance = cs.alloc(fr_from_i128(*balance as i128));
                range(
                    cs,
                    &(&balance + Num::power_of_two(AMOUNT_BITS)),
                    AMOUNT_BITS + 1,
                );
                balance
            })
            .collect();
        let positions = PositionVars::load_all(cs, shape, account);
        let funding_basis = cs.alloc(fr_from_i128(account.funding_basis));
        range(
            cs,
            &(&funding_basis + Num::power_of_two(FUNDING_BASIS_BITS)),
            FUNDING_BASIS_BITS + 1,
        );
        let stamp = cs.alloc(u64::from(account.stamp));
        range(cs, &stamp, STAMP_BITS);
        let kept = alloc_bit(cs, account.kept);
        Self {
            owner,
            number,
            handed_over,
            trading_key,
            viewing_key,
            sequence,
            loaded_epoch,
            slots,
            balances,
            positions,
            funding_basis,
            stamp,
            kept,
        }
    }

    /// The leaf's hash, as `Account::leaf`.
    ///
    /// The funding basis must be in its range: if it was not loaded, it is a sum over range-checked
    /// quantities and the chain's indices.
    pub fn leaf(&self, cs: &mut Cs) -> Num {
        let lifted_basis = &self.funding_basis + Num::power_of_two(FUNDING_BASIS_BITS);
        let head: [&Num; HEAD_LAYOUT.len()] = [
            &self.sequence,
            &lifted_basis,
            &self.number,
            &self.stamp,
            self.kept.num(),
        ];
        let head: Vec<_> = head.into_iter().zip(HEAD_LAYOUT).collect();
        let mut fields = vec![
            self.owner.x.clone(),
            self.owner.y.clone(),
            self.trading_key.clone(),
            self.viewing_key.clone(),
            pack(&head),
        ];
        fields.extend(self.slots.chunks(SLOTS_PER_FIELD).map(|slots| {
            let parts: Vec<_> = slots
                .iter()
                .flat_map(|s| [(&s.id, ORDER_ID_BITS), (&s.filled, QUANTITY_BITS)])
                .collect();
            pack(&parts)
        }));
        fields.extend(self.balances.chunks(BALANCES_PER_FIELD).map(|triple| {
            let lifted: Vec<_> = triple
                .iter()
                .map(|b| b + Num::power_of_two(AMOUNT_BITS))
                .collect();
            pack(
                &lifted
                    .iter()
                    .map(|b| (b, AMOUNT_BITS + 1))
                    .collect::<Vec<_>>(),
            )
        }));
        fields.extend(self.positions.chunks(POSITIONS_PER_FIELD).map(|positions| {
            let parts: Vec<_> = positions.iter().flat_map(PositionVars::parts).collect();
            pack(&parts.iter().map(|(n, bits)| (n, *bits)).collect::<Vec<_>>())
        }));
        hash_list(cs, Domain::AccountLeaf, &fields)
    }

    /// The key that deposits and transfers name, as `Account::key`.
    pub fn key(&self, cs: &mut Cs) -> Num {
        let names = [&self.owner.x, &self.owner.y, &self.number];
        hash(cs, &names.map(Num::clone))
    }

    /// Gives the account to another owner where the bit is set: under its number with the highest
    /// bit set. Costs 3.
    pub fn hand_over(&mut self, cs: &mut Cs, changes: &Bit, owner: &Point) {
        self.owner = Point {
            x: select(cs, changes, &owner.x, &self.owner.x),
            y: select(cs, changes, &owner.y, &self.owner.y),
        };
        let marked = select_bit(cs, changes, &Bit::constant(true), &self.handed_over);
        let added = marked.num() - self.handed_over.num();
        self.number = &self.number + added.scale(u64::from(HANDED_OVER));
        self.handed_over = marked;
    }

    /// All values that must be zero in an account that was just opened: the number's highest bit,
    /// trading key, viewing key, sequence, slots, balances, positions, funding basis, stamp, kept.
    /// An account that opened with the latter could not be liquidated.
    pub fn contents(&self) -> Vec<Num> {
        let slots = self
            .slots
            .iter()
            .flat_map(|s| [s.id.clone(), s.filled.clone()]);
        let positions = self.positions.iter().map(|p| p.active.num().clone());
        let head = [
            self.handed_over.num(),
            &self.trading_key,
            &self.viewing_key,
            &self.sequence,
        ];
        head.into_iter()
            .cloned()
            .chain(slots)
            .chain(self.balances.iter().cloned())
            .chain(positions)
            .chain([self.funding_basis.clone(), self.stamp.clone()])
            .chain([self.kept.num().clone()])
            .collect()
    }
}
