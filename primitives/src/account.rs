//! An account: the leaf of the accounts tree.

use crate::{
    babyjubjub::PublicKey,
    field::{Fr, fr_from_i128},
    ids::{AccountIndex, Slot, SnapshotNumber},
    poseidon::{Domain, hash, hash_list},
    shape::{AMOUNT_BITS, INSTRUMENT_BITS, ORDER_ID_BITS, QUANTITY_BITS, Shape},
    wide::{offset, pack, power_of_two},
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
    pub instrument: Slot,
    /// Lots, signed, never zero, magnitude below 2^48.
    pub quantity: i64,
}

/// One account. Vectors have the shape's lengths, but `positions`, which holds the non-empty ones
/// only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Owner's key coordinates; (0, 0), which is no key, for the insurance fund.
    pub owner: (Fr, Fr),
    /// Which of the owner's accounts it is; the chain's deposits are for number 0. See
    /// [`HANDED_OVER`].
    pub number: u16,
    /// The mark of the key that may sign besides the owner's, see
    /// [`Delegate::mark`](crate::order::Delegate::mark); 0 for none.
    pub trading_key: Fr,
    /// A secret of the owner's that also blinds the leaf. 0 in an account that opens, until its
    /// owner sets one.
    pub viewing_key: Fr,
    /// Sequence number of the current order set; 0 before the first.
    pub sequence: u64,
    /// R order slots.
    pub slots: Vec<OrderSlot>,
    /// K balances in smallest units, magnitude below 2^63; all but asset 0 are never negative.
    pub balances: Vec<i64>,
    /// At most P positions, strictly ascending by instrument, quantities non-zero.
    pub positions: Vec<Position>,
    /// Σ quantity · funding index over the positions as of the last touch, in 2^-32 quote units,
    /// magnitude below 2^116. What it is below that sum by now is what the account owes as funding:
    /// one number does for all positions.
    pub funding_basis: i128,
    /// Number of the snapshot of its last step; 0 for the insurance fund, whose steps leave it.
    pub stamp: u32,
    /// A step at the stamp's snapshot liquidated it in part, so that half of each position was
    /// kept. See [`Self::was_kept_at`].
    pub kept: bool,
}

impl Account {
    /// A fresh account without money: one of its owner's, by number.
    pub fn new(shape: &Shape, owner: &PublicKey, number: u16) -> Self {
        let point = owner.point();
        Self {
            number,
            ..Self::with_owner(shape, (point.x, point.y))
        }
    }

    /// True of an account as a deposit or a transfer opens it: empty, without any key but its
    /// owner's, and not under the number of one that was handed over.
    pub fn is_new(&self, shape: &Shape) -> bool {
        let new = Self {
            number: self.number & !HANDED_OVER,
            ..Self::with_owner(shape, self.owner)
        };
        *self == new
    }

    /// Account 0, the insurance fund: there is no key for it.
    pub fn insurance_fund(shape: &Shape) -> Self {
        Self::with_owner(shape, (Fr::zero(), Fr::zero()))
    }

    fn with_owner(shape: &Shape, owner: (Fr, Fr)) -> Self {
        Self {
            owner,
            number: 0,
            trading_key: Fr::zero(),
            viewing_key: Fr::zero(),
            sequence: 0,
            slots: alloc::vec![OrderSlot::default(); shape.orders as usize],
            balances: alloc::vec![0; shape.market.assets as usize],
            positions: Vec::new(),
            funding_basis: 0,
            stamp: 0,
            kept: false,
        }
    }

    /// The key that deposits name: see [`account_key`].
    pub fn key(&self) -> Fr {
        account_key(self.owner, self.number)
    }

    /// Signed lots held of an instrument.
    pub fn quantity(&self, instrument: Slot) -> i64 {
        self.positions
            .iter()
            .find(|p| p.instrument == instrument)
            .map_or(0, |p| p.quantity)
    }

    /// True if a step at this snapshot has liquidated it in part: none does a second time.
    pub fn was_kept_at(&self, snapshot: SnapshotNumber) -> bool {
        self.kept && u64::from(self.stamp) == snapshot.get()
    }

    /// Stamps the account after a step at a snapshot. `partial`: the step liquidated it in part.
    ///
    /// The insurance fund keeps its stamp, so that padding leaves its leaf as it is: it is never
    /// liquidated in part. None if the number has more than 32 bits.
    pub fn stamp_at(
        &mut self,
        index: AccountIndex,
        snapshot: SnapshotNumber,
        partial: bool,
    ) -> Option<()> {
        self.kept = self.was_kept_at(snapshot) || partial;
        if !index.is_insurance_fund() {
            self.stamp = u32::try_from(snapshot.get()).ok()?;
        }
        Some(())
    }

