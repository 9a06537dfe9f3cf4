//! What the end-to-end tests share: the real runtime on in-memory storage, and traders with real keys.

pub mod chain;
pub mod trader;
