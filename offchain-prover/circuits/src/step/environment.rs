//! The environment that all steps of a chunk share.

use crate::{accrual::Funding, header::HeaderVars, market::Market, r1cs::Num};
use clearproof_primitives::{batch::PriceEntry, shape::Shape};

/// The environment that all steps of a chunk share.
pub struct StepEnvironment<'a> {
    /// Shape of the venue.
    pub shape: &'a Shape,
    /// The header.
    pub header: &'a HeaderVars,
    /// The snapshot.
    pub market: &'a Market,
    /// The funding indices in force.
    pub funding: &'a Funding,
    /// E packed price entries.
    pub entries: &'a [Num],
    /// Their values, for hints.
    pub native_entries: &'a [PriceEntry],
}
