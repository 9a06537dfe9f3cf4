#![allow(clippy::unwrap_used)]
mod fees;

use crate::{
    AssetInfo, AssetKind, Cursor, Error, Event, Held, QueuedDeposit, VenueCustody, mock::*,
};
use clearproof_primitives::{
    account::account_key,
    babyjubjub::PublicKey,
    batch::{Deposit, Withdrawal},
    eddsa::SecretKey,
    field::{FieldBytes, Fr},
    ids::VenueId,
    ledger::DepositCursor,
};
use frame_support::{
    assert_ok,
    dispatch::DispatchResult,
    traits::{fungible::Inspect, fungibles},
};
use proptest::prelude::*;
use sp_runtime::{DispatchError, StateVersion, traits::Dispatchable};

type CustodyApi = Custody;

fn owner_key() -> PublicKey {
    SecretKey::new([3; 32]).public_key()
}

fn owner() -> [u8; 32] {
    owner_key().compress()
}

fn call(call: crate::Call<Test>, origin: RuntimeOrigin) -> DispatchResult {
    RuntimeCall::Custody(call)
        .dispatch(origin)
        .map(|_| ())
        .map_err(|e| e.error)
}

fn deposit_by(who: u8, venue: VenueId, asset: u8, amount: u64) -> DispatchResult {
    let deposit = crate::Call::deposit {
        venue,
        asset,
        amount,
        owner: owner(),
    };
    call(deposit, RuntimeOrigin::signed(account(who)))
}

/// Asserts that an action fails with an error and leaves the state as it was.
fn refused(error: impl Into<DispatchError>, action: impl FnOnce() -> DispatchResult) {
    let before = sp_io::storage::root(StateVersion::V1);
    assert_eq!(action(), Err(error.into()));
    assert_eq!(
        before,
        sp_io::storage::root(StateVersion::V1),
        "a refused call changed the state"
    );
}

fn error_is(result: DispatchResult, error: Error<Test>) {
    assert_eq!(result, Err(error.into()));
}

fn queue_end(venue: VenueId) -> Cursor {
    CustodyApi::queue(venue).made
}

fn withdrawal(to: u8, asset: u8, amount: u64) -> Withdrawal {
    Withdrawal {
        recipient: [to; 32],
        asset,
        amount,
    }
}

fn settle(venue: VenueId, count: u64, withdrawals: &[Withdrawal]) -> Result<u32, DispatchError> {
    fees::settle(venue, count, withdrawals, 0)
}

fn coins(who: &AccountId) -> u128 {
    <Tokens as fungibles::Inspect<_>>::balance(COIN, who)
}

#[test]
fn a_deposit_moves_funds_and_extends_the_hash_chain_of_the_protocol() {
    run(|| {
        assert_ok!(deposit_by(ALICE, VENUE, 0, 100));
        assert_ok!(deposit_by(ALICE, VENUE, 1, 7));
        let point = owner_key().point();
        let key = account_key((point.x, point.y), 0);
        let expected = DepositCursor::default().after(key, 0, 100).after(key, 1, 7);
        assert_eq!(
            queue_end(VENUE),
            Cursor {
                count: 2,
                accumulator: expected.accumulator.into()
            }
        );
        assert_eq!(CustodyApi::queue(VENUE).consumed, Cursor::default());
        let custody = CustodyApi::custody_account(VENUE);
        assert_eq!(coins(&custody), 100);
        assert_eq!(Balances::balance(&custody), EXISTENTIAL + 7);
        let queued = |amount| Held {
            queued: amount,
            ..Default::default()
        };
        assert_eq!(
            CustodyApi::totals(VENUE),
            vec![(0, queued(100)), (1, queued(7))]
        );
        assert_eq!(CustodyApi::totals(OTHER_VENUE), vec![]);
        let list = CustodyApi::queued_deposits(VENUE, 1);
        assert_eq!(list.len(), 1);
        let last = QueuedDeposit {
            owner: owner(),
            deposit: Deposit {
                account_key: key.into(),
                asset: 1,
                amount: 7,
            },
            accumulator: expected.accumulator.into(),
        };
        assert_eq!(list, vec![(1, last)]);
        let queued = Event::<Test>::DepositQueued {
            venue: VENUE,
            index: 1,
            owner: owner(),
            account_key: key.into(),
            asset: 1,
            amount: 7,
            accumulator: expected.accumulator.into(),
        };
        System::assert_last_event(queued.into());
    });
}

