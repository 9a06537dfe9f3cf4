//! Backends of all types behind one trait, before a key is loaded into them.

use super::{check, kind::BackendKind};
use crate::{
    backend::{Backend, BackendError},
    circuit::Circuit,
    key::ProvingKey,
    prover::{Prove, ProveError, Prover},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

/// A backend that may be available.
pub struct Candidate {
    pub(super) kind: BackendKind,
    open: Box<dyn Fn() -> Result<Arc<dyn Opened>, BackendError> + Send + Sync>,
}

/// A backend that is open.
pub(super) trait Opened: Send + Sync {
    /// The backend's description.
    fn description(&self) -> String;

    /// Succeeds if it has room for a circuit.
    fn fits(&self, circuit: &Circuit) -> Result<(), BackendError>;

    /// Time of a sum and a quotient of `size` elements.
    fn time(&self, size: usize) -> Result<Duration, BackendError>;

    /// A prover with this backend.
    fn prover(&self, circuit: Arc<Circuit>, key: ProvingKey) -> Result<Arc<dyn Prove>, ProveError>;
}

struct Instance<B>(Arc<B>);

impl<B: Backend + 'static> Opened for Instance<B> {
    fn description(&self) -> String {
        self.0.description()
    }

    fn fits(&self, circuit: &Circuit) -> Result<(), BackendError> {
        self.0.fits(circuit)
    }

    fn time(&self, size: usize) -> Result<Duration, BackendError> {
        guarded(self.0.name(), || check::time(&*self.0, size))
    }

    fn prover(&self, circuit: Arc<Circuit>, key: ProvingKey) -> Result<Arc<dyn Prove>, ProveError> {
        Ok(Arc::new(Prover::<B>::new(self.0.clone(), circuit, key)?))
    }
}

impl Candidate {
    /// A candidate of this kind, which `open` opens.
    pub fn new<B: Backend + 'static>(
        kind: BackendKind,
        open: impl Fn() -> Result<B, BackendError> + Send + Sync + 'static,
    ) -> Self {
        let open = move || -> Result<Arc<dyn Opened>, BackendError> {
            let backend = guarded(kind.name(), &open)?;
            guarded(kind.name(), || check::against_reference(&backend))?;
            Ok(Arc::new(Instance(Arc::new(backend))))
        };
        Self {
            kind,
            open: Box::new(open),
        }
    }

    /// Opens it and compares it with the reference.
    pub(super) fn open(&self) -> Result<Arc<dyn Opened>, BackendError> {
        (self.open)()
    }
}

/// Turns a panic, which is a defect of the backend, into an error of the backend.
pub(super) fn guarded<T>(
    backend: &'static str,
    act: impl FnOnce() -> Result<T, BackendError>,
) -> Result<T, BackendError> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        Err(BackendError {
            backend,
            operation: "panic",
            reason: text(&*panic),
        })
    })
}

/// The message of a panic.
pub(super) fn text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked".to_owned())
}
