//! The risk policy: the governed parameters that snapshot rows are computed with.
//!
//! [`Policy`] is what they are, [`Parameter`] is one of them with its name and its [`Descriptor`]
//! (bounds, unit, largest step, what tightens), [`PolicyChange`] a new value of some.
//! [`Policy::check`] judges a whole policy, [`Policy::with_changes`] a change of it.

mod change;
mod check;
mod descriptor;
mod development;
mod error;
mod governance;
mod halt;
mod parameter;
mod terms;

pub use change::{ChangeError, Changed, Direction, EntryList, Fault, PolicyChange};
pub use descriptor::{Descriptor, Shown, Step, Tightening, Unit};
pub use development::development_scenarios;
pub use error::{PolicyError, PolicyField};
pub use governance::{
    Assessment, DropReason, PendingChange, PolicyState, PolicyVersion, PreviewRefusal,
};
pub use parameter::{Difference, MarginLevel, Parameter, PositionSide, ProductKind};
pub use terms::{Peg, TradingTerms};

use crate::fixed::{
    FACTOR_BITS, FRACTION_BITS, Factor, INDEX_PRICE_BITS, IndexPrice, ONE, Price, Rate,
};
use crate::options::{ScenarioSpec, VolatilityScaling};
use crate::snapshot::{ROW_VALUE_BITS, SnapshotError};
use crate::time::Millis;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Largest number of decimals that a collateral asset may have.
pub const MAX_DECIMALS: u8 = 18;

/// Charges per lot, in fractions of 2^32 of a lot's mark, or for options of what its underlying is
/// worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    codec::MaxEncodedLen,
    Serialize,
    Deserialize
)]
pub struct ChargeRates {
    /// Initial margin, per lot held long.
    pub initial_long: Rate,
    /// Initial margin, per lot held short.
    pub initial_short: Rate,
    /// Maintenance margin, per lot held long.
    pub maintenance_long: Rate,
    /// Maintenance margin, per lot held short.
    pub maintenance_short: Rate,
}

/// Parameters of one underlying.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub struct UnderlyingPolicy {
    /// Multiplies the scan loss for initial margin; at least `maintenance_factor`.
    pub initial_factor: Factor,
    /// Multiplies the scan loss for maintenance margin; at least 1.
    pub maintenance_factor: Factor,
    /// S scenarios.
    pub scenarios: Vec<ScenarioSpec>,
    /// The dependence of the scenarios' volatility shocks on the time to expiry.
    pub scaling: VolatilityScaling,
    /// Charges per lot of a perpetual.
    pub charges: ChargeRates,
    /// Charges per lot of an option.
    pub option_charges: ChargeRates,
    /// The trading terms of perpetuals.
    pub perpetual_terms: TradingTerms,
    /// The trading terms of options.
    pub option_terms: TradingTerms,
    /// Largest move of the price that marks are computed from between two snapshots, as a fraction
    /// of 2^32 of the last one. It is held back there while it moves further, and all instruments
    /// on the underlying are suspended.
    pub jump_limit: Rate,
}

/// The policy in force. Bounds are in [`Policy::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    Serialize,
    Deserialize
)]
pub struct Policy {
    /// U underlyings.
    pub underlyings: Vec<UnderlyingPolicy>,
    /// K haircuts, fractions of 2^32; asset 0, the quote, has none.
    pub haircuts: Vec<Rate>,
    /// K pegs; asset 0, the quote, has none.
    pub pegs: Vec<Option<Peg>>,
    /// The chain's share of the fees, as a fraction of 2^32.
    pub protocol_share: Rate,
    /// Largest distance of a clearing price from the mark, as a fraction of 2^32 of the mark.
    pub price_band: Rate,
    /// The same for options, as a fraction of 2^32 of what the lot's underlying is worth, where
    /// that is more.
    pub option_band: Rate,
    /// Largest premium of a perpetual's clearing price over its mark that funding counts, as a
    /// fraction of 2^32 of the mark.
    pub funding_cap: Rate,
    /// The time in which a premium that stays is paid once, in milliseconds.
    pub funding_interval: Millis,
    /// The most that a liquidated account pays to the insurance fund, as a fraction of 2^32 of each
    /// fill's quote amount.
    pub liquidation_rate: Rate,
}

const ONE_RATE: u64 = 1 << FRACTION_BITS;
const ONE_FACTOR: u32 = 1 << FACTOR_BITS;

impl Policy {
    /// The collateral weight of an asset with `decimals` decimals: `price · (1 − haircut) /
    /// 10^decimals`, rounded down, 32.32 quote units per smallest unit; of an asset with a peg, the
    /// price that it counts for. Asset 0 is the quote: exactly one, whatever `price` says.
    ///
    /// Refuses an asset without a haircut, a price that is not below 2^95, more than 18 decimals,
    /// and a weight that would not be below 2^62 without haircut and peg: so a price that fits
    /// under one policy fits under all.
    pub fn collateral_weight(
        &self,
        asset: usize,
        price: IndexPrice,
        decimals: u8,
    ) -> Result<Price, SnapshotError> {
        if asset == 0 {
            return Ok(ONE);
        }
        let haircut = *self
            .haircuts
            .get(asset)
            .ok_or(SnapshotError::Shape("haircuts"))?;
        if price >= 1 << INDEX_PRICE_BITS || decimals > MAX_DECIMALS {
            return Err(SnapshotError::Shape("weights"));
        }
        let units = 10u128.pow(decimals as u32);
        if price / units >= 1 << ROW_VALUE_BITS {
            return Err(SnapshotError::Shape("weights"));
        }
        let peg = self.pegs.get(asset).copied().flatten();
        let price = peg.map_or(price, |peg| peg.counted(price));
        let kept = price * (ONE_RATE - haircut.get() as u64) as u128;
        u64::try_from(kept / (units << FRACTION_BITS)).map_err(|_| SnapshotError::Shape("weights"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::shape::MarketShape;

    #[test]
    fn weights_are_exact_rounded_down_and_bounded() {
        let price = 60_000_000_000u128 << FRACTION_BITS;
        let policy = Policy {
            haircuts: alloc::vec![Rate::new(0), Rate::new(1 << 31), Rate::new(0), Rate::new(0)],
            ..Policy::development(&MarketShape::REFERENCE)
        };
        assert_eq!(policy.collateral_weight(0, 0, 0), Ok(ONE));
        assert_eq!(policy.collateral_weight(1, price, 8), Ok(300 * ONE));
        assert_eq!(
            policy.collateral_weight(2, 19, 1),
            Ok(1),
            "1.9 rounded down"
        );
        for (asset, price, decimals) in [
            (4, ONE as u128, 0),
            (1, 1 << 95, 18),
            (1, 1, 19),
            (1, 1 << 62, 0),
        ] {
            assert!(
                policy.collateral_weight(asset, price, decimals).is_err(),
                "{asset} {price} {decimals}"
            );
        }
    }
}
