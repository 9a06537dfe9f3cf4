//! What a settled batch was and what it cost.

use clearproof_client::chain::Included;
use clearproof_primitives::ids::BatchNumber;
use serde::{Deserialize, Serialize};

/// A batch's figures, from the first order set to the block that settled it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchFigures {
    /// The batch.
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
    pub witness_ms: u64,
    /// Milliseconds to make and verify all proofs.
    pub proving_ms: u64,
    /// Bytes of the extrinsic; 0 if a batch was settled while the operator was away.
    pub bytes: u64,
    /// Weight of the extrinsic, picoseconds; 0 like `bytes`.
    pub ref_time: u64,
    /// Fee paid, in units of the native token; 0 like `bytes`.
    pub fee: u128,
    /// Block that settled it.
    pub block: u32,
}

/// What the chain tells of a settled batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Block that settled it.
    pub block: u32,
    /// Bytes, reference time and fee of its extrinsic, if this process submitted it.
    pub cost: Option<(u64, u64, u128)>,
}

impl From<&Included> for Settlement {
    fn from(included: &Included) -> Self {
        Self {
            block: included.block,
            cost: Some((included.bytes as u64, included.ref_time, included.fee)),
        }
    }
}

impl BatchFigures {
    /// With what settling it cost.
    pub fn settled(mut self, settlement: &Settlement) -> Self {
        self.block = settlement.block;
        (self.bytes, self.ref_time, self.fee) = settlement.cost.unwrap_or_default();
        self
    }
}
