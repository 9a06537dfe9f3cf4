//! A venue from stored books, and its books for storage.

use super::state::Venue;
use crate::{config::VenueConfig, error::EngineError, stored::StoredBooks};

impl Venue {
    /// The books after the last built batch, as data.
    pub fn stored(&self) -> StoredBooks {
        self.books().stored()
    }

    /// A venue that continues from stored books. Every owner's key is checked; the caller compares
    /// [`Venue::state_root`] with the chain's.
    pub fn restore(config: VenueConfig, stored: StoredBooks) -> Result<Self, EngineError> {
        let (books, owners) = stored.into_books(&config.shape)?;
        Ok(Self::from_books(config, books, owners))
    }
}
