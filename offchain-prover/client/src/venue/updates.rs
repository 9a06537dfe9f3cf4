//! Subscriptions that continue after the connection was lost.

use super::{
    VenueError,
    connection::{Backoff, Connection},
};
use crate::rpc::types::{AccountUpdateJson, AuctionJson};
use futures::{
    Stream,
    future::BoxFuture,
    stream::{self, BoxStream, StreamExt},
};
use jsonrpsee::{
    core::{ClientError, client::Subscription},
    ws_client::WsClient,
};
use serde::de::DeserializeOwned;
use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// An item of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update<T> {
    /// The next update.
    Item(T),
    /// Updates were missed between the last item and the next: the connection was lost, or the
    /// reader is too slow.
    Missed {
        /// The number of missed updates, where it is known.
        count: Option<u64>,
    },
}

/// An item of a subscription.
pub(super) trait Counted {
    /// Returns the number of updates before this one that the operator did not send.
    fn missed(&self) -> u64;
}

impl Counted for AuctionJson {
    fn missed(&self) -> u64 {
        self.missed
    }
}

impl Counted for AccountUpdateJson {
    /// An update contains the whole account, so only the auctions in between are lost.
    fn missed(&self) -> u64 {
        0
    }
}

/// A subscription that renews itself without end when the connection is lost.
///
/// It yields an error, and ends, only if another attempt cannot help: the operator refuses the
/// subscription, or is another operator. Dropping it ends the subscription. Up to 1,024 unread
/// updates are kept; beyond that the subscription is renewed, and [`Update::Missed`] reports it.
pub struct Updates<T>(BoxStream<'static, Result<Update<T>, VenueError>>);

impl<T> fmt::Debug for Updates<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Updates")
    }
}

impl<T> Stream for Updates<T> {
    type Item = Result<Update<T>, VenueError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl<T> Updates<T> {
    /// Returns the next update; none after an error. Cancelling it loses no update.
    pub async fn next(&mut self) -> Option<Result<Update<T>, VenueError>> {
        self.0.next().await
    }

    /// Returns the next update and skips the notices of missed ones.
    ///
    /// # Errors
    /// As the subscription's: see [`Updates`].
    pub async fn next_item(&mut self) -> Option<Result<T, VenueError>> {
        loop {
            match self.next().await? {
                Ok(Update::Item(item)) => return Some(Ok(item)),
                Ok(Update::Missed { .. }) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Makes a subscription on a connection.
pub(super) type Subscribe<T> = Box<
    dyn Fn(Arc<WsClient>) -> BoxFuture<'static, Result<Subscription<T>, ClientError>> + Send + Sync,
>;

struct State<T> {
    connection: Arc<Connection>,
    subscribe: Subscribe<T>,
    current: Option<Subscription<T>>,
    /// An update that was received with a notice of missed ones, and follows that notice.
    queued: Option<T>,
    /// True if the reader has had a notice of missed updates since the last item.
    told: bool,
    ended: bool,
    backoff: Backoff,
}

/// Subscribes, and subscribes again whenever the subscription ends.
///
/// # Errors
/// The first subscription fails.
pub(super) async fn follow<T>(
    connection: Arc<Connection>,
    subscribe: Subscribe<T>,
) -> Result<Updates<T>, VenueError>
where
    T: Counted + DeserializeOwned + Send + 'static,
{
    let current = connection.ask(&subscribe).await?;
    let state = State {
        backoff: connection.backoff(),
        connection,
        subscribe,
        current: Some(current),
        queued: None,
        told: false,
        ended: false,
    };
    Ok(Updates(stream::unfold(state, next).boxed()))
}

async fn next<T>(mut state: State<T>) -> Option<(Result<Update<T>, VenueError>, State<T>)>
where
    T: Counted + DeserializeOwned + Send + 'static,
{
    if let Some(item) = state.queued.take() {
        return Some((Ok(Update::Item(item)), state));
    }
    while !state.ended {
        let Some(subscription) = &mut state.current else {
            if let Err(error) = state.subscribe_again().await {
                state.ended = true;
                return Some((Err(error), state));
            }
            continue;
        };
        let update = match subscription.next().await {
            Some(Ok(item)) => state.received(item),
            // The operator closed the subscription, the connection was lost, the reader was too
            // slow, or an update could not be decoded.
            Some(Err(_)) | None => {
                state.current = None;
                if std::mem::replace(&mut state.told, true) {
                    continue;
                }
                Update::Missed { count: None }
            }
        };
        return Some((Ok(update), state));
    }
    None
}

impl<T: Counted> State<T> {
    fn received(&mut self, item: T) -> Update<T> {
        self.told = false;
        self.backoff.reset();
        match item.missed() {
            0 => Update::Item(item),
            missed => {
                self.queued = Some(item);
                Update::Missed {
                    count: Some(missed),
                }
            }
        }
    }

    /// Makes one attempt to subscribe again, after a pause. It returns only errors that another
    /// attempt cannot fix.
    async fn subscribe_again(&mut self) -> Result<(), VenueError> {
        self.backoff.pause().await;
        let subscribed = async {
            let link = self.connection.link().await?;
            let subscribed = (self.subscribe)(Arc::clone(&link)).await;
            let subscribed = subscribed.map_err(VenueError::from);
            if matches!(subscribed, Err(VenueError::Connection(_))) {
                self.connection.give_up(&link).await;
            }
            subscribed
        };
        match subscribed.await {
            Ok(subscription) => self.current = Some(subscription),
            Err(error) if error.is_passing() => {
                tracing::debug!(%error, "cannot subscribe yet");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
