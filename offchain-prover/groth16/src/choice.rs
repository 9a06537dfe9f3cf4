//! Which backend proves: found out at run time, watched while it works, replaced when it fails.
//!
//! 1. [`Backends::open`] opens what may be there, best first, and compares each with the reference at 2¹⁰ ([`check`](self)):
//!    sums in both groups and the quotient. What cannot be opened or computes wrongly is left out, with its reason.
//! 2. [`Backends::prover`] ranks for one circuit: what has no room for it is left out, and where more than one is left, each is
//!    timed on a sum and a quotient of the circuit's size, up to a limit: for a small circuit a device can be slower than the processor.
//! 3. A proof is verified before it is released, as everywhere. Where a backend fails or makes a wrong proof, the next in rank makes
//!    it, and the first is switched off for all circuits of these [`Backends`]; for a wrong proof once another has made a right one,
//!    as otherwise it is the key that is wrong. Assignments that break a constraint are nobody's fault but the caller's.

mod candidate;
mod check;
mod prover;

pub use candidate::Candidate;

use crate::{
    backend::{
        BackendError,
        ark::ArkBackend,
        cpu::CpuBackend,
        cuda::{CudaBackend, CudaOptions},
        icicle::{IcicleBackend, IcicleOptions},
    },
    circuit::Circuit,
    key::ProvingKey,
    prover::{Prove, ProveError},
};
use candidate::Opened;
use prover::ChosenProver;
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use thiserror::Error;

/// What a user asks for.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize
)]
#[serde(rename_all = "lowercase")]
pub enum BackendKind {
    /// The fastest that is there.
    #[default]
    Auto,
    /// The reference: arkworks.
    Ark,
    /// The tuned one.
    Cpu,
    /// A device, through our own library for CUDA.
    Cuda,
    /// A device, through ICICLE.
    Icicle,
}

impl BackendKind {
    /// All, as they are written.
    pub const NAMES: [&'static str; 5] = ["auto", "ark", "cpu", "cuda", "icicle"];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ark => "ark",
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Icicle => "icicle",
        }
    }
}

impl fmt::Display for BackendKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// No such kind.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("backend {0:?}: use auto, ark, cpu, cuda or icicle")]
pub struct UnknownBackend(String);

impl FromStr for BackendKind {
    type Err = UnknownBackend;

    fn from_str(text: &str) -> Result<Self, UnknownBackend> {
        [Self::Auto, Self::Ark, Self::Cpu, Self::Cuda, Self::Icicle]
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| UnknownBackend(text.to_owned()))
    }
}

/// Why there is no backend.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ChoiceError {
    /// The one that was asked for is not to be had.
    #[error(
        "backend {kind} was asked for and cannot be used: {reason}; use --backend auto for the best that is there"
    )]
    Unusable {
        /// What was asked for.
        kind: BackendKind,
        /// Why not.
        reason: BackendError,
    },
    /// None can be used.
    #[error("no backend can be used: {0}")]
    None(String),
}

/// The state of one backend.
struct Slot {
    kind: BackendKind,
    backend: Arc<dyn Opened>,
    /// Why it is not used any more.
    off: Mutex<Option<String>>,
    proofs: AtomicU64,
    failures: AtomicU64,
}

/// What a backend did since it was opened, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackendCounts {
    /// Which.
    pub kind: BackendKind,
    /// Proofs made and verified.
    pub proofs: u64,
    /// Times that it failed or made a wrong proof, and was switched off for it.
    pub failures: u64,
}

/// Backends that a process uses, for all its circuits.
pub struct Backends {
    asked: BackendKind,
    slots: Vec<Slot>,
    left_out: Vec<String>,
}

impl fmt::Debug for Backends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots: Vec<_> = self.slots.iter().map(|slot| slot.kind.name()).collect();
        f.debug_struct("Backends")
            .field("asked", &self.asked)
            .field("usable", &slots)
            .field("left_out", &self.left_out)
            .finish()
    }
}

/// What this program knows of, best first.
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

/// Elements of what is timed at most.
const SAMPLE: usize = 1 << 15;

impl Backends {
    /// Opens and checks what this program knows of.
    ///
    /// # Errors
    /// [`ChoiceError`]; with [`BackendKind::Auto`] only where nothing works at all.
    pub fn open(asked: BackendKind) -> Result<Arc<Self>, ChoiceError> {
        Self::open_of(asked, candidates())
    }

