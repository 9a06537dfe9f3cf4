//! A member of the chain's oracle. It asks several sources for each feed, takes the middle of those
//! that agree, and feeds it.
//!
//! One bad source must not move the price: it is dropped as an outlier ([`combine`]), or too few
//! sources remain and the feed is left out of the round. One bad round must not move it either: a
//! level far from the last fed one is held until several rounds in a row confirm it ([`guard`]). A
//! feed that is left out for too long halts its markets on the chain, as it should.

pub mod combine;
pub mod config;
pub mod error;
pub mod guard;
pub mod member;
pub mod name;
pub mod number;
pub mod round;
pub mod sink;
pub mod source;
#[cfg(test)]
mod tests;

pub use config::{ConfigError, FeedSettings, Settings};
pub use error::FeedError;

use self::{
    guard::Guard,
    member::Member,
    sink::{Oracle, Printed, Sink},
};
use clearproof_client::chain::Chain;
use std::{
    future::Future,
    pin::{Pin, pin},
    time::Duration,
};
use subxt_signer::sr25519::Keypair;
use tokio::time::timeout;

/// Pause between two attempts to reach the node at the start.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest wait for the node if only one round is to run.
const PATIENCE: Duration = Duration::from_secs(30);

/// The target of the values.
pub enum Target {
    /// The chain.
    Chain {
        /// URL of a node, `ws://` or `wss://`.
        node: String,
        /// The member's key.
        member: Box<Keypair>,
    },
    /// Standard output, as JSON lines.
    Print,
}

/// Runs a member until it is asked to end, or for one round.
///
/// # Errors
/// The account is not a member. For a single round also any error that left it incomplete;
/// otherwise only an error that no further attempt can fix.
pub fn run(
    settings: Settings,
    target: Target,
    once: bool,
    shutdown: Boxed<()>,
) -> Boxed<Result<(), FeedError>> {
    Box::pin(run_until(settings, target, once, shutdown))
}

/// A boxed future. The code behind it is compiled in this crate; the body of an `async fn` would be
/// compiled in every program that awaits it, at each build.
pub type Boxed<T> = Pin<Box<dyn Future<Output = T>>>;

async fn run_until(
    settings: Settings,
    target: Target,
    once: bool,
    shutdown: Boxed<()>,
) -> Result<(), FeedError> {
    let mut shutdown = pin!(shutdown);
    match target {
        Target::Print => {
            let output = std::io::stdout();
            let guards = vec![Guard::default(); settings.feeds.len()];
            work(
                Member::new(settings, guards, Printed { output })?,
                once,
                shutdown,
            )
            .await
        }
        Target::Chain { node, member } => {
            let start = start(&settings, &node, *member);
            let start = async {
                match once {
                    true => timeout(PATIENCE, start)
                        .await
                        .unwrap_or(Err(FeedError::NoNode(PATIENCE.as_secs()))),
                    false => start.await,
                }
            };
            let (oracle, guards) = tokio::select! {
                started = start => started?,
                () = &mut shutdown => return Ok(()),
            };
            let account = hex::encode(oracle.member.public_key().0);
            let interval_ms = settings.interval.as_millis();
            tracing::info!(
                account,
                feeds = settings.feeds.len(),
                interval_ms,
                "feeding"
            );
            work(Member::new(settings, guards, oracle)?, once, shutdown).await
        }
    }
}

async fn work<S: Sink>(
    member: Member<S>,
    once: bool,
    shutdown: impl Future<Output = ()>,
) -> Result<(), FeedError> {
    if !once {
        return member.keep_feeding(shutdown).await;
    }
    tokio::select! {
        done = member.once() => done,
        () = shutdown => Err(FeedError::Interrupted),
    }
}

/// Connects to the node, checks the membership, and reads the levels that the member fed last.
async fn start(
    settings: &Settings,
    node: &str,
    member: Keypair,
) -> Result<(Oracle, Vec<Guard>), FeedError> {
    let chain = Chain::connect(node).await?;
    let oracle = Oracle { chain, member };
    let feeds: Vec<_> = settings
        .feeds
        .iter()
        .map(|settings| settings.feed)
        .collect();
    let levels = oracle.last_levels(&feeds, PAUSE).await?;
    Ok((oracle, levels.into_iter().map(Guard::new).collect()))
}
