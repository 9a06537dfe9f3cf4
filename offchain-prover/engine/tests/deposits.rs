//! The accounts that deposits go to, and the requirements on the owners of restored accounts.
#![allow(clippy::unwrap_used)]

mod common;

use clearproof_engine::{EngineError, StoredBooks, Venue};
use clearproof_primitives::{
    account::Account,
    babyjubjub::{BASE8, PointError},
    field::{FieldBytes, Fr},
    ids::{AccountIndex, BatchNumber},
    order::{OrderSetError, SignedOrderSet},
    shape::Shape,
    time::Millis,
};
use common::{START, bands, key, open_venue, received, request, signed, snapshot};

const SHAPE: Shape = Shape::TINY;

#[test]
fn a_known_key_goes_to_its_account() {
    let mut venue = open_venue(&SHAPE, 2, 100);
    let mut again = received(0, 3, 50);
    assert_eq!(
        venue.deposit(&again),
        Ok(AccountIndex::new(1)),
        "opened in the same batch"
    );
    venue.close_batch(&request(START + Millis::new(5))).unwrap();
    venue
        .open_batch(snapshot(&SHAPE), bands(&SHAPE), START + Millis::new(6))
        .unwrap();
    again.number = 4;
    assert_eq!(
        venue.deposit(&again),
        Ok(AccountIndex::new(1)),
        "opened in an earlier batch"
    );

    let mut expected = Account::new(&SHAPE, &key(0).public_key(), 0);
    expected.balances[0] = 200;
    assert_eq!(venue.account(AccountIndex::new(1)), Some(&expected));
    assert_eq!(venue.account_count(), 3);
}

#[test]
fn an_owner_who_is_not_the_one_that_the_queue_names_is_refused() {
    let mut venue = open_venue(&SHAPE, 1, 100);
    let root = venue.account(AccountIndex::new(1)).cloned();
    for named in [0, 1] {
        let mut wrong = received(named, 2, 50);
        wrong.owner = key(7).public_key();
        assert_eq!(venue.deposit(&wrong), Err(EngineError::DepositKey));
    }
    assert_eq!(venue.account(AccountIndex::new(1)).cloned(), root);
    assert_eq!((venue.account_count(), venue.deposits_consumed()), (2, 1));
}

#[test]
fn accounts_of_a_batch_that_is_rolled_back_are_forgotten_and_opened_again() {
    let mut venue = open_venue(&SHAPE, 1, 100);
    venue.close_batch(&request(START + Millis::new(5))).unwrap();
    venue.settle(BatchNumber::new(1)).unwrap();
    venue
        .open_batch(snapshot(&SHAPE), bands(&SHAPE), START + Millis::new(6))
        .unwrap();
    assert_eq!(
        venue.deposit(&received(1, 2, 100)),
        Ok(AccountIndex::new(2))
    );
    venue.roll_back();
    let key_of = |trader| received(trader, 1, 1).deposit.account_key.to_fr().unwrap();
    assert_eq!(venue.account_of_key(key_of(0)), Some(AccountIndex::new(1)));
    assert_eq!(venue.account_of_key(key_of(1)), None);
    let set = signed(&SHAPE, 1, 1, vec![], None);
    assert_eq!(
        venue.submit(set),
        Err(EngineError::NoAccount(AccountIndex::new(2)))
    );

    // The leaf goes to the owner that the queue names now, and only that owner signs for it.
    venue
        .open_batch(snapshot(&SHAPE), bands(&SHAPE), START + Millis::new(6))
        .unwrap();
    assert_eq!(
        venue.deposit(&received(5, 2, 100)),
        Ok(AccountIndex::new(2))
    );
    let foreign = signed(&SHAPE, 1, 1, vec![], None);
    assert!(matches!(
        venue.submit(foreign.clone()),
        Err(EngineError::Signature(_))
    ));
    let set = foreign.set;
    let signature = key(5).sign(set.message(&SHAPE, venue.config().genesis));
    venue
        .submit(SignedOrderSet {
            set,
            signature,
            trading_key: None,
        })
        .unwrap();
}

#[test]
fn nobody_signs_for_the_insurance_fund() {
    let mut venue = open_venue(&SHAPE, 1, 100);
    let mut set = signed(&SHAPE, 0, 1, vec![], None);
    set.set.account = AccountIndex::INSURANCE_FUND;
    let refused = EngineError::OrderSet(OrderSetError::InsuranceFund);
    assert_eq!(venue.submit(set), Err(refused));
}

/// Stored books with another owner for account 2.
fn with_owner(books: &StoredBooks, x: Fr, y: Fr) -> StoredBooks {
    let mut json = serde_json::to_value(books).unwrap();
    json["accounts"][2]["owner"] =
        serde_json::to_value((FieldBytes::from(x), FieldBytes::from(y))).unwrap();
    serde_json::from_value(json).unwrap()
}

#[test]
fn restored_accounts_have_owners_who_can_sign_and_no_others_are_taken() {
    let mut venue = open_venue(&SHAPE, 2, 100);
    venue.close_batch(&request(START + Millis::new(5))).unwrap();
    venue.settle(BatchNumber::new(1)).unwrap();
    let (config, books) = (venue.config().clone(), venue.stored());

    let mut restored = Venue::restore(config.clone(), books.clone()).unwrap();
    assert_eq!(restored.state_root(), venue.state_root());
    restored.submit(signed(&SHAPE, 1, 1, vec![], None)).unwrap();
    let mut foreign = signed(&SHAPE, 1, 2, vec![], None);
    foreign.set.account = AccountIndex::new(1);
    assert!(matches!(
        restored.submit(foreign),
        Err(EngineError::Signature(_))
    ));

    let (zero, one) = (Fr::from(0u64), Fr::from(1u64));
    // (0, −1) has order 2: no signature under it means anything.
    let cases = [
        (zero, zero, PointError::NotOnCurve),
        (zero, one, PointError::Identity),
        (zero, -one, PointError::NotInSubgroup),
        (-BASE8.x, -BASE8.y, PointError::NotInSubgroup),
    ];
    for (x, y, error) in cases {
        let refused = Venue::restore(config.clone(), with_owner(&books, x, y));
        let expected = EngineError::StoredOwner {
            account: AccountIndex::new(2),
            error,
        };
        assert_eq!(refused.map(|_| ()), Err(expected));
    }
}
