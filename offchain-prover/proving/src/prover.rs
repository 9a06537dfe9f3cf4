//! Proves the batches of one shape.

use super::{circuits::circuits, witness::Witness};
use anyhow::{Context, Result};
use clearproof_circuits::{chunk::chunk, closing::closing};
use clearproof_engine::ClosedBatch;
use clearproof_groth16::{
    BackendKind, Backends, Circuit, KeyStore, Origin, PROOF_BYTES, Progress, ProofMeta, Prove,
    ProvingKey, Silent,
};
use clearproof_primitives::{field::FieldBytes, shape::Shape, witness::BatchWitness};
use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

/// Proves batches of one shape.
#[derive(Clone)]
pub struct BatchProver {
    shape: Shape,
    backends: Arc<Backends>,
    chunk: Arc<dyn Prove>,
    closing: Arc<dyn Prove>,
}

/// The cost of one proof.
#[derive(Clone, Debug)]
pub struct ProofReport {
    /// Name of the circuit.
    pub circuit: &'static str,
    /// Constraints.
    pub constraints: usize,
    /// Time to compute the witness, on another thread while the previous proof was made.
    pub witness: Duration,
    /// Time that the prover waited for the witness.
    pub waited: Duration,
    /// Time to prove and verify.
    pub proving: Duration,
    /// The prover's own report.
    pub meta: ProofMeta,
}

/// All proofs of a batch.
#[derive(Clone, Debug)]
pub struct ProvenBatch {
    /// Commitments around the chunks, one more than there are chunks.
    pub boundaries: Vec<FieldBytes>,
    /// Chunk proofs in order.
    pub chunk_proofs: Vec<[u8; PROOF_BYTES]>,
    /// The closing proof.
    pub closing_proof: [u8; PROOF_BYTES],
    /// One report per proof, closing last.
    pub reports: Vec<ProofReport>,
}

/// The verifying keys of a shape's circuits, in the form that the chain stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKeys {
    /// The chunk circuit's.
    pub chunk: Vec<u8>,
    /// The closing circuit's.
    pub closing: Vec<u8>,
}

impl BatchProver {
    /// Builds the circuits and loads their keys, or makes them; `backend` will prove.
    pub fn load(
        shape: &Shape,
        keys: &KeyStore,
        origin: Origin,
        backend: BackendKind,
        progress: &dyn Progress,
    ) -> Result<Self> {
        Self::with_keys(shape, keys, origin, backend, |circuit| {
            Ok(keys.load_or_generate(circuit, origin, progress)?)
        })
    }

    /// Builds the circuits and loads their keys, which must exist: new keys would not be those that
    /// the chain has registered.
    pub fn load_existing(
        shape: &Shape,
        keys: &KeyStore,
        origin: Origin,
        backend: BackendKind,
        progress: &dyn Progress,
    ) -> Result<Self> {
        Self::with_keys(shape, keys, origin, backend, |circuit| {
            let key = keys.load(circuit, origin, progress);
            key.with_context(|| {
                let path = keys.path(circuit.id(), origin);
                format!(
                    "proving key {}: put the file there that belongs to the verifying key \
                     registered on the chain",
                    path.display()
                )
            })
        })
    }

    fn with_keys(
        shape: &Shape,
        keys: &KeyStore,
        origin: Origin,
        backend: BackendKind,
        find: impl Fn(&Circuit) -> Result<ProvingKey>,
    ) -> Result<Self> {
        let backends = Backends::open(backend)?;
        let pair = circuits(shape)?;
        let load = |circuit: Circuit| -> Result<Arc<dyn Prove>> {
            let first = Mutex::new(Some(find(&circuit)?));
            let keys = keys.clone();
            // A key is loaded a second time only after a backend has failed; then it is on disk.
            backends.prover(circuit, move |circuit| {
                let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                match first.take() {
                    Some(key) => Ok(key),
                    None => anyhow::Ok(keys.load(circuit, origin, &Silent)?),
                }
            })
        };
        Ok(Self {
            shape: *shape,
            chunk: load(pair.chunk.circuit)?,
            closing: load(pair.closing.circuit)?,
            backends,
        })
    }

