//! The properties of a venue that never change.

use clearproof_primitives::{ids::VenueId, shape::Shape};

/// Identifies a venue: everything that signatures for it are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Hash of the chain's genesis block.
    pub genesis: [u8; 32],
    /// Number of the venue.
    pub venue: VenueId,
    /// Shape of its circuits.
    pub shape: Shape,
}
