//! The server on a local socket, with a real venue behind it.
#![allow(clippy::unwrap_used)]

mod decoding;
mod support;

use super::Limits;
use crate::handle::EVENT_QUEUE;
use clearproof_client::{
    Update, Updates, VenueClient, VenueError,
    clock::now_ms,
    rpc::{
        VenueApiClient,
        auth::Access,
        error::{BUSY, NOT_FOUND, REFUSED, UNAUTHORISED, UNAVAILABLE},
        number::Named,
        types::SignedOrderSetJson,
    },
};
use clearproof_engine::AuctionReport;
use clearproof_primitives::{
    batch::genesis_field,
    fixed::Rate,
    ids::{Slot, VenueId},
    order::Side,
    time::Millis,
};
use jsonrpsee::{
    core::{ClientError, client::ClientT},
    http_client::HttpClientBuilder,
    rpc_params,
    types::error::INVALID_PARAMS_CODE,
    ws_client::{WsClient, WsClientBuilder},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use support::*;

/// Returns the code and `data.name` of a refusal.
fn refused<T: std::fmt::Debug>(result: Result<T, VenueError>) -> (i32, String) {
    let error = result.unwrap_err();
    let VenueError::Refused(object) = &error else {
        panic!("{error}");
    };
    (object.code(), error.name().into())
}

/// Returns the reason that a request with these parameters is malformed.
async fn malformed(client: &WsClient, method: &str, param: Value) -> String {
    let answer = client.request::<Value, _>(method, rpc_params![param]).await;
    let Err(ClientError::Call(error)) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(error.code(), INVALID_PARAMS_CODE, "{error}");
    serde_json::from_str(error.data().unwrap().get()).unwrap()
}

async fn next<T>(updates: &mut Updates<T>) -> T {
    let wait = tokio::time::timeout(Duration::from_secs(10), updates.next_item());
    wait.await.unwrap().unwrap().unwrap()
}

async fn raw(scene: &Scene) -> WsClient {
    WsClientBuilder::new().build(&scene.url).await.unwrap()
}

fn bid(quantity: u64) -> Vec<Option<clearproof_primitives::order::Order>> {
    vec![order(Side::Buy, quantity, MARK)]
}

#[tokio::test]
async fn an_accepted_order_set_has_a_receipt_that_verifies_and_stands_in_the_book() {
    let scene = Scene::start(Limits::default()).await;
    let client = scene.client().await;
    let before = now_ms();
    // The client checks the receipt.
    let receipt = client.submit(&trader(1), set(1, 7, bid(5))).await.unwrap();
    assert_eq!((receipt.account.get(), receipt.sequence.0), (1, 7));
    assert!((before..=now_ms()).contains(&receipt.accepted));
    let account = client.account(&trader(1)).await.unwrap().unwrap();
    assert_eq!((account.index.get(), account.live_sequence.0), (1, 7));
    assert_eq!(account.balances[0].0, 100_000);
    assert_eq!(account.margin.unwrap().equity.0, 100_000 << 32);
    let book = client.book(Slot::new(0)).await.unwrap();
    assert_eq!((book.bids.len(), book.asks.len()), (1, 0));
    assert_eq!((book.bids[0].price.0, book.bids[0].quantity.0), (MARK, 5));
    assert_eq!(client.instruments().await.unwrap()[0].symbol, "EUR/USD");
    let batches = client.batches(2).await.unwrap();
    assert_eq!((batches.len(), batches[1].number.get()), (2, 2));
    assert_eq!(batches[1].fee.0, u128::MAX);
    let status = client.status().await.unwrap();
    assert_eq!((status.accounts, status.deposits_consumed), (3, 2));
    assert_eq!(status.receipt_key, client.receipt_key().to_bytes());
}

#[tokio::test]
async fn order_sets_that_break_a_rule_are_refused_by_name_and_change_nothing() {
    let scene = Scene::start(Limits::default()).await;
    let client = scene.client().await;
    client.submit(&trader(1), set(1, 7, bid(5))).await.unwrap();

    let old = client.submit(&trader(1), set(1, 7, bid(6))).await;
    assert_eq!(refused(old), (REFUSED, "OldSequence".into()));
    let foreign_key = client.submit(&trader(2), set(1, 8, bid(6))).await;
    assert_eq!(refused(foreign_key), (REFUSED, "Signature".into()));
    let mut tampered = trader(1).sign(&identity(), set(1, 8, bid(6)));
    tampered.set.max_fee = Rate::new(tampered.set.max_fee.get() - 1);
    let tampered = client.submit_signed(&tampered).await;
    assert_eq!(refused(tampered), (REFUSED, "Signature".into()));
    let mut elsewhere = set(1, 8, bid(6));
    elsewhere.venue = VenueId::new(9);
    let elsewhere = client.submit(&trader(1), elsewhere).await;
    assert_eq!(refused(elsewhere), (REFUSED, "OtherVenue".into()));
    let stranger = client.submit(&trader(5), set(5, 1, bid(6))).await;
    assert_eq!(refused(stranger), (REFUSED, "NoAccount".into()));
    let mut expired = set(1, 8, bid(6));
    expired.valid_until = Millis::new(1);
    let expired = client.submit(&trader(1), expired).await;
    assert_eq!(refused(expired), (REFUSED, "Expired".into()));
    let mut overdrawn = set(1, 8, vec![]);
    overdrawn.request = Some(clearproof_primitives::order::Request::Withdrawal(
        clearproof_primitives::order::WithdrawalRequest {
            asset: 0,
            amount: 100_001,
            recipient: [1; 32],
        },
    ));
    let overdrawn = client.submit(&trader(1), overdrawn).await;
    assert_eq!(refused(overdrawn), (REFUSED, "Margin".into()));

    let empty = client.submit(&trader(1), set(1, 8, bid(0))).await;
    let text = empty.unwrap_err().to_string();
    assert!(text.contains("set.orders[0].quantity: must be 1"), "{text}");
    let many = client.submit(&trader(1), set(1, 8, vec![None; 3])).await;
    let text = many.unwrap_err().to_string();
    assert!(
        text.contains("set.orders: 3 given, at most 2 fit"),
        "{text}"
    );

    let account = client.account(&trader(1)).await.unwrap().unwrap();
    assert_eq!(account.live_sequence.0, 7);
    assert_eq!(
        client.book(Slot::new(0)).await.unwrap().bids[0].quantity.0,
        5
    );
}

#[tokio::test]
async fn malformed_requests_name_the_field_and_its_limit() {
    let scene = Scene::start(Limits::default()).await;
    let client = raw(&scene).await;
    let signed = trader(1).sign(&identity(), set(1, 1, bid(5)));
    let good = serde_json::to_value(SignedOrderSetJson::from(&signed)).unwrap();
    let cases = [
        (
            "/set/orders/0/limit",
            json!("01"),
            "set.orders[0].limit: must be a decimal string",
        ),
        (
            "/set/orders/0/limit",
            json!(5),
            "set.orders[0].limit: invalid type",
        ),
        (
            "/set/orders/0/limit",
            json!("18446744073709551616"),
            "to 18446744073709551615",
        ),
        (
            "/set/orders/0/instrument",
            json!(65_536),
            "set.orders[0].instrument: invalid value",
        ),
        (
            "/set/orders/0/quantity",
            json!(1.0),
            "set.orders[0].quantity: invalid type",
        ),
        (
            "/set/orders/0/quantity",
            json!(-1),
            "set.orders[0].quantity: invalid value",
        ),
        (
            "/set/orders/0/side",
            json!("hold"),
            "set.orders[0].side: unknown variant",
        ),
        (
            "/set/sequence",
            json!("+1"),
            "set.sequence: must be a decimal string from 0",
        ),
        (
            "/set/maxFee",
            json!(1u64 << 32),
            "set.maxFee: invalid value",
        ),
        (
            "/set/orders/0",
            json!({"id": 1, "postOnly": 2}),
            "unknown field `postOnly`",
        ),
        ("/set", json!({}), "missing field `venue`"),
        ("/signature", json!("0x12"), "signature: must be 64 bytes"),
        (
            "/signature",
            json!(format!("0x{}", "ff".repeat(64))),
            "signature: signature R8",
        ),
    ];
    for (pointer, value, expected) in cases {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        let reason = malformed(&client, "venue_submitOrderSet", bad).await;
        assert!(reason.contains(expected), "{pointer}: {reason}");
    }
    let mut extra = good.clone();
    extra["set"]["reduceOnly"] = json!(true);
    let reason = malformed(&client, "venue_submitOrderSet", extra).await;
    assert!(reason.contains("set.reduceOnly: unknown field"), "{reason}");
    let reason = malformed(&client, "venue_book", json!(4)).await;
    assert_eq!(reason, "instrument: must be below 4");
    let reason = malformed(&client, "venue_batches", json!(257)).await;
    assert_eq!(reason, "last: must be 1 to 256");
    let reason = malformed(&client, "venue_account", json!({"owner": "0x00"})).await;
    assert!(reason.contains("owner: must be 32 bytes"), "{reason}");
    // None of the requests was accepted, and the server still responds.
    let good = [good];
    client
        .request::<Value, _>("venue_submitOrderSet", good)
        .await
        .unwrap();
}

#[tokio::test]
async fn requests_beyond_the_size_limit_are_refused() {
    let scene = Scene::start(Limits::default()).await;
    let url = scene.url.replace("ws:", "http:");
    let client = HttpClientBuilder::new().build(url).unwrap();
    let big = "x".repeat(Limits::default().request_bytes as usize);
    let answer = client
        .request::<Value, _>("venue_account", rpc_params![&big])
        .await;
    let text = format!("{:?}", answer.unwrap_err());
    assert!(text.contains("413"), "{text}");
    assert!(VenueApiClient::status(&client).await.is_ok());

    let client = raw(&scene).await;
    let answer = client.request::<Value, _>("venue_account", rpc_params![big]);
    let answer = tokio::time::timeout(Duration::from_secs(10), answer).await;
    answer.unwrap().unwrap_err();
    assert!(scene.client().await.status().await.is_ok());
}

#[tokio::test]
async fn an_account_sets_its_dead_mans_switch() {
    let scene = Scene::start(Limits::default()).await;
    let client = scene.client().await;
    client
        .cancel_all_after(&trader(1), Some(Millis::new(5_000)))
        .await
        .unwrap();
    client.cancel_all_after(&trader(1), None).await.unwrap();
    let short = client
        .cancel_all_after(&trader(1), Some(Millis::new(10)))
        .await;
    let error = short.unwrap_err();
    assert_eq!(error.name(), "Timeout");
    let stranger = client
        .cancel_all_after(&trader(9), Some(Millis::new(5_000)))
        .await;
    assert_eq!(stranger.unwrap_err().name(), "NoAccount");
}

#[tokio::test]
async fn an_account_is_shown_to_its_owner_only() {
    let scene = Scene::start(Limits::default()).await;
    let client = raw(&scene).await;
    let genesis = genesis_field(&GENESIS);
    let key = |n: u8| clearproof_primitives::eddsa::SecretKey::new([n; 32]);
    let mine = Access::sign(&key(1), genesis, VENUE, now_ms());
    let theirs = Access {
        owner: key(2).public_key().compress(),
        ..mine.clone()
    };
    let stale = Access::sign(&key(1), genesis, VENUE, now_ms() - Millis::new(31_000));
    let elsewhere = Access::sign(&key(1), genesis, VENUE.next(), now_ms());
    let unknown = Access::sign(&key(9), genesis, VENUE, now_ms());
    for (access, expected) in [
        (theirs, (UNAUTHORISED, "AccessSignature")),
        (stale, (UNAUTHORISED, "AccessNotFresh")),
        (elsewhere, (UNAUTHORISED, "AccessSignature")),
        (unknown, (NOT_FOUND, "NoAccount")),
    ] {
        let expected = (expected.0, expected.1.to_string());
        let shown = client.account(Named(access.clone())).await;
        assert_eq!(refused(shown.map_err(VenueError::from)), expected);
        let followed = client.subscribe_account(Named(access)).await;
        let followed = followed.map(|_| ()).map_err(VenueError::from);
        assert_eq!(refused(followed), expected);
    }
    assert_eq!(client.account(Named(mine)).await.unwrap().index.get(), 1);
}

#[tokio::test]
async fn subscribers_receive_auctions_and_changes_of_their_account() {
    let scene = Scene::start(Limits::default()).await;
    let client = scene.client().await;
    let mut auctions = client.subscribe_auctions().await.unwrap();
    let mut updates = client.subscribe_account(&trader(1)).await.unwrap();
    assert_eq!(next(&mut updates).await.account.live_sequence.0, 0);

    client.submit(&trader(1), set(1, 1, bid(5))).await.unwrap();
    let update = next(&mut updates).await;
    assert_eq!((update.account.live_sequence.0, update.auction), (1, None));
    // Neither the auction nor the order set concerns account 1.
    scene.run_auction().await;
    let ask = vec![order(Side::Sell, 3, MARK)];
    client.submit(&trader(2), set(2, 1, ask)).await.unwrap();

    let report = scene.run_auction().await;
    let update = next(&mut updates).await;
    let auction = update.auction.unwrap();
    assert_eq!((auction.time, auction.left_out), (report.time, None));
    assert_eq!((auction.fills.len(), auction.fills[0].lots), (1, 3));
    assert_eq!(auction.fills[0].price.0, MARK);
    assert_eq!(update.account.positions[0].quantity, 3);
    assert_eq!(update.account.slots[0].filled, 3);

    let beyond = vec![order(Side::Buy, 1_000_000, MARK)];
    client.submit(&trader(1), set(1, 2, beyond)).await.unwrap();
    assert_eq!(next(&mut updates).await.account.live_sequence.0, 2);
    let ask = vec![order(Side::Sell, 1_000_000, MARK)];
    client.submit(&trader(2), set(2, 2, ask)).await.unwrap();
    scene.run_auction().await;
    let auction = next(&mut updates).await.auction.unwrap();
    assert!(auction.fills.is_empty() && auction.left_out.unwrap().contains("margin"));

    let (first, second) = (next(&mut auctions).await, next(&mut auctions).await);
    assert!(first.clearings.is_empty());
    assert_eq!((second.time, second.missed), (report.time, 0));
    let clearing = second.clearings[0];
    assert_eq!((clearing.price.0, clearing.volume.0), (MARK, 3));
}

#[tokio::test]
async fn a_connection_with_too_many_requests_is_slowed_down() {
    let limits = Limits {
        requests_per_second: 1,
        burst: 3,
        ..Limits::default()
    };
    let scene = Scene::start(limits).await;
    // Connecting requests the status once.
    let (client, other) = (scene.client().await, scene.client().await);
    client.status().await.unwrap();
    client.status().await.unwrap();
    let expected = (BUSY, "TooManyRequests".to_string());
    assert_eq!(refused(client.status().await), expected);
    other.status().await.unwrap();
}

#[tokio::test]
async fn connections_beyond_the_limit_are_refused() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let scene = Scene::start(limits).await;
    let first = scene.client().await;
    let second = VenueClient::connect(&scene.url, GENESIS, VENUE).await;
    let text = second.unwrap_err().to_string();
    assert!(text.contains("429"), "{text}");
    first.status().await.unwrap();
}

