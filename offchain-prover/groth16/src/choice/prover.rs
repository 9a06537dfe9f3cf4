//! A prover that goes on with another backend where one fails.

use super::{
    candidate::{guarded, text},
    Backends,
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
    fmt,
    panic::{catch_unwind, AssertUnwindSafe},
    sync::{Arc, Mutex, PoisonError},
};

type KeySource = dyn Fn(&Circuit) -> Result<ProvingKey, String> + Send + Sync;

pub(super) struct ChosenProver {
    backends: Arc<Backends>,
    circuit: Arc<Circuit>,
    /// Indices of the backends' slots, best first.
    order: Vec<usize>,
    /// The choice and its reason.
    choice: String,
    key: Box<KeySource>,
    verifying_key: VerifyingKey<Bn254>,
    /// The backend in use and its prover.
    current: Mutex<(usize, Arc<dyn Prove>)>,
}

impl ChosenProver {
    pub fn new<E>(
        backends: Arc<Backends>,
        circuit: Circuit,
        order: Vec<usize>,
        choice: String,
        key: impl Fn(&Circuit) -> Result<ProvingKey, E> + Send + Sync + 'static,
    ) -> Result<Self, E>
    where
        E: From<ProveError> + fmt::Display + 'static,
    {
        let circuit = Arc::new(circuit);
        let mut last = None;
        for index in order.clone() {
            if backends.slots[index].why_off().is_some() {
                continue;
            }
            let first = key(&circuit)?;
            let verifying_key = first.verifying_key().clone();
            match load(&backends, index, &circuit, first) {
                Ok(prover) => {
                    return Ok(Self {
                        backends,
                        circuit,
                        order,
                        choice,
                        key: Box::new(move |circuit| {
                            key(circuit).map_err(|error| error.to_string())
                        }),
                        verifying_key,
                        current: Mutex::new((index, prover)),
                    })
                }
                Err(ProveError::Backend(error)) => {
                    backends.switch_off(index, &error.to_string());
                    last = Some(ProveError::Backend(error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.unwrap_or_else(exhausted).into())
    }

    /// The prover in use, or the next whose backend is not switched off.
    fn current(&self) -> Result<(usize, Arc<dyn Prove>), ProveError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if self.backends.slots[current.0].why_off().is_none() {
            return Ok(current.clone());
        }
        for index in &self.order {
            if self.backends.slots[*index].why_off().is_some() {
                continue;
            }
            let name = self.backends.slots[*index].kind.name();
            let key = (self.key)(&self.circuit).map_err(|reason| BackendError {
                backend: name,
                operation: "loading the key again",
                reason,
            })?;
            match load(&self.backends, *index, &self.circuit, key) {
                Ok(prover) => {
                    tracing::warn!(circuit = %self.circuit.id(), backend = name, "proving goes on with another backend");
                    *current = (*index, prover);
                    return Ok(current.clone());
                }
                Err(error) => self.backends.switch_off(*index, &error.to_string()),
            }
        }
        Err(exhausted())
    }
}

fn exhausted() -> ProveError {
    ProveError::Backend(BackendError {
        backend: "all",
        operation: "proving",
        reason: "every backend was switched off after it failed: the log has the reasons; restart after mending them"
            .to_owned(),
    })
}

fn load(
    backends: &Backends,
    index: usize,
    circuit: &Arc<Circuit>,
    key: ProvingKey,
) -> Result<Arc<dyn Prove>, ProveError> {
    let slot = &backends.slots[index];
    let mut prover = None;
    guarded(slot.kind.name(), || {
        prover = Some(slot.backend.prover(circuit.clone(), key));
        Ok(())
    })?;
    prover.unwrap_or_else(|| Err(exhausted()))
}

impl Backends {
    fn switch_off(&self, index: usize, reason: &str) {
        let slot = &self.slots[index];
        tracing::error!(backend = %slot.kind, reason, "backend switched off");
        slot.set(Some(reason.to_owned()));
    }
}

impl Prove for ChosenProver {
    fn backend(&self) -> &'static str {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.1.backend()
    }

    fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    fn verifying_key(&self) -> &VerifyingKey<Bn254> {
        &self.verifying_key
    }

    fn prove(&self, assignment: &[Fr]) -> Result<(Proof, ProofMeta), ProveError> {
        let mut blamed: Vec<(usize, ProveError)> = Vec::new();
        loop {
            let (index, prover) = match self.current() {
                Ok(current) => current,
                Err(error) => {
                    // Where all made proofs that do not verify, it is not they that are wrong but what they all have from
                    // one source: the key. They stay in use.
                    let all = blamed.len() == self.order.len();
                    if all && blamed.iter().all(|(_, error)| is_wrong_proof(error)) {
                        blamed
                            .iter()
                            .for_each(|(index, _)| self.backends.slots[*index].set(None));
                    }
                    return Err(blamed.pop().map_or(error, |(_, error)| error));
                }
            };
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
                    meta.choice = if blamed.is_empty() && self.order.first() == Some(&index) {
                        self.choice.clone()
                    } else {
                        let off = self.backends.switched_off();
                        let off: Vec<_> = off.into_iter().map(|(_, reason)| reason).collect();
                        format!("{}: others failed: {}", prover.backend(), off.join("; "))
                    };
                    return Ok((proof, meta));
                }
                Err(error @ (ProveError::Backend(_) | ProveError::ProofDidNotVerify { .. })) => {
                    self.backends.switch_off(index, &error.to_string());
                    blamed.push((index, error));
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn is_wrong_proof(error: &ProveError) -> bool {
    matches!(error, ProveError::ProofDidNotVerify { .. })
}
