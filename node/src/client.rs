//! The node's client and database.

use crate::executor::Executor;
use clearproof_runtime::{apis::RuntimeApi, opaque::Block};
use sc_service::{TFullBackend, TFullClient};

/// The client: imports blocks, and calls the runtime at any block whose state the node has.
pub type FullClient = TFullClient<Block, RuntimeApi, Executor>;
/// The database.
pub type FullBackend = TFullBackend<Block>;
