//! The Clearproof node: consensus, networking, database and JSON-RPC around the runtime.

mod chain_spec;
mod cli;
mod command;
mod executor;
mod rpc;
mod service;

fn main() -> sc_cli::Result<()> {
    command::run()
}
