#![doc = include_str!("../README.md")]
//!
//! # Flow
//!
//! ```text
//!  key points ───▶ BasesG1, BasesG2 ──────────────┐
//!                  (once per key)                 │
//!                                                 ├──▶ Cpu::msm_g1, Cpu::msm_g2 ──▶ A, B, C
//!  assignment ───▶ Scalars ───────────────────────┤
//!                                                 │
//!  A·z, B·z, C·z ─▶ Domain::quotient ─▶ Scalars ──┘
//!  (rows)           (once per size)     (coefficients of H)
//! ```
//!
//! 1. [`Cpu::detect`] looks up which instructions the processor has and chooses the fastest of
//!    three implementations. All of them are in every build, and all return the same results.
//! 2. [`BasesG1`] and [`BasesG2`] take the points of a key once. The points stay in the caller's
//!    memory ([`PointSource`]), which may be a mapped file, in the form in which arkworks computes
//!    with them ([`G1Point`], [`G2Point`]).
//! 3. [`Scalars`] take a vector of scalars. The signed digits that sums need are computed once, and
//!    all sums over the same scalars share them.
//! 4. [`Cpu::domain`] prepares transforms of one size, and [`Domain::quotient`] computes the
//!    polynomial H of a proof. Sums can use its coefficients without bringing them into natural
//!    order first.
//!
//! # Inside
//!
//! - Sums: `msm` (buckets by signed digits), `digits`, `adder` (trees of affine additions).
//! - Additions: `vectors` and `affine` (sixteen side by side), `portable` and `limbs` (one at a
//!   time).
//! - Transforms: `ntt` and `butterflies` on vectors, `subgroup` with arkworks.
//! - Vectors of eight field elements: `vector` is the interface, `ifma` and `fma` implement it.
//!
//! `unsafe` is confined to `ifma`, `fma`, `affine` and `butterflies`, and to `vectors` and `ntt`,
//! which check what they pass to them.

mod adder;
#[cfg(target_arch = "x86_64")]
mod affine;
mod bases;
#[cfg(target_arch = "x86_64")]
mod butterflies;
mod cpu;
mod digits;
mod domain;
mod error;
#[cfg(target_arch = "x86_64")]
mod fma;
#[cfg(target_arch = "x86_64")]
mod ifma;
mod limbs;
mod msm;
#[cfg(target_arch = "x86_64")]
mod ntt;
mod points;
mod portable;
mod scalars;
mod subgroup;
#[cfg(target_arch = "x86_64")]
mod vector;
#[cfg(target_arch = "x86_64")]
mod vectors;

pub use bases::{BasesG1, BasesG2};
pub use cpu::Cpu;
pub use domain::Domain;
pub use error::Error;
pub use points::{G1Point, G2Point, PointSource};
pub use scalars::Scalars;
