//! The `clearproof` methods: reads of venues, batches, deposits, markets and proofs.
//!
//! Each method takes an optional block hash as its last argument; without it, the best block is
//! read. Field elements, amounts and prices are decimal strings; other 32-byte values are
//! hexadecimal with `0x`. If the requested item does not exist, the result is `null`. A malformed
//! argument is an error that names the argument and the values that it may have.

mod arguments;
#[cfg(test)]
mod tests;
mod view;

use arguments::{Argument, argument, at_most};
use clearproof_primitives::{
    chain::{BatchView, ProofKind},
    field::FieldBytes,
    ids::{BatchNumber, CircuitId, SnapshotNumber, VenueId},
    submission::PROOF_BYTES,
};
use clearproof_runtime::{AccountId, Hash, opaque::Block};
use clearproof_runtime_api::ClearproofApi as RuntimeReads;
use jsonrpsee::{
    core::RpcResult,
    proc_macros::rpc,
    types::{ErrorObject, ErrorObjectOwned},
};
use serde_json::Value;
use sp_api::{ApiError, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use std::sync::Arc;
use view::{ExpiryJson, InstrumentJson, QueueJson, SnapshotJson, VenueJson, VerdictJson};

/// Code of the error "the runtime did not answer".
pub const RUNTIME_ERROR: i32 = 9001;
/// Code of the error "no such block".
pub const UNKNOWN_BLOCK: i32 = 9002;

/// The methods. Arguments are read one by one, so that errors name them.
#[rpc(server)]
pub trait ClearproofRpc {
    /// Returns a venue: owner, operators, circuit, state root, pauses, deposit queue and debts.
    #[method(name = "clearproof_venue", blocking)]
    fn venue(&self, venue: Option<Value>, at: Option<Value>) -> RpcResult<Option<VenueJson>>;

    /// Returns a settled batch, while the chain remembers it.
    #[method(name = "clearproof_batch", blocking)]
    fn batch(
        &self,
        venue: Option<Value>,
        number: Option<Value>,
        at: Option<Value>,
    ) -> RpcResult<Option<BatchView>>;

    /// Returns a snapshot, while the chain keeps it; the latest without a number.
    #[method(name = "clearproof_snapshot", blocking)]
    fn snapshot(&self, number: Option<Value>, at: Option<Value>)
    -> RpcResult<Option<SnapshotJson>>;

    /// Returns a venue's deposit queue, with the deposits starting at an index (at the first
    /// without one).
    #[method(name = "clearproof_depositQueue", blocking)]
    fn deposit_queue(
        &self,
        venue: Option<Value>,
        from: Option<Value>,
        at: Option<Value>,
    ) -> RpcResult<Option<QueueJson>>;

    /// Returns all listed instruments, by slot.
    #[method(name = "clearproof_instruments", blocking)]
    fn instruments(&self, at: Option<Value>) -> RpcResult<Vec<InstrumentJson>>;

    /// Returns all expiries on which options are listed, by underlying and time.
    #[method(name = "clearproof_expiries", blocking)]
    fn expiries(&self, at: Option<Value>) -> RpcResult<Vec<ExpiryJson>>;

    /// Checks one proof against a registered key, as the proofs of a batch are checked.
    #[method(name = "clearproof_verifyProof", blocking)]
    fn verify_proof(
        &self,
        circuit: Option<Value>,
        kind: Option<Value>,
        proof: Option<Value>,
        #[argument(rename = "publicInput")] public_input: Option<Value>,
        at: Option<Value>,
    ) -> RpcResult<VerdictJson>;
}

/// Serves the methods from a client's state.
pub struct Clearproof<C> {
    client: Arc<C>,
}

impl<C> Clearproof<C>
where
    C: ProvideRuntimeApi<Block> + HeaderBackend<Block>,
    C::Api: RuntimeReads<Block, AccountId>,
{
    /// Creates the server of a client's state.
    pub fn new(client: Arc<C>) -> Self {
        Self { client }
    }

    /// Returns the block to read: the one with the given hash, or the best.
    fn block(&self, at: Option<Value>) -> RpcResult<Hash> {
        let Some(at) = argument::<Hash>("at", at)? else {
            return Ok(self.client.info().best_hash);
        };
        let known = self.client.number(at).map_err(|error| {
            ErrorObject::owned(
                RUNTIME_ERROR,
                format!("at: cannot look it up: {error}"),
                None::<()>,
            )
        })?;
        known.map(|_| at).ok_or_else(|| {
            let message = "at: this node knows no block of this hash: pass another, or none for \
                the best block";
            ErrorObject::owned(UNKNOWN_BLOCK, message, None::<()>)
        })
    }
}

/// The runtime failed: its state is pruned, or it is older than the interface.
fn unanswered(error: ApiError) -> ErrorObjectOwned {
    let message = format!(
        "the runtime did not answer; the block's state may be pruned, or its runtime older than \
         the method: {error}"
    );
    ErrorObject::owned(RUNTIME_ERROR, message, None::<()>)
}

impl<C> ClearproofRpcServer for Clearproof<C>
where
    C: ProvideRuntimeApi<Block> + HeaderBackend<Block> + Send + Sync + 'static,
    C::Api: RuntimeReads<Block, AccountId>,
{
    fn venue(&self, venue: Option<Value>, at: Option<Value>) -> RpcResult<Option<VenueJson>> {
        let venue = VenueId::new(u32::required("venue", venue)?);
        let at = self.block(at)?;
        let api = self.client.runtime_api();
        let view = api.venue(at, venue).map_err(unanswered)?;
        Ok(view.map(VenueJson::from))
    }

    fn batch(
        &self,
        venue: Option<Value>,
        number: Option<Value>,
        at: Option<Value>,
    ) -> RpcResult<Option<BatchView>> {
        let venue = VenueId::new(u32::required("venue", venue)?);
        let number = BatchNumber::new(u64::required("number", number)?);
        let at = self.block(at)?;
        let api = self.client.runtime_api();
        api.batch(at, venue, number).map_err(unanswered)
    }

    fn snapshot(
        &self,
        number: Option<Value>,
        at: Option<Value>,
    ) -> RpcResult<Option<SnapshotJson>> {
        let number = argument::<u64>("number", number)?.map(SnapshotNumber::new);
        let at = self.block(at)?;
        let api = self.client.runtime_api();
        let view = api.snapshot(at, number).map_err(unanswered)?;
        Ok(view.map(SnapshotJson::from))
    }

    fn deposit_queue(
        &self,
        venue: Option<Value>,
        from: Option<Value>,
        at: Option<Value>,
    ) -> RpcResult<Option<QueueJson>> {
        let venue = VenueId::new(u32::required("venue", venue)?);
        let from = argument::<u64>("from", from)?.unwrap_or(0);
        let at = self.block(at)?;
        let api = self.client.runtime_api();
        let Some(view) = api.venue(at, venue).map_err(unanswered)? else {
            return Ok(None);
        };
        let deposits = api.queued_deposits(at, venue, from).map_err(unanswered)?;
        Ok(Some(QueueJson::new(view.queue, deposits)))
    }

    fn instruments(&self, at: Option<Value>) -> RpcResult<Vec<InstrumentJson>> {
        let at = self.block(at)?;
        let api = self.client.runtime_api();
        let listed = api.instruments(at).map_err(unanswered)?;
        Ok(listed.into_iter().map(InstrumentJson::from).collect())
    }

    fn expiries(&self, at: Option<Value>) -> RpcResult<Vec<ExpiryJson>> {
        let at = self.block(at)?;
        let api = self.client.runtime_api();
        let listed = api.expiries(at).map_err(unanswered)?;
        Ok(listed.into_iter().map(ExpiryJson::from).collect())
    }

    fn verify_proof(
        &self,
        circuit: Option<Value>,
        kind: Option<Value>,
        proof: Option<Value>,
        public_input: Option<Value>,
        at: Option<Value>,
    ) -> RpcResult<VerdictJson> {
        let circuit = CircuitId::new(u32::required("circuit", circuit)?);
        let kind = ProofKind::required("kind", kind)?;
        let proof = at_most("proof", PROOF_BYTES, proof)?;
        let public_input = FieldBytes::required("publicInput", public_input)?;
        let at = self.block(at)?;
        let api = self.client.runtime_api();
        let verdict = api
            .verify_proof(at, circuit, kind, proof, public_input)
            .map_err(unanswered)?;
        Ok(verdict.into())
    }
}
