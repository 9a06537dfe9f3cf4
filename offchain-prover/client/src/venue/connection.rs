//! A connection to a venue's operator that is opened again after it is lost. Each new connection is
//! checked to lead to the same venue and the same operator.

use super::VenueError;
use crate::{
    Identity,
    rpc::{VenueApiClient, types::StatusJson},
};
use clearproof_primitives::{ids::VenueId, time::Millis};
use ed25519_dalek::VerifyingKey;
use jsonrpsee::{
    core::ClientError,
    ws_client::{PingConfig, WsClient, WsClientBuilder},
};
use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{sync::Mutex, time};

/// Updates of a subscription that wait for their reader; beyond this number the subscription is
/// renewed.
const BUFFERED_UPDATES: usize = 1_024;
/// Requests of a connection that may be under way at once.
const CONCURRENT_REQUESTS: usize = 1_024;
/// The largest answer that is read, bytes: above what an operator sends.
const MAX_ANSWER: u32 = 16 << 20;

/// Timeouts and retries of a [`VenueClient`](super::VenueClient).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for an answer.
    pub answer_timeout: Duration,
    /// Attempts at sending a request that changes nothing, before its error is returned; at least
    /// 1.
    pub attempts: u32,
    /// Pause before the second attempt. Each further pause is twice as long.
    pub first_pause: Duration,
    /// Longest pause between two attempts.
    pub longest_pause: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(30),
            attempts: 5,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(10),
        }
    }
}

/// Pauses between attempts, each up to twice as long as the one before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    first: Duration,
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            first: settings.first_pause,
            next: settings.first_pause,
            longest: settings.longest_pause,
        }
    }

    /// Waits for a time between half of the next pause and all of it, so that the clients of a
    /// restarted operator do not all connect at the same moment.
    pub(super) async fn pause(&mut self) {
        let longest = self.next.min(self.longest);
        self.next = longest.saturating_mul(2);
        time::sleep(longest.mul_f64(0.5 + fraction_of_now() / 2.0)).await;
    }

    pub(super) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Returns a number from 0 to 1 that differs between clients: the clock's part below a millisecond.
fn fraction_of_now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanoseconds = since.map_or(0, |since| since.subsec_nanos());
    f64::from(nanoseconds % 1_000_000) / 1e6
}

/// The operator that every connection must lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) identity: Identity,
    pub(super) receipt_key: VerifyingKey,
}

impl Operator {
    /// Reads an operator's identity off its first status, which must be of this venue and chain.
    fn first(status: &StatusJson, genesis: [u8; 32], venue: VenueId) -> Result<Self, VenueError> {
        same("genesis", &status.genesis, &genesis, hex::encode)?;
        same("venue", &status.venue, &venue, ToString::to_string)?;
        Ok(Self {
            identity: Identity {
                genesis,
                venue,
                shape: status.shape,
            },
            receipt_key: VerifyingKey::from_bytes(&status.receipt_key)
                .map_err(|_| VenueError::ReceiptKey)?,
        })
    }

    /// Checks that a status is of this operator.
    fn check(&self, status: &StatusJson) -> Result<(), VenueError> {
        let Identity {
            genesis,
            venue,
            shape,
        } = &self.identity;
        same("genesis", &status.genesis, genesis, hex::encode)?;
        same("venue", &status.venue, venue, ToString::to_string)?;
        same("shape", &status.shape, shape, |shape| format!("{shape:?}"))?;
        let key = self.receipt_key.to_bytes();
        same("receiptKey", &status.receipt_key, &key, hex::encode)
    }
}

fn same<'a, T: PartialEq>(
    field: &'static str,
    given: &'a T,
    expected: &'a T,
    show: impl Fn(&'a T) -> String,
) -> Result<(), VenueError> {
    if given == expected {
        return Ok(());
    }
    Err(VenueError::OtherVenue {
        field,
        given: show(given),
        expected: show(expected),
    })
}

