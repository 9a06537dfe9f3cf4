//! The Clearproof node: consensus, networking, database and JSON-RPC around the runtime.
fn main() {}
