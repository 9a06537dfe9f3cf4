//! The configuration of a venue.

use clearproof_primitives::{field::Fr, ids::VenueId, shape::Shape};

/// The part of a venue that never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueConfig {
    /// Shape of its circuits.
    pub shape: Shape,
    /// Its id on the chain.
    pub id: VenueId,
    /// Genesis field of the chain.
    pub genesis: Fr,
}
