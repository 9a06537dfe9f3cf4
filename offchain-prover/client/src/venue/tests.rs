//! A client against an operator that stops, starts again, lies, is slow and returns nonsense.
#![allow(clippy::unwrap_used)]

mod fake;

use super::*;
use crate::rpc::types::AuctionJson;
use clearproof_primitives::{
    eddsa::SecretKey,
    ids::{AccountIndex, Slot},
    shape::Shape,
};
use ed25519_dalek::SigningKey;
use fake::{Fake, GENESIS, Submission, VENUE, auction, timed_out};
use std::time::{Duration, Instant};
use tokio::{
    io::AsyncWriteExt,
    net::TcpListener,
    time::{sleep, timeout},
};

const SETTINGS: Settings = Settings {
    connect_timeout: Duration::from_secs(1),
    answer_timeout: Duration::from_millis(500),
    attempts: 4,
    first_pause: Duration::from_millis(50),
    longest_pause: Duration::from_millis(400),
};
const OTHER_VENUE: VenueId = VenueId::new(8);
/// Longest wait of a test for anything.
const LIMIT: Duration = Duration::from_secs(20);

async fn connect(url: &str) -> Result<VenueClient, VenueError> {
    let connecting = VenueClient::connect_with(url, GENESIS, VENUE, SETTINGS);
    timeout(LIMIT, connecting).await.unwrap()
}

fn trader() -> Trader {
    Trader::new(SecretKey::new([1; 32]))
}

async fn next_set(client: &VenueClient) -> OrderSet {
    let next = client.next_order_set(&trader()).await.unwrap().unwrap();
    next.buy(Slot::new(0), 5, 1_000 << 32).build().unwrap()
}

/// Submits the next set, whose answer must be lost; returns the set's fate.
async fn lost(client: &VenueClient) -> Outcome {
    let set = next_set(client).await;
    match client.submit(&trader(), set).await {
        Err(VenueError::AnswerLost { outcome, .. }) => outcome,
        other => panic!("{other:?}"),
    }
}

async fn next(updates: &mut Updates<AuctionJson>) -> Update<AuctionJson> {
    timeout(LIMIT, updates.next())
        .await
        .unwrap()
        .unwrap()
        .unwrap()
}

#[tokio::test]
async fn a_receipt_is_checked_on_every_submit() {
    let fake = Fake::start().await;
    let client = connect(&fake.url()).await.unwrap();
    let set = next_set(&client).await;
    assert_eq!((set.account, set.sequence), (AccountIndex::new(1), 5));
    let receipt = client.submit(&trader(), set).await.unwrap();
    assert_eq!((receipt.sequence.0, receipt.arrival.0), (5, 5));
    // The next sequence follows the live set's.
    assert_eq!(next_set(&client).await.sequence, 6);

    fake.behaviour().submission = Submission::WrongReceipt;
    let set = next_set(&client).await;
    let wrong = client.submit(&trader(), set).await.unwrap_err();
    assert!(matches!(wrong, VenueError::Receipt(_)), "{wrong}");
}

#[tokio::test]
async fn it_connects_again_once_the_operator_is_back() {
    let mut fake = Fake::start().await;
    let client = connect(&fake.url()).await.unwrap();
    assert!(client.is_connected());
    fake.stop().await;
    let asking = {
        let client = client.clone();
        tokio::spawn(async move { client.status().await })
    };
    sleep(Duration::from_millis(100)).await;
    assert!(!client.is_connected());
    fake.start_again().await;
    let status = timeout(LIMIT, asking).await.unwrap().unwrap().unwrap();
    assert_eq!(status.venue, VENUE);
    assert!(client.is_connected());
}

#[tokio::test]
async fn it_gives_up_after_so_many_attempts() {
    let mut fake = Fake::start().await;
    let client = connect(&fake.url()).await.unwrap();
    fake.stop().await;
    let error = timeout(LIMIT, client.status()).await.unwrap().unwrap_err();
    assert!(
        error.is_passing() && error.name() == "Connection",
        "{error}"
    );
    // Nothing was sent, so the set's fate is known.
    let set = OrderSetBuilder::new(client.identity(), AccountIndex::new(1), 5)
        .build()
        .unwrap();
    let unsent = client.submit(&trader(), set).await.unwrap_err();
    assert!(matches!(unsent, VenueError::Connection(_)), "{unsent}");
    assert!(connect(&fake.url()).await.is_err());
}

