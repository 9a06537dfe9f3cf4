use super::*;
use crate::operator::handle::{Command, Refusal, VenueHandle};
use clearproof_engine::EngineError;

/// A forged order set costs the venue's task nothing, once the account's owner is listed; what a roll-back made unknown is
/// left to the venue.
#[tokio::test]
async fn signatures_are_checked_before_the_venue() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = trading(folder.path());
    let (handle, mut commands) = VenueHandle::new();
    handle.list_owners(&desk.core.venue);
    let mut forged = signed(0, 1, Side::Buy, None);
    forged.signature = signed(1, 1, Side::Buy, None).signature;
    // Nobody takes commands, so this answer is the handle's own.
    let refusal = handle.submit(forged.clone()).await.unwrap_err();
    assert!(
        matches!(refusal, Refusal::Engine(EngineError::Signature(_))),
        "{refusal}"
    );

    desk.core.roll_back().unwrap();
    handle.list_owners(&desk.core.venue);
    let waiting = tokio::spawn(async move { handle.submit(forged).await });
    let Some(Command::Submit(candidate, answer)) = commands.recv().await else {
        panic!("an order set of an unknown account must reach the venue");
    };
    let result = desk.submit(*candidate, START + 2_000).unwrap();
    assert_eq!(result, Err(EngineError::NoAccount(1)));
    drop(answer);
    assert!(matches!(waiting.await.unwrap(), Err(Refusal::Stopping)));
}
