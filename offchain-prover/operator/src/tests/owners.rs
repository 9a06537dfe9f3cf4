use super::*;
use crate::{
    commands::{Command, Refusal, Write},
    handle::VenueHandle,
};
use clearproof_engine::EngineError;

/// A forged order set costs the venue's task nothing once the account's owner is listed. Signatures
/// of owners that a roll-back made unknown are left to the venue.
#[tokio::test]
async fn signatures_are_checked_before_the_venue() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = trading(folder.path());
    let (handle, mut commands) = VenueHandle::new();
    handle.list_owners(&scheduler.core.venue);
    let mut forged = signed(0, 1, Side::Buy, None);
    forged.signature = signed(1, 1, Side::Buy, None).signature;
    // The commands are not received, so this refusal is the handle's own.
    let refusal = handle.submit(forged.clone()).await.unwrap_err();
    assert!(
        matches!(refusal, Refusal::Engine(EngineError::Signature(_))),
        "{refusal}"
    );
    assert_eq!(handle.prepared_keys(), 0, "a forgery prepares no key");

    scheduler.core.roll_back().unwrap();
    handle.list_owners(&scheduler.core.venue);
    let waiting = tokio::spawn(async move { handle.submit(forged).await });
    let Some(Command::Write(Write::Submit(candidate, reply))) = commands.recv().await else {
        panic!("an order set of an unknown account must reach the venue");
    };
    let result = scheduler
        .submit(*candidate, START + Millis::new(2_000))
        .unwrap();
    assert_eq!(result, Err(EngineError::NoAccount(AccountIndex::new(1))));
    drop(reply);
    assert!(matches!(waiting.await.unwrap(), Err(Refusal::Stopping)));
}

/// An owner's second signature is checked with the prepared key. A roll-back drops the prepared
/// keys of accounts that it closes.
#[tokio::test]
async fn keys_of_owners_who_signed_are_prepared() {
    let folder = tempfile::tempdir().unwrap();
    let mut scheduler = trading(folder.path());
    let (handle, mut commands) = VenueHandle::new();
    handle.list_owners(&scheduler.core.venue);
    for (sequence, forged) in [(1, false), (2, false), (3, true)] {
        let mut set = signed(0, sequence, Side::Buy, None);
        if forged {
            set.signature = signed(1, sequence, Side::Buy, None).signature;
        }
        let submit = handle.submit(set);
        let taken = async {
            let Some(Command::Write(Write::Submit(candidate, _))) = commands.recv().await else {
                panic!("the set is good");
            };
            candidate.signed().set.sequence
        };
        if forged {
            let refusal = submit.await.unwrap_err();
            let named = matches!(refusal, Refusal::Engine(EngineError::Signature(_)));
            assert!(named, "{refusal}");
        } else {
            let (result, taken) = tokio::join!(submit, taken);
            // The reply's sender was dropped without a reply.
            assert!(matches!(result, Err(Refusal::Stopping)));
            assert_eq!(taken, sequence);
        }
        assert_eq!(handle.prepared_keys(), 1, "{sequence}");
    }
    scheduler.core.roll_back().unwrap();
    handle.list_owners(&scheduler.core.venue);
    assert_eq!(handle.prepared_keys(), 0);
}

/// Requests run in tasks of their own, which need not start in order.
#[tokio::test]
async fn an_accounts_sets_are_submitted_in_the_order_of_their_sequences() {
    let folder = tempfile::tempdir().unwrap();
    let scheduler = trading(folder.path());
    let (handle, mut commands) = VenueHandle::new();
    handle.list_owners(&scheduler.core.venue);
    let mut forged = signed(0, 2, Side::Buy, None);
    forged.signature = signed(1, 2, Side::Buy, None).signature;
    let sets = [
        signed(0, 4, Side::Buy, None),
        signed(1, 7, Side::Sell, None),
        signed(0, 3, Side::Buy, None),
        forged,
        signed(0, 1, Side::Buy, None),
    ];
    let waiting: Vec<_> = sets
        .into_iter()
        .map(|set| {
            let handle = handle.clone();
            tokio::spawn(async move { handle.submit(set).await.map(drop) })
        })
        .collect();
    let mut taken = Vec::new();
    for _ in 0..4 {
        let Some(Command::Write(Write::Submit(candidate, _))) = commands.recv().await else {
            panic!("four sets are in order");
        };
        let set = &candidate.signed().set;
        taken.push((set.account, set.sequence));
    }
    let of_first = taken.iter().filter(|(account, _)| account.get() == 1);
    let sequences: Vec<_> = of_first.map(|(_, sequence)| *sequence).collect();
    assert_eq!(sequences, [1, 3, 4], "{taken:?}");
    for (i, task) in waiting.into_iter().enumerate() {
        let refusal = task.await.unwrap().unwrap_err();
        let forged = matches!(refusal, Refusal::Engine(EngineError::Signature(_)));
        assert_eq!(forged, i == 3, "{refusal}");
    }
}