/// Opens a connection, and asks for the operator's status.
async fn open(url: &str, settings: &Settings) -> Result<(WsClient, StatusJson), VenueError> {
    let builder = WsClientBuilder::new()
        .connection_timeout(settings.connect_timeout)
        .request_timeout(settings.answer_timeout)
        .max_response_size(MAX_ANSWER)
        .max_concurrent_requests(CONCURRENT_REQUESTS)
        .max_buffer_capacity_per_subscription(BUFFERED_UPDATES)
        // Pings detect that the other end has disappeared without closing the connection.
        .enable_ws_ping(PingConfig::new())
        .set_tcp_no_delay(true);
    // The builder's own limit does not cover a server that accepts and then says nothing.
    let built = time::timeout(settings.connect_timeout, builder.build(url)).await;
    let link = built.unwrap_or(Err(ClientError::RequestTimeout))?;
    let status = link.status().await?;
    Ok((link, status))
}

/// A connection to an operator, opened when it is needed.
#[derive(Debug)]
pub(super) struct Connection {
    url: String,
    settings: Settings,
    pub(super) operator: Operator,
    link: Mutex<Option<Arc<WsClient>>>,
}

impl Connection {
    /// Connects for the first time; one attempt.
    pub(super) async fn first(
        url: &str,
        genesis: [u8; 32],
        venue: VenueId,
        settings: Settings,
    ) -> Result<Self, VenueError> {
        let (link, status) = open(url, &settings).await?;
        Ok(Self {
            url: url.into(),
            settings,
            operator: Operator::first(&status, genesis, venue)?,
            link: Mutex::new(Some(Arc::new(link))),
        })
    }

    pub(super) fn backoff(&self) -> Backoff {
        Backoff::new(&self.settings)
    }

    /// Returns true if the connection is open.
    pub(super) fn is_open(&self) -> bool {
        let link = self.link.try_lock();
        link.is_ok_and(|link| link.as_ref().is_some_and(|link| link.is_connected()))
    }

    /// Returns the open connection, or opens one; one attempt.
    pub(super) async fn link(&self) -> Result<Arc<WsClient>, VenueError> {
        let limit = self.settings.connect_timeout + self.settings.answer_timeout;
        let linked = time::timeout(limit, async {
            // A caller that arrives while another one connects waits for that connection.
            let mut slot = self.link.lock().await;
            if let Some(link) = slot.as_ref().filter(|link| link.is_connected()) {
                return Ok(Arc::clone(link));
            }
            *slot = None;
            let (link, status) = open(&self.url, &self.settings).await?;
            self.operator.check(&status)?;
            tracing::debug!(url = self.url, "connected to the operator again");
            Ok(Arc::clone(slot.insert(Arc::new(link))))
        });
        let timed_out = Err(VenueError::Connection(ClientError::RequestTimeout));
        linked.await.unwrap_or(timed_out)
    }

    /// Returns the open connection, or opens one, with as many attempts as the settings allow.
    pub(super) async fn link_in_time(&self) -> Result<Arc<WsClient>, VenueError> {
        self.repeat(|| self.link()).await
    }

    /// Gives up a connection on which an answer was lost, so that the next request opens another.
    pub(super) async fn give_up(&self, lost: &Arc<WsClient>) {
        let mut slot = self.link.lock().await;
        slot.take_if(|link| Arc::ptr_eq(link, lost));
    }

    /// Sends a request that may be sent several times.
    pub(super) async fn ask<T, F>(&self, ask: impl Fn(Arc<WsClient>) -> F) -> Result<T, VenueError>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        self.repeat(|| async {
            let link = self.link().await?;
            let answer = ask(Arc::clone(&link)).await.map_err(VenueError::from);
            if matches!(answer, Err(VenueError::Connection(_))) {
                self.give_up(&link).await;
            }
            answer
        })
        .await
    }

    async fn repeat<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, VenueError>
    where
        F: Future<Output = Result<T, VenueError>>,
    {
        let mut backoff = self.backoff();
        for _ in 1..self.settings.attempts {
            match attempt().await {
                Err(VenueError::Connection(error)) => {
                    let pause_ms = Millis::of(backoff.next).get();
                    tracing::debug!(url = self.url, %error, pause_ms, "trying again");
                }
                done => return done,
            }
            backoff.pause().await;
        }
        attempt().await
    }
}
