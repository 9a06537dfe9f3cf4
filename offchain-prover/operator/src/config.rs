//! The operator's settings.

use super::error::OperatorError;
use clearproof_groth16::{BackendKind, Progress};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use subxt_signer::sr25519::Keypair;

/// What an operator is started with.
#[derive(Clone)]
pub struct Config {
    /// The node, `ws://` or `wss://`.
    pub node: String,
    /// The venue.
    pub venue: u32,
    /// Account that submits batches; one of the venue's operators.
    pub signer: Keypair,
    /// Folder of the database.
    pub data: PathBuf,
    /// Where traders connect.
    pub listen: SocketAddr,
    /// Where metrics are told, if they are.
    pub metrics: Option<SocketAddr>,
    /// Folder of the proving keys.
    pub keys: PathBuf,
    /// What proves.
    pub backend: BackendKind,
    /// Shows the progress of loading and making keys.
    pub progress: Arc<dyn Progress>,
    /// When what happens.
    pub timing: Timing,
}

/// When what happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From one auction to the next, milliseconds; 100 to 1,000.
    pub auction_interval_ms: u64,
    /// A batch is closed this long after its first account step, milliseconds; at least an auction.
    pub batch_ms: u64,
    /// A batch is closed when it has this many account steps, or when the chain would take no more; 1 to 4,096.
    pub batch_steps: usize,
    /// Closed batches that may wait for proof and finality before trading pauses; 1 to 64.
    pub max_pending: usize,
    /// From one snapshot of the chain to the next, milliseconds.
    pub snapshot_ms: u64,
    /// How long after the next snapshot the chain lets auctions use the last one, milliseconds; at least 3,000.
    pub grace_ms: u64,
}

/// Kept from the grace: a snapshot can come a little before its time.
const MARGIN_MS: u64 = 3_000;

impl Default for Timing {
    fn default() -> Self {
        Self {
            auction_interval_ms: 500,
            batch_ms: 15_000,
            batch_steps: 104,
            max_pending: 8,
            snapshot_ms: 30_000,
            grace_ms: 15_000,
        }
    }
}

impl Timing {
    /// Every setting against its limits.
    pub fn check(&self) -> Result<(), OperatorError> {
        let require = |ok: bool, name, given, limit| {
            let error = OperatorError::Setting { name, given, limit };
            if ok { Ok(()) } else { Err(error) }
        };
        let (auctions, batch) = (self.auction_interval_ms, self.batch_ms);
        let (steps, pending) = (self.batch_steps as u64, self.max_pending as u64);
        require(
            (100..=1_000).contains(&auctions),
            "auction-interval-ms",
            auctions,
            "100 to 1,000",
        )?;
        require(
            (auctions..=3_600_000).contains(&batch),
            "batch-ms",
            batch,
            "at least auction-interval-ms and at most an hour",
        )?;
        require(
            (1..=4_096).contains(&steps),
            "batch-steps",
            steps,
            "1 to 4,096",
        )?;
        require(
            (1..=64).contains(&pending),
            "max-pending",
            pending,
            "1 to 64",
        )?;
        require(
            (1_000..=86_400_000).contains(&self.snapshot_ms),
            "snapshot-ms",
            self.snapshot_ms,
            "a second to a day",
        )?;
        require(
            (MARGIN_MS..=86_400_000).contains(&self.grace_ms),
            "grace-ms",
            self.grace_ms,
            "3,000 ms to a day",
        )
    }

    /// How long after it was taken a snapshot may be used, milliseconds.
    pub(super) fn snapshot_use(&self) -> u64 {
        (self.snapshot_ms + self.grace_ms).saturating_sub(MARGIN_MS)
    }

    /// From one auction to the next.
    pub(super) fn auction_interval(&self) -> Duration {
        Duration::from_millis(self.auction_interval_ms)
    }
}
