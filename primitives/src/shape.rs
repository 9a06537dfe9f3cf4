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
        steps: 12,
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

    /// Number of accounts the tree can hold, account 0 included.
    pub const fn capacity(&self) -> u64 {
        1u64 << (2 * self.depth as u64)
    }
}