/// The runtime has one thread, so the subscriber does not read between the auctions.
#[tokio::test]
async fn a_subscriber_that_lags_receives_the_number_of_missed_auctions() {
    let scene = Scene::start(Limits::default()).await;
    let client = scene.client().await;
    let mut auctions = client.subscribe_auctions().await.unwrap();
    let mut updates = client.subscribe_account(&trader(1)).await.unwrap();
    next(&mut updates).await;
    let (sent, kept) = (3_000, EVENT_QUEUE as u64);
    for time in 1..=sent {
        let report = AuctionReport {
            time: Millis::new(time),
            ..AuctionReport::default()
        };
        scene.venue.publish(Arc::new(report));
    }
    let missed = auctions.next().await.unwrap().unwrap();
    let count = Some(sent - kept);
    assert_eq!(missed, Update::Missed { count });
    let first = next(&mut auctions).await;
    assert_eq!(
        (first.missed, first.time.get()),
        (sent - kept, sent - kept + 1)
    );
    let second = next(&mut auctions).await;
    assert_eq!(
        (second.missed, second.time),
        (0, first.time + Millis::new(1))
    );
    // The account may have changed, so it is sent again.
    assert_eq!(next(&mut updates).await.auction, None);
}

#[tokio::test]
async fn a_client_refuses_another_chain_or_venue() {
    let scene = Scene::start(Limits::default()).await;
    for (genesis, venue, wrong) in [
        ([4; 32], VENUE, "genesis"),
        (GENESIS, VenueId::new(2), "venue"),
    ] {
        let error = VenueClient::connect(&scene.url, genesis, venue).await;
        let error = error.unwrap_err();
        assert!(
            matches!(&error, VenueError::OtherVenue { field, .. } if *field == wrong),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_server_stops_despite_subscribers_and_reports_that_the_venue_is_gone() {
    let Scene {
        server,
        url,
        auctions,
        ..
    } = Scene::start(Limits::default()).await;
    let client = VenueClient::connect(&url, GENESIS, VENUE).await.unwrap();
    // A bare client, which does not reconnect.
    let raw = WsClientBuilder::new().build(&url).await.unwrap();
    let mut followed = raw.subscribe_auctions().await.unwrap();
    // The venue's task ends with its last source of auctions.
    drop(auctions);
    let gone = async {
        loop {
            match client.status().await {
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => break Err::<(), _>(error),
            }
        }
    };
    assert_eq!(refused(gone.await), (UNAVAILABLE, "Stopping".into()));
    tokio::time::timeout(Duration::from_secs(10), server.stop())
        .await
        .unwrap();
    assert!(followed.next().await.is_none());
    assert!(VenueClient::connect(&url, GENESIS, VENUE).await.is_err());
}
