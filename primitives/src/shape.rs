//! Shapes: how many of everything a circuit handles. Shapes are parameters of the protocol, never
//! of the code.

use crate::ids::Slot;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Bits of an instrument index on the wire and in packed field elements.
pub const INSTRUMENT_BITS: usize = 16;
/// Bits of a quantity's magnitude, in lots: every |quantity| is below 2^48.
pub const QUANTITY_BITS: usize = 48;
/// Bits of a price: unsigned 32.32 fixed point, quote units per lot.
pub const PRICE_BITS: usize = 64;
/// Bits of a time in milliseconds since the Unix epoch.
pub const TIME_BITS: usize = 48;
/// Bits of an amount's magnitude, in an asset's smallest unit: every |amount| is below 2^63.
pub const AMOUNT_BITS: usize = 63;
/// Bits of an instrument's open interest in a venue, in lots.
pub const INTEREST_BITS: usize = 60;
/// Bits of an order id.
pub const ORDER_ID_BITS: usize = 32;
/// Bits of an account index on the wire; a tree of depth 12 uses 24 of them.
pub const ACCOUNT_BITS: usize = 32;

/// The most orders, fills or positions of a step. Charges (69 bits) and funding bases (117 bits)
/// are sums over at most 2^6 of them.
pub const MAX_PER_STEP: u16 = 1 << 6;
/// The most account steps of a batch. Sums over a batch share field elements, and no more steps fit
/// between them.
pub const MAX_BATCH_STEPS: u32 = 1 << 12;
/// The most account steps of a chunk: with the largest number of chunks, a batch has
/// [`MAX_BATCH_STEPS`].
pub const MAX_CHUNK_STEPS: u16 = 16;

/// The most instrument slots of any market: one bit each fits a field element.
pub const MAX_INSTRUMENTS: u32 = crate::wide::PACK_BITS as u32;

/// The market's dimensions, fixed per chain: they shape the snapshot and so its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub struct MarketShape {
    /// M: instrument slots. Slot `i` belongs to underlying `i / (M / U)`.
    pub instruments: u16,
    /// S: scenarios per instrument.
    pub scenarios: u16,
    /// U: underlyings; divides `instruments`.
    pub underlyings: u16,
    /// K: collateral assets, asset 0 being the quote.
    pub assets: u16,
}

impl MarketShape {
    /// The reference market of the protocol: 32 instruments, 16 scenarios, 4 underlyings, 4 assets.
    pub const REFERENCE: Self = Self {
        instruments: 32,
        scenarios: 16,
        underlyings: 4,
        assets: 4,
    };
    /// The smallest market that still has two of everything; for unit and mutation tests.
    pub const TINY: Self = Self {
        instruments: 4,
        scenarios: 2,
        underlyings: 2,
        assets: 2,
    };

    /// Instrument slots per underlying: slots `u·n .. (u+1)·n` belong to underlying `u`.
    pub const fn slots_per_underlying(&self) -> usize {
        self.instruments as usize / self.underlyings as usize
    }

    /// All instrument slots, ascending.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        (0..self.instruments).map(Slot::new)
    }

    /// The underlying that an instrument slot belongs to.
    pub const fn underlying_of(&self, slot: Slot) -> usize {
        slot.place() / self.slots_per_underlying()
    }
}

/// All dimensions of a venue's circuits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub struct Shape {
    /// The market the snapshots describe.
    pub market: MarketShape,
    /// R: orders per order set.
    pub orders: u16,
    /// F: fills per account step.
    pub fills: u16,
    /// P: positions per account.
    pub positions: u16,
    /// E: price entries per chunk.
    pub entries: u16,
    /// Depth of the 4-ary accounts tree; capacity is `4^depth` accounts.
    pub depth: u16,
    /// Account steps per chunk.
    pub steps: u16,
}

impl Shape {
    /// The reference shape of the protocol; a chunk stays below 2^19 constraints.
    pub const REFERENCE: Self = Self {
        market: MarketShape::REFERENCE,
        orders: 8,
        fills: 8,
        positions: 8,
        entries: 64,
        depth: 12,
        steps: 11,
    };
    /// Few and small steps on the reference market: proves in seconds, for end-to-end tests on a
    /// real chain.
    pub const SMALL: Self = Self {
        market: MarketShape::REFERENCE,
        orders: 2,
        fills: 2,
        positions: 2,
        entries: 8,
        depth: 3,
        steps: 4,
    };
    /// The smallest shape with two of everything, for unit, property and mutation tests.
    pub const TINY: Self = Self {
        market: MarketShape::TINY,
        orders: 2,
        fills: 2,
        positions: 2,
        entries: 3,
        depth: 2,
        steps: 2,
    };

    /// True if every number of the venue's circuits is one that the packed sums and the account
    /// indices have room for, and none is 0. The market is not checked.
    pub const fn is_in_range(&self) -> bool {
        self.orders > 0
            && self.orders <= MAX_PER_STEP
            && self.fills > 0
            && self.fills <= MAX_PER_STEP
            && self.positions > 0
            && self.positions <= MAX_PER_STEP
            && self.entries > 0
            && self.depth > 0
            && self.depth as usize <= ACCOUNT_BITS / 2
            && self.steps > 0
            && self.steps <= MAX_CHUNK_STEPS
    }

    /// Number of accounts the tree can hold, account 0 included.
    pub const fn capacity(&self) -> u64 {
        1u64 << (2 * self.depth as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_end_where_packed_sums_would_meet() {
        let tiny = Shape::TINY;
        for shape in [Shape::REFERENCE, Shape::SMALL, tiny] {
            assert!(shape.is_in_range());
        }
        let largest = Shape {
            orders: 64,
            fills: 64,
            positions: 64,
            depth: 16,
            steps: 16,
            ..tiny
        };
        assert!(largest.is_in_range());
        let beyond: [fn(&mut Shape); 5] = [
            |s| s.orders += 1,
            |s| s.fills += 1,
            |s| s.positions += 1,
            |s| s.depth += 1,
            |s| s.steps += 1,
        ];
        let none: [fn(&mut Shape); 6] = [
            |s| s.orders = 0,
            |s| s.fills = 0,
            |s| s.positions = 0,
            |s| s.entries = 0,
            |s| s.depth = 0,
            |s| s.steps = 0,
        ];
        for change in beyond.into_iter().chain(none) {
            let mut shape = largest;
            change(&mut shape);
            assert!(!shape.is_in_range(), "{shape:?}");
        }
    }
}
