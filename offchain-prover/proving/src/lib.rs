//! From the engine's witness to a batch ready to submit: builds the circuits of a shape, keeps their keys, proves chunks and
//! closing.

use anyhow::{Context, Result};
use clearproof_circuits::{chunk::chunk, closing::closing, r1cs::Cs};
use clearproof_engine::{BatchRequest, ClosedBatch, Venue, VenueConfig};
use clearproof_groth16::{
    BackendKind, Backends, Circuit, KeyStore, Matrices, Origin, PROOF_BYTES, Progress, ProofMeta,
    Prove, ProvingKey, Silent,
};
use clearproof_primitives::{
    field::{FieldBytes, Fr},
    fixed::{Factor, ONE, Rate},
    ids::{SnapshotNumber, VenueId},
    shape::{MarketShape, Shape},
    snapshot::{InstrumentRow, Snapshot, UnderlyingFactors},
    witness::BatchWitness,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

/// A circuit with what is known of its size.
pub struct SizedCircuit {
    /// The circuit.
    pub circuit: Circuit,
    /// Its size.
    pub info: CircuitInfo,
}

/// A circuit's size, as `circuit-info` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct CircuitInfo {
    /// `chunk` or `closing`.
    pub name: &'static str,
    /// Rank-1 constraints.
    pub constraints: usize,
    /// Variables, the constant and inputs included.
    pub variables: usize,
    /// Public inputs.
    pub public_inputs: usize,
    /// Account steps; 0 for the closing circuit.
    pub steps: usize,
    /// Constraints per account step, everything that steps share included.
    pub constraints_per_step: Option<f64>,
    /// Constraints by part; a part's own, without the parts below it.
    pub parts: BTreeMap<String, usize>,
}

/// Both circuits of a shape.
pub struct CircuitPair {
    /// Account steps.
    pub chunk: SizedCircuit,
    /// The end of a batch.
    pub closing: SizedCircuit,
}

/// A batch without trades, which has the form that every batch has: circuits never depend on values.
fn blank_batch(shape: &Shape) -> Result<BatchWitness> {
    let market = &shape.market;
    let factors = UnderlyingFactors {
        initial: Factor::new(1 << 16),
        maintenance: Factor::new(1 << 16),
    };
    let snapshot = Snapshot {
        number: SnapshotNumber::new(1),
        taken_at: 0,
        weights: vec![ONE; market.assets as usize],
        factors: vec![factors; market.underlyings as usize],
        protocol_share: Rate::new(0),
        liquidation_rate: Rate::new(0),
        rows: vec![InstrumentRow::empty(market); market.instruments as usize],
    };
    let mut venue = Venue::new(VenueConfig {
        shape: *shape,
        id: VenueId::new(0),
        genesis: Fr::from(0u64),
    });
    venue.open_batch(snapshot, Vec::new(), 1)?;
    let request = BatchRequest {
        time_to: 1,
        genesis: [0; 32],
        submitter: [0; 32],
        salt_seed: Fr::from(0u64),
    };
    Ok(venue.close_batch(&request)?.witness)
}

/// The shape as the canonical text that keys are labelled with.
pub fn shape_text(shape: &Shape) -> String {
    let MarketShape {
        instruments,
        scenarios,
        underlyings,
        assets,
    } = shape.market;
    format!(
        "M{instruments}-S{scenarios}-U{underlyings}-K{assets}-R{}-F{}-P{}-E{}-D{}-N{}",
        shape.orders, shape.fills, shape.positions, shape.entries, shape.depth, shape.steps
    )
}

fn sized(name: &'static str, shape: &Shape, cs: Cs) -> Result<SizedCircuit> {
    let done = cs
        .finish()
        .map_err(|row| anyhow::anyhow!("{name} circuit refuses a blank batch: {row}"))?;
    let matrices = done.matrices.context("the system was not recorded")?;
    let steps = if name == "chunk" {
        shape.steps as usize
    } else {
        0
    };
    let info = CircuitInfo {
        name,
        constraints: done.num_constraints,
        variables: 1 + done.instance.len() + done.witness.len(),
        public_inputs: done.instance.len(),
        steps,
        constraints_per_step: (steps > 0).then(|| done.num_constraints as f64 / steps as f64),
        parts: done.parts,
    };
    let matrices = Matrices {
        num_instance: matrices.num_instance,
        num_witness: matrices.num_witness,
        a: matrices.a.into(),
        b: matrices.b.into(),
        c: matrices.c.into(),
    };
    Ok(SizedCircuit {
        circuit: Circuit::new(name, shape_text(shape), matrices)?,
        info,
    })
}

