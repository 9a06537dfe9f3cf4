//! Withdrawals that could not be paid, and wait for their recipient's claim.

use super::{ANSWER_TIMEOUT, Chain, ChainError};
use clearproof_primitives::ids::VenueId;
use codec::DecodeAll;
use subxt::dynamic::{self, Value};

/// Pallet and storage map of the claims, by venue, recipient and asset.
const CLAIMS: (&str, &str) = ("Custody", "Claimable");

impl Chain {
    /// Returns the smallest units of an asset that a venue's custody keeps for an account: a
    /// withdrawal that could not be paid. [`claim`](super::calls::claim) pays it.
    ///
    /// # Errors
    /// As [`Chain::venue`]; and [`ChainError::Missing`] if the runtime keeps no claims.
    pub async fn claimable(
        &self,
        venue: VenueId,
        account: [u8; 32],
        asset: u8,
    ) -> Result<u64, ChainError> {
        self.exchange(ANSWER_TIMEOUT, async {
            let address = dynamic::storage::<(Value, Value, Value), Value>(CLAIMS.0, CLAIMS.1);
            let now = self.now().await?;
            let keys = (
                Value::u128(venue.get().into()),
                Value::from_bytes(account),
                Value::u128(asset.into()),
            );
            let stored = now.storage().entry(address)?.try_fetch(keys).await?;
            stored.map_or(Ok(0), |value| {
                u64::decode_all(&mut value.bytes()).map_err(|error| ChainError::Decode {
                    what: format!("{}.{}", CLAIMS.0, CLAIMS.1),
                    error,
                })
            })
        })
        .await
    }
}
