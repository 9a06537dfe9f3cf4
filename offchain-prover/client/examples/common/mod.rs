//! Steps that several examples have in common.

use anyhow::Result;
use clearproof_client::{Trader, VenueClient};
use std::time::Duration;
use tokio::time::sleep;

/// Pause before the operator or the chain is asked again.
pub const RETRY: Duration = Duration::from_secs(1);

/// Sets the account's viewing key, which blinds its leaf, if it has none.
///
/// While no batch is open, the operator refuses by a name that asks for another attempt.
pub async fn set_viewing_key(client: &VenueClient, trader: &Trader) -> Result<()> {
    loop {
        match client.ensure_viewing_key(trader).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_passing() => sleep(RETRY).await,
            Err(error) => return Err(error.into()),
        }
    }
}
