//! Threads that compute for the venue, beside its own thread.

use super::{error::OperatorError, messages::Notice};
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};
use tokio::sync::mpsc::Sender;

/// Runs `work` on a thread of this name. An error stops the venue, and so does a panic: otherwise
/// the venue would wait for results forever. `what` then names the thread.
pub(super) fn spawn(
    name: &str,
    what: &'static str,
    notices: Sender<Notice>,
    work: impl FnOnce(&Sender<Notice>) -> Result<(), OperatorError> + Send + 'static,
) -> io::Result<()> {
    let thread = std::thread::Builder::new().name(name.into());
    thread.spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(|| work(&notices)));
        if let Err(error) = done.unwrap_or(Err(OperatorError::Ended(what))) {
            // An error only means that the venue has stopped already.
            let _ = notices.blocking_send(Notice::Failed(error));
        }
    })?;
    Ok(())
}
