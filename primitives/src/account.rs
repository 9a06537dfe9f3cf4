//! An account: the leaf of the accounts tree.

use crate::{
    babyjubjub::PublicKey,
    field::Fr,
    poseidon::{hash, hash_list, Domain},
    shape::{Shape, AMOUNT_BITS, INSTRUMENT_BITS, ORDER_ID_BITS, QUANTITY_BITS},
    wide::{offset, pack},
};
use alloc::vec::Vec;
use ark_ff::Zero;

/// Progress of one slot of the account's current order set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderSlot {
    /// Id of the order in this slot; 0 for none.
    pub id: u32,
    /// Lots filled so far, below 2^48. It stays while the slot keeps its order id.
    pub filled: u64,
}

/// A holding of one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Instrument slot in the snapshot.
    pub instrument: u16,
    /// Lots, signed, never zero, magnitude below 2^48.
    pub quantity: i64,
    /// Funding index at the last touch. Carried; zero in this version, since no funding accrues yet.
    pub funding: i64,
}

/// One account. Vectors have the shape's lengths, but `positions`, which holds the non-empty ones only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Owner's key coordinates; (0, 0), which is no key, for the insurance fund.
    pub owner: (Fr, Fr),
    /// A secret of the owner's that also blinds the leaf.
    pub viewing_key: Fr,
    /// Sequence number of the current order set; 0 before the first.
    pub sequence: u64,
    /// R order slots.
    pub slots: Vec<OrderSlot>,
    /// K balances in smallest units, magnitude below 2^63; all but asset 0 are never negative.
    pub balances: Vec<i64>,
    /// At most P positions, strictly ascending by instrument, quantities non-zero.
    pub positions: Vec<Position>,
}

impl Account {
    /// A fresh account without money.
    pub fn new(shape: &Shape, owner: &PublicKey, viewing_key: Fr) -> Self {
        let point = owner.point();
        Self::with_owner(shape, (point.x, point.y), viewing_key)
    }

    /// Account 0, the insurance fund: nobody holds a key for it.
    pub fn insurance_fund(shape: &Shape) -> Self {
        Self::with_owner(shape, (Fr::zero(), Fr::zero()), Fr::zero())
    }

    fn with_owner(shape: &Shape, owner: (Fr, Fr), viewing_key: Fr) -> Self {
        Self {
            owner,
            viewing_key,
            sequence: 0,
            slots: alloc::vec![OrderSlot::default(); shape.orders as usize],
            balances: alloc::vec![0; shape.market.assets as usize],
            positions: Vec::new(),
        }
    }

    /// The key that deposits name: see [`account_key`].
    pub fn key(&self) -> Fr {
        account_key(self.owner)
    }

    /// Signed lots held of an instrument.
    pub fn quantity(&self, instrument: u16) -> i64 {
        self.positions
            .iter()
            .find(|p| p.instrument == instrument)
            .map_or(0, |p| p.quantity)
    }

    /// The leaf's field elements: owner x and y, viewing key, sequence, slots two by two, balances three by
    /// three, positions. See `docs/protocol.md` for the bit layout.
    pub fn fields(&self, shape: &Shape) -> Vec<Fr> {
        let mut fields = alloc::vec![
            self.owner.0,
            self.owner.1,
            self.viewing_key,
            Fr::from(self.sequence)
        ];
        fields.extend(self.slots.chunks(SLOTS_PER_FIELD).map(|pair| {
            let parts: Vec<_> = pair
                .iter()
                .flat_map(|s| [(s.id as u64, ORDER_ID_BITS), (s.filled, QUANTITY_BITS)])
                .collect();
            pack(&parts)
        }));
        fields.extend(self.balances.chunks(BALANCES_PER_FIELD).map(|triple| {
            let parts: Vec<_> = triple
                .iter()
                .map(|b| (offset(*b), AMOUNT_BITS + 1))
                .collect();
            pack(&parts)
        }));
        let empty = Position {
            instrument: 0,
            quantity: 0,
            funding: 0,
        };
        fields.extend(
            (0..shape.positions as usize).map(|i| self.positions.get(i).unwrap_or(&empty).packed()),
        );
        fields
    }

    /// The leaf's hash. An empty leaf of the tree is the field element 0 instead.
    pub fn leaf(&self, shape: &Shape) -> Fr {
        hash_list(Domain::AccountLeaf, &self.fields(shape))
    }
}

/// Order slots packed in one field element of the leaf.
pub const SLOTS_PER_FIELD: usize = 2;
/// Balances packed in one field element of the leaf, each as `balance + 2^63`.
pub const BALANCES_PER_FIELD: usize = 3;

impl Position {
    /// Instrument (16 bits), quantity + 2^48 (49 bits), funding index + 2^63 (64 bits).
    fn packed(&self) -> Fr {
        let quantity = (self.quantity + (1 << QUANTITY_BITS)) as u64;
        pack(&[
            (self.instrument as u64, INSTRUMENT_BITS),
            (quantity, QUANTITY_BITS + 1),
            (offset(self.funding), 64),
        ])
    }
}

/// What a deposit names instead of an index: `Poseidon(owner x, owner y)`. The viewing key is not part of it: a deposit must
/// never wait for a secret that its owner may not tell.
pub fn account_key(owner: (Fr, Fr)) -> Fr {
    hash::<2>(&[owner.0, owner.1])
}