    /// The shape of the batches.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The backends, with their results so far.
    pub fn backends(&self) -> &Backends {
        &self.backends
    }

    /// Returns the verifying keys in the form that the chain stores.
    pub fn verifying_keys(&self) -> VerifyingKeys {
        let bytes = |prover: &Arc<dyn Prove>| {
            clearproof_groth16::verifying_key_bytes(prover.verifying_key())
        };
        VerifyingKeys {
            chunk: bytes(&self.chunk),
            closing: bytes(&self.closing),
        }
    }

    /// Proves a whole batch. Calls `progress` after each proof with the number of proofs made and
    /// the number of all proofs.
    pub fn prove(
        &self,
        batch: &ClosedBatch,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<ProvenBatch> {
        let batch = &batch.witness;
        let total = batch.chunks.len() + 1;
        let first = batch.closing.first.commitment();
        let mut boundaries = vec![FieldBytes::from(first)];
        boundaries.extend(
            batch
                .chunks
                .iter()
                .map(|part| FieldBytes::from(part.after.commitment())),
        );
        let (mut proofs, mut reports) = (Vec::with_capacity(total), Vec::with_capacity(total));
        // Witnesses are computed on a thread of their own, each while the previous proof is made.
        // At most one is ready and waits.
        thread::scope(|scope| -> Result<()> {
            let (ready, witnesses) = mpsc::sync_channel(0);
            scope.spawn(move || {
                let chunks = (0..batch.chunks.len()).map(|i| self.chunk_witness(batch, i));
                let closing = std::iter::once_with(|| self.closing_witness(batch));
                for witness in chunks.chain(closing) {
                    // The receiver is gone if a proof failed.
                    let failed = witness.is_err();
                    if ready.send(witness).is_err() || failed {
                        break;
                    }
                }
            });
            for done in 1..=total {
                let waiting = Instant::now();
                let witness = witnesses.recv().context("the witness thread ended")??;
                let (proof, report) = self.prove_one(witness, waiting.elapsed())?;
                proofs.push(proof);
                reports.push(report);
                progress(done, total);
            }
            Ok(())
        })?;
        let closing_proof = proofs.pop().context("a batch has a closing proof")?;
        Ok(ProvenBatch {
            boundaries,
            chunk_proofs: proofs,
            closing_proof,
            reports,
        })
    }

    fn chunk_witness(&self, batch: &BatchWitness, i: usize) -> Result<Witness> {
        let part = &batch.chunks[i];
        Witness::compute("chunk", |cs| {
            chunk(cs, &self.shape, &batch.header, &batch.snapshot, part)
        })
        .map(|witness| witness.called(format!("chunk {i}")))
        .with_context(|| format!("chunk {i}"))
    }

    fn closing_witness(&self, batch: &BatchWitness) -> Result<Witness> {
        Witness::compute("closing", |cs| {
            closing(cs, &self.shape, &batch.header, &batch.closing)
        })
    }

    fn prove_one(
        &self,
        witness: Witness,
        waited: Duration,
    ) -> Result<([u8; PROOF_BYTES], ProofReport)> {
        let prover = if witness.circuit == "chunk" {
            &self.chunk
        } else {
            &self.closing
        };
        let started = Instant::now();
        let (proof, meta) = prover
            .prove(&witness.assignment)
            .with_context(|| witness.name.clone())?;
        let report = ProofReport {
            circuit: witness.circuit,
            constraints: prover.circuit().matrices().num_constraints(),
            witness: witness.took,
            waited,
            proving: started.elapsed(),
            meta,
        };
        Ok((proof.to_bytes(), report))
    }
}
