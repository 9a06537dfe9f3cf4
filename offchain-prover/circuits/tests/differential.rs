//! Random batches through engine and circuits, and random fills through native code and circuit:
//! both must agree.
#![allow(clippy::unwrap_used)]

mod common;

#[path = "differential/actions.rs"]
mod actions;
#[path = "differential/batches.rs"]
mod batches;
#[path = "differential/config.rs"]
mod config;
#[path = "differential/fills.rs"]
mod fills;
#[path = "differential/run.rs"]
mod run;
#[path = "differential/tampering.rs"]
mod tampering;
