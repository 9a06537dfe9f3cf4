//! BN254 for the chain: host functions, and the Groth16 verifier that stands on them.
//!
//! # Layers
//!
//! - [`point`]: the one strict decoder of curve points.
//! - [`native`]: the arithmetic, in plain arkworks.
//! - [`host`]: the same arithmetic as versioned host functions over bytes.
//! - [`backend`]: the place of computation. [`backend::Native`] calls arkworks, [`backend::Host`]
//!   calls the host functions; both implement the hooks of `ark-bn254-ext`, so that code written
//!   against arkworks' traits runs on either.
//! - `observe`: reports the time that each host function took, to an observer such as the node's
//!   metrics.
//! - [`groth16`]: keys, proofs, their encodings, and randomised batch verification.
//!
//! # Features
//!
//! | build | arithmetic |
//! | --- | --- |
//! | `std` | arkworks, directly |
//! | no `std` (a wasm runtime) | the node's host functions |
//! | no `std`, `pure-wasm` | arkworks, compiled into the runtime |
//!
//! A runtime that calls host functions starts only on nodes that offer [`HostFunctions`].
//!
//! # What is validated where
//!
//! Bytes from outside become points in [`point`]: canonical, on the curve. G1 has cofactor one, so
//! that is all a G1 point needs. A G2 point of a proof or of a new key is also checked to lie in
//! the subgroup of prime order, once, when it is decoded: by the host where there is one, since
//! this is the most expensive part of decoding. The types [`groth16::Proof`] and
//! [`groth16::VerifyingKey`] cannot be built without these checks, but for
//! `VerifyingKey::decode_registered`, which reads back what a chain checked and stored.
//!
//! The host does not rely on that. Whatever bytes a runtime hands over, each host function checks
//! lengths, canonical form and the curve equation again (cheap), and answers a status code instead
//! of panicking. It does not repeat the subgroup check: a point outside the subgroup gives a
//! defined, useless result, and that is the calling runtime's own concern, which the chain trusts
//! by definition.
//!
//! All results are exact field and curve elements in canonical form, so every backend gives the
//! same bytes on every machine.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod backend;
pub mod groth16;
pub mod host;
pub mod native;
#[cfg(not(substrate_runtime))]
pub mod observe;
pub mod point;

pub use backend::{Backend, DefaultBackend};
/// The host functions of this crate, for the node's executor.
#[cfg(feature = "std")]
pub use host::clearproof_bn_254::HostFunctions;
