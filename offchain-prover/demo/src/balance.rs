//! Token balances of the chain's accounts.

use anyhow::{Context, Result};
use codec::Decode;
use subxt::{
    OnlineClient, PolkadotConfig,
    dynamic::{Value, storage},
};

/// Reads balances at the last finalised block.
pub struct Balances {
    api: OnlineClient<PolkadotConfig>,
}

impl Balances {
    /// Connects to a node.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn connect(url: &str) -> Result<Self> {
        let api = OnlineClient::from_insecure_url(url).await;
        Ok(Self {
            api: api.with_context(|| format!("node: {url}"))?,
        })
    }

    /// Returns an account's balance of a token of the assets pallet, in smallest units; 0 if it has
    /// none.
    ///
    /// # Errors
    /// The node does not answer, or its runtime stores balances in another way.
    pub async fn token(&self, token: u32, owner: [u8; 32]) -> Result<u128> {
        let now = self.api.at_current_block().await.context("node")?;
        let account = storage::<(u32, [u8; 32]), Value>("Assets", "Account");
        let stored = now.storage().try_fetch(account, (token, owner)).await;
        let Some(stored) = stored.context("Assets.Account")? else {
            return Ok(0);
        };
        // A stored asset account begins with its balance.
        u128::decode(&mut stored.bytes()).context("Assets.Account")
    }
}
