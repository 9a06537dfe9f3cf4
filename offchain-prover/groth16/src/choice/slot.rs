//! The opened backends of a process and their state.

use super::{candidate::Opened, kind::BackendKind};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// The counters of one backend since it was opened, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackendCounts {
    /// The backend.
    pub kind: BackendKind,
    /// Proofs made and verified.
    pub proofs: u64,
    /// Times that it failed or made a wrong proof, and was switched off for it.
    pub failures: u64,
}

/// One opened backend and its state.
pub(super) struct Slot {
    pub kind: BackendKind,
    pub backend: Arc<dyn Opened>,
    /// The reason for which it was switched off.
    off: Mutex<Option<String>>,
    proofs: AtomicU64,
    failures: AtomicU64,
}

impl Slot {
    /// A backend that was just opened.
    pub fn new(kind: BackendKind, backend: Arc<dyn Opened>) -> Self {
        Self {
            kind,
            backend,
            off: Mutex::new(None),
            proofs: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        }
    }

    /// The reason for which the backend was switched off; none if it is in use.
    pub fn why_off(&self) -> Option<String> {
        let off = self.off.lock().unwrap_or_else(PoisonError::into_inner);
        off.clone()
    }

    /// Switches the backend off and counts a failure. Only the first reason is kept: later ones
    /// come from proofs that were already under way.
    pub fn switch_off(&self, reason: &str) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut off = self.off.lock().unwrap_or_else(PoisonError::into_inner);
        if off.is_none() {
            tracing::error!(backend = %self.kind, reason, "backend switched off until this process is started again");
            *off = Some(reason.to_owned());
        }
    }

    /// Counts a proof that was made and verified.
    pub fn count_proof(&self) {
        self.proofs.fetch_add(1, Ordering::Relaxed);
    }

    /// The counters as they are now.
    pub fn counts(&self) -> BackendCounts {
        BackendCounts {
            kind: self.kind,
            proofs: self.proofs.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }
}

/// All opened backends, best first, and the kind that the user requested.
pub(super) struct Slots {
    pub requested: BackendKind,
    pub slots: Vec<Slot>,
}

impl Slots {
    /// Backends that were switched off, with the reasons.
    pub fn switched_off(&self) -> Vec<(BackendKind, String)> {
        let slots = self.slots.iter();
        slots
            .filter_map(|slot| Some((slot.kind, slot.why_off()?)))
            .collect()
    }
}
