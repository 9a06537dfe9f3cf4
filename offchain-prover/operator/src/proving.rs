//! The prover's thread: proves closed batches one after the other, while the venue goes on trading.

use super::{
    channels::WorkerEnds,
    error::OperatorError,
    figures::BatchFigures,
    keys::Keys,
    messages::{Notice, ProofJob},
    metrics::Metrics,
    store::Proven,
    thread,
};
use clearproof_engine::ClosedBatch;
use clearproof_primitives::{
    ids::BatchNumber,
    submission::{Batch, ChunkSubmission},
    time::Millis,
};
use clearproof_proving::{BatchProver, ProvenBatch};
use std::{sync::mpsc::Receiver, time::Duration};
use tokio::sync::mpsc::Sender;

/// The prover.
pub struct Worker {
    /// Proving keys.
    pub keys: Keys,
    /// The batch after the last settled one: its keys are loaded at once.
    pub next: BatchNumber,
    /// The prover's channels.
    pub ends: WorkerEnds<Receiver<ProofJob>>,
    /// The operator's metrics, which count what each backend does.
    pub metrics: Metrics,
}

/// Returns a batch in the form that the chain accepts.
pub fn submission(closed: &ClosedBatch, proven: &ProvenBatch) -> Result<Batch, OperatorError> {
    let limit = |what: &str| OperatorError::Prover(format!("{what}: more than the chain takes"));
    let missing = || OperatorError::Prover("boundaries: fewer than chunks".into());
    let (first, rest) = proven.boundaries.split_first().ok_or_else(missing)?;
    let parts = closed
        .witness
        .chunks
        .iter()
        .zip(&proven.chunk_proofs)
        .zip(rest);
    let chunks = parts
        .map(|((chunk, proof), boundary)| {
            Ok(ChunkSubmission {
                prices: chunk
                    .entries
                    .clone()
                    .try_into()
                    .map_err(|_| limit("prices"))?,
                boundary_after: *boundary,
                proof: *proof,
            })
        })
        .collect::<Result<Vec<_>, OperatorError>>()?;
    Ok(Batch {
        header: closed.witness.header.clone(),
        first_boundary: *first,
        chunks: chunks.try_into().map_err(|_| limit("chunks"))?,
        withdrawals: closed
            .withdrawals
            .clone()
            .try_into()
            .map_err(|_| limit("withdrawals"))?,
        closing_proof: proven.closing_proof,
        open_interest: closed
            .witness
            .closing
            .ledger_after
            .open_interest
            .clone()
            .try_into()
            .map_err(|_| limit("open_interest"))?,
    })
}

impl Worker {
    /// Starts the thread. It ends by itself once the venue has ended. A proof in progress then runs
    /// to its end, or ends with the process.
    pub fn spawn(self) -> std::io::Result<()> {
        let notices = self.ends.notices.clone();
        let work = move |_: &Sender<Notice>| self.work();
        thread::spawn("prover", "the prover's thread", notices, work)
    }

    fn work(mut self) -> Result<(), OperatorError> {
        let WorkerEnds {
            jobs,
            notices,
            epoch,
        } = self.ends;
        let given_up = || notices.is_closed();
        self.keys.prover(self.next, given_up)?;
        for job in jobs {
            if given_up() {
                break;
            }
            if job.epoch == epoch.current() {
                let Some(prover) = self.keys.prover(job.figures.number, given_up)? else {
                    break;
                };
                let proven = prove(prover, job, &self.metrics)?;
                let proven = Notice::Proven(Box::new(proven));
                if notices.blocking_send(proven).is_err() {
                    break;
                }
            }
        }
        Ok(())
    }
}

fn prove(prover: &BatchProver, job: ProofJob, metrics: &Metrics) -> Result<Proven, OperatorError> {
    let number = job.figures.number;
    let proofs = prover.prove(&job.batch, |done, total| {
        tracing::info!(%number, done, total, "proof made");
        metrics.record_backends(&prover.backends().counts());
    });
    let proofs = proofs
        .map_err(|e| OperatorError::Prover(format!("batch {number} cannot be proven: {e:#}")))?;
    let reports = &proofs.reports;
    let witness: Duration = reports.iter().map(|report| report.witness).sum();
    let proving: Duration = reports.iter().map(|report| report.proving).sum();
    let constraints = reports.iter().map(|report| report.constraints as u64).sum();
    let figures = BatchFigures {
        constraints,
        witness_ms: Millis::of(witness),
        proving_ms: Millis::of(proving),
        ..job.figures
    };
    tracing::info!(
        %number,
        chunks = figures.chunks,
        constraints,
        witness_ms = figures.witness_ms.get(),
        proving_ms = figures.proving_ms.get(),
        "batch proven"
    );
    Ok(Proven {
        batch: submission(&job.batch, &proofs)?,
        figures,
    })
}
