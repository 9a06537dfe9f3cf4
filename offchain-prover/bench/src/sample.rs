//! A real batch, for what is measured and exported.

use crate::market::{GENESIS, funded, order_set};
use anyhow::{Context, Result};
use clearproof_circuits::{chunk::chunk, closing::closing, r1cs::Cs};
use clearproof_engine::{BatchRequest, ClosedBatch};
use clearproof_primitives::{field::Fr, shape::Shape, time::Millis};

/// When the batch opens, in milliseconds of its own.
const START: Millis = Millis::new(1_000);

/// Account steps that trade with each other.
pub fn batch(shape: &Shape) -> Result<ClosedBatch> {
    let (mut venue, keys) = funded(shape, u32::from(shape.steps) - 1, START)?;
    for (trader, key) in (0..).zip(&keys) {
        venue.submit(order_set(shape, key, trader, 1, true))?;
    }
    venue.run_auction(START + Millis::new(100))?;
    Ok(venue.close_batch(&BatchRequest {
        time_to: START + Millis::new(200),
        genesis: GENESIS,
        submitter: [0; 32],
        salt_seed: Fr::from(1u64),
    })?)
}

/// The assignment of the batch's first chunk.
pub fn chunk_assignment(shape: &Shape) -> Result<Vec<Fr>> {
    let witness = batch(shape)?.witness;
    let first = witness.chunks.first().context("the batch has chunks")?;
    let mut cs = Cs::witness_only();
    chunk(&mut cs, shape, &witness.header, &witness.snapshot, first)?;
    assignment(cs)
}

/// The assignment of the batch's end.
pub fn closing_assignment(shape: &Shape) -> Result<Vec<Fr>> {
    let witness = batch(shape)?.witness;
    let mut cs = Cs::witness_only();
    closing(&mut cs, shape, &witness.header, &witness.closing)?;
    assignment(cs)
}

fn assignment(cs: Cs) -> Result<Vec<Fr>> {
    let done = cs
        .finish()
        .map_err(|row| anyhow::anyhow!("the witness breaks a rule: {row}"))?;
    Ok(done.assignment())
}
