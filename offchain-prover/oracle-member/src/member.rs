//! A member at work: it runs a round per interval, delivers the values, and tries again after a
//! failure.

use super::{
    config::Settings,
    error::FeedError,
    guard::Guard,
    name,
    round::{Outcome, Reason, round},
    sink::{MAX_VALUES, Sink, SinkError},
    source::http::Fetcher,
};
use clearproof_client::clock::now_ms;
use clearproof_primitives::chain::Feed;
use std::{future::Future, pin::pin, time::Duration};
use tokio::time::{Instant, sleep, timeout};

/// Pause after the first failure; each further failure doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Longest wait at the end of the program for values that are on their way.
const GOODBYE: Duration = Duration::from_secs(10);

/// Returns the pause after `failures` failures in a row, at least one.
pub fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    FIRST_PAUSE
        .saturating_mul(1 << doublings)
        .min(LONGEST_PAUSE)
}

/// A member.
pub struct Member<S> {
    settings: Settings,
    guards: Vec<Guard>,
    fetcher: Fetcher,
    sink: S,
}

impl<S: Sink> Member<S> {
    /// Returns a member; `guards` are in the order of the feeds.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(settings: Settings, guards: Vec<Guard>, sink: S) -> Result<Self, FeedError> {
        Ok(Self {
            settings,
            guards,
            fetcher: Fetcher::new()?,
            sink,
        })
    }

    /// Runs one round: delivers the values that pass, and returns the feeds that were left out
    /// although they have not expired.
    ///
    /// # Errors
    /// Values did not arrive. Those of earlier calls in the same round have arrived.
    pub async fn feed_once(&mut self) -> Result<Vec<(Feed, Reason)>, SinkError> {
        let outcomes = round(
            &self.settings.feeds,
            &mut self.guards,
            &self.fetcher,
            now_ms,
        )
        .await;
        let time = now_ms();
        let mut good = Vec::new();
        let mut left_out = Vec::new();
        for (index, (feed, outcome)) in outcomes.into_iter().enumerate() {
            match outcome {
                Outcome::Value {
                    value,
                    level,
                    sources,
                } => {
                    let (feed_name, says) = (feed.to_string(), name::level(level));
                    tracing::debug!(feed = feed_name, says, sources, "value");
                    good.push((index, level, (feed, value)));
                }
                Outcome::LeftOut(Reason::Expired) => {}
                Outcome::LeftOut(reason) => left_out.push((feed, reason)),
            }
        }
        for part in good.chunks(MAX_VALUES) {
            let values: Vec<_> = part.iter().map(|(_, _, value)| *value).collect();
            self.sink.deliver(time, &values).await?;
            for (index, level, _) in part {
                if let Some(guard) = self.guards.get_mut(*index) {
                    guard.fed(*level);
                }
            }
        }
        if good.is_empty() {
            tracing::warn!("nothing to feed");
        }
        Ok(left_out)
    }

    /// Runs one round, which must be complete.
    ///
    /// # Errors
    /// A feed was left out, or values did not arrive.
    pub async fn once(mut self) -> Result<(), FeedError> {
        let left_out = self.feed_once().await.map_err(|error| match error {
            SinkError::Passing(error) => error.into(),
            SinkError::Final(error) => error,
        })?;
        let reasons: Vec<_> = left_out
            .iter()
            .map(|(feed, reason)| format!("{feed}: {reason}"))
            .collect();
        match reasons.is_empty() {
            true => Ok(()),
            false => Err(FeedError::Incomplete(reasons.join("; "))),
        }
    }

    /// Runs a round per interval until it is asked to end. A failure is followed by a pause and a
    /// round with fresh values.
    ///
    /// # Errors
    /// Only errors that no further attempt can fix.
    pub async fn keep_feeding(
        mut self,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), FeedError> {
        let mut shutdown = pin!(shutdown);
        let mut failures = 0;
        loop {
            let begun = Instant::now();
            let fed = {
                let mut feeding = pin!(self.feed_once());
                tokio::select! {
                    fed = &mut feeding => fed,
                    () = &mut shutdown => {
                        tracing::info!("stopping");
                        // A signed call may already be in the node's pool, so wait for it.
                        let _ = timeout(GOODBYE, feeding).await;
                        return Ok(());
                    }
                }
            };
            let wait = match fed {
                Ok(_) => {
                    failures = 0;
                    self.settings.interval.saturating_sub(begun.elapsed())
                }
                Err(SinkError::Final(error)) => return Err(error),
                Err(SinkError::Passing(error)) => {
                    failures += 1;
                    let wait = pause(failures);
                    tracing::warn!(%error, failures, again_in_ms = wait.as_millis(), "not fed");
                    wait
                }
            };
            tokio::select! {
                () = sleep(wait) => {}
                () = &mut shutdown => {
                    tracing::info!("stopping");
                    return Ok(());
                }
            }
        }
    }
}
