//! The limits of the server for one caller.

use clearproof_client::rpc::error::{BUSY, RefusalName, named};
use futures::future::{Either, Ready, ready};
use jsonrpsee::{
    MethodResponse,
    server::middleware::rpc::RpcServiceT,
    types::{ErrorObjectOwned, Request},
};
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Limits of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request.
    pub request_bytes: u32,
    /// Bytes of a response.
    pub response_bytes: u32,
    /// Connections at a time.
    pub connections: u32,
    /// Subscriptions per connection.
    pub subscriptions: u32,
    /// Calls in one JSON-RPC batch.
    pub batch: u32,
    /// Messages that wait for a caller who reads slowly. Beyond them its subscriptions skip
    /// auctions.
    pub buffered_messages: u32,
    /// Requests per second that a WebSocket connection may make in the long run, at least 1. Over
    /// HTTP each request counts as a connection of its own, so only `connections` limits it.
    pub requests_per_second: u32,
    /// Requests that a connection may make at once after a pause, at least 1.
    pub burst: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 64 << 10,
            response_bytes: 256 << 10,
            connections: 1_024,
            subscriptions: 16,
            batch: 32,
            buffered_messages: 256,
            requests_per_second: 2_000,
            burst: 2_000,
        }
    }
}

/// Counts the requests of one connection: the generic cell rate algorithm (ITU-T I.371), a leaky
/// bucket without a timer.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    tolerance: Duration,
    /// Time at which the rate will have allowed all requests so far.
    earned: Mutex<Instant>,
}

impl Pace {
    fn new(limits: &Limits, now: Instant) -> Self {
        let interval = Duration::from_secs(1) / limits.requests_per_second.max(1);
        Self {
            interval,
            tolerance: interval.saturating_mul(limits.burst.saturating_sub(1)),
            earned: Mutex::new(now),
        }
    }

    /// Returns true if one more request is within the limit, and counts it then.
    fn take(&self, now: Instant) -> bool {
        let mut earned = self.earned.lock().unwrap_or_else(PoisonError::into_inner);
        let from = (*earned).max(now);
        let within = from.duration_since(now) <= self.tolerance;
        if within {
            *earned = from + self.interval;
        }
        within
    }
}

/// Refuses the requests of a connection that makes too many. Each connection has its own.
#[derive(Debug)]
pub(super) struct Paced<S> {
    service: S,
    pace: Pace,
    limits: Limits,
}

impl<S> Paced<S> {
    pub fn new(service: S, limits: Limits) -> Self {
        Self {
            service,
            pace: Pace::new(&limits, Instant::now()),
            limits,
        }
    }
}

impl<'a, S: RpcServiceT<'a>> RpcServiceT<'a> for Paced<S> {
    type Future = Either<S::Future, Ready<MethodResponse>>;

    fn call(&self, request: Request<'a>) -> Self::Future {
        if self.pace.take(Instant::now()) {
            return Either::Left(self.service.call(request));
        }
        let error = too_many_requests(&self.limits);
        Either::Right(ready(MethodResponse::error(request.id, error)))
    }
}

fn too_many_requests(limits: &Limits) -> ErrorObjectOwned {
    let Limits {
        requests_per_second,
        burst,
        ..
    } = limits;
    let message = format!(
        "too many requests: a connection may make {requests_per_second} per second and {burst} at \
         once; slow down"
    );
    named(BUSY, RefusalName::TooManyRequests, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_only_the_rate() {
        let limits = Limits {
            requests_per_second: 10,
            burst: 3,
            ..Limits::default()
        };
        let start = Instant::now();
        let pace = Pace::new(&limits, start);
        let at = |ms| pace.take(start + Duration::from_millis(ms));
        assert!(at(0) && at(0) && at(0));
        assert!(!at(0) && !at(99));
        assert!(at(100) && !at(100));
        assert!(at(10_000) && at(10_000) && at(10_000) && !at(10_000));
    }
}
