//! A member of the chain's oracle: asks several sources for each feed, takes what lies amid those
//! that agree, and feeds it.
//!
//! One bad source must not move the price: it is dropped as an outlier ([`combine`]), or too few
//! remain and the feed is left out of the round. One bad round must not either: a level far from
//! the last that was fed is held until several rounds in a row have said it ([`guard`]). A feed
//! that is left out too long halts its markets on the chain, which is what it should do.

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
use std::{future::Future, pin::pin, time::Duration};
use subxt_signer::sr25519::Keypair;
use tokio::time::timeout;

/// Between two attempts to ask the node at the start.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest wait for the node if only one round is asked for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where values go.
pub enum Target {
    /// To the chain.
    Chain {
        /// A node, `ws://` or `wss://`.
        node: String,
        /// The member's key.
        member: Box<Keypair>,
    },
    /// To standard output, as JSON lines.
    Print,
}

/// Runs a member until it is asked to end, or for one round.
///
/// # Errors
/// The key is not a member's; of one round, whatever kept it from being whole; else only what no
/// further attempt can mend.
pub async fn run(
    settings: Settings,
    target: Target,
    once: bool,
    shutdown: impl Future<Output = ()>,
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

/// Connects to the node, makes sure of the membership, and takes up where the member left off.
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