#[tokio::test]
async fn another_chain_venue_shape_or_operator_is_refused() {
    fn wrong(error: VenueError) -> &'static str {
        match error {
            VenueError::OtherVenue { field, .. } => field,
            other => panic!("{other}"),
        }
    }
    let mut fake = Fake::start().await;
    fake.behaviour().genesis = [4; 32];
    assert_eq!(wrong(connect(&fake.url()).await.unwrap_err()), "genesis");
    fake.behaviour().genesis = GENESIS;
    fake.behaviour().venue = OTHER_VENUE;
    assert_eq!(wrong(connect(&fake.url()).await.unwrap_err()), "venue");
    fake.behaviour().venue = VENUE;
    let client = connect(&fake.url()).await.unwrap();

    // Each new connection checks every field.
    let same = SigningKey::from_bytes(&[9; 32]);
    for (lie, field) in [
        (
            fake::Behaviour {
                genesis: [4; 32],
                ..Default::default()
            },
            "genesis",
        ),
        (
            fake::Behaviour {
                venue: OTHER_VENUE,
                ..Default::default()
            },
            "venue",
        ),
        (
            fake::Behaviour {
                shape: Shape::REFERENCE,
                ..Default::default()
            },
            "shape",
        ),
        (
            fake::Behaviour {
                key: SigningKey::from_bytes(&[8; 32]),
                ..Default::default()
            },
            "receiptKey",
        ),
    ] {
        fake.stop().await;
        *fake.behaviour() = lie;
        fake.start_again().await;
        assert_eq!(wrong(client.status().await.unwrap_err()), field);
        let set = OrderSetBuilder::new(client.identity(), AccountIndex::new(1), 5)
            .build()
            .unwrap();
        assert_eq!(
            wrong(client.submit(&trader(), set).await.unwrap_err()),
            field
        );
        assert_eq!(fake.behaviour().submitted, 0);
    }
    // An operator that reports its true identity again is accepted again.
    *fake.behaviour() = fake::Behaviour {
        key: same,
        ..Default::default()
    };
    client.status().await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_and_the_set_is_sent_once() {
    let fake = Fake::start().await;
    let client = connect(&fake.url()).await.unwrap();
    for (how, outcome) in [
        (Submission::LostAfter, Outcome::Accepted),
        (Submission::LostBefore, Outcome::NotAccepted),
        (Submission::Nonsense, Outcome::Accepted),
    ] {
        fake.behaviour().submission = how;
        fake.behaviour().submitted = 0;
        assert_eq!(lost(&client).await, outcome, "{how:?}");
        assert_eq!(fake.behaviour().submitted, 1, "{how:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_known_is_unknown() {
    let fake = Fake::start().await;
    let client = connect(&fake.url()).await.unwrap();
    let set = next_set(&client).await;
    fake.behaviour().no_account = true;
    assert_eq!(client.outcome(&trader(), &set).await, Outcome::Unknown);
    fake.behaviour().no_account = false;
    // Another set with the same sequence is live.
    let mut other = set.clone();
    other.orders.clear();
    let other = trader().sign(client.identity(), other);
    fake.behaviour().live = Some(other.clone());
    assert_eq!(client.outcome(&trader(), &set).await, Outcome::Unknown);
    assert_eq!(
        client.outcome(&trader(), &other.set).await,
        Outcome::Accepted
    );
    // A later set is live.
    fake.behaviour().live.as_mut().unwrap().set.sequence += 1;
    assert_eq!(client.outcome(&trader(), &set).await, Outcome::Unknown);
    // Without the account's key the client cannot ask for the account.
    fake.behaviour().submission = Submission::LostAfter;
    let signed = trader().sign(client.identity(), next_set(&client).await);
    let error = client.submit_signed(&signed).await.unwrap_err();
    let VenueError::AnswerLost { outcome, cause } = error else {
        panic!("{error}");
    };
    assert!(outcome == Outcome::Unknown && timed_out(&cause));
}

#[tokio::test]
async fn late_answers_and_nonsense_are_asked_for_again() {
    let fake = Fake::start().await;
    let client = connect(&fake.url()).await.unwrap();
    fake.behaviour().slow = 1;
    timeout(LIMIT, client.status()).await.unwrap().unwrap();
    fake.behaviour().nonsense = 1;
    timeout(LIMIT, client.status()).await.unwrap().unwrap();
    fake.behaviour().nonsense = u32::MAX;
    let error = timeout(LIMIT, client.status()).await.unwrap().unwrap_err();
    assert_eq!(error.name(), "Connection");
}

#[tokio::test]
async fn a_server_that_is_no_operator_is_left_in_time() {
    for words in [&b"SSH-2.0-OpenSSH_9.6\r\n"[..], b""] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            #[expect(
                clippy::collection_is_never_read,
                reason = "keeps the connections open"
            )]
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.write_all(words).await.unwrap();
                open.push(stream);
            }
        });
        let started = Instant::now();
        let error = connect(&url).await.unwrap_err();
        assert!(matches!(error, VenueError::Connection(_)), "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
        serving.abort();
    }
}

