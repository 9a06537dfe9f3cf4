//! A node's answers about blocks, its own and those of other nodes.

use anyhow::{Context, Result};
use clearproof_primitives::{chain::VenueView, ids::VenueId};
use codec::{DecodeAll, Encode};
use jsonrpsee::{
    core::client::ClientT,
    rpc_params,
    ws_client::{WsClient, WsClientBuilder},
};
use serde::Deserialize;
use std::time::Duration;

/// Longest wait for a connection or an answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A connection to a node.
pub struct Node(WsClient);

/// A block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The block's number.
    pub number: u32,
    /// The block's hash, as hexadecimal digits.
    pub hash: String,
    /// The root of the state after the block, as hexadecimal digits.
    pub state_root: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    number: String,
    state_root: String,
}

impl Node {
    /// Connects to a node.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn connect(url: &str) -> Result<Self> {
        let client = WsClientBuilder::new()
            .connection_timeout(TIMEOUT)
            .request_timeout(TIMEOUT)
            .build(url)
            .await;
        Ok(Self(client.with_context(|| url.to_string())?))
    }

    /// Returns the block at a height of the best chain, or the best block.
    ///
    /// # Errors
    /// The node has no such block.
    pub async fn block(&self, number: Option<u32>) -> Result<Block> {
        let hash: Option<String> = self
            .0
            .request("chain_getBlockHash", rpc_params![number])
            .await?;
        let hash = hash.with_context(|| format!("no block {number:?}"))?;
        let header: Option<Header> = self
            .0
            .request("chain_getHeader", rpc_params![&hash])
            .await?;
        let header = header.with_context(|| format!("no header of {hash}"))?;
        let digits = header.number.trim_start_matches("0x");
        Ok(Block {
            number: u32::from_str_radix(digits, 16).context("block number")?,
            hash,
            state_root: header.state_root,
        })
    }

    /// Returns a venue after a block, computed by this node from its own state.
    ///
    /// # Errors
    /// The node does not have that state, or the chain has no such venue.
    pub async fn venue(&self, venue: VenueId, block: &Block) -> Result<VenueView<[u8; 32]>> {
        let argument = format!("0x{}", hex::encode(venue.encode()));
        let parameters = rpc_params!["ClearproofApi_venue", argument, &block.hash];
        let answer: String = self.0.request("state_call", parameters).await?;
        let bytes = hex::decode(answer.trim_start_matches("0x")).context("answer")?;
        let view = Option::<VenueView<[u8; 32]>>::decode_all(&mut &bytes[..]).context("answer")?;
        view.with_context(|| format!("no venue {venue} at block {}", block.number))
    }

    /// Returns the number of peers that the node is connected to.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn peers(&self) -> Result<usize> {
        #[derive(Deserialize)]
        struct Health {
            peers: usize,
        }
        let health: Health = self.0.request("system_health", rpc_params![]).await?;
        Ok(health.peers)
    }
}
