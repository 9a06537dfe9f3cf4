//! Parts that the traders of the demonstration play.

/// Steps of size beyond which an account only reduces its position.
pub const MAX_STEPS: u64 = 40;

/// The behaviour of a trader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Quotes both sides.
    Maker,
    /// Crosses the spread.
    Taker,
    /// Buys as much as margin allows, and holds it.
    Bold,
}
