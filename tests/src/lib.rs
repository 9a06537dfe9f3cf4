//! Tools shared by the end-to-end tests: the real runtime on in-memory storage, traders with real
//! keys, and the programs as processes.

pub mod chain;
pub mod metrics;
pub mod network;
pub mod prices;
pub mod trader;
pub mod world;
