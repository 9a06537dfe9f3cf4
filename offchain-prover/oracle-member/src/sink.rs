//! The receivers of a member's values: the chain, or standard output.

use super::{combine, error::FeedError};
use clearproof_client::chain::{Chain, ChainError, calls};
use clearproof_formats::decimal;
use clearproof_primitives::{
    chain::{Feed, FeedValue},
    fixed::{FRACTION_BITS, IndexPrice},
    options::SviCurve,
    time::Millis,
};
use serde::Serialize;
use std::{
    future::Future,
    io::{self, Write},
    time::Duration,
};
use subxt_signer::sr25519::Keypair;

/// Most values of one call; the runtime sets this limit.
pub const MAX_VALUES: usize = 32;
/// Pallet that takes values, and the error with which it refuses an account that is not a member.
const NO_PERMISSION: (&str, &str) = ("Oracle", "NoPermission");

/// The reason that values did not arrive.
#[derive(Debug)]
pub enum SinkError {
    /// Another attempt may succeed.
    Passing(ChainError),
    /// No further attempt can succeed.
    Final(FeedError),
}

impl SinkError {
    fn of(error: ChainError, member: &Keypair) -> Self {
        match error {
            ChainError::Refused { pallet, error, .. }
                if (pallet.as_str(), error.as_str()) == NO_PERMISSION =>
            {
                let account = hex::encode(member.public_key().0);
                Self::Final(FeedError::NotMember(account))
            }
            ChainError::OtherChain(_)
            | ChainError::Url(_)
            | ChainError::Decode { .. }
            | ChainError::OtherRuntime { .. }
            | ChainError::OtherVersion { .. }
            | ChainError::Missing(_) => Self::Final(error.into()),
            ChainError::Node(_)
            | ChainError::Refused { .. }
            | ChainError::Invalid(_)
            | ChainError::Dropped(_) => Self::Passing(error),
        }
    }
}

/// Takes values, in calls of at most [`MAX_VALUES`].
pub trait Sink {
    /// Delivers the values of the round that began at `time`; returns once they have arrived.
    fn deliver(
        &mut self,
        time: Millis,
        values: &[(Feed, FeedValue)],
    ) -> impl Future<Output = Result<(), SinkError>>;
}

/// The chain's oracle.
pub struct Oracle {
    /// A connection to a node.
    pub chain: Chain,
    /// The member's key.
    pub member: Keypair,
}

impl Oracle {
    /// Returns the levels that the member fed last, as the chain has them. Waits while the node
    /// does not answer.
    ///
    /// # Errors
    /// The account is not a member, or the runtime speaks another version.
    pub async fn last_levels(
        &self,
        feeds: &[Feed],
        pause: Duration,
    ) -> Result<Vec<Option<IndexPrice>>, FeedError> {
        loop {
            match self.ask_levels(feeds).await {
                Err(SinkError::Passing(error)) => {
                    tracing::warn!(%error, "waiting for the node");
                    tokio::time::sleep(pause).await;
                }
                Err(SinkError::Final(error)) => return Err(error),
                Ok(levels) => return Ok(levels),
            }
        }
    }

    async fn ask_levels(&self, feeds: &[Feed]) -> Result<Vec<Option<IndexPrice>>, SinkError> {
        let account = self.member.public_key().0;
        let failed = |error| SinkError::of(error, &self.member);
        let members = self.chain.oracle_members().await.map_err(failed)?;
        if !members.contains(&account) {
            return Err(SinkError::Final(FeedError::NotMember(hex::encode(account))));
        }
        let mut levels = Vec::new();
        for feed in feeds {
            let fed = self.chain.fed_by(account, feed).await.map_err(failed)?;
            levels.push(fed.and_then(|(value, time)| combine::level(feed, &value, time).ok()));
        }
        Ok(levels)
    }
}

impl Sink for Oracle {
    async fn deliver(&mut self, _: Millis, values: &[(Feed, FeedValue)]) -> Result<(), SinkError> {
        let call = calls::feed_values(values);
        let included = self.chain.include(&self.member, &call).await;
        let included = included.map_err(|error| SinkError::of(error, &self.member))?;
        tracing::info!(values = values.len(), block = included.block, "fed");
        Ok(())
    }
}

/// Writes values to standard output, one JSON object each.
pub struct Printed<W> {
    /// The output for the lines.
    pub output: W,
}

/// A line of [`Printed`].
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    /// Time of the round, milliseconds since the Unix epoch.
    time: Millis,
    /// The feed, as in the settings.
    feed: String,
    /// Smallest quote units per whole unit, exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    /// The same price times 2^32, as it is sent to the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<String>,
    /// Parameters times 2^48, as they are sent to the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    curve: Option<SviCurve>,
}

impl Line {
    fn new(time: Millis, feed: &Feed, value: &FeedValue) -> Self {
        let (price, curve) = match value {
            FeedValue::Price(price) => (Some(*price), None),
            FeedValue::Curve(curve) => (None, Some(*curve)),
        };
        let exact = |price: IndexPrice| {
            let price = i128::try_from(price).unwrap_or(i128::MAX);
            decimal::format(price, FRACTION_BITS, 18)
        };
        Self {
            time,
            feed: feed.to_string(),
            price: price.map(exact),
            fixed: price.map(|price| price.to_string()),
            curve,
        }
    }
}

impl<W: Write> Sink for Printed<W> {
    async fn deliver(
        &mut self,
        time: Millis,
        values: &[(Feed, FeedValue)],
    ) -> Result<(), SinkError> {
        let mut write = || -> io::Result<()> {
            for (feed, value) in values {
                serde_json::to_writer(&mut self.output, &Line::new(time, feed, value))?;
                self.output.write_all(b"\n")?;
            }
            self.output.flush()
        };
        write().map_err(|error| SinkError::Final(FeedError::Output(error)))
    }
}
