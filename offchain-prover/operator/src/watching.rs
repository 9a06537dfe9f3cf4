//! The task that follows the chain: final snapshots and deposits, told to the venue.

use super::{error::OperatorError, venue_task::Notice};
use clearproof_client::chain::{Chain, ChainError};
use clearproof_primitives::ids::{SnapshotNumber, VenueId};
use std::time::Duration;
use tokio::{sync::mpsc, time::sleep};

/// Wait before a failed look is repeated.
const PAUSE: Duration = Duration::from_secs(1);

/// What is known already.
pub struct Watcher {
    /// The chain.
    pub chain: Chain,
    /// The venue.
    pub venue: VenueId,
    /// Index of the first deposit that is not known.
    pub next_deposit: u64,
    /// Where news goes.
    pub notices: mpsc::Sender<Notice>,
}

impl Watcher {
    /// Looks at every final block that it gets to see, until the venue's task ends.
    pub async fn run(mut self) -> Result<(), OperatorError> {
        let (mut block, mut snapshot, mut failing) = (0, SnapshotNumber::default(), false);
        while !self.notices.is_closed() {
            match self.look(&mut snapshot).await {
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
                    sleep(PAUSE).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn look(&mut self, snapshot: &mut SnapshotNumber) -> Result<(), ChainError> {
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
            self.tell(Notice::Deposits(deposits)).await;
        }
        let Some(view) = self.chain.snapshot(None).await? else {
            return Ok(());
        };
        if view.snapshot.number > *snapshot {
            let instruments = self.chain.instruments().await?;
            *snapshot = view.snapshot.number;
            tracing::debug!(number = %*snapshot, "snapshot");
            self.tell(Notice::Market(Box::new(view), instruments)).await;
        }
        Ok(())
    }

    /// Nobody hears it if the venue's task has ended, which [`Self::run`] notices.
    async fn tell(&self, notice: Notice) {
        let _ = self.notices.send(notice).await;
    }
}
