//! The ICICLE backend compared with arkworks, with the stand-in for ICICLE that
//! `offchain-prover/icicle-standin` builds.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::undocumented_unsafe_blocks
)]

#[path = "icicle/arithmetic.rs"]
mod arithmetic;
#[path = "icicle/failures.rs"]
mod failures;
#[path = "icicle/loading.rs"]
mod loading;
#[path = "icicle/proofs.rs"]
mod proofs;
#[path = "same/mod.rs"]
mod same;
#[path = "icicle/standin.rs"]
mod standin;
