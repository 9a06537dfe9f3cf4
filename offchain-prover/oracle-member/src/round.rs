//! One round: asks all sources of all feeds at once, and combines each feed's answers into one
//! value.

use super::{
    combine::{BasisPoints, Combined, Reading, combine, level},
    config::FeedSettings,
    guard::{Guard, Verdict},
    name,
    source::{SourceError, http::Fetcher},
};
use clearproof_primitives::{
    chain::{Feed, FeedValue},
    fixed::IndexPrice,
    time::Millis,
};
use futures::future::join_all;
use std::fmt;

/// The result of a round for a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A value to feed.
    Value {
        /// The value.
        value: FeedValue,
        /// Its level, by which the next round is judged.
        level: IndexPrice,
        /// Number of sources that agree on it.
        sources: usize,
    },
    /// No value may be fed.
    LeftOut(Reason),
}

/// The reason that a feed is left out of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its expiry is past.
    Expired,
    /// Too few sources agree.
    TooFew {
        /// Number of sources that agree.
        agree: usize,
        /// Number of sources that must agree.
        least: usize,
    },
    /// The level moved too far since the last value that was fed.
    Held {
        /// The level that was fed last.
        last: IndexPrice,
        /// The round's level.
        now: IndexPrice,
        /// Number of rounds in a row that have confirmed the move.
        said: u32,
        /// Number of rounds that must confirm it.
        rounds: u32,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expired => write!(f, "its expiry is past"),
            Self::TooFew { agree, least } => {
                write!(f, "{agree} sources agree, min_sources is {least}")
            }
            Self::Held {
                last,
                now,
                said,
                rounds,
            } => {
                let (last, now) = (name::level(*last), name::level(*now));
                write!(
                    f,
                    "moved from {last} to {now}, more than max_move_bps; said {said} of {rounds} times"
                )
            }
        }
    }
}

/// Runs a round, and returns the outcome of all feeds in the order of the settings.
pub async fn round(
    feeds: &[FeedSettings],
    guards: &mut [Guard],
    fetcher: &Fetcher,
    clock: impl Fn() -> Millis + Copy,
) -> Vec<(Feed, Outcome)> {
    let read = feeds
        .iter()
        .map(|settings| readings(settings, fetcher, clock));
    let read = join_all(read).await;
    let judged = feeds.iter().zip(guards).zip(read);
    judged
        .map(|((settings, guard), readings)| {
            let outcome = judge(settings, guard, readings);
            if let Outcome::LeftOut(reason) = &outcome {
                tell(&settings.feed, reason);
            }
            (settings.feed, outcome)
        })
        .collect()
}

fn tell(feed: &Feed, reason: &Reason) {
    let feed = feed.to_string();
    match reason {
        // This is normal, and lasts until the settings change.
        Reason::Expired => tracing::debug!(%feed, %reason, "feed left out"),
        _ => tracing::warn!(%feed, %reason, "feed left out"),
    }
}

/// Returns the readings of a feed's sources; none if its expiry is past. Failures are logged.
async fn readings(
    settings: &FeedSettings,
    fetcher: &Fetcher,
    clock: impl Fn() -> Millis,
) -> Option<Vec<Reading>> {
    let expired = |now: Millis| {
        settings
            .feed
            .expiry()
            .is_some_and(|expiry| expiry.time <= now)
    };
    if expired(clock()) {
        return None;
    }
    let asked = settings.sources.iter();
    let answers =
        join_all(asked.map(|source| source.read(fetcher, settings.max_source_age_ms))).await;
    let now = clock();
    if expired(now) {
        return None;
    }
    let mut readings = Vec::new();
    for (source, answer) in answers.into_iter().enumerate() {
        let level_of = |value: FeedValue| {
            let level = level(&settings.feed, &value, now).map_err(SourceError::from)?;
            Ok(Reading {
                source,
                value,
                level,
            })
        };
        match answer.and_then(level_of) {
            Ok(reading) => readings.push(reading),
            Err(error) => {
                let name = settings
                    .sources
                    .get(source)
                    .map(|source| source.name.as_str());
                tracing::warn!(feed = %settings.feed, source = name, %error, "source left out");
            }
        }
    }
    Some(readings)
}

/// Combines a feed's readings and returns the outcome.
fn judge(settings: &FeedSettings, guard: &mut Guard, readings: Option<Vec<Reading>>) -> Outcome {
    let Some(readings) = readings else {
        return Outcome::LeftOut(Reason::Expired);
    };
    let Combined {
        middle,
        agreeing,
        outliers,
    } = combine(readings, settings.max_spread);
    for (outlier, BasisPoints(off_bps)) in &outliers {
        let source = settings
            .sources
            .get(outlier.source)
            .map(|source| source.name.as_str());
        let (feed, says) = (settings.feed.to_string(), name::level(outlier.level));
        tracing::warn!(%feed, source, says, off_bps, "outlier dropped");
    }
    let agree = agreeing.len();
    let (value, now) = match middle {
        Some(middle) if agree >= settings.min_sources => middle,
        _ => {
            guard.missed();
            let least = settings.min_sources;
            return Outcome::LeftOut(Reason::TooFew { agree, least });
        }
    };
    match guard.judge(now, &settings.limit) {
        Verdict::Held { last, said } => {
            let rounds = settings.limit.rounds;
            return Outcome::LeftOut(Reason::Held {
                last,
                now,
                said,
                rounds,
            });
        }
        Verdict::Confirmed => {
            let (feed, level) = (settings.feed.to_string(), name::level(now));
            tracing::info!(%feed, level, rounds = settings.limit.rounds, "large move confirmed");
        }
        Verdict::Near => {}
    }
    Outcome::Value {
        value,
        level: now,
        sources: agree,
    }
}
