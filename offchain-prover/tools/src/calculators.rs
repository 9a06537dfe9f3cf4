//! Calculators for people and for checking: JSON lines in, JSON lines out. Each computes with the
//! protocol's own arithmetic, as the chain and the engine do; see `docs/calculators.md`.

pub mod funding;
pub mod lines;
pub mod liquidate;
pub mod margin;
pub mod portfolio;
pub mod price;
