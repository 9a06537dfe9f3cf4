//! Sub-accounts, transfers, trading keys and other owners.
#![allow(clippy::unwrap_used)]

mod common;

use clearproof_engine::{EngineError, Venue};
use clearproof_primitives::{
    account::account_key,
    batch::genesis_field,
    eddsa::SecretKey,
    field::FieldBytes,
    ids::{AccountIndex, BatchNumber},
    order::{KeyRequest, Request, Side, SignedOrderSet, TransferRequest},
    shape::Shape,
    step::StepError,
    time::Millis,
};
use common::{GENESIS, MARK, START, key, open_venue, order, request, resigned, signed};

const SHAPE: Shape = Shape::TINY;

fn requests(trader: u16, sequence: u64, request: Request) -> SignedOrderSet {
    let mut set = signed(&SHAPE, trader, sequence, vec![], None).set;
    set.request = Some(request);
    resigned(&SHAPE, trader, set)
}

fn account_key_of(trader: u16, number: u16) -> FieldBytes {
    let point = key(trader).public_key().point();
    account_key((point.x, point.y), number).into()
}

fn transfer(to: FieldBytes, amount: u64) -> Request {
    Request::Transfer(TransferRequest {
        asset: 0,
        amount,
        to,
    })
}

fn quote(venue: &Venue, account: AccountIndex) -> i64 {
    venue.account(account).unwrap().balances[0]
}

fn sign_with(signer: &SecretKey, mut signed: SignedOrderSet) -> SignedOrderSet {
    let message = signed.set.message(&SHAPE, genesis_field(&GENESIS));
    signed.signature = signer.sign(message);
    signed
}

#[test]
fn a_transfer_reaches_another_account_or_opens_one_of_the_senders_own() {
    let mut venue = open_venue(&SHAPE, 2, 1_000);
    venue
        .submit(requests(0, 1, transfer(account_key_of(1, 0), 300)))
        .unwrap();
    assert_eq!(
        (
            quote(&venue, AccountIndex::new(1)),
            quote(&venue, AccountIndex::new(2))
        ),
        (700, 1_300)
    );
    venue
        .submit(requests(0, 2, transfer(account_key_of(0, 7), 200)))
        .unwrap();
    assert_eq!(
        (
            quote(&venue, AccountIndex::new(1)),
            quote(&venue, AccountIndex::new(3))
        ),
        (500, 200)
    );
    let opened = venue.account(AccountIndex::new(3)).unwrap();
    assert_eq!(
        (opened.number, opened.owner),
        (7, venue.account(AccountIndex::new(1)).unwrap().owner)
    );
    // The owner's key signs for it too.
    let mut set = signed(&SHAPE, 0, 1, vec![], None).set;
    set.account = AccountIndex::new(3);
    set.request = Some(transfer(account_key_of(0, 0), 50));
    venue.submit(resigned(&SHAPE, 0, set)).unwrap();
    assert_eq!(
        (
            quote(&venue, AccountIndex::new(1)),
            quote(&venue, AccountIndex::new(3))
        ),
        (550, 150)
    );
    let closed = venue.close_batch(&request(START + Millis::new(9))).unwrap();
    assert_eq!(closed.steps, 2 + 6);
    assert_eq!(closed.witness.closing.ledger_after.totals[0], 2_000);
}

#[test]
fn a_transfer_to_nobody_or_of_more_than_margin_leaves_is_refused() {
    let mut venue = open_venue(&SHAPE, 2, 1_000);
    let to_stranger = requests(0, 1, transfer(account_key_of(1, 1), 5));
    assert_eq!(venue.submit(to_stranger), Err(EngineError::UnknownReceiver));
    let too_much = requests(0, 1, transfer(account_key_of(1, 0), 1_001));
    assert!(venue.submit(too_much).is_err());
    assert_eq!(
        (
            quote(&venue, AccountIndex::new(1)),
            quote(&venue, AccountIndex::new(2))
        ),
        (1_000, 1_000)
    );
    assert_eq!(venue.account(AccountIndex::new(1)).unwrap().sequence, 0);
}

#[test]
fn a_trading_key_trades_and_does_nothing_else() {
    let mut venue = open_venue(&SHAPE, 2, 100_000);
    let trading = SecretKey::new([99; 32]);
    let with_key = |set: SignedOrderSet| {
        let mut signed = sign_with(&trading, set);
        signed.trading_key = Some(trading.public_key());
        signed
    };
    let plain = signed(&SHAPE, 0, 2, vec![order(Side::Buy, 5, MARK)], None);
    let early = venue.submit(with_key(plain.clone()));
    assert_eq!(early, Err(StepError::TradingKey.into()));
    let named = Some(trading.public_key().into());
    venue
        .submit(requests(0, 1, Request::Key(KeyRequest::Trading(named))))
        .unwrap();
    venue.submit(with_key(plain)).unwrap();
    let sell = signed(&SHAPE, 1, 1, vec![order(Side::Sell, 5, MARK)], None);
    venue.submit(sell).unwrap();
    assert_eq!(
        venue
            .run_auction(START + Millis::new(1))
            .unwrap()
            .trades
            .len(),
        2
    );

    let takes = with_key(signed(&SHAPE, 0, 3, vec![], Some(5)));
    assert_eq!(venue.submit(takes), Err(StepError::NeedsOwner.into()));
    let revoked = requests(0, 3, Request::Key(KeyRequest::Trading(None)));
    venue.submit(revoked).unwrap();
    let late = with_key(signed(&SHAPE, 0, 4, vec![], None));
    assert_eq!(venue.submit(late), Err(StepError::TradingKey.into()));
    venue.close_batch(&request(START + Millis::new(9))).unwrap();
}

#[test]
fn another_owner_takes_over_and_a_roll_back_gives_the_account_back() {
    let mut venue = open_venue(&SHAPE, 2, 1_000);
    venue.close_batch(&request(START + Millis::new(1))).unwrap();
    venue.settle(BatchNumber::new(1)).unwrap();
    let snapshot = common::snapshot(&SHAPE);
    venue
        .open_batch(snapshot, common::bands(&SHAPE), START + Millis::new(2))
        .unwrap();
    let successor = SecretKey::new([98; 32]);
    let owner = Request::Key(KeyRequest::Owner(successor.public_key().into()));
    let taken = Request::Key(KeyRequest::Owner(key(1).public_key().into()));
    let refused = venue.submit(requests(0, 1, taken));
    assert_eq!(refused, Err(EngineError::OwnerHasAccount));
    venue.submit(requests(0, 1, owner)).unwrap();
    assert_eq!(venue.owners()[0], successor.public_key());

    let next = signed(&SHAPE, 0, 2, vec![order(Side::Buy, 1, MARK)], None);
    assert!(matches!(
        venue.submit(next.clone()),
        Err(EngineError::Signature(_))
    ));
    venue.submit(sign_with(&successor, next)).unwrap();
    let old = account_key_of(0, 0).to_fr().unwrap();
    assert_eq!(venue.account_of_key(old), None);

    let changes = venue.owner_changes();
    venue.roll_back();
    assert!(venue.owner_changes() > changes);
    assert_eq!(venue.owners()[0], key(0).public_key());
    assert_eq!(venue.account_of_key(old), Some(AccountIndex::new(1)));
    assert!(
        venue.live_set(AccountIndex::new(1)).is_none(),
        "its signature is nobody's now"
    );
}
