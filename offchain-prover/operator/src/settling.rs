//! The task that submits proven batches to the chain, in order, each until it is final or can never
//! be.

use super::{
    channels::WorkerEnds,
    error::OperatorError,
    figures::Settlement,
    messages::{Notice, Submission},
    store::Proven,
};
use clearproof_client::chain::{Chain, ChainError, calls};
use clearproof_primitives::{
    batch::BatchHeader,
    chain::{BatchView, VenueView},
};
use std::time::Duration;
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
const MAX_REFUSALS: u32 = 3;
/// Refusals that time or an action of a person ends, and those where another look at the chain
/// decides.
const TEMPORARY: [&str; 6] = [
    "UnknownVenue",
    "VenuePaused",
    "NotOperator",
    "TimeSpanInFuture",
    "WrongBatchNumber",
    "StaleRoot",
];

/// The task that settles.
pub struct Settler {
    /// The chain.
    pub chain: Chain,
    /// Signs the submissions.
    pub signer: Keypair,
    /// The task's channels.
    pub ends: WorkerEnds<mpsc::UnboundedReceiver<Submission>>,
}

/// The result of an attempt.
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

/// Returns true if a batch that was refused with this error may settle later without a change.
fn is_temporary(pallet: &str, error: &str) -> bool {
    // Other pallets refuse for lack of fees or by a filter, not because of the batch's content.
    !matches!(pallet, "Settlement" | "Custody") || TEMPORARY.contains(&error)
}

impl Settler {
    /// Runs until the venue's task ends.
    pub async fn run(mut self) -> Result<(), OperatorError> {
        let mut refusals = 0;
        while let Some(Submission { epoch, proven }) = self.ends.jobs.recv().await {
            if epoch != self.ends.epoch.current() {
                continue;
            }
            let number = proven.batch.header.number;
            let (done, wait) = oneshot::channel();
            let mut refusal = None;
            let notice = match self.settle(&proven).await? {
                Ok(settlement) => {
                    refusals = 0;
                    Notice::Settled {
                        number,
                        settlement,
                        done,
                    }
                }
                Err(reason) => {
                    refusals += 1;
                    refusal = Some(reason.clone());
                    Notice::Refused {
                        number,
                        reason,
                        done,
                    }
                }
            };
            if self.ends.notices.send(notice).await.is_err() || wait.await.is_err() {
                return Ok(());
            }
            if let Some(reason) = refusal.filter(|_| refusals >= MAX_REFUSALS) {
                return Err(OperatorError::Refused {
                    count: refusals,
                    number,
                    reason,
                });
            }
        }
        Ok(())
    }

    /// Tries until the batch is final. Returns the chain's reason if it never can be.
    async fn settle(&self, proven: &Proven) -> Result<Result<Settlement, String>, OperatorError> {
        let number = proven.batch.header.number;
        let mut pause = FIRST_WAIT;
        loop {
            match self.attempt(proven).await? {
                Attempt::Settled(settlement) => {
                    let cost = settlement.cost.unwrap_or_default();
                    tracing::info!(
                        %number,
                        block = settlement.block,
                        bytes = cost.bytes,
                        ref_time = cost.ref_time,
                        fee = cost.fee,
                        "batch settled"
                    );
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

    /// Makes one attempt. Reads the chain first, as an earlier attempt may have got through unseen.
    async fn attempt(&self, proven: &Proven) -> Result<Attempt, OperatorError> {
        match self.check_chain(&proven.batch.header).await {
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
                match is_temporary(&pallet, &error) {
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

    /// Compares the chain with a batch. Returns `None` if the batch is the next one.
    async fn check_chain(&self, header: &BatchHeader) -> Result<Option<Attempt>, OperatorError> {
        let (venue, number) = (header.venue, header.number);
        let Some(view) = self.chain.venue(venue).await? else {
            let reason = format!("the node does not know venue {venue} yet");
            return Ok(Some(Attempt::Later(reason)));
        };
        if view.batches >= number {
            // Old batches that the chain forgot cannot be compared, but the operator does not fall
            // that far behind.
            let settled = self.chain.batch(venue, number).await?;
            return match settled {
                Some(BatchView {
                    state_root, block, ..
                }) if state_root == header.new_root => {
                    let settlement = Settlement { block, cost: None };
                    Ok(Some(Attempt::Settled(settlement)))
                }
                other => {
                    let root = other.map(|batch| batch.state_root.to_string());
                    Err(diverged(header, root.as_deref().unwrap_or("unknown")))
                }
            };
        }
        next_batch(&view, header)
    }
}

/// Checks that a batch is the chain's next one, if the chain has not settled it.
fn next_batch(
    view: &VenueView<[u8; 32]>,
    header: &BatchHeader,
) -> Result<Option<Attempt>, OperatorError> {
    if view.batches.next() < header.number {
        let reason = format!("the node has settled {} batches so far", view.batches);
        return Ok(Some(Attempt::Later(reason)));
    }
    if view.state_root != header.old_root {
        return Err(diverged(header, &view.state_root.to_string()));
    }
    Ok(None)
}

fn diverged(header: &BatchHeader, root: &str) -> OperatorError {
    let BatchHeader { number, venue, .. } = header;
    OperatorError::Diverged(format!(
        "batch {number}: the chain's state root is {root}, so another operator settled batches of \
         venue {venue}; one venue needs one database"
    ))
}

#[cfg(test)]
mod tests {
    use super::is_temporary;

    #[test]
    fn refusals_that_time_or_people_end_are_tried_again_and_the_rest_is_not() {
        for error in ["VenuePaused", "TimeSpanInFuture", "StaleRoot"] {
            assert!(is_temporary("Settlement", error), "{error}");
        }
        for error in [
            "TimeSpanTooOld",
            "SnapshotTooOld",
            "UnknownSnapshot",
            "ProofRejected",
        ] {
            assert!(!is_temporary("Settlement", error), "{error}");
        }
        assert!(!is_temporary("Custody", "DepositCursorMismatch"));
        assert!(is_temporary("System", "BadOrigin"));
    }
}
