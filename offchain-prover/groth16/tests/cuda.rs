//! The CUDA backend compared with arkworks: with the stand-in for its library that
//! `offchain-prover/cuda-standin` builds, and with the library itself if it is built and there is a
//! device.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::undocumented_unsafe_blocks
)]

#[path = "cuda/arithmetic.rs"]
mod arithmetic;
#[path = "cuda/device.rs"]
mod device;
#[path = "cuda/failures.rs"]
mod failures;
#[path = "cuda/loading.rs"]
mod loading;
#[path = "cuda/proofs.rs"]
mod proofs;
#[path = "same/mod.rs"]
mod same;
#[path = "cuda/standin.rs"]
mod standin;
#[path = "cuda/vectors.rs"]
mod vectors;
