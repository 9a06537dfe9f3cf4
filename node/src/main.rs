//! The Clearproof node: consensus, networking, database and JSON-RPC around the runtime.
// The errors are the SDK's own, and large.
#![allow(clippy::result_large_err)]

mod chain_spec;
mod cli;
mod client;
mod command;
mod equivocations;
mod executor;
mod metrics;
#[cfg(test)]
mod mock;
mod rpc;
mod service;
mod upgrade;

use std::process::ExitCode;

fn main() -> ExitCode {
    match command::run() {
        Ok(()) => ExitCode::SUCCESS,
        // Printed for people: some messages have many lines.
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
