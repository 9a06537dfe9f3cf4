//! An operator whose behaviour a test sets: it can be stopped and started again at the same
//! address, lie, be slow, lose answers and return nonsense.

use crate::rpc::{
    number::Decimal,
    receipt::Receipt,
    types::{AccountJson, AuctionJson, OrderJson, SettledJson, SignedOrderSetJson, StatusJson},
};
use clearproof_primitives::{
    batch::genesis_field,
    field::FieldBytes,
    ids::{AccountIndex, BatchNumber, VenueId},
    order::SignedOrderSet,
    shape::Shape,
    time::Millis,
};
use ed25519_dalek::SigningKey;
use jsonrpsee::{
    RpcModule,
    core::{SubscriptionResult, client::Error},
    server::{PendingSubscriptionSink, Server, ServerHandle, SubscriptionMessage},
    types::{ErrorObjectOwned, Params},
};
use serde_json::{Value, json};
use std::{
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::time::{sleep, timeout};

pub(super) const GENESIS: [u8; 32] = [3; 32];
pub(super) const VENUE: VenueId = VenueId::new(7);

/// The way in which the fake operator treats an order set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Submission {
    /// It is accepted, and has a receipt.
    #[default]
    Accepted,
    /// It is accepted, and the receipt is for another place in the order of arrival.
    WrongReceipt,
    /// It is accepted, and the answer makes no sense.
    Nonsense,
    /// It is accepted, and no answer comes.
    LostAfter,
    /// It is not accepted, and no answer comes.
    LostBefore,
}

/// The operator's behaviour, and the requests that it has received.
#[derive(Debug)]
pub(super) struct Behaviour {
    pub(super) genesis: [u8; 32],
    pub(super) venue: VenueId,
    pub(super) shape: Shape,
    pub(super) key: SigningKey,
    /// Number of status requests that are answered too late.
    pub(super) slow: u32,
    /// Number of status requests that are answered with nonsense.
    pub(super) nonsense: u32,
    pub(super) submission: Submission,
    /// True if account requests are refused.
    pub(super) no_account: bool,
    /// The set that was accepted last.
    pub(super) live: Option<SignedOrderSet>,
    /// Number of order sets that arrived.
    pub(super) submitted: u32,
    /// Auctions to send on each subscription, in the order of subscriptions.
    pub(super) auctions: Vec<Vec<AuctionJson>>,
    /// Number of subscriptions that were made.
    pub(super) subscriptions: usize,
    /// Number of auctions that were sent.
    pub(super) sent: usize,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            genesis: GENESIS,
            venue: VENUE,
            shape: Shape::TINY,
            key: SigningKey::from_bytes(&[9; 32]),
            slow: 0,
            nonsense: 0,
            submission: Submission::default(),
            no_account: false,
            live: None,
            submitted: 0,
            auctions: Vec::new(),
            subscriptions: 0,
            sent: 0,
        }
    }
}

impl Behaviour {
    fn status(&self) -> StatusJson {
        StatusJson {
            venue: self.venue,
            genesis: self.genesis,
            shape: self.shape,
            receipt_key: self.key.verifying_key().to_bytes(),
            accounts: 2,
            deposits_consumed: 1,
            settled: SettledJson {
                batch: BatchNumber::new(0),
                state_root: FieldBytes([0; 32]),
            },
            pending: Vec::new(),
            open: None,
            last_auction: Millis::ZERO,
            time: Millis::ZERO,
            connected: true,
        }
    }

    fn account(&self) -> AccountJson {
        let live = self.live.as_ref().map(|signed| &signed.set);
        let orders = live.map(|set| set.orders.iter().map(|o| o.as_ref().map(OrderJson::from)));
        AccountJson {
            index: AccountIndex::new(1),
            number: 0,
            trading_key: FieldBytes([0; 32]),
            has_viewing_key: true,
            balances: Vec::new(),
            positions: Vec::new(),
            sequence: Decimal(4),
            slots: Vec::new(),
            live_sequence: Decimal(live.map_or(0, |set| set.sequence)),
            live_orders: orders.map_or(Vec::new(), Iterator::collect),
            margin: None,
        }
    }

    fn receipt(&self, signed: &SignedOrderSet) -> Receipt {
        let message = signed
            .set
            .message(&self.shape, genesis_field(&self.genesis));
        let about = (signed.set.account, signed.set.sequence);
        Receipt::issue(&self.key, message, about, 5, Millis::new(1_000))
    }
}

/// An auction without trades.
pub(super) fn auction(time: Millis, missed: u64) -> AuctionJson {
    AuctionJson {
        time,
        clearings: Vec::new(),
        missed,
    }
}

