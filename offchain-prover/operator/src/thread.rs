//! Threads that compute for the venue's, so that it need not.

use super::{error::OperatorError, venue_task::Notice};
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};
use tokio::sync::mpsc::Sender;

/// Runs `work` on a thread of this name. The venue hears of its error, and of a panic too, or it would wait for results for
/// ever; `what` then names the thread.
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
            // An error only says that the venue has stopped already.
            let _ = notices.blocking_send(Notice::Failed(error));
        }
    })?;
    Ok(())
}