/// Builds both circuits of a shape.
pub fn circuits(shape: &Shape) -> Result<CircuitPair> {
    let blank = blank_batch(shape)?;
    let mut cs = Cs::recording();
    let first = blank
        .chunks
        .first()
        .context("a batch has at least one chunk")?;
    chunk(&mut cs, shape, &blank.header, &blank.snapshot, first)?;
    let chunk = sized("chunk", shape, cs)?;
    let mut cs = Cs::recording();
    closing(&mut cs, shape, &blank.header, &blank.closing)?;
    Ok(CircuitPair {
        chunk,
        closing: sized("closing", shape, cs)?,
    })
}

/// Proves batches of one shape.
#[derive(Clone)]
pub struct BatchProver {
    shape: Shape,
    backends: Arc<Backends>,
    chunk: Arc<dyn Prove>,
    closing: Arc<dyn Prove>,
}

/// One proof with what it cost.
#[derive(Clone, Debug)]
pub struct ProofReport {
    /// Which circuit.
    pub circuit: &'static str,
    /// Constraints.
    pub constraints: usize,
    /// Time to compute the witness, on another thread while the proof before this one was made.
    pub witness: Duration,
    /// How long the prover had nothing to do until the witness was there.
    pub waited: Duration,
    /// Time to prove and verify.
    pub proving: Duration,
    /// What the prover says.
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

/// Where keys are kept if nothing else is said: `CLEARPROOF_KEYS` unless it is empty, else `~/.cache/clearproof/keys`.
pub fn default_key_folder() -> PathBuf {
    let home = || {
        std::env::var_os("HOME")
            .map(PathBuf::from)
            .unwrap_or_default()
    };
    std::env::var_os("CLEARPROOF_KEYS")
        .filter(|folder| !folder.is_empty())
        .map_or_else(|| home().join(".cache/clearproof/keys"), PathBuf::from)
}

impl BatchProver {
    /// Builds the circuits and loads or makes their keys; `backend` says what shall prove.
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

    /// Builds the circuits and loads their keys, which must be there: keys made anew would not be those that the chain
    /// has registered.
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
                    "proving key {}: put the file there that belongs to the verifying key registered on the chain",
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
            // A second time the key is wanted only where a backend failed: then it is on disk.
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

    /// The shape that it proves.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// What can prove, and how it did so far.
    pub fn backends(&self) -> &Backends {
        &self.backends
    }

    /// Verifying keys of chunk and closing, as the chain stores them.
    pub fn verifying_keys(&self) -> (Vec<u8>, Vec<u8>) {
        let bytes = |prover: &Arc<dyn Prove>| {
            clearproof_groth16::verifying_key_bytes(prover.verifying_key())
        };
        (bytes(&self.chunk), bytes(&self.closing))
    }

    /// Proves a whole batch, calling `progress` after each proof with how many are done of how many.
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
        // Witnesses are computed on a thread of their own, each while the proof before is made; one at most lies ready.
        thread::scope(|scope| -> Result<()> {
            let (ready, witnesses) = mpsc::sync_channel(0);
            scope.spawn(move || {
                let chunks = (0..batch.chunks.len()).map(|i| self.chunk_witness(batch, i));
                let closing = std::iter::once_with(|| self.closing_witness(batch));
                for witness in chunks.chain(closing) {
                    // Nobody waits for it where a proof failed.
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

/// An assignment, ready to be proven.
struct Witness {
    circuit: &'static str,
    /// For errors.
    name: String,
    assignment: Vec<Fr>,
    took: Duration,
}

impl Witness {
    fn compute<E: std::error::Error + Send + Sync + 'static>(
        circuit: &'static str,
        build: impl FnOnce(&mut Cs) -> Result<(), E>,
    ) -> Result<Self> {
        let started = Instant::now();
        let mut cs = Cs::witness_only();
        build(&mut cs)?;
        let done = cs
            .finish()
            .map_err(|row| anyhow::anyhow!("{circuit}: the witness breaks a rule: {row}"))?;
        Ok(Self {
            circuit,
            name: circuit.to_owned(),
            assignment: done.assignment(),
            took: started.elapsed(),
        })
    }

    fn called(self, name: String) -> Self {
        Self { name, ..self }
    }
}
