//! The listings of development chains and demonstrations: four perpetuals and the collateral beside
//! the quote.
//!
//! The quote is a dollar with six decimals, so an index price of 1.08 dollars is 1,080,000 quote
//! units.

use crate::types::{Collateral, InstrumentKind, Listing, Symbol};
use alloc::vec::Vec;
use clearproof_primitives::{fixed::ONE, ids::Slot, shape::MarketShape};

/// Symbol and 32.32 units per lot of each underlying's perpetual.
const PERPETUALS: [(&str, u64); 4] = [
    ("EUR/USD", ONE),
    ("BTC/USD", ONE / 1000),
    ("ETH/USD", ONE / 100),
    ("GBP/USD", ONE),
];

/// Returns perpetuals on EUR/USD (lots of one), BTC/USD (of 0.001), ETH/USD (of 0.01), GBP/USD (of
/// one), each in the first slot of its underlying; fewer if the market has fewer underlyings.
pub fn instruments(market: &MarketShape) -> Vec<Listing> {
    let listing = |(underlying, (symbol, units_per_lot)): (u16, &(&str, u64))| Listing {
        slot: Slot::new(underlying.saturating_mul(market.slots_per_underlying() as u16)),
        underlying,
        kind: InstrumentKind::Perpetual,
        symbol: Symbol::truncate_from(symbol.as_bytes().to_vec()),
        units_per_lot: *units_per_lot,
    };
    (0..market.underlyings)
        .zip(&PERPETUALS)
        .map(listing)
        .collect()
}

/// Returns bitcoin and ether with eight decimals and the euro with six, as assets 1 to 3; fewer if
/// the market has fewer assets.
pub fn collateral(market: &MarketShape) -> Vec<Collateral> {
    (1..market.assets)
        .zip([8, 8, 6])
        .map(|(asset, decimals)| Collateral {
            asset: asset as u8,
            decimals,
        })
        .collect()
}
