//! The server's side of the operator's JSON-RPC, which [`clearproof_client::rpc`] declares.

mod convert;
mod error;
mod limits;
mod server;
#[cfg(test)]
mod tests;

pub use limits::Limits;
pub use server::{RpcServer, ServeError, serve};