#[tokio::test]
async fn a_subscription_goes_on_after_a_restart_and_says_what_was_missed() {
    let mut fake = Fake::start().await;
    fake.behaviour().auctions = vec![
        vec![auction(Millis::new(1), 0), auction(Millis::new(5), 3)],
        vec![auction(Millis::new(9), 0)],
    ];
    let client = connect(&fake.url()).await.unwrap();
    let mut updates = client.subscribe_auctions().await.unwrap();
    assert_eq!(
        next(&mut updates).await,
        Update::Item(auction(Millis::new(1), 0))
    );
    assert_eq!(next(&mut updates).await, Update::Missed { count: Some(3) });
    assert_eq!(
        next(&mut updates).await,
        Update::Item(auction(Millis::new(5), 3))
    );
    fake.stop().await;
    // The loss is reported at once, and only once.
    assert_eq!(next(&mut updates).await, Update::Missed { count: None });
    let waiting = timeout(Duration::from_millis(300), updates.next()).await;
    assert!(waiting.is_err(), "{waiting:?}");
    fake.start_again().await;
    assert_eq!(
        next(&mut updates).await,
        Update::Item(auction(Millis::new(9), 0))
    );
}

#[tokio::test]
async fn a_subscription_ends_with_an_error_at_another_operator() {
    let mut fake = Fake::start().await;
    let client = connect(&fake.url()).await.unwrap();
    let mut updates = client.subscribe_auctions().await.unwrap();
    fake.stop().await;
    fake.behaviour().key = SigningKey::from_bytes(&[8; 32]);
    fake.start_again().await;
    assert_eq!(next(&mut updates).await, Update::Missed { count: None });
    let error = timeout(LIMIT, updates.next()).await.unwrap().unwrap();
    assert!(matches!(
        error,
        Err(VenueError::OtherVenue {
            field: "receiptKey",
            ..
        })
    ));
    assert!(updates.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_that_nobody_reads_do_not_grow_without_end() {
    let fake = Fake::start().await;
    let many: Vec<_> = (0..5_000)
        .map(|time| auction(Millis::new(time), 0))
        .collect();
    fake.behaviour().auctions = vec![many, vec![auction(Millis::new(9_999), 0)]];
    let client = connect(&fake.url()).await.unwrap();
    let mut updates = client.subscribe_auctions().await.unwrap();
    // Wait until the client reads no more.
    let mut before = usize::MAX;
    loop {
        sleep(Duration::from_millis(300)).await;
        let sent = fake.behaviour().sent;
        if sent == before {
            break;
        }
        before = sent;
    }
    let mut kept = 0;
    while let Update::Item(_) = next(&mut updates).await {
        kept += 1;
    }
    assert!((1..=1_100).contains(&kept), "{kept}");
    assert_eq!(
        next(&mut updates).await,
        Update::Item(auction(Millis::new(9_999), 0))
    );
}
