//! The choice of a backend: made at run time, watched at work, changed when a backend fails.
//!
//! 1. [`Backends::open`] opens the backends that may be available, best first. It compares each
//!    with the reference at 2¹⁰ elements: sums in both groups, each transform and the quotient. A
//!    backend that cannot be opened or computes wrongly is left out, with the reason.
//! 2. [`Backends::prover`] ranks the backends for one circuit. Those without room for it are left
//!    out. If more than one remains, each is timed on a sum and a quotient of the circuit's size,
//!    up to a limit: for a small circuit a device can be slower than the processor.
//! 3. A proof is verified before it is released, as everywhere. If a backend fails or makes a wrong
//!    proof, the next in rank makes the proof, and the first is switched off for all circuits of
//!    these [`Backends`]. After a wrong proof it is switched off only once another backend has made
//!    a right one, since otherwise the key is wrong. An assignment that breaks a constraint is the
//!    caller's fault and switches nothing off.

mod candidate;
mod check;
mod error;
mod kind;
mod prover;
mod ranking;
mod slot;

pub use candidate::Candidate;
pub use error::{ChoiceError, PrepareError};
pub use kind::{BackendKind, UnknownBackend};
pub use slot::BackendCounts;

use crate::{
    backend::{
        ark::ArkBackend,
        cpu::CpuBackend,
        cuda::{CudaBackend, CudaOptions},
        icicle::{IcicleBackend, IcicleOptions},
    },
    circuit::Circuit,
    key::ProvingKey,
    prover::Prove,
};
use prover::ChosenProver;
use slot::{Slot, Slots};
use std::{fmt, sync::Arc};

/// The backends of a process, for all its circuits.
pub struct Backends {
    opened: Arc<Slots>,
    left_out: Vec<String>,
}

impl fmt::Debug for Backends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = self.opened.slots.iter();
        let usable: Vec<_> = slots.map(|slot| slot.kind.name()).collect();
        f.debug_struct("Backends")
            .field("requested", &self.opened.requested)
            .field("usable", &usable)
            .field("left_out", &self.left_out)
            .finish()
    }
}

/// The backends that this program knows, best first.
pub fn candidates() -> Vec<Candidate> {
    vec![
        Candidate::new(BackendKind::Icicle, || {
            IcicleBackend::open(&IcicleOptions::default())
        }),
        Candidate::new(BackendKind::Cuda, || {
            CudaBackend::open(&CudaOptions::default())
        }),
        Candidate::new(BackendKind::Cpu, || Ok(CpuBackend::detect())),
        Candidate::new(BackendKind::Ark, || Ok(ArkBackend)),
    ]
}

impl Backends {
    /// Opens and checks the backends that this program knows.
    ///
    /// # Errors
    /// [`ChoiceError`]; with [`BackendKind::Auto`] only if no backend works at all.
    pub fn open(requested: BackendKind) -> Result<Arc<Self>, ChoiceError> {
        Self::open_of(requested, candidates())
    }

    /// As [`Self::open`], with the given candidates, best first.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_of(
        requested: BackendKind,
        candidates: Vec<Candidate>,
    ) -> Result<Arc<Self>, ChoiceError> {
        let (mut slots, mut left_out) = (Vec::new(), Vec::new());
        // The requested backend comes first. Those after it, which need no device, replace it if it
        // fails one day.
        let from = match requested {
            BackendKind::Auto => 0,
            _ => candidates
                .iter()
                .position(|candidate| candidate.kind == requested)
                .unwrap_or(candidates.len()),
        };
        for candidate in candidates.into_iter().skip(from) {
            let kind = candidate.kind;
            match candidate.open() {
                Ok(backend) => {
                    tracing::info!(backend = %kind, description = %backend.description(), "backend opened and checked");
                    slots.push(Slot::new(kind, backend));
                }
                Err(reason) if kind == requested => {
                    return Err(ChoiceError::Unusable { kind, reason });
                }
                Err(reason) => {
                    tracing::info!(backend = %kind, %reason, "backend left out");
                    left_out.push(reason.to_string());
                }
            }
        }
        if slots.is_empty() {
            return Err(ChoiceError::None(left_out.join("; ")));
        }
        Ok(Arc::new(Self {
            opened: Arc::new(Slots { requested, slots }),
            left_out,
        }))
    }

    /// The opened backends, best first, with the description that each gives of itself.
    pub fn usable(&self) -> impl Iterator<Item = (BackendKind, String)> + '_ {
        let slots = self.opened.slots.iter();
        slots.map(|slot| (slot.kind, slot.backend.description()))
    }

    /// The reasons for which other backends could not be opened.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Backends that were switched off since they were opened, with the reasons.
    pub fn switched_off(&self) -> Vec<(BackendKind, String)> {
        self.opened.switched_off()
    }

    /// The counters of each opened backend, best first.
    pub fn counts(&self) -> Vec<BackendCounts> {
        self.opened.slots.iter().map(Slot::counts).collect()
    }

    /// Returns a prover of `circuit` that chooses among these backends. `key` returns the circuit's
    /// key and is called once for each backend that comes to be used. The first call is made here,
    /// so that a defect of the key shows at once.
    ///
    /// # Errors
    /// [`PrepareError`] if no backend can load the key, or the one requested by name cannot; and
    /// the errors of `key`.
    pub fn prover<E>(
        &self,
        circuit: Circuit,
        key: impl Fn(&Circuit) -> Result<ProvingKey, E> + Send + Sync + 'static,
    ) -> Result<Arc<dyn Prove>, E>
    where
        E: From<PrepareError> + fmt::Display + 'static,
    {
        let ranking =
            ranking::rank(&self.opened, &self.left_out, &circuit).map_err(PrepareError::from)?;
        tracing::info!(circuit = %circuit.id(), choice = %ranking.choice, "backend chosen");
        let opened = self.opened.clone();
        Ok(Arc::new(ChosenProver::new(opened, circuit, ranking, key)?))
    }
}

#[cfg(test)]
mod tests;
