//! The chain's share of the fees, and its payment to the treasury.

use super::*;
use clearproof_primitives::ids::VenueId;

/// Checks and applies a batch.
pub fn settle(
    venue: VenueId,
    count: u64,
    withdrawals: &[Withdrawal],
    protocol_fee: u64,
) -> Result<u32, DispatchError> {
    let before = CustodyApi::queue(venue).consumed;
    let after = CustodyApi::cursor_at(venue, count).unwrap();
    CustodyApi::check_batch(venue, &before, &after, withdrawals, protocol_fee)?;
    CustodyApi::apply_batch(venue, count, withdrawals, protocol_fee)
}

fn consumed(venue: VenueId) -> u64 {
    crate::Totals::<Test>::get(venue, 0).consumed
}

#[test]
fn the_treasury_is_paid_what_the_venue_holds_less() {
    run(|| {
        assert_ok!(deposit_by(ALICE, VENUE, 0, 100));
        assert_ok!(deposit_by(ALICE, OTHER_VENUE, 0, 100));
        assert_eq!(settle(VENUE, 1, &[withdrawal(BOB, 0, 30)], 20), Ok(0));
        assert_eq!(coins(&account(TREASURY)), 20);
        assert_eq!(
            (consumed(VENUE), coins(&CustodyApi::custody_account(VENUE))),
            (50, 50)
        );
        let paid = Event::ProtocolFeePaid {
            venue: VENUE,
            amount: 20,
        };
        System::assert_last_event(paid.into());
        // A batch without fees leaves no event.
        let events = System::event_count();
        assert_eq!(settle(VENUE, 1, &[], 0), Ok(0));
        assert_eq!(System::event_count(), events);
        // The last unit too.
        assert_eq!(settle(VENUE, 1, &[], 50), Ok(0));
        assert_eq!((consumed(VENUE), coins(&account(TREASURY))), (0, 70));
        assert_ok!(CustodyApi::close(VENUE));
    });
}

#[test]
fn a_fee_overdraws_nothing_with_the_withdrawals_or_alone() {
    run(|| {
        assert_ok!(deposit_by(ALICE, VENUE, 0, 100));
        assert_ok!(deposit_by(ALICE, VENUE, 0, 1_000));
        assert_ok!(deposit_by(ALICE, VENUE, 1, 1_000));
        assert_ok!(deposit_by(ALICE, OTHER_VENUE, 0, 1_000));
        let withdrawals = [withdrawal(BOB, 0, 60)];
        for (withdrawals, fee) in [(&withdrawals[..], 41), (&[], 101), (&[], (1 << 63) - 1)] {
            refused(Error::<Test>::Overdraw, || {
                settle(VENUE, 1, withdrawals, fee).map(|_| ())
            });
            refused(Error::<Test>::Overdraw, || {
                CustodyApi::apply_batch(VENUE, 1, withdrawals, fee).map(|_| ())
            });
        }
        for fee in [1 << 63, u64::MAX] {
            refused(Error::<Test>::AmountOutOfRange, || {
                settle(VENUE, 1, &[], fee).map(|_| ())
            });
        }
        assert_eq!(settle(VENUE, 1, &withdrawals, 40), Ok(0));
    });
}

#[test]
fn what_the_treasury_cannot_receive_is_kept_for_it() {
    run(|| {
        // The quote is the native currency, of which a new account needs a minimum.
        crate::Assets::<Test>::remove(1);
        let native = AssetInfo {
            kind: AssetKind::Native,
            minimum_deposit: 1,
        };
        crate::Assets::<Test>::insert(0, native);
        assert_ok!(deposit_by(ALICE, VENUE, 0, 100));
        assert_eq!(settle(VENUE, 1, &[], 9), Ok(0), "it is no withdrawal");
        let kept = Event::ProtocolFeeKept {
            venue: VENUE,
            amount: 9,
        };
        System::assert_last_event(kept.into());
        assert_eq!(CustodyApi::claimable(VENUE, account(TREASURY), 0), 9);
        let held = crate::Totals::<Test>::get(VENUE, 0);
        assert_eq!((held.consumed, held.claimable), (91, 9));
        assert_eq!(settle(VENUE, 1, &[], 5), Ok(0));
        let claim = crate::Call::claim {
            venue: VENUE,
            asset: 0,
            to: account(TREASURY),
        };
        assert_ok!(call(claim, RuntimeOrigin::signed(account(TREASURY))));
        assert_eq!(Balances::balance(&account(TREASURY)), 14);
        assert_eq!(settle(VENUE, 1, &[], 86), Ok(0));
        assert_eq!(Balances::balance(&account(TREASURY)), 100);
        assert_ok!(CustodyApi::close(VENUE));
    });
}