type Shared = Arc<Mutex<Behaviour>>;

/// A running operator.
pub(super) struct Fake {
    address: SocketAddr,
    behaviour: Shared,
    handle: Option<ServerHandle>,
}

impl Fake {
    pub(super) async fn start() -> Self {
        let mut fake = Self {
            address: ([127, 0, 0, 1], 0).into(),
            behaviour: Shared::default(),
            handle: None,
        };
        fake.start_again().await;
        fake
    }

    pub(super) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(super) fn behaviour(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour.lock().unwrap()
    }

    /// Starts the operator at the same address.
    pub(super) async fn start_again(&mut self) {
        let server = Server::builder().build(self.address).await.unwrap();
        self.address = server.local_addr().unwrap();
        self.handle = Some(server.start(module(Arc::clone(&self.behaviour))));
    }

    /// Stops the operator; connections are closed.
    pub(super) async fn stop(&mut self) {
        let handle = self.handle.take().unwrap();
        handle.stop().unwrap();
        timeout(Duration::from_secs(10), handle.stopped())
            .await
            .unwrap();
    }
}

fn module(behaviour: Shared) -> RpcModule<Mutex<Behaviour>> {
    let mut module = RpcModule::from_arc(behaviour);
    module
        .register_async_method("venue_status", status)
        .unwrap();
    module
        .register_async_method("venue_account", account)
        .unwrap();
    module
        .register_async_method("venue_submitOrderSet", submit)
        .unwrap();
    module
        .register_subscription(
            "venue_subscribeAuctions",
            "venue_auction",
            "venue_unsubscribeAuctions",
            |_, pending, behaviour, _| subscribe(pending, behaviour),
        )
        .unwrap();
    module
}

type Answer = Result<Value, ErrorObjectOwned>;

async fn status(_: Params<'static>, behaviour: Shared, _: jsonrpsee::Extensions) -> Answer {
    let (slow, nonsense) = {
        let mut behaviour = behaviour.lock().unwrap();
        let was = (behaviour.slow > 0, behaviour.nonsense > 0);
        behaviour.slow = behaviour.slow.saturating_sub(1);
        behaviour.nonsense = behaviour.nonsense.saturating_sub(1);
        was
    };
    if slow {
        sleep(Duration::from_secs(5)).await;
    }
    if nonsense {
        return Ok(json!({"venue": "seven"}));
    }
    Ok(serde_json::to_value(behaviour.lock().unwrap().status()).unwrap())
}

async fn account(_: Params<'static>, behaviour: Shared, _: jsonrpsee::Extensions) -> Answer {
    let behaviour = behaviour.lock().unwrap();
    if behaviour.no_account {
        let data = json!({"name": "NoAccount"});
        return Err(ErrorObjectOwned::owned(1_002, "account: none", Some(data)));
    }
    Ok(serde_json::to_value(behaviour.account()).unwrap())
}

async fn submit(params: Params<'static>, behaviour: Shared, _: jsonrpsee::Extensions) -> Answer {
    let set: SignedOrderSetJson = params.one().unwrap();
    let signed = SignedOrderSet::from(set);
    let (receipt, how) = {
        let mut behaviour = behaviour.lock().unwrap();
        behaviour.submitted += 1;
        let receipt = behaviour.receipt(&signed);
        if behaviour.submission != Submission::LostBefore {
            behaviour.live = Some(signed);
        }
        (receipt, behaviour.submission)
    };
    match how {
        Submission::Accepted => Ok(serde_json::to_value(receipt).unwrap()),
        Submission::WrongReceipt => {
            let arrival = Decimal(receipt.arrival.0 + 1);
            Ok(serde_json::to_value(Receipt { arrival, ..receipt }).unwrap())
        }
        Submission::Nonsense => Ok(json!([1, 2, 3])),
        Submission::LostAfter | Submission::LostBefore => pending().await,
    }
}

async fn subscribe(pending: PendingSubscriptionSink, behaviour: Shared) -> SubscriptionResult {
    let auctions = {
        let mut behaviour = behaviour.lock().unwrap();
        let auctions = behaviour.auctions.get(behaviour.subscriptions).cloned();
        behaviour.subscriptions += 1;
        auctions.unwrap_or_default()
    };
    let sink = pending.accept().await?;
    for auction in auctions {
        sink.send(SubscriptionMessage::from_json(&auction)?).await?;
        behaviour.lock().unwrap().sent += 1;
    }
    sink.closed().await;
    Ok(())
}

/// Returns true if a client's error is that no answer came in time.
pub(super) fn timed_out(error: &Error) -> bool {
    matches!(error, Error::RequestTimeout)
}
