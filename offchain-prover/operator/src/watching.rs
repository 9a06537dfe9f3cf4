//! The task that follows the chain and reports final snapshots and deposits to the venue.

use super::{error::OperatorError, messages::Notice};
use clearproof_client::chain::{Chain, ChainError};
use clearproof_primitives::ids::{SnapshotNumber, VenueId};
use std::time::Duration;
use tokio::{sync::mpsc, time::sleep};

/// Wait before a failed query of the chain is repeated.
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// Follows the chain for a venue.
pub struct Watcher {
    /// The chain.
    pub chain: Chain,
    /// The venue.
    pub venue: VenueId,
    /// Index of the first deposit that has not been reported.
    pub next_deposit: u64,
    /// Receives the reports.
    pub notices: mpsc::Sender<Notice>,
}

impl Watcher {
    /// Reads the chain at every final block that it receives, until the venue's task ends.
    pub async fn run(mut self) -> Result<(), OperatorError> {
        let (mut block, mut snapshot, mut failing) = (0, SnapshotNumber::default(), false);
        while !self.notices.is_closed() {
            match self.read_chain(&mut snapshot).await {
                Ok(()) => {
                    failing = false;
                    block = self.chain.next_finalized(block).await?;
                }
                // The client connects again with the next exchange.
                Err(ChainError::Node(error)) => {
                    if !failing {
                        tracing::warn!(error, "cannot look at the chain, trying again");
                    }
                    failing = true;
                    sleep(RETRY_WAIT).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn read_chain(&mut self, snapshot: &mut SnapshotNumber) -> Result<(), ChainError> {
        loop {
            let deposits = self
                .chain
                .queued_deposits(self.venue, self.next_deposit)
                .await?;
            let Some((last, _)) = deposits.last() else {
                break;
            };
            tracing::info!(count = deposits.len(), last, "deposits in the queue");
            self.next_deposit = last + 1;
            self.send(Notice::Deposits(deposits)).await;
        }
        let Some(view) = self.chain.snapshot(None).await? else {
            return Ok(());
        };
        if view.snapshot.number > *snapshot {
            let instruments = self.chain.instruments().await?;
            *snapshot = view.snapshot.number;
            tracing::debug!(number = %*snapshot, "snapshot");
            let market = Notice::Market {
                snapshot: Box::new(view),
                instruments,
            };
            self.send(market).await;
        }
        Ok(())
    }

    /// Sends a notice. It is lost if the venue's task has ended, which [`Self::run`] notices.
    async fn send(&self, notice: Notice) {
        let _ = self.notices.send(notice).await;
    }
}