#[test]
fn deposits_are_refused_with_the_reason() {
    run(|| {
        assert_ok!(deposit_by(ALICE, VENUE, 0, 100));
        refused(Error::<Test>::AmountOutOfRange, || {
            deposit_by(BOB, VENUE, 0, 0)
        });
        refused(Error::<Test>::AmountOutOfRange, || {
            deposit_by(BOB, VENUE, 0, 1 << 63)
        });
        refused(Error::<Test>::BelowMinimumDeposit, || {
            deposit_by(BOB, VENUE, 0, 4)
        });
        refused(Error::<Test>::UnknownAsset, || {
            deposit_by(BOB, VENUE, 9, 100)
        });
        refused(DispatchError::Unavailable, || {
            deposit_by(BOB, PAUSED_VENUE, 0, 100)
        });
        refused(Error::<Test>::TotalTooLarge, || {
            deposit_by(BOB, VENUE, 0, (1 << 63) - 100)
        });
        assert_ok!(deposit_by(BOB, VENUE, 0, (1 << 63) - 101));
        // More than Bob has left above his own minimum balance.
        assert!(deposit_by(BOB, VENUE, 1, 1_000_000).is_err());
    });
}

#[test]
fn keys_outside_the_subgroup_are_refused() {
    run(|| {
        let with = |owner| {
            let deposit = crate::Call::deposit {
                venue: VENUE,
                asset: 0,
                amount: 100,
                owner,
            };
            call(deposit, RuntimeOrigin::signed(account(ALICE)))
        };
        let mut identity = [0u8; 32];
        identity[0] = 1;
        // (0, -1) has order 2.
        let minus_one = FieldBytes::from(-Fr::from(1u64)).0;
        for key in [identity, minus_one, [0; 32], [0xff; 32]] {
            refused(Error::<Test>::InvalidOwnerKey, || with(key));
        }
        assert_ok!(with(owner()));
    });
}

#[test]
fn assets_are_registered_by_the_admin_once_and_for_good() {
    run(|| {
        let register = |asset, kind, minimum_deposit, origin| {
            call(
                crate::Call::register_asset {
                    asset,
                    kind,
                    minimum_deposit,
                },
                origin,
            )
        };
        let root = RuntimeOrigin::root;
        let coin = AssetKind::Token(COIN);
        refused(DispatchError::BadOrigin, || {
            register(0, coin, 1, RuntimeOrigin::signed(account(ALICE)))
        });
        refused(Error::<Test>::AssetBeyondMarket, || {
            register(2, coin, 1, root())
        });
        refused(Error::<Test>::AssetKindFixed, || {
            register(0, AssetKind::Token(HEAVY), 1, root())
        });
        refused(Error::<Test>::AmountOutOfRange, || {
            register(0, coin, 0, root())
        });
        assert_ok!(register(0, coin, 50, root()));
        refused(Error::<Test>::BelowMinimumDeposit, || {
            deposit_by(ALICE, VENUE, 0, 49)
        });
        crate::Assets::<Test>::remove(1);
        refused(Error::<Test>::TokenMissing, || {
            register(1, AssetKind::Token(1234), 1, root())
        });
        refused(Error::<Test>::AssetRegisteredTwice, || {
            register(1, coin, 1, root())
        });
        assert_ok!(register(1, AssetKind::Token(HEAVY), 1, root()));
    });
}

#[test]
fn a_token_with_a_minimum_balance_needs_its_reserve_first_and_is_then_paid_to_the_last_unit() {
    run(|| {
        let heavy = AssetInfo {
            kind: AssetKind::Token(HEAVY),
            minimum_deposit: 1,
        };
        crate::Assets::<Test>::insert(1, heavy);
        refused(Error::<Test>::ReserveMissing, || {
            deposit_by(ALICE, VENUE, 1, 100)
        });
        let custody = CustodyApi::custody_account(VENUE);
        assert_ok!(Tokens::transfer(
            RuntimeOrigin::signed(account(ALICE)),
            HEAVY,
            custody,
            5
        ));
        assert_ok!(deposit_by(ALICE, VENUE, 1, 100));
        assert_eq!(
            settle(VENUE, 1, &[withdrawal(ALICE, 1, 98), withdrawal(BOB, 1, 2)]),
            Ok(1)
        );
        // Two units are below the token's minimum for Bob; Alice can receive them for him.
        let claim = crate::Call::claim {
            venue: VENUE,
            asset: 1,
            to: account(ALICE),
        };
        assert_ok!(call(claim, RuntimeOrigin::signed(account(BOB))));
        assert_eq!(
            <Tokens as fungibles::Inspect<_>>::balance(HEAVY, &account(ALICE)),
            1_000_000 - 5
        );
    });
}

