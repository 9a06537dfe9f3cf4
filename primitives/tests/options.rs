//! Option mathematics against reference values, published examples, properties and real option
//! chains.
#![allow(clippy::expect_used, clippy::unwrap_used)]

#[path = "options/black76.rs"]
mod black76;
#[path = "options/chains.rs"]
mod chains;
#[path = "options/fit.rs"]
mod fit;
