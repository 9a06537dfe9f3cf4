//! The chain's share of a batch's fees.
#![allow(clippy::unwrap_used)]
use super::{
    draft::{Draft, submit},
    refused,
};
use crate::{Error, mock::*};
use clearproof_primitives::{fixed::Rate, time::Millis};
use frame_support::assert_ok;
use pallet_clearproof_custody::{Error as CustodyError, Event as CustodyEvent};

type E = Error<Test>;

fn treasury() -> u128 {
    Tokens::balance(COIN, account(TREASURY))
}

#[test]
fn a_settled_batch_pays_the_treasury() {
    new_test_ext().execute_with(|| {
        let mut draft = Draft::founded();
        let venue = draft.header.venue;
        draft.header.protocol_fee = 40;
        assert_ok!(submit(OPERATOR, &draft.seal()));
        assert_eq!(treasury(), 40);
        // 500 deposited, 100 withdrawn.
        assert_eq!(Custody::totals(venue)[0].1.consumed, 360);
        let paid = CustodyEvent::<Test>::ProtocolFeePaid { venue, amount: 40 };
        assert!(
            System::events()
                .iter()
                .any(|e| e.event == paid.clone().into())
        );
        let next = Draft::next(venue, draft.header.time_to + Millis::new(1));
        assert_ok!(submit(OPERATOR, &next.seal()));
        assert_eq!(treasury(), 40, "a batch without fees pays nothing");
    });
}

#[test]
fn a_fee_is_the_proven_one_and_overdraws_nothing() {
    new_test_ext().execute_with(|| {
        let draft = Draft::founded();
        let mut wrong = draft.clone();
        wrong.header.protocol_fee = 401;
        refused(CustodyError::<Test>::Overdraw, || {
            submit(OPERATOR, &wrong.seal())
        });
        let mut batch = draft.seal();
        batch.header.protocol_fee = 1;
        refused(E::ProofRejected, || submit(OPERATOR, &batch));
        for fee in [1 << 63, u64::MAX] {
            batch.header.protocol_fee = fee;
            refused(E::ProtocolFeeTooLarge, || submit(OPERATOR, &batch));
        }
        wrong.header.protocol_fee = 400;
        assert_ok!(submit(OPERATOR, &wrong.seal()));
        assert_eq!(treasury(), 400);
    });
}

#[test]
fn the_share_is_the_snapshots() {
    new_test_ext().execute_with(|| {
        let draft = Draft::founded();
        let share = PROTOCOL_SHARE.get();
        for share in [0, share - 1, share + 1, u32::MAX].map(Rate::new) {
            let mut wrong = draft.clone();
            wrong.header.protocol_share = share;
            refused(E::ProtocolShareMismatch, || submit(OPERATOR, &wrong.seal()));
        }
        assert_ok!(submit(OPERATOR, &draft.seal()));
    });
}
