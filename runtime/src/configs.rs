//! Configuration of the pallets, one file per group.

pub mod clearproof;
pub mod consensus;
pub mod emergency;
pub mod money;
pub mod oracle;
pub mod parameters;
pub mod system;
