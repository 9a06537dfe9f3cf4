//! The time that the host functions take, for the node's metrics.
//!
//! A program may set one observer. Without one, the host functions do not even read the clock.

#[cfg(feature = "std")]
use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

/// The computation of a host function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Product of Miller loops: the larger part of verifying a batch of proofs.
    MultiMillerLoop,
    /// Final exponentiation: once per batch of proofs.
    FinalExponentiation,
    /// Multi-scalar multiplication in G1.
    MsmG1,
    /// Multi-scalar multiplication in G2.
    MsmG2,
    /// Separate multiplications in G1.
    ScaleG1,
    /// Subgroup test of decoded G2 points.
    CheckG2Subgroup,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::MultiMillerLoop,
        Self::FinalExponentiation,
        Self::MsmG1,
        Self::MsmG2,
        Self::ScaleG1,
        Self::CheckG2Subgroup,
    ];

    /// The host function's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::MultiMillerLoop => "multi_miller_loop",
            Self::FinalExponentiation => "final_exponentiation",
            Self::MsmG1 => "msm_g1",
            Self::MsmG2 => "msm_g2",
            Self::ScaleG1 => "scale_g1",
            Self::CheckG2Subgroup => "check_g2_subgroup",
        }
    }
}

#[cfg(feature = "std")]
type Observer = Box<dyn Fn(Operation, Duration) + Send + Sync>;

#[cfg(feature = "std")]
static OBSERVER: OnceLock<Observer> = OnceLock::new();

/// Has every call of a host function of this program reported to `observer` from now on; it runs in
/// the calling thread and should be quick. Answers false, and changes nothing, if there is an
/// observer already.
#[cfg(feature = "std")]
pub fn set_observer(observer: impl Fn(Operation, Duration) + Send + Sync + 'static) -> bool {
    OBSERVER.set(Box::new(observer)).is_ok()
}

/// Computes and reports.
#[cfg(feature = "std")]
pub(crate) fn observed<T>(operation: Operation, compute: impl FnOnce() -> T) -> T {
    let Some(observer) = OBSERVER.get() else {
        return compute();
    };
    let start = Instant::now();
    let result = compute();
    observer(operation, start.elapsed());
    result
}

/// Computes; without `std` there is no clock.
#[cfg(not(feature = "std"))]
pub(crate) fn observed<T>(_: Operation, compute: impl FnOnce() -> T) -> T {
    compute()
}
