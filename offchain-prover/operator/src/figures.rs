//! The figures of a settled batch: its contents, and what proving and settling it cost.

use clearproof_client::chain::Included;
use clearproof_primitives::{ids::BatchNumber, time::Millis};
use serde::{Deserialize, Serialize};

/// A batch's figures, from the first order set to the block that settled it.
///
/// This is the stored form. The RPC's `BatchJson` has the same fields and stays a type of its own:
/// on the wire the fee is a decimal string, in the database a number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchFigures {
    /// Number of the batch.
    pub number: BatchNumber,
    /// Order sets accepted while it was open.
    pub order_sets: u64,
    /// Fills in it.
    pub fills: u64,
    /// Account steps without padding.
    pub steps: u64,
    /// Chunks.
    pub chunks: u64,
    /// Constraints of all its proofs.
    pub constraints: u64,
    /// Milliseconds to compute all witnesses.
    pub witness_ms: Millis,
    /// Milliseconds to make and verify all proofs.
    pub proving_ms: Millis,
    /// Bytes of the extrinsic; 0 if the batch was settled while the operator was not running.
    pub bytes: u64,
    /// Weight of the extrinsic, picoseconds; 0 like `bytes`.
    pub ref_time: u64,
    /// Fee paid, in units of the native token; 0 like `bytes`.
    pub fee: u128,
    /// Block that settled it.
    pub block: u32,
}

/// The settlement of a batch on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Block that settled it.
    pub block: u32,
    /// Cost of its extrinsic, if this process submitted it.
    pub cost: Option<ExtrinsicCost>,
}

/// The cost of an extrinsic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExtrinsicCost {
    /// Its size in bytes.
    pub bytes: u64,
    /// Its weight in picoseconds of the reference machine.
    pub ref_time: u64,
    /// The fee that was paid, in units of the native token.
    pub fee: u128,
}

impl From<&Included> for Settlement {
    fn from(included: &Included) -> Self {
        Self {
            block: included.block,
            cost: Some(ExtrinsicCost {
                bytes: included.bytes as u64,
                ref_time: included.ref_time,
                fee: included.fee,
            }),
        }
    }
}

impl BatchFigures {
    /// Returns the figures with those of the settlement added.
    pub fn with_settlement(self, settlement: &Settlement) -> Self {
        let ExtrinsicCost {
            bytes,
            ref_time,
            fee,
        } = settlement.cost.unwrap_or_default();
        Self {
            block: settlement.block,
            bytes,
            ref_time,
            fee,
            ..self
        }
    }
}
