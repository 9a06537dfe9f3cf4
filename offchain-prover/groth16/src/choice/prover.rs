//! A prover that switches to another backend when one fails.

use super::{
    candidate::{guarded, text},
    error::{ChoiceError, PrepareError},
    kind::BackendKind,
    ranking::Ranking,
    slot::{Slot, Slots},
};
use crate::{
    backend::BackendError,
    circuit::Circuit,
    key::ProvingKey,
    proof::Proof,
    prover::{ProofMeta, Prove, ProveError},
};
use ark_bn254::{Bn254, Fr};
use ark_groth16::VerifyingKey;
use std::{
    collections::BTreeMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The index of a backend's slot, and the prover with it.
type Ready = (usize, Arc<dyn Prove>);

type KeySource = dyn Fn(&Circuit) -> Result<ProvingKey, String> + Send + Sync;

/// Provers with a key, by the index of their backend's slot.
type Loaded = BTreeMap<usize, Arc<dyn Prove>>;

pub(super) struct ChosenProver {
    opened: Arc<Slots>,
    circuit: Arc<Circuit>,
    /// Indices of slots, best first.
    order: Vec<usize>,
    /// The choice and its reason.
    choice: String,
    key: Box<KeySource>,
    verifying_key: VerifyingKey<Bn254>,
    loaded: Mutex<Loaded>,
}

impl ChosenProver {
    pub fn new<E>(
        opened: Arc<Slots>,
        circuit: Circuit,
        Ranking { order, choice }: Ranking,
        key: impl Fn(&Circuit) -> Result<ProvingKey, E> + Send + Sync + 'static,
    ) -> Result<Self, E>
    where
        E: From<PrepareError> + fmt::Display + 'static,
    {
        let circuit = Arc::new(circuit);
        let mut last = None;
        for index in order.clone() {
            let slot = &opened.slots[index];
            if slot.why_off().is_some() {
                continue;
            }
            let first = key(&circuit)?;
            let verifying_key = first.verifying_key().clone();
            match load(slot, &circuit, first) {
                Ok(prover) => {
                    return Ok(Self {
                        opened,
                        circuit,
                        order,
                        choice,
                        key: Box::new(move |circuit| {
                            // With its causes, since only people read it.
                            key(circuit).map_err(|error| format!("{error:#}"))
                        }),
                        verifying_key,
                        loaded: Mutex::new(Loaded::from([(index, prover)])),
                    });
                }
                Err(ProveError::Backend(reason)) if slot.kind == opened.requested => {
                    let kind = slot.kind;
                    let unusable = ChoiceError::Unusable { kind, reason };
                    return Err(PrepareError::from(unusable).into());
                }
                Err(ProveError::Backend(reason)) => {
                    slot.switch_off(&reason.to_string());
                    last = Some(ProveError::Backend(reason));
                }
                Err(error) => return Err(PrepareError::from(error).into()),
            }
        }
        Err(PrepareError::from(last.unwrap_or_else(exhausted)).into())
    }

    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The best prover that is neither switched off nor among those that `failed`. Its key is
    /// loaded if it has none yet.
    fn next(&self, failed: &[(usize, ProveError)]) -> Result<Option<Ready>, ProveError> {
        let mut loaded = self.loaded();
        // The next backend may need their memory.
        loaded.retain(|index, _| self.opened.slots[*index].why_off().is_none());
        for &index in &self.order {
            let slot = &self.opened.slots[index];
            if slot.why_off().is_some() || failed.iter().any(|(other, _)| *other == index) {
                continue;
            }
            if let Some(prover) = loaded.get(&index) {
                return Ok(Some((index, prover.clone())));
            }
            let name = slot.kind.name();
            let key = (self.key)(&self.circuit).map_err(|reason| {
                tracing::error!(circuit = %self.circuit.id(), backend = name, reason, "the key cannot be loaded again");
                BackendError {
                    backend: name,
                    operation: "loading the key again",
                    reason,
                }
            })?;
            match load(slot, &self.circuit, key) {
                Ok(prover) => {
                    tracing::warn!(circuit = %self.circuit.id(), backend = name, "proving goes on with another backend");
                    loaded.insert(index, prover.clone());
                    return Ok(Some((index, prover)));
                }
                Err(ProveError::Backend(error)) => slot.switch_off(&error.to_string()),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Switches off the backends that made wrong proofs, once another made a right one.
    fn blame(&self, failed: &[(usize, ProveError)]) {
        for (index, error) in failed {
            if matches!(error, ProveError::ProofDidNotVerify { .. }) {
                self.opened.slots[*index].switch_off(&error.to_string());
            }
        }
    }

    /// The reason why this backend made the proof.
    fn reason(&self, index: usize, name: &str) -> String {
        if self.order.first() == Some(&index) {
            return self.choice.clone();
        }
        let off = self.opened.switched_off();
        let off: Vec<_> = off.into_iter().map(|(_, reason)| reason).collect();
        format!("{name}: others failed: {}", off.join("; "))
    }
}

fn exhausted() -> ProveError {
    ProveError::Backend(BackendError {
        backend: "all",
        operation: "proving",
        reason: "every backend was switched off after it failed: the log has the reasons; repair them and restart"
            .to_owned(),
    })
}

fn load(
    slot: &Slot,
    circuit: &Arc<Circuit>,
    key: ProvingKey,
) -> Result<Arc<dyn Prove>, ProveError> {
    let mut prover = None;
    guarded(slot.kind.name(), || {
        prover = Some(slot.backend.prover(circuit.clone(), key));
        Ok(())
    })?;
    prover.unwrap_or_else(|| Err(exhausted()))
}

impl Prove for ChosenProver {
    fn backend(&self) -> &'static str {
        let loaded = self.loaded();
        let slots = &self.opened.slots;
        let mut on = self.order.iter().filter(|i| slots[**i].why_off().is_none());
        on.next().map_or(BackendKind::Auto.name(), |index| {
            loaded
                .get(index)
                .map_or(slots[*index].kind.name(), |prover| prover.backend())
        })
    }

    fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    fn verifying_key(&self) -> &VerifyingKey<Bn254> {
        &self.verifying_key
    }

    fn prove(&self, assignment: &[Fr]) -> Result<(Proof, ProofMeta), ProveError> {
        let mut failed: Vec<(usize, ProveError)> = Vec::new();
        while let Some((index, prover)) = self.next(&failed)? {
            let slot = &self.opened.slots[index];
            let outcome = catch_unwind(AssertUnwindSafe(|| prover.prove(assignment)))
                .unwrap_or_else(|panic| {
                    Err(ProveError::Backend(BackendError {
                        backend: prover.backend(),
                        operation: "panic",
                        reason: text(&*panic),
                    }))
                });
            match outcome {
                Ok((proof, mut meta)) => {
                    self.blame(&failed);
                    slot.count_proof();
                    meta.choice = self.reason(index, prover.backend());
                    return Ok((proof, meta));
                }
                Err(error @ ProveError::Backend(_)) => {
                    slot.switch_off(&error.to_string());
                    failed.push((index, error));
                }
                // The key may be wrong, and not the backend: the next backend will show it.
                Err(error @ ProveError::ProofDidNotVerify { .. }) => {
                    tracing::warn!(circuit = %self.circuit.id(), %error, "another backend tries");
                    failed.push((index, error));
                }
                Err(error) => return Err(error),
            }
        }
        Err(failed.pop().map_or_else(exhausted, |(_, error)| error))
    }
}
