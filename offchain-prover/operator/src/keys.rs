//! The keys of the circuit that the chain has registered for a batch. A venue's owner may change to
//! another circuit at a batch of its choice.

use super::{error::OperatorError, metrics::Metrics};
use clearproof_client::chain::{
    Chain, ChainError,
    circuits::{RegisteredCircuit, circuit_of},
};
use clearproof_groth16::{BackendKind, KeyStore, Origin, Progress};
use clearproof_primitives::{
    batch::PROTOCOL_VERSION,
    ids::{BatchNumber, VenueId},
    shape::Shape,
    time::Millis,
};
use clearproof_proving::{BatchProver, VerifyingKeys, circuits};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::runtime::Handle;

/// Wait before a query is sent again to a node that did not respond.
const RETRY_WAIT: Duration = Duration::from_secs(2);

/// A prover, and the circuit whose keys it holds.
struct Loaded {
    circuit: RegisteredCircuit,
    prover: BatchProver,
}

/// Loads proving keys, and keeps those in use.
pub struct Keys {
    /// The chain.
    pub chain: Chain,
    /// The venue.
    pub venue: VenueId,
    /// Runs the queries of the chain.
    pub runtime: Handle,
    /// Shape of the circuits; a venue's never changes.
    pub shape: Shape,
    /// Folder of the proving keys.
    pub store: KeyStore,
    /// The backend that proves.
    pub backend: BackendKind,
    /// Shows the progress of loading and making keys.
    pub progress: Arc<dyn Progress>,
    /// The operator's metrics, which count what each backend does.
    pub metrics: Metrics,
    /// The keys in use.
    pub loaded: LoadedKeys,
}

/// Keys in use; none at first.
#[derive(Default)]
pub struct LoadedKeys(Option<Loaded>);

impl Keys {
    /// Returns the prover for a batch. Loads keys if the batch has another circuit than the one
    /// before; the old keys are dropped first. If no keys are loaded, this waits for the node;
    /// `given_up` returns true once the prover is no longer needed, and then the result is `None`.
    ///
    /// # Errors
    /// [`OperatorError::Version`] if the circuit is of another protocol version,
    /// [`OperatorError::Keys`] if the folder does not have the registered keys, and
    /// [`OperatorError::Prover`] if a file cannot be used.
    pub fn prover(
        &mut self,
        batch: BatchNumber,
        given_up: impl Fn() -> bool,
    ) -> Result<Option<&BatchProver>, OperatorError> {
        let registered = loop {
            match self.registered(batch) {
                Ok(circuit) => break Some(circuit),
                Err(OperatorError::Chain(ChainError::Node(error))) => {
                    // The node was lost. Most likely nothing has changed meanwhile, and the chain
                    // refuses proofs with the wrong keys.
                    if self.loaded.0.is_some() {
                        break None;
                    }
                    if given_up() {
                        return Ok(None);
                    }
                    tracing::warn!(error, "waiting for the node: which keys are registered?");
                    std::thread::sleep(RETRY_WAIT);
                }
                Err(error) => return Err(error),
            }
        };
        let loaded = match (self.loaded.0.take(), registered) {
            (Some(loaded), None) => loaded,
            (Some(loaded), Some(circuit)) if loaded.circuit == circuit => loaded,
            (before, Some(circuit)) => {
                // There may be no room for the keys of two circuits at once.
                drop(before);
                self.load(circuit, batch)?
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(&self.loaded.0.insert(loaded).prover))
    }

    /// Returns the circuit that the chain has registered for a batch.
    fn registered(&self, batch: BatchNumber) -> Result<RegisteredCircuit, OperatorError> {
        self.runtime.block_on(async {
            let unknown = OperatorError::UnknownVenue(self.venue);
            let venue = self.chain.venue(self.venue).await?.ok_or(unknown)?;
            let number = circuit_of(&venue, batch);
            if let Some(at) = venue.retires_at {
                tracing::warn!(
                    %at,
                    "the venue's circuit is retired at this time: its owner must choose another \
                     one with settlement.set_next_circuit"
                );
            }
            let circuit = self.chain.circuit(number).await?;
            circuit
                .ok_or_else(|| OperatorError::Prover(format!("circuit {number} is not registered")))
        })
    }

    fn load(
        &self,
        circuit: RegisteredCircuit,
        batch: BatchNumber,
    ) -> Result<Loaded, OperatorError> {
        if circuit.version != PROTOCOL_VERSION {
            return Err(OperatorError::Version {
                batch,
                circuit: circuit.number,
                version: circuit.version,
            });
        }
        let started = Instant::now();
        // Development keys are the same on every machine; others exist only once.
        let (origin, load): (_, fn(&_, &_, _, _, &_) -> _) = match circuit.development {
            true => (Origin::Development, BatchProver::load),
            false => (Origin::SingleParty, BatchProver::load_existing),
        };
        let failed = |error: anyhow::Error| {
            let number = circuit.number;
            OperatorError::Prover(format!("batch {batch}, circuit {number}: {error:#}"))
        };
        let (shape, progress) = (&self.shape, &*self.progress);
        let prover = load(shape, &self.store, origin, self.backend, progress).map_err(failed)?;
        let registered = VerifyingKeys {
            chunk: circuit.chunk_key.clone(),
            closing: circuit.closing_key.clone(),
        };
        if prover.verifying_keys() != registered {
            let pair = circuits(&self.shape).map_err(failed)?;
            let [chunk, closing] =
                [pair.chunk, pair.closing].map(|c| self.store.path(c.circuit.id(), origin));
            return Err(OperatorError::Keys {
                batch,
                circuit: circuit.number,
                chunk,
                closing,
            });
        }
        tracing::info!(
            circuit = %circuit.number,
            from_batch = %batch,
            development = circuit.development,
            ms = Millis::of(started.elapsed()).get(),
            "proving keys are ready"
        );
        self.metrics.record_backends(&prover.backends().counts());
        Ok(Loaded { circuit, prover })
    }
}
