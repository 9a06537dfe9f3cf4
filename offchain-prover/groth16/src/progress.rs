//! Progress of long work: a trait, and an implementation that ignores it.

use std::fmt;

/// A part of long work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Evaluating the polynomials of the columns at the secret point.
    QapEvaluation,
    /// Multiples of the generators.
    Tables,
    /// The query of A in G1.
    A,
    /// The query of B in G1.
    BG1,
    /// The query of B in G2.
    BG2,
    /// The query of the witness columns in G1.
    L,
    /// The query of the quotient in G1.
    H,
    /// The query of the quotient in the basis of other provers, for an export.
    Coset,
    /// Writing a key to disk.
    Write,
    /// Reading a key from disk.
    Read,
    /// Checking that points lie in their groups.
    Check,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::QapEvaluation => "QAP evaluation",
            Self::Tables => "tables",
            Self::A => "A",
            Self::BG1 => "B in G1",
            Self::BG2 => "B in G2",
            Self::L => "L",
            Self::H => "H",
            Self::Coset => "H on the coset",
            Self::Write => "writing the key",
            Self::Read => "reading the key",
            Self::Check => "checking points",
        })
    }
}

/// Receives the progress of long work. Phases come one after the other.
pub trait Progress: Send + Sync {
    /// A phase of `total` units begins.
    fn begin(&self, phase: Phase, total: u64);
    /// `units` more are done.
    fn advance(&self, units: u64);
    /// The phase is over.
    fn end(&self);
}

/// Ignores progress.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Phase, _: u64) {}
    fn advance(&self, _: u64) {}
    fn end(&self) {}
}