    /// The leaf's field elements: owner x and y, trading key, viewing key, head (sequence, basis,
    /// number, stamp, kept), slots, balances and positions each three by three. See
    /// `docs/protocol.md` for the bit layout. At the reference shape they are 13: one permutation.
    pub fn fields(&self, shape: &Shape) -> Vec<Fr> {
        let mut fields = alloc::vec![
            self.owner.0,
            self.owner.1,
            self.trading_key,
            self.viewing_key,
            self.head()
        ];
        fields.extend(self.slots.chunks(SLOTS_PER_FIELD).map(|slots| {
            let parts: Vec<_> = slots
                .iter()
                .flat_map(|s| [(s.id as u64, ORDER_ID_BITS), (s.filled, QUANTITY_BITS)])
                .collect();
            pack(&parts)
        }));
        fields.extend(self.balances.chunks(BALANCES_PER_FIELD).map(|balances| {
            let parts: Vec<_> = balances
                .iter()
                .map(|b| (offset(*b), AMOUNT_BITS + 1))
                .collect();
            pack(&parts)
        }));
        let places: Vec<usize> = (0..shape.positions as usize).collect();
        fields.extend(places.chunks(POSITIONS_PER_FIELD).map(|places| {
            let parts: Vec<_> = places
                .iter()
                .flat_map(|i| Position::parts(self.positions.get(*i)))
                .collect();
            pack(&parts)
        }));
        fields
    }

    /// Packed as [`HEAD_LAYOUT`] says. The basis is too wide for [`pack`].
    fn head(&self) -> Fr {
        let funding_basis = fr_from_i128(self.funding_basis + (1 << FUNDING_BASIS_BITS));
        let parts: [Fr; HEAD_LAYOUT.len()] = [
            Fr::from(self.sequence),
            funding_basis,
            Fr::from(self.number),
            Fr::from(self.stamp),
            Fr::from(self.kept),
        ];
        let mut shift = 0;
        let mut head = Fr::zero();
        for (part, bits) in parts.into_iter().zip(HEAD_LAYOUT) {
            head += part * power_of_two(shift);
            shift += bits;
        }
        head
    }

    /// The leaf's hash. An empty leaf of the tree is the field element 0 instead.
    pub fn leaf(&self, shape: &Shape) -> Fr {
        hash_list(Domain::AccountLeaf, &self.fields(shape))
    }
}

/// Order slots packed in one field element of the leaf.
pub const SLOTS_PER_FIELD: usize = 3;
/// Balances packed in one field element of the leaf, each as `balance + 2^63`.
pub const BALANCES_PER_FIELD: usize = 3;
/// Positions packed in one field element of the leaf.
pub const POSITIONS_PER_FIELD: usize = 3;
/// Bits of the funding basis' magnitude: eight positions of 2^48 lots at indices below 2^62, with
/// room.
pub const FUNDING_BASIS_BITS: usize = 116;
/// Bits of an account's number among its owner's.
pub const NUMBER_BITS: usize = 16;
/// Bit of the number of an account that another owner has handed over. No account opens under such
/// a number, so what is sent to a key that has no account yet never arrives in one that somebody
/// else opened.
pub const HANDED_OVER: u16 = 1 << (NUMBER_BITS - 1);
/// Bits of the number of a snapshot that a leaf is stamped with.
pub const STAMP_BITS: usize = 32;
/// Layout of the leaf's head: sequence, `basis + 2^116`, number, stamp, kept.
pub const HEAD_LAYOUT: [usize; 5] = [64, FUNDING_BASIS_BITS + 1, NUMBER_BITS, STAMP_BITS, 1];

impl Position {
    /// Instrument (16 bits) and quantity + 2^48 (49 bits); of an empty place instrument and
    /// quantity are 0.
    fn parts(position: Option<&Self>) -> [(u64, usize); 2] {
        let (instrument, quantity) = position.map_or((0, 0), |p| (p.instrument.get(), p.quantity));
        let quantity = (quantity + (1 << QUANTITY_BITS)) as u64;
        [
            (instrument as u64, INSTRUMENT_BITS),
            (quantity, QUANTITY_BITS + 1),
        ]
    }
}

/// The key that deposits and transfers name instead of an index: `Poseidon(owner x, owner y,
/// number)`. The viewing key is not part of it: a deposit must never wait for a secret of its
/// owner.
pub fn account_key(owner: (Fr, Fr), number: u16) -> Fr {
    hash::<3>(&[owner.0, owner.1, Fr::from(number)])
}
