//! The Clearproof node: consensus, networking, database and JSON-RPC around the runtime.
// The errors are the SDK's own, and large.
#![allow(clippy::result_large_err)]

mod chain_spec;
mod cli;
mod command;
mod executor;
mod metrics;
#[cfg(test)]
mod mock;
mod rpc;
mod service;
mod upgrade;

fn main() -> sc_cli::Result<()> {
    command::run()
}
