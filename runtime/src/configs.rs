//! Configuration of the pallets, one file per group.

pub mod clearproof;
pub mod consensus;
pub mod money;
pub mod oracle;
pub mod system;
