//! R1CS gadgets and the two circuits: the chunk of account steps, and the closing proof.
//!
//! [`chunk::chunk`] and [`closing::closing`] are the circuits; every other module is a part of
//! them. They must agree with the native code of `clearproof_primitives`, whose
//! [`clearproof_primitives::witness`] defines their witnesses.

pub mod account;
mod accrual;
pub mod chunk;
pub mod closing;
mod error;
pub mod exposure;
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

pub use error::CircuitError;
