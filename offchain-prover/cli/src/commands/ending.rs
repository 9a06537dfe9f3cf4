//! When a program that runs on is asked to end.

use anyhow::Result;
use std::{future::Future, pin::Pin};
use tokio::signal::unix::{SignalKind, signal};

/// Ready when the process gets an interrupt or a request to terminate. Must be called in the async
/// runtime.
pub fn asked_to_end() -> Result<Pin<Box<dyn Future<Output = ()>>>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(Box::pin(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }))
}
