//! The task that brings proven batches to the chain, in order, each until it is final or can never be.

use super::{error::OperatorError, figures::Settlement, store::Proven, venue_task::Notice};
use clearproof_client::chain::{Chain, ChainError, calls};
use clearproof_primitives::{batch::BatchHeader, chain::BatchView};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use subxt_signer::sr25519::Keypair;
use tokio::{
    sync::{mpsc, oneshot},
    time::sleep,
};

/// First wait before a batch is tried again; doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(3);
/// Longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Refused batches in a row after which the operator stops: building the same again would not help.
const MOST_REFUSALS: u32 = 3;
/// Refusals that pass, by time or by somebody's action, and those where another look at the chain decides.
const PASSING: [&str; 6] = [
    "UnknownVenue",
    "VenuePaused",
    "NotOperator",
    "TimeSpanInFuture",
    "WrongBatchNumber",
    "StaleRoot",
];

/// A proven batch on its way.
#[derive(Debug)]
pub struct Submission {
    /// Roll-backs before it was closed.
    pub epoch: u64,
    /// The batch.
    pub proven: Arc<Proven>,
}

/// The task's means.
pub struct Settler {
    /// The chain.
    pub chain: Chain,
    /// Who submits.
    pub signer: Keypair,
    /// Batches in order.
    pub submissions: mpsc::UnboundedReceiver<Submission>,
    /// Where outcomes go.
    pub notices: mpsc::Sender<Notice>,
    /// Counts roll-backs.
    pub epoch: Arc<AtomicU64>,
}

/// What became of an attempt.
#[derive(Debug)]
enum Attempt {
    /// The batch is final.
    Settled(Settlement),
    /// Worth another attempt.
    Later(String),
    /// The node was lost; worth another attempt as soon as it is back.
    Lost(String),
    /// The batch can never settle.
    Never(String),
}

/// Whether a batch that was refused like this may settle later as it is.
fn passes(pallet: &str, error: &str) -> bool {
    // Other pallets refuse for lack of fees or by a filter, not because of what the batch says.
    !matches!(pallet, "Settlement" | "Custody") || PASSING.contains(&error)
}

impl Settler {
    /// Runs until the venue's task ends.
    pub async fn run(mut self) -> Result<(), OperatorError> {
        let mut refusals = 0;
        while let Some(Submission { epoch, proven }) = self.submissions.recv().await {
            if epoch != self.epoch.load(Ordering::SeqCst) {
                continue;
            }
            let number = proven.batch.header.number;
            let (done, wait) = oneshot::channel();
            let notice = match self.settle(&proven).await? {
                Ok(settlement) => {
                    refusals = 0;
                    Notice::Settled(number, settlement, done)
                }
                Err(reason) => {
                    refusals += 1;
                    Notice::Refused(number, reason, done)
                }
            };
            let reason = match &notice {
                Notice::Refused(_, reason, _) => reason.clone(),
                _ => String::new(),
            };
            if self.notices.send(notice).await.is_err() || wait.await.is_err() {
                return Ok(());
            }
            if refusals >= MOST_REFUSALS {
                return Err(OperatorError::Refused {
                    count: refusals,
                    number,
                    reason,
                });
            }
        }
        Ok(())
    }

    /// Tries until the batch is final, or answers why it never can be.
    async fn settle(&self, proven: &Proven) -> Result<Result<Settlement, String>, OperatorError> {
        let number = proven.batch.header.number;
        let mut pause = FIRST_WAIT;
        loop {
            match self.attempt(proven).await? {
                Attempt::Settled(settlement) => {
                    let (bytes, ref_time, fee) = settlement.cost.unwrap_or_default();
                    let block = settlement.block;
                    tracing::info!(%number, block, bytes, ref_time, fee, "batch settled");
                    return Ok(Ok(settlement));
                }
                Attempt::Never(reason) => {
                    tracing::error!(%number, reason, "batch refused for good");
                    return Ok(Err(reason));
                }
                Attempt::Lost(reason) => {
                    tracing::warn!(
                        %number,
                        reason,
                        "batch not settled yet, waiting for the node"
                    );
                    sleep(FIRST_WAIT).await;
                    self.chain.next_finalized(0).await?;
                }
                Attempt::Later(reason) => {
                    let seconds = pause.as_secs();
                    tracing::warn!(
                        %number,
                        reason,
                        seconds,
                        "batch not settled yet, trying again"
                    );
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_WAIT);
                }
            }
        }
    }

    /// One attempt; looks first, as an earlier one may have got through unseen.
    async fn attempt(&self, proven: &Proven) -> Result<Attempt, OperatorError> {
        match self.look(&proven.batch.header).await {
            Ok(None) => {}
            Ok(Some(attempt)) => return Ok(attempt),
            Err(OperatorError::Chain(ChainError::Node(error))) => return Ok(Attempt::Lost(error)),
            Err(error) => return Err(error),
        }
        let call = calls::submit_batch(&proven.batch);
        Ok(match self.chain.submit(&self.signer, &call).await {
            Ok(included) => Attempt::Settled(Settlement::from(&included)),
            Err(ChainError::Refused {
                pallet,
                error,
                text,
            }) => {
                let reason = format!("{pallet}.{error}: {text}");
                match passes(&pallet, &error) {
                    true => Attempt::Later(reason),
                    false => Attempt::Never(reason),
                }
            }
            Err(ChainError::Node(error)) => Attempt::Lost(error),
            Err(error @ (ChainError::Invalid(_) | ChainError::Dropped(_))) => {
                Attempt::Later(error.to_string())
            }
            Err(error) => return Err(error.into()),
        })
    }

    /// Where the chain is: `None` if the batch is the next one.
    async fn look(&self, header: &BatchHeader) -> Result<Option<Attempt>, OperatorError> {
        let (venue, number) = (header.venue, header.number);
        let Some(view) = self.chain.venue(venue).await? else {
            let reason = format!("the node does not know venue {venue} yet");
            return Ok(Some(Attempt::Later(reason)));
        };
        let diverged = |root: String| {
            OperatorError::Diverged(format!(
                "batch {number}: the chain's state root is {root}, so another operator settled batches of venue {venue}; \
                 one venue needs one database"
            ))
        };
        if view.batches >= number {
            // Forgotten batches cannot be compared, but the operator does not fall so far behind.
            let settled = self.chain.batch(venue, number).await?;
            return match settled {
                Some(BatchView {
                    state_root, block, ..
                }) if state_root == header.new_root => {
                    let settlement = Settlement { block, cost: None };
                    Ok(Some(Attempt::Settled(settlement)))
                }
                other => {
                    Err(diverged(other.map_or("unknown".into(), |batch| {
                        batch.state_root.to_string()
                    })))
                }
            };
        }
        if view.batches.next() < number {
            let reason = format!("the node has settled {} batches so far", view.batches);
            return Ok(Some(Attempt::Later(reason)));
        }
        if view.state_root != header.old_root {
            return Err(diverged(view.state_root.to_string()));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::passes;

    #[test]
    fn what_time_or_people_mend_is_tried_again_and_the_rest_is_not() {
        for error in ["VenuePaused", "TimeSpanInFuture", "StaleRoot"] {
            assert!(passes("Settlement", error), "{error}");
        }
        for error in [
            "TimeSpanTooOld",
            "SnapshotTooOld",
            "UnknownSnapshot",
            "ProofRejected",
        ] {
            assert!(!passes("Settlement", error), "{error}");
        }
        assert!(!passes("Custody", "DepositCursorMismatch"));
        assert!(passes("System", "BadOrigin"));
    }
}
