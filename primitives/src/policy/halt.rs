//! Policies under which nothing can trade, although each of their values is within its bounds.

use super::check::counted_move;
use super::{MarginLevel, ONE_RATE};
use super::{Policy, PositionSide, ProductKind, UnderlyingPolicy};
use crate::fixed::FACTOR_BITS;

/// Two accounts that trade a lot with each other hold two lots, long and short together.
const FIRST_TRADE: u64 = 2;

impl UnderlyingPolicy {
    /// Returns true if no new position in this kind of contract can be opened, or only as in a
    /// market whose feed is halted.
    ///
    /// That is so where a venue may not hold as much as the first trade of one lot makes; and for a
    /// perpetual also where a lot's initial margin, on either side, is all that the lot is worth,
    /// as in [`halted_row`](crate::rows::halted_row). An option's margin depends on its price, and
    /// is not looked at.
    fn is_closed(&self, kind: ProductKind) -> bool {
        let capped = self.terms(kind).open_interest_cap < FIRST_TRADE;
        capped
            || match kind {
                ProductKind::Perpetual => PositionSide::ALL
                    .iter()
                    .any(|side| self.asks_for_all(*side)),
                ProductKind::Option => false,
            }
    }

    /// Returns true if a perpetual's initial margin on one side is its mark or more.
    fn asks_for_all(&self, side: PositionSide) -> bool {
        let against = match side {
            PositionSide::Long => -1,
            PositionSide::Short => 1,
        };
        let scenarios = self.scenarios.iter();
        let moves = scenarios
            .filter(|s| s.price_shock.signum() == against)
            .map(counted_move);
        let scan = u128::from(moves.max().unwrap_or(0)) * u128::from(self.initial_factor.get());
        let charge = self.charges.rate(MarginLevel::Initial, side);
        scan + (u128::from(charge.get()) << FACTOR_BITS) >= u128::from(ONE_RATE) << FACTOR_BITS
    }
}

impl Policy {
    /// Returns true if this kind of contract is closed on every underlying.
    fn is_closed(&self, kind: ProductKind) -> bool {
        self.underlyings.iter().all(|u| u.is_closed(kind))
    }

    /// The kind of contract, if there is one, that trades on some underlying under this policy and
    /// on none under `after`.
    pub fn halted_by(&self, after: &Self) -> Option<ProductKind> {
        let halts = |kind: &ProductKind| after.is_closed(*kind) && !self.is_closed(*kind);
        ProductKind::ALL.into_iter().find(halts)
    }
}

#[cfg(test)]
mod tests;
