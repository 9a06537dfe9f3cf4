//! The operator's settings.

use super::error::OperatorError;
use clearproof_client::chain::Constants;
use clearproof_groth16::{BackendKind, Progress};
use clearproof_primitives::{ids::VenueId, time::Millis};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use subxt_signer::sr25519::Keypair;

/// The settings that an operator is started with.
#[derive(Clone)]
pub struct Config {
    /// URL of the node, `ws://` or `wss://`.
    pub node: String,
    /// The venue.
    pub venue: VenueId,
    /// Account that submits batches; one of the venue's operators.
    pub signer: Keypair,
    /// Folder of the database.
    pub data: PathBuf,
    /// Address that traders connect to.
    pub listen: SocketAddr,
    /// Address at which metrics are served, if they are.
    pub metrics: Option<SocketAddr>,
    /// Folder of the proving keys.
    pub keys: PathBuf,
    /// The backend that proves.
    pub backend: BackendKind,
    /// Shows the progress of loading and making keys.
    pub progress: Arc<dyn Progress>,
    /// The times and limits of auctions and batches.
    pub timing: Timing,
}

/// The times and limits of auctions and batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From one auction to the next, milliseconds; 100 to 1,000.
    pub auction_interval_ms: Millis,
    /// A batch is closed this long after its first account step, milliseconds; at least an auction.
    pub batch_ms: Millis,
    /// A batch is closed when it has this many account steps, or when the chain would take no more;
    /// 1 to 4,096.
    pub batch_steps: usize,
    /// Closed batches that may wait for proof and finality before trading pauses; 1 to 64.
    pub max_pending: usize,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            auction_interval_ms: Millis::new(500),
            batch_ms: Millis::new(15_000),
            batch_steps: 99,
            max_pending: 8,
        }
    }
}

impl Timing {
    /// Checks every setting against its limits.
    pub fn check(&self) -> Result<(), OperatorError> {
        let require = |ok: bool, name, given, limit| {
            let error = OperatorError::Setting { name, given, limit };
            if ok { Ok(()) } else { Err(error) }
        };
        let (auctions, batch) = (self.auction_interval_ms.get(), self.batch_ms.get());
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
        )
    }

    /// Time from one auction to the next.
    pub(super) fn auction_interval(&self) -> Duration {
        self.auction_interval_ms.as_duration()
    }
}

/// Milliseconds at the grace's end that are not used: a snapshot can come a little before its time.
const MARGIN_MS: Millis = Millis::new(3_000);

/// The times of the chain's snapshots: constants of its runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotTiming {
    /// Time from one snapshot of the chain to the next, milliseconds.
    pub interval_ms: Millis,
    /// Time after the next snapshot for which the chain lets auctions use the last one,
    /// milliseconds.
    pub grace_ms: Millis,
}

impl SnapshotTiming {
    /// Returns the time after it was taken for which a snapshot may be used, milliseconds.
    pub(super) fn usable_ms(&self) -> Millis {
        (self.interval_ms.saturating_add(self.grace_ms)).saturating_sub(MARGIN_MS)
    }
}

impl From<&Constants> for SnapshotTiming {
    fn from(constants: &Constants) -> Self {
        Self {
            interval_ms: constants.snapshot_interval_ms,
            grace_ms: constants.snapshot_grace_ms,
        }
    }
}
