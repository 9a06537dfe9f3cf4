//! Sub-accounts, transfers, trading keys and other owners.
#![allow(clippy::unwrap_used)]

mod common;

use clearproof_engine::{EngineError, Venue};
use clearproof_primitives::{
    account::account_key,
    batch::genesis_field,
    eddsa::SecretKey,
    field::{FieldBytes, Fr},
    ids::{AccountIndex, BatchNumber},
    order::{
        COUNTER_BITS, Delegate, InheritRequest, KeysRequest, Order, Request, Side, SignedOrderSet,
        TransferRequest, epoch_of,
    },
    shape::Shape,
    step::StepError,
    time::Millis,
};
use common::{GENESIS, MARK, START, key, open_venue, order, received, request, resigned, signed};

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

fn keys(delegate: Option<Delegate>, viewing_key: Option<u64>) -> Request {
    Request::Keys(KeysRequest {
        delegate,
        viewing_key: viewing_key.map(|key| Fr::from(key).into()),
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
fn a_set_whose_withdrawal_is_refused_is_refused_whole() {
    let mut venue = open_venue(&SHAPE, 2, 1_000);
    let buy = vec![order(Side::Buy, 1, MARK)];
    let set = signed(&SHAPE, 0, 1, buy, Some(1_001));
    assert!(venue.submit(set).is_err());
    assert!(venue.live_set(AccountIndex::new(1)).is_none());
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
    let named = Some(Delegate::Trader(trading.public_key().into()));
    venue.submit(requests(0, 1, keys(named, Some(5)))).unwrap();
    let named_key = |venue: &Venue| venue.account(AccountIndex::new(1)).unwrap().viewing_key;
    assert_eq!(named_key(&venue), Fr::from(5u64));
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
    venue.submit(requests(0, 3, keys(None, None))).unwrap();
    assert_eq!(named_key(&venue), Fr::from(5u64));
    let late = with_key(signed(&SHAPE, 0, 4, vec![], None));
    assert_eq!(venue.submit(late), Err(StepError::TradingKey.into()));
    venue.close_batch(&request(START + Millis::new(9))).unwrap();
}

const EPOCH: u64 = 1 << COUNTER_BITS;

fn trading() -> SecretKey {
    SecretKey::new([99; 32])
}

/// A set of the first trader's account that the trading key signs.
fn by_trading_key(sequence: u64, orders: Vec<Option<Order>>) -> SignedOrderSet {
    let mut signed = sign_with(&trading(), signed(&SHAPE, 0, sequence, orders, None));
    signed.trading_key = Some(trading().public_key());
    signed
}

/// Two traders; the first has named the trading key at sequence 1.
fn with_trading_key() -> Venue {
    let mut venue = open_venue(&SHAPE, 2, 100_000);
    let named = Some(Delegate::Trader(trading().public_key().into()));
    venue.submit(requests(0, 1, keys(named, None))).unwrap();
    venue
}

#[test]
fn sequences_that_would_lock_an_account_are_refused_by_name() {
    let mut venue = with_trading_key();
    for given in [EPOCH, 5 * EPOCH] {
        let epoch = StepError::Epoch {
            given: epoch_of(given),
            current: 0,
        };
        let refused = venue.submit(by_trading_key(given, vec![]));
        assert_eq!(refused, Err(epoch.into()));
    }
    let too_high = StepError::SequenceTooHigh {
        given: u64::MAX,
        current: 1,
    };
    for set in [
        by_trading_key(u64::MAX, vec![]),
        signed(&SHAPE, 0, u64::MAX, vec![], None),
    ] {
        assert_eq!(venue.submit(set), Err(too_high.into()));
    }
}

/// A trading key that has used up its epoch holds up neither the owner nor, after the owner's next
/// set, itself.
#[test]
fn the_owner_raises_the_epoch_and_the_trading_key_goes_on() {
    let mut venue = with_trading_key();
    venue.submit(by_trading_key(EPOCH - 1, vec![])).unwrap();
    let old = venue.submit(by_trading_key(EPOCH - 1, vec![]));
    assert_eq!(old, Err(EngineError::OldSequence(EPOCH - 1)));
    venue
        .submit(signed(&SHAPE, 0, 3 * EPOCH, vec![], None))
        .unwrap();
    let buy = vec![order(Side::Buy, 5, MARK)];
    venue.submit(by_trading_key(3 * EPOCH + 1, buy)).unwrap();
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
    venue
        .submit(signed(&SHAPE, 0, 3 * EPOCH + 2, vec![], Some(7)))
        .unwrap();
    venue.close_batch(&request(START + Millis::new(9))).unwrap();
}

#[test]
fn a_roll_back_out_of_an_epoch_drops_what_the_trading_key_signed_in_it() {
    let mut venue = with_trading_key();
    venue.close_batch(&request(START + Millis::new(1))).unwrap();
    venue.settle(BatchNumber::new(1)).unwrap();
    let account = AccountIndex::new(1);
    for sets in [
        vec![by_trading_key(2, vec![])],
        vec![
            signed(&SHAPE, 0, EPOCH, vec![], None),
            by_trading_key(EPOCH + 1, vec![]),
        ],
    ] {
        let raised = sets.len() == 2;
        venue
            .open_batch(
                common::snapshot(&SHAPE),
                common::bands(&SHAPE),
                START + Millis::new(2),
            )
            .unwrap();
        for set in sets {
            venue.submit(set).unwrap();
        }
        venue.roll_back();
        assert_eq!(venue.live_set(account).is_none(), raised);
    }
}

fn heir() -> SecretKey {
    SecretKey::new([98; 32])
}

/// The set with which the heir takes over a trader's account.
fn inherits(trader: u16, sequence: u64) -> SignedOrderSet {
    let request = InheritRequest {
        trading_key: None,
        viewing_key: Fr::from(7u64).into(),
    };
    let mut signed = sign_with(
        &heir(),
        requests(trader, sequence, Request::Inherit(request)),
    );
    signed.trading_key = Some(heir().public_key());
    signed
}

/// A trader names the heir.
fn names_the_heir(trader: u16, sequence: u64) -> SignedOrderSet {
    let named = Delegate::Heir(heir().public_key().into());
    requests(trader, sequence, keys(Some(named), None))
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
    assert_eq!(
        venue.submit(inherits(0, 2)),
        Err(StepError::TradingKey.into())
    );
    venue.submit(names_the_heir(0, 1)).unwrap();
    assert_eq!(venue.owners()[0], key(0).public_key());
    let mut by_owner = inherits(0, 2);
    by_owner.trading_key = None;
    let by_owner = sign_with(&key(0), by_owner);
    assert_eq!(venue.submit(by_owner), Err(StepError::NeedsHeir.into()));
    venue.submit(inherits(0, 2)).unwrap();
    assert_eq!(venue.owners()[0], heir().public_key());
    let account = venue.account(AccountIndex::new(1)).unwrap();
    assert_eq!(
        (account.number, account.viewing_key),
        (1 << 15, Fr::from(7u64))
    );

    let next = signed(&SHAPE, 0, 3, vec![order(Side::Buy, 1, MARK)], None);
    assert!(matches!(
        venue.submit(next.clone()),
        Err(EngineError::Signature(_))
    ));
    venue.submit(sign_with(&heir(), next)).unwrap();
    let old = account_key_of(0, 0).to_fr().unwrap();
    assert_eq!(venue.account_of_key(old), None);

    // A second account with the same owner and number would be indistinguishable.
    venue.submit(names_the_heir(1, 1)).unwrap();
    assert_eq!(
        venue.submit(inherits(1, 2)),
        Err(EngineError::OwnerHasAccount)
    );

    let changes = venue.owner_changes();
    venue.roll_back();
    assert!(venue.owner_changes() > changes);
    assert_eq!(venue.owners()[0], key(0).public_key());
    assert_eq!(venue.account_of_key(old), Some(AccountIndex::new(1)));
    assert!(
        venue.live_set(AccountIndex::new(1)).is_none(),
        "its signature belongs to no key of the account now"
    );
}

/// A thief hands an account over before its victim's money arrives under the same number: the money
/// opens an account of the victim's own.
#[test]
fn money_for_a_new_key_never_arrives_in_an_account_that_was_handed_over() {
    let mut venue = open_venue(&SHAPE, 1, 1_000);
    venue
        .submit(requests(0, 1, transfer(account_key_of(0, 1), 10)))
        .unwrap();
    let squatted = AccountIndex::new(2);
    for (account, sequence) in [(AccountIndex::new(1), 2), (squatted, 1)] {
        for set in [names_the_heir(0, sequence), inherits(0, sequence + 1)] {
            let signer = if set.set.inherits() { heir() } else { key(0) };
            let mut set = set;
            set.set.account = account;
            venue.submit(sign_with(&signer, set)).unwrap();
        }
    }
    let mut deposit = received(0, 2, 500);
    deposit.owner = heir().public_key();
    let owner = deposit.owner.point();
    deposit.deposit.account_key = account_key((owner.x, owner.y), 0).into();
    let own = venue.deposit(&deposit).unwrap();
    assert_eq!((own, quote(&venue, own)), (AccountIndex::new(3), 500));

    // The victim's own transfer to its account 1, which the thief's had been.
    let to = account_key((owner.x, owner.y), 1).into();
    let mut set = requests(0, 1, transfer(to, 20)).set;
    set.account = own;
    let sent = SignedOrderSet {
        signature: heir().sign(set.message(&SHAPE, genesis_field(&GENESIS))),
        set,
        trading_key: None,
    };
    venue.submit(sent).unwrap();
    let quotes = [squatted, own, AccountIndex::new(4)].map(|account| quote(&venue, account));
    assert_eq!(quotes, [10, 480, 20]);
    venue.close_batch(&request(START + Millis::new(9))).unwrap();
}