#[test]
fn a_batch_takes_a_prefix_prunes_it_and_pays() {
    run(|| {
        for amount in [10, 20, 30] {
            assert_ok!(deposit_by(ALICE, VENUE, 0, amount));
        }
        assert_eq!(settle(VENUE, 2, &[withdrawal(BOB, 0, 25)]), Ok(0));
        assert_eq!(CustodyApi::queue(VENUE).consumed.count, 2);
        assert_eq!(crate::Deposits::<Test>::iter_prefix(VENUE).count(), 1);
        assert_eq!(
            CustodyApi::totals(VENUE),
            vec![(
                0,
                Held {
                    queued: 30,
                    consumed: 5,
                    claimable: 0
                }
            )]
        );
        assert_eq!(settle(VENUE, 3, &[withdrawal(ALICE, 0, 35)]), Ok(0));
        assert_eq!(coins(&CustodyApi::custody_account(VENUE)), 0);
        assert_eq!(coins(&account(ALICE)), 1_000_000 - 25);
    });
}

#[test]
fn cursors_that_do_not_fit_the_queue_are_refused() {
    run(|| {
        for amount in [10, 20] {
            assert_ok!(deposit_by(ALICE, VENUE, 0, amount));
        }
        assert_ok!(deposit_by(ALICE, OTHER_VENUE, 0, 10));
        let (start, end) = (Cursor::default(), queue_end(VENUE));
        let check =
            |before: &Cursor, after: &Cursor| CustodyApi::check_batch(VENUE, before, after, &[], 0);
        assert_ok!(check(&start, &start));
        assert_ok!(check(&start, &end));
        let wrong_chain = Cursor {
            accumulator: Fr::from(5u64).into(),
            ..end
        };
        let beyond = Cursor { count: 3, ..end };
        for (before, after) in [
            (start, wrong_chain),
            (start, beyond),
            (end, end),
            (end, start),
            (wrong_chain, end),
        ] {
            error_is(check(&before, &after), Error::DepositCursorMismatch);
        }
        // At another venue, the same deposits form another queue.
        assert_ok!(settle(VENUE, 1, &[]));
        error_is(check(&start, &end), Error::DepositCursorMismatch);
        let far = Cursor {
            count: 10_000,
            ..end
        };
        error_is(
            check(&CustodyApi::queue(VENUE).consumed, &far),
            Error::TooManyDeposits,
        );
    });
}

#[test]
fn nothing_can_be_overdrawn_not_even_with_what_is_still_queued() {
    run(|| {
        assert_ok!(deposit_by(ALICE, VENUE, 0, 100));
        assert_ok!(deposit_by(ALICE, VENUE, 0, 1_000));
        assert_ok!(deposit_by(ALICE, OTHER_VENUE, 0, 1_000));
        for withdrawals in [
            vec![withdrawal(BOB, 0, 101)],
            vec![withdrawal(BOB, 0, 60), withdrawal(BOB, 0, 41)],
            vec![withdrawal(BOB, 1, 1)],
            vec![withdrawal(BOB, 200, 1)],
        ] {
            refused(Error::<Test>::Overdraw, || {
                settle(VENUE, 1, &withdrawals).map(|_| ())
            });
            refused(Error::<Test>::Overdraw, || {
                CustodyApi::apply_batch(VENUE, 1, &withdrawals, 0).map(|_| ())
            });
        }
        for amount in [0, 1 << 63, u64::MAX] {
            refused(Error::<Test>::AmountOutOfRange, || {
                settle(VENUE, 1, &[withdrawal(BOB, 0, amount)]).map(|_| ())
            });
        }
        assert_eq!(settle(VENUE, 1, &[withdrawal(BOB, 0, 100)]), Ok(0));
    });
}

