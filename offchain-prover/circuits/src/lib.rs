//! R1CS gadgets and the two circuits: the chunk of account steps, and the closing proof.
//!
//! [`chunk::chunk`] and [`closing::closing`] are the circuits; every other module is a piece of them. The native code they
//! must agree with is `clearproof_primitives`; witnesses are its [`clearproof_primitives::witness`].

pub mod account;
mod accrual;
pub mod chunk;
pub mod closing;
pub mod fills;
mod forced;
pub mod gadgets;
pub mod header;
pub mod margin;
pub mod market;
mod movements;
pub mod order_set;
pub mod packing;
pub mod r1cs;
pub mod running;
pub mod step;

/// Why a circuit cannot be built from a witness. A witness of the right form that breaks a rule builds, and then
/// does not satisfy the constraints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CircuitError {
    /// A list does not have the shape's length.
    #[error("witness: {0} does not have the length that the shape says")]
    Shape(&'static str),
    /// The header holds a field element that is not canonical.
    #[error("header: {0}")]
    Field(#[from] clearproof_primitives::field::FieldError),
    /// The snapshot does not fit the market.
    #[error("snapshot: {0}")]
    Snapshot(#[from] clearproof_primitives::snapshot::SnapshotError),
}