    /// As [`Self::open`], of the given ones, best first.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_of(
        asked: BackendKind,
        candidates: Vec<Candidate>,
    ) -> Result<Arc<Self>, ChoiceError> {
        let (mut slots, mut left_out) = (Vec::new(), Vec::new());
        // What was asked for goes first; those behind it, which need no device, are there if it fails one day.
        let from = match asked {
            BackendKind::Auto => 0,
            _ => candidates
                .iter()
                .position(|candidate| candidate.kind == asked)
                .unwrap_or(candidates.len()),
        };
        for candidate in candidates.into_iter().skip(from) {
            let kind = candidate.kind;
            match candidate.open() {
                Ok(backend) => {
                    tracing::info!(backend = %kind, what = %backend.what(), "backend opened and checked");
                    slots.push(Slot {
                        kind,
                        backend,
                        off: Mutex::new(None),
                        proofs: AtomicU64::new(0),
                        failures: AtomicU64::new(0),
                    });
                }
                Err(reason) if kind == asked => return Err(ChoiceError::Unusable { kind, reason }),
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
            asked,
            slots,
            left_out,
        }))
    }

    /// The backends that could be opened, best first, with what each says of itself.
    pub fn usable(&self) -> impl Iterator<Item = (BackendKind, String)> + '_ {
        let slots = self.slots.iter();
        slots.map(|slot| (slot.kind, slot.backend.what()))
    }

    /// Why others could not.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Backends that were switched off since, with the reasons.
    pub fn switched_off(&self) -> Vec<(BackendKind, String)> {
        let slots = self.slots.iter();
        slots
            .filter_map(|slot| Some((slot.kind, slot.why_off()?)))
            .collect()
    }

    /// What each backend that could be opened did so far, best first.
    pub fn counts(&self) -> Vec<BackendCounts> {
        let counts = |slot: &Slot| BackendCounts {
            kind: slot.kind,
            proofs: slot.proofs.load(Ordering::Relaxed),
            failures: slot.failures.load(Ordering::Relaxed),
        };
        self.slots.iter().map(counts).collect()
    }

    /// A prover of `circuit` that chooses among these. `key` gives the circuit's key, once for each backend that comes to be used; the first
    /// is asked at once, so that what is wrong with the key shows here.
    ///
    /// # Errors
    /// Where no backend can take the key, where the one that was asked for by name cannot, and what `key` says.
    pub fn prover<E>(
        self: &Arc<Self>,
        circuit: Circuit,
        key: impl Fn(&Circuit) -> Result<ProvingKey, E> + Send + Sync + 'static,
    ) -> Result<Arc<dyn Prove>, E>
    where
        E: From<ProveError> + fmt::Display + 'static,
    {
        let (order, choice) = self.rank(&circuit).map_err(ProveError::from)?;
        tracing::info!(circuit = %circuit.id(), choice = %choice, "backend chosen");
        Ok(Arc::new(ChosenProver::new(
            self.clone(),
            circuit,
            order,
            choice,
            key,
        )?))
    }

    /// Which to use for a circuit, in order, and why.
    ///
    /// The one that was asked for by name is first or it is an error: nobody shall believe to use it and not do so.
    fn rank(&self, circuit: &Circuit) -> Result<(Vec<usize>, String), ChoiceError> {
        let mut order = Vec::new();
        let mut notes = Vec::new();
        for (index, slot) in self.slots.iter().enumerate() {
            match slot.backend.fits(circuit) {
                Ok(()) => order.push(index),
                Err(reason) if slot.kind == self.asked => {
                    let kind = slot.kind;
                    return Err(ChoiceError::Unusable { kind, reason });
                }
                Err(reason) => notes.push(reason.to_string()),
            }
        }
        if order.is_empty() {
            return Err(ChoiceError::None(notes.join("; ")));
        }
        let name = |index: &usize| self.slots[*index].kind.name();
        // The reference is never the faster one: it stands behind the others untimed.
        let (timed, reference): (Vec<_>, Vec<_>) = order
            .into_iter()
            .partition(|index| self.slots[*index].kind != BackendKind::Ark);
        let mut order = timed;
        let reason = if self.asked != BackendKind::Auto {
            "asked for".to_owned()
        } else if order.len() < 2 {
            self.left_out.first().map_or_else(
                || "nothing faster is known".to_owned(),
                |reason| format!("nothing faster is there: {reason}"),
            )
        } else {
            let size = circuit.matrices().domain_size().clamp(64, SAMPLE);
            let mut times: Vec<(usize, Duration)> = Vec::new();
            for index in &order {
                match self.slots[*index].backend.time(size) {
                    Ok(time) => times.push((*index, time)),
                    Err(reason) => notes.push(reason.to_string()),
                }
            }
            times.sort_by_key(|(_, time)| *time);
            order = times.iter().map(|(index, _)| *index).collect();
            let times = times
                .iter()
                .map(|(index, time)| format!("{} {time:.1?}", name(index)));
            let times: Vec<_> = times.collect();
            format!("fastest at {size}: {}", times.join(", "))
        };
        order.extend(reference);
        let first = order.first().map_or("none", name);
        let mut choice = format!("{first}: {reason}");
        for note in notes {
            choice.push_str("; ");
            choice.push_str(&note);
        }
        Ok((order, choice))
    }
}

impl Slot {
    fn why_off(&self) -> Option<String> {
        let off = self.off.lock().unwrap_or_else(PoisonError::into_inner);
        off.clone()
    }

    /// Why it was switched off; only the first reason counts, as later ones are those of proofs already under way.
    fn switch_off(&self, reason: &str) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut off = self.off.lock().unwrap_or_else(PoisonError::into_inner);
        if off.is_none() {
            tracing::error!(backend = %self.kind, reason, "backend switched off until this process is started again");
            *off = Some(reason.to_owned());
        }
    }
}

#[cfg(test)]
mod tests;
