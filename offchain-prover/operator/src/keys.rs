//! Keys of the circuit that the chain has registered for a batch: a venue's owner may change to another one at a batch of its choice.

use super::{error::OperatorError, metrics::Metrics};
use clearproof_client::chain::{
    Chain, ChainError,
    circuits::{RegisteredCircuit, circuit_of},
};
use clearproof_client::clock::millis;
use clearproof_groth16::{BackendKind, KeyStore, Origin, Progress};
use clearproof_primitives::{chain::VenueId, shape::Shape};
use clearproof_proving::{BatchProver, circuits};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::runtime::Handle;

/// Wait before a node that did not answer is asked again.
const PAUSE: Duration = Duration::from_secs(2);

/// A prover, and the circuit whose keys it has.
struct Loaded {
    circuit: RegisteredCircuit,
    prover: BatchProver,
}

/// Finds keys, and keeps those in use.
pub struct Keys {
    /// The chain.
    pub chain: Chain,
    /// The venue.
    pub venue: VenueId,
    /// Where the chain is asked.
    pub runtime: Handle,
    /// Shape of the circuits; a venue's never changes.
    pub shape: Shape,
    /// Proving keys.
    pub store: KeyStore,
    /// What proves.
    pub backend: BackendKind,
    /// Shows the progress of loading and making keys.
    pub progress: Arc<dyn Progress>,
    /// Where backends are counted.
    pub metrics: Metrics,
    /// Those in use.
    pub loaded: LoadedKeys,
}

/// Keys in use; none at first.
#[derive(Default)]
pub struct LoadedKeys(Option<Loaded>);

impl Keys {
    /// What proves the batch of that number. Keys are loaded when another circuit than before is asked for, those of before
    /// dropped first. `given_up` says whether anybody still wants it: without keys a node is waited for.
    ///
    /// # Errors
    /// [`OperatorError::Keys`] where the folder has none of the registered ones, and all that can be wrong with a file.
    pub fn prover(
        &mut self,
        batch: u64,
        given_up: impl Fn() -> bool,
    ) -> Result<Option<&BatchProver>, OperatorError> {
        let asked = loop {
            match self.registered(batch) {
                Ok(circuit) => break Some(circuit),
                Err(OperatorError::Chain(ChainError::Node(error))) => {
                    // The node was lost: most likely nothing changed meanwhile, and the chain refuses what is proven wrongly.
                    if self.loaded.0.is_some() {
                        break None;
                    }
                    if given_up() {
                        return Ok(None);
                    }
                    tracing::warn!(error, "waiting for the node: which keys are registered?");
                    std::thread::sleep(PAUSE);
                }
                Err(error) => return Err(error),
            }
        };
        let loaded = match (self.loaded.0.take(), asked) {
            (Some(loaded), None) => loaded,
            (Some(loaded), Some(circuit)) if loaded.circuit == circuit => loaded,
            (before, Some(circuit)) => {
                // Two keys at once need not have room.
                drop(before);
                self.load(circuit, batch)?
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(&self.loaded.0.insert(loaded).prover))
    }

    /// The circuit of a batch.
    fn registered(&self, batch: u64) -> Result<RegisteredCircuit, OperatorError> {
        self.runtime.block_on(async {
            let unknown = OperatorError::UnknownVenue(self.venue);
            let venue = self.chain.venue(self.venue).await?.ok_or(unknown)?;
            let number = circuit_of(&venue, batch);
            let circuit = self.chain.circuit(number).await?;
            circuit
                .ok_or_else(|| OperatorError::Prover(format!("circuit {number} is not registered")))
        })
    }

    fn load(&self, circuit: RegisteredCircuit, batch: u64) -> Result<Loaded, OperatorError> {
        let started = Instant::now();
        // Development keys are the same wherever they are made; others exist once.
        let (origin, load): (_, fn(&_, &_, _, _, &_) -> _) = match circuit.development {
            true => (Origin::Development, BatchProver::load),
            false => (Origin::SingleParty, BatchProver::load_existing),
        };
        let failed = |error: anyhow::Error| {
            let number = circuit.number;
            OperatorError::Prover(format!("batch {batch}, circuit {number}: {error:#}"))
        };
        let prover = load(
            &self.shape,
            &self.store,
            origin,
            self.backend,
            &*self.progress,
        )
        .map_err(failed)?;
        if prover.verifying_keys() != (circuit.chunk_key.clone(), circuit.closing_key.clone()) {
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
            circuit = circuit.number,
            from_batch = batch,
            development = circuit.development,
            ms = millis(started.elapsed()),
            "proving keys are ready"
        );
        self.metrics.count_backends(&prover.backends().counts());
        Ok(Loaded { circuit, prover })
    }
}
