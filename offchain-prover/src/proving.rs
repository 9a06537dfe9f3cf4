//! From the engine's witness to a batch ready to submit: builds the circuits of a shape, keeps their keys, proves chunks and
//! closing.

use anyhow::{Context, Result};
use clearproof_circuits::{chunk::chunk, closing::closing, r1cs::Cs};
use clearproof_engine::{BatchRequest, ClosedBatch, Venue, VenueConfig};
use clearproof_groth16::{
    ArkBackend, Circuit, KeyStore, Matrices, Origin, Progress, ProofMeta, Prove, Prover,
    PROOF_BYTES,
};
use clearproof_primitives::{
    field::{FieldBytes, Fr},
    fixed::ONE,
    shape::{MarketShape, Shape},
    snapshot::{InstrumentRow, Snapshot, UnderlyingFactors},
    witness::BatchWitness,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::Arc,
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
        initial: 1 << 16,
        maintenance: 1 << 16,
    };
    let snapshot = Snapshot {
        number: 1,
        taken_at: 0,
        weights: vec![ONE; market.assets as usize],
        factors: vec![factors; market.underlyings as usize],
        protocol_share: 0,
        liquidation_rate: 0,
        rows: vec![InstrumentRow::empty(market); market.instruments as usize],
    };
    let mut venue = Venue::new(VenueConfig {
        shape: *shape,
        id: 0,
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
    /// Time to compute the witness.
    pub witness: Duration,
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

/// Where keys are kept if nothing else is said: `CLEARPROOF_KEYS`, else `~/.cache/clearproof/keys`.
pub fn default_key_folder() -> PathBuf {
    let home = || {
        std::env::var_os("HOME")
            .map(PathBuf::from)
            .unwrap_or_default()
    };
    std::env::var_os("CLEARPROOF_KEYS")
        .map_or_else(|| home().join(".cache/clearproof/keys"), PathBuf::from)
}

impl BatchProver {
    /// Builds the circuits and loads or makes their keys.
    pub fn load(
        shape: &Shape,
        keys: &KeyStore,
        origin: Origin,
        progress: &dyn Progress,
    ) -> Result<Self> {
        Self::with_keys(shape, |circuit| {
            Ok(keys.load_or_generate(circuit, origin, progress)?)
        })
    }

    /// Builds the circuits and loads their keys, which must be there: keys made anew would not be those that the chain
    /// has registered.
    pub fn load_existing(
        shape: &Shape,
        keys: &KeyStore,
        origin: Origin,
        progress: &dyn Progress,
    ) -> Result<Self> {
        Self::with_keys(shape, |circuit| {
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
        find: impl Fn(&Circuit) -> Result<clearproof_groth16::ProvingKey>,
    ) -> Result<Self> {
        let pair = circuits(shape)?;
        let load = |circuit: Circuit| -> Result<Arc<dyn Prove>> {
            let key = find(&circuit)?;
            Ok(Arc::new(Prover::new(ArkBackend, circuit, key)?))
        };
        Ok(Self {
            shape: *shape,
            chunk: load(pair.chunk.circuit)?,
            closing: load(pair.closing.circuit)?,
        })
    }

    /// The shape that it proves.
    pub fn shape(&self) -> &Shape {
        &self.shape
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
        let witness = &batch.witness;
        let total = witness.chunks.len() + 1;
        let first = witness.closing.first.commitment();
        let mut boundaries = vec![FieldBytes::from(first)];
        let (mut chunk_proofs, mut reports) = (Vec::new(), Vec::new());
        for (i, part) in witness.chunks.iter().enumerate() {
            let build =
                |cs: &mut Cs| chunk(cs, &self.shape, &witness.header, &witness.snapshot, part);
            let (proof, report) =
                prove_one("chunk", &*self.chunk, build).with_context(|| format!("chunk {i}"))?;
            boundaries.push(part.after.commitment().into());
            chunk_proofs.push(proof);
            reports.push(report);
            progress(i + 1, total);
        }
        let build = |cs: &mut Cs| closing(cs, &self.shape, &witness.header, &witness.closing);
        let (closing_proof, report) = prove_one("closing", &*self.closing, build)?;
        reports.push(report);
        progress(total, total);
        Ok(ProvenBatch {
            boundaries,
            chunk_proofs,
            closing_proof,
            reports,
        })
    }
}

fn prove_one<E: std::error::Error + Send + Sync + 'static>(
    circuit: &'static str,
    prover: &dyn Prove,
    build: impl FnOnce(&mut Cs) -> Result<(), E>,
) -> Result<([u8; PROOF_BYTES], ProofReport)> {
    let started = Instant::now();
    let mut cs = Cs::witness_only();
    build(&mut cs)?;
    let done = cs
        .finish()
        .map_err(|row| anyhow::anyhow!("{circuit}: the witness breaks a rule: {row}"))?;
    let assignment = done.assignment();
    let witness = started.elapsed();
    let started = Instant::now();
    let (proof, meta) = prover.prove(&assignment)?;
    let constraints = prover.circuit().matrices().num_constraints();
    Ok((
        proof.to_bytes(),
        ProofReport {
            circuit,
            constraints,
            witness,
            proving: started.elapsed(),
            meta,
        },
    ))
}
