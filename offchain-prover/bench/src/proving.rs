//! The circuits' size, and the time to prove a batch.

use crate::{
    bars::Bars,
    report::{Report, median},
    sample::batch,
};
use anyhow::{Context, Result};
use clearproof_groth16::{BackendKind, KeyStore, Origin};
use clearproof_primitives::shape::Shape;
use clearproof_proving::{BatchProver, ProvenBatch, circuits, default_key_folder};

const STEP_LIMIT: f64 = 45_000.0;
const CHUNK_LIMIT: usize = 1 << 19;
/// Proving and verifying.
pub const MICROS_PER_CONSTRAINT: f64 = 8.0;
const WITNESS_SHARE: f64 = 0.1;

/// Constraints per account step and per chunk.
pub fn measure_circuits(shape: &Shape, report: &mut Report) -> Result<()> {
    let pair = circuits(shape)?;
    let chunk = &pair.chunk.info;
    let per_step = chunk
        .constraints_per_step
        .context("the chunk circuit has steps")?;
    report.row(
        "constraints per account step, every rule in",
        format!("{per_step:.0}"),
        "<= 45,000",
        per_step <= STEP_LIMIT,
    );
    report.row(
        "constraints of a chunk",
        chunk.constraints,
        "<= 524,288",
        chunk.constraints <= CHUNK_LIMIT,
    );
    Ok(())
}

/// Proving with the backend that is taken here; keys are made if there are none.
pub fn measure_proving(shape: &Shape, runs: u32, report: &mut Report) -> Result<()> {
    let keys = KeyStore::new(default_key_folder());
    let prover = BatchProver::load(
        shape,
        &keys,
        Origin::Development,
        BackendKind::Auto,
        &Bars::new("keys"),
    )?;
    let closed = batch(shape)?;
    let chunks = closed.witness.chunks.len();
    eprintln!(
        "proving: {} steps, {} fills, {chunks} chunks",
        closed.steps, closed.fills
    );
    let runs = (0..runs)
        .map(|_| prover.prove(&closed, |_, _| ()))
        .collect::<Result<Vec<ProvenBatch>>>()?;
    let reports = runs.iter().flat_map(|run| &run.reports);
    let chunks: Vec<_> = reports.filter(|r| r.circuit == "chunk").collect();
    let proving = chunks
        .iter()
        .map(|r| r.proving.as_secs_f64() * 1e6 / r.constraints as f64);
    let proving = median(proving.collect());
    let witness = chunks
        .iter()
        .map(|r| r.witness.as_secs_f64() / r.proving.as_secs_f64());
    let witness = median(witness.collect());
    let backend = chunks.first().map_or("none", |r| r.meta.backend);
    report.row(
        &format!("proving and verifying, backend {backend}"),
        format!("{proving:.1} µs per constraint"),
        "<= 8",
        proving <= MICROS_PER_CONSTRAINT,
    );
    report.row(
        "witness, share of proving",
        format!("{:.1} %", witness * 100.0),
        "<= 10 %",
        witness <= WITNESS_SHARE,
    );
    Ok(())
}
