//! The circuits of a shape, and their sizes.

use anyhow::{Context, Result};
use clearproof_circuits::{chunk::chunk, closing::closing, r1cs::Cs};
use clearproof_engine::{BatchRequest, Venue, VenueConfig};
use clearproof_groth16::{Circuit, Matrices};
use clearproof_primitives::{
    field::Fr,
    fixed::{Factor, ONE, Rate},
    ids::{SnapshotNumber, VenueId},
    shape::{MarketShape, Shape},
    snapshot::{InstrumentRow, Snapshot, UnderlyingFactors},
    time::Millis,
    witness::BatchWitness,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A circuit and its size.
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
    /// Constraints by part, without those of the parts below it.
    pub parts: BTreeMap<String, usize>,
}

/// Both circuits of a shape.
pub struct CircuitPair {
    /// Account steps.
    pub chunk: SizedCircuit,
    /// The end of a batch.
    pub closing: SizedCircuit,
}

/// Returns the witness of a batch without trades. It has the form of every batch: circuits never
/// depend on values.
fn blank_batch(shape: &Shape) -> Result<BatchWitness> {
    let market = &shape.market;
    let factors = UnderlyingFactors {
        initial: Factor::new(1 << 16),
        maintenance: Factor::new(1 << 16),
    };
    let snapshot = Snapshot {
        number: SnapshotNumber::new(1),
        taken_at: Millis::ZERO,
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
    venue.open_batch(snapshot, Vec::new(), Millis::new(1))?;
    let request = BatchRequest {
        time_to: Millis::new(1),
        genesis: [0; 32],
        submitter: [0; 32],
        salt_seed: Fr::from(0u64),
    };
    Ok(venue.close_batch(&request)?.witness)
}

/// Returns the shape as the canonical text in the labels of keys.
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