#[test]
fn what_a_recipient_cannot_receive_is_kept_and_claimed() {
    run(|| {
        assert_ok!(deposit_by(ALICE, VENUE, 1, 100));
        // A new account cannot be opened with less than the minimum balance.
        let kept = [
            withdrawal(77, 1, 4),
            withdrawal(77, 1, 5),
            withdrawal(BOB, 1, 50),
        ];
        assert_eq!(settle(VENUE, 1, &kept), Ok(2));
        assert_eq!(CustodyApi::claimable(VENUE, account(77), 1), 9);
        assert_eq!(
            CustodyApi::totals(VENUE),
            vec![(
                1,
                Held {
                    queued: 0,
                    consumed: 41,
                    claimable: 9
                }
            )]
        );
        let last = Event::WithdrawalKept {
            venue: VENUE,
            recipient: account(77),
            asset: 1,
            amount: 5,
        };
        assert!(
            System::events()
                .iter()
                .any(|e| e.event == last.clone().into())
        );
        let claim = |by: u8, to: u8| {
            call(
                crate::Call::claim {
                    venue: VENUE,
                    asset: 1,
                    to: account(to),
                },
                RuntimeOrigin::signed(account(by)),
            )
        };
        refused(Error::<Test>::NothingToClaim, || claim(BOB, BOB));
        // Still too little for the new account itself: the claim remains.
        let before = sp_io::storage::root(StateVersion::V1);
        assert!(claim(77, 77).is_err());
        assert_eq!(before, sp_io::storage::root(StateVersion::V1));
        assert_ok!(claim(77, BOB));
        assert_eq!(Balances::balance(&account(BOB)), 1_000_000 + 50 + 9);
        refused(Error::<Test>::NothingToClaim, || claim(77, BOB));
    });
}

#[test]
fn a_frozen_recipient_does_not_stop_the_others() {
    run(|| {
        assert_ok!(deposit_by(ALICE, VENUE, 0, 100));
        assert_ok!(Tokens::block(
            RuntimeOrigin::signed(account(ALICE)),
            COIN,
            account(BOB)
        ));
        assert_eq!(
            settle(
                VENUE,
                1,
                &[withdrawal(BOB, 0, 10), withdrawal(ALICE, 0, 90)]
            ),
            Ok(1)
        );
        assert_eq!(CustodyApi::claimable(VENUE, account(BOB), 0), 10);
    });
}

#[test]
fn only_a_venue_that_owes_nothing_is_closed() {
    run(|| {
        assert_ok!(deposit_by(ALICE, VENUE, 0, 100));
        refused(Error::<Test>::VenueNotEmpty, || CustodyApi::close(VENUE));
        assert_ok!(settle(VENUE, 1, &[]));
        refused(Error::<Test>::VenueNotEmpty, || CustodyApi::close(VENUE));
        assert_ok!(settle(VENUE, 1, &[withdrawal(ALICE, 0, 100)]));
        assert_ok!(CustodyApi::close(VENUE));
        assert_eq!(CustodyApi::totals(VENUE), vec![]);
    });
}

#[test]
fn a_founder_without_funds_opens_no_venue() {
    run(|| {
        refused(sp_runtime::TokenError::FundsUnavailable, || {
            CustodyApi::open(VenueId::new(5), &account(50))
        });
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// For all sequences of deposits and withdrawals, money is neither made nor lost, and the
    /// invariants hold.
    #[test]
    fn money_is_conserved(
        actions in prop::collection::vec((0u8..4, 0u8..2, 1u64..400, 0u8..4), 1..25),
    ) {
        run(|| {
            let native = Balances::total_issuance();
            let coin = <Tokens as fungibles::Inspect<AccountId>>::total_issuance(COIN);
            for (action, asset, amount, who) in actions {
                let queue = CustodyApi::queue(VENUE);
                match action {
                    0 | 1 => { let _ = deposit_by(ALICE, VENUE, asset, amount); }
                    2 => {
                        let left = queue.made.count - queue.consumed.count;
                        let step = queue.consumed.count + left.min(amount % 3);
                        let held = crate::Totals::<Test>::get(VENUE, asset).consumed;
                        let result = settle(VENUE, step, &[withdrawal(70 + who, asset, amount)]);
                        prop_assert!(result.is_ok() || held < amount);
                    }
                    _ => {
                        let claim = crate::Call::claim { venue: VENUE, asset, to: account(BOB) };
                        let _ = call(claim, RuntimeOrigin::signed(account(70 + who)));
                    }
                }
                CustodyApi::check_state().unwrap();
            }
            prop_assert_eq!(native, Balances::total_issuance());
            prop_assert_eq!(coin, <Tokens as fungibles::Inspect<AccountId>>::total_issuance(COIN));
            Ok(())
        })?;
    }
}
